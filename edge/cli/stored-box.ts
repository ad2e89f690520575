/**
 * How the commands that read a whole database come to it: through the running box, or, where none runs, with the
 * file taken under its owner's lock, so that none can start meanwhile.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { askBox } from '../admin/control-client.ts';
import { OperationError } from '../admin/operations.ts';
import { embeddedAsset } from '../assets.ts';
import { refused } from '../backup/backup-error.ts';
import type { BackupResult } from '../backup/make-backup.ts';
import { BackupFile } from '../backup/packed-file.ts';
import { type SqliteParts, StoredDatabase } from '../backup/stored-database.ts';
import type { Config } from '../config.ts';
import { acquireOwnerLock } from '../engine/owner-lock.ts';
import { installedWasmBinary } from '../engine/wasm-binary.ts';
import { LIMITS } from '../limits.ts';
import { functionLibrary } from '../sql/functions/library.ts';

export function sqliteParts(): SqliteParts {
  return {
    library: functionLibrary,
    wasmBinary: embeddedAsset('sqlite3.wasm') ?? installedWasmBinary(),
  };
}

/** Asks the running box for something that takes as long as its file is large. */
export function askLong(
  config: Config,
  path: string,
  body: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  return askBox(config.dataDir, 'POST', path, body, LIMITS.wholeFileMsMax);
}

export async function isRunning({ dataDir }: Config): Promise<boolean> {
  try {
    await askBox(dataDir, 'GET', '/status');
    return true;
  } catch (error) {
    if (error instanceof OperationError) return false;
    throw error;
  }
}

/** @throws BackupError where a new, empty database would be made by opening it */
export function mustHaveDatabase(config: Config): string {
  const path = config['database.path'];
  if (existsSync(path)) return path;
  throw refused(`there is no database at ${path}; name the box's --data-dir or --config`);
}

/** The database of a box that does not run, held for as long as the work takes. */
export async function withStoppedDatabase<T>(
  config: Config,
  work: (database: StoredDatabase) => Promise<T>,
): Promise<T> {
  const path = mustHaveDatabase(config);
  const lock = acquireOwnerLock(path);
  try {
    using database = await StoredDatabase.open(sqliteParts(), path, null);
    database.begin();
    return await work(database);
  } finally {
    // It was only read: whether its last owner ended cleanly is still to be known.
    lock.release(!lock.takenOver);
  }
}

/** The database inside a backup file. */
export async function withBackup<T>(
  path: string,
  work: (database: StoredDatabase, file: BackupFile) => Promise<T>,
): Promise<T> {
  if (!existsSync(path))
    throw refused(`there is no file ${path}; "backup list" shows what there is`);
  using file = new BackupFile(path);
  using database = await StoredDatabase.open(sqliteParts(), path, file.packed);
  return await work(database, file);
}

/** One state of the running box's database: a backup that is gone afterwards. */
export async function withCopyOfRunning<T>(
  config: Config,
  work: (database: StoredDatabase) => Promise<T>,
): Promise<T> {
  const target = join(config.dataDir, `.copy-${process.pid}`);
  try {
    const made = (await askLong(config, '/backup', { target, label: 'copy' })) as BackupResult;
    return await withBackup(made.path, work);
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}
