/**
 * The live file, for a thread that copies or examines it while sales go on.
 *
 * The bulk is copied without holding anything: which parts a checkpoint wrote meanwhile is noted here, and
 * these are copied again. Only for the rest, the file is frozen: the log is neither carried back nor started over,
 * commits go on in the log, and the log's first bytes say what had been committed. A freeze that keeps the log from
 * being carried back for too long is cancelled by the store, and what was read under it is worth nothing.
 *
 * It copies nothing itself, and promises nothing for bytes beyond those that `freeze` names.
 */
import { EdgeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { FrozenFile, LiveFile } from './engine.ts';
import type { GroupCommit } from './group-commit.ts';
import type { ChangeWatch } from './vfs/database-file.ts';
import type { SharedFile } from './vfs/open-files.ts';
import type { WriteQueue } from './write-queue.ts';

export interface LiveFilesParts {
  readonly path: string;
  readonly database: SharedFile;
  readonly wal: SharedFile;
  readonly queue: WriteQueue;
  readonly group: GroupCommit;
  readonly checkpointer: Checkpointer;
  readonly log: Log;
}

/** All live files of one store, so that a log that grew too long ends them. */
export class LiveFiles {
  readonly #parts: LiveFilesParts;
  readonly #open = new Set<OpenLiveFile>();

  constructor(parts: LiveFilesParts) {
    this.#parts = parts;
  }

  open(granuleBytes: number): LiveFile {
    const { database } = this.#parts.database;
    if (database === null) throw new Error('the database file is not open');
    const file: OpenLiveFile = new OpenLiveFile(this.#parts, database.watch(granuleBytes), () => {
      this.#open.delete(file);
    });
    this.#open.add(file);
    return file;
  }

  /** Ends every freeze: the log cannot wait for them. */
  cancelAll(): void {
    for (const file of this.#open) file.cancel();
  }
}

class OpenLiveFile implements LiveFile {
  readonly path: string;
  readonly #parts: LiveFilesParts;
  readonly #watch: ChangeWatch;
  readonly #onClose: () => void;
  #release: (() => void) | null = null;
  #onCancel: (() => void) | null = null;
  #cancelled = false;

  constructor(parts: LiveFilesParts, watch: ChangeWatch, onClose: () => void) {
    this.path = parts.path;
    this.#parts = parts;
    this.#watch = watch;
    this.#onClose = onClose;
  }

  changed(): readonly number[] {
    return this.#watch.take();
  }

  async freeze(onCancel: (() => void) | null = null): Promise<FrozenFile> {
    const { checkpointer, queue, group, database, wal, log } = this.#parts;
    if (this.#release !== null) throw new Error('the file is frozen already');
    // The shorter the log, the less is to be read from it; a report that holds it may prevent that.
    await checkpointer.run().catch((error: unknown) => {
      log.debug({ err: error }, 'the checkpoint before a copy did not finish');
    });
    // With the write lock no transaction has a part of its frames in the log, and nobody starts it over.
    await queue.acquire(0, null);
    try {
      this.#cancelled = false;
      this.#onCancel = onCancel;
      this.#release = database.walIndex.locks.holdLog();
      await group.flush();
      wal.wal?.flush();
      return { walBytes: wal.wal?.logicalBytes ?? 0, commit: group.last };
    } catch (error) {
      this.#letGo();
      throw error;
    } finally {
      queue.release();
    }
  }

  thaw(): void {
    const cancelled = this.#cancelled;
    this.#letGo();
    if (!cancelled) return;
    throw new EdgeError(
      'object_in_use',
      'sales filled the write-ahead log while the file was read; try again when there is less to do',
    );
  }

  cancel(): void {
    if (this.#release === null) return;
    this.#cancelled = true;
    this.#release();
    this.#release = null;
    this.#onCancel?.();
  }

  close(): void {
    this.#letGo();
    this.#watch.end();
    this.#onClose();
  }

  #letGo(): void {
    this.#release?.();
    this.#release = null;
    this.#onCancel = null;
  }
}
