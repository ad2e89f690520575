/**
 * The disk that the system runs from: which partitions are system slots, what they hold, and how a new
 * system gets into the one that does not run. Labels are read from the partition table itself, because what
 * the kernel and udev remember is the table of the last boot.
 *
 * Knows nothing of bundles; the caller decides the order of the steps.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, realpathSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { OperationError } from '../admin/operations.ts';
import { isVersion } from './version-order.ts';

export interface Slot {
  /** Number in the partition table, from 1. */
  readonly number: number;
  /** The partition's device, `/dev/sda2`. */
  readonly device: string;
  readonly label: string;
  /** The version that the label names; null when it names none. */
  readonly version: string | null;
  readonly bytes: number;
  readonly isRunning: boolean;
}

/** What the installer needs of a disk; tests have one made of files. */
export interface SystemDisk {
  slots(): readonly Slot[];
  setLabel(slot: Slot, label: string): void;
  /** Overwrites the slot from its beginning. Durable when it resolves. */
  write(slot: Slot, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** SHA-256 of the slot's first bytes, read from the medium. */
  hash(slot: Slot, bytes: number): Promise<string>;
}

/** Label of a slot that holds no system. */
export const EMPTY_LABEL = '_empty';
const LABEL_PREFIX = 'helios_';
/** Bytes written between two syncs, so that the kernel never holds the whole system in memory. */
const SYNC_BYTES = 32 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

export function slotLabel(version: string): string {
  return `${LABEL_PREFIX}${version}`;
}

/** null for a label that names no version. */
export function labelVersion(label: string): string | null {
  const version = label.startsWith(LABEL_PREFIX) ? label.slice(LABEL_PREFIX.length) : '';
  return isVersion(version) ? version : null;
}

interface TableEntry {
  readonly node: string;
  readonly size: number;
  readonly name?: string;
}

export class GptDisk implements SystemDisk {
  readonly #device: string;
  readonly #runningPartition: string;

  /** @param runningPartition device of the partition that is mounted as the root */
  constructor(device: string, runningPartition: string) {
    this.#device = device;
    this.#runningPartition = runningPartition;
  }

  /** The disk below `/`. @throws OperationError when the system does not run from a slot */
  static ofRunningSystem(): GptDisk {
    const line = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find((text) => text.split(' ')[4] === '/');
    const numbers = line?.split(' ')[2] ?? '0:0';
    let partition: string;
    try {
      partition = realpathSync(`/sys/dev/block/${numbers}`);
    } catch (cause) {
      throw new OperationError(
        'this system does not run from a disk image of helios-edge: updates are for the appliance',
        { cause },
      );
    }
    return new GptDisk(`/dev/${basename(dirname(partition))}`, `/dev/${basename(partition)}`);
  }

  slots(): readonly Slot[] {
    const text = execFileSync('sfdisk', ['--json', this.#device], { encoding: 'utf8' });
    const { partitiontable } = JSON.parse(text) as {
      partitiontable: { partitions?: readonly TableEntry[]; sectorsize?: number };
    };
    const sectorBytes = partitiontable.sectorsize ?? 512;
    return (partitiontable.partitions ?? [])
      .map((entry) => ({
        number: Number(/\d+$/.exec(entry.node)?.[0]),
        device: entry.node,
        label: entry.name ?? '',
        version: labelVersion(entry.name ?? ''),
        bytes: entry.size * sectorBytes,
        isRunning: entry.node === this.#runningPartition,
      }))
      .filter((slot) => slot.isRunning || slot.version !== null || slot.label === EMPTY_LABEL);
  }

  setLabel(slot: Slot, label: string): void {
    // The kernel cannot take the new table while partitions are mounted, and need not: it boots next.
    const options = ['--quiet', '--no-reread', '--no-tell-kernel'];
    const args = [...options, '--part-label', this.#device, String(slot.number), label];
    execFileSync('sfdisk', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const now = this.slots().find((candidate) => candidate.number === slot.number);
    if (now?.label !== label) {
      throw new OperationError(
        `${this.#device} did not take the label ${label}: the disk may be failing`,
      );
    }
  }

  async write(slot: Slot, content: AsyncIterable<Uint8Array>): Promise<void> {
    const file = await open(slot.device, 'r+');
    try {
      let position = 0;
      let unsynced = 0;
      for await (const chunk of content) {
        if (position + chunk.length > slot.bytes) throw tooSmall(slot);
        let written = 0;
        while (written < chunk.length) {
          const part = await file.write(chunk, written, chunk.length - written, position + written);
          written += part.bytesWritten;
        }
        position += chunk.length;
        unsynced += chunk.length;
        if (unsynced < SYNC_BYTES) continue;
        await file.datasync();
        unsynced = 0;
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async hash(slot: Slot, bytes: number): Promise<string> {
    // Else the kernel would answer from its memory and not from the disk.
    execFileSync('blockdev', ['--flushbufs', slot.device], { stdio: ['ignore', 'ignore', 'pipe'] });
    const hash = createHash('sha256');
    const options = { end: bytes - 1, highWaterMark: READ_BYTES };
    for await (const chunk of createReadStream(slot.device, options)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  }
}

export function tooSmall(slot: Slot): OperationError {
  return new OperationError(
    `the system of the bundle is larger than its partition (${slot.bytes} bytes): flash an image instead`,
  );
}
