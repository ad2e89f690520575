/**
 * Carries the log back into the database without holding the event loop while the disk syncs, and the write
 * lock only briefly (`vfs/database-file.ts` says how a checkpoint is rehearsed).
 *
 * First, while others go on writing: a read transaction pins the log's present end, the log is synced up to there,
 * the frames up to the pin are copied, and the database is synced asynchronously. Then, with the write lock held, the
 * same for what came meanwhile, and SQLite's own checkpoint confirms it all. As the lock is held at the end, the
 * log is carried back whole and the next writer starts it over: it stays bounded under any load.
 *
 * While a worker or a snapshot reads, it does nothing, or as much as is allowed, and is tried again later.
 */
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Connection } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import type { DatabaseFile } from './vfs/database-file.ts';
import type { SharedFile } from './vfs/open-files.ts';
import type { WalFile } from './vfs/wal-file.ts';
import type { WriteQueue } from './write-queue.ts';

export interface CheckpointerParts {
  /** Never inside a transaction when it is used here. */
  readonly connection: Connection;
  /** Opens the connection that pins the log's end. */
  readonly openPin: () => Connection;
  readonly database: SharedFile;
  readonly wal: SharedFile;
  readonly queue: WriteQueue;
  readonly group: GroupCommit;
  readonly log: Log;
  readonly onFatal: (error: unknown) => void;
  readonly triggerBytes: number;
}

export class Checkpointer {
  readonly #parts: CheckpointerParts;
  #running: Promise<void> | null = null;
  #pin: Connection | null = null;
  /** The log must have grown to this before the next automatic one. */
  #nextBytes: number;

  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
    this.#nextBytes = parts.triggerBytes;
  }

  /** Call after each commit; starts a checkpoint when the log is long enough. */
  afterCommit(): void {
    const used = this.#parts.wal.wal?.logicalBytes ?? 0;
    if (used < this.#parts.triggerBytes) {
      this.#nextBytes = this.#parts.triggerBytes;
      return;
    }
    if (used < this.#nextBytes || this.#running !== null) return;
    this.#nextBytes = used + this.#parts.triggerBytes / 2;
    this.run().catch((error: unknown) => {
      this.#parts.log.warn({ err: error }, 'the checkpoint did not finish; it will be tried again');
    });
  }

  get running(): boolean {
    return this.#running !== null;
  }

  /** One checkpoint at a time: a second caller awaits the one under way. */
  run(): Promise<void> {
    this.#running ??= this.#checkpoint().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async stop(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  /** After `stop`. */
  close(): void {
    this.#pin?.close();
  }

  async #checkpoint(): Promise<void> {
    const { database, wal, queue, group } = this.#parts;
    if (database.walIndex.locks.logHeld || database.database === null || wal.wal === null) return;
    database.database.beginCheckpoint();
    try {
      await this.#copyMost(database.database, wal.wal);
      await queue.acquire(0, null);
      try {
        // Others may have gone on writing meanwhile; nobody does now.
        await group.flush();
        await this.#copyRest(database.database, wal.wal);
      } finally {
        queue.release();
      }
    } finally {
      database.database.endCheckpoint();
    }
  }

  async #copyMost(database: DatabaseFile, wal: WalFile): Promise<void> {
    this.#pin ??= this.#parts.openPin();
    const pin = this.#pin;
    pin.execute('BEGIN');
    try {
      pin.first('SELECT value FROM helios_engine');
      await this.#parts.group.flush();
      wal.withoutSync(() => this.#rehearse(database));
    } finally {
      pin.execute('ROLLBACK');
    }
    await this.#sync(database);
  }

  async #copyRest(database: DatabaseFile, wal: WalFile): Promise<void> {
    this.#rehearse(database);
    await this.#sync(database);
    if (this.#logHeld) return;
    this.#run('PASSIVE');
    if (wal.allocatedBytes <= LIMITS.walKeptBytesMax) return;
    // A burst or a long report has made the file large: give the space back.
    this.#run('TRUNCATE');
    wal.reserve(LIMITS.walPreallocatedBytes);
  }

  get #logHeld(): boolean {
    return this.#parts.database.walIndex.locks.logHeld;
  }

  #rehearse(database: DatabaseFile): void {
    if (this.#logHeld) return;
    database.rehearse(() => {
      try {
        this.#run('PASSIVE');
      } catch (error) {
        // The refused sync is reported as an error of the disk; a real one comes back when it is in earnest.
        this.#parts.log.trace({ err: error }, 'checkpoint rehearsed');
      }
    });
  }

  async #sync(database: DatabaseFile): Promise<void> {
    try {
      await database.sync();
    } catch (error) {
      this.#parts.onFatal(error);
      throw error;
    }
  }

  #run(mode: 'PASSIVE' | 'TRUNCATE'): void {
    this.#parts.connection.rows(`PRAGMA wal_checkpoint(${mode})`);
  }
}
