/**
 * Files through `node:fs`, with synchronous reads and writes (they meet the page cache) and both kinds
 * of `fdatasync`. Errors are left to the caller: it alone knows whether they are fatal.
 *
 * Does not promise anything about a file that another process writes too.
 */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import type { StorageMedium, StoredFile } from './stored-file.ts';

const FILE_MODE = 0o600;

export class DurableFile implements StoredFile {
  readonly #fd: number;
  readonly #path: string;
  readonly #device: bigint;
  readonly #inode: bigint;

  constructor(fd: number, path: string) {
    this.#fd = fd;
    this.#path = path;
    const stat = fs.fstatSync(fd, { bigint: true });
    this.#device = stat.dev;
    this.#inode = stat.ino;
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    let total = 0;
    while (total < length) {
      const count = fs.readSync(this.#fd, target, start + total, length - total, position + total);
      if (count === 0) break;
      total += count;
    }
    return total;
  }

  write(source: Uint8Array, start: number, length: number, position: number): void {
    let total = 0;
    while (total < length) {
      total += fs.writeSync(this.#fd, source, start + total, length - total, position + total);
    }
  }

  truncate(bytes: number): void {
    fs.ftruncateSync(this.#fd, bytes);
  }

  size(): number {
    return fs.fstatSync(this.#fd).size;
  }

  syncNow(): void {
    fs.fdatasyncSync(this.#fd);
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  isAtItsPath(): boolean {
    const stat = fs.statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    return stat !== undefined && stat.ino === this.#inode && stat.dev === this.#device;
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

/** A new or removed name is on the disk only when its directory is. */
export function syncDirectory(path: string): void {
  const fd = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function openFile(path: string, create: boolean, readOnly: boolean): DurableFile {
  if (readOnly) return new DurableFile(fs.openSync(path, 'r'), path);
  if (!create || fs.existsSync(path)) return new DurableFile(fs.openSync(path, 'r+'), path);
  const file = new DurableFile(fs.openSync(path, 'wx+', FILE_MODE), path);
  syncDirectory(dirname(path));
  return file;
}

let temporaryCount = 0;

/** The product's medium. */
export const durableMedium: StorageMedium = {
  open: (path, options) => openFile(path, options.create, options.readOnly),
  exists: (path) => fs.existsSync(path),
  remove: (path) => {
    fs.unlinkSync(path);
    syncDirectory(dirname(path));
  },
  openTemporary: (directory) => {
    temporaryCount += 1;
    const path = join(
      directory,
      `.helios-${process.pid}-${performance.now()}-${temporaryCount}.tmp`,
    );
    const file = new DurableFile(fs.openSync(path, 'wx+', FILE_MODE), path);
    fs.unlinkSync(path);
    return file;
  },
};
