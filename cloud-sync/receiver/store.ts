/**
 * What the receiver does with a batch: one database transaction, answered only after its commit.
 *
 * The last write wins by row version, (ordinal of the writing epoch, commit number), so that batches may
 * come twice, late or out of order, and an answer may be lost at any point. Batch ids are never remembered. A row
 * that the database refuses is found by savepoints and refused by itself.
 */
import type { Clock } from '../../edge/clock.ts';
import { hlcMs } from '../clock.ts';
import { latestStamp } from '../conflict.ts';
import {
  currentEpoch,
  type PushedTable,
  type RowRejection,
  rowsDigest,
  type SharedTable,
  type SyncAnswer,
  type SyncRequest,
  type TableAnswer,
  type TableBatch,
} from '../protocol.ts';
import { SyncError } from '../sync-error.ts';
import { SYNC_LIMITS } from '../sync-limits.ts';
import { type KnownTable, readTable, rememberTable, shapeOf } from './mirror-views.ts';
import { bareType, checkRows, type RowRule } from './row-check.ts';
import { editShared, lockChanges, mergeShared, observe, readChanges } from './shared-rows.ts';
import { type Queryable, type SqlDatabase, sqlStateOf } from './sql-database.ts';
import { ensureStoreSchema } from './store-schema.ts';

export interface StoreOptions {
  readonly clock: Clock;
  readonly rule?: RowRule | null;
  readonly skewMsMax?: number;
}

export interface LedgerLine {
  readonly merchant: string | null;
  readonly count: number;
  /** Exact decimal text; null where no row has a value. */
  readonly sum: string | null;
}

/** A row with its identity and version; `row` is the key where the table is shared. */
export interface AuditRow {
  readonly box: string | null;
  readonly epoch: string | null;
  readonly row: string;
  readonly merchant: string | null;
  readonly version: string;
  readonly deleted: boolean;
  readonly data: Readonly<Record<string, string | null>>;
}

/** A request of the HTTP interface that cannot be carried out. */
export class StoreRequestError extends Error {
  override readonly name = 'StoreRequestError';
}

const MICROS_PER_MS = 1000n;
/** Classes of SQLSTATE that a row's own content can cause: data exceptions, constraints, size. */
const ROW_FAULT_CLASSES: ReadonlySet<string> = new Set(['22', '23', '54']);

interface ShapeKnown {
  readonly mode: string;
  readonly keyColumns: readonly string[];
}

/** The receiver's memory. Open it with `openStore`. */
export class ReceiverStore {
  readonly database: SqlDatabase;
  readonly #clock: Clock;
  readonly #rule: RowRule | null;
  readonly #skewMsMax: bigint;
  /** Shapes seen before, by their text; filled only after the transaction that recorded them. */
  readonly #shapes = new Map<string, ShapeKnown>();

  constructor(database: SqlDatabase, options: StoreOptions) {
    this.database = database;
    this.#clock = options.clock;
    this.#rule = options.rule ?? null;
    this.#skewMsMax = BigInt(options.skewMsMax ?? SYNC_LIMITS.clockSkewMsMax);
  }

  /** The receiver's wall clock, milliseconds since 1970. */
  wallMs(): bigint {
    return this.#clock.wallMicros() / MICROS_PER_MS;
  }

  /**
   * Takes a batch in and reads what the box asked for.
   * @param merchants those that the device may write and read, or null for all
   */
  async apply(request: SyncRequest, merchants: ReadonlySet<string> | null): Promise<SyncAnswer> {
    const fresh = new Map<string, ShapeKnown>();
    const answer = await this.database.transaction(async (transaction) => {
      const ordinals = await registerEpochs(transaction, request);
      const sender = `${request.box}/${currentEpoch(request)}`;
      const tables: TableAnswer[] = [];
      const ahead = this.wallMs() + this.#skewMsMax;
      if (request.tables.some(({ mode }) => mode === 'both')) await lockChanges(transaction);
      for (const table of request.tables) {
        const rejections = checkRows(table, {
          merchants,
          rule: this.#rule,
          isAhead: (hlc) => hlcMs(hlc) > ahead,
        });
        const known = await this.#remember(transaction, table, fresh);
        if (known.mode !== table.mode)
          refuseAll(table, rejections, `table is known as ${known.mode}`);
        else if (table.mode === 'push') {
          await pushRows(transaction, request.box, table, ordinals, rejections);
        } else {
          await this.#mergeRows(transaction, table, sender, rejections, known);
        }
        tables.push(answerFor(table, rejections));
      }
      const pull =
        request.pull === null
          ? null
          : await readChanges(
              transaction,
              request.pull,
              sender,
              merchants,
              async (name) => (await readTable(transaction, name))?.keyColumns ?? [],
            );
      return { batch: request.batch, timeMs: this.wallMs(), tables, pull };
    });
    for (const [shape, known] of fresh) this.#shapes.set(shape, known);
    return answer;
  }

