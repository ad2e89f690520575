/**
 * Several sessions on the real stations: isolation levels, the write lock, DDL beside data, and that one
 * merchant's plan shows another nothing.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Box, openBox } from '../support/box.ts';
import { traceOf } from '../support/trace.ts';
import { send, type WireClient } from '../support/wire-client.ts';

/** Loose, for a machine that runs other tests beside; the acceptance measures one second. */
const INTERRUPT_MS_MAX = 10_000;

let box: Box;
const clients: WireClient[] = [];

beforeAll(async () => {
  box = await openBox({ hasWorker: true });
  await box.define(
    'CREATE TABLE item (id int PRIMARY KEY, name text)',
    'CREATE TABLE sale (id serial PRIMARY KEY, merchant_id text NOT NULL, amount numeric(10,2) NOT NULL)',
  );
});

afterAll(() => box[Symbol.asyncDispose]());

beforeEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await box.define("DELETE FROM item; INSERT INTO item VALUES (1, 'one')");
});

async function open(user = 'admin'): Promise<WireClient> {
  const client = await box.connect(user);
  clients.push(client);
  return client;
}

async function say(client: WireClient, text: string): Promise<string> {
  const messages = await client.exchange(send.query(text));
  return messages
    .map(traceOf)
    .filter((line) => !/^[TZS] /.test(line))
    .join('; ');
}

describe('isolation levels', () => {
  test('READ COMMITTED sees what has been committed meanwhile', async () => {
    const [reader, writer] = [await open(), await open()];
    await say(reader, 'BEGIN');
    expect(await say(reader, 'SELECT count(*) FROM item')).toBe('D 1; C SELECT 1');
    await say(writer, "INSERT INTO item VALUES (2, 'two')");
    expect(await say(reader, 'SELECT count(*) FROM item')).toBe('D 2; C SELECT 1');
    expect(await say(reader, "UPDATE item SET name = 'x'")).toBe('C UPDATE 2');
    await say(reader, 'ROLLBACK');
  });

  test('nobody sees what is not committed', async () => {
    const [reader, writer] = [await open(), await open()];
    await say(writer, "BEGIN; INSERT INTO item VALUES (2, 'two')");
    expect(await say(writer, 'SELECT count(*) FROM item')).toBe('D 2; C SELECT 1');
    expect(await say(reader, 'SELECT count(*) FROM item')).toBe('D 1; C SELECT 1');
    await say(writer, 'ROLLBACK');
  });

  test.each(['REPEATABLE READ', 'SERIALIZABLE'])(
    '%s sees one state, and a stale write is 40001',
    async (level) => {
      const [reader, writer] = [await open(), await open()];
      await say(reader, `BEGIN ISOLATION LEVEL ${level}`);
      expect(await say(reader, 'SELECT count(*) FROM item')).toBe('D 1; C SELECT 1');
      await say(writer, "INSERT INTO item VALUES (2, 'two')");
      expect(await say(reader, 'SELECT count(*) FROM item')).toBe('D 1; C SELECT 1');
      expect(await say(reader, "INSERT INTO item VALUES (3, 'three')")).toBe(
        'E ERROR 40001 could not serialize access due to concurrent update',
      );
      expect(await say(reader, 'COMMIT')).toBe('C ROLLBACK');
      await say(reader, `BEGIN ISOLATION LEVEL ${level}`);
      await say(reader, 'SELECT count(*) FROM item');
      expect(await say(reader, "INSERT INTO item VALUES (3, 'three')")).toBe('C INSERT 0 1');
      expect(await say(reader, 'COMMIT')).toBe('C COMMIT');
    },
  );

  test('concurrent increments lose no update', async () => {
    await box.define("INSERT INTO item VALUES (100, '0')");
    const each = 10;
    const sellers = await Promise.all([open(), open(), open(), open()]);
    await Promise.all(
      sellers.map(async (seller) => {
        for (let turn = 0; turn < each; turn++) {
          await say(seller, 'BEGIN');
          const row = await say(seller, 'SELECT name FROM item WHERE id = 100 FOR UPDATE');
          const value = Number(/D (\d+)/.exec(row)?.[1]);
          await say(seller, `UPDATE item SET name = '${value + 1}' WHERE id = 100`);
          await say(seller, 'COMMIT');
        }
      }),
    );
    expect(await say(await open(), 'SELECT name FROM item WHERE id = 100')).toBe(
      `D ${sellers.length * each}; C SELECT 1`,
    );
  });
});

