/**
 * Copies a database that is being written to into packed frames.
 *
 * First the whole file, slowly, while checkpoints write into it; then, round by round, what was written
 * meanwhile; and at last, with the file frozen for a moment, the few parts that are left, with the log's committed
 * pages laid over them. The result is the state of one commit, whole.
 *
 * Runs on a thread of its own beside a running box. It works in small steps, each synced, with pauses between
 * them, because a large write-back would hold up the syncs of sales.
 */
import * as fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { LIMITS } from '../limits.ts';
import { refused } from './backup-error.ts';
import { type LogPages, readLogPages } from './log-pages.ts';
import { CHUNK_BYTES, type Frame, packChunk } from './packed-file.ts';

/** The database that is copied; beside a running box its answers come from the main thread. */
export interface CopySource {
  readonly path: string;
  /** Chunks written since the last call. */
  changed(): Promise<readonly number[]>;
  freeze(): Promise<{ readonly walBytes: number; readonly commit: bigint }>;
  /** @throws Error when the file did not stand still */
  thaw(): Promise<void>;
}

export interface CopyOptions {
  readonly source: CopySource;
  /** Where the frames go: an empty file of the caller's. */
  readonly fd: number;
  /** Bytes of the database per second; null: as fast as it goes. */
  readonly bytesPerSecond: number | null;
  /** Called every few megabytes, to look at the free space. @throws to give up */
  readonly watchSpace: () => void;
}

export interface Copied {
  /** The frames in the order of the database; they lie in the file in any order. */
  readonly frames: readonly Frame[];
  readonly commit: bigint;
  /** How long the log was held. */
  readonly frozenMs: number;
}

/** Rounds over what was written meanwhile, and how little is left to the freeze. */
const ROUNDS_MAX = 4;
const CHUNKS_LEFT = 32;
const HEADER_BYTES = 100;
const PAGE_SIZE_AT = 16;
const VERSIONS_AT = 18;
/** The largest page size does not fit the header's two bytes. */
const PAGE_SIZE_LARGEST = 65_536;
/** "Written and read without a log": a backup is one file. */
const ROLLBACK_JOURNAL = 1;

/** @throws BackupError, and whatever the disk says */
export async function copyDatabase(options: CopyOptions): Promise<Copied> {
  const { source } = options;
  const database = fs.openSync(source.path, 'r');
  const log = openIfThere(`${source.path}-wal`);
  try {
    const writer = new FrameWriter(options);
    const copy = new DatabaseCopy(database, log, writer);
    await source.changed();
    await copy.all();
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const changed = await source.changed();
      copy.remember(changed);
      if (changed.length <= CHUNKS_LEFT) break;
      await copy.rest();
    }
    const begun = performance.now();
    const { walBytes, commit } = await source.freeze();
    copy.remember(await source.changed());
    writer.hurry();
    await copy.finish(walBytes);
    await source.thaw();
    const frozenMs = performance.now() - begun;
    fs.fdatasyncSync(options.fd);
    return { frames: copy.frames(), commit, frozenMs };
  } finally {
    fs.closeSync(database);
    if (log !== null) fs.closeSync(log);
  }
}

