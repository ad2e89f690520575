/**
 * A log file that never outgrows the box: at its largest size it is renamed to `.1`, older ones move on,
 * the oldest goes. Written in this thread, since pino's own transports do not survive bundling.
 *
 * A line is written whole or not at all, so that a full disk leaves no halves. A file that somebody removed or
 * moved away is made anew. Where it cannot be renamed it is emptied: its size is the promise, its
 * history is not. It never writes to a descriptor that it has closed: the number may be the database's by then.
 */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Older files kept beside the current one. */
const GENERATIONS = 3;
/** Lines between two looks whether the file is still at its path. */
const LOOK_LINES = 64;
const FILE_MODE = 0o640;

export class RotatingFile {
  readonly #path: string;
  readonly #bytesMax: number;
  /** null: it could not be opened; the next line tries again. */
  #descriptor: number | null;
  #bytes = 0;
  #linesToLook = LOOK_LINES;

  /** @param bytesMax size at which the file is set aside */
  constructor(path: string, bytesMax: number) {
    mkdirSync(dirname(path), { recursive: true });
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#descriptor = this.#open();
  }

  /** One line. A full disk loses the line, never the box. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    try {
      this.#look();
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#bytesMax) this.#rotate();
      this.#append(this.#descriptor ?? this.#reopen(), bytes);
    } catch {
      // Logging must not end a sale; the next line tries again.
    }
  }

  #append(descriptor: number, bytes: Buffer): void {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    } catch (error) {
      if (written > 0) ftruncateSync(descriptor, this.#bytes);
      throw error;
    }
    this.#bytes += written;
  }

  /** Somebody may have removed the file, or moved it away. */
  #look(): void {
    this.#linesToLook -= 1;
    if (this.#linesToLook > 0 || this.#descriptor === null) return;
    this.#linesToLook = LOOK_LINES;
    const there = this.#stat();
    const ours = fstatSync(this.#descriptor);
    if (there?.ino === ours.ino && there.dev === ours.dev) return;
    this.#reopen();
  }

  #rotate(): void {
    try {
      for (let age = GENERATIONS - 1; age >= 0; age--) {
        const from = age === 0 ? this.#path : `${this.#path}.${age}`;
        this.#rename(from, `${this.#path}.${age + 1}`);
      }
    } catch {
      if (this.#descriptor !== null) ftruncateSync(this.#descriptor, 0);
      this.#bytes = 0;
      return;
    }
    this.#reopen();
  }

  #rename(from: string, to: string): void {
    try {
      renameSync(from, to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** The old descriptor is forgotten before it is closed, and closed whatever comes of the new one. */
  #reopen(): number {
    const old = this.#descriptor;
    this.#descriptor = null;
    if (old !== null) closeSync(old);
    this.#descriptor = this.#open();
    return this.#descriptor;
  }

  #open(): number {
    const descriptor = openSync(this.#path, 'a', FILE_MODE);
    this.#bytes = fstatSync(descriptor).size;
    return descriptor;
  }

  #stat(): Stats | undefined {
    return statSync(this.#path, { throwIfNoEntry: false });
  }
}
