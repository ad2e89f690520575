import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createReceiver, type Receiver } from '../../cloud-sync/receiver/server.ts';
import type { SyncWorker } from '../../cloud-sync/worker.ts';
import { openTestBox, removeBox, sell, type TestBox } from './support/test-box.ts';
import {
  type Behaviour,
  openUnrulyLink,
  PASS,
  PORTAL,
  type UnrulyLink,
} from './support/unruly-link.ts';

let receiver: Receiver;
let link: UnrulyLink;
let box: TestBox;
let worker: SyncWorker;
let count = 0;
let merchant = '';

beforeAll(async () => {
  receiver = await createReceiver({
    rule: ({ values }) => (values['status'] === 'poison' ? 'status "poison" is not known' : null),
  });
  link = await openUnrulyLink(receiver.endpoint);
});

afterAll(async () => {
  await link.close();
  await receiver.close();
});

beforeEach(async () => {
  count += 1;
  merchant = `m${count}`;
  box = await openTestBox({ box: `box-${count}` });
  worker = await box.worker({ endpoint: link.endpoint, requestMsMax: 4_000, batchRows: 50 });
  link.behave(() => PASS);
  link.beforeAnswer(() => Promise.resolve());
});

afterEach(async () => {
  await worker.stop();
  await box.close();
  await removeBox(box);
});

interface Line {
  readonly count: number;
  readonly sum: string | null;
}

async function cloud(): Promise<Line | undefined> {
  const lines = await receiver.store.ledger('transactions', 'amount').catch(() => []);
  const line = lines.find((candidate) => candidate.merchant === merchant);
  return line === undefined ? undefined : { count: line.count, sum: line.sum };
}

const queued = async (): Promise<number> =>
  Number((await box.rows('SELECT count(*) FROM helios_outbox'))[0]?.[0]);

test('SyncWorker delivers every sale to the cent, in batches', async () => {
  await box.write((transaction) => sell(transaction, merchant, 1, 130));
  const summary = await worker.syncNow();
  expect(summary).toEqual({
    sent: 130,
    setAside: 0,
    deferred: 0,
    applied: 0,
    refusedHere: 0,
    error: null,
  });
  expect(await cloud()).toEqual({ count: 130, sum: '1625.00' });
  expect(await worker.status()).toMatchObject({
    unsyncedRows: 0,
    link: 'up',
    rowsSent: 130,
    lastError: null,
  });
});

test('SyncWorker sends again what was not acknowledged, and it arrives once', async () => {
  await box.write((transaction) => sell(transaction, merchant, 1, 60));
  // Greeting passes, then the answer to each batch is lost.
  link.behave((request) => (request === 0 ? PASS : { kind: 'cut after' }));
  expect((await worker.syncNow()).error).toMatch(/does not answer/);
  expect(await cloud()).toEqual({ count: 50, sum: '625.00' });
  expect(await queued()).toBe(60);
  link.behave(() => PASS);
  expect((await worker.syncNow()).sent).toBe(60);
  expect(await cloud()).toEqual({ count: 60, sum: '750.00' });
});

test('SyncWorker keeps a row in the outbox that changed between sending and acknowledgement', async () => {
  await box.write((transaction) => sell(transaction, merchant, 1, 2));
  let changes = 0;
  link.beforeAnswer(async () => {
    if (link.requests < 2 || changes > 0) return;
    changes += 1;
    await box.run('UPDATE transactions SET amount = 9999 WHERE id = 1');
  });
  await worker.syncNow();
  expect(changes).toBe(1);
  expect(await cloud()).toEqual({ count: 2, sum: '25.00' });
  expect(await queued()).toBe(1);
  await worker.syncNow();
  expect(await cloud()).toEqual({ count: 2, sum: '112.49' });
  expect(await queued()).toBe(0);
});

test('SyncWorker survives a box that stops between the receiver’s commit and its own', async () => {
  await box.write((transaction) => sell(transaction, merchant, 1, 40));
  link.behave((request) => (request === 0 ? PASS : { kind: 'cut after' }));
  await worker.syncNow();
  await worker.stop();
  await box.close();
  const again = await openTestBox({ directory: box.directory, box: box.box });
  box = again;
  worker = await box.worker({ endpoint: link.endpoint, batchRows: 50 });
  await box.write((transaction) => sell(transaction, merchant, 41, 45));
  link.behave(() => PASS);
  await worker.syncNow();
  expect(await cloud()).toEqual({ count: 45, sum: '562.50' });
});

