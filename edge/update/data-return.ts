/**
 * After a return to an older version: can it open the data that the newer one may have changed? Where it cannot,
 * the backup made before the update takes its place. The newer file is kept beside it, because it holds what
 * was sold in between; nothing merges the two, and `update status` and the doctor name the file.
 *
 * The data belongs to the box's own user, so root only starts this and that user does it.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { OperationError } from '../admin/operations.ts';

export interface DataReturn {
  /** null: this version opens the data as it is. */
  readonly keptAside: string | null;
}

/**
 * As root: has the owner of the data do it.
 * @throws OperationError with what the other process said
 */
export function returnToOlderData(
  dataDir: string,
  newerVersion: string,
  backup: string | null,
): DataReturn {
  const { uid, gid } = statSync(dataDir);
  const main = isSea() ? [] : [fileURLToPath(new URL('../main.ts', import.meta.url))];
  const words = ['update', 'return-data', '--data-dir', dataDir, '--version', newerVersion];
  if (backup !== null) words.push('--backup', backup);
  const child = spawnSync(process.execPath, [...main, ...words], { uid, gid, encoding: 'utf8' });
  if (child.status === 0) return JSON.parse(child.stdout) as DataReturn;
  throw new OperationError(
    `the data could not be put back for this version: ${child.stderr.trim() || String(child.error)}`,
  );
}
