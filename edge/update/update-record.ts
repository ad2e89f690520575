/**
 * The updater's own memory, in a directory that only root reads, and the copy of it that the box shows.
 *
 * The two are kept apart on purpose: the box's user owns the copy and may damage it, and root decides
 * nothing by it.
 */
import { readFileSync } from 'node:fs';
import type { UpdateAttempt } from './attempt.ts';
import type { BootEntry } from './boot-folder.ts';
import { SafeDirectory } from './safe-directory.ts';
import type { Slot } from './system-disk.ts';

/** Root's state: records, and the bundle that is being installed. */
export const SYSTEM_STATE = '/var/lib/helios-system';
const RECORD = 'update.json';
const RECORD_BYTES_MAX = 64 * 1024;
/** In the data directory. */
export const UPDATE_FOLDER = 'update';
const STATUS = 'status.json';
const READABLE = 0o644;

export interface UpdateRecord {
  readonly attempt: UpdateAttempt | null;
  /** Layout of the data file by version, for a return to an older one. */
  readonly layouts: Readonly<Record<string, number>>;
  /** The last bundle that was not taken. */
  readonly refusal: Refusal | null;
  /** Versions that did not make it, the latest last: no stick installs them again by itself. */
  readonly givenUp: readonly string[];
}

export interface Refusal {
  readonly file: string;
  readonly reason: string;
  readonly at: string;
}

export interface UpdateStatus {
  /** False where the system is not an appliance image: nothing can be installed there. */
  readonly supported: boolean;
  readonly running: string;
  readonly slots: readonly {
    readonly label: string;
    readonly version: string | null;
    readonly running: boolean;
  }[];
  readonly entries: readonly {
    readonly version: string;
    /** null: good. */
    readonly triesLeft: number | null;
  }[];
  readonly last: UpdateAttempt | null;
  readonly refusal: Refusal | null;
}

const NOTHING: UpdateRecord = { attempt: null, layouts: {}, refusal: null, givenUp: [] };

export function readRecord(state: SafeDirectory): UpdateRecord {
  const text = state.read(RECORD, RECORD_BYTES_MAX);
  // An older version may have written it, which knew fewer fields.
  return text === null ? NOTHING : { ...NOTHING, ...(JSON.parse(text) as Partial<UpdateRecord>) };
}

export function writeRecord(state: SafeDirectory, record: UpdateRecord): void {
  state.write(RECORD, `${JSON.stringify(record, null, 2)}\n`);
}

export function makeStatus(
  running: string,
  slots: readonly Slot[],
  entries: readonly BootEntry[],
  record: UpdateRecord,
): UpdateStatus {
  return {
    supported: true,
    running,
    slots: slots.map(({ label, version, isRunning }) => ({ label, version, running: isRunning })),
    entries: entries.map(({ version, triesLeft }) => ({ version, triesLeft })),
    last: record.attempt,
    refusal: record.refusal,
  };
}

/** Leaves the status where the box can read it. */
export function publishStatus(dataDir: string, status: UpdateStatus): void {
  using data = SafeDirectory.open(dataDir);
  using folder = data.subdirectory(UPDATE_FOLDER);
  folder.write(STATUS, `${JSON.stringify(status, null, 2)}\n`, { mode: READABLE });
}

/** What the updater last said; without one, that nothing can be installed here. */
export function readStatus(dataDir: string, running: string): UpdateStatus {
  try {
    const text = readFileSync(`${dataDir}/${UPDATE_FOLDER}/${STATUS}`, 'utf8');
    return JSON.parse(text) as UpdateStatus;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { supported: false, running, slots: [], entries: [], last: null, refusal: null };
  }
}
