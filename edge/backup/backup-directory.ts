/**
 * The directory that holds backups: their names, what each says of itself, and which ones may go.
 *
 * Names begin with the time, so that they sort by it. A file whose end is not that of a backup is listed as
 * damaged and never counted as a good one, and never deleted.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from '../engine/vfs/durable-file.ts';
import { refused } from './backup-error.ts';
import { BackupFile } from './packed-file.ts';

export const BACKUP_SUFFIX = '.heliosbackup';
export const UNFINISHED_SUFFIX = '.part';

export interface BackupSummary {
  readonly path: string;
  readonly bytes: number;
  /** null: the file does not read as a backup. */
  readonly createdAt: string | null;
  readonly label: string | null;
  readonly boxId: string | null;
  readonly epoch: string | null;
  readonly commit: string | null;
  readonly version: string | null;
  readonly databaseBytes: number | null;
  /** Why it cannot be used, or null. Its bytes are compared only by `check`. */
  readonly fault: string | null;
}

export interface Retention {
  readonly keepLatest: number;
  readonly keepDaily: number;
  readonly keepWeekly: number;
}

const LABEL = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;
const LABELLED_KEPT = 2;
/** Labels that differ in a version are of one kind. */
const UPDATE_LABEL = /^pre-update-/;
const DAY_MS = 86_400_000;
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** @throws BackupError for a label that is no part of a file name */
export function checkLabel(label: string): string {
  if (LABEL.test(label)) return label;
  throw refused(
    'a label has up to 64 letters, digits, ".", "_", "+" and "-", and begins with a letter or digit',
  );
}

/** A name that is free. */
export function backupName(directory: string, nowMs: number, label: string | null): string {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const stem = label === null ? time : `${time}-${label}`;
  for (let count = 1; ; count += 1) {
    const name = `${stem}${count === 1 ? '' : `_${count}`}${BACKUP_SUFFIX}`;
    if (!fs.existsSync(join(directory, name))) return name;
  }
}

/** What lies in a directory, the newest first. A directory that is not there holds nothing. */
export function listBackups(directory: string): readonly BackupSummary[] {
  let names: string[];
  try {
    names = fs.readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith(BACKUP_SUFFIX) && !name.startsWith('.'))
    .sort()
    .reverse()
    .map((name) => summarise(join(directory, name)));
}

/** @throws nothing that the file itself causes: that is its `fault` */
function summarise(path: string): BackupSummary {
  try {
    using file = new BackupFile(path);
    const { manifest } = file;
    return {
      path,
      bytes: file.bytes,
      createdAt: manifest.createdAt,
      label: manifest.label,
      boxId: manifest.boxId,
      epoch: manifest.epoch,
      commit: manifest.commit,
      version: manifest.version,
      databaseBytes: manifest.contentBytes,
      fault: null,
    };
  } catch (error) {
    return {
      path,
      bytes: fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0,
      createdAt: null,
      label: null,
      boxId: null,
      epoch: null,
      commit: null,
      version: null,
      databaseBytes: null,
      fault: error instanceof Error ? error.message : String(error),
    };
  }
}

/** The good backups of a box that retention no longer asks for. The newest of all is never among them. */
export function superfluous(
  backups: readonly BackupSummary[],
  boxId: string,
  retention: Retention,
): readonly BackupSummary[] {
  const own = backups
    .filter((backup) => backup.fault === null && backup.boxId === boxId)
    .sort(laterFirst);
  const kept = new Set<BackupSummary>(own.slice(0, 1));
  const plain = own.filter((backup) => backup.label === null);
  for (const backup of plain.slice(0, retention.keepLatest)) kept.add(backup);
  for (const backup of newestOfEach(plain, dayOf).slice(0, retention.keepDaily)) kept.add(backup);
  for (const backup of newestOfEach(plain, weekOf).slice(0, retention.keepWeekly)) kept.add(backup);
  const labelled = Map.groupBy(
    own.filter((backup) => backup.label !== null),
    ({ label }) => (UPDATE_LABEL.test(label ?? '') ? 'pre-update-' : label),
  );
  for (const group of labelled.values()) {
    for (const backup of group.slice(0, LABELLED_KEPT)) kept.add(backup);
  }
  return own.filter((backup) => !kept.has(backup));
}

/** Removes what retention no longer asks for. Returns the paths. */
export function prune(directory: string, boxId: string, retention: Retention): readonly string[] {
  const removed = superfluous(listBackups(directory), boxId, retention).map(({ path }) => path);
  for (const path of removed) fs.rmSync(path, { force: true });
  if (removed.length > 0) syncDirectory(directory);
  return removed;
}

/** By what is in them: a box whose clock is wrong must not lose its latest. */
function laterFirst(left: BackupSummary, right: BackupSummary): number {
  const byEpoch = BigInt(right.epoch ?? 0) - BigInt(left.epoch ?? 0);
  const byCommit = BigInt(right.commit ?? 0) - BigInt(left.commit ?? 0);
  const order = byEpoch === 0n ? byCommit : byEpoch;
  if (order !== 0n) return order > 0n ? 1 : -1;
  return right.path < left.path ? -1 : 1;
}

function newestOfEach(
  newestFirst: readonly BackupSummary[],
  group: (backup: BackupSummary) => number,
): readonly BackupSummary[] {
  return [...Map.groupBy(newestFirst, group).values()].flatMap((members) => members.slice(0, 1));
}

function timeOf(backup: BackupSummary): number {
  return Date.parse(backup.createdAt ?? '');
}

function dayOf(backup: BackupSummary): number {
  return Math.floor(timeOf(backup) / DAY_MS);
}

function weekOf(backup: BackupSummary): number {
  return Math.floor((timeOf(backup) - FIRST_MONDAY_MS) / (7 * DAY_MS));
}