function openIfThere(path: string): number | null {
  try {
    return fs.openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

class DatabaseCopy {
  readonly #database: number;
  readonly #log: number | null;
  readonly #writer: FrameWriter;
  readonly #pageSize: number;
  readonly #frames: Frame[] = [];
  #left = new Set<number>();
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);

  constructor(database: number, log: number | null, writer: FrameWriter) {
    this.#database = database;
    this.#log = log;
    this.#writer = writer;
    const header = Buffer.alloc(HEADER_BYTES);
    fs.readSync(database, header, 0, HEADER_BYTES, 0);
    if (header.toString('latin1', 0, 15) !== 'SQLite format 3') {
      throw refused('the database file does not begin as one; run "helios-edge check"');
    }
    const stored = header.readUInt16BE(PAGE_SIZE_AT);
    this.#pageSize = stored === 1 ? PAGE_SIZE_LARGEST : stored;
  }

  async all(): Promise<void> {
    const chunks = Math.ceil(fs.fstatSync(this.#database).size / CHUNK_BYTES);
    for (let index = 0; index < chunks; index += 1) await this.#put(index, null);
  }

  remember(chunks: readonly number[]): void {
    for (const chunk of chunks) this.#left.add(chunk);
  }

  async rest(): Promise<void> {
    const left = this.#left;
    this.#left = new Set();
    for (const index of left) await this.#put(index, null);
  }

  /** With the file frozen: what is left, and everything that the log has a newer page of. */
  async finish(walBytes: number): Promise<void> {
    const pages =
      this.#log === null
        ? { offsets: new Map<number, number>(), databasePages: null }
        : readLogPages(this.#log, walBytes, this.#pageSize);
    const size =
      pages.databasePages === null
        ? fs.fstatSync(this.#database).size
        : pages.databasePages * this.#pageSize;
    const perChunk = CHUNK_BYTES / this.#pageSize;
    for (const page of pages.offsets.keys()) this.#left.add(Math.floor((page - 1) / perChunk));
    const chunks = Math.ceil(size / CHUNK_BYTES);
    for (let index = 0; index < chunks; index += 1) {
      const contentBytes = Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES);
      if (this.#frames[index]?.contentBytes !== contentBytes) this.#left.add(index);
    }
    this.#frames.length = chunks;
    for (const index of this.#left) {
      if (index < chunks) await this.#put(index, { pages, size });
    }
  }

  frames(): readonly Frame[] {
    return this.#frames;
  }

  async #put(index: number, frozen: { pages: LogPages; size: number } | null): Promise<void> {
    const start = index * CHUNK_BYTES;
    this.#chunk.fill(0, this.#read(start));
    let bytes = CHUNK_BYTES;
    if (frozen === null) bytes = Math.min(bytes, fs.fstatSync(this.#database).size - start);
    else {
      bytes = Math.min(bytes, frozen.size - start);
      this.#layOver(index, frozen.pages);
    }
    // A file that has been cut meanwhile: the last round sees it as it is.
    if (bytes <= 0) return;
    if (index === 0) this.#chunk.fill(ROLLBACK_JOURNAL, VERSIONS_AT, VERSIONS_AT + 2);
    this.#frames[index] = await this.#writer.write(this.#chunk.subarray(0, bytes));
  }

  #read(start: number): number {
    let total = 0;
    while (total < CHUNK_BYTES) {
      const count = fs.readSync(
        this.#database,
        this.#chunk,
        total,
        CHUNK_BYTES - total,
        start + total,
      );
      if (count === 0) break;
      total += count;
    }
    return total;
  }

  #layOver(index: number, { offsets }: LogPages): void {
    const perChunk = CHUNK_BYTES / this.#pageSize;
    for (let slot = 0; slot < perChunk; slot += 1) {
      const offset = offsets.get(index * perChunk + slot + 1);
      if (offset === undefined || this.#log === null) continue;
      const at = slot * this.#pageSize;
      fs.readSync(this.#log, this.#chunk, at, this.#pageSize, offset);
    }
  }
}

/** Appends frames at a measured pace. */
class FrameWriter {
  readonly #options: CopyOptions;
  #pace: Pace;
  #offset = 0;
  #synced = 0;
  #contentBytes = 0;
  #contentWatched = 0;

  constructor(options: CopyOptions) {
    this.#options = options;
    this.#pace = new Pace(options.bytesPerSecond);
  }

  /** The log is held now: no more pauses. */
  hurry(): void {
    this.#pace = new Pace(null);
  }

  async write(content: Uint8Array): Promise<Frame> {
    const { fd, watchSpace } = this.#options;
    const packed = packChunk(content);
    writeWhole(fd, packed, this.#offset);
    const frame = { offset: this.#offset, bytes: packed.length, contentBytes: content.length };
    this.#offset += packed.length;
    this.#contentBytes += content.length;
    if (this.#offset - this.#synced >= LIMITS.backupSyncBytes) {
      fs.fdatasyncSync(fd);
      this.#synced = this.#offset;
    }
    if (this.#contentBytes - this.#contentWatched >= LIMITS.backupWatchBytes) {
      this.#contentWatched = this.#contentBytes;
      watchSpace();
    }
    await this.#pace.keep(content.length);
    return frame;
  }
}

/** Holds a long copy to so many bytes a second. */
export class Pace {
  readonly #bytesPerSecond: number | null;
  #since = performance.now();
  #bytes = 0;

  /** @param bytesPerSecond null: as fast as it goes */
  constructor(bytesPerSecond: number | null) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  async keep(bytes: number): Promise<void> {
    if (this.#bytesPerSecond === null) return;
    this.#bytes += bytes;
    const dueMs = (this.#bytes / this.#bytesPerSecond) * 1000;
    const aheadMs = dueMs - (performance.now() - this.#since);
    if (aheadMs >= 1) await pause(aheadMs);
    // Time that was lost is not made up for by a burst.
    else if (aheadMs < 0) {
      this.#bytes = 0;
      this.#since = performance.now();
    }
  }
}

/** All of it, wherever the kernel stops. */
export function writeWhole(fd: number, bytes: Uint8Array, position: number): void {
  let total = 0;
  while (total < bytes.length) {
    total += fs.writeSync(fd, bytes, total, bytes.length - total, position + total);
  }
}
