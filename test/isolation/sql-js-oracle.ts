/**
 * A second SQLite (sql.js) that holds one merchant's rows only. Our printed texts run on it as they are: the
 * guards' names are plain tables there, and our SQL functions are registered as JavaScript. It has no
 * collations, no authorizer and no guard, so nothing of the walls can be shared with it by mistake.
 */
import initSqlJs, { type Database, type Value } from 'sql.js';
import { functionLibrary } from '../../edge/sql/functions/library.ts';
import type { SessionValues } from '../../edge/types/session-values.ts';
import type { SqlValue } from '../../edge/types/storage.ts';

/** sql.js gives integers as numbers. */
function toStored(value: Value): SqlValue {
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}

function fromStored(value: SqlValue): Value {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** sql.js takes the number of arguments from the function's length; -1 is any. */
function ofLength<Fn extends (...args: never[]) => unknown>(length: number, invoke: Fn): Fn {
  Object.defineProperty(invoke, 'length', { value: length });
  return invoke;
}

function install(database: Database, session: SessionValues): void {
  database.create_function(
    'helios_merchant',
    ofLength(0, () => session.merchant),
  );
  for (const { name, argCount, invoke } of functionLibrary.scalars) {
    database.create_function(
      name,
      ofLength(argCount, (...args: Value[]) => fromStored(invoke(args.map(toStored), session))),
    );
  }
  for (const { name, argCount, create, step, value } of functionLibrary.aggregates) {
    database.create_aggregate(name, {
      init: create,
      step: ofLength(argCount < 0 ? argCount : argCount + 1, (state: never, ...args: Value[]) => {
        step(state, args.map(toStored), session);
        return state;
      }),
      finalize: (state: never) => fromStored(value(state, session)),
    });
  }
}

export interface Oracle {
  /** Makes the tables again, with these rows. */
  fill(tables: ReadonlyMap<string, OracleTable>): void;
  /** @throws what a function of ours threw, as sql.js words it */
  rows(sql: string): readonly (readonly Value[])[];
  close(): void;
}

export interface OracleTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
}

export async function openOracle(session: SessionValues): Promise<Oracle> {
  const { Database } = await initSqlJs();
  const database = new Database();
  install(database, session);
  return {
    fill(tables) {
      for (const [name, { columns, rows }] of tables) {
        database.run(`DROP TABLE IF EXISTS "${name}"`);
        database.run(`CREATE TABLE "${name}" (${columns.join(', ')})`);
        const insert = database.prepare(
          `INSERT INTO "${name}" VALUES (${columns.map(() => '?').join(', ')})`,
        );
        for (const row of rows) insert.run(row.map(fromStored));
        insert.free();
      }
    },
    rows(sql) {
      const statement = database.prepare(sql);
      try {
        const rows: Value[][] = [];
        while (statement.step()) rows.push(statement.get(null, { useBigInt: true }));
        return rows;
      } finally {
        statement.free();
      }
    },
    close: () => database.close(),
  };
}
