/**
 * The harness's disk: what was written stays in this process until a sync returns, so that SIGKILL
 * loses exactly what a pulled plug may lose. Reads see the pending operations laid over the file.
 *
 * It is not meant for a shop: every read walks the pending operations.
 */
import { durableMedium } from './durable-file.ts';
import type { StorageMedium, StoredFile } from './stored-file.ts';

type Operation =
  | { readonly kind: 'write'; readonly position: number; bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number }
  | { readonly kind: 'barrier' };

/** Neighbouring writes are joined up to this many bytes. */
const JOINED_BYTES_MAX = 256 * 1024;

class VolatileFile implements StoredFile {
  readonly #file: StoredFile;
  #operations: Operation[] = [];
  #size: number;

  constructor(file: StoredFile) {
    this.#file = file;
    this.#size = file.size();
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    const available = Math.max(0, Math.min(length, this.#size - position));
    const window = target.subarray(start, start + available);
    const fromFile = this.#file.read(target, start, available, position);
    window.fill(0, fromFile);
    for (const operation of this.#operations) {
      if (operation.kind === 'barrier') continue;
      if (operation.kind === 'truncate') {
        if (operation.size < position + available) {
          window.fill(0, Math.max(0, operation.size - position));
        }
        continue;
      }
      const from = Math.max(position, operation.position);
      const to = Math.min(position + available, operation.position + operation.bytes.length);
      if (from >= to) continue;
      const piece = operation.bytes.subarray(from - operation.position, to - operation.position);
      window.set(piece, from - position);
    }
    return available;
  }

  write(source: Uint8Array, start: number, length: number, position: number): void {
    const bytes = source.slice(start, start + length);
    this.#size = Math.max(this.#size, position + length);
    const last = this.#operations.at(-1);
    if (
      last?.kind === 'write' &&
      last.position + last.bytes.length === position &&
      last.bytes.length + length <= JOINED_BYTES_MAX
    ) {
      const joined = new Uint8Array(last.bytes.length + length);
      joined.set(last.bytes);
      joined.set(bytes, last.bytes.length);
      last.bytes = joined;
      return;
    }
    this.#operations.push({ kind: 'write', position, bytes });
  }

  truncate(bytes: number): void {
    this.#operations.push({ kind: 'truncate', size: bytes });
    this.#size = bytes;
  }

  size(): number {
    return this.#size;
  }

  syncNow(): void {
    this.#apply(this.#operations);
    this.#file.syncNow();
    this.#operations = [];
  }

  async sync(): Promise<void> {
    const covered = this.#operations;
    // The covered operations stay readable until the sync returns; later ones go behind a barrier.
    const barrier: Operation = { kind: 'barrier' };
    this.#operations = [...covered, barrier];
    this.#apply(covered);
    await this.#file.sync();
    const index = this.#operations.indexOf(barrier);
    if (index >= 0) this.#operations = this.#operations.slice(index + 1);
  }

  isAtItsPath(): boolean {
    return this.#file.isAtItsPath();
  }

  close(): void {
    this.#apply(this.#operations);
    this.#file.close();
  }

  #apply(operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.kind === 'truncate') this.#file.truncate(operation.size);
      else if (operation.kind === 'write') {
        this.#file.write(operation.bytes, 0, operation.bytes.length, operation.position);
      }
    }
  }
}

/** The harness's medium. */
export const volatileMedium: StorageMedium = {
  ...durableMedium,
  open: (path, options) => new VolatileFile(durableMedium.open(path, options)),
};
