/**
 * Writes the shop's tables out of a stored database in forms that need no helios-edge: one plain SQLite file, or a
 * CSV file for each table. The box's own tables, merchants' keys and what waits for the cloud are left out.
 *
 * It is an export, not a backup: it cannot be restored from, and the tables in it know no merchants' walls.
 */
import * as fs from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '../clock.ts';
import { Connection } from '../engine/connection.ts';
import { createWasmInstance } from '../engine/sqlite/wasm-instance.ts';
import { SqliteHost } from '../engine/sqlite-host.ts';
import { durableMedium, syncDirectory } from '../engine/vfs/durable-file.ts';
import { silentLog } from '../log.ts';
import { quoteName } from '../sql/catalog/layout.ts';
import { ROW_ID_COLUMN, type Table } from '../sql/catalog/model.ts';
import { ByteWriter } from '../types/byte-writer.ts';
import { refused } from './backup-error.ts';
import { CsvFile } from './csv.ts';
import { type PlainColumn, plainColumn } from './plain-values.ts';
import type { SqliteParts, StoredDatabase } from './stored-database.ts';

export type ExportFormat = 'sqlite' | 'csv';

export interface ExportRequest {
  readonly format: ExportFormat;
  /** A directory that does not exist, or is empty. */
  readonly target: string;
  /** Only this merchant's rows, and what every merchant may read; null: everything. */
  readonly merchant: string | null;
}

export interface ExportResult {
  readonly files: readonly string[];
  readonly rows: Readonly<Record<string, number>>;
}

const SQLITE_NAME = 'export.sqlite';
const DIRECTORY_MODE = 0o700;
/** Characters that a file name may hold everywhere. */
const UNSAFE = /[^A-Za-z0-9_.-]/g;

interface ExportedTable {
  readonly table: Table;
  readonly columns: readonly PlainColumn[];
  readonly select: string;
  readonly binds: readonly string[];
}

/** @throws BackupError naming cause and mend */
export async function exportDatabase(
  parts: SqliteParts,
  database: StoredDatabase,
  request: ExportRequest,
): Promise<ExportResult> {
  const target = resolve(request.target);
  fs.mkdirSync(target, { recursive: true, mode: DIRECTORY_MODE });
  if (fs.readdirSync(target).length > 0) {
    throw refused(`${target} is not empty: name another --target, or empty it`);
  }
  const tables = exportedTables(database, request.merchant);
  const result =
    request.format === 'csv'
      ? exportCsv(database, tables, target)
      : await exportSqlite(parts, database, tables, target);
  syncDirectory(target);
  return result;
}

function exportedTables(
  database: StoredDatabase,
  merchant: string | null,
): readonly ExportedTable[] {
  const catalog = database.catalog();
  if (merchant !== null && !hasMerchant(database, catalog, merchant)) {
    throw refused(`there is no merchant "${merchant}" in it; "merchant list" shows them`);
  }
  const writer = new ByteWriter();
  const tables = [...catalog.values()].filter(
    (table) => merchant === null || table.tenantColumn !== null || table.exempt,
  );
  return tables.map((table) => {
    const held = table.columns.filter(
      (column) => column.computed === null && column.writeOnly === undefined,
    );
    const names = held.map((column) => quoteName(column.name)).join(', ');
    const { tenantColumn } = table;
    const isConfined = merchant !== null && tenantColumn !== null;
    const where = isConfined ? ` WHERE ${quoteName(tenantColumn)} = ?1` : '';
    return {
      table,
      columns: held.map((column) => plainColumn(column, writer)),
      select: `SELECT ${names} FROM ${quoteName(table.baseName)}${where} ORDER BY ${ROW_ID_COLUMN}`,
      binds: isConfined ? [merchant] : [],
    };
  });
}

function hasMerchant(
  database: StoredDatabase,
  catalog: ReadonlyMap<string, Table>,
  merchant: string,
): boolean {
  const merchants = catalog.get('merchants');
  if (merchants === undefined || merchants.tenantColumn === null) return false;
  const sql = `SELECT 1 FROM ${quoteName(merchants.baseName)} WHERE ${quoteName(merchants.tenantColumn)} = ?1`;
  return database.first(sql, [merchant]) !== null;
}

function exportCsv(
  database: StoredDatabase,
  tables: readonly ExportedTable[],
  target: string,
): ExportResult {
  const files: string[] = [];
  const rows: Record<string, number> = {};
  for (const { table, columns, select, binds } of tables) {
    const path = join(target, csvName(table, files.length, target));
    const file = new CsvFile(
      path,
      columns.map((column) => column.name),
    );
    let count = 0;
    database.each(select, binds, (row) => {
      file.add(columns.map((column, index) => column.text(row, index)));
      count += 1;
    });
    file.end();
    files.push(path);
    rows[table.name] = count;
  }
  return { files, rows };
}

/** Names that a file system or a spreadsheet would not take are made harmless, and stay apart. */
function csvName(table: Table, position: number, target: string): string {
  const safe = table.name.replace(UNSAFE, '_');
  const name = `${safe}.csv`;
  return fs.existsSync(join(target, name)) ? `${safe}_${position}.csv` : name;
}

async function exportSqlite(
  parts: SqliteParts,
  database: StoredDatabase,
  tables: readonly ExportedTable[],
  target: string,
): Promise<ExportResult> {
  const path = join(target, SQLITE_NAME);
  const instance = await createWasmInstance(parts.wasmBinary, () => undefined);
  const host = new SqliteHost(instance, {
    library: parts.library,
    clock: systemClock,
    log: silentLog,
    readOnly: false,
    medium: durableMedium,
    onFatal: (error) => {
      throw error;
    },
  });
  const output = new Connection(host, path, false);
  const rows: Record<string, number> = {};
  try {
    // Nobody reads it before it is finished: its journal would only be in the way.
    output.first('PRAGMA journal_mode = OFF');
    output.execute('PRAGMA synchronous = OFF');
    output.execute('BEGIN');
    const taken = new Set<string>();
    for (const exported of tables) {
      const name = freeName(exported.table.name, taken);
      rows[exported.table.name] = fillTable(database, output, exported, name);
    }
    output.execute('COMMIT');
  } finally {
    output.close();
  }
  syncFile(path);
  return { files: [path], rows };
}

/** SQLite takes names that differ in case for one. */
function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 2; taken.has(free.toLowerCase()); count += 1) free = `${name}_${count}`;
  taken.add(free.toLowerCase());
  return quoteName(free);
}

function fillTable(
  database: StoredDatabase,
  output: Connection,
  { columns, select, binds }: ExportedTable,
  name: string,
): number {
  const definitions = columns.map((column) => `${quoteName(column.name)} ${column.declaredType}`);
  output.execute(`CREATE TABLE ${name} (${definitions.join(', ')})`);
  const places = columns.map((_, index) => `?${index + 1}`).join(', ');
  const insert = `INSERT INTO ${name} VALUES (${places})`;
  let count = 0;
  database.each(select, binds, (row) => {
    output.execute(
      insert,
      columns.map((column, index) => column.value(row, index)),
    );
    count += 1;
  });
  return count;
}

function syncFile(path: string): void {
  const fd = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
