/**
 * What the connections of one WASM instance share about a path: its stored file, its locks and the memory
 * of its WAL-index. The WAL-index lives in the WASM heap, and is dropped when its last user unmaps it: a
 * later user makes it anew by recovery, and never meets a stale one.
 */
import type { Pointer } from '../sqlite/exports.ts';
import type { WasmHeap } from '../sqlite/wasm-heap.ts';
import type { DatabaseFile } from './database-file.ts';
import { type FileLocks, WalIndexLocks } from './file-locks.ts';
import type { StoredFile } from './stored-file.ts';
import type { WalFile } from './wal-file.ts';

export class WalIndex {
  readonly locks = new WalIndexLocks();
  readonly #heap: WasmHeap;
  #regions: Pointer[] = [];
  readonly #users = new Set<Pointer>();

  constructor(heap: WasmHeap) {
    this.#heap = heap;
  }

  /** Address of a region, or 0 when it does not exist and may not be made. */
  map(user: Pointer, region: number, bytes: number, extend: boolean): Pointer {
    this.#users.add(user);
    while (this.#regions.length <= region) {
      if (!extend) return 0;
      const pointer = this.#heap.malloc(bytes);
      this.#heap.bytes.fill(0, pointer, pointer + bytes);
      this.#regions.push(pointer);
    }
    return this.#regions[region] ?? 0;
  }

  unmap(user: Pointer): void {
    this.locks.releaseAll(user);
    this.#users.delete(user);
    if (this.#users.size > 0) return;
    for (const pointer of this.#regions) this.#heap.exports.free(pointer);
    this.#regions = [];
  }
}

/** One path, opened once for all connections. */
export interface SharedFile {
  readonly path: string;
  readonly file: StoredFile;
  /** The same file, where it is a write-ahead log. */
  readonly wal: WalFile | null;
  /** The same file, where it is a main database. */
  readonly database: DatabaseFile | null;
  readonly locks: FileLocks;
  readonly walIndex: WalIndex;
  users: number;
}

/** One sqlite3_file. */
export interface OpenFile {
  /** null for a temporary file that nobody else sees. */
  readonly shared: SharedFile | null;
  readonly file: StoredFile;
  readonly deleteOnClose: boolean;
}
