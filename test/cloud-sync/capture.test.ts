import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCaptureSupport, stampOverrides } from '../../cloud-sync/capture.ts';
import { inWrite } from '../../cloud-sync/engine-access.ts';
import { EdgeError } from '../../edge/errors.ts';
import { openTestBox, PRODUCTS, removeBox, SALES, sell, type TestBox } from './support/test-box.ts';

let box: TestBox;

beforeEach(async () => {
  box = await openTestBox();
});

afterEach(async () => {
  await box.close();
  await removeBox(box);
});

const OUTBOX = 'SELECT table_id, row_id, merchant, op FROM helios_outbox ORDER BY table_id, row_id';

test('capture names a row once, however often it changes, with its last commit', async () => {
  await box.write((transaction) => sell(transaction, 'm1', 1, 1));
  for (let round = 0; round < 10; round += 1) {
    await box.run(`UPDATE transactions SET status = 'r${round}' WHERE id = 1`);
  }
  expect(await box.rows(OUTBOX)).toEqual([[20_000n, 1n, 'm1', 2n]]);
  const [commit] = await box.rows('SELECT commit_no FROM helios_outbox');
  expect(commit?.[0]).toBe(box.engine.status().lastCommit);
});

test('capture rolls back with the change', async () => {
  await expect(
    inWrite(box.engine, (transaction) => {
      sell(transaction, 'm1', 1, 1);
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(await box.rows(OUTBOX)).toEqual([]);
  await box.write((transaction) => {
    sell(transaction, 'm1', 1, 1);
    transaction.savepoint(1);
    sell(transaction, 'm1', 2, 2);
    transaction.rollbackTo(1);
    transaction.release(1);
  });
  expect(await box.rows(OUTBOX)).toEqual([[20_000n, 1n, 'm1', 1n]]);
});

test('capture sees what REPLACE removes, and keeps its own upsert', async () => {
  await box.write((transaction) => sell(transaction, 'm1', 1, 2));
  await box.run('DELETE FROM helios_outbox');
  await box.run(
    `INSERT OR REPLACE INTO transactions (id, merchant_id, amount) VALUES (1, 'm1', 500)`,
  );
  expect(await box.rows(OUTBOX)).toEqual([
    [20_000n, 1n, 'm1', 3n],
    [20_000n, 3n, 'm1', 1n],
  ]);
  await box.run(`UPDATE OR REPLACE transactions SET id = 2 WHERE id = 1`);
  expect(await box.rows(OUTBOX)).toEqual([
    [20_000n, 1n, 'm1', 3n],
    [20_000n, 2n, 'm1', 3n],
    [20_000n, 3n, 'm1', 2n],
  ]);
});

test('capture sees a DELETE without WHERE and the merchant of what is gone', async () => {
  await box.write((transaction) => {
    sell(transaction, 'm1', 1, 2);
    sell(transaction, 'm2', 1, 1);
  });
  await box.run('DELETE FROM transactions');
  expect(await box.rows(OUTBOX)).toEqual([
    [20_000n, 1n, 'm1', 3n],
    [20_000n, 2n, 'm1', 3n],
    [20_000n, 3n, 'm2', 3n],
  ]);
});

test('capture keeps the identity of a row', async () => {
  await box.write((transaction) => sell(transaction, 'm1', 1, 1));
  await expect(box.run('UPDATE transactions SET helios_row = 9')).rejects.toThrow(/identity/);
});

test('syncedExpression is true when the last state has left the outbox and was not refused', async () => {
  await box.write((transaction) => sell(transaction, 'm1', 1, 3));
  const synced = `SELECT id, synced FROM "transactions$guard" ORDER BY id`;
  const read = async (): Promise<unknown> => {
    const seen: unknown[] = [];
    await box.engine.read({
      statement: { sql: synced, binds: [], authority: 'system' },
      session: { ...SESSION, merchant: 'm1' },
      interrupt: { deadlineMs: null, signal: null },
      sink: { row: (row) => seen.push([row.value(0), row.value(1)]), restart: () => undefined },
      tables: [],
    });
    return seen;
  };
  await box.run('DELETE FROM helios_outbox WHERE row_id = 1');
  expect(await read()).toEqual([
    [1n, 1n],
    [2n, 0n],
    [3n, 0n],
  ]);
  await box.run(
    `INSERT INTO helios_rejected (direction, table_id, row_id, table_name, commit_no, op, code, reason, since)
     VALUES ('push', 20000, 1, '', 1, 1, 'refused', 'x', 0)`,
  );
  expect(await read()).toEqual([
    [1n, 0n],
    [2n, 0n],
    [3n, 0n],
  ]);
});

const SESSION = {
  merchant: null,
  role: 'merchant' as const,
  user: 'm1',
  database: 'pos',
  timeZone: 'UTC',
  applicationName: 'helios-sync-apply',
  searchPath: 'public',
  backendPid: 1,
  transactionTimestamp: 0n,
  statementTimestamp: 0n,
  settings: {},
};

test('capture is not switched off by a client that takes the application name of the worker', async () => {
  for (const role of ['admin', 'merchant'] as const) {
    await box.write((transaction) => {
      transaction.run(
        {
          sql: `INSERT INTO products (sku, merchant_id, name) VALUES (?1, 'm1', 'x')`,
          binds: [role],
          authority: 'system',
        },
        { ...SESSION, role },
        { deadlineMs: null, signal: null },
        null,
      );
    });
  }
  expect((await box.rows(OUTBOX)).length).toBe(2);
});

test('capture of a shared table stamps the row once, and a column after an update', async () => {
  await box.run(
    `INSERT INTO products (sku, merchant_id, name, price) VALUES ('A', 'm1', 'Tea', 250)`,
  );
  const read = `SELECT row_id, alive, overrides FROM helios_clock ORDER BY id`;
  expect(await box.rows(read)).toEqual([[1n, 1n, null]]);
  await box.run(`UPDATE products SET price = 300, name = 'Tea' WHERE sku = 'A'`);
  const [[, , overrides] = []] = await box.rows(read);
  expect(Object.keys(JSON.parse(String(overrides)) as object)).toEqual(['4']);
  await box.run(`DELETE FROM products WHERE sku = 'A'`);
  const [[rowId, alive] = []] = await box.rows(read);
  expect([rowId, alive]).toEqual([null, 0n]);
  await box.run(`INSERT INTO products (sku, merchant_id, name) VALUES ('A', 'm1', 'Tea again')`);
  expect(await box.rows(read)).toEqual([[1n, 1n, null]]);
  expect(await box.rows(OUTBOX)).toEqual([[20_100n, 1n, 'm1', 1n]]);
});

test('capture of a shared table treats a new key as a deletion and a birth', async () => {
  await box.run(`INSERT INTO products (sku, merchant_id, name) VALUES ('A', 'm1', 'Tea')`);
  await box.run(`UPDATE products SET sku = 'B'`);
  expect(await box.rows('SELECT key, alive, row_id FROM helios_clock ORDER BY id')).toEqual([
    ['["A"]', 0n, null],
    ['["B"]', 1n, 1n],
  ]);
  expect((await box.rows(OUTBOX)).length).toBe(2);
});

test('the clock is persisted with what it stamped', async () => {
  await box.run(`INSERT INTO products (sku, merchant_id, name) VALUES ('A', 'm1', 'Tea')`);
  const [[kept] = []] = await box.rows(`SELECT value FROM helios_sync_state WHERE name = 'hlc'`);
  const [[stamp] = []] = await box.rows('SELECT row_clock FROM helios_clock');
  expect(BigInt(String(kept))).toBe(stamp);
  await box.close();
  const past = { wallMicros: () => 5_000_000n, monotonicMs: () => performance.now() };
  box = await openTestBox({ directory: box.directory, clock: past });
  await box.run(`UPDATE products SET name = 'Coffee'`);
  expect(box.hybridClock.last).toBe((stamp as bigint) + 1n);
});

test('stampOverrides keeps the clocks of columns that did not change', () => {
  const once = stampOverrides(null, 36n, '3 ');
  expect(once).toBe('{"3":"10"}');
  expect(stampOverrides(once, 37n, '4 ')).toBe('{"3":"10","4":"11"}');
  expect(stampOverrides(once, 99n, '')).toBe(once);
});

test('modeFor chooses by configuration and refuses a shared table without a common key', () => {
  const support = createCaptureSupport({ push: ['*'], twoWay: ['products'] });
  expect(support.modeFor(SALES)).toBe('push');
  expect(support.modeFor(PRODUCTS)).toBe('both');
  expect(support.modeFor({ ...SALES, tenantColumn: null })).toBe('none');
  const generated = {
    ...PRODUCTS,
    columns: PRODUCTS.columns.map((column) =>
      column.name === 'sku' ? { ...column, identity: 'default' as const } : column,
    ),
  };
  expect(() => support.modeFor(generated)).toThrow(EdgeError);
  expect(() => support.modeFor({ ...PRODUCTS, uniques: [] })).toThrow(/both ways/);
  const named = createCaptureSupport({ push: ['transactions'], twoWay: [] });
  expect([named.modeFor(SALES), named.modeFor(PRODUCTS)]).toEqual(['push', 'none']);
});