describe('write lock', () => {
  test('FOR UPDATE takes it, and it is free after COMMIT', async () => {
    const [holder, waiter] = [await open(), await open()];
    await say(holder, 'BEGIN');
    await say(holder, 'SELECT * FROM item FOR UPDATE');
    await say(waiter, 'SET lock_timeout = 30');
    expect(await say(waiter, 'DELETE FROM item')).toBe(
      'E ERROR 55P03 canceling statement due to lock timeout',
    );
    await say(waiter, 'SET lock_timeout = 0');
    const waiting = say(waiter, "UPDATE item SET name = 'second'");
    await say(holder, "UPDATE item SET name = 'first'");
    await say(holder, 'COMMIT');
    expect(await waiting).toBe('C UPDATE 1');
    expect(await say(holder, 'SELECT name FROM item')).toBe('D second; C SELECT 1');
  });

  test('a connection that drops gives it back', async () => {
    const [holder, waiter] = [await open(), await open()];
    await say(holder, "BEGIN; UPDATE item SET name = 'lost'");
    const waiting = say(waiter, "UPDATE item SET name = 'kept'");
    holder.destroy();
    expect(await waiting).toBe('C UPDATE 1');
  });

  test('a savepoint behind the first write gives it back', async () => {
    const [holder, other] = [await open(), await open()];
    await say(holder, 'BEGIN; SAVEPOINT a');
    await say(holder, "UPDATE item SET name = 'lost'");
    await say(holder, 'ROLLBACK TO a');
    expect(await say(other, "UPDATE item SET name = 'kept'")).toBe('C UPDATE 1');
    expect(await say(holder, "UPDATE item SET name = 'last' WHERE name = 'kept'")).toBe(
      'C UPDATE 1',
    );
    expect(await say(holder, 'COMMIT')).toBe('C COMMIT');
  });
});

describe('DDL beside data', () => {
  test('a table made in a block is the maker`s alone until COMMIT, and gone after ROLLBACK', async () => {
    const [maker, other] = [await open(), await open()];
    await say(maker, 'BEGIN');
    await say(maker, 'CREATE TABLE fresh (a int)');
    expect(await say(maker, 'INSERT INTO fresh VALUES (1) RETURNING a')).toBe('D 1; C INSERT 0 1');
    expect(await say(other, 'SELECT * FROM fresh')).toMatch(/^E ERROR 42P01/);
    await say(maker, 'ROLLBACK');
    expect(await say(maker, 'SELECT * FROM fresh')).toMatch(/^E ERROR 42P01/);
    await say(maker, 'BEGIN; CREATE TABLE fresh (a text); COMMIT');
    expect(await say(other, 'SELECT * FROM fresh')).toBe('C SELECT 0');
    await say(maker, 'DROP TABLE fresh');
    expect(await say(other, 'SELECT * FROM fresh')).toMatch(/^E ERROR 42P01/);
  });

  test('ROLLBACK TO takes DDL back', async () => {
    const maker = await open();
    await say(maker, 'BEGIN; SAVEPOINT a');
    await say(maker, 'CREATE TABLE fresh (a int)');
    await say(maker, 'ROLLBACK TO a');
    expect(await say(maker, 'SELECT * FROM fresh')).toMatch(/^E ERROR 42P01/);
    expect(await say(maker, 'COMMIT')).toBe('C ROLLBACK');
  });

  test('a statement that waited for the lock runs under the catalog that it finds', async () => {
    const [maker, waiter] = [await open(), await open()];
    await say(maker, 'CREATE TABLE moving (a int)');
    await say(maker, 'BEGIN; ALTER TABLE moving ADD COLUMN b int DEFAULT 7');
    const inserting = say(waiter, 'INSERT INTO moving VALUES (1)');
    await say(maker, 'COMMIT');
    expect(await inserting).toBe('C INSERT 0 1');
    expect(await say(waiter, 'SELECT * FROM moving')).toBe('D 1|7; C SELECT 1');
    await say(maker, 'BEGIN; DROP TABLE moving');
    const late = say(waiter, 'INSERT INTO moving VALUES (2)');
    await say(maker, 'COMMIT');
    expect(await late).toMatch(/^E ERROR 42P01/);
  });
});

