/** Simple queries that differ in their numbers only: the answers are those of the texts themselves. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Box, openBox } from '../support/box.ts';
import { traceOf } from '../support/trace.ts';
import { send, type WireClient } from '../support/wire-client.ts';

let box: Box;
let client: WireClient;

beforeAll(async () => {
  box = await openBox();
  await box.define(
    'CREATE TABLE sale (id bigint PRIMARY KEY, merchant_id text NOT NULL, n int, price numeric(8,2), small smallint, ratio float8, note text)',
  );
  client = await box.connect('a');
  await client.rows(
    "INSERT INTO sale (id, n, price, small, ratio, note) SELECT g, g % 5, g, g % 3, g / 2.0, 'n' || g FROM generate_series(1, 40) AS g",
  );
});

afterAll(async () => {
  client.destroy();
  await box[Symbol.asyncDispose]();
});

async function say(text: string): Promise<string> {
  const messages = await client.exchange(send.query(text));
  return messages.map(traceOf).join('\n');
}

/** A comment gives the same text no shape. */
const withoutShape = (text: string): string => `${text} -- plain`;

describe('ShapedPlans', () => {
  test.each([
    'SELECT id, n, price FROM sale WHERE id = #',
    'SELECT * FROM sale WHERE n = # AND price >= # ORDER BY id LIMIT 3',
    'SELECT id = #, n < #, price = # FROM sale WHERE ratio > # ORDER BY 1, 2, 3',
    'SELECT n = #, count(*) FROM sale GROUP BY n = # ORDER BY 1',
    'SELECT count(*) FILTER (WHERE n = #) FROM sale WHERE small <> #',
    'SELECT a.id FROM sale a JOIN sale b ON b.id = a.id AND b.n = # WHERE a.small = # ORDER BY a.id',
    'SELECT id FROM sale WHERE note = #',
    'SELECT nothing FROM sale WHERE id = #',
    'SELECT id FROM sale WHERE n = # AND 1 / small = #',
    'SELECT id FROM sale WHERE id = # FOR UPDATE',
    'SELECT max(id) AS m FROM sale HAVING count(*) > # OR min(n) = #',
    'SELECT CASE WHEN n = # THEN 1 ELSE 0 END FROM sale WHERE id <= # ORDER BY id',
  ])('%s', async (template) => {
    for (const number of [1, 2, 3, 4, 0, 7]) {
      const text = template.replaceAll('#', String(number));
      expect(await say(text), text).toBe(await say(withoutShape(text)));
    }
  });

  test('values reach columns as assignments do', async () => {
    for (const number of [5, 6, 7, 40_000]) {
      const text = `UPDATE sale SET n = ${number}, price = ${number}, small = ${number} WHERE id = 1`;
      const answer = await say(text);
      if (number === 40_000) expect(answer).toContain('22003');
      else expect(answer).toContain('UPDATE 1');
    }
    expect(await client.rows('SELECT n, price, small FROM sale WHERE id = 1')).toEqual([
      ['7', '7.00', '7'],
    ]);
  });

  test('texts of one shape are one plan', async () => {
    const before = box.dependencies.plans.size;
    for (let id = 1; id <= 30; id++) {
      expect(await client.rows(`SELECT note FROM sale WHERE id = ${id}`)).toEqual([[`n${id}`]]);
    }
    expect(box.dependencies.plans.size - before).toBeLessThan(5);
  });

  test('a changed catalog is seen at once', async () => {
    for (const id of [1, 2, 3]) await say(`SELECT * FROM sale WHERE id = ${id}`);
    await box.define('ALTER TABLE sale ADD COLUMN extra text');
    expect(await say('SELECT * FROM sale WHERE id = 4')).toContain('extra');
  });
});
