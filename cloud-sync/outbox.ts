/**
 * The outbox as the worker reads and clears it, through the Engine interface only.
 *
 * A page is one SQL statement, so that an entry's commit number and the row's values are of the same
 * moment; it is handed out when that commit is durable, never before. An entry is cleared only up to the
 * commit number that was sent: a change made meanwhile stays.
 */
import type { Engine, WriteTransaction } from '../edge/engine/engine.ts';
import { quoteName } from '../edge/sql/catalog/layout.ts';
import { type Catalog, type Column, ROW_ID_COLUMN, type Table } from '../edge/sql/catalog/model.ts';
import type { SqlValue } from '../edge/types/storage.ts';
import { sharedKey, travellingColumns } from './capture.ts';
import {
  inWrite,
  readEach,
  readRows,
  runSystem,
  systemRows,
  type Values,
} from './engine-access.ts';
import type { PushedRow, SharedChange, TableHead } from './protocol.ts';
import { readLocalRow } from './row-clock.ts';
import type { EpochHistory } from './sync-schema.ts';
import { keyPartToWire, toWire, wireColumn } from './wire-values.ts';

/** Names one outbox entry in the version that was read. */
export interface OutboxEntry {
  readonly tableId: bigint;
  readonly rowId: bigint;
  readonly version: bigint;
}

/** One row on its way, with what is said of its table. */
export type OutgoingRow = { readonly entry: OutboxEntry; readonly head: TableHead } & (
  | { readonly mode: 'push'; readonly row: PushedRow }
  | { readonly mode: 'both'; readonly keyColumns: readonly string[]; readonly row: SharedChange }
);

export interface OutboxPage {
  readonly rows: readonly OutgoingRow[];
  /** Entries that speak of nothing any more; they are cleared without being sent. */
  readonly stale: readonly OutboxEntry[];
  readonly bytes: number;
  /** Row id of the last entry that was looked at. */
  readonly lastRowId: bigint;
  /** True when the table has no entries after `lastRowId`. */
  readonly finished: boolean;
}

export interface PageRequest {
  readonly afterRowId: bigint;
  readonly rowsMax: number;
  readonly bytesMax: number;
}

/** Why a row is set aside. */
export interface SetAside {
  readonly entry: OutboxEntry;
  readonly code: string;
  readonly reason: string;
}

const ENTRY_COLUMNS = 3;
const CLOCK_COLUMNS = 10;

function columnList(columns: readonly Column[]): string {
  return columns.map((column) => `, b.${quoteName(column.name)}`).join('');
}

function pageText(table: Table, columns: readonly Column[]): string {
  const base = quoteName(table.baseName);
  const where = 'WHERE o.table_id = ?1 AND o.row_id > ?2 ORDER BY o.row_id LIMIT ?3';
  if (table.sync === 'push') {
    return (
      `SELECT o.row_id, o.commit_no, o.merchant, b.${ROW_ID_COLUMN}${columnList(columns)} ` +
      `FROM helios_outbox AS o LEFT JOIN ${base} AS b ON b.${ROW_ID_COLUMN} = o.row_id ${where}`
    );
  }
  return (
    `SELECT o.row_id, o.commit_no, o.merchant, c.key, c.row_clock, c.row_origin, c.alive, ` +
    `c.alive_clock, c.alive_origin, c.overrides, c.known_attnum, c.floor_clock, c.floor_origin, b.${ROW_ID_COLUMN}${columnList(columns)} ` +
    `FROM helios_outbox AS o LEFT JOIN helios_clock AS c ON c.id = o.row_id ` +
    `LEFT JOIN ${base} AS b ON b.${ROW_ID_COLUMN} = c.row_id ${where}`
  );
}

