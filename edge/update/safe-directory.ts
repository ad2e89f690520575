/**
 * A directory opened once and then used by its descriptor, for root's work inside directories that the
 * box's unprivileged user owns: whoever swaps the directory or a file in it for a symbolic link wins
 * nothing, because no name is followed. Node has no openat; `/proc/self/fd/N/name` serves as one.
 *
 * Writes are durable when they return, and leave the whole new file or the whole old one.
 */
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { OperationError } from '../admin/operations.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const DIRECTORY_MODE = 0o700;
export const OWNER_ONLY = 0o600;

export interface WriteOptions {
  readonly mode?: number;
  /** Left out: the directory's owner. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

export class SafeDirectory implements Disposable {
  readonly name: string;
  readonly #fd: number;

  private constructor(name: string, fd: number) {
    this.name = name;
    this.#fd = fd;
  }

  /** @throws Error when it is absent, or a symbolic link */
  static open(path: string): SafeDirectory {
    return new SafeDirectory(path, openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  }

  /** Opens it, and makes it (0700) when it is absent. */
  static make(path: string): SafeDirectory {
    if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
    return SafeDirectory.open(path);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  get stats(): Stats {
    return fstatSync(this.#fd);
  }

  /** A subdirectory, made with this one's owner when it is absent. */
  subdirectory(name: string): SafeDirectory {
    const path = this.path(name);
    const { uid, gid } = this.stats;
    try {
      mkdirSync(path, { mode: DIRECTORY_MODE });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return SafeDirectory.open(path);
    }
    const made = SafeDirectory.open(path);
    giveTo(made.#fd, uid, gid);
    return made;
  }

  /** For calls that take a path. Only valid while this is open. */
  path(name: string): string {
    if (name === '' || name.includes('/') || name === '..')
      throw new Error(`no file name: ${name}`);
    return `/proc/self/fd/${this.#fd}/${name}`;
  }

  names(): readonly string[] {
    return readdirSync(`/proc/self/fd/${this.#fd}`).sort();
  }

  /**
   * Opens a regular file for reading. The caller closes the descriptor.
   * @returns null when there is none
   * @throws OperationError for a link, a pipe or a device
   */
  openFile(name: string): number | null {
    let fd: number;
    try {
      fd = openSync(this.path(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return null;
      if (code === 'ELOOP') throw notAFile(this.name, name);
      throw error;
    }
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
    throw notAFile(this.name, name);
  }

  /** Length of a file, 0 when there is none. */
  bytesOf(name: string): number {
    const fd = this.openFile(name);
    if (fd === null) return 0;
    try {
      return fstatSync(fd).size;
    } finally {
      closeSync(fd);
    }
  }

  /** The text of a file, null when there is none. @throws OperationError when it is too long */
  read(name: string, bytesMax: number): string | null {
    const fd = this.openFile(name);
    if (fd === null) return null;
    try {
      if (fstatSync(fd).size > bytesMax) {
        throw new OperationError(`${this.name}/${name} is longer than ${bytesMax} bytes`);
      }
      return readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  }

  /** Creates a file anew, whatever lay there before. The caller closes the descriptor. */
  createFile(name: string, options: WriteOptions = {}): number {
    this.remove(name);
    const fd = openSync(this.path(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, OWNER_ONLY);
    fchmodSync(fd, options.mode ?? OWNER_ONLY);
    const { uid, gid } = options.owner ?? this.stats;
    giveTo(fd, uid, gid);
    return fd;
  }

  /** Replaces a file. */
  write(name: string, content: string | Uint8Array, options: WriteOptions = {}): void {
    const draft = `${name}.new`;
    const fd = this.createFile(draft, options);
    try {
      writeFileSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    this.rename(draft, name);
  }

  /** Durable when it returns. */
  rename(from: string, to: string): void {
    renameSync(this.path(from), this.path(to));
    this.sync();
  }

  /** Absent is fine. Durable when it returns. */
  remove(name: string): void {
    const path = this.path(name);
    rmSync(path, { force: true });
    this.sync();
  }

  sync(): void {
    fsyncSync(this.#fd);
  }
}

/** Some file systems (FAT) know no owners; there the caller is the owner anyway. */
function giveTo(fd: number, uid: number, gid: number): void {
  const now = fstatSync(fd);
  if (now.uid !== uid || now.gid !== gid) fchownSync(fd, uid, gid);
}

function notAFile(directory: string, name: string): OperationError {
  return new OperationError(`${directory}/${name} is not a regular file: remove it`);
}