  /** Count and exact sum of a column for each merchant: what reconciliation compares. */
  async ledger(table: string, column: string): Promise<readonly LedgerLine[]> {
    const known = await this.#known(table);
    const type = known.columns.find(({ name }) => name === column)?.type;
    if (type === undefined)
      throw new StoreRequestError(`table "${table}" has no column "${column}"`);
    if (!['numeric', 'smallint', 'integer', 'bigint'].includes(bareType(type))) {
      throw new StoreRequestError(`column "${column}" is ${type}, not an exact number`);
    }
    const from =
      known.mode === 'push' ? 'helios_rows WHERE NOT deleted' : 'helios_shared WHERE alive';
    const rows = await this.database.query(
      `SELECT merchant, count(*)::int AS count, sum((data->>$2)::numeric)::text AS sum
       FROM ${from} AND table_name = $1 GROUP BY merchant ORDER BY merchant`,
      [table, column],
    );
    return rows.map((row) => ({
      merchant: row['merchant'] === null ? null : String(row['merchant']),
      count: Number(row['count']),
      sum: row['sum'] === null ? null : String(row['sum']),
    }));
  }

  /** Rows of a table as the cloud holds them, newest last; for people, tests and the demo. */
  async rows(
    table: string,
    merchant: string | null,
    rowsMax: number,
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const known = await this.#known(table);
    const [from, order] =
      known.mode === 'push'
        ? ['helios_rows WHERE NOT deleted', 'box, born_epoch, row_no']
        : ['helios_shared WHERE alive', 'change'];
    const rows = await this.database.query(
      `SELECT merchant, data::text AS data FROM ${from} AND table_name = $1
         AND ($2::text IS NULL OR merchant = $2) ORDER BY ${order} LIMIT $3::int`,
      [table, merchant, rowsMax],
    );
    return rows.map((row) => ({
      ...(JSON.parse(String(row['data'])) as Record<string, string | null>),
      [known.tenantColumn ?? 'merchant']: row['merchant'],
    }));
  }

  /** Rows of a table with everything the cloud knows of them, deleted ones too; for audits. */
  async auditRows(table: string, rowsMax: number): Promise<readonly AuditRow[]> {
    const { mode } = await this.#known(table);
    const query =
      mode === 'push'
        ? `SELECT box, born_epoch, row_no::text AS row_no, merchant, version::text AS version, deleted,
             data::text AS data FROM helios_rows WHERE table_name = $1
           ORDER BY box, born_epoch, row_no LIMIT $2::int`
        : `SELECT NULL AS box, NULL AS born_epoch, key AS row_no, merchant, change::text AS version,
             NOT alive AS deleted, data::text AS data FROM helios_shared WHERE table_name = $1
           ORDER BY change LIMIT $2::int`;
    const rows = await this.database.query(query, [table, rowsMax]);
    const text = (value: unknown): string | null => (value === null ? null : String(value));
    return rows.map((row) => ({
      box: text(row['box']),
      epoch: text(row['born_epoch']),
      row: String(row['row_no']),
      merchant: text(row['merchant']),
      version: String(row['version']),
      deleted: row['deleted'] === true,
      data: JSON.parse(String(row['data'])) as Record<string, string | null>,
    }));
  }

