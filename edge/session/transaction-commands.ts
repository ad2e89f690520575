/**
 * BEGIN, COMMIT, ROLLBACK, savepoints and SET TRANSACTION, with PostgreSQL's warnings and errors.
 *
 * @see https://www.postgresql.org/docs/15/sql-begin.html
 */
import { EdgeError } from '../errors.ts';
import type { IsolationLevel, UtilityStatement } from '../sql/plan.ts';
import { notice } from './answer.ts';
import type { SessionContext } from './context.ts';

type TransactionStatement = Extract<
  UtilityStatement,
  {
    kind:
      | 'begin'
      | 'commit'
      | 'rollback'
      | 'savepoint'
      | 'release'
      | 'rollback_to'
      | 'set_transaction';
  }
>;

/**
 * @param tag of the plan: BEGIN and START TRANSACTION are told apart by it
 * @returns the command tag
 */
export function runTransactionCommand(
  context: SessionContext,
  statement: TransactionStatement,
  tag: string,
): string {
  switch (statement.kind) {
    case 'begin':
      begin(context, statement.isolation, statement.readOnly);
      return tag;
    case 'commit':
      return commit(context, statement.chain);
    case 'rollback':
      return rollback(context, statement.chain);
    case 'savepoint':
      requireBlock(context, 'SAVEPOINT');
      context.transaction.savepoint(statement.name);
      return 'SAVEPOINT';
    case 'release':
      requireBlock(context, 'RELEASE SAVEPOINT');
      context.transaction.release(statement.name);
      context.portals.release(context.transaction.savepointDepth + 1);
      return 'RELEASE';
    case 'rollback_to':
      requireBlock(context, 'ROLLBACK TO SAVEPOINT');
      context.transaction.rollbackTo(statement.name);
      context.portals.rollbackTo(context.transaction.savepointDepth);
      return 'ROLLBACK';
    case 'set_transaction':
      return setTransaction(context, statement.isolation, statement.readOnly, statement.session);
  }
}

/** Ends the transaction well; the answer waits for the disk. Portals go, held cursors stay. */
export function commitTransaction(context: SessionContext): void {
  try {
    context.hold(context.transaction.commit());
  } catch (error) {
    context.portals.endTransaction(false);
    throw error;
  }
  context.portals.endTransaction(true);
}

export function rollbackTransaction(context: SessionContext): void {
  try {
    context.transaction.rollback();
  } finally {
    context.portals.endTransaction(false);
  }
}

function inBlock(context: SessionContext): boolean {
  const { state } = context.transaction;
  return state === 'block' || state === 'failed';
}

function requireBlock(context: SessionContext, what: string): void {
  if (inBlock(context)) return;
  throw new EdgeError(
    'no_active_sql_transaction',
    `${what} can only be used in transaction blocks`,
  );
}

function begin(
  context: SessionContext,
  isolation: IsolationLevel | null,
  readOnly: boolean | null,
): void {
  if (inBlock(context)) {
    notice(
      context,
      'WARNING',
      'active_sql_transaction',
      'there is already a transaction in progress',
    );
  } else {
    context.transaction.beginBlock();
  }
  context.transaction.setMode(isolation, readOnly);
}

function chainOutsideBlock(what: string): EdgeError {
  return new EdgeError(
    'no_active_sql_transaction',
    `${what} AND CHAIN can only be used in transaction blocks`,
  );
}

function warnNoTransaction(context: SessionContext): void {
  notice(context, 'WARNING', 'no_active_sql_transaction', 'there is no transaction in progress');
}

/** AND CHAIN: a new block with the same characteristics. */
function chainBlock(context: SessionContext, run: () => void): void {
  const { isolation, readOnly } = context.transaction;
  run();
  context.beginStatement(context.values.statementTimestamp);
  context.transaction.beginBlock();
  context.transaction.setMode(isolation, readOnly);
}

function commit(context: SessionContext, chain: boolean): string {
  const failed = context.transaction.state === 'failed';
  if (!inBlock(context)) {
    if (chain) throw chainOutsideBlock('COMMIT');
    warnNoTransaction(context);
  }
  const run = (): void => (failed ? rollbackTransaction(context) : commitTransaction(context));
  if (chain) chainBlock(context, run);
  else run();
  return failed ? 'ROLLBACK' : 'COMMIT';
}

function rollback(context: SessionContext, chain: boolean): string {
  if (!inBlock(context)) {
    if (chain) throw chainOutsideBlock('ROLLBACK');
    warnNoTransaction(context);
  }
  if (chain) chainBlock(context, () => rollbackTransaction(context));
  else rollbackTransaction(context);
  return 'ROLLBACK';
}

function setTransaction(
  context: SessionContext,
  isolation: IsolationLevel | null,
  readOnly: boolean | null,
  session: boolean,
): string {
  if (session) {
    if (isolation !== null)
      context.settings.set('default_transaction_isolation', [isolation], false);
    if (readOnly !== null) {
      context.settings.set('default_transaction_read_only', [readOnly ? 'on' : 'off'], false);
    }
    return 'SET';
  }
  if (!inBlock(context)) {
    notice(
      context,
      'WARNING',
      'no_active_sql_transaction',
      'SET TRANSACTION can only be used in transaction blocks',
    );
  }
  context.transaction.setMode(isolation, readOnly);
  return 'SET';
}
