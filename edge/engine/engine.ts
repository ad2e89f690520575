/**
 * The engine's interface: what every other part may ask of the store. It speaks SQLite text, stored
 * values and commit numbers; it knows no PostgreSQL.
 *
 * Promises
 * - A commit number is durable when `durable(n)` resolves: the WAL bytes that hold it are on the disk.
 * - One writer at a time, first come first served; a waiting writer never sees SQLITE_BUSY.
 * - A read outside a transaction sees the last committed state, whole.
 *
 * It does not promise that a commit which was never awaited survives a power cut.
 */
import type { SessionValues } from '../types/session-values.ts';
import type { RowReader, SqlValue } from '../types/storage.ts';

/**
 * Which of the authorizer's rules a statement is prepared under.
 * `merchant`: base tables only through their guards. `admin`: all tables of the user's catalog.
 * `system`: the box's own statements (fixed text, binds only), anything.
 */
export type Authority = 'merchant' | 'admin' | 'system';

/** A SQLite text with its binds. The text never contains a merchant or a user's literal value. */
export interface EngineStatement {
  readonly sql: string;
  /** Bound to ?1, ?2, ... */
  readonly binds: readonly SqlValue[];
  readonly authority: Authority;
}

/** When a running statement must end; looked at every few thousand VM steps. */
export interface Interrupt {
  /** Monotonic milliseconds (Clock), or null: statement_timeout. */
  readonly deadlineMs: number | null;
  /** Set by CancelRequest, shutdown, or a dropped connection. Aborting it wakes queues as well. */
  readonly signal: AbortSignal | null;
}

/** Takes rows as they are produced. The engine may start over on the worker: then `restart` is called. */
export interface RowSink {
  row(reader: RowReader): void;
  /** Forget all rows so far: the statement is run again from its beginning. */
  restart(): void;
  /**
   * Asked between two batches of rows from the worker: no further batch is given before it resolves, so
   * that a slow client holds its report back instead of filling the memory. null: go on.
   */
  ready?(): Promise<void> | null;
}

export interface RunResult {
  /** Rows changed by this statement (sqlite3_changes64), 0 for a read. */
  readonly changes: bigint;
  /** sqlite3_last_insert_rowid of this statement's insert, else 0. */
  readonly lastInsertRowid: bigint;
}

/** Runs statements one after another on one connection, synchronously. */
export interface StatementRunner {
  /**
   * Runs to the end.
   * @throws EdgeError from a SQL function, 57014 on interrupt, 53100, 58030
   * @throws SqliteConstraintError for constraint failures (engine/constraint-error.ts)
   */
  run(
    statement: EngineStatement,
    session: SessionValues,
    interrupt: Interrupt,
    onRow: ((row: RowReader) => void) | null,
  ): RunResult;
}

/** Says when a long run should let others have the event loop. */
export interface Pace {
  isOver(): boolean;
}

/** A runner whose long runs can pause between two rows. */
export interface PacedRunner extends StatementRunner {
  /**
   * As `run`, but yields between two rows when the turn is over: whoever drives it goes on when others have
   * had theirs, or ends it. Nothing else may run on this runner meanwhile.
   */
  runInTurns(
    statement: EngineStatement,
    session: SessionValues,
    interrupt: Interrupt,
    onRow: ((row: RowReader) => void) | null,
    pace: Pace,
  ): Generator<void, RunResult, void>;
}

/** The open write transaction: its holder alone may write. */
export interface WriteTransaction extends PacedRunner {
  /** The number that this transaction's commit will bear. */
  readonly commitNumber: bigint;
  savepoint(depth: number): void;
  /** Rolls back to the savepoint of that depth and keeps it, as SQL does. */
  rollbackTo(depth: number): void;
  release(depth: number): void;
  /** Names what the commit changed, so that reads of it are held back until it is durable. */
  touch(table: string, merchant: string | null): void;
  /** Makes it visible to others and frees the lock; durable only when `Engine.durable` says so. */
  commit(): bigint;
  rollback(): void;
  readonly finished: boolean;
}