test('SyncWorker sets a poison row aside with the reason, and the rest goes on', async () => {
  await box.write((transaction) => sell(transaction, merchant, 1, 120));
  await box.run(`UPDATE transactions SET status = 'poison' WHERE id IN (3, 77)`);
  const summary = await worker.syncNow();
  expect(summary).toMatchObject({ sent: 118, setAside: 2, error: null });
  expect(await cloud()).toEqual({ count: 118, sum: '1475.00' });
  const rejected = await worker.rejected();
  expect(rejected).toMatchObject([
    { table: 'transactions', merchant, code: 'refused', reason: 'status "poison" is not known' },
    { table: 'transactions', merchant },
  ]);
  expect(await worker.status()).toMatchObject({ unsyncedRows: 0, rejectedRows: 2 });
  expect(await worker.rejected('somebody else')).toEqual([]);
  // A change is a new chance, and so is the technician's word.
  await box.run(`UPDATE transactions SET status = 'completed' WHERE id = 3`);
  expect((await worker.syncNow()).sent).toBe(1);
  expect((await worker.rejected()).length).toBe(1);
  expect(await worker.retryRejected(null)).toBe(1);
  expect((await worker.syncNow()).setAside).toBe(1);
  const [left] = await worker.rejected();
  expect(await worker.discardRejected(left?.id ?? 0)).toBe(true);
  expect(await worker.discardRejected(left?.id ?? 0)).toBe(false);
  expect(await cloud()).toEqual({ count: 119, sum: '1487.50' });
});

test('SyncWorker finds the row by halving when the receiver refuses whole batches', async () => {
  await box.write((transaction) => sell(transaction, merchant, 1, 64));
  // A zero byte in the table's name of one column would not decode; here a merchant's name does it.
  await box.run(`UPDATE transactions SET merchant_id = 'bad' || char(7) WHERE id = 40`);
  const summary = await worker.syncNow();
  expect(summary).toMatchObject({ sent: 63, setAside: 1, error: null });
  expect(await cloud()).toEqual({ count: 63, sum: '787.50' });
  expect((await worker.rejected())[0]?.reason).toMatch(/malformed/);
});

const OFFLINE: readonly (readonly [string, Behaviour])[] = [
  ['a captive portal', PORTAL],
  [
    'a redirect',
    {
      kind: 'answer',
      status: 302,
      type: 'text/html',
      body: '',
      location: 'http://portal.example/',
    },
  ],
  ['511 of a portal', { kind: 'answer', status: 511, type: 'text/html', body: 'log in' }],
  ['500 of a proxy', { kind: 'answer', status: 500, type: 'text/plain', body: 'oops' }],
  [
    '502 of a proxy',
    { kind: 'answer', status: 502, type: 'text/html', body: '<h1>Bad gateway</h1>' },
  ],
  ['401 without our type', { kind: 'answer', status: 401, type: 'text/html', body: 'who are you' }],
  ['403 without our type', { kind: 'answer', status: 403, type: 'application/json', body: '{}' }],
  [
    'somebody’s JSON',
    { kind: 'answer', status: 200, type: 'application/json', body: '{"ok":true}' },
  ],
  [
    'our type with garbage',
    {
      kind: 'answer',
      status: 200,
      type: 'application/vnd.helios.sync+json',
      body: '{"helios":"sync"',
    },
  ],
  [
    'our type without a batch',
    {
      kind: 'answer',
      status: 200,
      type: 'application/vnd.helios.sync+json',
      body: '{"helios":"sync","protocol":1,"tables":[],"pull":null}',
    },
  ],
  [
    'a typed refusal of another batch',
    {
      kind: 'answer',
      status: 422,
      type: 'application/vnd.helios.sync+json',
      body: '{"helios":"sync","protocol":1,"batch":"x","error":{"code":"batch_refused","message":"no"}}',
    },
  ],
  ['nothing', { kind: 'cut before' }],
  ['silence', { kind: 'silence' }],
  ['a truncated answer', { kind: 'alter', alter: (body) => body.subarray(0, body.length - 3) }],
  [
    'a flipped byte',
    {
      kind: 'alter',
      alter: (body) => Buffer.from(body.map((byte, at) => (at === 9 ? byte ^ 1 : byte))),
    },
  ],
];

test.each(OFFLINE)('SyncWorker clears and loses nothing on %s', async (_what, behaviour) => {
  await box.write((transaction) => sell(transaction, merchant, 1, 5));
  link.behave((request) => (request === 0 ? PASS : behaviour));
  const summary = await worker.syncNow();
  expect(summary).toMatchObject({ sent: 0, setAside: 0 });
  expect(summary.error).not.toBeNull();
  expect(await queued()).toBe(5);
  link.behave(() => behaviour);
  expect((await worker.syncNow()).error).not.toBeNull();
  expect(await worker.status()).toMatchObject({ link: 'down', rejectedRows: 0, unsyncedRows: 5 });
  link.behave(() => PASS);
  expect((await worker.syncNow()).sent).toBe(5);
  expect(await cloud()).toEqual({ count: 5, sum: '62.50' });
});

test('SyncWorker counts a request that arrives twice once', async () => {
  await box.write((transaction) => sell(transaction, merchant, 1, 120));
  link.behave(() => ({ kind: 'repeat' }));
  expect((await worker.syncNow()).sent).toBe(120);
  expect(await cloud()).toEqual({ count: 120, sum: '1500.00' });
});

