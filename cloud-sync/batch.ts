/**
 * From outbox pages to one request: a batch is a list of outgoing rows, gathered over tables up to the
 * limits, which can be halved when the receiver refuses it as a whole.
 *
 * A pass walks the outbox once, from its beginning to its end. Rows that change behind the walk wait for the
 * next pass, so that no busy table can keep the others from travelling.
 */
import { randomUUID } from 'node:crypto';
import type { Catalog, Table } from '../edge/sql/catalog/model.ts';
import type { Outbox, OutboxEntry, OutgoingRow } from './outbox.ts';
import type {
  PullRequest,
  PushedRow,
  SharedChange,
  SyncRequest,
  TableBatch,
  TableHead,
} from './protocol.ts';
import { SYNC_LIMITS } from './sync-limits.ts';

/** Where a pass stands in the outbox. */
export interface OutboxCursor {
  readonly tableId: bigint;
  readonly rowId: bigint;
}

export const OUTBOX_START: OutboxCursor = { tableId: -1n, rowId: -1n };

export interface GatheredBatch {
  readonly rows: readonly OutgoingRow[];
  readonly stale: readonly OutboxEntry[];
  /** Tables with entries that the catalog does not know. */
  readonly unknownTables: readonly bigint[];
  readonly cursor: OutboxCursor;
  /** True when the walk has reached the end. */
  readonly finished: boolean;
}

function tableById(catalog: Catalog, id: bigint): Table | undefined {
  for (const table of catalog.tables.values()) {
    if (BigInt(table.oid) === id && table.sync !== 'none') return table;
  }
  return undefined;
}

/** Collects up to `rowsMax` rows from the cursor on. */
export async function gatherBatch(
  outbox: Outbox,
  catalog: Catalog,
  from: OutboxCursor,
  rowsMax: number,
): Promise<GatheredBatch> {
  const rows: OutgoingRow[] = [];
  const stale: OutboxEntry[] = [];
  const unknownTables: bigint[] = [];
  let bytes = 0;
  let cursor = from;
  for (let tables = 0; tables < SYNC_LIMITS.tablesPerBatchMax; tables += 1) {
    // Entries of the cursor's own table may follow; `- 1` asks for that table once more.
    const after = cursor.rowId < 0n ? cursor.tableId : cursor.tableId - 1n;
    const tableId = await outbox.nextTableId(after);
    if (tableId === null) return { rows, stale, unknownTables, cursor, finished: true };
    const table = tableById(catalog, tableId);
    if (table === undefined) {
      unknownTables.push(tableId);
      cursor = { tableId, rowId: -1n };
      continue;
    }
    const page = await outbox.readPage(catalog, table, {
      afterRowId: tableId === cursor.tableId ? cursor.rowId : -1n,
      rowsMax: rowsMax - rows.length,
      bytesMax: SYNC_LIMITS.batchBytesMax - bytes,
    });
    rows.push(...page.rows);
    stale.push(...page.stale);
    bytes += page.bytes;
    cursor = { tableId, rowId: page.finished ? -1n : page.lastRowId };
    const isFull = rows.length >= rowsMax || bytes >= SYNC_LIMITS.batchBytesMax;
    if (isFull || !page.finished) break;
  }
  return { rows, stale, unknownTables, cursor, finished: false };
}

interface TableRows {
  readonly head: TableHead;
  readonly first: OutgoingRow;
  readonly rows: OutgoingRow[];
}

function byTable(rows: readonly OutgoingRow[]): readonly TableRows[] {
  const tables = new Map<bigint, TableRows>();
  for (const row of rows) {
    const known = tables.get(row.entry.tableId);
    if (known === undefined) {
      tables.set(row.entry.tableId, { head: row.head, first: row, rows: [row] });
    } else known.rows.push(row);
  }
  return [...tables.values()];
}

function toTable({ head, first, rows }: TableRows): TableBatch {
  const bodies = rows.map(({ row }) => row);
  if (first.mode === 'push') return { ...head, mode: 'push', rows: bodies as PushedRow[] };
  return {
    ...head,
    mode: 'both',
    keyColumns: first.keyColumns,
    rows: bodies as SharedChange[],
  };
}

/** A request with the entries behind each of its rows. */
export interface OutgoingBatch {
  readonly request: SyncRequest;
  /** For each table of the request, for each of its rows. */
  readonly entries: readonly (readonly OutboxEntry[])[];
}

export interface BatchSender {
  readonly box: string;
  readonly epochs: readonly string[];
  readonly sequence: number;
  readonly clock: bigint;
}

/** Makes a request of rows; with none it is a greeting. */
export function makeBatch(
  sender: BatchSender,
  rows: readonly OutgoingRow[],
  pull: PullRequest | null,
): OutgoingBatch {
  const tables = byTable(rows);
  return {
    request: {
      box: sender.box,
      epochs: sender.epochs,
      batch: randomUUID(),
      sequence: sender.sequence,
      clock: sender.clock,
      tables: tables.map(toTable),
      pull,
    },
    entries: tables.map((table) => table.rows.map(({ entry }) => entry)),
  };
}