/** A fixed snapshot for REPEATABLE READ. Ends when closed, or by cancellation when it pins too much WAL. */
export interface SnapshotTransaction extends PacedRunner {
  close(): void;
}

export interface WriteRequest {
  readonly merchant: string | null;
  /** Milliseconds to wait for the lock, 0 for ever: lock_timeout (55P03). */
  readonly lockTimeoutMs: number;
  readonly signal: AbortSignal | null;
}

export interface ReadRequest {
  readonly statement: EngineStatement;
  readonly session: SessionValues;
  readonly interrupt: Interrupt;
  readonly sink: RowSink;
  /** Tables read, for the watermark: the answer may be shown only when `waitFor` is durable. */
  readonly tables: readonly string[];
  /** `readNow` has just given up on it: go to the worker without trying again. */
  readonly onWorker?: boolean;
  /** Read on another connection than the one that writes, even while nobody writes. */
  readonly beside?: boolean;
}

export interface ReadResult {
  /** Commit number to await before the answer leaves, 0n when there is nothing to wait for. */
  readonly waitFor: bigint;
}

/** What of a frozen file has been committed: all of the database file, and this much of the log. */
export interface FrozenFile {
  readonly walBytes: number;
  /** The last commit in it; it is durable. */
  readonly commit: bigint;
}

/** The file, read by others (a thread that copies it) while sales go on. */
export interface LiveFile {
  /** Path of the database file; the log lies beside it, at `<path>-wal`. */
  readonly path: string;
  /** Parts of the database file written since the last call or the opening, by number. */
  changed(): readonly number[];
  /**
   * From here to `thaw` the database file and the log's first bytes stand still; commits go on behind them.
   * @param onCancel the log grew too long: what is read from now on is worth nothing
   */
  freeze(onCancel?: (() => void) | null): Promise<FrozenFile>;
  /** @throws EdgeError 55006 when the freeze was cancelled */
  thaw(): void;
  close(): void;
}

export interface EngineStatus {
  readonly lastCommit: bigint;
  readonly durableCommit: bigint;
  readonly walBytes: number;
  readonly databaseBytes: number;
  readonly writersWaiting: number;
  /** When the open write transaction was last used, monotonic milliseconds; null: none is open. */
  readonly writerUsedMs: number | null;
  readonly connectionsOpen: number;
  readonly workerReadsRunning: number;
  readonly wasmHeapBytes: number;
}

export interface Engine {
  /** A read outside any transaction. Resolves at once when it fits the budget, else from the worker. */
  read(request: ReadRequest): Promise<ReadResult>;
  /** The same read without waiting, or null when it needs the worker: the hot path makes no promise. */
  readNow(request: ReadRequest): ReadResult | null;
  /** Waits in the fair queue for the write lock. */
  beginWrite(request: WriteRequest): Promise<WriteTransaction>;
  /** The write lock at once, or null when it is held or others wait: the hot path makes no promise. */
  beginWriteNow(): WriteTransaction | null;
  beginSnapshot(): Promise<SnapshotTransaction>;
  /** Commit number to await before showing rows of these tables to this merchant (null: any merchant). */
  pendingCommit(tables: readonly string[], merchant: string | null): bigint;
  /** Resolves when every commit up to this number is on the disk. Rejects if the disk failed. */
  durable(commit: bigint): Promise<void>;
  readonly durableCommit: bigint;
  /** Called after each durability step, for the sync worker and the metrics. */
  onDurable(listener: (commit: bigint) => void): () => void;
  /** Tells the authorizer which base tables are protected, and by which guard view each is read. */
  protect(tables: ReadonlyMap<string, { readonly guard: string }>): void;
  /** Runs inside each write transaction just before its COMMIT: sequence reservations, clocks. */
  beforeCommit(hook: (transaction: StatementRunner) => void): void;
  /** @param granuleBytes size of the parts that `changed` names; a multiple of the page size */
  openLiveFile(granuleBytes: number): LiveFile;
  status(): EngineStatus;
  checkpoint(): Promise<void>;
  close(): Promise<void>;
}
