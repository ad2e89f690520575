/**
 * The catalog in the file: one row of JSON for each table, and a row with the numbers that must not go back
 * (next OID). Read whole at start; written table by table inside the transaction of the DDL.
 *
 * A file whose catalog has a newer format is refused: this version would not understand its tables.
 */
import type { StatementRunner } from '../../engine/engine.ts';
import { EdgeError } from '../../errors.ts';
import type { SqlValue } from '../../types/storage.ts';
import type { Column, Table } from './model.ts';
import { forEver, systemSession } from './system-session.ts';

/** Format of the JSON and of the box's tables; raised with a step in `migrate`. */
export const CATALOG_FORMAT = 1n;

/** First OID of user objects, as in PostgreSQL; the first few go to `merchants`. */
const FIRST_FREE_OID = 16_400n;

export const CATALOG_TABLES: readonly string[] = [
  'CREATE TABLE IF NOT EXISTS helios_catalog (oid INTEGER PRIMARY KEY, definition TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS helios_catalog_state (id INTEGER PRIMARY KEY CHECK (id = 1), ' +
    'format INTEGER NOT NULL, next_oid INTEGER NOT NULL)',
];

export interface StoredCatalog {
  readonly tables: ReadonlyMap<string, Table>;
  readonly nextOid: number;
}

type StoredColumn = Omit<Column, 'identityStart'> & { readonly identityStart?: string };
type StoredTable = Omit<Table, 'columns' | 'comments'> & {
  readonly columns: readonly StoredColumn[];
  readonly comments?: readonly (readonly [number, string])[];
};

function toJson(table: Table): string {
  const { comments, columns, ...rest } = table;
  const stored: StoredTable = {
    ...rest,
    columns: columns.map(({ identityStart, ...column }) =>
      identityStart === undefined ? column : { ...column, identityStart: String(identityStart) },
    ),
    ...(comments === undefined || comments.size === 0 ? {} : { comments: [...comments] }),
  };
  return JSON.stringify(stored);
}

function fromJson(text: string): Table {
  const { comments, columns, ...rest } = JSON.parse(text) as StoredTable;
  return {
    ...rest,
    columns: columns.map(({ identityStart, ...column }) =>
      identityStart === undefined ? column : { ...column, identityStart: BigInt(identityStart) },
    ),
    ...(comments === undefined ? {} : { comments: new Map(comments) }),
  };
}

/** Runs one of the box's texts. */
export function runSystem(
  runner: StatementRunner,
  sql: string,
  binds: readonly SqlValue[] = [],
): readonly (readonly SqlValue[])[] {
  const rows: SqlValue[][] = [];
  runner.run({ sql, binds, authority: 'system' }, systemSession(), forEver, (reader) => {
    rows.push(Array.from({ length: reader.columnCount }, (_, index) => reader.value(index)));
  });
  return rows;
}

/**
 * Reads the catalog; makes its tables in a new file.
 * @throws EdgeError when a newer version wrote it
 */
export function loadCatalog(runner: StatementRunner): StoredCatalog {
  for (const text of CATALOG_TABLES) runSystem(runner, text);
  const [state] = runSystem(runner, 'SELECT format, next_oid FROM helios_catalog_state');
  if (state === undefined) {
    runSystem(
      runner,
      'INSERT INTO helios_catalog_state (id, format, next_oid) VALUES (1, ?1, ?2)',
      [CATALOG_FORMAT, FIRST_FREE_OID],
    );
    return { tables: new Map(), nextOid: Number(FIRST_FREE_OID) };
  }
  const [format, nextOid] = state;
  if (typeof format !== 'bigint' || format > CATALOG_FORMAT) {
    throw new EdgeError(
      'object_not_in_prerequisite_state',
      `the catalog was written by a newer version (format ${String(format)}, known up to ${CATALOG_FORMAT}); ` +
        'update helios-edge, or restore the backup that was made before the update',
    );
  }
  const tables = runSystem(runner, 'SELECT definition FROM helios_catalog ORDER BY oid').map(
    ([definition]) => fromJson(String(definition)),
  );
  return { tables: new Map(tables.map((table) => [table.name, table])), nextOid: Number(nextOid) };
}

/** Writes what differs between two states of the catalog, and the next OID. */
export function storeCatalog(
  runner: StatementRunner,
  before: ReadonlyMap<string, Table>,
  after: ReadonlyMap<string, Table>,
  nextOid: number,
): void {
  const kept = new Set([...after.values()].map((table) => table.oid));
  const known = new Map([...before.values()].map((table) => [table.oid, table]));
  for (const oid of known.keys()) {
    if (kept.has(oid)) continue;
    runSystem(runner, 'DELETE FROM helios_catalog WHERE oid = ?1', [BigInt(oid)]);
  }
  for (const table of after.values()) {
    if (known.get(table.oid) === table) continue;
    runSystem(
      runner,
      'INSERT INTO helios_catalog (oid, definition) VALUES (?1, ?2) ' +
        'ON CONFLICT (oid) DO UPDATE SET definition = excluded.definition',
      [BigInt(table.oid), toJson(table)],
    );
  }
  runSystem(runner, 'UPDATE helios_catalog_state SET next_oid = ?1 WHERE next_oid < ?1', [
    BigInt(nextOid),
  ]);
}
