/**
 * Remembers which tables and columns boxes have sent, and shows each table as a view in schema `mirror`
 * with the users' names and types. A column that two boxes know with different types is shown as text:
 * no box's data is lost over a disagreement.
 */
import type { TableBatch } from '../protocol.ts';
import { bareType } from './row-check.ts';
import type { Queryable } from './sql-database.ts';

const CASTS: ReadonlySet<string> = new Set([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'real',
  'double precision',
  'boolean',
  'uuid',
  'date',
  'timestamp without time zone',
  'timestamp with time zone',
  'json',
  'jsonb',
]);

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quoteText(text: string): string {
  // E'' with doubled backslashes reads the same whatever standard_conforming_strings says.
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function columnExpression(name: string, type: string): string {
  const value = `data->>${quoteText(name)}`;
  if (bareType(type) === 'bytea') return `decode(${value}, 'base64')`;
  return CASTS.has(bareType(type)) ? `(${value})::${bareType(type)}` : value;
}

/** Text that names a table's shape, to recognise one that was seen before. */
export function shapeOf(table: TableBatch): string {
  return JSON.stringify([
    table.table,
    table.mode,
    table.tenantColumn,
    table.columns.map(({ name, type }) => [name, type]),
    table.mode === 'both' ? table.keyColumns : [],
  ]);
}

/**
 * Records a table's shape and makes its view anew where it changed.
 * @returns the mode under which the receiver knows the table; the first box decided it
 */
export async function rememberTable(
  transaction: Queryable,
  table: TableBatch,
): Promise<{ readonly mode: string; readonly keyColumns: readonly string[] }> {
  // Two boxes that bring the same new table at once take turns here.
  await transaction.query(`UPDATE helios_meta SET value = value + 1 WHERE name = 'mirror'`);
  const keyColumns = table.mode === 'both' ? table.keyColumns : [];
  await transaction.query(
    `INSERT INTO helios_tables (table_name, mode, tenant_column, key_columns)
     VALUES ($1, $2, $3, $4::text::jsonb) ON CONFLICT (table_name) DO NOTHING`,
    [table.table, table.mode, table.tenantColumn, JSON.stringify(keyColumns)],
  );
  for (const [position, column] of table.columns.entries()) {
    await transaction.query(
      `INSERT INTO helios_columns AS mine (table_name, column_name, type, position)
       VALUES ($1, $2, $3, $4) ON CONFLICT (table_name, column_name) DO UPDATE
       SET type = CASE WHEN mine.type = excluded.type THEN mine.type ELSE 'text' END`,
      [table.table, column.name, column.type, position],
    );
  }
  const known = await readTable(transaction, table.table);
  if (known === null) throw new Error('a table that was just recorded is not there');
  await makeView(transaction, table.table, known);
  return known;
}

export interface KnownTable {
  readonly mode: string;
  readonly tenantColumn: string | null;
  readonly keyColumns: readonly string[];
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** What the receiver knows of a table, or null. */
export async function readTable(database: Queryable, table: string): Promise<KnownTable | null> {
  const [head] = await database.query(
    `SELECT mode, tenant_column, key_columns::text AS keys FROM helios_tables WHERE table_name = $1`,
    [table],
  );
  if (head === undefined) return null;
  const columns = await database.query(
    `SELECT column_name AS name, type FROM helios_columns WHERE table_name = $1
     ORDER BY position, column_name`,
    [table],
  );
  return {
    mode: String(head['mode']),
    tenantColumn: head['tenant_column'] === null ? null : String(head['tenant_column']),
    keyColumns: JSON.parse(String(head['keys'])) as string[],
    columns: columns.map((row) => ({ name: String(row['name']), type: String(row['type']) })),
  };
}

/** PostgreSQL cuts longer names, and two cut names could meet. */
const NAME_BYTES_MAX = 63;

async function makeView(transaction: Queryable, table: string, known: KnownTable): Promise<void> {
  const names = [table, ...known.columns.map(({ name }) => name)];
  if (names.some((name) => Buffer.byteLength(name) > NAME_BYTES_MAX)) return;
  const view = `mirror.${quoteName(table)}`;
  const own = known.columns.map(
    ({ name, type }) => `${columnExpression(name, type)} AS ${quoteName(name)}`,
  );
  const taken = new Set(known.columns.map(({ name }) => name));
  const identity = known.mode === 'push' ? ['box', 'born_epoch', 'row_no'] : [];
  const shown = identity.filter((name) => !taken.has(name));
  const tenant = known.tenantColumn ?? 'merchant';
  const columns = [
    ...shown,
    ...(taken.has(tenant) ? [] : [`merchant AS ${quoteName(tenant)}`]),
    ...own,
  ];
  const from =
    known.mode === 'push' ? 'helios_rows WHERE NOT deleted' : 'helios_shared WHERE alive';
  await transaction.query(`DROP VIEW IF EXISTS ${view}`);
  await transaction.query(
    `CREATE VIEW ${view} AS SELECT ${columns.join(', ')} FROM ${from} AND table_name = ${quoteText(table)}`,
  );
}
