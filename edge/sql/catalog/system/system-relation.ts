/**
 * How a relation of pg_catalog or information_schema is made: typed columns, and rows computed from the
 * catalog, printed as a SQLite sub-select over VALUES. The text is part of the plan, which lives no longer
 * than its catalog version, and is made for one role: so nothing in it outlives or escapes what it may show.
 *
 * The relations are small but true: a column that is here has PostgreSQL's name, type and meaning; what
 * is not here is an undefined column, never a made-up value.
 */
import { Buffer } from 'node:buffer';
import type { PgType, StorageForm } from '../../../types/storage.ts';
import { PLAIN, type SqlValue } from '../../../types/storage.ts';
import { quoteName, quoteText } from '../layout.ts';
import type { Catalog, Table } from '../model.ts';

export interface SystemContext {
  readonly catalog: Catalog;
  readonly role: 'merchant' | 'admin';
}

/** One system relation as this folder's files define it. */
export interface SystemRelationDefinition {
  /** `lookup`: for the analyser's own use. */
  readonly schema: 'pg_catalog' | 'information_schema' | 'lookup';
  readonly name: string;
  readonly oid: number;
  /** Name and type OID of each column. */
  readonly columns: readonly (readonly [name: string, typeOid: number])[];
  /** Rows in the order of the columns; or a SQLite SELECT with the columns' names. */
  readonly rows: (context: SystemContext) => readonly (readonly SqlValue[])[] | string;
}

/** What the analyser takes: a text for FROM, and its columns. */
export interface SystemRelation {
  readonly sql: string;
  readonly oid: number;
  readonly columns: readonly {
    readonly name: string;
    readonly printed: string;
    readonly type: PgType;
    readonly form: StorageForm;
    readonly tableOid: number;
    readonly attnum: number;
  }[];
}

function literal(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return quoteText(value);
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex')}'`;
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(1) : String(value);
  return String(value);
}

function valuesText(
  columns: SystemRelationDefinition['columns'],
  rows: readonly (readonly SqlValue[])[],
): string {
  const names = columns.map(([name]) => quoteName(name));
  if (rows.length === 0) {
    return `(SELECT ${names.map((name) => `NULL AS ${name}`).join(', ')} WHERE 0)`;
  }
  const selected = names.map((name, index) => `column${index + 1} AS ${name}`).join(', ');
  const values = rows.map((row) => `(${row.map(literal).join(', ')})`).join(', ');
  return `(SELECT ${selected} FROM (VALUES ${values}))`;
}

/** Prints a relation for one role and catalog. */
export function printSystemRelation(
  definition: SystemRelationDefinition,
  context: SystemContext,
): SystemRelation {
  const rows = definition.rows(context);
  return {
    sql: typeof rows === 'string' ? `(${rows})` : valuesText(definition.columns, rows),
    oid: definition.oid,
    columns: definition.columns.map(([name, oid], index) => ({
      name,
      printed: name,
      type: { oid, typmod: -1 },
      form: PLAIN,
      tableOid: definition.oid,
      attnum: index + 1,
    })),
  };
}

/** The tables whose names the role may know: a merchant those that it may read. */
export function visibleTables(context: SystemContext): readonly Table[] {
  const tables = [...context.catalog.tables.values()];
  if (context.role === 'admin') return tables;
  return tables.filter((table) => table.guardName !== null || table.exempt);
}

/** bool as it is stored. */
export function flag(value: boolean): bigint {
  return value ? 1n : 0n;
}

/** Array of integers as arrays are stored. */
export function integers(values: readonly number[]): string {
  return JSON.stringify(values);
}

/** OIDs that PostgreSQL's own catalog fixes. */
export const FIXED = {
  pgCatalog: 11,
  public: 2200,
  informationSchema: 13_000,
  owner: 10,
  database: 5,
  heap: 2,
  btree: 403,
  defaultCollation: 100,
  cCollation: 950,
} as const;

export const DATABASE_NAME = 'pos';

/** attnum of a column by its name. */
export function attnumOf(table: Table, name: string): number {
  return table.columns.find((column) => column.name === name)?.attnum ?? 0;
}
