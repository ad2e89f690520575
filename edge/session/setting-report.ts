/**
 * ParameterStatus: what the client was last told of the settings that PostgreSQL reports.
 *
 * @see https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-ASYNC
 */
import type { ByteWriter } from '../types/byte-writer.ts';
import { parameterStatus } from '../wire/backend.ts';
import type { Settings } from './settings.ts';

/** PostgreSQL 15's own set, in its order. */
const REPORTED = [
  'application_name',
  'client_encoding',
  'DateStyle',
  'default_transaction_read_only',
  'in_hot_standby',
  'integer_datetimes',
  'IntervalStyle',
  'is_superuser',
  'server_encoding',
  'server_version',
  'session_authorization',
  'standard_conforming_strings',
  'TimeZone',
] as const;

/** What the client was last told of its settings. */
export class SettingReport {
  #version = -1;
  readonly #told = new Map<string, string>();

  /** Writes a ParameterStatus for each reported setting that has changed; all of them the first time. */
  write(settings: Settings, out: ByteWriter): void {
    if (settings.version === this.#version) return;
    this.#version = settings.version;
    for (const name of REPORTED) {
      const value = settings.show(name);
      if (this.#told.get(name) === value) continue;
      this.#told.set(name, value);
      parameterStatus(out, name, value);
    }
  }
}
