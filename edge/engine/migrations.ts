/**
 * The engine's own tables in the file, brought up to date in steps. `PRAGMA user_version` counts the steps that
 * were taken; a file from a newer version is refused, because its steps are not known here.
 */
import type { Connection } from './connection.ts';

/** One list of texts for each version; the order is history and is never changed. */
const STEPS: readonly (readonly string[])[] = [
  ['CREATE TABLE helios_engine (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID'],
];

/** @throws Error when the file was written by a newer version */
export function migrate(connection: Connection): void {
  const version = Number(connection.first('PRAGMA user_version'));
  if (version > STEPS.length) {
    throw new Error(
      `the database was written by a newer version (layout ${version}, known up to ${STEPS.length}); update helios-edge`,
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
