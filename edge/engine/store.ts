/**
 * The engine proper: joins the main connection, the write lock, the group commit, the watermark and the
 * read workers behind the `Engine` interface.
 *
 * Reads run on the main connection while no write transaction is open, because its page cache stays warm
 * across its own commits; beside an open one they run on a second connection, which sees the last commit.
 */
import type { Clock } from '../clock.ts';
import { EdgeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { LiveFiles } from './backup.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { CommitNumbers } from './commit-numbers.ts';
import { BudgetExceeded, type Connection } from './connection.ts';
import type {
  Engine,
  EngineStatus,
  LiveFile,
  ReadRequest,
  ReadResult,
  SnapshotTransaction,
  StatementRunner,
  WriteRequest,
  WriteTransaction,
} from './engine.ts';
import type { EngineMeters } from './engine-meters.ts';
import type { GroupCommit } from './group-commit.ts';
import type { OwnerLock } from './owner-lock.ts';
import type { ReadWorkers } from './read-workers.ts';
import { isDiskFull } from './result-codes.ts';
import type { SnapshotPool } from './snapshot-pool.ts';
import { DBCONFIG } from './sqlite/codes.ts';
import type { SqliteHost } from './sqlite-host.ts';
import type { SharedFile } from './vfs/open-files.ts';
import { Watermark } from './watermark.ts';
import type { WriteQueue } from './write-queue.ts';
import { OpenWriteTransaction, type TransactionOwner } from './write-transaction.ts';

export interface StoreParts {
  readonly host: SqliteHost;
  readonly main: Connection;
  /** Reads beside an open write transaction. */
  readonly side: Connection;
  readonly snapshots: SnapshotPool;
  readonly database: SharedFile;
  readonly wal: SharedFile;
  readonly numbers: CommitNumbers;
  readonly queue: WriteQueue;
  readonly group: GroupCommit;
  readonly checkpointer: Checkpointer;
  readonly workers: ReadWorkers | null;
  readonly meters: EngineMeters;
  readonly liveFiles: LiveFiles;
  readonly lock: OwnerLock;
  readonly clock: Clock;
  readonly log: Log;
  readonly statementBudgetMs: number;
  readonly writeBudgetMs: number;
  readonly writerIdleMs: number;
  readonly walBytesMax: number;
}

const NOTHING_TO_WAIT_FOR: ReadResult = Object.freeze({ waitFor: 0n });

export class Store implements Engine, TransactionOwner {
  readonly #parts: StoreParts;
  readonly #watermark = new Watermark();
  readonly #hooks: ((transaction: StatementRunner) => void)[] = [];
  #transaction: OpenWriteTransaction | null = null;
  /** The log's write count when the open transaction began. */
  #writesAtBegin = 0;
  #idleTimer: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    parts.group.onDurable((commit) => this.#watermark.settle(commit));
  }

  get writeBudgetMs(): number {
    return this.#parts.writeBudgetMs;
  }

  monotonicMs(): number {
    return this.#parts.clock.monotonicMs();
  }

  readNow(request: ReadRequest): ReadResult | null {
    this.#mustRun();
    const { main, side, workers, statementBudgetMs } = this.#parts;
    const connection = this.#transaction === null && request.beside !== true ? main : side;
    const budgetMs = workers === null ? Number.POSITIVE_INFINITY : statementBudgetMs;
    const { session, interrupt, sink } = request;
    try {
      const options = { session, interrupt, budgetMs, commitNumber: 0n, readOnly: true };
      connection.run(request.statement, options, (row) => sink.row(row));
    } catch (error) {
      if (!(error instanceof BudgetExceeded)) throw error;
      sink.restart();
      return null;
    }
    return this.#readResult(request);
  }

  async read(request: ReadRequest): Promise<ReadResult> {
    const result = request.onWorker === true ? null : this.readNow(request);
    if (result !== null) return result;
    const { workers } = this.#parts;
    if (workers === null) throw new Error('a read passed its budget and there is no worker');
    await workers.run(request);
    return this.#readResult(request);
  }

  async beginWrite(request: WriteRequest): Promise<WriteTransaction> {
    this.#mustRun();
    const { queue, meters } = this.#parts;
    const begunMs = this.monotonicMs();
    await queue.acquire(request.lockTimeoutMs, request.signal);
    meters.lockWaits.observe(this.monotonicMs() - begunMs);
    return this.#begin();
  }

  beginWriteNow(): WriteTransaction | null {
    this.#mustRun();
    return this.#parts.queue.tryAcquire() ? this.#begin() : null;
  }

  async beginSnapshot(): Promise<SnapshotTransaction> {
    this.#mustRun();
    return await this.#parts.snapshots.begin();
  }

  pendingCommit(tables: readonly string[], merchant: string | null): bigint {
    const { group } = this.#parts;
    if (group.durable === group.last) return 0n;
    return this.#watermark.pending(tables, merchant, group.durable);
  }

  durable(commit: bigint): Promise<void> {
    return this.#parts.group.await(commit);
  }

  get durableCommit(): bigint {
    return this.#parts.group.durable;
  }

  onDurable(listener: (commit: bigint) => void): () => void {
    return this.#parts.group.onDurable(listener);
  }

  protect(tables: ReadonlyMap<string, { readonly guard: string }>): void {
    const { host, main, side, snapshots, workers } = this.#parts;
    host.protectedTables = new Map(tables);
    for (const connection of [main, side, ...snapshots.connections]) connection.forget('merchant');
    workers?.protect(host.protectedTables);
  }

  beforeCommit(hook: (transaction: StatementRunner) => void): void {
    this.#hooks.push(hook);
  }

  openLiveFile(granuleBytes: number): LiveFile {
    this.#mustRun();
    return this.#parts.liveFiles.open(granuleBytes);
  }

  status(): EngineStatus {
    const { group, wal, database, queue, snapshots, workers, host } = this.#parts;
    return {
      lastCommit: group.last,
      durableCommit: group.durable,
      walBytes: wal.wal?.logicalBytes ?? 0,
      databaseBytes: this.#closing === null ? database.file.size() : 0,
      writersWaiting: queue.waiting,
      writerUsedMs: this.#transaction?.lastUseMs ?? null,
      connectionsOpen: 2 + snapshots.connections.length,
      workerReadsRunning: workers?.running ?? 0,
      wasmHeapBytes: host.heap.byteLength,
    };
  }

  checkpoint(): Promise<void> {
    this.#mustRun();
    return this.#parts.checkpointer.run();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The disk or the WASM instance cannot be trusted: nothing is acknowledged and nothing begins from now on. */
  fail(error: unknown): void {
    const { group, queue, workers } = this.#parts;
    group.fail(error);
    queue.close(group.failure ?? new Error('the engine has failed'));
    workers?.cancelAll();
  }

  commit(transaction: OpenWriteTransaction): bigint {
    const { main, numbers, wal, group, checkpointer } = this.#parts;
    const number = transaction.commitNumber;
    try {
      for (const hook of this.#hooks) hook(transaction);
      numbers.cover(main, number);
      main.execute('COMMIT');
    } catch (error) {
      this.rollback(transaction);
      throw error;
    }
    const changed = wal.wal?.writes !== this.#writesAtBegin;
    if (changed) {
      numbers.committed(number);
      group.committed(number);
      for (const [table, merchants] of transaction.touches) {
        for (const merchant of merchants) this.#watermark.touch(table, merchant, number);
      }
    }
    this.#releaseLock();
    if (changed) this.#keepLogBounded();
    checkpointer.afterCommit();
    // What it read may not be durable yet: its COMMIT waits for that even where it changed nothing.
    return numbers.last;
  }

  rollback(_transaction: OpenWriteTransaction): void {
    const { main } = this.#parts;
    try {
      if (!main.autocommit) main.execute('ROLLBACK');
    } finally {
      this.#releaseLock();
    }
  }

  #begin(): WriteTransaction {
    const { main, numbers, wal } = this.#parts;
    try {
      this.#mustRun();
      main.execute('BEGIN IMMEDIATE');
    } catch (error) {
      this.#parts.queue.release();
      throw error;
    }
    this.#writesAtBegin = wal.wal?.writes ?? 0;
    this.#transaction = new OpenWriteTransaction(main, numbers.last + 1n, this);
    this.#idleTimer ??= this.#watchIdle(this.#parts.writerIdleMs);
    return this.#transaction;
  }

  #releaseLock(): void {
    this.#transaction = null;
    this.#parts.queue.release();
  }

  /** One timer for whoever holds the lock; it outlives many short transactions. */
  #watchIdle(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#idleTimer = null;
      const transaction = this.#transaction;
      if (transaction === null) return;
      const idleMs = this.monotonicMs() - transaction.lastUseMs;
      const { writerIdleMs } = this.#parts;
      if (idleMs >= writerIdleMs) transaction.terminate();
      this.#idleTimer ??= this.#watchIdle(
        idleMs >= writerIdleMs ? writerIdleMs : writerIdleMs - idleMs,
      );
    }, delayMs).unref();
  }

  /** Whoever keeps the log from being started over must go when it is too long. */
  #keepLogBounded(): void {
    const { wal, walBytesMax, snapshots, workers, liveFiles } = this.#parts;
    if ((wal.wal?.logicalBytes ?? 0) <= walBytesMax) return;
    snapshots.cancelAll();
    liveFiles.cancelAll();
    workers?.cancelAll();
  }

  #readResult(request: ReadRequest): ReadResult {
    const waitFor = this.pendingCommit(request.tables, request.session.merchant);
    return waitFor === 0n ? NOTHING_TO_WAIT_FOR : { waitFor };
  }

  #mustRun(): void {
    const { failure } = this.#parts.group;
    if (failure !== null) throw failure;
    if (this.#closing !== null) throw shuttingDown();
  }

  async #close(): Promise<void> {
    const { queue, snapshots, workers, group, checkpointer, main, side, lock } = this.#parts;
    queue.close(shuttingDown());
    this.#transaction?.terminate();
    snapshots.close(shuttingDown());
    this.#parts.liveFiles.cancelAll();
    await workers?.close();
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    await checkpointer.stop();
    if (group.failure === null) await group.flush();
    await group.stop();
    checkpointer.close();
    side.close();
    const clean = group.failure === null && this.#carryBack();
    // The last connection then removes the log: a closed database is one file.
    if (clean) main.configure(DBCONFIG.noCheckpointOnClose, 0);
    main.close();
    lock.release(clean);
  }

  /** False where there is no room: whoever opens the file next carries the log back. */
  #carryBack(): boolean {
    try {
      this.#parts.main.rows('PRAGMA wal_checkpoint(TRUNCATE)');
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#parts.log.error('closed on a full disk: the log stays beside the database');
      return false;
    }
  }
}

function shuttingDown(): EdgeError {
  return new EdgeError('admin_shutdown', 'terminating connection due to administrator command', {
    severity: 'FATAL',
  });
}
