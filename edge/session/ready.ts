/**
 * The end of a message cycle: changed settings are reported, ReadyForQuery says how the transaction stands,
 * and the answer leaves.
 *
 * @see https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-ASYNC
 */
import { parameterStatus, readyForQuery, type TransactionStatus } from '../wire/backend.ts';
import { flush } from './answer.ts';
import type { SessionContext } from './context.ts';
import type { Maybe } from './maybe.ts';
import { after } from './maybe.ts';

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
  write(context: SessionContext): void {
    const { settings, out } = context;
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

function status(context: SessionContext): TransactionStatus {
  switch (context.transaction.state) {
    case 'failed':
      return 'E';
    case 'block':
      return 'T';
    case 'implicit':
    case 'idle':
      return 'I';
  }
}

/** Ends a simple query or Sync. */
export function writeReady(context: SessionContext): Maybe<void> {
  context.interrupts.clear();
  context.tables = [];
  if (context.ending) return end(context);
  context.report.write(context);
  readyForQuery(context.out, status(context));
  return flush(context) ?? undefined;
}

/** After a FATAL error: what was answered leaves, then the connection ends. */
export function end(context: SessionContext): Maybe<void> {
  return after(flush(context) ?? undefined, () => context.output.close());
}
