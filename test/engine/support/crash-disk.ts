/**
 * A disk in memory whose power can be cut. Each file has an image, which syncs have reached, and the
 * operations since, any part of which may or may not have reached the platter when the power goes: each operation
 * whole, torn at a sector, or not at all, independently of the others and in any order.
 *
 * Legal faults only: what a returned sync covered is always there. Names of files are durable at once, because the
 * product syncs their directory.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { durableMedium } from '../../../edge/engine/vfs/durable-file.ts';
import type { StorageMedium, StoredFile } from '../../../edge/engine/vfs/stored-file.ts';

const SECTOR_BYTES = 512;

type Operation =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number };

/** A file's content; grows in steps, so that small writes copy little. */
class Image {
  bytes: Uint8Array;
  length: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.bytes = bytes;
    this.length = bytes.length;
  }

  apply(operation: Operation): void {
    if (operation.kind === 'truncate') {
      this.#grow(operation.size);
      this.bytes.fill(0, operation.size);
      this.length = operation.size;
      return;
    }
    const end = operation.position + operation.bytes.length;
    this.#grow(end);
    this.bytes.set(operation.bytes, operation.position);
    this.length = Math.max(this.length, end);
  }

  content(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  #grow(length: number): void {
    if (length <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(length, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** A number from 0 to below 1. */
export type Random = () => number;

/** What power loss makes of one operation. */
function remains(operation: Operation, random: Random): Operation | null {
  const fate = random();
  if (fate < 0.4) return operation;
  if (operation.kind === 'truncate' || fate < 0.7) return null;
  const sectors = Math.ceil(operation.bytes.length / SECTOR_BYTES);
  const from = Math.floor(random() * sectors) * SECTOR_BYTES;
  const to = from + Math.ceil(random() * sectors) * SECTOR_BYTES;
  return {
    ...operation,
    position: operation.position + from,
    bytes: operation.bytes.subarray(from, to),
  };
}

class CrashFile implements StoredFile {
  readonly synced = new Image();
  readonly current = new Image();
  operations: Operation[] = [];
  readonly #disk: CrashDisk;
  readonly #path: string;

  constructor(disk: CrashDisk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    const piece = this.current.content().subarray(position, position + length);
    target.set(piece, start);
    return piece.length;
  }

  write(source: Uint8Array, start: number, length: number, position: number): void {
    this.#disk.tick();
    this.#do({ kind: 'write', position, bytes: source.slice(start, start + length) });
  }

  truncate(bytes: number): void {
    this.#disk.tick();
    this.#do({ kind: 'truncate', size: bytes });
  }

  size(): number {
    return this.current.length;
  }

  syncNow(): void {
    this.#disk.tick();
    this.#settle(this.operations.length);
    this.#disk.tick();
  }

  async sync(): Promise<void> {
    if (this.#disk.lyingAbout(this.#path)) return;
    const covered = this.operations;
    const count = covered.length;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#disk.tick();
    // Another sync may have settled them meanwhile.
    if (covered === this.operations) this.#settle(count);
  }

  isAtItsPath(): boolean {
    return true;
  }

  close(): void {}

  #do(operation: Operation): void {
    this.operations.push(operation);
    this.current.apply(operation);
  }

  #settle(count: number): void {
    for (const operation of this.operations.slice(0, count)) {
      this.synced.apply(operation);
    }
    this.operations = this.operations.slice(count);
  }
}

export class CrashDisk implements StorageMedium {
  readonly #files = new Map<string, CrashFile>();
  readonly #lying: boolean;
  /** Called before each operation that changes or syncs the disk. */
  onTick: () => void = () => undefined;

  /** @param lying the mutant: asynchronous syncs of the log do nothing */
  constructor(lying = false) {
    this.#lying = lying;
  }

  tick(): void {
    this.onTick();
  }

  lyingAbout(path: string): boolean {
    return this.#lying && path.endsWith('-wal');
  }

  /** True while the start of a log has been written and not synced: its order against the rest matters then. */
  get logIsStartingOver(): boolean {
    for (const [path, file] of this.#files) {
      if (!path.endsWith('-wal')) continue;
      for (const operation of file.operations) {
        if (operation.kind === 'write' && operation.position === 0) return true;
      }
    }
    return false;
  }

  open(path: string): StoredFile {
    const file = this.#files.get(path) ?? new CrashFile(this, path);
    this.#files.set(path, file);
    return file;
  }

  exists(path: string): boolean {
    return this.#files.has(path);
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  openTemporary(directory: string): StoredFile {
    return durableMedium.openTemporary(directory);
  }

  /** Writes what a power cut at this instant could leave into a real directory. */
  cutPowerInto(directory: string, random: Random): void {
    mkdirSync(directory, { recursive: true });
    for (const [path, file] of this.#files) {
      const image = new Image(file.synced.content().slice());
      for (const operation of file.operations) {
        const left = remains(operation, random);
        if (left !== null) image.apply(left);
      }
      writeFileSync(join(directory, basename(path)), image.content());
    }
  }
}
