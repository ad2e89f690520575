/**
 * One process per database file. Node has no `flock`, so a lock file beside the database names its owner by
 * process id, boot and start time; an owner that no longer runs has left it stale, and it is taken over.
 *
 * Two processes that find the same stale lock at the same instant are told apart by the exclusive creation
 * of the new one. It does not hold off programs that do not look at it (`sqlite3`): see `group-commit.ts`.
 */
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { EdgeError } from '../errors.ts';
import { syncDirectory } from './vfs/durable-file.ts';

interface Owner {
  readonly pid: number;
  readonly bootId: string;
  /** Field 22 of /proc/<pid>/stat: ticks since boot. */
  readonly startTime: string;
}

export interface OwnerLock {
  /** The last owner did not close: what the disk holds must be put in order first. */
  readonly takenOver: boolean;
  /** @param clean false leaves the file, so that the next owner knows */
  release(clean: boolean): void;
}

const LOCK_FILE_MODE = 0o600;
const START_TIME_FIELD_AFTER_NAME = 19;

/** Paths that this process holds, by which its own leftovers are known from its live locks. */
const heldPaths = new Set<string>();

/** @throws EdgeError 55006 that names the owner, when the file is in use */
export function acquireOwnerLock(databasePath: string): OwnerLock {
  const path = `${databasePath}.lock`;
  const takenOver = removeStaleLock(path);
  writeLock(path);
  heldPaths.add(path);
  return {
    takenOver,
    release: (clean) => {
      heldPaths.delete(path);
      if (clean) fs.rmSync(path, { force: true });
    },
  };
}

/** Process id of whoever has the file now, this process included; null: nobody. */
export function liveOwner(databasePath: string): number | null {
  const path = `${databasePath}.lock`;
  const owner = parseOwner(readLock(path) ?? '');
  return owner !== null && isAlive(owner, path) ? owner.pid : null;
}

function removeStaleLock(path: string): boolean {
  const text = readLock(path);
  if (text === null) return false;
  const owner = parseOwner(text);
  if (owner !== null && isAlive(owner, path)) throw inUse(path, owner.pid);
  const aside = `${path}.stale-${process.pid}`;
  fs.renameSync(path, aside);
  // Another process may have taken over between the reading and the renaming.
  const moved = fs.readFileSync(aside, 'utf8');
  if (moved !== text) {
    fs.linkSync(aside, path);
    fs.unlinkSync(aside);
    throw inUse(path, parseOwner(moved)?.pid ?? 0);
  }
  fs.unlinkSync(aside);
  return true;
}

function writeLock(path: string): void {
  const own: Owner = {
    pid: process.pid,
    bootId: bootId(),
    startTime: startTimeOf(process.pid) ?? '',
  };
  try {
    fs.writeFileSync(path, `${JSON.stringify(own)}\n`, {
      flag: 'wx',
      mode: LOCK_FILE_MODE,
      flush: true,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw inUse(path, parseOwner(readLock(path) ?? '')?.pid ?? 0);
  }
  syncDirectory(dirname(path));
}

function inUse(path: string, pid: number): EdgeError {
  const who = pid === 0 ? 'another process' : `process ${pid}`;
  return new EdgeError(
    'object_in_use',
    `the database is in use by ${who} (${path}); stop that process first`,
  );
}

function readLock(path: string): string | null {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseOwner(text: string): Owner | null {
  try {
    const parsed = JSON.parse(text) as Partial<Owner> | null;
    if (typeof parsed?.pid !== 'number' || typeof parsed.bootId !== 'string') return null;
    return { pid: parsed.pid, bootId: parsed.bootId, startTime: String(parsed.startTime) };
  } catch {
    // A lock that was cut off while it was written has no owner.
    return null;
  }
}

function isAlive(owner: Owner, path: string): boolean {
  if (owner.bootId !== bootId()) return false;
  if (startTimeOf(owner.pid) !== owner.startTime) return false;
  return owner.pid !== process.pid || heldPaths.has(path);
}

function bootId(): string {
  return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** null when there is no such process. */
function startTimeOf(pid: number): string | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything; the fields after it may not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[START_TIME_FIELD_AFTER_NAME] ?? null;
  } catch {
    return null;
  }
}
