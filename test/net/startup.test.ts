import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorFields, i32, message, raw, startup, startupFrame, z } from '../wire/bytes.ts';
import { type Box, RawClient, startBox } from './box.ts';
import { letters, loggedIn, messagesOf, prove } from './raw-login.ts';

const SSL_REQUEST = startupFrame(i32(80877103));
const GSS_REQUEST = startupFrame(i32(80877104));
const NEWEST = 0x0003_0002;

let box: Box;
beforeAll(async () => {
  box = await startBox({ maxClients: 20 });
});
afterAll(async () => {
  await box[Symbol.asyncDispose]();
});

/** Everything the box says to these bytes before it hangs up. */
async function answer(...chunks: readonly Uint8Array[]): Promise<Buffer> {
  const client = RawClient.to(box.port);
  for (const chunk of chunks) client.say(chunk);
  const heard = await client.untilEnd();
  client.end();
  return heard;
}

/** SQLSTATE and text of the last message, which must be an ErrorResponse. */
function refusal(heard: Buffer): string {
  const last = messagesOf(heard).at(-1);
  if (last?.letter !== 'E') return `no error: ${letters(heard)}`;
  const fields = errorFields(last.body);
  return `${fields['S']} ${fields['C']} ${fields['M']}`;
}

async function isAlive(): Promise<void> {
  const { client } = await loggedIn(box.port);
  client.say(message('Q', z('select 1')));
  expect(letters(await client.until((heard) => letters(heard).endsWith('Z')))).toBe('TDCZ');
  client.end();
}

