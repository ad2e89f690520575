/**
 * The transaction of one session: its block state as the client sees it, and what it holds in the engine.
 *
 * READ COMMITTED holds nothing before its first write: each read sees the last committed state. The
 * first write takes the write lock, and from then on everything runs on that write transaction. REPEATABLE
 * READ and SERIALIZABLE hold a snapshot from their first statement; their first write gives it up for the write
 * lock, which is 40001 when anyone has committed meanwhile.
 *
 * It writes no messages and knows no portals; it does not wait for the disk: `commit` says for what the
 * reply must wait.
 */
import type { Clock } from '../clock.ts';
import type {
  Engine,
  PacedRunner,
  SnapshotTransaction,
  WriteTransaction,
} from '../engine/engine.ts';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Catalog } from '../sql/catalog/model.ts';
import type { IsolationLevel } from '../sql/plan.ts';
import type { Interrupts } from './interrupts.ts';
import type { Settings, SettingsState } from './settings.ts';
import type { PendingWrites, WriteActivity } from './write-activity.ts';

/**
 * idle: none. implicit: opened by a statement, ends with the message (or Sync). block: after BEGIN.
 * failed: a block in which a statement failed.
 */
export type BlockState = 'idle' | 'implicit' | 'block' | 'failed';

/** Where DDL of this transaction is published when it commits. */
export interface CatalogPublisher {
  readonly current: Catalog;
  publish(catalog: Catalog): void;
}

interface Savepoint {
  readonly name: string;
  readonly settings: SettingsState;
  readonly catalog: Catalog | null;
}

export interface TransactionDependencies {
  readonly engine: Engine;
  readonly catalogs: CatalogPublisher;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly interrupts: Interrupts;
  readonly merchant: string | null;
  readonly activity: WriteActivity;
}

/** Microseconds from 1970 to 2000, where PostgreSQL's time begins. */
const EPOCH_2000_MICROS = 946_684_800_000_000n;

/** What PostgreSQL says when it ends a session that sat in its transaction. */
export function idleInTransactionError(): EdgeError {
  return new EdgeError(
    'idle_in_transaction_session_timeout',
    'terminating connection due to idle-in-transaction timeout',
    { severity: 'FATAL' },
  );
}

function serializationFailure(): EdgeError {
  return new EdgeError(
    'serialization_failure',
    'could not serialize access due to concurrent update',
  );
}

export class Transaction {
  readonly #dependencies: TransactionDependencies;
  #state: BlockState = 'idle';
  #write: WriteTransaction | null = null;
  /** Savepoints that were there when the write lock was taken: going back to one gives the lock back. */
  #savepointsBeforeWrite = 0;
  #snapshot: SnapshotTransaction | null = null;
  /** Last commit that the snapshot can have seen. */
  #snapshotCommit = 0n;
  #snapshotCatalog: Catalog | null = null;
  #savepoints: Savepoint[] = [];
  #catalog: Catalog | null = null;
  #settingsBefore: SettingsState | null = null;
  #isolation: IsolationLevel = 'read committed';
  #readOnly = false;
  #hasRun = false;
  #startedAt = 0n;
  /** What it has written while somebody watched. */
  #written: PendingWrites | null = null;

  constructor(dependencies: TransactionDependencies) {
    this.#dependencies = dependencies;
  }

  get state(): BlockState {
    return this.#state;
  }

  get isolation(): IsolationLevel {
    return this.#isolation;
  }

  get readOnly(): boolean {
    return this.#readOnly;
  }

  /** A statement with a snapshot has run: the isolation level is settled. */
  get hasRun(): boolean {
    return this.#hasRun;
  }

  get savepointDepth(): number {
    return this.#savepoints.length;
  }

  /** Microseconds since 2000-01-01 UTC of the first statement: now(). */
  get startedAt(): bigint {
    return this.#startedAt;
  }

  /** True while it holds the write lock. */
  get holdsWriteLock(): boolean {
    return this.#write !== null;
  }

  /** The catalog as this transaction sees it: its own DDL included. */
  get catalog(): Catalog {
    return this.#catalog ?? this.#dependencies.catalogs.current;
  }

  /** Its catalog is nobody else's: plans made with it are not shared. */
  get hasOwnCatalog(): boolean {
    return this.#catalog !== null;
  }

