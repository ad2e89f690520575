/**
 * The barrier: whatever a merchant asks, the answer is that of a database that holds only this merchant's
 * rows, errors included. Predicates here divide by zero exactly on another merchant's rows, so that any
 * look at one shows as an error. Indexes tempt SQLite's planner to evaluate the user's predicate first.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { EdgeError } from '../../../edge/errors.ts';
import { type CompilerParts, createCompiler } from '../../../edge/sql/create-compiler.ts';
import { CATALOG } from '../support/catalog.ts';
import { leakStatements, TEMPTING_INDEXES, trap } from '../support/leak-statements.ts';
import { fillBare } from '../support/rows.ts';
import { type Bare, openBare } from '../support/sqlite.ts';

let compiler: CompilerParts;
let shared: Bare;
let alone: Bare;

beforeAll(async () => {
  compiler = await createCompiler();
  shared = await openBare();
  alone = await openBare();
  for (const bare of [shared, alone]) {
    fillBare(bare);
    for (const text of TEMPTING_INDEXES) bare.run(text);
  }
  for (const table of ['sales', 'products'])
    alone.run(`DELETE FROM ${table} WHERE merchant_id <> 'A'`);
  // The same statistics on both, so that both plan alike (the box keeps none).
  shared.run('ANALYZE');
  alone.run('ANALYZE');
  alone.run('DELETE FROM sqlite_stat1');
  for (const row of shared.run('SELECT tbl, idx, stat FROM sqlite_stat1')) {
    alone.run('INSERT INTO sqlite_stat1 VALUES (?1, ?2, ?3)', row);
  }
  alone.run('ANALYZE sqlite_schema');
});

function compile(text: string): string {
  const [statement] = compiler.parse(text);
  if (statement === undefined) throw new Error('no statement');
  const plan = compiler.analyse(statement, [], { role: 'merchant', catalog: CATALOG });
  if (plan.program.kind !== 'query') throw new Error('no query');
  return plan.program.sql;
}

function answer(bare: Bare, sql: string): unknown {
  try {
    const rows = bare.run(sql).map((row) => JSON.stringify(row.map(String)));
    return rows.sort();
  } catch (error) {
    if (error instanceof EdgeError) return error.message;
    throw error;
  }
}

/** Predicates that raise whenever they are computed. */
const CONSTANT_TRAPS: readonly string[] = [
  "select x.id from rates x left join sales s on s.note > 's' and 1 / (1 - 1) = 1",
  "select x.id from rates x full join sales s on s.id = x.id and s.note > 's' and 1 / (1 - 1) = 1",
  "select s.id from sales s right join rates x on s.note > 's' and 1 / (1 - 1) = 1",
  "select x.id from rates x left join (select * from sales where note > 's' and 1 / (1 - 1) = 1) s on true",
  "with s as (select * from sales where note > 's' and 1 / (1 - 1) = 1) select x.id from rates x left join s on true",
  "select x.id from rates x left join (select 1 / (1 - 1) as n from sales where note > 's') s on s.n = 1",
  "select id from sales where note > 's' and (select 1 / (1 - 1)) = 1",
  "select id from sales where note > 's' and exists (select 1 from rates limit -1)",
  "select id from sales where note > 's' and (select id from rates) = 1",
  "select id from sales where note > 's' and (select count(*) from rates where v / 0 > 1) = 1",
  "select id from sales where note > 's' and id in (select id / 0 from rates)",
  "select s.id from sales s, rates x where s.note > 's' and 1 / x.id - 1 = 1 / (x.id - x.id)",
  "select id from (select id, note from sales) s where note > 's' and (select id from rates) = 1",
  "select id from sales s where note > 's' and (random() < 2 or 1 / (1 - 1) = 1)",
  "select x.id from rates x left join (select note from sales where note > 's' group by note having 1 / (1 - 1) = 1) s on true",
  "select x.id from rates x left join sales s on s.note > 's' and (select id from rates) = 1",
  "select id from sales where note > 'secretA' and note < 't' and (note > 'zzz' or 1 / (1 - 1) = 1)",
  "select id from sales where note > 'secretA' and note < 't' and case when note > '' then 1 / (1 - 1) = 1 end",
  "select id from sales where note > 'secretA' and note < 't' and (note > 'zzz' or (select 1 / (1 - 1)) = 1)",
  "select id from (select id, note, case when note > 'zzz' then 1 else 1 / (1 - 1) end as n from sales) s where note > 'secretA' and note < 't' and n = 1",
];

