/**
 * The part of the way back that the box's own user does: finds out whether this version can open the data, and
 * restores the backup where it cannot (see `data-return.ts`). Loads the engine.
 */
import { existsSync } from 'node:fs';
import { OperationError } from '../admin/operations.ts';
import { embeddedAsset } from '../assets.ts';
import { restoreBackup } from '../backup/restore.ts';
import { type SqliteParts, StoredDatabase } from '../backup/stored-database.ts';
import type { Config } from '../config.ts';
import { ENGINE_LAYOUT } from '../engine/migrations.ts';
import { installedWasmBinary } from '../engine/wasm-binary.ts';
import { CATALOG_FORMAT } from '../sql/catalog/stored-catalog.ts';
import { functionLibrary } from '../sql/functions/library.ts';
import type { DataReturn } from './data-return.ts';

/**
 * As the box's own user, with the box stopped.
 * @throws OperationError when the data is too new and there is no backup; BackupError when that is damaged
 */
export async function returnData(
  config: Config,
  newerVersion: string,
  backup: string | null,
): Promise<DataReturn> {
  const database = config['database.path'];
  const wasmBinary = embeddedAsset('sqlite3.wasm') ?? installedWasmBinary();
  const parts: SqliteParts = { library: functionLibrary, wasmBinary };
  if (!existsSync(database) || !(await isNewer(parts, database))) return { keptAside: null };
  if (backup === null) {
    throw new OperationError(
      `version ${newerVersion} changed the data so that this version cannot open it, and there is no backup from before: install ${newerVersion} or a later version again`,
    );
  }
  const done = await restoreBackup({ parts, backup, database, asThisBox: false, dryRun: false });
  return { keptAside: done.keptAside };
}

async function isNewer(parts: SqliteParts, path: string): Promise<boolean> {
  using database = await StoredDatabase.open(parts, path, null);
  if (Number(database.first('PRAGMA user_version')) > ENGINE_LAYOUT) return true;
  if (!database.has('helios_catalog_state')) return false;
  const format = database.first('SELECT format FROM helios_catalog_state');
  return BigInt(format as bigint) > CATALOG_FORMAT;
}
