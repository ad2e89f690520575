/**
 * What leaves a session beside rows: flushing, notices and errors.
 *
 * The watermark stands here: no byte is handed to the socket before the commit that it acknowledges, or
 * whose rows it shows, is on the disk. When the disk fails, what was held is thrown away.
 */
import { EdgeError, type ErrorFields, SQLSTATE } from '../errors.ts';
import { errorResponse, noticeResponse } from '../wire/backend.ts';
import type { SessionContext } from './context.ts';
import { statementEnded } from './statement-ended.ts';
import { idleInTransactionError } from './transaction.ts';

/** client_min_messages, least first. */
const LEVELS = [
  'debug5',
  'debug4',
  'debug3',
  'debug2',
  'debug1',
  'log',
  'notice',
  'warning',
  'error',
];

/** Hands the answer to the socket once it is durable. null: done at once, and the client keeps up. */
export function flush(context: SessionContext): Promise<void> | null {
  const { engine } = context.dependencies;
  if (context.holdFor > engine.durableCommit) return flushDurable(context);
  context.holdFor = 0n;
  context.output.flush();
  return context.output.drained();
}

async function flushDurable(context: SessionContext): Promise<void> {
  try {
    await context.dependencies.engine.durable(context.holdFor);
  } catch (error) {
    // The disk has failed: nothing of this answer is true, and nothing later will be.
    context.output.discard();
    errorResponse(
      context.out,
      new EdgeError('io_error', 'could not write to the disk', { severity: 'FATAL' }),
    );
    context.output.close();
    context.dependencies.log.error({ err: error }, 'a commit could not be made durable');
    return;
  }
  context.holdFor = 0n;
  context.output.flush();
  await context.output.drained();
}

/** A NOTICE or WARNING, if the client wants to see it. */
export function notice(
  context: SessionContext,
  severity: 'NOTICE' | 'WARNING',
  condition: keyof typeof SQLSTATE,
  message: string,
  fields: ErrorFields = {},
): void {
  const wanted = LEVELS.indexOf(context.settings.get('client_min_messages') ?? 'notice');
  if (LEVELS.indexOf(severity.toLowerCase()) < wanted) return;
  noticeResponse(context.out, severity, SQLSTATE[condition], message, fields);
}

/** The error as the client may see it: ours become XX000, and the log has the stack. */
export function clientError(context: SessionContext, error: unknown): EdgeError {
  if (error instanceof EdgeError) {
    switch (error.condition) {
      case 'query_canceled':
        return context.interrupts.error(error);
      case 'lock_not_available':
        return context.interrupts.signal.aborted
          ? context.interrupts.error(error)
          : new EdgeError('lock_not_available', 'canceling statement due to lock timeout');
      case 'idle_in_transaction_session_timeout':
        return idleInTransactionError();
      default:
        return error;
    }
  }
  if (context.interrupts.signal.aborted) return context.interrupts.error(null);
  context.dependencies.log.error({ err: error }, 'internal error in a session');
  return new EdgeError('internal_error', 'internal error', { cause: error });
}

/**
 * Answers a failed statement. What the transaction held is rolled back first, so that nobody waits for
 * the lock while the answer waits for the disk.
 */
export function reportError(context: SessionContext, thrown: unknown): EdgeError {
  const error = clientError(context, thrown);
  // An error can tell of a row: it waits for the commit of that row like an answer does.
  if (context.tables.length > 0) {
    context.hold(context.dependencies.engine.pendingCommit(context.tables, context.login.merchant));
  }
  const before = context.transaction.state;
  try {
    context.transaction.fail();
  } catch (failure) {
    context.dependencies.log.error({ err: failure }, 'a rollback failed');
  }
  if (before === 'implicit') context.portals.endTransaction(false);
  errorResponse(context.out, error);
  statementEnded(context, null, error.sqlstate);
  if (error.severity !== 'ERROR') context.ending = true;
  return error;
}
