/**
 * Puts a backup in the place of a stopped box's database. The backup is verified whole before anything is touched;
 * the database that was there is kept beside it under another name; and the restored file begins a new epoch, so
 * that the cloud takes its new rows for new ones and not for those of the life that was given up.
 *
 * A kill or a power cut at any step leaves either the old database or the new one at its path, whole: the new file is
 * made ready under another name, and one rename decides. It does not merge: what was sold after the backup is in
 * the file that was kept aside, and in the cloud as far as it had been sent.
 */
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { systemClock } from '../clock.ts';
import { Connection } from '../engine/connection.ts';
import { ENGINE_LAYOUT } from '../engine/migrations.ts';
import { acquireOwnerLock } from '../engine/owner-lock.ts';
import { DBCONFIG } from '../engine/sqlite/codes.ts';
import { createWasmInstance } from '../engine/sqlite/wasm-instance.ts';
import { SqliteHost } from '../engine/sqlite-host.ts';
import { durableMedium, syncDirectory } from '../engine/vfs/durable-file.ts';
import { silentLog } from '../log.ts';
import { CATALOG_FORMAT } from '../sql/catalog/stored-catalog.ts';
import { raiseEpoch } from '../tenants/box-identity.ts';
import { refused } from './backup-error.ts';
import { writeWhole } from './copy.ts';
import type { Manifest } from './manifest.ts';
import { withEngine } from './own-engine.ts';
import { BackupFile } from './packed-file.ts';
import { type SqliteParts, StoredDatabase } from './stored-database.ts';

export interface RestoreRequest {
  readonly parts: SqliteParts;
  readonly backup: string;
  /** Path of the box's database file. */
  readonly database: string;
  /** Takes a backup of another box: this box then is that one for the cloud. */
  readonly asThisBox: boolean;
  /** Verifies and tells; changes nothing. */
  readonly dryRun: boolean;
  /** Called before each step that changes something on the disk. */
  readonly onStep?: (step: RestoreStep) => void;
}

export type RestoreStep =
  | 'unpack'
  | 'raise epoch'
  | 'settle'
  | 'keep aside'
  | 'put in place'
  | 'done';

export interface RestoreResult {
  readonly manifest: Manifest;
  /** Of the database that was there; null: none was, or it could not be read. */
  readonly replacedBoxId: string | null;
  /** Where the database that was there lies now; null: none was, or nothing was changed. */
  readonly keptAside: string | null;
  /** The epoch that the restored box is in; null: nothing was changed. */
  readonly epoch: string | null;
}

const DRAFT_SUFFIX = '.restoring';
const FILE_MODE = 0o600;
const MICROS_PER_MS = 1000n;

/** @throws BackupError or EdgeError naming cause and mend; the old database is in its place then */
export async function restoreBackup(request: RestoreRequest): Promise<RestoreResult> {
  const { database, backup } = request;
  fs.mkdirSync(dirname(database), { recursive: true, mode: 0o700 });
  // The box must not run, and must not start meanwhile.
  const lock = acquireOwnerLock(database);
  let isReplaced = false;
  try {
    using file = new BackupFile(backup);
    mustFit(file.manifest);
    const replacedBoxId = await boxIdOf(request.parts, database);
    mustBeThisBox(request, file.manifest, replacedBoxId);
    if (request.dryRun) {
      file.verifyBytes();
      await verifyContent(request.parts, file);
      return { manifest: file.manifest, replacedBoxId, keptAside: null, epoch: null };
    }
    const done = await replace(request, file);
    isReplaced = true;
    return { manifest: file.manifest, replacedBoxId, ...done };
  } finally {
    // What an earlier owner left unfinished stays marked, unless the file has been replaced.
    lock.release(isReplaced || !lock.takenOver);
  }
}

async function replace(request: RestoreRequest, file: BackupFile) {
  const { parts, database } = request;
  const step = request.onStep ?? (() => undefined);
  const draft = `${database}${DRAFT_SUFFIX}`;
  removeDraft(draft);
  try {
    step('unpack');
    mustHaveRoom(dirname(database), file.manifest.contentBytes);
    unpack(file, draft);
    await verifyContent(parts, file);
    step('raise epoch');
    const epoch = await beginEpoch(parts, draft);
    const keptAside = await exchange(parts, database, draft, step);
    step('done');
    return { keptAside, epoch };
  } finally {
    removeDraft(draft);
  }
}

function removeDraft(draft: string): void {
  for (const suffix of ['', '-wal', '.lock']) fs.rmSync(`${draft}${suffix}`, { force: true });
}

/** @throws BackupError when a newer version wrote what is in it */
function mustFit({ layout, catalogFormat, version }: Manifest): void {
  if (layout <= ENGINE_LAYOUT && catalogFormat <= Number(CATALOG_FORMAT)) return;
  throw refused(
    `this backup was made by helios-edge ${version}, which stores data in a way that this version does not know; update helios-edge first`,
  );
}