  set ownCatalog(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** Time as PostgreSQL counts it. */
  now(): bigint {
    return this.#dependencies.clock.wallMicros() - EPOCH_2000_MICROS;
  }

  /** Before each statement: opens an implicit transaction where there is none. */
  begin(statementTime: bigint): void {
    if (this.#state !== 'idle') return;
    const { settings } = this.#dependencies;
    this.#state = 'implicit';
    this.#startedAt = statementTime;
    this.#settingsBefore = settings.mark();
    this.#isolation = settings.defaultIsolation;
    this.#readOnly = settings.defaultReadOnly;
    this.#hasRun = false;
    this.#showLive();
  }

  /** BEGIN: what has run before in the same message belongs to the block, as in PostgreSQL. */
  beginBlock(): void {
    this.#state = 'block';
  }

  /** SET TRANSACTION and the options of BEGIN. @throws EdgeError 25001 when it comes too late */
  setMode(isolation: IsolationLevel | null, readOnly: boolean | null): void {
    if (isolation !== null && isolation !== this.#isolation) {
      if (this.#hasRun) {
        throw new EdgeError(
          'active_sql_transaction',
          'SET TRANSACTION ISOLATION LEVEL must be called before any query',
        );
      }
      if (this.#savepoints.length > 0) {
        throw new EdgeError(
          'active_sql_transaction',
          'SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction',
        );
      }
      this.#isolation = isolation;
    }
    if (readOnly === false && this.#readOnly && this.#hasRun) {
      throw new EdgeError(
        'active_sql_transaction',
        'transaction read-write mode must be set before any query',
      );
    }
    if (readOnly !== null) this.#readOnly = readOnly;
    this.#showLive();
  }

  /** @throws EdgeError 25P03, FATAL, when the engine has rolled an idle holder of the lock back */
  checkAlive(): void {
    if (this.#write?.finished === true) throw idleInTransactionError();
  }

  /**
   * What reads run on: the write transaction, the snapshot, or null for "the last committed state".
   * A promise only where a snapshot has to be opened.
   */
  reader(): PacedRunner | null | Promise<PacedRunner> {
    this.#hasRun = true;
    if (this.#write !== null) return this.#write;
    if (this.#isolation === 'read committed') return null;
    if (this.#snapshot === null) return this.#openSnapshot();
    // The snapshot's tables are the old ones, the plans' are the new.
    if (this.#dependencies.catalogs.current !== this.#snapshotCatalog) throw serializationFailure();
    return this.#snapshot;
  }

  /** The write transaction: waits for the lock the first time. @throws EdgeError 55P03, 57014, 40001 */
  writer(): WriteTransaction | Promise<WriteTransaction> {
    this.#hasRun = true;
    if (this.#write !== null) return this.#write;
    if (this.#isolation === 'read committed') {
      const write = this.#dependencies.engine.beginWriteNow();
      if (write !== null) return this.#adopt(write);
    }
    return this.#takeWriteLock();
  }

  /** For whoever watches: a statement of this transaction has changed rows of a table. */
  noteWrite(table: string, rows: number): void {
    this.#written ??= new Map();
    const count = this.#written.get(table);
    if (count === undefined) {
      this.#written.set(table, { statements: 1, rows });
      return;
    }
    count.statements += 1;
    count.rows += rows;
  }

  /** @returns commit number that the reply must wait for, 0n for none. @throws what the commit throws */
  commit(): bigint {
    const write = this.#write;
    let number = 0n;
    try {
      if (write !== null) {
        if (write.finished) throw idleInTransactionError();
        number = write.commit();
        if (this.#catalog !== null) this.#dependencies.catalogs.publish(this.#catalog);
      }
    } catch (error) {
      this.rollback();
      throw error;
    }
    this.#write = null;
    if (this.#written !== null) {
      this.#dependencies.activity.add(this.#dependencies.merchant, this.#written);
    }
    this.#end();
    return number;
  }

  rollback(): void {
    const write = this.#write;
    const before = this.#settingsBefore;
    this.#write = null;
    try {
      if (write !== null && !write.finished) write.rollback();
    } finally {
      if (before !== null) this.#dependencies.settings.restore(before);
      this.#end();
    }
  }

  /** A statement failed: a block waits for its end, anything else is over. */
  fail(): void {
    if (this.#state === 'failed' || this.#state === 'idle') return;
    if (this.#state === 'implicit') {
      this.rollback();
      return;
    }
    this.#state = 'failed';
    const last = this.#savepoints.at(-1);
    const before = last?.settings ?? this.#settingsBefore;
    if (before !== null) this.#dependencies.settings.restore(before);
    // Without a savepoint there is nothing to come back to: others need not wait for ROLLBACK.
    if (last === undefined) this.#releaseEngine();
  }

  savepoint(name: string): void {
    if (this.#savepoints.length >= LIMITS.savepointsPerTransactionMax) {
      throw new EdgeError('program_limit_exceeded', 'too many savepoints in one transaction');
    }
    this.#write?.savepoint(this.#savepoints.length + 1);
    this.#savepoints.push({
      name,
      settings: this.#dependencies.settings.mark(),
      catalog: this.#catalog,
    });
  }

  /** @throws EdgeError 3B001 */
  release(name: string): void {
    const index = this.#find(name);
    this.#write?.release(index + 1);
    this.#savepoints.length = index;
    this.#savepointsBeforeWrite = Math.min(this.#savepointsBeforeWrite, index);
  }

  /** Also ends the failed state. @throws EdgeError 3B001 */
  rollbackTo(name: string): void {
    const index = this.#find(name);
    const savepoint = this.#savepoints[index];
    if (savepoint === undefined) return;
    this.#savepoints.length = index + 1;
    if (this.#write !== null) {
      if (index < this.#savepointsBeforeWrite && this.#isolation === 'read committed') {
        this.#releaseEngine();
      } else {
        this.#write.rollbackTo(index + 1);
      }
    }
    this.#catalog = savepoint.catalog;
    this.#dependencies.settings.restore(savepoint.settings);
    this.#state = 'block';
  }

  #find(name: string): number {
    const index = this.#savepoints.findLastIndex((each) => each.name === name);
    if (index === -1) {
      throw new EdgeError('invalid_savepoint_specification', `savepoint "${name}" does not exist`);
    }
    return index;
  }

  async #openSnapshot(): Promise<PacedRunner> {
    const { engine, catalogs } = this.#dependencies;
    // Taken before: a commit that slips in between makes the upgrade stale, never falsely fresh.
    this.#snapshotCommit = engine.status().lastCommit;
    this.#snapshotCatalog = catalogs.current;
    this.#snapshot = await engine.beginSnapshot();
    return this.#snapshot;
  }

  async #takeWriteLock(): Promise<WriteTransaction> {
    const { engine, interrupts, settings, merchant } = this.#dependencies;
    interrupts.check();
    interrupts.arm();
    if (this.#isolation !== 'read committed' && this.#snapshot === null) await this.#openSnapshot();
    const write = await engine.beginWrite({
      merchant,
      lockTimeoutMs: settings.lockTimeoutMs,
      signal: interrupts.signal,
    });
    const snapshot = this.#snapshot;
    if (snapshot !== null) {
      this.#snapshot = null;
      snapshot.close();
      if (write.commitNumber - 1n !== this.#snapshotCommit) {
        write.rollback();
        throw serializationFailure();
      }
    }
    return this.#adopt(write);
  }

  /** The lock is ours: savepoints that were virtual so far become real. */
  #adopt(write: WriteTransaction): WriteTransaction {
    this.#write = write;
    this.#savepointsBeforeWrite = this.#savepoints.length;
    for (let depth = 1; depth <= this.#savepoints.length; depth++) write.savepoint(depth);
    return write;
  }

  #releaseEngine(): void {
    const write = this.#write;
    this.#write = null;
    this.#snapshot?.close();
    this.#snapshot = null;
    this.#savepointsBeforeWrite = 0;
    this.#written = null;
    if (write !== null && !write.finished) write.rollback();
  }

  #end(): void {
    this.#state = 'idle';
    this.#snapshot?.close();
    this.#snapshot = null;
    this.#savepoints = [];
    this.#savepointsBeforeWrite = 0;
    this.#catalog = null;
    this.#settingsBefore = null;
    this.#written = null;
    this.#dependencies.settings.endTransaction();
  }

  #showLive(): void {
    const { settings } = this.#dependencies;
    settings.setLive('transaction_isolation', this.#isolation);
    settings.setLive('transaction_read_only', this.#readOnly ? 'on' : 'off');
  }
}
