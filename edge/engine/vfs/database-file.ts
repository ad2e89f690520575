/**
 * The database file, with a checkpoint that does not hold the event loop while the disk syncs.
 *
 * SQLite's checkpoint copies frames into the database and syncs it within one call. We let it *rehearse*: the
 * copying is done, the sync is refused, and SQLite takes the checkpoint for failed; that is the state after
 * a crash in the middle of a checkpoint, which is harmless, for the log still holds every frame. Then the file
 * is synced asynchronously, and the checkpoint is run again: it finds every page as it would write it, and the sync
 * that it asks for has been made.
 */
import { Buffer } from 'node:buffer';
import type { StoredFile } from './stored-file.ts';

/** Refuses the sync that would end a rehearsal; no fault of the disk. */
export class RehearsalOver extends Error {
  override readonly name = 'RehearsalOver';
}

/** Which parts of the file have been written since somebody began to watch. */
export class ChangeWatch {
  readonly #granuleBytes: number;
  readonly #onEnd: (watch: ChangeWatch) => void;
  #changed = new Set<number>();

  constructor(granuleBytes: number, onEnd: (watch: ChangeWatch) => void) {
    this.#granuleBytes = granuleBytes;
    this.#onEnd = onEnd;
  }

  note(position: number, length: number): void {
    const last = Math.floor((position + length - 1) / this.#granuleBytes);
    for (let at = Math.floor(position / this.#granuleBytes); at <= last; at += 1) {
      this.#changed.add(at);
    }
  }

  /** Numbers of the granules written since the last call. */
  take(): readonly number[] {
    const taken = [...this.#changed];
    this.#changed = new Set();
    return taken;
  }

  end(): void {
    this.#onEnd(this);
  }
}

export class DatabaseFile implements StoredFile {
  readonly #file: StoredFile;
  readonly #watches = new Set<ChangeWatch>();
  #rehearsing = false;
  #checkpointing = false;
  /** Pages were written by an earlier pass of this checkpoint: look before writing them again. */
  #comparing = false;
  #compared = new Uint8Array(0);
  #changes = 0;
  #syncedChanges = 0;

  constructor(file: StoredFile) {
    this.#file = file;
  }

  /** From here to `endCheckpoint` a page that is to be written as it is already is left alone. */
  beginCheckpoint(): void {
    this.#checkpointing = true;
  }

  endCheckpoint(): void {
    this.#checkpointing = false;
    this.#comparing = false;
  }

  /** Runs a checkpoint up to its sync, which is refused. */
  rehearse(checkpoint: () => void): void {
    this.#rehearsing = true;
    try {
      checkpoint();
    } finally {
      this.#rehearsing = false;
      this.#comparing = this.#checkpointing;
    }
  }

  /** Notes from now on what is written, for a copy that is made meanwhile. */
  watch(granuleBytes: number): ChangeWatch {
    const watch = new ChangeWatch(granuleBytes, (ended) => this.#watches.delete(ended));
    this.#watches.add(watch);
    return watch;
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    return this.#file.read(target, start, length, position);
  }

  write(source: Uint8Array, start: number, length: number, position: number): void {
    if (this.#comparing && this.#holds(source.subarray(start, start + length), position)) return;
    this.#changes += 1;
    for (const watch of this.#watches) watch.note(position, length);
    this.#file.write(source, start, length, position);
  }

  truncate(bytes: number): void {
    if (this.#file.size() === bytes) return;
    this.#changes += 1;
    this.#file.truncate(bytes);
  }

  size(): number {
    return this.#file.size();
  }

  syncNow(): void {
    if (this.#rehearsing) throw new RehearsalOver();
    // Only where an asynchronous sync has covered everything is there nothing left to do.
    if (this.#checkpointing && this.#syncedChanges === this.#changes) return;
    const covered = this.#changes;
    this.#file.syncNow();
    this.#syncedChanges = covered;
  }

  async sync(): Promise<void> {
    const covered = this.#changes;
    await this.#file.sync();
    this.#syncedChanges = Math.max(this.#syncedChanges, covered);
  }

  isAtItsPath(): boolean {
    return this.#file.isAtItsPath();
  }

  close(): void {
    this.#file.close();
  }

  /** True when the file has these bytes at that place; read from the page cache, where an earlier pass put them. */
  #holds(page: Uint8Array, position: number): boolean {
    if (this.#compared.length !== page.length) this.#compared = new Uint8Array(page.length);
    const count = this.#file.read(this.#compared, 0, page.length, position);
    return count === page.length && Buffer.compare(this.#compared, page) === 0;
  }
}
