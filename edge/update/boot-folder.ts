/**
 * The unified kernel images in `EFI/Linux` of the EFI system partition: one per installed version, its tries
 * counted by systemd-boot in the file's name.
 *
 *   helios_1.4.0+3-0.efi   on trial: three tries left, none made
 *   helios_1.4.0+0-3.efi   all tries used up: the boot menu puts it behind every other
 *   helios_1.4.0.efi       good: it has passed the health check once
 *
 * @see https://uapi-group.org/specifications/specs/boot_loader_specification/#boot-counting
 */
import { closeSync, fsyncSync, statfsSync, writeSync } from 'node:fs';
import { SafeDirectory } from './safe-directory.ts';
import { isVersion } from './version-order.ts';

export interface BootEntry {
  readonly file: string;
  readonly version: string;
  /** null: good, not counted. */
  readonly triesLeft: number | null;
  readonly triesDone: number;
}

/** Tries that a new version gets. */
export const BOOT_TRIES = 3;
const NAME = /^helios_(.+?)(?:\+(\d{1,3})(?:-(\d{1,3}))?)?\.efi$/;
const DRAFT = /^helios_.*\.new$/;

/** Reads a file name; null for what is not ours. */
export function parseBootEntry(file: string): BootEntry | null {
  const match = NAME.exec(file);
  const [, version = '', left, done] = match ?? [];
  if (match === null || !isVersion(version)) return null;
  return {
    file,
    version,
    triesLeft: left === undefined ? null : Number(left),
    triesDone: Number(done ?? 0),
  };
}

export class BootFolder implements Disposable {
  readonly #directory: SafeDirectory;

  /** @param path `EFI/Linux` of the mounted partition */
  constructor(path: string) {
    this.#directory = SafeDirectory.open(path);
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }

  entries(): readonly BootEntry[] {
    return this.#directory
      .names()
      .map(parseBootEntry)
      .filter((entry) => entry !== null);
  }

  /** Bytes that can still be written. */
  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#directory.path('.'));
    return bavail * bsize;
  }

  bytesOf(entry: BootEntry): number {
    return this.#directory.bytesOf(entry.file);
  }

  remove(entry: BootEntry): void {
    this.#directory.remove(entry.file);
  }

  /** What a power cut left of an image that was being written. */
  removeDrafts(): void {
    for (const name of this.#directory.names()) {
      if (DRAFT.test(name)) this.#directory.remove(name);
    }
  }

  /** Writes the image of a version, on trial. It is not in the boot menu before it is whole. */
  async add(version: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const draft = `helios_${version}.new`;
    const fd = this.#directory.createFile(draft);
    try {
      for await (const chunk of content) writeWhole(fd, chunk);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    this.#directory.rename(draft, `helios_${version}+${BOOT_TRIES}-0.efi`);
  }

  /** Puts a version behind every other: its tries count as used up. */
  retire(entry: BootEntry): void {
    this.#rename(entry, `+0-${entry.triesDone}`);
  }

  /** Takes `retire` back. @param entry as it was before */
  restore(entry: BootEntry): void {
    const now = this.entries().find((candidate) => candidate.version === entry.version);
    if (now !== undefined && now.file !== entry.file) {
      this.#directory.rename(now.file, entry.file);
    }
  }

  /** Gives a version its tries again. */
  renew(entry: BootEntry): void {
    this.#rename(entry, `+${BOOT_TRIES}-0`);
  }

  #rename(entry: BootEntry, counter: string): void {
    const to = `helios_${entry.version}${counter}.efi`;
    if (to !== entry.file) this.#directory.rename(entry.file, to);
  }
}

function writeWhole(fd: number, chunk: Uint8Array): void {
  let written = 0;
  while (written < chunk.length) written += writeSync(fd, chunk, written);
}
