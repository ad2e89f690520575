/**
 * The tables that change capture and the worker keep in the box's own file, so that they commit and
 * roll back with the data they speak of.
 *
 * `helios_outbox` names what is not in the cloud yet. `row_id` is the row's number in a pushed table, and the
 * number of its `helios_clock` entry in a shared one, because there the row's number says nothing elsewhere.
 */
import { randomBytes } from 'node:crypto';
import type { Engine, StatementRunner } from '../edge/engine/engine.ts';
import { quoteName } from '../edge/sql/catalog/layout.ts';
import type { Catalog } from '../edge/sql/catalog/model.ts';
import { ROW_ID_COLUMN } from '../edge/sql/catalog/model.ts';
import { takeStep } from '../edge/sql/catalog/start-step.ts';
import type { HybridClock } from './clock.ts';
import { readRows, runSystem, systemRows } from './engine-access.ts';

const STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS helios_outbox (
     table_id INTEGER NOT NULL, row_id INTEGER NOT NULL, merchant TEXT, commit_no INTEGER NOT NULL,
     op INTEGER NOT NULL, queued_at INTEGER NOT NULL,
     PRIMARY KEY (table_id, row_id)) STRICT, WITHOUT ROWID`,
  // Columns beyond known_attnum came later than the stamps: nobody has written them in this row.
  // The floor is the row's latest deletion.
  // row_id NULL: the row is gone. alive_clock NULL: the same as row_clock. An origin '' is this box.
  `CREATE TABLE IF NOT EXISTS helios_clock (
     id INTEGER PRIMARY KEY, table_id INTEGER NOT NULL, merchant TEXT NOT NULL, key TEXT NOT NULL,
     row_id INTEGER, row_clock INTEGER NOT NULL, row_origin TEXT NOT NULL DEFAULT '',
     alive INTEGER NOT NULL, alive_clock INTEGER, alive_origin TEXT NOT NULL DEFAULT '',
     floor_clock INTEGER, floor_origin TEXT NOT NULL DEFAULT '', overrides TEXT,
     known_attnum INTEGER NOT NULL, UNIQUE (table_id, merchant, key)) STRICT`,
  // push: what the cloud refused, by table and row. pull: what this box refused, by table, merchant and
  // key; `detail` then holds the change itself, so that it can be tried again.
  `CREATE TABLE IF NOT EXISTS helios_rejected (
     id INTEGER PRIMARY KEY AUTOINCREMENT, direction TEXT NOT NULL, table_id INTEGER NOT NULL,
     row_id INTEGER NOT NULL, table_name TEXT NOT NULL, merchant TEXT, key TEXT,
     commit_no INTEGER NOT NULL, op INTEGER NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
     since INTEGER NOT NULL, detail TEXT) STRICT`,
  `CREATE UNIQUE INDEX IF NOT EXISTS helios_rejected_push
     ON helios_rejected (table_id, row_id) WHERE direction = 'push'`,
  `CREATE UNIQUE INDEX IF NOT EXISTS helios_rejected_pull
     ON helios_rejected (table_name, merchant, key) WHERE direction = 'pull'`,
  `CREATE TABLE IF NOT EXISTS helios_sync_state (
     name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS helios_epoch (
     ordinal INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, wire_name TEXT NOT NULL,
     first_commit INTEGER NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS helios_epoch_row (
     ordinal INTEGER NOT NULL, table_id INTEGER NOT NULL, first_row INTEGER NOT NULL,
     PRIMARY KEY (ordinal, table_id)) STRICT, WITHOUT ROWID`,
];

/** Name of the persisted clock in `helios_sync_state`. */
const CLOCK_STATE = 'hlc';
const WIRE_NAME_BYTES = 4;

function startEpoch(
  transaction: StatementRunner,
  catalog: Catalog,
  epoch: string,
  commit: bigint,
): void {
  const [latest] = systemRows(
    transaction,
    'SELECT ordinal, epoch FROM helios_epoch ORDER BY ordinal DESC LIMIT 1',
  );
  if (latest?.[1] === epoch) return;
  const ordinal = latest === undefined ? 1n : BigInt(Number(latest[0]) + 1);
  // One backup may be restored twice, and both copies count their epochs alike: chance tells them apart.
  const wireName = `${epoch}-${randomBytes(WIRE_NAME_BYTES).toString('hex')}`;
  runSystem(
    transaction,
    'INSERT INTO helios_epoch (ordinal, epoch, wire_name, first_commit) VALUES (?1, ?2, ?3, ?4)',
    [ordinal, epoch, wireName, commit],
  );
  if (ordinal === 1n) return;
  // Rows that are there already were born in an earlier life and keep their identity in the cloud.
  for (const table of catalog.tables.values()) {
    if (table.sync !== 'push') continue;
    runSystem(
      transaction,
      `INSERT INTO helios_epoch_row (ordinal, table_id, first_row) SELECT ?1, ?2, 1 + max(
         COALESCE((SELECT max(${ROW_ID_COLUMN}) FROM ${quoteName(table.baseName)}), 0),
         COALESCE((SELECT max(row_id) FROM helios_outbox WHERE table_id = ?2), 0))`,
      [ordinal, BigInt(table.oid)],
    );
  }
}

/**
 * Makes the tables and records the box's epoch. Call before the first client may write.
 * @param epoch changes when the file was restored from a backup; an unknown one begins a new life
 */
export async function ensureSyncSchema(
  engine: Engine,
  catalog: Catalog,
  epoch: string,
): Promise<void> {
  await takeStep(engine, (transaction) => {
    for (const statement of STATEMENTS) runSystem(transaction, statement);
    startEpoch(transaction, catalog, epoch, transaction.commitNumber);
  });
}

/** The lives of a box: which epoch a row was born in, and which one a commit was made in. */
export class EpochHistory {
  readonly epochs: readonly string[];
  readonly #firstCommits: readonly bigint[];
  /** For each epoch but the first: first row number by table. */
  readonly #firstRows: readonly ReadonlyMap<bigint, bigint>[];

  private constructor(
    epochs: readonly string[],
    firstCommits: readonly bigint[],
    firstRows: readonly ReadonlyMap<bigint, bigint>[],
  ) {
    this.epochs = epochs;
    this.#firstCommits = firstCommits;
    this.#firstRows = firstRows;
  }

  static async load(engine: Engine): Promise<EpochHistory> {
    const lives = await readRows(
      engine,
      'SELECT ordinal, wire_name, first_commit FROM helios_epoch ORDER BY ordinal',
    );
    const starts = await readRows(
      engine,
      'SELECT ordinal, table_id, first_row FROM helios_epoch_row',
    );
    const firstRows = lives.map(
      ([ordinal]) =>
        new Map(
          starts
            .filter(([owner]) => owner === ordinal)
            .map(([, table, row]) => [table as bigint, row as bigint]),
        ),
    );
    return new EpochHistory(
      lives.map(([, wireName]) => String(wireName)),
      lives.map(([, , first]) => first as bigint),
      firstRows,
    );
  }

  bornIn(tableId: bigint, row: bigint): string {
    for (let life = this.epochs.length - 1; life > 0; life -= 1) {
      // A table made in this life has no mark: all of its rows are this life's or a later one's.
      if (row >= (this.#firstRows[life]?.get(tableId) ?? 0n)) return this.epochs[life] ?? '';
    }
    return this.epochs[0] ?? '';
  }

  writtenIn(commit: bigint): string {
    for (let life = this.epochs.length - 1; life > 0; life -= 1) {
      if (commit >= (this.#firstCommits[life] ?? 0n)) return this.epochs[life] ?? '';
    }
    return this.epochs[0] ?? '';
  }
}

/**
 * Lets the clock go on from what the file holds, and writes it back inside every transaction that moved it:
 * no stamp can be durable without the clock that made it.
 */
export async function attachClock(engine: Engine, clock: HybridClock): Promise<void> {
  const [row] = await readRows(engine, 'SELECT value FROM helios_sync_state WHERE name = ?1', [
    CLOCK_STATE,
  ]);
  if (row !== undefined) clock.restore(BigInt(String(row[0])));
  let written = clock.last;
  engine.beforeCommit((transaction) => {
    if (clock.last === written) return;
    const reading = clock.last;
    runSystem(
      transaction,
      'INSERT OR REPLACE INTO helios_sync_state (name, value) VALUES (?1, ?2)',
      [CLOCK_STATE, reading.toString()],
    );
    written = reading;
  });
}
