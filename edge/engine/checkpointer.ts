/**
 * Carries the log back into the database, in three movements none of which holds the event loop for long:
 * frames are copied and the database is synced asynchronously while others go on writing; then, with the write
 * lock held, what came meanwhile is copied and synced the same way; then SQLite's own checkpoint confirms it all
 * (`vfs/database-file.ts`). As the lock is held at the end, the log is carried back whole and the next writer starts
 * it over: it stays bounded under any load.
 *
 * While a worker or a snapshot reads, it does nothing, or as much as is allowed, and is tried again later.
 */
import type { Log } from '../log.ts';
import type { Connection } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import type { SharedFile } from './vfs/open-files.ts';
import type { WriteQueue } from './write-queue.ts';

export interface CheckpointerParts {
  readonly connection: Connection;
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

  async #checkpoint(): Promise<void> {
    const { database, wal, queue, group } = this.#parts;
    if (database.walIndex.locks.logHeld || database.database === null || wal.wal === null) return;
    database.database.beginCheckpoint();
    try {
      await group.flush();
      await this.#rehearseAndSync();
      await queue.acquire(0, null);
      try {
        // Others may have gone on writing meanwhile; nobody does now.
        await group.flush();
        await this.#rehearseAndSync();
        if (!database.walIndex.locks.logHeld) this.#passive();
      } finally {
        queue.release();
      }
    } finally {
      database.database.endCheckpoint();
    }
  }

  async #rehearseAndSync(): Promise<void> {
    const file = this.#parts.database.database;
    if (file === null || this.#parts.database.walIndex.locks.logHeld) return;
    file.rehearse(() => {
      try {
        this.#passive();
      } catch (error) {
        // The refused sync is reported as an error of the disk; a real one comes back below.
        this.#parts.log.debug({ err: error }, 'checkpoint rehearsed');
      }
    });
    try {
      await file.sync();
    } catch (error) {
      this.#parts.onFatal(error);
      throw error;
    }
  }

  #passive(): void {
    this.#parts.connection.rows('PRAGMA wal_checkpoint(PASSIVE)');
  }
}
