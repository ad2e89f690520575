/**
 * Statements that concern the session and not the data: settings here, the others in the files named
 * after them.
 */
import { EdgeError } from '../errors.ts';
import { ValuesRow } from '../sql/execute/values-row.ts';
import type { IsolationLevel, UtilityStatement } from '../sql/plan.ts';
import { notice } from './answer.ts';
import type { SessionContext } from './context.ts';
import { closeCursor, declareCursor, fetchCursor } from './cursors.ts';
import type { Maybe } from './maybe.ts';
import type { CountingSink } from './run-data.ts';
import { deallocate, executePrepared, prepareStatement } from './sql-prepare.ts';
import { runTransactionCommand } from './transaction-commands.ts';

type Set = Extract<UtilityStatement, { kind: 'set' }>;

/**
 * @param tag of the plan: SET and RESET are told apart by it
 * @returns the command tag
 */
export function runUtility(
  context: SessionContext,
  utility: UtilityStatement,
  tag: string,
  sink: CountingSink,
): Maybe<string> {
  switch (utility.kind) {
    case 'begin':
    case 'commit':
    case 'rollback':
    case 'savepoint':
    case 'release':
    case 'rollback_to':
    case 'set_transaction':
      return runTransactionCommand(context, utility, tag);
    case 'set':
      setOne(context, utility);
      return tag;
    case 'reset_all':
      context.settings.resetAll();
      return 'RESET';
    case 'show':
      sink.row(new ValuesRow([context.settings.show(utility.name)]));
      return 'SHOW';
    case 'show_all':
      for (const row of context.settings.showAll()) sink.row(new ValuesRow(row));
      return 'SHOW';
    case 'discard':
      return discard(context, utility.what);
    case 'prepare':
      return prepareStatement(context, utility);
    case 'execute':
      return executePrepared(context, utility, sink);
    case 'deallocate':
      return deallocate(context, utility.name);
    case 'declare':
      return declareCursor(context, utility);
    case 'fetch':
      return fetchCursor(context, utility, sink);
    case 'close':
      return closeCursor(context, utility.name);
    case 'unlisten':
      return 'UNLISTEN';
  }
}

function setOne(context: SessionContext, statement: Set): void {
  const { transaction, settings } = context;
  const name = statement.name.toLowerCase();
  if (statement.local && transaction.state !== 'block') {
    notice(
      context,
      'WARNING',
      'no_active_sql_transaction',
      'SET LOCAL can only be used in transaction blocks',
    );
  }
  if (name === 'transaction_isolation') {
    transaction.setMode(isolationNamed(settings.check(statement.name, statement.value)), null);
  } else if (name === 'transaction_read_only') {
    transaction.setMode(null, settings.check(statement.name, statement.value) === 'on');
  } else {
    settings.set(statement.name, statement.value, statement.local);
  }
}

function isolationNamed(value: string): IsolationLevel {
  return value === 'repeatable read' || value === 'serializable' ? value : 'read committed';
}

function discard(
  context: SessionContext,
  what: Extract<UtilityStatement, { kind: 'discard' }>['what'],
): string {
  const forget = (): void => context.dependencies.catalogs.endSession?.(context.login.backendPid);
  if (what === 'sequences') forget();
  if (what !== 'all') return `DISCARD ${what.toUpperCase()}`;
  if (context.transaction.state !== 'implicit' || context.inMultiStatement) {
    throw new EdgeError(
      'active_sql_transaction',
      'DISCARD ALL cannot run inside a transaction block',
    );
  }
  context.portals.dropAll();
  context.statements.dropAll();
  context.settings.resetAll();
  forget();
  return 'DISCARD ALL';
}
