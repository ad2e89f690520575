/**
 * The write-ahead log: a file whose new frames are gathered in memory and served to readers from there,
 * so that a group of commits costs one write and one sync.
 *
 * Space is taken *before* a frame is accepted, by writing zeros in steps: a full disk is therefore found while
 * the transaction can still be refused, and `fdatasync` need not record a new file size each time. The file
 * is not cut in normal running; what lies behind the last frame is stale and SQLite's checksums end there.
 *
 * Starting the log over has an order to keep: its new header must be on the disk before any frame overwrites an
 * old one, or a crash could replay a part of the old log. SQLite asks for a sync between the two; we keep the
 * frames in memory instead until the header has been synced, so that the event loop need not wait.
 */
import type { StoredFile } from './stored-file.ts';

/** Larger than what a hundred clients commit while a new header is synced. */
const PENDING_BYTES_MAX = 4 * 1024 * 1024;
const PENDING_BYTES_INITIAL = 128 * 1024;
const GROW_BYTES = 512 * 1024;
const HEADER_BYTES = 32;
const ZEROS = new Uint8Array(64 * 1024);

export class WalFile implements StoredFile {
  readonly #file: StoredFile;
  readonly #readOnly: boolean;
  #pending = new Uint8Array(PENDING_BYTES_INITIAL);
  #pendingStart = 0;
  #pendingLength = 0;
  #allocated: number;
  #logicalEnd = 0;
  #writes = 0;
  /** Counts the headers whose order is still to be kept; 0 for none. */
  #headerPending = 0;
  #headers = 0;
  /** Changes to the file below, and how many of them a returned sync covers. */
  #changes = 0;
  #syncedChanges = 0;
  #syncWaived = false;

  constructor(file: StoredFile, readOnly: boolean) {
    this.#file = file;
    this.#readOnly = readOnly;
    this.#allocated = file.size();
  }

  /** Bytes in use since the log was last started over. */
  get logicalBytes(): number {
    return this.#logicalEnd;
  }

  /** Grows with every write: a transaction that left it alone changed nothing. */
  get writes(): number {
    return this.#writes;
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    const pendingEnd = this.#pendingStart + this.#pendingLength;
    const from = Math.max(position, this.#pendingStart);
    const to = Math.min(position + length, pendingEnd);
    if (from >= to) return this.#file.read(target, start, length, position);
    let read = length;
    if (from > position || to < position + length) {
      read = this.#file.read(target, start, length, position);
    }
    const piece = this.#pending.subarray(from - this.#pendingStart, to - this.#pendingStart);
    target.set(piece, start + from - position);
    return Math.max(read, to - position);
  }

  write(source: Uint8Array, start: number, length: number, position: number): void {
    const end = position + length;
    if (end > this.#allocated) this.reserve(end);
    this.#writes += 1;
    this.#logicalEnd = position === 0 ? end : Math.max(this.#logicalEnd, end);
    const pendingEnd = this.#pendingStart + this.#pendingLength;
    const adjoins = position >= this.#pendingStart && position <= pendingEnd;
    if (!adjoins || end - this.#pendingStart > PENDING_BYTES_MAX) this.flush();
    if (position === 0 && length === HEADER_BYTES) {
      this.flush();
      this.#headers += 1;
      this.#headerPending = this.#headers;
    }
    if (this.#pendingLength === 0) this.#pendingStart = position;
    const at = position - this.#pendingStart;
    if (at + length > this.#pending.length) this.#enlarge(at + length);
    this.#pending.set(source.subarray(start, start + length), at);
    this.#pendingLength = Math.max(this.#pendingLength, at + length);
  }

  /** Makes room up to `bytes`, on the disk. @throws the file system's error, ENOSPC among them */
  reserve(bytes: number): void {
    const target = Math.ceil(bytes / GROW_BYTES) * GROW_BYTES;
    while (this.#allocated < target) {
      const count = Math.min(ZEROS.length, target - this.#allocated);
      this.#writeThrough(ZEROS, count, this.#allocated);
      this.#allocated += count;
    }
  }

  get allocatedBytes(): number {
    return this.#allocated;
  }

  /** Hands the gathered frames to the kernel; they are not on the disk yet. */
  flush(): void {
    if (this.#pendingLength === 0) return;
    if (this.#headerPending !== 0) {
      this.#writeThrough(this.#pending, HEADER_BYTES, 0);
      this.#syncFile();
      this.#headerPending = 0;
    }
    this.#writeThrough(this.#pending, this.#pendingLength, this.#pendingStart);
    this.#pendingLength = 0;
  }

  truncate(bytes: number): void {
    this.flush();
    this.#changes += 1;
    this.#file.truncate(bytes);
    this.#allocated = bytes;
    this.#logicalEnd = Math.min(this.#logicalEnd, bytes);
  }

  size(): number {
    // The worker's file grows under it, by the main instance's hand.
    return this.#readOnly ? this.#file.size() : this.#allocated;
  }

  /** Runs a checkpoint that copies only frames which an asynchronous sync has covered already. */
  withoutSync(checkpoint: () => void): void {
    this.#syncWaived = true;
    try {
      checkpoint();
    } finally {
      this.#syncWaived = false;
    }
  }

  syncNow(): void {
    if (this.#syncWaived) return;
    // The sync after a new header: the order is kept here, not by waiting.
    if (this.#headerPending !== 0 && this.#pendingLength === HEADER_BYTES) return;
    this.flush();
    if (this.#changes !== this.#syncedChanges) this.#syncFile();
  }

  async sync(): Promise<void> {
    const header = this.#headerPending;
    if (header !== 0 && this.#pendingLength > 0) {
      this.#writeThrough(this.#pending, HEADER_BYTES, 0);
      await this.#file.sync();
      if (this.#headerPending === header) this.#headerPending = 0;
    }
    this.flush();
    const covered = this.#changes;
    await this.#file.sync();
    this.#syncedChanges = Math.max(this.#syncedChanges, covered);
  }

  /** As `sync`, holding the thread; false, with nothing done, when a new header takes two syncs. */
  syncInPlace(): boolean {
    if (this.#headerPending !== 0) return false;
    this.flush();
    this.#syncFile();
    return true;
  }

  isAtItsPath(): boolean {
    return this.#file.isAtItsPath();
  }

  close(): void {
    if (!this.#readOnly) this.flush();
    this.#file.close();
  }

  #writeThrough(source: Uint8Array, length: number, position: number): void {
    this.#changes += 1;
    this.#file.write(source, 0, length, position);
  }

  #syncFile(): void {
    const covered = this.#changes;
    this.#file.syncNow();
    this.#syncedChanges = covered;
  }

  #enlarge(bytes: number): void {
    const larger = new Uint8Array(
      Math.min(PENDING_BYTES_MAX, Math.max(bytes, this.#pending.length * 2)),
    );
    larger.set(this.#pending.subarray(0, this.#pendingLength));
    this.#pending = larger;
  }
}
