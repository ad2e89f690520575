/**
 * The end of a message cycle: changed settings are reported, ReadyForQuery says how the transaction stands,
 * and the answer leaves.
 */
import { readyForQuery, type TransactionStatus } from '../wire/backend.ts';
import { flush } from './answer.ts';
import type { SessionContext } from './context.ts';
import type { Maybe } from './maybe.ts';
import { after } from './maybe.ts';

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
  context.report.write(context.settings, context.out);
  readyForQuery(context.out, status(context));
  return flush(context) ?? undefined;
}

/** After a FATAL error: what was answered leaves, then the connection ends. */
export function end(context: SessionContext): Maybe<void> {
  return after(flush(context) ?? undefined, () => context.output.close());
}
