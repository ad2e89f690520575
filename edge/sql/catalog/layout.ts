/**
 * Where a table lies in SQLite: names and SQL texts of the base table, its indexes, and the views
 * through which merchants and the administrator read it.
 *
 * Pure functions from the catalog to text. They promise that every index of a tenant table starts with
 * the merchant column, and that a guard shows the session's merchant's rows only; who executes the
 * texts, and when, is the business of `dressing.ts`.
 */
import { OID } from '../../types/oids.ts';
import type { CaptureSupport } from '../capture.ts';
import { type Column, type Index, ROW_ID_COLUMN, type Table } from './model.ts';

/** What a write-only column shows. */
export const KEY_MASK = '********';

/** Scalar function that makes a merchant's key into its verifier; installed by `edge/tenants`. */
export const HASH_KEY_FUNCTION = 'helios_hash_key';

const PLAIN_NAME = /^[a-z_][a-z0-9_]*$/;

/** A SQLite identifier; never fails, whatever the name holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A SQLite string literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * Physical name of a table or index: the user's own where it cannot meet another one. SQLite folds ASCII
 * case, and `$` marks our views, so that such names get the OID instead.
 */
export function physicalName(name: string, oid: number): string {
  return PLAIN_NAME.test(name) ? name : `t$${oid}`;
}

/** Name of the view that merchants read. */
export function guardName(baseName: string): string {
  return `${baseName}$guard`;
}

/** Name of the administrator's view, where there is one. */
export function allName(baseName: string): string {
  return `${baseName}$all`;
}

/** Columns that the base table holds: all but the computed ones. */
export function storedColumns(table: Pick<Table, 'columns'>): readonly Column[] {
  return table.columns.filter((column) => column.computed === null);
}

/** True when the base's own columns are not what is to be read. */
export function needsAdminView(columns: readonly Column[]): boolean {
  return columns.some((column) => column.computed !== null || column.writeOnly !== undefined);
}

/**
 * Declared type and collation. INTEGER and TEXT affinities change none of the values that are stored
 * there; floats have none, because NaN is stored as text.
 */
function affinity(column: Column): string {
  switch (column.type.oid) {
    case OID.bool:
    case OID.int2:
    case OID.int4:
    case OID.int8:
    case OID.date:
    case OID.time:
    case OID.timestamp:
    case OID.timestamptz:
      return 'INTEGER';
    case OID.numeric:
      return column.form.kind === 'scaled' ? 'INTEGER' : 'TEXT COLLATE helios_numeric';
    case OID.float4:
    case OID.float8:
    case OID.uuid:
    case OID.bytea:
      return 'BLOB';
    default:
      return 'TEXT';
  }
}

/** One column of CREATE TABLE or ALTER TABLE ADD COLUMN. */
export function columnDefinition(column: Column): string {
  return `${quoteName(column.name)} ${affinity(column)}${column.notNull ? ' NOT NULL' : ''}`;
}

/** CREATE TABLE of the base. `checks` are SQLite texts of the CHECK expressions, by constraint name. */
export function baseTableText(table: Table, checks: ReadonlyMap<string, string>): string {
  const parts = [
    `${ROW_ID_COLUMN} INTEGER PRIMARY KEY`,
    ...storedColumns(table).map(columnDefinition),
    ...[...checks].map(([name, text]) => checkClause(name, text)),
  ];
  return `CREATE TABLE ${quoteName(table.baseName)} (${parts.join(', ')})`;
}

/** A named CHECK as SQLite takes it, in CREATE TABLE and after ALTER TABLE ADD. */
export function checkClause(name: string, text: string): string {
  return `CONSTRAINT ${quoteName(name)} CHECK (${text})`;
}

/** The stored columns of a unique key: a tenant table's starts with the merchant. */
export function storedKey(
  table: Pick<Table, 'tenantColumn'>,
  columns: readonly string[],
): readonly string[] {
  const tenant = table.tenantColumn;
  if (tenant === null) return columns;
  return [tenant, ...columns.filter((column) => column !== tenant)];
}

/** CREATE UNIQUE INDEX behind a unique constraint. */
export function uniqueIndexText(
  table: Table,
  unique: { readonly name: string; readonly columns: readonly string[]; readonly oid: number },
): string {
  const keys = storedKey(table, unique.columns).map(quoteName).join(', ');
  const index = quoteName(physicalIndexName(unique));
  return `CREATE UNIQUE INDEX ${index} ON ${quoteName(table.baseName)} (${keys})`;
}

/** Indexes lie under their OID, so that renames of tables and constraints never touch them. */
export function physicalIndexName(index: { readonly oid: number }): string {
  return `i$${index.oid}`;
}

/** CREATE INDEX of a plain index; computed columns have no storage and are left out. */
export function indexText(table: Table, index: Index): string {
  const stored = new Set(storedColumns(table).map((column) => column.name));
  const keys = index.columns.filter((key) => stored.has(key.name)).map(indexKeyText);
  const tenant = table.tenantColumn;
  const tenantFirst = index.columns[0]?.name === tenant;
  if (tenant !== null && !tenantFirst) keys.unshift(quoteName(tenant));
  if (keys.length === 0) keys.push(ROW_ID_COLUMN);
  const name = quoteName(physicalIndexName(index));
  return `CREATE INDEX ${name} ON ${quoteName(table.baseName)} (${keys.join(', ')})`;
}

function indexKeyText(key: Index['columns'][number]): string {
  // SQLite's indexes know no NULLS FIRST; the planner sorts where the order asked differs.
  return `${quoteName(key.name)}${key.descending ? ' DESC' : ''}`;
}

function readExpression(table: Table, column: Column, capture: CaptureSupport): string {
  const name = quoteName(column.name);
  if (column.writeOnly === 'key') return `${quoteText(KEY_MASK)} AS ${name}`;
  if (column.computed === null) return `b.${name} AS ${name}`;
  return `(${capture.syncedExpression(table, 'b')}) AS ${name}`;
}

function viewText(name: string, table: Table, capture: CaptureSupport, where: string): string {
  const columns = table.columns.map((column) => readExpression(table, column, capture));
  return (
    `CREATE VIEW ${quoteName(name)} AS SELECT b.${ROW_ID_COLUMN} AS ${ROW_ID_COLUMN}, ` +
    `${columns.join(', ')} FROM ${quoteName(table.baseName)} AS b${where}`
  );
}

/** The views of a table: the guard of a tenant table, and the administrator's where the base will not do. */
export function viewTexts(table: Table, capture: CaptureSupport): readonly string[] {
  const texts: string[] = [];
  if (table.guardName !== null && table.tenantColumn !== null) {
    const where = ` WHERE b.${quoteName(table.tenantColumn)} = helios_merchant()`;
    texts.push(viewText(table.guardName, table, capture, where));
  }
  if (table.adminRelation !== table.baseName) {
    texts.push(viewText(table.adminRelation, table, capture, ''));
  }
  return texts;
}

/**
 * How a value is printed where it is stored: as it is, but for a write-only column. `valueOf` gives the
 * SQLite text of another column's new value in the same row (a bind, or the column itself in an UPDATE).
 */
export function storedValue(
  table: Table,
  column: Column,
  value: string,
  valueOf: (columnName: string) => string,
): string {
  if (column.writeOnly !== 'key' || table.tenantColumn === null) return value;
  return `${HASH_KEY_FUNCTION}(${valueOf(table.tenantColumn)}, ${value})`;
}
