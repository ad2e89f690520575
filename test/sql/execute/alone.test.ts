/**
 * Wall by wall or all together, what counts is this: merchant A is answered the same, byte by byte, whether it
 * shares the box with another merchant's rows or has it for itself. Once for the whole corpus, and once for
 * statements put together at random.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpus, SCRIPTS, statementsOf } from './corpus.ts';
import { ModifyRig } from './modify-rig.ts';

describe('executeModify beside another merchant', () => {
  let shared: ModifyRig;
  let alone: ModifyRig;

  beforeAll(async () => {
    const schema = corpus('schema.sql');
    [shared, alone] = [await ModifyRig.open(schema), await ModifyRig.open(schema)];
    for (const statement of statementsOf(corpus('other-merchant.sql'))) {
      expect((await shared.run('B', statement)).error, statement).toBeUndefined();
    }
  });
  afterAll(async () => {
    await shared.close();
    await alone.close();
  });

  async function foreignRows(): Promise<string> {
    const tables = [];
    for (const table of ['sales', 'ga', 'pk2', 'big', 'fail', 'parent', 'child', 'tree']) {
      tables.push((await shared.everything(table)).filter((row) => row.includes('B')));
    }
    return JSON.stringify(tables, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  }

  it('answers the corpus as if alone', async () => {
    const before = await foreignRows();
    for (const file of SCRIPTS) {
      for (const statement of statementsOf(corpus(file))) {
        const [one, two] = [await shared.run('A', statement), await alone.run('A', statement)];
        expect(one, statement).toEqual(two);
      }
    }
    expect(await foreignRows()).toBe(before);
  }, 120_000);

  const id = fc.integer({ min: 1, max: 9 });
  const word = fc.constantFrom('a', 'b', 'secre', 'r1', 'r2', 'secret', 'n', 'z', '');
  const merchant = fc.constantFrom("'A'", "'B'", 'default', 'null', "(select 'B')");
  const condition = fc.oneof(
    id.map((value) => `id = ${value}`),
    word.map((value) => `sku = '${value}'`),
    word.map((value) => `ref like '%${value}%'`),
    fc.constant("merchant_id = 'B'"),
    fc.constant("merchant_id <> 'A' or 1 / (qty - 9) = 1"),
    fc.constant('exists (select 1 from pk2 where pk2.a = sales.qty)'),
    word.map((value) => `(case when sku = '${value}' then 1 / 0 else 1 end) = 1`),
  );
  const returning = fc.constantFrom(
    '',
    ' returning id, sku, ref',
    ' returning *',
    ' returning (select count(*) from sales), qty',
    " returning (select string_agg(sku, ',' order by sku) from sales s where s.id <> sales.id)",
  );
  const statement = fc.oneof(
    fc
      .tuple(id, merchant, word, word, returning)
      .map(
        ([key, owner, sku, ref, end]) =>
          `insert into sales (id, merchant_id, sku, amount, ref) values (${key}, ${owner}, '${sku}', ${key}, '${ref}')${end}`,
      ),
    fc
      .tuple(id, word, word, fc.constantFrom('id', 'sku', 'ref', 'merchant_id, id'))
      .map(
        ([key, sku, ref, target]) =>
          `insert into sales (id, sku, amount, ref) values (${key}, '${sku}', ${key}, '${ref}') ` +
          `on conflict (${target}) do update set note = excluded.ref || sales.id, qty = 1 returning id, note`,
      ),
    fc
      .tuple(condition, returning)
      .map(([where, end]) => `update sales set note = note || '.' where ${where}${end}`),
    fc
      .tuple(id, merchant, condition)
      .map(
        ([key, owner, where]) =>
          `update sales set id = ${key}, merchant_id = ${owner} where ${where}`,
      ),
    fc.tuple(condition, returning).map(([where, end]) => `delete from sales where ${where}${end}`),
    fc
      .tuple(id, word)
      .map(
        ([key, b]) =>
          `insert into pk2 (a, b) select qty, sku || '${b}' from sales where id >= ${key} and qty is not null on conflict do nothing returning a, b`,
      ),
  );

  it('answers random statements as if alone', async () => {
    const before = await foreignRows();
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 12 }), async (texts) => {
        for (const text of texts) {
          const [one, two] = [await shared.run('A', text), await alone.run('A', text)];
          expect(one, text).toEqual(two);
        }
        expect(await foreignRows()).toBe(before);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
