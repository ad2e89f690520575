import { createHmac } from 'node:crypto';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../edge/auth/jwt.ts';
import { systemClock } from '../../edge/clock.ts';
import { EdgeError } from '../../edge/errors.ts';
import { Login, type LoginPolicy, type Peer } from '../../edge/net/login.ts';
import { ByteWriter } from '../../edge/types/byte-writer.ts';
import { parseStartup } from '../../edge/wire/startup-packet.ts';
import { ScramClient } from '../auth/scram-client.ts';
import { errorFields, i32, message, startup, z } from '../wire/bytes.ts';
import { type Box, directory, KEY, RawClient, startBox } from './box.ts';
import { letters, loggedIn, messagesOf, prove, saslInitial } from './raw-login.ts';

const SECRET = 'a secret of this test, long enough for HS256';
const tokens = createTokenVerifier({
  secret: SECRET,
  tenantClaim: 'merchant_id',
  userClaim: 'sub',
  clock: systemClock,
});
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
function token(claims: Readonly<Record<string, unknown>>): string {
  const exp = Number(systemClock.wallMicros() / 1_000_000n) + 60;
  const content = `${encode({ alg: 'HS256' })}.${encode({ exp, ...claims })}`;
  return `${content}.${createHmac('sha256', SECRET).update(content).digest('base64url')}`;
}

const POLICY: LoginPolicy = {
  directory,
  mode: 'api_key',
  tokens: null,
  isTlsRequired: false,
  database: 'pos',
};
const LAN: Peer = { address: '10.1.2.3', isUnixSocket: false, isLoopback: false };
const LOOPBACK: Peer = { address: '127.0.0.1', isUnixSocket: false, isLoopback: true };
const UNIX: Peer = { address: '[local]', isUnixSocket: true, isLoopback: false };

/** What the box says to a start-up from there: the letters of what it asks, or the refusal. */
function begin(
  user: string,
  peer: Peer,
  isTls: boolean,
  policy: Partial<LoginPolicy> = {},
): string {
  const request = parseStartup(startup({ user, database: 'pos' }).subarray(4));
  if (request.kind !== 'startup') throw new Error('not a start-up');
  const out = new ByteWriter();
  const security = { isTls, endPointHash: isTls ? new Uint8Array(32) : null };
  try {
    new Login(request, peer, security, { ...POLICY, ...policy }, out).begin();
  } catch (error) {
    if (error instanceof EdgeError) return `${error.sqlstate} ${error.message}`;
    throw error;
  }
  return Buffer.from(out.take()).toString('latin1').replace(/\0+/g, ' ').trim();
}

let box: Box;
beforeAll(async () => {
  box = await startBox({ maxClients: 3 });
});
afterAll(async () => {
  await box[Symbol.asyncDispose]();
});

function refusal(heard: Buffer): string {
  const last = messagesOf(heard).at(-1);
  if (last?.letter !== 'E') return `no error: ${letters(heard)}`;
  const fields = errorFields(last.body);
  return `${fields['S']} ${fields['C']} ${fields['M']}`;
}

async function refused(options: Parameters<typeof prove>[1]): Promise<string> {
  const client = RawClient.to(box.port);
  await prove(client, options);
  return refusal(await client.untilEnd());
}

describe('Login.begin', () => {
  it('offers channel binding inside TLS only', () => {
    expect(begin('acme', LAN, false)).toMatch(/SCRAM-SHA-256$/);
    expect(begin('acme', LAN, true)).toMatch(/SCRAM-SHA-256-PLUS SCRAM-SHA-256$/);
  });

  it('lets the administrator in from this machine only', () => {
    expect(begin('admin', LAN, true)).toBe(
      '28000 no pg_hba.conf entry for host "10.1.2.3", user "admin", database "pos", SSL encryption',
    );
    expect(begin('admin', LAN, false)).toContain('no encryption');
    expect(begin('admin/laptop', LAN, true)).toContain('28000');
    expect(begin('admin', LOOPBACK, false)).toContain('SCRAM');
    expect(begin('admin', UNIX, false)).toContain('SCRAM');
  });

  it('demands TLS from the network when told to', () => {
    const policy = { isTlsRequired: true };
    expect(begin('acme', LAN, false, policy)).toBe(
      '28000 no pg_hba.conf entry for host "10.1.2.3", user "acme", database "pos", no encryption',
    );
    expect(begin('acme', LAN, true, policy)).toContain('SCRAM');
    expect(begin('acme', LOOPBACK, false, policy)).toContain('SCRAM');
    expect(begin('acme', UNIX, false, policy)).toContain('SCRAM');
  });

  it('asks for a token inside TLS only, and never the administrator', () => {
    const policy: Partial<LoginPolicy> = { mode: 'jwt', tokens };
    for (const peer of [LAN, LOOPBACK, UNIX]) {
      expect(begin('acme', peer, false, policy)).toContain('28000 no pg_hba.conf entry');
    }
    expect(begin('acme', LAN, true, policy)).not.toContain('SCRAM');
    expect(begin('admin', LOOPBACK, false, policy)).toContain('SCRAM');
  });

  it('asks an unknown name exactly as a known one', () => {
    expect(begin('nobody', LAN, true)).toBe(begin('acme', LAN, true));
  });
});