describe('merchants', () => {
  test('one plan serves all, and shows each its own', async () => {
    const [first, second] = [await open('m1'), await open('m2')];
    await say(first, 'INSERT INTO sale (amount) VALUES (1.10), (2.20)');
    await say(second, 'INSERT INTO sale (amount) VALUES (9.90)');
    for (const client of [first, second]) {
      await client.exchange(
        send.parse('SELECT id, amount FROM sale ORDER BY id', 's'),
        send.sync(),
      );
    }
    const rows = async (client: WireClient): Promise<string[]> => {
      const seen = await client.exchange(
        send.bind({ statement: 's' }),
        send.execute(),
        send.sync(),
      );
      return seen.map(traceOf).filter((line) => line.startsWith('D '));
    };
    expect(await rows(first)).toEqual(['D 1|1.10', 'D 2|2.20']);
    expect(await rows(second)).toEqual(['D 1|9.90']);
    expect(await rows(first)).toEqual(['D 1|1.10', 'D 2|2.20']);
  });

  test('interleaved portals and cursors stay with their merchant', async () => {
    const [first, second] = [await open('m1/till'), await open('m2/till')];
    await say(first, 'DELETE FROM sale; INSERT INTO sale (amount) VALUES (1), (2), (3)');
    await say(second, 'DELETE FROM sale; INSERT INTO sale (amount) VALUES (7), (8), (9)');
    const seen: string[] = [];
    for (const client of [first, second]) {
      await say(client, 'BEGIN');
      await say(client, 'DECLARE c CURSOR FOR SELECT amount FROM sale ORDER BY id');
      await client.exchange(
        send.parse('SELECT amount FROM sale ORDER BY id'),
        send.bind({ portal: 'p' }),
        send.execute('p', 1),
        send.sync(),
      );
    }
    for (let turn = 0; turn < 2; turn++) {
      for (const client of [first, second]) {
        const messages = await client.exchange(send.execute('p', 1), send.sync());
        seen.push(...messages.map(traceOf).filter((line) => line.startsWith('D ')));
        seen.push((await say(client, 'FETCH c')).split(';')[0] ?? '');
      }
    }
    expect(seen).toEqual([
      'D 2.00',
      'D 1.00',
      'D 8.00',
      'D 7.00',
      'D 3.00',
      'D 2.00',
      'D 9.00',
      'D 8.00',
    ]);
  });

  test.each([
    ["SET merchant.id = 'm2'"],
    ["SET app.tenant = 'm2'"],
    ['SET ROLE m2'],
    ["SET SESSION AUTHORIZATION 'm2'"],
    ['RESET ALL'],
    ['DISCARD ALL'],
    ["BEGIN; SET LOCAL app.merchant_id = 'm2'; ROLLBACK"],
    ['SET search_path = m2'],
  ])('%s leads to no other merchant', async (text) => {
    const [first, second] = [await open('m1'), await open('m2')];
    await say(second, 'DELETE FROM sale; INSERT INTO sale (amount) VALUES (666)');
    await say(first, text);
    await say(first, 'ROLLBACK');
    expect(await say(first, 'SELECT amount FROM sale WHERE amount = 666')).toBe('C SELECT 0');
    expect(await say(first, 'SHOW session_authorization')).toBe('D m1; C SHOW');
  });

  test('held cursors and prepared statements do not outlive DISCARD ALL', async () => {
    const client = await open('m1');
    await say(client, 'DECLARE c CURSOR WITH HOLD FOR SELECT amount FROM sale');
    await say(client, 'PREPARE p AS SELECT 1');
    await say(client, 'DISCARD ALL');
    expect(await say(client, 'FETCH c')).toMatch(/^E ERROR 34000/);
    expect(await say(client, 'EXECUTE p')).toMatch(/^E ERROR 26000/);
  });
});

describe('interruption', () => {
  /** Long enough to be noticed, short enough not to fill a disk. */
  const FOREVER =
    'SELECT count(*) FROM item a, item b, item c, item d, item e, item f, item g, item h';

  async function fill(): Promise<void> {
    const rows = Array.from({ length: 60 }, (_, index) => `(${index + 1000}, 'x')`);
    await box.define(`INSERT INTO item VALUES ${rows.join(', ')}`);
  }

  test('CancelRequest and statement_timeout end a report while others sell on', async () => {
    await fill();
    const [reporter, seller] = [await open(), await open('m1')];
    // The first long read starts the worker's thread, which takes its time on a busy machine.
    await say(reporter, 'SET statement_timeout = 50');
    await say(reporter, FOREVER);
    await say(reporter, 'SET statement_timeout = 0');
    const reporting = say(reporter, FOREVER);
    for (let sold = 0; sold < 5; sold++) {
      expect(await say(seller, 'INSERT INTO sale (amount) VALUES (1)')).toBe('C INSERT 0 1');
    }
    const cancelled = performance.now();
    box.server.sessions.get(reporter.pid)?.cancel();
    expect(await reporting).toBe('E ERROR 57014 canceling statement due to user request');
    expect(performance.now() - cancelled).toBeLessThan(INTERRUPT_MS_MAX);
    await say(reporter, 'SET statement_timeout = 100');
    const timed = performance.now();
    expect(await say(reporter, FOREVER)).toBe(
      'E ERROR 57014 canceling statement due to statement timeout',
    );
    expect(performance.now() - timed).toBeLessThan(INTERRUPT_MS_MAX);
    await say(reporter, 'SET statement_timeout = 0');
    expect(await say(reporter, 'SELECT 1')).toBe('D 1; C SELECT 1');
  });

  test('shutdown ends idle and busy sessions with 57P01', async () => {
    await fill();
    const [idle, busy] = [await open(), await open()];
    busy.write(send.query(FOREVER));
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const client of [idle, busy]) {
      box.server.sessions.get(client.pid)?.shutdown();
      const seen = await client.until(() => false);
      expect(seen.map(traceOf)).toEqual([
        'E FATAL 57P01 terminating connection due to administrator command',
      ]);
      expect(client.closed).toBe(true);
    }
  });
});
