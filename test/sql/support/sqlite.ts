/**
 * A bare SQLite in memory with our SQL functions: runs printed texts without engine, session or wire, so
 * that what is tested is the text alone.
 */
import sqlite3InitModule from '@sqlite.org/sqlite-wasm';
import type { Table } from '../../../edge/sql/catalog/model.ts';
import { functionLibrary } from '../../../edge/sql/functions/library.ts';
import { OID } from '../../../edge/types/oids.ts';
import type { SessionValues } from '../../../edge/types/session-values.ts';
import type { SqlValue } from '../../../edge/types/storage.ts';
import { CATALOG } from './catalog.ts';

export interface Bare {
  /** The merchant whose rows the guards show; null: the guard's function raises. */
  merchant: string | null;
  session: SessionValues;
  /** Runs one text. @throws what a SQL function threw, or SQLite's own error */
  run(sql: string, binds?: readonly SqlValue[]): SqlValue[][];
}

const SESSION: SessionValues = {
  merchant: 'A',
  role: 'merchant',
  user: 'A',
  database: 'pos',
  timeZone: 'UTC',
  applicationName: '',
  searchPath: '"$user", public',
  backendPid: 1,
  transactionTimestamp: 800_000_000_000_000n,
  statementTimestamp: 800_000_000_000_000n,
  settings: {},
};

function affinity(oid: number, scaled: boolean): string {
  switch (oid) {
    case OID.numeric:
      return scaled ? 'INTEGER' : 'TEXT COLLATE helios_numeric';
    case OID.text:
    case OID.varchar:
    case OID.jsonb:
    case OID.json:
      return 'TEXT';
    case OID.uuid:
    case OID.bytea:
    case OID.float8:
      return 'BLOB';
    default:
      return 'INTEGER';
  }
}

function tableTexts(table: Table): readonly string[] {
  const columns = table.columns.map(
    (column) => `"${column.name}" ${affinity(column.type.oid, column.form.kind === 'scaled')}`,
  );
  const base = `CREATE TABLE "${table.baseName}" (helios_row INTEGER PRIMARY KEY, ${columns.join(', ')})`;
  if (table.guardName === null) return [base];
  const names = table.columns.map((column) => `b."${column.name}" AS "${column.name}"`);
  return [
    base,
    `CREATE VIEW "${table.guardName}" AS SELECT b.helios_row AS helios_row, ${names.join(', ')} ` +
      `FROM "${table.baseName}" AS b WHERE b."${table.tenantColumn}" = helios_merchant()`,
  ];
}