describe('Login', () => {
  it('tells the session who came', async () => {
    const { client } = await loggedIn(box.port, {
      user: 'acme/till1',
      parameters: { application_name: 'Kasse', options: '-c statement_timeout=5s -c a=1' },
    });
    const login = box.sessions.at(-1)?.login;
    expect(login).toMatchObject({
      user: 'acme/till1',
      merchant: 'acme',
      role: 'merchant',
      database: 'pos',
    });
    expect(Object.fromEntries(login?.parameters ?? [])).toEqual({
      statement_timeout: '5s',
      a: '1',
      application_name: 'Kasse',
    });
    client.end();
    const admin = await loggedIn(box.port, { user: 'admin' });
    expect(box.sessions.at(-1)?.login).toMatchObject({ role: 'admin', merchant: null });
    admin.client.end();
  });

  it('lets the packet’s own setting win over options', async () => {
    const { client } = await loggedIn(box.port, {
      parameters: { application_name: 'packet', options: '-c application_name=options' },
    });
    expect(box.sessions.at(-1)?.login.parameters.get('application_name')).toBe('packet');
    client.end();
  });

  it('refuses in PostgreSQL’s order and words', async () => {
    const wrong = 'FATAL 28P01 password authentication failed for user';
    expect(await refused({ key: 'wrong' })).toBe(`${wrong} "acme"`);
    expect(await refused({ user: 'nobody' })).toBe(`${wrong} "nobody"`);
    expect(await refused({ user: 'acme/x', key: 'wrong' })).toBe(`${wrong} "acme/x"`);
    expect(await refused({ database: 'x', key: 'wrong' })).toBe(`${wrong} "acme"`);
    expect(await refused({ database: 'x' })).toBe('FATAL 3D000 database "x" does not exist');
    expect(await refused({ user: 'closed', database: 'x' })).toBe(
      'FATAL 28000 role "closed" is not permitted to log in',
    );
    expect(await refused({ user: 'closed', key: 'wrong' })).toBe(`${wrong} "closed"`);
    expect(await refused({ parameters: { options: '-z' } })).toBe(
      'FATAL 42601 invalid command-line argument for server process: -z',
    );
  });

  it('refuses what is no proof', async () => {
    const say = async (...bytes: readonly Uint8Array[]): Promise<string> => {
      const client = RawClient.to(box.port);
      client.say(startup({ user: 'acme', database: 'pos' }));
      for (const chunk of bytes) client.say(chunk);
      return refusal(await client.untilEnd());
    };
    const invalid = 'FATAL 08P01 client selected an invalid SASL authentication mechanism';
    expect(await say(message('Q', z('select 1')))).toBe(
      'FATAL 08P01 expected SASL response, got message type 81',
    );
    expect(await say(Buffer.from('z'))).toBe(
      'FATAL 08P01 expected SASL response, got message type 122',
    );
    expect(await say(saslInitial('PLAIN', Buffer.from('x')))).toBe(invalid);
    expect(await say(saslInitial('SCRAM-SHA-256-PLUS', Buffer.from('p=x,,')))).toBe(invalid);
    expect(await say(message('p', z(KEY)))).toBe('FATAL 08P01 insufficient data left in message');
    expect(await say(message('p'))).toBe('FATAL 08P01 invalid string in message');
    expect(await say(Buffer.concat([Buffer.from('p'), i32(20_000)]))).toBe(
      'FATAL 08P01 invalid message length',
    );
    expect(await say(saslInitial('SCRAM-SHA-256', Buffer.from('q')))).toBe(
      'FATAL 08P01 malformed SCRAM message',
    );
  });

  it('takes a login cut at every offset of every message', async () => {
    const scram = new ScramClient(KEY);
    const initial = saslInitial('SCRAM-SHA-256', scram.first());
    const cut = async (client: RawClient, bytes: Buffer, at: number): Promise<void> => {
      client.say(bytes.subarray(0, at));
      await new Promise((resolve) => setImmediate(resolve));
      client.say(bytes.subarray(at));
    };
    for (let at = 1; at < initial.length; at += 1) {
      const client = RawClient.to(box.port);
      client.say(startup({ user: 'acme', database: 'pos' }));
      await cut(client, initial, at);
      const heard = await client.until((bytes) => letters(bytes) === 'RR');
      const proof = message('p', scram.final(messagesOf(heard)[1]?.body.subarray(4) ?? heard));
      await cut(client, proof, at % proof.length);
      await client.until((bytes) => letters(bytes).endsWith('Z'));
      client.end();
      await client.untilEnd();
    }
  });

  it('gives merchants their slots and the administrator three more', async () => {
    const clients: RawClient[] = [];
    for (let count = 0; count < 3; count += 1) clients.push((await loggedIn(box.port)).client);
    const full = RawClient.to(box.port);
    full.say(startup({ user: 'acme', database: 'pos' }));
    expect(refusal(await full.untilEnd())).toBe('FATAL 53300 sorry, too many clients already');
    for (let count = 0; count < 3; count += 1) {
      clients.push((await loggedIn(box.port, { user: 'admin' })).client);
    }
    const admin = RawClient.to(box.port);
    admin.say(startup({ user: 'admin', database: 'pos' }));
    expect(refusal(await admin.untilEnd())).toContain('53300');
    expect(box.registry.counts()).toMatchObject({ merchants: 3, admins: 3 });
    for (const client of clients) client.say(message('X'));
    for (const client of clients) await client.untilEnd();
    for (const client of clients) client.end();
    (await loggedIn(box.port)).client.end();
  });

  it('ends a login that takes too long', async () => {
    await using slow = await startBox({ loginMsMax: 150 });
    const silent = RawClient.to(slow.port);
    expect((await silent.untilEnd()).length).toBe(0);
    const halfway = RawClient.to(slow.port);
    halfway.say(startup({ user: 'acme', database: 'pos' }));
    expect(refusal(await halfway.untilEnd())).toBe(
      'FATAL 57014 canceling authentication due to timeout',
    );
    const { client } = await loggedIn(slow.port);
    await new Promise((resolve) => setTimeout(resolve, 300));
    client.say(message('Q', z('select 1')));
    await client.until((heard) => letters(heard).endsWith('Z'));
    client.end();
  });
});

