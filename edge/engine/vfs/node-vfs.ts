/**
 * SQLite's virtual file system over Node: real files, several connections in one WASM instance, WAL with
 * shared memory in the WASM heap.
 *
 * Every method catches everything: a throw would unwind SQLite's frames. What the kernel refused is kept in
 * `lastError` and logged, and SQLite gets the code. Locking works within this instance only. A read-only VFS (the
 * worker's) refuses to write, truncate or delete anything but its own temporary files.
 *
 * @see https://www.sqlite.org/c3ref/io_methods.html
 */
import { randomFillSync } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { Clock } from '../../clock.ts';
import { LIMITS } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { FILE_LOCK, IOCAP_POWERSAFE_OVERWRITE, OPEN, RC } from '../sqlite/codes.ts';
import type { Pointer } from '../sqlite/exports.ts';
import type { WasmHeap } from '../sqlite/wasm-heap.ts';
import type { WasmInstance } from '../sqlite/wasm-instance.ts';
import { DatabaseFile, RehearsalOver } from './database-file.ts';
import { FileLocks } from './file-locks.ts';
import { type OpenFile, type SharedFile, WalIndex } from './open-files.ts';
import type { StorageMedium } from './stored-file.ts';
import { WalFile } from './wal-file.ts';

const PATH_BYTES_MAX = 1024;
const SECTOR_BYTES = 4096;
const JULIAN_EPOCH_MS = 210_866_760_000_000n;
const MS_PER_DAY = 86_400_000;
const SQLITE_FILE_BYTES = 4;
const METHODS_BYTES = 76;
const VFS_BYTES = 88;

export interface NodeVfsOptions {
  readonly name: string;
  readonly readOnly: boolean;
  readonly medium: StorageMedium;
  readonly clock: Clock;
  readonly log: Log;
  /** A sync that the disk refused: what it covered may be lost, and asking again proves nothing. */
  readonly onSyncFailed: (error: unknown) => void;
}

export class NodeVfs {
  readonly name: string;
  readonly #options: NodeVfsOptions;
  readonly #heap: WasmHeap;
  readonly #files = new Map<Pointer, OpenFile>();
  readonly #shared = new Map<string, SharedFile>();
  readonly #methods: Pointer;
  readonly #mainDirectory: { path: string } = { path: '.' };
  #diskFullToldMs = Number.NEGATIVE_INFINITY;

  constructor(instance: WasmInstance, options: NodeVfsOptions) {
    this.name = options.name;
    this.#options = options;
    this.#heap = instance.heap;
    this.#methods = this.#installMethods(instance);
    const vfs = this.#installVfs(instance);
    instance.exports.sqlite3_vfs_register(vfs, 0);
  }

  /** What is open at this path, if anything. */
  shared(path: string): SharedFile | undefined {
    return this.#shared.get(resolve(path));
  }