describe('barrier', () => {
  test('answers as if no other merchant were there, whatever is asked', () => {
    fc.assert(
      fc.property(leakStatements, (text) => {
        const sql = compile(text);
        const got = answer(shared, sql);
        expect({ text, sql, got }).toEqual({ text, sql, got: answer(alone, sql) });
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  test('lets no constant tell that another merchant has a row', async () => {
    // A has no rows at all here; an error would say that somebody else has one.
    const [others, nobody] = [await openBare(), await openBare()];
    fillBare(others);
    for (const bare of [others, nobody]) for (const text of TEMPTING_INDEXES) bare.run(text);
    for (const table of ['sales', 'products']) {
      others.run(`DELETE FROM ${table} WHERE merchant_id = 'A'`);
    }
    for (const bare of [others, nobody]) {
      bare.run('INSERT INTO rates VALUES (NULL, 1, 0.5)');
      bare.run('INSERT INTO rates VALUES (NULL, 2, 1.5)');
    }
    others.run('DELETE FROM rates WHERE helios_row <= 4');
    for (const text of CONSTANT_TRAPS) {
      const sql = compile(text);
      expect({ sql, got: answer(others, sql) }).toEqual({ sql, got: answer(nobody, sql) });
    }
  }, 60_000);

  test('does not hide that the trap works: without it SQLite looks at the other row', () => {
    const bare = `SELECT id FROM "sales$guard" WHERE note > 's' AND helios_int4_div(1, CASE WHEN note = 'secretB' THEN 0 ELSE 1 END) = 1`;
    expect(answer(shared, bare)).toBe('division by zero');
    expect(answer(alone, bare)).toHaveLength(1);
  });

  test('does not let SQLite take the merchant column for a constant', () => {
    const sql = compile(`select id from sales where merchant_id = 'A' and ${trap('note')}`);
    expect(sql).toContain('(+"r1"."merchant_id" = \'A\')');
  });

  test('leaves comparisons bare, so that indexes serve', () => {
    const sql = compile(
      "select id from sales where id = $1 and note = 'milk' and amount > 5 and note ~ 'x'",
    );
    expect(sql).toContain('("r1"."id" = ?1) AND ("r1"."note" = \'milk\')');
    const plan = alone.run(`EXPLAIN QUERY PLAN ${sql}`, [1n]).map((row) => String(row[3]));
    expect(plan.join('\n')).toContain('SEARCH');
  });

  test('raises where no merchant is set', () => {
    const sql = compile('select id from sales');
    const { merchant } = shared;
    shared.merchant = null;
    try {
      expect(() => shared.run(sql)).toThrow('no merchant is set');
    } finally {
      shared.merchant = merchant;
    }
  });

  test('refuses what a merchant has no business with', () => {
    expect(() => compile('select * from secret')).toThrow('permission denied for table secret');
    expect(() => compile('with x as (select * from secret) select 1')).toThrow('permission denied');
    expect(() => compile('select * from sqlite_master')).toThrow(
      'relation "sqlite_master" does not exist',
    );
    expect(() => compile('select * from "sales$guard"')).toThrow('does not exist');
    expect(() => compile('select * from main.sales')).toThrow(
      'relation "main.sales" does not exist',
    );
    expect(() => compile('select helios_merchant()')).toThrow('does not exist');
  });
});
