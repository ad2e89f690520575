/**
 * The engine's own tables in the file, brought up to date in steps. `PRAGMA user_version` counts the steps that
 * were taken; a file from a newer version is refused, because its steps are not known here.
 */
import { EdgeError } from '../errors.ts';
import type { Connection } from './connection.ts';

/** One list of texts for each version; the order is history and is never changed. */
const STEPS: readonly (readonly string[])[] = [
  ['CREATE TABLE helios_engine (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID'],
];

/** The layout that this version writes, and the newest that it reads. */
export const ENGINE_LAYOUT = STEPS.length;

/** @throws EdgeError when the file was written by a newer version */
export function migrate(connection: Connection): void {
  const version = Number(connection.first('PRAGMA user_version'));
  if (version > STEPS.length) {
    throw new EdgeError(
      'object_not_in_prerequisite_state',
      `the database was written by a newer version (layout ${version}, known up to ${ENGINE_LAYOUT}); ` +
        'update helios-edge, or restore the backup that was made before the update',
    );
  }
  for (const [index, texts] of STEPS.entries()) {
    if (index < version) continue;
    connection.execute('BEGIN IMMEDIATE');
    for (const text of texts) connection.execute(text);
    connection.execute(`PRAGMA user_version = ${index + 1}`);
    connection.execute('COMMIT');
  }
}