  /** Lets go of all files, where opening went wrong and the instance is thrown away. */
  closeAll(): void {
    for (const shared of this.#shared.values()) shared.file.close();
    this.#shared.clear();
    this.#files.clear();
  }

  #installVfs(instance: WasmInstance): Pointer {
    const vfs = instance.heap.malloc(VFS_BYTES);
    this.#heap.bytes.fill(0, vfs, vfs + VFS_BYTES);
    const words: readonly number[] = [
      2,
      SQLITE_FILE_BYTES,
      PATH_BYTES_MAX,
      0,
      instance.heap.mallocText(this.name).pointer,
      0,
      instance.install(
        'i(pppip)',
        (_vfs: Pointer, path: Pointer, file: Pointer, flags: number, out: Pointer) =>
          this.#guard(RC.cantOpen, () => this.#open(path, file, flags, out)),
      ),
      instance.install('i(ppi)', (_vfs: Pointer, path: Pointer) =>
        this.#guard(RC.ioerrDelete, () => this.#delete(this.#heap.cstring(path))),
      ),
      instance.install('i(ppip)', (_vfs: Pointer, path: Pointer, _flags: number, out: Pointer) =>
        this.#guard(RC.ioerr, () => {
          this.#heap.poke32(out, this.#options.medium.exists(this.#heap.cstring(path)) ? 1 : 0);
          return RC.ok;
        }),
      ),
      instance.install('i(ppip)', (_vfs: Pointer, path: Pointer, bytes: number, out: Pointer) =>
        this.#guard(RC.cantOpen, () => this.#fullPathname(path, bytes, out)),
      ),
      0,
      0,
      0,
      0,
      instance.install('i(pip)', (_vfs: Pointer, bytes: number, out: Pointer) => {
        randomFillSync(this.#heap.bytes, out, bytes);
        return bytes;
      }),
      instance.install('i(pi)', () => 0),
      instance.install('i(pp)', (_vfs: Pointer, out: Pointer) => {
        this.#heap.pokeDouble(out, Number(this.#julianMs()) / MS_PER_DAY);
        return RC.ok;
      }),
      instance.install('i(pip)', () => 0),
      instance.install('i(pp)', (_vfs: Pointer, out: Pointer) => {
        this.#heap.poke64(out, this.#julianMs());
        return RC.ok;
      }),
    ];
    for (const [index, word] of words.entries()) this.#heap.poke32(vfs + index * 4, word);
    return vfs;
  }

  #installMethods(instance: WasmInstance): Pointer {
    const methods = instance.heap.malloc(METHODS_BYTES);
    this.#heap.bytes.fill(0, methods, methods + METHODS_BYTES);
    const words: readonly number[] = [
      2,
      instance.install('i(p)', (file: Pointer) => this.#guard(RC.ioerr, () => this.#close(file))),
      instance.install('i(ppij)', (file: Pointer, out: Pointer, bytes: number, position: bigint) =>
        this.#read(file, out, bytes, Number(position)),
      ),
      instance.install(
        'i(ppij)',
        (file: Pointer, source: Pointer, bytes: number, position: bigint) =>
          this.#guard(RC.ioerrWrite, () => this.#write(file, source, bytes, Number(position))),
      ),
      instance.install('i(pj)', (file: Pointer, bytes: bigint) =>
        this.#guard(RC.ioerrTruncate, () => this.#truncate(file, Number(bytes))),
      ),
      instance.install('i(pi)', (file: Pointer) =>
        this.#guard(RC.ioerrFsync, () => this.#sync(file)),
      ),
      instance.install('i(pp)', (file: Pointer, out: Pointer) =>
        this.#guard(RC.ioerrFstat, () => {
          this.#heap.poke64(out, BigInt(this.#of(file).file.size()));
          return RC.ok;
        }),
      ),
      instance.install(
        'i(pi)',
        (file: Pointer, level: number) =>
          this.#files.get(file)?.shared?.locks.lock(file, level) ?? RC.ok,
      ),
      instance.install('i(pi)', (file: Pointer, level: number) => {
        this.#files.get(file)?.shared?.locks.unlock(file, level);
        return RC.ok;
      }),
      instance.install('i(pp)', (file: Pointer, out: Pointer) => {
        this.#heap.poke32(out, this.#files.get(file)?.shared?.locks.reserved === true ? 1 : 0);
        return RC.ok;
      }),
      instance.install('i(pip)', () => RC.notFound),
      instance.install('i(p)', () => SECTOR_BYTES),
      instance.install('i(p)', () => IOCAP_POWERSAFE_OVERWRITE),
      instance.install(
        'i(piiip)',
        (file: Pointer, region: number, bytes: number, extend: number, out: Pointer) =>
          this.#guard(RC.ioerrShmMap, () => {
            const pointer =
              this.#of(file).shared?.walIndex.map(file, region, bytes, extend !== 0) ?? 0;
            this.#heap.poke32(out, pointer);
            return RC.ok;
          }),
      ),
      instance.install(
        'i(piii)',
        (file: Pointer, offset: number, count: number, flags: number) =>
          this.#files.get(file)?.shared?.walIndex.locks.apply(file, offset, count, flags) ??
          RC.ioerr,
      ),
      // One thread: what is written is seen.
      instance.install('v(p)', () => undefined),
      instance.install('i(pi)', (file: Pointer) => {
        this.#files.get(file)?.shared?.walIndex.unmap(file);
        return RC.ok;
      }),
    ];
    for (const [index, word] of words.entries()) this.#heap.poke32(methods + index * 4, word);
    return methods;
  }

  #open(pathPointer: Pointer, file: Pointer, flags: number, out: Pointer): number {
    this.#heap.poke32(file, 0);
    if (pathPointer === 0) {
      const temporary = this.#options.medium.openTemporary(this.#mainDirectory.path);
      this.#files.set(file, { shared: null, file: temporary, deleteOnClose: false });
      this.#heap.poke32(file, this.#methods);
      return RC.ok;
    }
    const path = this.#heap.cstring(pathPointer);
    const shared = this.#shared.get(path) ?? this.#openShared(path, flags);
    shared.users += 1;
    if ((flags & OPEN.mainDb) !== 0) this.#mainDirectory.path = dirname(path);
    this.#files.set(file, {
      shared,
      file: shared.file,
      deleteOnClose: (flags & OPEN.deleteOnClose) !== 0,
    });
    if (out !== 0) {
      const granted = this.#options.readOnly
        ? (flags & ~(OPEN.readWrite | OPEN.create)) | OPEN.readOnly
        : flags;
      this.#heap.poke32(out, granted);
    }
    this.#heap.poke32(file, this.#methods);
    return RC.ok;
  }

  #openShared(path: string, flags: number): SharedFile {
    const readOnly = this.#options.readOnly || (flags & OPEN.readOnly) !== 0;
    const create = !readOnly && (flags & OPEN.create) !== 0;
    const stored = this.#options.medium.open(path, { create, readOnly });
    const wal = (flags & OPEN.wal) !== 0 ? new WalFile(stored, readOnly) : null;
    const database = (flags & OPEN.mainDb) !== 0 ? new DatabaseFile(stored) : null;
    const shared: SharedFile = {
      path,
      file: wal ?? database ?? stored,
      wal,
      database,
      locks: new FileLocks(),
      walIndex: new WalIndex(this.#heap),
      users: 0,
    };
    this.#shared.set(path, shared);
    return shared;
  }

  #close(pointer: Pointer): number {
    const open = this.#files.get(pointer);
    if (open === undefined) return RC.ok;
    this.#files.delete(pointer);
    const { shared } = open;
    if (shared === null) {
      open.file.close();
      return RC.ok;
    }
    shared.locks.unlock(pointer, FILE_LOCK.none);
    shared.walIndex.unmap(pointer);
    shared.users -= 1;
    if (shared.users > 0) return RC.ok;
    this.#shared.delete(shared.path);
    shared.file.close();
    if (open.deleteOnClose && !this.#options.readOnly) this.#options.medium.remove(shared.path);
    return RC.ok;
  }

  #read(pointer: Pointer, out: Pointer, bytes: number, position: number): number {
    try {
      const heapBytes = this.#heap.bytes;
      const count = this.#of(pointer).file.read(heapBytes, out, bytes, position);
      if (count === bytes) return RC.ok;
      heapBytes.fill(0, out + count, out + bytes);
      return RC.ioerrShortRead;
    } catch (error) {
      return this.#failed(RC.ioerrRead, error);
    }
  }

  #write(pointer: Pointer, source: Pointer, bytes: number, position: number): number {
    const open = this.#of(pointer);
    if (this.#options.readOnly && open.shared !== null) return RC.readonly;
    open.file.write(this.#heap.bytes, source, bytes, position);
    return RC.ok;
  }

  #truncate(pointer: Pointer, bytes: number): number {
    const open = this.#of(pointer);
    if (this.#options.readOnly && open.shared !== null) return RC.readonly;
    open.file.truncate(bytes);
    return RC.ok;
  }

  #sync(pointer: Pointer): number {
    const open = this.#of(pointer);
    if (this.#options.readOnly || open.shared === null) return RC.ok;
    try {
      open.file.syncNow();
    } catch (error) {
      if (error instanceof RehearsalOver) return RC.ioerrFsync;
      this.#options.onSyncFailed(error);
      throw error;
    }
    return RC.ok;
  }

  #delete(path: string): number {
    if (this.#options.readOnly) return RC.readonly;
    if (!this.#options.medium.exists(path)) return RC.ioerrDeleteNoent;
    this.#options.medium.remove(path);
    return RC.ok;
  }

  #fullPathname(path: Pointer, bytes: number, out: Pointer): number {
    const full = resolve(this.#heap.cstring(path));
    const mark = this.#heap.mark();
    const overflow = this.#heap.overflowMark();
    const text = this.#heap.scratchText(full);
    const length = this.#heap.lastTextBytes + 1;
    if (length <= bytes) this.#heap.bytes.copyWithin(out, text, text + length);
    this.#heap.release(mark, overflow);
    return length <= bytes ? RC.ok : RC.cantOpen;
  }

  #julianMs(): bigint {
    return this.#options.clock.wallMicros() / 1000n + JULIAN_EPOCH_MS;
  }

  #of(pointer: Pointer): OpenFile {
    const open = this.#files.get(pointer);
    if (open === undefined) throw new Error('SQLite used a file that is not open');
    return open;
  }

  #guard(code: number, body: () => number): number {
    try {
      return body();
    } catch (error) {
      return this.#failed(code, error);
    }
  }

  #failed(code: number, error: unknown): number {
    const errno = (error as NodeJS.ErrnoException).code;
    const diskFull = errno === 'ENOSPC' || errno === 'EDQUOT' || errno === 'EFBIG';
    if (!diskFull) {
      this.#options.log.error({ err: error, code, errno }, 'a file operation failed');
      return code;
    }
    this.#tellDiskFull(errno);
    return RC.full;
  }

  /** Every refused write says so to its client; the log, which may lie on the same disk, hears it now and then. */
  #tellDiskFull(errno: string): void {
    const { clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#diskFullToldMs < LIMITS.diskFullLogMs) return;
    this.#diskFullToldMs = nowMs;
    log.error({ errno }, 'the disk is full: writes are refused until there is room');
  }
}