/** Opens an empty database with the test catalog's tables. */
export async function openBare(): Promise<Bare> {
  const sqlite3 = await sqlite3InitModule();
  const { capi, wasm } = sqlite3;
  const db = new sqlite3.oo1.DB(':memory:');
  const pointer = db.pointer as number;
  let failure: unknown = null;
  const bare: Bare = {
    merchant: 'A',
    session: SESSION,
    run(sql, binds = []) {
      failure = null;
      const rows: SqlValue[][] = [];
      try {
        const statement = db.prepare(sql);
        try {
          const wanted = capi.sqlite3_bind_parameter_count(statement.pointer as number);
          binds.slice(0, wanted).forEach((value, index) => {
            if (typeof value === 'bigint') {
              capi.sqlite3_bind_int64(statement.pointer as number, index + 1, value);
            } else statement.bind(index + 1, value as never);
          });
          while (statement.step()) rows.push(readRow(statement.pointer as number));
        } finally {
          statement.finalize();
        }
      } catch (error) {
        throw failure ?? error;
      }
      return rows;
    },
  };
  const readValue = (value: unknown, type: number): SqlValue => {
    const at = value as number;
    switch (type) {
      case capi.SQLITE_INTEGER:
        return capi.sqlite3_value_int64(at) as unknown as bigint;
      case capi.SQLITE_FLOAT:
        return capi.sqlite3_value_double(at);
      case capi.SQLITE_TEXT:
        return capi.sqlite3_value_text(at) as string;
      case capi.SQLITE_BLOB: {
        const bytes = capi.sqlite3_value_bytes(at);
        const start = capi.sqlite3_value_blob(at) as unknown as number;
        return wasm.heap8u().slice(start, start + bytes);
      }
      default:
        return null;
    }
  };
  const readRow = (statement: number): SqlValue[] =>
    Array.from({ length: capi.sqlite3_column_count(statement) }, (_, index) => {
      const value = capi.sqlite3_column_value(statement, index) as unknown as number;
      const read = readValue(value, capi.sqlite3_column_type(statement, index));
      return typeof read === 'number' &&
        capi.sqlite3_column_type(statement, index) === capi.SQLITE_INTEGER
        ? BigInt(read)
        : read;
    });
  const args = (values: readonly number[]): SqlValue[] =>
    values.map((value) => {
      const read = readValue(value, capi.sqlite3_value_type(value));
      return capi.sqlite3_value_type(value) === capi.SQLITE_INTEGER ? BigInt(read as never) : read;
    });
  const give = (context: number, value: SqlValue): void => {
    if (value === null) capi.sqlite3_result_null(context);
    else if (typeof value === 'bigint') capi.sqlite3_result_int64(context, value);
    else if (typeof value === 'number') capi.sqlite3_result_double(context, value);
    else if (typeof value === 'string') {
      capi.sqlite3_result_text(context, value as never, -1, capi.SQLITE_TRANSIENT as never);
    } else {
      const copy = wasm.allocFromTypedArray(value);
      capi.sqlite3_result_blob(
        context,
        copy as never,
        value.length,
        capi.SQLITE_TRANSIENT as never,
      );
      wasm.dealloc(copy);
    }
  };
  const guarded = (context: number, run: () => SqlValue): void => {
    try {
      give(context, run());
    } catch (error) {
      failure = error;
      capi.sqlite3_result_error(context, String(error), -1);
    }
  };
  const readAll = (count: number, start: number): number[] =>
    Array.from(
      { length: count },
      (_, index) => wasm.peekPtr((start + index * 4) as never) as unknown as number,
    );
  const define = (
    name: string,
    count: number,
    flags: number,
    invoke: (values: SqlValue[]) => SqlValue,
  ): void => {
    const call = (context: number, argc: number, argv: number): void =>
      guarded(context, () => invoke(args(readAll(argc, argv))));
    const installed = wasm.installFunction('v(pip)', call as never);
    capi.sqlite3_create_function_v2(
      pointer as never,
      name,
      count,
      (capi.SQLITE_UTF8 | flags) as never,
      0 as never,
      installed as never,
      0 as never,
      0 as never,
      0 as never,
    );
  };
  for (const one of functionLibrary.scalars) {
    define(one.name, one.argCount, one.deterministic ? capi.SQLITE_DETERMINISTIC : 0, (values) =>
      one.invoke(values, bare.session),
    );
  }
  define('helios_merchant', 0, 0, () => {
    if (bare.merchant === null) throw new Error('no merchant is set');
    return bare.merchant;
  });
  for (const one of functionLibrary.aggregates) {
    const states = new Map<number, unknown>();
    const stateOf = (context: number): unknown => {
      const key = capi.sqlite3_aggregate_context(context, 8) as unknown as number;
      if (!states.has(key)) states.set(key, one.create());
      return states.get(key);
    };
    const attempt = (context: number, run: () => void): void => {
      try {
        run();
      } catch (error) {
        failure = error;
        capi.sqlite3_result_error(context, String(error), -1);
      }
    };
    const step = (context: number, argc: number, argv: number): void =>
      attempt(context, () => one.step(stateOf(context), args(readAll(argc, argv)), bare.session));
    const inverse = (context: number, argc: number, argv: number): void =>
      attempt(context, () => one.inverse?.(stateOf(context), args(readAll(argc, argv))));
    const value = (context: number): void =>
      guarded(context, () => one.value(stateOf(context), bare.session));
    const finish = (context: number): void => {
      guarded(context, () => one.value(stateOf(context), bare.session));
      states.delete(capi.sqlite3_aggregate_context(context, 0) as unknown as number);
      states.delete(capi.sqlite3_aggregate_context(context, 8) as unknown as number);
    };
    const many = (call: unknown): never => wasm.installFunction('v(pip)', call as never) as never;
    const single = (call: unknown): never => wasm.installFunction('v(p)', call as never) as never;
    if (one.inverse === undefined) {
      capi.sqlite3_create_function_v2(
        pointer as never,
        one.name,
        one.argCount,
        capi.SQLITE_UTF8 as never,
        0 as never,
        0 as never,
        many(step),
        single(finish),
        0 as never,
      );
    } else {
      capi.sqlite3_create_window_function(
        pointer as never,
        one.name,
        one.argCount,
        capi.SQLITE_UTF8 as never,
        0 as never,
        many(step),
        single(finish),
        single(value),
        many(inverse),
        0 as never,
      );
    }
  }
  const decode = new TextDecoder();
  for (const one of functionLibrary.collations) {
    const compare = (
      _: number,
      leftBytes: number,
      left: number,
      rightBytes: number,
      right: number,
    ): number => {
      const heap = wasm.heap8u();
      return one.compare(
        decode.decode(heap.slice(left, left + leftBytes)),
        decode.decode(heap.slice(right, right + rightBytes)),
      );
    };
    capi.sqlite3_create_collation_v2(
      pointer as never,
      one.name,
      capi.SQLITE_UTF8 as never,
      0 as never,
      wasm.installFunction('i(pipip)', compare as never) as never,
      0 as never,
    );
  }
  for (const table of CATALOG.tables.values()) {
    for (const text of tableTexts(table)) bare.run(text);
  }
  return bare;
}