  /** Writes or deletes one row of a shared table in the cloud. */
  async edit(
    table: string,
    merchant: string,
    key: Readonly<Record<string, string>>,
    values: Readonly<Record<string, string | null>> | null,
  ): Promise<void> {
    const known = await this.#known(table);
    if (known.mode !== 'both') throw new StoreRequestError(`table "${table}" belongs to its boxes`);
    const parts = known.keyColumns.map((name) => key[name]);
    if (parts.includes(undefined) || Object.keys(key).length !== parts.length) {
      throw new StoreRequestError(`the key of "${table}" is (${known.keyColumns.join(', ')})`);
    }
    const names = new Set(known.columns.map(({ name }) => name));
    for (const name of Object.keys(values ?? {})) {
      if (!names.has(name)) throw new StoreRequestError(`table "${table}" has no column "${name}"`);
      if (known.keyColumns.includes(name))
        throw new StoreRequestError(`column "${name}" is the key`);
    }
    await this.database.transaction((transaction) =>
      editShared(
        transaction,
        { table, merchant, keyColumns: known.keyColumns, key: parts as string[], values },
        this.wallMs(),
      ),
    );
  }

  async close(): Promise<void> {
    await this.database.close();
  }

  async #known(table: string): Promise<KnownTable> {
    const known = await readTable(this.database, table);
    if (known === null) throw new StoreRequestError(`no box has sent a table "${table}"`);
    return known;
  }

  async #remember(
    transaction: Queryable,
    table: TableBatch,
    fresh: Map<string, ShapeKnown>,
  ): Promise<ShapeKnown> {
    const shape = shapeOf(table);
    const seen = this.#shapes.get(shape);
    if (seen !== undefined) return seen;
    const known = await rememberTable(transaction, table);
    fresh.set(shape, known);
    return known;
  }

  async #mergeRows(
    transaction: Queryable,
    table: SharedTable,
    sender: string,
    rejections: Map<number, RowRejection>,
    known: ShapeKnown,
  ): Promise<void> {
    if (JSON.stringify(known.keyColumns) !== JSON.stringify(table.keyColumns)) {
      refuseAll(table, rejections, `the key is known as (${known.keyColumns.join(', ')})`);
      return;
    }
    const rows = table.rows.filter((_, index) => !rejections.has(index));
    if (rows.length === 0) return;
    await mergeShared(transaction, table, rows, sender);
    let latest = 0n;
    for (const { state } of rows) {
      const { hlc } = latestStamp(state);
      if (hlc > latest) latest = hlc;
    }
    await observe(transaction, latest);
  }
}

/** Opens the store over a database and makes its tables. */
export async function openStore(
  database: SqlDatabase,
  options: StoreOptions,
): Promise<ReceiverStore> {
  await ensureStoreSchema(database);
  return new ReceiverStore(database, options);
}

function refuseAll(table: TableBatch, rejections: Map<number, RowRejection>, reason: string): void {
  for (let index = 0; index < table.rows.length; index += 1) {
    if (!rejections.has(index)) rejections.set(index, { index, code: 'refused', reason });
  }
}

function answerFor(table: TableBatch, rejections: ReadonlyMap<number, RowRejection>): TableAnswer {
  return {
    table: table.table,
    accepted: table.rows.length - rejections.size,
    digest: rowsDigest(table, new Set(rejections.keys())),
    rejected: [...rejections.values()].sort((left, right) => left.index - right.index),
  };
}

/** Gives each epoch of a box its place in time, by the order in which the box names them. */
async function registerEpochs(
  transaction: Queryable,
  request: SyncRequest,
): Promise<ReadonlyMap<string, number>> {
  const read = (): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    transaction.query(`SELECT epoch, ordinal FROM helios_epochs WHERE box = $1`, [request.box]);
  let rows = await read();
  const known = new Set(rows.map((row) => String(row['epoch'])));
  const missing = request.epochs.filter((epoch) => !known.has(epoch));
  for (const epoch of missing) {
    await transaction.query(
      `INSERT INTO helios_epochs (box, epoch, ordinal)
       SELECT $1, $2, COALESCE(max(ordinal), 0) + 1 FROM helios_epochs WHERE box = $1
       ON CONFLICT (box, epoch) DO NOTHING`,
      [request.box, epoch],
    );
  }
  if (missing.length > 0) rows = await read();
  return new Map(rows.map((row) => [String(row['epoch']), Number(row['ordinal'])]));
}