describe('Connection at start-up', () => {
  it.each<[string, Uint8Array]>([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: box\r\n\r\n')],
    ['HTTP POST', Buffer.from('POST /api HTTP/1.1\r\n\r\n')],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    ['Redis', Buffer.from('*1\r\n$4\r\nPING\r\n')],
    ['MySQL', raw(0x4a, 0, 0, 0, 0x0a, '8.0.36', 0)],
    ['RDP', raw(3, 0, 0, 0x13, 0x0e, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0)],
    ['a length of zero', i32(0)],
    ['a length of three', raw(i32(3), 'abc')],
    ['a length of seven', raw(i32(7), 'abc')],
    ['a negative length', raw(i32(-1), 'abc')],
    ['the largest length', raw(i32(2147483647), 'abc')],
    ['one byte beyond the cap', raw(i32(10_005), 'abc')],
    ['zeros', Buffer.alloc(64)],
    ['a cancel request without secret', startupFrame(i32(80877102), i32(1))],
    ['a cancel request for nobody', startupFrame(i32(80877102), i32(1), i32(0))],
    ['a cancel request of 3.2', startupFrame(i32(80877102), i32(1), Buffer.alloc(32))],
  ])('drops %s without a word', async (_, bytes) => {
    expect((await answer(bytes)).toString('latin1')).toBe('');
    await isAlive();
  });

  it('refuses versions that it does not speak, each in its own form', async () => {
    const v2 = await answer(startupFrame(i32(2 << 16), Buffer.alloc(292)));
    expect(v2.toString()).toBe(
      'EFATAL:  unsupported frontend protocol 2.0: server supports 3.0 to 3.2\n\0',
    );
    // An SMB negotiation has a length that could be ours: it is a very new version to PostgreSQL, too.
    expect(refusal(await answer(startupFrame(raw(0xff, 'SMB'), Buffer.alloc(40))))).toBe(
      'FATAL 0A000 unsupported frontend protocol 65363.19778: server supports 3.0 to 3.2',
    );
    expect(refusal(await answer(startupFrame(i32(4 << 16), z('user'), z('a'), 0)))).toBe(
      'FATAL 0A000 unsupported frontend protocol 4.0: server supports 3.0 to 3.2',
    );
  });

  it('refuses a packet without user, without end, with a wrong replication', async () => {
    expect(refusal(await answer(startup({ database: 'pos' })))).toBe(
      'FATAL 28000 no PostgreSQL user name specified in startup packet',
    );
    expect(refusal(await answer(startupFrame(i32(3 << 16))))).toBe(
      'FATAL 08P01 invalid startup packet layout: expected terminator as last byte',
    );
    const replicating = (replication: string): Promise<Buffer> =>
      answer(startup({ user: 'acme', database: 'pos', replication }));
    expect(refusal(await replicating('maybe'))).toBe(
      'FATAL 22023 invalid value for parameter "replication": "maybe"',
    );
    expect(refusal(await replicating('database'))).toContain('0A000');
  });

  it('reads a start-up packet cut at every offset', async () => {
    const packet = startup({ user: 'acme', database: 'pos' });
    for (let cut = 1; cut < packet.length; cut += 1) {
      const client = RawClient.to(box.port);
      client.say(packet.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      client.say(packet.subarray(cut));
      expect(letters(await client.until((heard) => letters(heard) !== ''))).toBe('R');
      client.end();
    }
  });

  it('negotiates newer minor versions and unknown options down', async () => {
    const hello = async (
      parameters: Readonly<Record<string, string>>,
      minor: number,
    ): Promise<Buffer[]> => {
      const client = RawClient.to(box.port);
      client.say(startup({ user: 'acme', database: 'pos', ...parameters }, minor));
      const heard = await client.until((bytes) => letters(bytes).endsWith('R'));
      client.end();
      return messagesOf(heard).map((one) => raw(one.letter, one.body));
    };
    expect((await hello({}, 0)).map((one) => one.toString('latin1', 0, 1))).toEqual(['R']);
    expect((await hello({}, 2)).map((one) => one.toString('latin1', 0, 1))).toEqual(['R']);
    expect((await hello({}, 9999))[0]).toEqual(raw('v', i32(NEWEST), i32(0)));
    expect((await hello({ '_pq_.foo': '1' }, 0))[0]).toEqual(
      raw('v', i32(3 << 16), i32(1), z('_pq_.foo')),
    );
  });

  it('gives a secret of 4 bytes in 3.0 and of 32 in 3.2', async () => {
    for (const [minor, length] of [
      [0, 4],
      [2, 32],
    ] as const) {
      const { client, greeting } = await loggedIn(box.port, { minor });
      const key = greeting.find((one) => one.letter === 'K');
      expect(key?.body).toHaveLength(4 + length);
      client.end();
    }
  });

  it('declines GSSAPI once and goes on', async () => {
    const client = RawClient.to(box.port);
    client.say(GSS_REQUEST);
    await client.until((heard) => heard.toString() === 'N');
    client.forget();
    await prove(client);
    await client.until((heard) => letters(heard).endsWith('Z'));
    client.end();
    expect(refusal((await answer(GSS_REQUEST, GSS_REQUEST)).subarray(1))).toBe(
      'FATAL 0A000 unsupported frontend protocol 1234.5680: server supports 3.0 to 3.2',
    );
  });

  it('does not believe bytes that came behind an SSLRequest in the clear', async () => {
    const client = RawClient.to(box.port);
    client.say(raw(SSL_REQUEST, startup({ user: 'acme', database: 'pos' })));
    await client.until((heard) => heard.toString() === 'S');
    client.socket.removeAllListeners('data');
    const secure = connectTls({ socket: client.socket, rejectUnauthorized: false });
    const inside = new RawClient(secure);
    const heard = await inside.untilEnd();
    expect(refusal(heard)).toBe('FATAL 08P01 received unencrypted data after SSL request');
    client.end();
  });

  it('takes no second SSLRequest inside TLS', async () => {
    const secure = connectTls({
      port: box.port,
      host: '127.0.0.1',
      ALPNProtocols: ['postgresql'],
      rejectUnauthorized: false,
    });
    const client = new RawClient(secure);
    client.say(SSL_REQUEST);
    expect(refusal(await client.untilEnd())).toBe(
      'FATAL 0A000 unsupported frontend protocol 1234.5679: server supports 3.0 to 3.2',
    );
  });

  it('takes direct TLS only with its own ALPN name', async () => {
    const dial = async (protocols: string[] | undefined): Promise<string> => {
      const secure = connectTls({
        port: box.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ...(protocols === undefined ? {} : { ALPNProtocols: protocols }),
      });
      const client = new RawClient(secure);
      client.say(startup({ user: 'acme', database: 'pos' }));
      try {
        return letters(await client.until((heard) => letters(heard) !== ''));
      } catch {
        return 'dropped';
      } finally {
        client.end();
      }
    };
    expect(await dial(['postgresql'])).toBe('R');
    expect(await dial(['h2'])).toBe('dropped');
    expect(await dial(undefined)).toBe('dropped');
    await isAlive();
  });

  it('survives a TLS handshake that breaks off at any byte', async () => {
    const hello = await clientHello();
    for (let cut = 1; cut < hello.length; cut += 23) {
      const client = RawClient.to(box.port);
      client.say(SSL_REQUEST);
      await client.until((heard) => heard.toString() === 'S');
      client.say(hello.subarray(0, cut));
      client.socket.end();
      client.end();
    }
    const garbage = RawClient.to(box.port);
    garbage.say(SSL_REQUEST);
    await garbage.until((heard) => heard.toString() === 'S');
    garbage.say(Buffer.alloc(100, 0x41));
    await garbage.untilEnd();
    await isAlive();
  });

  it('survives any bytes in each phase of a connection', async () => {
    const openings: readonly Uint8Array[] = [
      Buffer.alloc(0),
      i32(8),
      SSL_REQUEST,
      GSS_REQUEST,
      raw(0x16, 3, 1),
      i32(3 << 16),
      startup({ user: 'acme', database: 'pos' }),
      raw(startup({ user: 'admin', database: 'pos' }), 'p'),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...openings),
        fc.uint8Array({ maxLength: 300 }),
        async (opening, bytes) => {
          const client = RawClient.to(box.port);
          client.say(opening);
          client.say(bytes);
          client.socket.end();
          await client.untilEnd();
          client.end();
        },
      ),
      { numRuns: 400 },
    );
    await isAlive();
  });
});

/** The first flight of a real TLS client. */
async function clientHello(): Promise<Buffer> {
  const { createServer } = await import('node:net');
  const heard = Promise.withResolvers<Buffer>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (chunk: Buffer) => {
      heard.resolve(chunk);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  client.on('error', () => undefined);
  const bytes = await heard.promise;
  server.close();
  return bytes;
}