describe('Login with tokens', () => {
  async function present(jwt: Box, user: string, password: string): Promise<string> {
    const secure = connectTls({
      port: jwt.port,
      host: '127.0.0.1',
      ALPNProtocols: ['postgresql'],
      rejectUnauthorized: false,
    });
    const client = new RawClient(secure);
    client.say(startup({ user, database: 'pos' }));
    await client.until((heard) => letters(heard) === 'R');
    client.say(message('p', z(password)));
    try {
      await client.until((heard) => letters(heard).endsWith('Z'));
      return jwt.sessions.at(-1)?.login.user ?? '';
    } catch {
      return refusal(client.heard);
    } finally {
      client.end();
    }
  }

  it('lets in who has a good one, under the name that it gives', async () => {
    await using jwt = await startBox({ policy: { mode: 'jwt', tokens } });
    const good = token({ merchant_id: 'acme', sub: 'till1' });
    expect(await present(jwt, 'acme', good)).toBe('acme/till1');
    expect(await present(jwt, 'acme/till1', good)).toBe('acme/till1');
    expect(await present(jwt, 'acme/till2', token({ merchant_id: 'acme' }))).toBe('acme/till2');
  });

  it('refuses every other one with the same words', async () => {
    await using jwt = await startBox({ policy: { mode: 'jwt', tokens } });
    const good = token({ merchant_id: 'acme', sub: 'till1' });
    const no = (user: string): string =>
      `FATAL 28P01 password authentication failed for user "${user}"`;
    expect(await present(jwt, 'acme', 'garbage')).toBe(no('acme'));
    expect(await present(jwt, 'acme', KEY)).toBe(no('acme'));
    expect(await present(jwt, 'bob', good)).toBe(no('bob'));
    expect(await present(jwt, 'bob', token({ merchant_id: 'acme' }))).toBe(no('bob'));
    expect(await present(jwt, 'other', good)).toBe(no('other'));
    expect(await present(jwt, 'acme/till2', good)).toBe(no('acme/till2'));
    expect(await present(jwt, 'acme', token({ merchant_id: ['acme'] }))).toBe(no('acme'));
    expect(await present(jwt, 'nobody', token({ merchant_id: 'nobody' }))).toBe(no('nobody'));
    expect(await present(jwt, 'closed', token({ merchant_id: 'closed' }))).toBe(
      'FATAL 28000 role "closed" is not permitted to log in',
    );
    expect(await present(jwt, 'acme', '')).toBe(no('acme'));
  });
});
