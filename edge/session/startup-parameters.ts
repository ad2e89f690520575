/**
 * Start-up parameters of a session: settings by name, those of `options` among them. One that is unknown or
 * wrong ends the connection, as in PostgreSQL.
 *
 * @see https://www.postgresql.org/docs/15/protocol-message-formats.html (StartupMessage)
 */
import { notSupported } from '../errors.ts';
import { parseBoolean } from './setting-value.ts';
import type { Settings } from './settings.ts';

/** @throws EdgeError; the caller makes it FATAL */
export function applyStartupParameters(
  settings: Settings,
  parameters: ReadonlyMap<string, string>,
): void {
  for (const [name, value] of parameters) {
    if (name.startsWith('_pq_.')) continue;
    if (name === 'replication') checkReplication(value);
    else settings.setAtStart(name, value);
  }
}

function checkReplication(value: string): void {
  if (parseBoolean(value) !== false) throw notSupported('replication');
}
