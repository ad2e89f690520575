/**
 * The classes of attack that live in the protocol rather than in a statement: prepared reuse, portals and
 * cursors across sessions, shared namespaces, start-up bytes, cancel, logins, and the control plane.
 */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BoxProcess } from '../support/box-process.ts';
import {
  cancelRequest,
  frame,
  send,
  startup,
  WireClient,
  type WireMessage,
} from '../support/wire-client.ts';
import { HostileShop } from './shop.ts';

const stateOf = (messages: readonly WireMessage[]): string => {
  const error = messages.find((message) => message.kind === 'error');
  return error?.kind === 'error' ? (error.fields['C'] ?? '') : '00000';
};

async function refusal(attempt: Promise<WireClient>): Promise<Readonly<Record<string, string>>> {
  try {
    (await attempt).end();
  } catch (error) {
    return (error as { fields?: Record<string, string> }).fields ?? { M: String(error) };
  }
  throw new Error('the login was accepted');
}

describe('the protocol lets nothing through', () => {
  let shop: HostileShop;

  beforeAll(async () => {
    shop = await HostileShop.open();
  }, 120_000);
  afterAll(() => shop[Symbol.asyncDispose]());

  async function alive(): Promise<void> {
    const client = await WireClient.connect(shop.attacker);
    expect(await client.rows('SELECT id, note FROM orders')).toEqual([['1', '1']]);
    client.end();
  }

  test('class 19: one Parse holds one statement', async () => {
    const client = await WireClient.connect(shop.attacker);
    const messages = await client.exchange(
      send.parse('SELECT 1; SELECT note FROM orders'),
      send.sync(),
    );
    expect(stateOf(messages)).toBe('42601');
    client.end();
  });

  test('class 38: the same text, prepared by both, shows each its own rows', async () => {
    const attacker = await WireClient.connect(shop.attacker);
    const victim = await WireClient.connect(shop.victim);
    const text = 'SELECT id, note FROM orders ORDER BY id';
    await victim.exchange(send.parse(text, 's'), send.sync());
    await attacker.exchange(send.parse(text, 's'), send.sync());
    for (let turn = 0; turn < 20; turn++) {
      victim.write(send.bind({ statement: 's' }), send.execute(), send.sync());
      const own = await attacker.exchange(
        send.bind({ statement: 's' }),
        send.execute(),
        send.sync(),
      );
      expect(shop.leaksIn(own)).toEqual([]);
      await victim.until((message) => message.kind === 'ready');
    }
    attacker.end();
    victim.end();
  });

  test('class 38: interleaved suspended portals keep their merchants', async () => {
    const attacker = await WireClient.connect(shop.attacker);
    const victim = await WireClient.connect(shop.victim);
    const text = 'SELECT note FROM orders, (VALUES (1), (2), (3)) v (n)';
    await victim.exchange(send.query('BEGIN'));
    await attacker.exchange(send.query('BEGIN'));
    for (const client of [victim, attacker]) {
      client.write(send.parse(text, 'p'), send.bind({ statement: 'p', portal: 'p' }), send.flush());
      await client.until((message) => message.kind === 'other' && message.letter === '2');
    }
    for (let turn = 0; turn < 3; turn++) {
      victim.write(send.execute('p', 1), send.flush());
      attacker.write(send.execute('p', 1), send.flush());
      const own = await attacker.until((message) => message.kind === 'data_row');
      expect(shop.leaksIn(own)).toEqual([]);
      await victim.until((message) => message.kind === 'data_row');
      for (const client of [victim, attacker]) {
        await client.until(
          (message) =>
            message.kind === 'complete' || (message.kind === 'other' && message.letter === 's'),
        );
      }
    }
    attacker.destroy();
    victim.destroy();
  });

  test("class 39: another session's statements, portals and cursors do not exist here", async () => {
    const victim = await WireClient.connect(shop.victim);
    await victim.exchange(send.parse('SELECT note FROM orders', 'mine'), send.sync());
    await victim.exchange(
      send.query('BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT note FROM orders; COMMIT'),
    );
    const attacker = await WireClient.connect(shop.attacker);
    expect(stateOf(await attacker.exchange(send.bind({ statement: 'mine' }), send.sync()))).toBe(
      '26000',
    );
    expect(stateOf(await attacker.exchange(send.execute('c'), send.sync()))).toBe('34000');
    expect(stateOf(await attacker.exchange(send.query('FETCH ALL FROM c')))).toBe('34000');
    expect(stateOf(await attacker.exchange(send.query('EXECUTE mine')))).toBe('26000');
    victim.end();
    attacker.end();
  });

  test('class 40: start-up parameters and options cannot name a merchant', async () => {
    for (const parameters of [
      { options: '-c helios.merchant=b' },
      { options: '-c app.tenant=b' },
      { options: '-c role=b' },
      { options: '-c session_authorization=b' },
      { 'helios.merchant': 'b' },
      { search_path: 'main,temp' },
    ]) {
      try {
        const client = await WireClient.connect({ ...shop.attacker, parameters });
        const rows = await client.exchange(send.query('SELECT * FROM orders'));
        expect(shop.leaksIn(rows)).toEqual([]);
        client.end();
      } catch (error) {
        expect(String(error)).toMatch(/^Error: (42|22|28|55|0A)/);
      }
    }
  });

  test('class 42: savepoints, settings and application names are private to a session', async () => {
    const victim = await WireClient.connect(shop.victim);
    await victim.exchange(send.query('BEGIN; SAVEPOINT shared'));
    const attacker = await WireClient.connect(shop.attacker);
    expect(stateOf(await attacker.exchange(send.query('BEGIN; ROLLBACK TO shared')))).toBe('3B001');
    await victim.exchange(send.query('ROLLBACK'));
    victim.end();
    attacker.end();
  });

  test('class 43: a wrong key and an unknown user cannot be told apart', async () => {
    const known = await refusal(WireClient.connect({ ...shop.attacker, password: 'x'.repeat(43) }));
    const unknown = await refusal(
      WireClient.connect({ ...shop.attacker, user: 'nobody', password: 'x'.repeat(43) }),
    );
    expect(known['C']).toBe('28P01');
    expect(unknown).toEqual({ ...known, M: String(known['M']).replace('"a"', '"nobody"') });
  });

  test("class 43: a merchant's key opens no other door", async () => {
    for (const user of ['b', 'admin', 'b/a', '../a', 'A', 'a\u00a0', '']) {
      const fields = await refusal(WireClient.connect({ ...shop.attacker, user }));
      expect(fields['S'] ?? 'FATAL').toBe('FATAL');
    }
    const database = await refusal(WireClient.connect({ ...shop.attacker, database: 'template1' }));
    expect(database['C']).toBe('3D000');
  });

  test('class 43: garbage before and inside the login ends that connection alone', async () => {
    const hostile = [
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      Buffer.from([0x16, 3, 1, 0, 1, 0]),
      Buffer.from([0, 0, 0, 4]),
      Buffer.from([0, 0, 0, 8, 0, 2, 0, 0]),
      Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0]),
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
      Buffer.alloc(20_000, 0),
      Buffer.concat([startup({ user: 'a', database: 'pos' }), frame('Q', 'SELECT 1')]),
      Buffer.concat([startup({ user: 'a', database: 'pos' }), frame('p', 'MD5', 0)]),
      Buffer.concat([
        startup({ user: 'a', database: 'pos' }),
        frame('p', 'SCRAM-SHA-256', 4, Buffer.from('n,,x')),
      ]),
      Buffer.concat([
        Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]),
        startup({ user: 'a', database: 'pos' }),
      ]),
      startup({ user: 'a\u0000', database: 'pos' }),
      startup({ user: '', database: '' }),
    ];
    for (const bytes of hostile) {
      const client = await WireClient.raw({ port: shop.box.port });
      client.write(bytes);
      const ended = new Promise((resolve) => setTimeout(resolve, 200));
      await Promise.race([client.until(() => false), ended]).catch(() => undefined);
      client.destroy();
    }
    await alive();
  });

  test('class 43: a CancelRequest without the secret does nothing', async () => {
    const victim = await WireClient.connect(shop.victim);
    const heavy = victim.exchange(
      send.query('SELECT count(*) FROM generate_series(1, 300) a, generate_series(1, 300) b'),
    );
    for (const secret of [
      Buffer.alloc(4),
      Buffer.alloc(0),
      Buffer.alloc(4, 0xff),
      Buffer.alloc(32),
    ]) {
      await cancelRequest(shop.attacker, victim.pid, secret);
    }
    expect(stateOf(await heavy)).not.toBe('57014');
    victim.end();
  });

  test('class 43: forged tokens are refused, and a token outside TLS is', async () => {
    const secret = 'a-secret-of-more-than-thirty-two-bytes!';
    await using box = await BoxProcess.start({
      settings: ['proxy.auth.mode=jwt', `proxy.auth.jwt_secret=${secret}`],
    });
    await box.addMerchant('a');
    const encode = (value: unknown): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url');
    const sign = (header: unknown, payload: unknown, key: string): string => {
      const body = `${encode(header)}.${encode(payload)}`;
      return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
    };
    const exp = Math.floor(Date.now() / 1000) + 600;
    const good = sign({ alg: 'HS256' }, { merchant_id: 'a', exp }, secret);
    const forged = [
      `${encode({ alg: 'none' })}.${encode({ merchant_id: 'a', exp })}.`,
      sign({ alg: 'HS256' }, { merchant_id: 'a', exp }, 'another-secret-of-thirty-two-bytes-xx'),
      sign({ alg: 'HS256', kid: '../../dev/null' }, { merchant_id: 'a', exp }, ''),
      sign({ alg: 'HS256' }, { merchant_id: ['a'], exp }, secret),
      sign({ alg: 'HS256' }, { merchant_id: 1, exp }, secret),
      sign({ alg: 'HS256' }, { merchant_id: 'b', exp }, secret),
      sign({ alg: 'HS256' }, { merchant_id: 'a', exp: exp - 1200 }, secret),
      sign({ alg: 'HS384' }, { merchant_id: 'a', exp }, secret),
    ];
    const target = { ...box.target('a', good), tls: true };
    (await WireClient.connect(target)).end();
    for (const password of forged) {
      const fields = await refusal(WireClient.connect({ ...target, password }));
      expect(fields['S']).toBe('FATAL');
    }
    expect((await refusal(WireClient.connect({ ...target, tls: false })))['S']).toBe('FATAL');
  }, 60_000);

  test('class 44: the log and the control plane tell no key and no canary', async () => {
    const status = JSON.stringify([
      await shop.box.ask('GET', '/status'),
      await shop.box.ask('GET', '/merchants'),
    ]);
    for (const canary of shop.canaries) {
      expect(status.includes(canary)).toBe(false);
      expect(shop.box.output.includes(canary)).toBe(false);
    }
    await alive();
  });
});