interface PushRecord {
  readonly index: number;
  readonly name: string;
  readonly ordinal: number;
  readonly version: bigint;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The rows to write, each identity once in its latest version, in the order of the key. */
function pushRecords(
  table: PushedTable,
  ordinals: ReadonlyMap<string, number>,
  rejections: ReadonlyMap<number, RowRejection>,
): PushRecord[] {
  const latest = new Map<string, PushRecord>();
  table.rows.forEach((row, index) => {
    if (rejections.has(index)) return;
    const name = `${row.bornEpoch}\t${row.row.toString().padStart(20, '0')}`;
    const ordinal = ordinals.get(row.versionEpoch) ?? 0;
    const before = latest.get(name);
    if (before !== undefined) {
      const isOlder =
        ordinal < before.ordinal || (ordinal === before.ordinal && row.version < before.version);
      if (isOlder) return;
    }
    const values = row.values;
    const data =
      values === null
        ? {}
        : Object.fromEntries(table.columns.map((column, at) => [column.name, values[at] ?? null]));
    const json = {
      born_epoch: row.bornEpoch,
      row_no: row.row.toString(),
      merchant: row.merchant,
      written_ordinal: ordinal,
      version: row.version.toString(),
      deleted: values === null,
      data,
    };
    latest.set(name, { index, name, ordinal, version: row.version, json });
  });
  // One order for all batches: two of them never wait for each other crosswise.
  return [...latest.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
}

// A later version keeps columns that it does not name: a box with an older schema takes nothing away.
const PUSH = `INSERT INTO helios_rows AS mine
    (box, table_name, born_epoch, row_no, merchant, written_ordinal, version, deleted, data)
  SELECT $1, $2, r.* FROM jsonb_to_recordset($3::text::jsonb) AS r(born_epoch text, row_no bigint,
    merchant text, written_ordinal integer, version bigint, deleted boolean, data jsonb)
  ON CONFLICT (box, table_name, born_epoch, row_no) DO UPDATE SET merchant = excluded.merchant,
    written_ordinal = excluded.written_ordinal, version = excluded.version,
    deleted = excluded.deleted, received_at = now(),
    data = CASE WHEN excluded.deleted THEN excluded.data ELSE mine.data || excluded.data END
  WHERE (excluded.written_ordinal, excluded.version) > (mine.written_ordinal, mine.version)`;

async function pushRows(
  transaction: Queryable,
  box: string,
  table: PushedTable,
  ordinals: ReadonlyMap<string, number>,
  rejections: Map<number, RowRejection>,
): Promise<void> {
  const records = pushRecords(table, ordinals, rejections);
  if (records.length === 0) return;
  const write = (part: readonly PushRecord[]): Promise<unknown> =>
    transaction.query(PUSH, [box, table.table, JSON.stringify(part.map(({ json }) => json))]);
  const failure = await inSavepoint(transaction, () => write(records));
  if (failure === null) return;
  for (const record of records) {
    const reason = await inSavepoint(transaction, () => write([record]));
    if (reason === null) continue;
    const { index } = record;
    rejections.set(index, { index, code: 'constraint', reason });
  }
}

/** Runs one step; a fault of the row is undone and told, every other fault ends the transaction. */
async function inSavepoint(
  transaction: Queryable,
  step: () => Promise<unknown>,
): Promise<string | null> {
  await transaction.query('SAVEPOINT step');
  try {
    await step();
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === null || !ROW_FAULT_CLASSES.has(state.slice(0, 2))) throw error;
    await transaction.query('ROLLBACK TO SAVEPOINT step');
    const text = error instanceof Error ? error.message : String(error);
    return `${state} ${text}`.slice(0, SYNC_LIMITS.reasonCharsMax);
  }
  await transaction.query('RELEASE SAVEPOINT step');
  return null;
}

/** True for faults that pass by themselves: serialization, deadlock, lost connection, shutdown. */
export function isPassing(error: unknown): boolean {
  if (error instanceof SyncError) return error.retryable;
  const state = sqlStateOf(error);
  return state !== null && ['40', '08', '53', '57', '23'].includes(state.slice(0, 2));
}
