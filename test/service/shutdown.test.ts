/** How a box stops: within a second or so, telling every terminal why, and leaving nothing half done. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BoxProcess } from '../support/box-process.ts';
import { frame, type WireClient, type WireMessage } from '../support/wire-client.ts';

/** A second for the terminals, and room for a busy machine; the unit waits 15 s. */
const STOP_MS_MAX = 3_000;
const TICKS_PER_SECOND = 100;
const USER_TIME_AFTER_NAME = 11;
const ADMIN_SHUTDOWN = '57P01';

async function withTable(box: BoxProcess): Promise<string> {
  const admin = await box.admin();
  await admin.rows('CREATE TABLE sales (id bigint PRIMARY KEY, merchant_id text NOT NULL)');
  admin.end();
  return box.addMerchant('anna');
}

/** All that comes until the connection ends. */
function last(client: WireClient): Promise<readonly WireMessage[]> {
  return client.until(() => false);
}

function sqlstates(messages: readonly WireMessage[]): readonly (string | undefined)[] {
  return messages.flatMap((message) => (message.kind === 'error' ? [message.fields['C']] : []));
}

/** Stops it; returns the milliseconds that it took. */
async function stop(box: BoxProcess): Promise<number> {
  const begun = performance.now();
  expect(await box.stop()).toBe(0);
  return performance.now() - begun;
}

async function countSales(box: BoxProcess): Promise<string | null | undefined> {
  const admin = await box.admin();
  const rows = await admin.rows('SELECT count(*) FROM sales');
  admin.end();
  return rows[0]?.[0];
}

describe('a box that is told to stop', () => {
  test('rolls back what terminals left open, and says 57P01 to all of them', async () => {
    await using box = await BoxProcess.start();
    const key = await withTable(box);
    // One holds the write lock and does nothing, one waits for it, one is in a failed transaction, one reads.
    const [holder, waiter, failed, reader] = await Promise.all([
      box.login('anna/1', key),
      box.login('anna/2', key),
      box.login('anna/3', key),
      box.login('anna/4', key),
    ]);
    await holder.rows('BEGIN');
    await holder.rows('INSERT INTO sales (id) VALUES (1)');
    waiter.write(frame('Q', 'INSERT INTO sales (id) VALUES (2)'));
    await failed.rows('BEGIN');
    await failed.sqlstate('SELECT nothing');
    await reader.rows('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.rows('SELECT count(*) FROM sales');
    const ends = Promise.all([holder, waiter, failed, reader].map(last));
    const milliseconds = await stop(box);
    for (const end of await ends) expect(sqlstates(end).at(-1)).toBe(ADMIN_SHUTDOWN);
    expect(milliseconds).toBeLessThan(STOP_MS_MAX);
    await box.restart();
    expect(await countSales(box)).toBe('0');
    expect(box.output).not.toContain('did not end cleanly');
  }, 120_000);

  test('does not wait for a long report', async () => {
    await using box = await BoxProcess.start();
    const key = await withTable(box);
    const client = await box.login('anna', key);
    client.write(
      frame('Q', 'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b'),
    );
    await untilWorkerReads(box);
    const end = last(client);
    const milliseconds = await stop(box);
    expect(sqlstates(await end).at(-1)).toBe(ADMIN_SHUTDOWN);
    expect(milliseconds).toBeLessThan(STOP_MS_MAX);
  }, 120_000);

  test('tells a hundred terminals that sell, and keeps what it acknowledged', async () => {
    await using box = await BoxProcess.start();
    const key = await withTable(box);
    let acknowledged = 0;
    const sell = async (client: WireClient, terminal: number): Promise<string> => {
      for (let sale = 0; ; sale += 1) {
        const id = terminal * 1_000_000 + sale;
        client.write(frame('Q', `INSERT INTO sales (id) VALUES (${id})`));
        const answer = await client.until(
          (message) => message.kind === 'ready' || message.kind === 'error',
        );
        const [state] = sqlstates(answer);
        if (state !== undefined) return state;
        if (!answer.some((message) => message.kind === 'complete')) return 'cut off';
        acknowledged += 1;
      }
    };
    const clients: WireClient[] = [];
    for (let terminal = 0; terminal < 100; terminal += 1) {
      clients.push(await box.login(`anna/${terminal}`, key));
    }
    const sellers = clients.map((client, terminal) => sell(client, terminal));
    await expect.poll(() => acknowledged, { timeout: 30_000 }).toBeGreaterThan(500);
    const milliseconds = await stop(box);
    expect(new Set(await Promise.all(sellers))).toEqual(new Set([ADMIN_SHUTDOWN]));
    expect(milliseconds).toBeLessThan(STOP_MS_MAX);
    await box.restart();
    // A sale whose answer did not get out may be there.
    const stored = Number(await countSales(box));
    expect(stored).toBeGreaterThanOrEqual(acknowledged);
    expect(stored).toBeLessThanOrEqual(acknowledged + clients.length);
  }, 120_000);
});

/** The report has had the processor for a second: it runs on its worker. */
async function untilWorkerReads(box: BoxProcess): Promise<void> {
  const before = processorTicks(box.pid);
  await expect
    .poll(() => processorTicks(box.pid) - before, { timeout: 30_000 })
    .toBeGreaterThan(TICKS_PER_SECOND);
}

/** User time of all its threads. */
function processorTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[USER_TIME_AFTER_NAME]);
}
