/**
 * A log file that never outgrows the box: at its largest size it is renamed to `.1`, older ones move on,
 * the oldest goes. Written in this thread, since pino's own transports do not survive bundling.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Older files kept beside the current one. */
const GENERATIONS = 3;

export class RotatingFile {
  readonly #path: string;
  readonly #bytesMax: number;
  #descriptor: number;
  #bytes: number;

  /** @param bytesMax size at which the file is set aside */
  constructor(path: string, bytesMax: number) {
    mkdirSync(dirname(path), { recursive: true });
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#descriptor = openSync(path, 'a', 0o640);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  /** One line. A full disk loses the line, never the box. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    try {
      if (this.#bytes + bytes.length > this.#bytesMax) this.#rotate();
      this.#bytes += writeSync(this.#descriptor, bytes);
    } catch {
      // Logging must not end a sale; the next line tries again.
    }
  }

  #rotate(): void {
    for (let age = GENERATIONS - 1; age >= 0; age--) {
      const from = age === 0 ? this.#path : `${this.#path}.${age}`;
      if (existsSync(from)) renameSync(from, `${this.#path}.${age + 1}`);
    }
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.#path, 'a', 0o640);
    this.#bytes = 0;
  }
}