test('SyncWorker carries a deletion as a tombstone', async () => {
  await box.write((transaction) => sell(transaction, merchant, 1, 3));
  await worker.syncNow();
  await box.run('DELETE FROM transactions WHERE id = 2');
  await worker.syncNow();
  expect(await cloud()).toEqual({ count: 2, sum: '25.00' });
});

test('SyncWorker sets rows of a dropped table aside on the second look', async () => {
  await box.write((transaction) => sell(transaction, merchant, 1, 3));
  const tables = box.catalog.current.tables;
  box.catalog.current = { version: 2, tables: new Map() };
  await worker.syncNow();
  expect(await queued()).toBe(3);
  await worker.syncNow();
  expect(await queued()).toBe(0);
  expect((await worker.rejected()).map(({ code }) => code)).toEqual([
    'no_table',
    'no_table',
    'no_table',
  ]);
  box.catalog.current = { version: 3, tables };
});

test('SyncWorker notices by itself that the link is back', async () => {
  await worker.stop();
  worker = await box.worker({ endpoint: link.endpoint, intervalMs: 600_000, retryMsMax: 100 });
  await box.write((transaction) => sell(transaction, merchant, 1, 10));
  link.behave(() => PORTAL);
  worker.start();
  await vi.waitFor(async () => expect((await worker.status()).failures).toBeGreaterThan(2), 10_000);
  link.behave(() => PASS);
  await vi.waitFor(async () => expect(await cloud()).toEqual({ count: 10, sum: '125.00' }), 10_000);
});

test('SyncWorker wakes for new commits without waiting for the interval, and rests when there are none', async () => {
  await worker.stop();
  worker = await box.worker({ endpoint: link.endpoint, intervalMs: 600_000, wakeMs: 20 });
  worker.start();
  await vi.waitFor(async () => expect((await worker.status()).link).toBe('up'), 10_000);
  await box.write((transaction) => sell(transaction, merchant, 1, 10));
  await vi.waitFor(async () => expect(await cloud()).toEqual({ count: 10, sum: '125.00' }), 10_000);
  await vi.waitFor(async () => expect((await worker.status()).running).toBe(false), 10_000);
  const before = (await worker.status()).requests;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await worker.status()).requests).toBe(before);
});

test('SyncWorker sends nothing while paused, until it is told to', async () => {
  worker.pause();
  worker.start();
  await box.write((transaction) => sell(transaction, merchant, 1, 1));
  expect(await worker.status()).toMatchObject({
    paused: true,
    link: 'unknown',
    unsyncedRows: 1,
    requests: 0,
  });
  worker.resume();
  await vi.waitFor(async () => expect(await queued()).toBe(0), 10_000);
});

test('SyncWorker shows by table what has not travelled, and a merchant its own', async () => {
  await box.write((transaction) => {
    sell(transaction, merchant, 1, 3);
    sell(transaction, 'another', 1, 2);
  });
  const [all] = await worker.statSyncRows(null);
  expect(all).toMatchObject({
    relname: 'transactions',
    mode: 'push',
    unsynced: 5n,
    rejected: 0n,
    link: 'unknown',
  });
  const [own] = await worker.statSyncRows(merchant);
  expect(own?.unsynced).toBe(3n);
});

test('a restored box goes on under a new epoch and doubles nothing', async () => {
  await box.write((transaction) => sell(transaction, merchant, 1, 5));
  await worker.syncNow();
  // The backup is taken here: rows 1..5 delivered, 6 pending.
  await box.write((transaction) => sell(transaction, merchant, 6, 6));
  await worker.stop();
  await box.close();
  const { cp } = await import('node:fs/promises');
  const backup = `${box.directory}-backup`;
  await cp(box.directory, backup, { recursive: true });
  // The first life goes on, delivers 6 in a later state, and 7.
  const first = await openTestBox({ directory: box.directory, box: box.box });
  await first.run('UPDATE transactions SET amount = 5000 WHERE id = 6');
  await first.write((transaction) => sell(transaction, merchant, 7, 7));
  const old = await first.worker({ endpoint: link.endpoint });
  await old.syncNow();
  expect(await cloud()).toEqual({ count: 7, sum: '125.00' });
  await old.stop();
  await first.close();
  await removeBox(first);
  // The second life comes from the backup and sells another 7 and 8.
  box = await openTestBox({ directory: backup, box: box.box, epoch: 'epoch-2' });
  await box.write((transaction) => sell(transaction, merchant, 7, 8));
  await box.run('UPDATE transactions SET amount = 100 WHERE id = 1');
  worker = await box.worker({ endpoint: link.endpoint });
  expect((await worker.syncNow()).error).toBeNull();
  // 1 changed (1.00), 2-5, 6 as the first life left it, the first life's 7, and the new 7 and 8.
  expect(await cloud()).toEqual({ count: 9, sum: '138.50' });
});