function textOrNull(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function sizeOf(values: Values): number {
  let bytes = 0;
  for (const value of values) {
    bytes +=
      typeof value === 'string' ? value.length : value instanceof Uint8Array ? value.length : 8;
  }
  return bytes;
}

/** Reads and clears the outbox of one box. */
export class Outbox {
  readonly #engine: Engine;
  readonly #box: string;
  readonly #history: EpochHistory;

  constructor(engine: Engine, box: string, history: EpochHistory) {
    this.#engine = engine;
    this.#box = box;
    this.#history = history;
  }

  get epochs(): readonly string[] {
    return this.#history.epochs;
  }

  /** The next table with entries, by its stable id. */
  async nextTableId(afterTableId: bigint): Promise<bigint | null> {
    const [row] = await readRows(
      this.#engine,
      'SELECT min(table_id) FROM helios_outbox WHERE table_id > ?1',
      [afterTableId],
    );
    return typeof row?.[0] === 'bigint' ? row[0] : null;
  }

  async isEmpty(): Promise<boolean> {
    const rows = await readRows(this.#engine, 'SELECT 1 FROM helios_outbox LIMIT 1');
    return rows.length === 0;
  }

  /** Reads entries with their rows and waits until what was read is on the disk. */
  async readPage(catalog: Catalog, table: Table, request: PageRequest): Promise<OutboxPage> {
    const columns = travellingColumns(table);
    let read: Values[] = [];
    let bytes = 0;
    let isFull = false;
    await readEach(
      this.#engine,
      pageText(table, columns),
      [BigInt(table.oid), request.afterRowId, BigInt(request.rowsMax)],
      (row) => {
        if (isFull) return;
        const values: SqlValue[] = [];
        for (let at = 0; at < row.columnCount; at += 1) values.push(row.value(at));
        bytes += sizeOf(values);
        // A row that is larger than a whole batch still travels, alone.
        if (bytes > request.bytesMax && read.length > 0) isFull = true;
        else read.push(values);
      },
      () => {
        read = [];
        bytes = 0;
        isFull = false;
      },
    );
    let latest = 0n;
    for (const [, commit] of read)
      if (typeof commit === 'bigint' && commit > latest) latest = commit;
    await this.#engine.durable(latest);
    return this.#toPage(
      catalog,
      table,
      columns,
      read,
      bytes,
      !isFull && read.length < request.rowsMax,
    );
  }

  #toPage(
    catalog: Catalog,
    table: Table,
    columns: readonly Column[],
    read: readonly Values[],
    bytes: number,
    finished: boolean,
  ): OutboxPage {
    const head: TableHead = {
      table: table.name,
      schema: catalog.version,
      tenantColumn: table.tenantColumn,
      columns: columns.map(wireColumn),
    };
    const rows: OutgoingRow[] = [];
    const stale: OutboxEntry[] = [];
    for (const values of read) {
      const entry = entryOf(table, values);
      const outgoing =
        table.sync === 'push'
          ? this.#pushedRow(head, columns, entry, values)
          : this.#sharedRow(head, table, columns, entry, values);
      if (outgoing === null) stale.push(entry);
      else rows.push(outgoing);
    }
    const lastRowId = read[read.length - 1]?.[0];
    return { rows, stale, bytes, lastRowId: (lastRowId ?? 0n) as bigint, finished };
  }

  #pushedRow(
    head: TableHead,
    columns: readonly Column[],
    entry: OutboxEntry,
    values: Values,
  ): OutgoingRow {
    const [, , merchant, row, ...rest] = values;
    return {
      mode: 'push',
      entry,
      head,
      row: {
        bornEpoch: this.#history.bornIn(entry.tableId, entry.rowId),
        row: entry.rowId,
        versionEpoch: this.#history.writtenIn(entry.version),
        version: entry.version,
        merchant: textOrNull(merchant),
        values:
          row === null ? null : columns.map((column, index) => toWire(rest[index] ?? null, column)),
      },
    };
  }

  #sharedRow(
    head: TableHead,
    table: Table,
    columns: readonly Column[],
    entry: OutboxEntry,
    values: Values,
  ): OutgoingRow | null {
    const clock = values.slice(ENTRY_COLUMNS, ENTRY_COLUMNS + CLOCK_COLUMNS);
    const [row, ...rest] = values.slice(ENTRY_COLUMNS + CLOCK_COLUMNS);
    const key = clock[0];
    if (typeof key !== 'string') return null;
    const keyColumns = sharedKey(table);
    const parts = JSON.parse(key) as string[];
    const columnValues = row === null ? null : columns.map((_, index) => rest[index] ?? null);
    return {
      mode: 'both',
      entry,
      head,
      keyColumns: keyColumns.map(({ name }) => name),
      row: {
        versionEpoch: this.#history.writtenIn(entry.version),
        version: entry.version,
        merchant: textOrNull(values[2]),
        key: keyColumns.map((column, index) => keyPartToWire(parts[index] ?? '', column)),
        state: readLocalRow(this.#box, columns, clock.slice(1), columnValues),
      },
    };
  }

  /** Settles what an answer decided, in one transaction. */
  async settle(accepted: readonly OutboxEntry[], setAside: readonly SetAside[]): Promise<void> {
    if (accepted.length === 0 && setAside.length === 0) return;
    await inWrite(this.#engine, (transaction) => {
      for (const entry of accepted) clearEntry(transaction, entry);
      // Nearly always there are none, and tills wait for this lock.
      const [refused] = systemRows(transaction, 'SELECT 1 FROM helios_rejected LIMIT 1');
      if (refused !== undefined) {
        for (const entry of accepted) forgetRefusal(transaction, entry);
      }
      for (const row of setAside) setAsideEntry(transaction, row);
    });
  }

  /** Sets aside the entries of a table that is no longer there: the rows went with it. */
  async setAsideTable(tableId: bigint, reason: string): Promise<void> {
    await inWrite(this.#engine, (transaction) => {
      runSystem(
        transaction,
        `INSERT INTO helios_rejected (direction, table_id, row_id, table_name, merchant, commit_no,
           op, code, reason, since)
         SELECT 'push', table_id, row_id, '', merchant, commit_no, op, 'no_table', ?2, unixepoch()
         FROM helios_outbox WHERE table_id = ?1
         ON CONFLICT (table_id, row_id) WHERE direction = 'push' DO NOTHING`,
        [tableId, reason],
      );
      runSystem(transaction, 'DELETE FROM helios_outbox WHERE table_id = ?1', [tableId]);
    });
  }
}

