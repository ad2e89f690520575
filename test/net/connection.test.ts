import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../edge/limits.ts';
import { errorFields, i16, i32, message, raw, startupFrame, z } from '../wire/bytes.ts';
import { type Box, RawClient, startBox } from './box.ts';
import { letters, loggedIn, messagesOf } from './raw-login.ts';

let box: Box;
beforeAll(async () => {
  box = await startBox({ maxClients: 50 });
});
afterAll(async () => {
  await box[Symbol.asyncDispose]();
});

const QUERY = message('Q', z('select 1'));
const EXTENDED = raw(
  message('P', z('s'), z('select 1'), i16(0)),
  message('B', z(''), z('s'), i16(0), i16(0), i16(1), i16(1)),
  message('D', 'P', z('')),
  message('E', z(''), i32(0)),
  message('S'),
);

function refusal(heard: Buffer): string {
  const last = messagesOf(heard).at(-1);
  if (last?.letter !== 'E') return `no error: ${letters(heard)}`;
  const fields = errorFields(last.body);
  return `${fields['S']} ${fields['C']} ${fields['M']}`;
}

const session = (): (typeof box.sessions)[number] => {
  const last = box.sessions.at(-1);
  if (last === undefined) throw new Error('no session');
  return last;
};

/** Until the condition holds; the test's own timeout is the limit. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('Connection', () => {
  it('answers messages cut at every offset with the same bytes', async () => {
    const script = raw(QUERY, EXTENDED, message('Q', 0));
    const expected = 'TDCZ12TDCZIZ';
    const { client } = await loggedIn(box.port);
    let first: Buffer | null = null;
    for (let cut = 0; cut <= script.length; cut += 1) {
      client.say(script.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      client.say(script.subarray(cut));
      const heard = await client.until((bytes) => letters(bytes) === expected);
      first ??= heard;
      expect(heard.equals(first)).toBe(true);
      client.forget();
    }
    client.end();
  });

  it('answers a pipeline in few writes and in order', async () => {
    const { client } = await loggedIn(box.port);
    let chunks = 0;
    client.socket.on('data', () => {
      chunks += 1;
    });
    client.say(Buffer.concat(Array.from({ length: 200 }, () => EXTENDED)));
    const heard = await client.until((bytes) => letters(bytes).length === 6 * 200);
    expect(letters(heard)).toBe('12TDCZ'.repeat(200));
    expect(chunks).toBeLessThan(20);
    client.end();
  });

  it('lets go of finished replies while the next message is waited for', async () => {
    const { client } = await loggedIn(box.port);
    client.say(raw(QUERY, message('Q', z('wait'))));
    expect(letters(await client.until((heard) => letters(heard).endsWith('Z')))).toBe('TDCZ');
    client.end();
  });

  it('shows nothing that the session has not let go', async () => {
    const { client } = await loggedIn(box.port);
    client.say(raw(QUERY, message('Q', z('unflushed'))));
    const heard = await client.untilEnd();
    expect(letters(heard)).toBe('TDCZE');
    expect(refusal(heard)).toBe('FATAL XX000 internal error');
  });

  it.each(['crash', 'reject'])('hides the inside of a session that fails by %s', async (text) => {
    const { client } = await loggedIn(box.port);
    client.say(message('Q', z(text)));
    const heard = await client.untilEnd();
    expect(refusal(heard)).toBe('FATAL XX000 internal error');
    expect(heard.toString()).not.toContain('secret');
    expect(session().isClosed).toBe(true);
  });

  it.each<[string, Uint8Array, string]>([
    ['an unknown type', message('z'), 'invalid frontend message type 122'],
    ['a password after login', message('p', z('x')), 'invalid frontend message type 112'],
    ['a negative length', raw('Q', i32(-1)), 'invalid message length'],
    ['a length of three', raw('Q', i32(3)), 'invalid message length'],
    ['a length beyond all memory', raw('Q', i32(2147483647)), 'invalid message length'],
  ])('ends the connection for %s, after answering what came before', async (_, bytes, text) => {
    const { client } = await loggedIn(box.port);
    client.say(raw(QUERY, bytes));
    const heard = await client.untilEnd();
    expect(letters(heard)).toBe('TDCZE');
    expect(refusal(heard)).toBe(`FATAL 08P01 ${text}`);
  });

  it('goes on after a message that is wrong inside', async () => {
    const { client } = await loggedIn(box.port);
    client.say(raw(message('P', 'x'), QUERY, message('S'), message('Q', 'x'), QUERY));
    const heard = await client.until((bytes) => letters(bytes).endsWith('TDCZ'));
    expect(letters(heard)).toBe('EZEZTDCZ');
    client.end();
  });

  it('cancels by pid and secret, and by nothing else', async () => {
    const { client, greeting } = await loggedIn(box.port);
    const key = greeting.find((one) => one.letter === 'K')?.body ?? Buffer.alloc(0);
    client.say(message('Q', z('wait')));
    await eventually(() => session().messages.includes('query'));
    const pid = key.subarray(0, 4);
    const secret = key.subarray(4);
    const flipped = Buffer.from(secret.map((byte) => byte ^ 1));
    for (const wrong of [
      Buffer.alloc(4),
      flipped,
      Buffer.alloc(32),
      raw(secret, secret),
      raw(secret, 0),
    ]) {
      const stranger = RawClient.to(box.port);
      stranger.say(startupFrame(i32(80877102), pid, wrong));
      expect((await stranger.untilEnd()).length).toBe(0);
    }
    expect(session().cancelCount).toBe(0);
    const friend = RawClient.to(box.port);
    friend.say(startupFrame(i32(80877102), pid, secret));
    expect((await friend.untilEnd()).length).toBe(0);
    const heard = await client.until((bytes) => letters(bytes).endsWith('Z'));
    expect(errorFields(messagesOf(heard)[0]?.body ?? heard)['C']).toBe('57014');
    client.say(QUERY);
    await client.until((bytes) => letters(bytes) === 'EZTDCZ');
    client.end();
  });

  it('closes the session when the client goes, however it goes', async () => {
    for (const leave of [
      (client: RawClient): unknown => client.say(message('X')),
      (client: RawClient): unknown => client.socket.end(),
      (client: RawClient): unknown => client.socket.resetAndDestroy(),
    ]) {
      const { client } = await loggedIn(box.port);
      const mine = session();
      leave(client);
      await eventually(() => mine.isClosed);
      client.end();
    }
    const { client } = await loggedIn(box.port);
    const mine = session();
    client.say(message('Q', z('wait')));
    await eventually(() => mine.messages.includes('query'));
    client.socket.resetAndDestroy();
    await eventually(() => mine.isClosed);
    await eventually(() => box.registry.counts().merchants === 0);
  });

  it('answers a client that has closed its sending side', async () => {
    const { client } = await loggedIn(box.port);
    client.say(raw(QUERY, QUERY));
    client.socket.end();
    expect(letters(await client.untilEnd())).toBe('TDCZTDCZ');
  });

  it('reads no more than its limit ahead of a session that is busy', async () => {
    const { client } = await loggedIn(box.port);
    const mine = session();
    client.say(message('Q', z('wait')));
    await eventually(() => mine.messages.includes('query'));
    const long = message('Q', z(`select 1 -- ${'x'.repeat(1_000)}`));
    const flood = Buffer.concat(Array.from({ length: 300 }, () => long));
    for (let count = 0; count < 40; count += 1) client.say(flood);
    // The kernel's buffers fill, then nothing is taken any more.
    let before = -1;
    while (client.socket.bytesWritten - client.socket.writableLength !== before) {
      before = client.socket.bytesWritten - client.socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(client.socket.writableLength).toBeGreaterThan(flood.length);
    expect(mine.messages).toHaveLength(1);
    client.isKeeping = false;
    mine.cancel();
    await eventually(() => mine.messages.length === 1 + 40 * 300);
    client.end();
  });

  it('stops handling requests of a client that does not take the answers', async () => {
    const { client } = await loggedIn(box.port);
    const mine = session();
    client.socket.pause();
    client.isKeeping = false;
    const wanted = 30;
    client.say(Buffer.concat(Array.from({ length: wanted }, () => message('Q', z('big')))));
    let before = -1;
    while (mine.messages.length !== before || before === 0) {
      before = mine.messages.length;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(mine.messages.length).toBeLessThan(wanted / 2);
    client.socket.resume();
    await eventually(() => mine.messages.length === wanted);
    client.end();
  });

  it('gives other clients their turn beside a long pipeline', async () => {
    const { client: busy } = await loggedIn(box.port);
    const { client: other } = await loggedIn(box.port);
    const [mine] = box.sessions.slice(-2);
    const wanted = 500;
    // All in one chunk, half a second of work.
    busy.say(Buffer.concat(Array.from({ length: wanted }, () => message('Q', z('spin')))));
    await eventually(() => (mine?.messages.length ?? 0) > 0);
    other.say(QUERY);
    await other.until((heard) => letters(heard) === 'TDCZ');
    expect(mine?.messages.length).toBeLessThan(wanted / 2);
    busy.end();
    other.end();
  });

  it('survives any frames after login', async () => {
    const frame = fc
      .tuple(fc.constantFrom(...'BCDEFHPQScdfzp'.split('')), fc.uint8Array({ maxLength: 60 }))
      .map(([letter, body]) => message(letter, body));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 5, arbitrary: frame }, fc.uint8Array({ maxLength: 20 })), {
          maxLength: 20,
        }),
        async (pieces) => {
          const { client } = await loggedIn(box.port);
          for (const piece of pieces) client.say(piece);
          client.socket.end();
          await client.untilEnd();
          client.end();
        },
      ),
      { numRuns: 150 },
    );
    const { client } = await loggedIn(box.port);
    client.say(QUERY);
    await client.until((heard) => letters(heard) === 'TDCZ');
    client.end();
  });

  it('takes a frame of the largest size', async () => {
    const { client } = await loggedIn(box.port);
    const largest = message('d', Buffer.alloc(LIMITS.frameBytesMax));
    client.say(largest);
    client.say(QUERY);
    await client.until((heard) => letters(heard) === 'TDCZ');
    client.end();
  }, 60_000);
});

describe('Connection and large messages', () => {
  it('refuses them when all together would fill the memory', async () => {
    const before = box.registry.counts().merchants;
    const huge = raw('Q', i32(60 * 1024 * 1024), Buffer.alloc(33 * 1024 * 1024, 0x61));
    const clients = [];
    for (let count = 0; count < 3; count += 1) clients.push((await loggedIn(box.port)).client);
    for (const client of clients) client.say(huge);
    // Nothing ends before the third: two of them fit.
    const heard = await Promise.race(clients.map((client) => client.untilEnd()));
    expect(refusal(heard)).toBe('FATAL 53200 out of memory');
    for (const client of clients) client.end();
    await eventually(() => box.registry.counts().merchants <= before);
    const { client } = await loggedIn(box.port);
    client.say(message('d', Buffer.alloc(LIMITS.frameBytesMax)));
    client.say(QUERY);
    await client.until((bytes) => letters(bytes) === 'TDCZ');
    client.end();
  }, 60_000);
});

describe('Listener.stop', () => {
  it('tells every client, and is done when all are gone', async () => {
    const stopping = await startBox();
    const { client } = await loggedIn(stopping.port);
    const early = RawClient.to(stopping.port);
    await eventually(() => stopping.registry.counts().loginsPending === 1);
    const stopped = stopping.listener.stop(5_000);
    expect(refusal(await client.untilEnd())).toBe(
      'FATAL 57P01 terminating connection due to administrator command',
    );
    expect(refusal(await early.untilEnd())).toContain('57P01');
    client.end();
    early.end();
    await stopped;
    await expect(RawClient.to(stopping.port).untilEnd()).resolves.toHaveLength(0);
  });
});
