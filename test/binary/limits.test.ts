/**
 * A running cross join is ended by CancelRequest and by statement_timeout within a second, while another
 * merchant's terminal sells on as if nothing were.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BRIEF_SCHEMA } from '../../edge/demo/schema.ts';
import { BoxProcess } from '../support/box-process.ts';
import { cancelRequest, send, type WireClient, type WireMessage } from '../support/wire-client.ts';

const BINARY = join(import.meta.dirname, `../../dist/helios-edge-linux-${process.arch}`);
const ROWS = 400;
const CROSS_JOIN =
  'SELECT count(*) FROM transactions a, transactions b, transactions c, transactions d WHERE a.id + b.id + c.id + d.id = -1';
const SALE =
  "INSERT INTO transactions (terminal_id, amount, payment_method, items) VALUES ('t', 1.00, 'cash', '[]') RETURNING id";
/** "Within a second", and what a busy test machine may add. */
const END_MS_MAX = 1_000;

function stateOf(messages: readonly WireMessage[]): string {
  const error = messages.find((message) => message.kind === 'error');
  return error?.kind === 'error' ? (error.fields['C'] ?? '') : '00000';
}

describe.skipIf(!existsSync(BINARY))('a runaway statement (dist/)', () => {
  let box: BoxProcess;
  let heavy: WireClient;
  let seller: WireClient;

  beforeAll(async () => {
    box = await BoxProcess.start({ binary: BINARY });
    const keys = { a: await box.addMerchant('a'), b: await box.addMerchant('b') };
    const admin = await box.admin();
    for (const statement of BRIEF_SCHEMA) await admin.rows(statement);
    admin.end();
    heavy = await box.login('a', keys.a);
    seller = await box.login('b', keys.b);
    await heavy.rows(
      `INSERT INTO transactions (terminal_id, amount, payment_method, items) VALUES ${Array.from({ length: ROWS }, () => "('t', 1, 'cash', '[]')").join(', ')}`,
    );
  }, 120_000);

  afterAll(() => box[Symbol.asyncDispose]());

  /** Sells until the promise settles; returns how often, and the slowest sale in milliseconds. */
  async function sellDuring(
    running: Promise<unknown>,
  ): Promise<{ sales: number; slowestMs: number }> {
    let settled = false;
    void running.finally(() => {
      settled = true;
    });
    let sales = 0;
    let slowestMs = 0;
    while (!settled) {
      const begun = performance.now();
      await seller.rows(SALE);
      slowestMs = Math.max(slowestMs, performance.now() - begun);
      sales++;
    }
    return { sales, slowestMs };
  }

  test('statement_timeout ends it, and the other merchant sells on', async () => {
    await heavy.rows('SET statement_timeout = 500');
    const begun = performance.now();
    const running = heavy.exchange(send.query(CROSS_JOIN));
    const { sales, slowestMs } = await sellDuring(running);
    const tookMs = performance.now() - begun;
    process.stdout.write(
      `timeout: ended after ${tookMs.toFixed(0)} ms, ${sales} sales, slowest ${slowestMs.toFixed(0)} ms\n`,
    );
    expect(stateOf(await running)).toBe('57014');
    expect(tookMs).toBeLessThan(500 + END_MS_MAX);
    expect(sales).toBeGreaterThan(0);
    await heavy.rows('RESET statement_timeout');
  });

  test('CancelRequest ends it, and the other merchant sells on', async () => {
    const running = heavy.exchange(send.query(CROSS_JOIN));
    const selling = sellDuring(running);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const begun = performance.now();
    await cancelRequest(box.target('a', ''), heavy.pid, heavy.secret);
    expect(stateOf(await running)).toBe('57014');
    const tookMs = performance.now() - begun;
    const { sales } = await selling;
    process.stdout.write(`cancel: ended after ${tookMs.toFixed(0)} ms, ${sales} sales meanwhile\n`);
    expect(tookMs).toBeLessThan(END_MS_MAX);
    expect(sales).toBeGreaterThan(0);
  });

  test('afterwards the session works on', async () => {
    expect(await heavy.rows('SELECT count(*) FROM transactions')).toEqual([[String(ROWS)]]);
  });
});
