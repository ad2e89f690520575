/**
 * Wall 4: the oracle. For random rows of two merchants and random statements, what the engine answers the
 * one is what another SQLite answers that holds this one's rows only; the errors too.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EdgeError } from '../../edge/errors.ts';
import type { SqlValue } from '../../edge/types/storage.ts';
import {
  compilerOnce,
  openRig,
  type Rig,
  removeRigFiles,
  sessionOf,
} from '../sql/catalog/catalog-rig.ts';
import { FOREIGN, randomSelects } from './random-selects.ts';
import { type Oracle, type OracleTable, openOracle } from './sql-js-oracle.ts';

const SCHEMA = `
  CREATE TABLE products (id int PRIMARY KEY, merchant_id text NOT NULL, name text, stock int, price numeric(10,2));
  CREATE TABLE sales (id int PRIMARY KEY, merchant_id text NOT NULL, note text, qty int, amount numeric(10,2));
  CREATE INDEX products_name ON products (name, stock);
  CREATE INDEX sales_qty ON sales (qty);
`;
const COLUMNS = {
  products: ['id', 'merchant_id', 'name', 'stock', 'price'],
  sales: ['id', 'merchant_id', 'note', 'qty', 'amount'],
} as const;
type TableName = keyof typeof COLUMNS;

const STATEMENTS_PER_FILL = 8;
const FILLS = Number(process.env['HELIOS_ORACLE_FILLS'] ?? 40);

type Row = readonly [text: string | null, number: bigint | null, money: bigint | null];

const text = (own: string) => fc.option(fc.constantFrom('a', 'b', 'cd', 'e', own), { nil: null });
const number = (own: bigint) => fc.option(fc.constantFrom(0n, 1n, 2n, 3n, own), { nil: null });
const rowsOf = (ownText: string, ownNumber: bigint): fc.Arbitrary<readonly Row[]> =>
  fc.array(
    fc.tuple(text(ownText), number(ownNumber), fc.option(fc.bigInt(-500n, 99_999n), { nil: null })),
    { maxLength: 6 },
  );

const own = rowsOf('own', 4n);
const foreign = rowsOf(FOREIGN.text, BigInt(FOREIGN.number));
const data = fc.record({
  a: fc.record({ products: own, sales: own }),
  b: fc.record({ products: foreign, sales: foreign }),
});
type Data = typeof data extends fc.Arbitrary<infer Value> ? Value : never;

let rig: Rig;
let oracle: Oracle;

beforeAll(async () => {
  rig = await openRig();
  await rig.define(SCHEMA);
  oracle = await openOracle(sessionOf('a'));
});
afterAll(async () => {
  oracle.close();
  await rig.close();
  removeRigFiles();
});

function stored(merchant: string, rows: readonly Row[]): readonly (readonly SqlValue[])[] {
  return rows.map((row, index) => [BigInt(index), merchant, ...row]);
}

/** Both merchants' rows into the box, one's alone into the oracle. */
async function fill({ a, b }: Data): Promise<void> {
  const alone = new Map<string, OracleTable>();
  for (const name of ['sales', 'products'] as const satisfies readonly TableName[]) {
    const columns = COLUMNS[name];
    const rows = [...stored('a', a[name]), ...stored('b', b[name])];
    const binds = columns.map((_, index) => `?${index + 1}`).join(', ');
    const oid = rig.store.current.tables.get(name)?.oid ?? 0;
    await rig.run(`DELETE FROM ${name}`);
    const insert = `INSERT INTO ${name} (helios_row, ${columns.join(', ')}) VALUES (helios_next_row(${oid}), ${binds})`;
    for (const row of rows) await rig.run(insert, row);
    alone.set(`${name}$guard`, { columns, rows: stored('a', a[name]) });
  }
  oracle.fill(alone);
}

async function printed(statement: string): Promise<string> {
  const compiler = await compilerOnce();
  const [parsed] = compiler.parse(statement);
  if (parsed === undefined) throw new Error('no statement');
  const plan = compiler.analyse(parsed, [], { role: 'merchant', catalog: rig.store.current });
  if (plan.program.kind !== 'query') throw new Error('no query');
  return plan.program.sql;
}

/** Rows without their order, numbers without their kind. */
function shown(rows: readonly (readonly unknown[])[]): readonly string[] {
  return rows
    .map((row) => JSON.stringify(row.map((value) => (value === null ? null : String(value)))))
    .sort();
}

describe("the answers under row-level security are those of one merchant's own database", () => {
  test('for random rows and statements', async () => {
    let rowsSeen = 0;
    await fc.assert(
      fc.asyncProperty(
        data,
        fc.array(randomSelects, { minLength: STATEMENTS_PER_FILL, maxLength: STATEMENTS_PER_FILL }),
        async (given, statements) => {
          await fill(given);
          for (const statement of statements) {
            const sql = await printed(statement);
            const answer = shown(await rig.read(sql, sessionOf('a'), 'merchant'));
            rowsSeen += answer.length;
            expect({ statement, answer }).toEqual({ statement, answer: shown(oracle.rows(sql)) });
          }
        },
      ),
      { numRuns: FILLS },
    );
    // A grammar whose statements give nothing would prove nothing.
    expect(rowsSeen).toBeGreaterThan(FILLS);
  }, 120_000);

  test('and a text that reads the tables past the guard is told from it', async () => {
    await fill({
      a: { products: [], sales: [['own', 1n, 100n]] },
      b: { products: [], sales: [[FOREIGN.text, BigInt(FOREIGN.number), 200n]] },
    });
    const sql = await printed('select qty, note from sales');
    const past = await rig.read(sql.replaceAll('sales$guard', 'sales'), sessionOf('a'), 'system');
    expect(shown(past)).not.toEqual(shown(oracle.rows(sql)));
    const refused = rig.read(sql.replaceAll('sales$guard', 'sales'), sessionOf('a'), 'merchant');
    await expect(refused).rejects.toBeInstanceOf(EdgeError);
  });
});
