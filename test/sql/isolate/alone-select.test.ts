/**
 * Whole SELECTs of a merchant on a database that holds another's rows, against the same on one that holds
 * its own rows only: joins, laterals, aggregates with FILTER, windows, set operations and limits, each with values
 * that raise exactly on the other merchant's rows. Answers and errors must be the same.
 *
 * Indexes without the merchant, which the product never makes, tempt SQLite to look at any row first.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { EdgeError } from '../../../edge/errors.ts';
import { type CompilerParts, createCompiler } from '../../../edge/sql/create-compiler.ts';
import { CATALOG } from '../support/catalog.ts';
import { TEMPTING_INDEXES } from '../support/leak-statements.ts';
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
});

/** Values of a row of `sales s` or `products p` that raise on merchant B's rows and only there. */
const TRAPS = [
  "1 / (case when s.note = 'secretB' then 0 else 1 end)",
  "(case when s.note = 'secretB' then 'x' else '1' end)::int",
  "(case when s.note = 'secretB' then 99999 else 1 end)::int2",
  "(case when s.note = 'secretB' then 1000 else 1 end)::numeric(3,1)::int",
  "(case when s.merchant_id = 'A' then '1' else s.note end)::int",
  "(case when s.note = 'secretB' then '{' else '{\"a\":1}' end)::jsonb->>'a'",
  "length(repeat('x', case when s.note = 'secretB' then 2000000000 else 1 end))",
] as const;

const trapOf = (alias: string, trap: string): string =>
  alias === 's' ? trap : trap.replaceAll('s.note', 'p.name').replaceAll('s.merchant', 'p.merchant');

const trapped = (trap: string, alias: string): string =>
  trap.endsWith("'a'") ? `((${trapOf(alias, trap)})::int)` : `(${trapOf(alias, trap)})`;

/** Predicates that bring SQLite to an index, or that name the merchant. */
const TEMPTATIONS = [
  "s.note > 'secretA'",
  "s.note = 'secretB'",
  "s.merchant_id = 'A'",
  "s.merchant_id = 'B'",
  's.id > 2',
  's.id in (1, 2, 5)',
  's.note is not null',
  "s.note between 'r' and 't'",
  "(s.note > 'r' or s.id = 3)",
] as const;