function entryOf(table: Table, values: Values): OutboxEntry {
  return { tableId: BigInt(table.oid), rowId: values[0] as bigint, version: values[1] as bigint };
}

function clearEntry(transaction: WriteTransaction, entry: OutboxEntry): void {
  runSystem(
    transaction,
    'DELETE FROM helios_outbox WHERE table_id = ?1 AND row_id = ?2 AND commit_no <= ?3',
    [entry.tableId, entry.rowId, entry.version],
  );
}

/** Refused once and accepted now: the earlier refusal is history. */
function forgetRefusal(transaction: WriteTransaction, entry: OutboxEntry): void {
  runSystem(
    transaction,
    `DELETE FROM helios_rejected WHERE direction = 'push' AND table_id = ?1 AND row_id = ?2
       AND commit_no <= ?3`,
    [entry.tableId, entry.rowId, entry.version],
  );
}

function setAsideEntry(transaction: WriteTransaction, { entry, code, reason }: SetAside): void {
  // A row that changed meanwhile is not set aside: its new state has not been refused by anyone.
  runSystem(
    transaction,
    `INSERT INTO helios_rejected (direction, table_id, row_id, table_name, merchant, commit_no, op,
       code, reason, since)
     SELECT 'push', table_id, row_id, '', merchant, commit_no, op, ?4, ?5, unixepoch()
     FROM helios_outbox WHERE table_id = ?1 AND row_id = ?2 AND commit_no <= ?3
     ON CONFLICT (table_id, row_id) WHERE direction = 'push' DO UPDATE SET
       merchant = excluded.merchant, commit_no = excluded.commit_no, op = excluded.op,
       code = excluded.code, reason = excluded.reason`,
    [entry.tableId, entry.rowId, entry.version, code, reason],
  );
  runSystem(
    transaction,
    'DELETE FROM helios_outbox WHERE table_id = ?1 AND row_id = ?2 AND commit_no <= ?3',
    [entry.tableId, entry.rowId, entry.version],
  );
}