/** null: there is no database, or one that does not say. */
async function boxIdOf(parts: SqliteParts, path: string): Promise<string | null> {
  if (!fs.existsSync(path)) return null;
  try {
    using database = await StoredDatabase.open(parts, path, null);
    return database.identity().boxId;
  } catch {
    return null;
  }
}

function mustBeThisBox(
  { asThisBox }: RestoreRequest,
  { boxId }: Manifest,
  present: string | null,
): void {
  if (asThisBox || present === null || present === boxId) return;
  throw refused(
    `this backup is of box ${boxId}, and the database here is of box ${present}; ` +
      '--as-this-box restores it all the same: this box then is that one for the cloud, and the other must not run any more',
  );
}

function mustHaveRoom(directory: string, bytes: number): void {
  const { bavail, bsize } = fs.statfsSync(directory);
  if (bavail * bsize > bytes) return;
  throw refused(
    `nothing was restored: it needs ${Math.ceil(bytes / 1e6)} MB in ${directory}, where ${Math.floor((bavail * bsize) / 1e6)} MB are free; make room on the disk`,
  );
}

/** Every byte is compared on the way; the file is on the disk when it returns. */
function unpack(file: BackupFile, path: string): void {
  const fd = fs.openSync(path, 'wx', FILE_MODE);
  try {
    let position = 0;
    file.verifyBytes((chunk) => {
      writeWhole(fd, chunk, position);
      position += chunk.length;
    });
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  syncDirectory(dirname(path));
}

/** With SQLite: the structure whole, every index right, and as many rows as the manifest says. */
async function verifyContent(parts: SqliteParts, file: BackupFile): Promise<void> {
  using database = await StoredDatabase.open(parts, file.path, file.packed);
  const found = database.rows('PRAGMA integrity_check(1)')[0]?.[0];
  if (found !== 'ok') throw refused(`SQLite finds damage in this backup: ${String(found)}`);
  const rows = database.rowCounts();
  const names = new Set([...Object.keys(rows), ...Object.keys(file.manifest.rows)]);
  for (const name of names) {
    const [held, said] = [rows[name], file.manifest.rows[name]];
    if (held === said) continue;
    throw refused(
      `table ${name} has ${held ?? 'no'} rows in this backup, which says ${said ?? 'none'}`,
    );
  }
  if (database.identity().boxId !== file.manifest.boxId) {
    throw refused('the database in this backup is of another box than it says');
  }
}

/** The file under its other name begins a new life; it is one file again, on the disk, when this resolves. */
async function beginEpoch(parts: SqliteParts, path: string): Promise<string> {
  const { epoch } = await withEngine(parts, path, raiseEpoch);
  return String(epoch);
}

async function exchange(
  parts: SqliteParts,
  database: string,
  draft: string,
  step: (step: RestoreStep) => void,
): Promise<string | null> {
  step('settle');
  const hasLog = (await carryBack(parts, database)) === 'log left';
  step('keep aside');
  const aside = fs.existsSync(database) ? asideName(database) : null;
  if (aside !== null) {
    fs.linkSync(database, aside);
    // A log that could not be carried back goes with its database; the new one must never meet it.
    if (hasLog) fs.renameSync(`${database}-wal`, `${aside}-wal`);
  } else fs.rmSync(`${database}-wal`, { force: true });
  syncDirectory(dirname(database));
  step('put in place');
  fs.renameSync(draft, database);
  syncDirectory(dirname(database));
  return aside;
}

function asideName(database: string): string {
  const time = new Date(Number(systemClock.wallMicros() / MICROS_PER_MS))
    .toISOString()
    .replace(/[-:]|\.\d+/g, '');
  for (let count = 1; ; count += 1) {
    const path = `${database}.before-restore-${time}${count === 1 ? '' : `_${count}`}`;
    if (!fs.existsSync(path)) return path;
  }
}

/**
 * Puts the log's commits into the database that is to be kept, so that it is one file, whatever version wrote it.
 * A database too damaged for that keeps its log beside it.
 */
async function carryBack(parts: SqliteParts, path: string): Promise<'one file' | 'log left'> {
  const log = `${path}-wal`;
  if (!fs.existsSync(path) || !fs.existsSync(log)) return 'one file';
  try {
    const instance = await createWasmInstance(parts.wasmBinary, () => undefined);
    const host = new SqliteHost(instance, {
      library: parts.library,
      clock: systemClock,
      log: silentLog,
      readOnly: false,
      medium: durableMedium,
      onFatal: (error) => {
        throw error;
      },
    });
    const connection = new Connection(host, path, false);
    try {
      connection.execute('PRAGMA synchronous = FULL');
      connection.first('PRAGMA user_version');
      connection.rows('PRAGMA wal_checkpoint(TRUNCATE)');
      connection.configure(DBCONFIG.noCheckpointOnClose, 0);
    } finally {
      connection.close();
    }
  } catch {
    return fs.existsSync(log) ? 'log left' : 'one file';
  }
  if (!fs.existsSync(log)) return 'one file';
  // An empty log says nothing; anything else in it was refused.
  if (fs.statSync(log).size > 0) return 'log left';
  fs.rmSync(log);
  return 'one file';
}