const SHAPES: readonly ((x: string, y: string, p: string) => string)[] = [
  (x, _y, p) => `select s.id, ${x} from sales s where ${p} order by ${x}, 1`,
  (x, y, p) => `select s.id from sales s where ${p} and ${x} = 1 and (s.id = 4 or ${y} = 1)`,
  (x, y, p) => `select count(*) filter (where ${x} = 1), sum(${y}) from sales s where ${p}`,
  (x, y, p) => `select ${x}, max(s.id) from sales s where ${p} group by ${x} having sum(${y}) > 0`,
  (x, y, p) =>
    `select s.id, sum(s.id) over (partition by ${x} order by ${y}, s.id) from sales s where ${p}`,
  (x, _y, p) =>
    `select id from (select s.id, rank() over (order by s.note) as r, ${x} as x from sales s where ${p}) q where x = 1 and r > 0`,
  (x, y, p) =>
    `select s.id, p.id from sales s join products p on p.id = s.id and ${x} = 1 where ${p} and ${y} = 1`,
  (x, _y, p) =>
    `select p.id, s.id from products p left join sales s on s.id = p.id and ${x} = 1 and ${p}`,
  (x, _y, p) =>
    `select p.id, s.id from products p right join sales s on s.id = p.id and ${x} = 1 where ${p}`,
  (x, y, p) =>
    `select p.id, s.id from products p full join sales s on s.id = p.id where ${x} = 1 and coalesce(${y}, 1) = 1 and ${p}`,
  (x, y, p) =>
    `select s.id from sales s where ${p} and exists (select 1 from products p where p.id = s.id and ${x} + ${y} = 2)`,
  (x, y, p) =>
    `select s.id from sales s where ${p} and ${x} in (select ${y} from products p where p.name > 'r')`,
  (x, y, p) =>
    `select s.id, (select max(p.id) from products p where p.id = s.id and ${x} + ${y} > 0) from sales s where ${p}`,
  (x, y, p) =>
    `select id, v from (select s.id, ${x} as v from sales s where ${p} union select p.id, 1 from products p where p.id > ${y.replaceAll('s.', 'p.').replaceAll('p.note', 'p.name')}) u where v = 1`,
  (x, _y, p) =>
    `select id from (select s.id, s.note as t, ${x} as v from sales s except select p.id, p.name, 1 from products p) s where v = 1 and ${p.replaceAll('s.note', 's.t').replaceAll(/s\.merchant_id = '.'/g, 's.id > 0')}`,
  (x, y, p) =>
    `with w as (select s.*, ${x} as x from sales s where ${p}) select a.id from w a join w b on a.id = b.id and a.x = b.x where a.x = ${y.replaceAll('s.', 'a.')}`,
  (x, y, p) =>
    `select distinct on (${x}) s.id from sales s where ${p} and ${y} = 1 order by ${x}, s.id`,
  (x, _y, p) => `select s.id, g from sales s, generate_series(1, ${x}) g where ${p}`,
  (x, y, p) =>
    `select s.id from sales s where ${p} and ${x} = any(array[${y}, 2]) order by ${y} desc, 1`,
  (x, y, p) => `select case when ${x} = 1 then ${y} else 0 end from sales s where ${p}`,
  (x, _y, p) =>
    `select s.id from sales s where ${p} order by s.id limit (select max(${x}) from sales s)`,
  (x, y, p) =>
    `select string_agg(s.note, ',' order by ${x}, s.id), bool_and(${y} = 1) from sales s where ${p}`,
  (x, y, p) =>
    `select s.id, lag(s.id, ${x}) over (order by s.id), sum(${y}) over (order by s.id rows between 1 preceding and current row) from sales s where ${p}`,
  (x, y, p) =>
    `select s.id from sales s join products p using (id, merchant_id) where ${p} and ${x} = 1 and ${y.replaceAll('s.', 'p.').replaceAll('p.note', 'p.name')} = 1`,
  (x, y, p) =>
    `select s.id, r.id from rates r left join (select s.* from sales s where ${x} = 1) s on s.id = r.id and ${y} = 1 and ${p}`,
];

const statements = fc
  .tuple(
    fc.constantFrom(...SHAPES),
    fc.constantFrom(...TRAPS),
    fc.constantFrom(...TRAPS),
    fc.array(fc.constantFrom(...TEMPTATIONS), { minLength: 1, maxLength: 3 }),
  )
  .map(([shape, first, second, tempting]) =>
    shape(trapped(first, 's'), trapped(second, 's'), tempting.join(' and ')),
  );

function compile(text: string): string {
  const [statement] = compiler.parse(text);
  if (statement === undefined) throw new Error('no statement');
  const plan = compiler.analyse(statement, [], { role: 'merchant', catalog: CATALOG });
  if (plan.program.kind !== 'query') throw new Error('no query');
  return plan.program.sql;
}

function answer(bare: Bare, sql: string): unknown {
  try {
    return bare
      .run(sql)
      .map((row) => JSON.stringify(row.map(String)))
      .sort();
  } catch (error) {
    if (error instanceof EdgeError) return `${error.sqlstate} ${error.message}`;
    throw error;
  }
}

describe('a SELECT', () => {
  test('answers as if its merchant were alone', () => {
    fc.assert(
      fc.property(statements, (text) => {
        const sql = compile(text);
        const got = answer(shared, sql);
        expect({ text, sql, got }).toEqual({ text, sql, got: answer(alone, sql) });
      }),
      { numRuns: 600 },
    );
  }, 120_000);
});
