import { request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { hlcAt } from '../../cloud-sync/clock.ts';
import { createReceiver, type Receiver } from '../../cloud-sync/receiver/server.ts';
import type { SyncWorker } from '../../cloud-sync/worker.ts';
import { type Clock, systemClock } from '../../edge/clock.ts';
import { OID } from '../../edge/types/oids.ts';
import { openTestBox, PRODUCTS, removeBox, SALES, type TestBox } from './support/test-box.ts';

let receiver: Receiver;
let count = 0;
let merchant = '';
const open: { box: TestBox; worker: SyncWorker }[] = [];

beforeAll(async () => {
  receiver = await createReceiver();
});

afterAll(async () => {
  await receiver.close();
});

beforeEach(() => {
  count += 1;
  merchant = `m${count}`;
});

afterEach(async () => {
  for (const { box, worker } of open.splice(0)) {
    await worker.stop();
    await box.close();
    await removeBox(box);
  }
});

async function openBox(name: string, options: Parameters<typeof openTestBox>[0] = {}) {
  const box = await openTestBox({ box: `${name}-${count}`, ...options });
  const worker = await box.worker({ endpoint: receiver.endpoint, requestMsMax: 10_000 });
  const opened = { box, worker };
  open.push(opened);
  return opened;
}

const READ = `SELECT sku, name, price, stock FROM products WHERE merchant_id = ?1 ORDER BY sku`;
const products = (box: TestBox) => box.rows(READ, [merchant]);

async function add(
  box: TestBox,
  sku: string,
  name: string,
  price: bigint,
  stock: bigint,
): Promise<void> {
  await box.run(
    `INSERT INTO products (sku, merchant_id, name, price, stock) VALUES (?1, ?2, ?3, ?4, ?5)`,
    [sku, merchant, name, price, stock],
  );
}

const set = (box: TestBox, sku: string, assignment: string) =>
  box.run(`UPDATE products SET ${assignment} WHERE sku = ?1 AND merchant_id = ?2`, [sku, merchant]);

async function inCloud(): Promise<unknown> {
  return receiver.store.rows('products', merchant, 100);
}

test('a product made on one box appears on the other and in the cloud', async () => {
  const a = await openBox('a');
  const b = await openBox('b');
  await add(a.box, 'A', 'Tea', 250n, 4n);
  await a.worker.syncNow();
  expect((await b.worker.syncNow()).applied).toBe(1);
  expect(await products(b.box)).toEqual([['A', 'Tea', 250n, 4n]]);
  expect(await inCloud()).toEqual([
    { sku: 'A', name: 'Tea', price: '2.50', stock: '4', merchant_id: merchant },
  ]);
  // No echo: what came from the cloud is not queued for it.
  expect(await b.box.rows('SELECT count(*) FROM helios_outbox')).toEqual([[0n]]);
  expect((await b.worker.syncNow()).applied).toBe(0);
  expect((await a.worker.syncNow()).applied).toBe(0);
});

test('both ends keep what they changed in different columns of one row', async () => {
  const a = await openBox('a');
  await add(a.box, 'A', 'Tea', 250n, 4n);
  await a.worker.syncNow();
  await receiver.store.edit('products', merchant, { sku: 'A' }, { price: '3.00' });
  await set(a.box, 'A', 'stock = 3');
  const summary = await a.worker.syncNow();
  expect(summary).toMatchObject({ sent: 1, applied: 1, error: null });
  expect(await products(a.box)).toEqual([['A', 'Tea', 300n, 3n]]);
  expect(await inCloud()).toMatchObject([{ price: '3.00', stock: '3' }]);
});

test('the later write of the same column wins on both ends', async () => {
  const a = await openBox('a');
  await add(a.box, 'A', 'Tea', 250n, 4n);
  await a.worker.syncNow();
  await set(a.box, 'A', `name = 'box first'`);
  await receiver.store.edit('products', merchant, { sku: 'A' }, { name: 'cloud later' });
  await a.worker.syncNow();
  expect((await products(a.box))[0]?.[1]).toBe('cloud later');
  await receiver.store.edit('products', merchant, { sku: 'A' }, { name: 'cloud first' });
  await set(a.box, 'A', `name = 'box later'`);
  await a.worker.syncNow();
  expect(await inCloud()).toMatchObject([{ name: 'box later' }]);
  expect((await products(a.box))[0]?.[1]).toBe('box later');
});

test('two boxes that change rows in any order agree at the end', async () => {
  const a = await openBox('a');
  const b = await openBox('b');
  await add(a.box, 'A', 'Tea', 250n, 4n);
  await add(b.box, 'A', 'Tee', 260n, 9n);
  await add(b.box, 'B', 'Milk', 120n, 1n);
  await a.worker.syncNow();
  await b.worker.syncNow();
  await set(a.box, 'A', 'price = 111');
  await set(b.box, 'A', 'stock = 77');
  await b.box.run(`DELETE FROM products WHERE sku = 'B'`);
  for (let round = 0; round < 2; round += 1) {
    await b.worker.syncNow();
    await a.worker.syncNow();
  }
  await b.worker.syncNow();
  const seen = await products(a.box);
  expect(seen).toEqual([['A', 'Tee', 111n, 77n]]);
  expect(await products(b.box)).toEqual(seen);
  expect(await inCloud()).toMatchObject([{ name: 'Tee', price: '1.11', stock: '77' }]);
});

test('a deletion beats a change made elsewhere, and only a new insert brings the row back', async () => {
  const a = await openBox('a');
  const b = await openBox('b');
  await add(a.box, 'A', 'Tea', 250n, 4n);
  await a.worker.syncNow();
  await b.worker.syncNow();
  await a.box.run('DELETE FROM products');
  await set(b.box, 'A', `name = 'still here'`);
  await a.worker.syncNow();
  await b.worker.syncNow();
  expect(await products(b.box)).toEqual([]);
  expect(await inCloud()).toEqual([]);
  await add(b.box, 'A', 'Reborn', 1n, 1n);
  await b.worker.syncNow();
  await a.worker.syncNow();
  expect(await products(a.box)).toEqual([['A', 'Reborn', 1n, 1n]]);
  await receiver.store.edit('products', merchant, { sku: 'A' }, null);
  await a.worker.syncNow();
  expect(await products(a.box)).toEqual([]);
});

test('a change that the box cannot take is set aside, the rest goes on, and it is tried again', async () => {
  const a = await openBox('a');
  await add(a.box, 'A', 'Tea', 250n, 4n);
  await a.worker.syncNow();
  await a.box.run('CREATE UNIQUE INDEX one_name ON products (merchant_id, name)');
  await receiver.store.edit('products', merchant, { sku: 'B' }, { name: 'Tea', price: '1.00' });
  await receiver.store.edit('products', merchant, { sku: 'C' }, { name: 'Milk', price: '2' });
  await receiver.store.edit('products', merchant, { sku: 'D' }, { name: 'Rum', price: 'dear' });
  const summary = await a.worker.syncNow();
  expect(summary).toMatchObject({ applied: 1, refusedHere: 2, error: null });
  expect(await products(a.box)).toEqual([
    ['A', 'Tea', 250n, 4n],
    ['C', 'Milk', 200n, null],
  ]);
  expect(await a.worker.rejected()).toMatchObject([
    { direction: 'pull', table: 'products', merchant, code: 'constraint' },
    { direction: 'pull', table: 'products', merchant, code: '22P02' },
  ]);
  await set(a.box, 'A', `name = 'Green tea'`);
  expect(await a.worker.retryRejected(null)).toBe(1);
  expect((await products(a.box)).map(([sku]) => sku)).toEqual(['A', 'B', 'C']);
  await receiver.store.edit('products', merchant, { sku: 'D' }, { price: '9.00' });
  await a.worker.syncNow();
  expect(await a.worker.rejected()).toEqual([]);
  expect((await products(a.box)).length).toBe(4);
});

test('a box that boots in 1970 still gets later stamps than before, and the cloud’s edits', async () => {
  const a = await openBox('a');
  await add(a.box, 'A', 'Tea', 250n, 4n);
  await a.worker.syncNow();
  await a.worker.stop();
  await a.box.close();
  open.splice(0);
  await receiver.store.edit('products', merchant, { sku: 'A' }, { name: 'Cloud tea' });
  const past: Clock = { ...systemClock, wallMicros: () => 1_000_000n };
  const again = await openBox('a', { directory: a.box.directory, clock: past });
  await set(again.box, 'A', 'stock = 1');
  expect(await again.worker.syncNow()).toMatchObject({ error: null, applied: 1, refusedHere: 0 });
  expect(await products(again.box)).toEqual([['A', 'Cloud tea', 250n, 1n]]);
  expect(await inCloud()).toMatchObject([{ name: 'Cloud tea', stock: '1' }]);
});

test('a box whose clock runs far ahead cannot win silently', async () => {
  const future: Clock = { ...systemClock, wallMicros: () => 4_000_000_000_000_000n };
  const a = await openBox('a', { clock: future });
  await add(a.box, 'A', 'From 2096', 250n, 4n);
  expect(await a.worker.syncNow()).toMatchObject({ setAside: 1, error: null });
  expect((await a.worker.rejected())[0]).toMatchObject({ code: 'clock_ahead' });
  expect(a.box.hybridClock.last).toBeGreaterThan(hlcAt(3_999_999_999_000n));
});

test('columns that this box does not have stay in the cloud, and come when it has them', async () => {
  const wide = {
    ...PRODUCTS,
    columns: [
      ...PRODUCTS.columns,
      { ...PRODUCTS.columns[2], name: 'colour', attnum: 6, type: { oid: OID.text, typmod: -1 } },
    ] as typeof PRODUCTS.columns,
  };
  const colours = 'SELECT price, colour FROM products WHERE merchant_id = ?1';
  const newer = await openBox('newer', { tables: [SALES, wide] });
  const older = await openBox('older');
  await newer.box.run(
    `INSERT INTO products (sku, merchant_id, name, colour) VALUES ('A', ?1, 'Tea', 'green')`,
    [merchant],
  );
  await newer.worker.syncNow();
  await older.worker.syncNow();
  expect(await products(older.box)).toEqual([['A', 'Tea', null, null]]);
  await set(older.box, 'A', 'price = 5');
  await older.worker.syncNow();
  expect(await inCloud()).toMatchObject([{ colour: 'green', price: '0.05' }]);
  await newer.worker.syncNow();
  expect(await newer.box.rows(colours, [merchant])).toEqual([[5n, 'green']]);
  await older.box.run('ALTER TABLE products ADD COLUMN colour TEXT');
  older.box.catalog.current = {
    version: 2,
    tables: new Map([
      ['transactions', SALES],
      ['products', wide],
    ]),
  };
  await older.worker.syncNow();
  expect(await older.box.rows(colours, [merchant])).toEqual([[5n, 'green']]);
});

test('a column that nobody wrote here does not beat an earlier write of it elsewhere', async () => {
  const a = await openBox('a');
  const b = await openBox('b');
  await add(a.box, 'Z', 'makes the table known', 1n, 1n);
  await a.worker.syncNow();
  await b.box.run(`INSERT INTO products (sku, merchant_id, name) VALUES ('A', ?1, 'Tea')`, [
    merchant,
  ]);
  await receiver.store.edit('products', merchant, { sku: 'A' }, { price: '1.00' });
  // The first box gets the row without a name; the second one's name is older than what it got.
  await a.worker.syncNow();
  expect((await products(a.box))[0]).toEqual(['A', null, 100n, null]);
  await b.worker.syncNow();
  await a.worker.syncNow();
  expect((await products(a.box))[0]).toEqual(['A', 'Tea', 100n, null]);
  expect(await products(b.box)).toEqual(await products(a.box));
});

test('a row that was deleted and inserted again in the cloud keeps nothing of its former life', async () => {
  const a = await openBox('a');
  await add(a.box, 'A', 'Tea', 250n, 4n);
  await a.worker.syncNow();
  await receiver.store.edit('products', merchant, { sku: 'A' }, null);
  await receiver.store.edit('products', merchant, { sku: 'A' }, { name: 'Another' });
  await a.worker.syncNow();
  expect(await products(a.box)).toEqual([['A', 'Another', null, null]]);
});

test('the cloud’s edits over HTTP reach the box', async () => {
  const a = await openBox('a');
  await add(a.box, 'A', 'Tea', 250n, 4n);
  await a.worker.syncNow();
  const put = (body: unknown, method: 'PUT' | 'DELETE' = 'PUT') =>
    request(`${receiver.url}/api/rows/products`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const good = await put({ merchant, key: { sku: 'N' }, values: { name: 'New', price: '7.77' } });
  expect(good.statusCode).toBe(200);
  for (const bad of [
    { merchant, key: { id: 'N' }, values: {} },
    { merchant, key: { sku: 'N' }, values: { nosuch: '1' } },
    { merchant, key: { sku: 'N' }, values: { sku: 'M' } },
    { merchant, key: { sku: 'N' }, values: { price: 7 } },
    { merchant: '', key: { sku: 'N' }, values: {} },
    {},
  ]) {
    expect((await put(bad)).statusCode).toBe(400);
  }
  await put({ merchant, key: { sku: 'A' } }, 'DELETE');
  await a.worker.syncNow();
  expect(await products(a.box)).toEqual([['N', 'New', 777n, null]]);
});

test('many changes come page by page, and the cursor stands still when nothing happens', async () => {
  const a = await openBox('a');
  await a.box.write((transaction) => {
    for (let sku = 0; sku < 1_203; sku += 1) {
      transaction.run(
        {
          sql: `INSERT INTO products (sku, merchant_id, name) VALUES (?1, ?2, 'x')`,
          binds: [`S${sku}`, merchant],
          authority: 'system',
        },
        SYSTEM,
        { deadlineMs: null, signal: null },
        null,
      );
    }
  });
  await a.worker.syncNow();
  const b = await openBox('b');
  const summary = await b.worker.syncNow();
  expect(summary.error).toBeNull();
  expect((await products(b.box)).length).toBe(1_203);
  const before = b.box.engine.status().lastCommit;
  await b.worker.syncNow();
  expect(b.box.engine.status().lastCommit).toBe(before);
});

const SYSTEM = {
  merchant: null,
  role: 'system' as const,
  user: 'system',
  database: 'pos',
  timeZone: 'UTC',
  applicationName: '',
  searchPath: 'public',
  backendPid: 0,
  transactionTimestamp: 0n,
  statementTimestamp: 0n,
  settings: {},
};
