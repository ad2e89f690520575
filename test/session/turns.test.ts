/**
 * Long modifications and long reads in transactions: others are served meanwhile, and the client's cancel
 * and its deadline are heard.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Box, openBox } from '../support/box.ts';
import { traceOf } from '../support/trace.ts';
import { cancelRequest, send, type WireClient } from '../support/wire-client.ts';

const ROWS = 20_000;
/** Loose, for a machine that runs other tests beside. */
const HEARD_MS_MAX = 2_000;

let box: Box;
let changer: WireClient;
let other: WireClient;

beforeAll(async () => {
  box = await openBox({ hasWorker: true });
  await box.define(
    'CREATE TABLE sale (id int PRIMARY KEY, merchant_id text NOT NULL, n int NOT NULL)',
  );
  changer = await box.connect('a');
  other = await box.connect('b');
  await other.rows('INSERT INTO sale (id, n) VALUES (1, 0)');
  await changer.rows(`INSERT INTO sale (id, n) SELECT g, g FROM generate_series(1, ${ROWS}) AS g`);
});

afterAll(async () => {
  changer.destroy();
  other.destroy();
  await box[Symbol.asyncDispose]();
});

async function say(client: WireClient, text: string): Promise<string> {
  const messages = await client.exchange(send.query(text));
  return messages
    .map(traceOf)
    .filter((line) => !/^[TZS] /.test(line))
    .join('; ');
}

/** Answers that another client gets before the promise settles. */
async function answersDuring(running: Promise<unknown>): Promise<number> {
  let settled = false;
  void running.finally(() => {
    settled = true;
  });
  let answers = 0;
  while (!settled) {
    await other.rows('SELECT n FROM sale WHERE id = 1');
    answers += settled ? 0 : 1;
  }
  return answers;
}

describe('Turns', () => {
  test.each([
    'UPDATE sale SET n = n + 1',
    `INSERT INTO sale (id, n) SELECT id + ${ROWS}, n FROM sale WHERE id <= ${ROWS}`,
    `DELETE FROM sale WHERE id > ${ROWS}`,
  ])('lets others read during %s', async (text) => {
    const running = say(changer, text);
    const answers = await answersDuring(running);
    expect(await running).toBe(`C ${text.startsWith('I') ? 'INSERT 0' : text.slice(0, 6)} ${ROWS}`);
    expect(answers).toBeGreaterThan(3);
  });

  test('hears a cancel between two rows, and nothing is changed', async () => {
    const before = await changer.rows('SELECT sum(n) FROM sale');
    const running = say(changer, 'UPDATE sale SET n = 0');
    await other.rows('SELECT n FROM sale WHERE id = 1');
    const begun = performance.now();
    await cancelRequest(box.target('a'), changer.pid, changer.secret);
    expect(await running).toContain('57014');
    expect(performance.now() - begun).toBeLessThan(HEARD_MS_MAX);
    expect(await changer.rows('SELECT sum(n) FROM sale')).toEqual(before);
  });

  test('hears a cancel during a read in a transaction that writes', async () => {
    await say(changer, 'BEGIN; UPDATE sale SET n = n WHERE id = 1');
    const running = say(changer, 'SELECT a.id FROM sale a, sale b WHERE b.n >= 0 AND a.n % 7 = 0');
    await other.rows('SELECT n FROM sale WHERE id = 1');
    await cancelRequest(box.target('a'), changer.pid, changer.secret);
    expect(await running).toContain('57014');
    await say(changer, 'ROLLBACK');
    expect(await say(other, 'UPDATE sale SET n = 5')).toBe('C UPDATE 1');
  });

  test('ends at statement_timeout, snapshots as well', async () => {
    for (const begin of ['BEGIN', 'BEGIN ISOLATION LEVEL REPEATABLE READ']) {
      await say(changer, `${begin}; SET LOCAL statement_timeout = 60`);
      const update = begin === 'BEGIN' ? 'UPDATE sale SET n = n; ' : '';
      const text = `${update}SELECT a.id FROM sale a, sale b, sale c WHERE a.n + b.n + c.n < 0`;
      expect(await say(changer, text)).toContain('canceling statement due to statement timeout');
      await say(changer, 'ROLLBACK');
    }
  });

  test('a client that goes takes its modification along', async () => {
    const gone = await box.connect('a');
    const before = await changer.rows('SELECT sum(n) FROM sale');
    gone.write(send.query('UPDATE sale SET n = 0'));
    await other.rows('SELECT n FROM sale WHERE id = 1');
    gone.destroy();
    expect(await say(other, 'UPDATE sale SET n = 6')).toBe('C UPDATE 1');
    expect(await changer.rows('SELECT sum(n) FROM sale')).toEqual(before);
  });
});
