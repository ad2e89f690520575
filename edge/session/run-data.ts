/**
 * Runs the plans that concern data inside the session's transaction: reads on the last committed state, a
 * snapshot or the write transaction; writes on the write transaction.
 *
 * It commits nothing and sends nothing: rows go to the sink, the caller gets the command tag.
 */
import type { PacedRunner, RowSink, WriteTransaction } from '../engine/engine.ts';
import { EdgeError } from '../errors.ts';
import { type ModifyResult, queryStatement, startModify } from '../sql/execute/execute.ts';
import type { Plan, QueryProgram } from '../sql/plan.ts';
import type { RowReader, SqlValue } from '../types/storage.ts';
import type { SessionContext } from './context.ts';
import { after, type Maybe } from './maybe.ts';
import type { CachedPlan } from './plan-cache.ts';
import { currentPlan } from './resolve.ts';

/** Takes rows and knows how many it has given to the client. */
export interface CountingSink extends RowSink {
  readonly written: number;
}

/** Runs a SELECT, INSERT, UPDATE or DELETE. @returns the tag of CommandComplete */
export function runData(
  context: SessionContext,
  source: CachedPlan,
  parameters: readonly SqlValue[],
  sink: CountingSink,
): Maybe<string> {
  context.transaction.checkAlive();
  context.interrupts.check();
  const { plan } = currentPlan(context, source);
  const { program } = plan;
  switch (program.kind) {
    case 'query':
      context.tables = program.tables;
      if (!program.takesWriteLock) return runRead(context, plan, program, parameters, sink);
      if (program.writes !== null) checkWritable(context, program.writes ?? 'SELECT FOR UPDATE');
      break;
    case 'insert':
    case 'update':
    case 'delete':
      context.tables = program.tables;
      checkWritable(context, plan.tag);
      break;
    default:
      throw new Error(`not a data statement: ${program.kind}`);
  }
  return after(context.transaction.writer(), (transaction) => {
    context.interrupts.check();
    // Looked at again: others may have changed the catalog before the lock was ours.
    const fresh = currentPlan(context, source);
    if (fresh.plan.program.kind === 'query') {
      const ran = runOn(context, transaction, fresh.plan, parameters, sink);
      return after(ran, () => queryTag(plan, sink));
    }
    return runModify(context, fresh, parameters, sink, transaction);
  });
}

/** How many rows went out, not how many there were: as PostgreSQL counts for each Execute. */
function queryTag(plan: Plan, sink: CountingSink): string {
  return `${plan.tag} ${sink.written}`;
}

export function checkWritable(context: SessionContext, what: string): void {
  if (!context.transaction.readOnly) return;
  throw new EdgeError(
    'read_only_sql_transaction',
    `cannot execute ${what} in a read-only transaction`,
  );
}

function runRead(
  context: SessionContext,
  plan: Plan,
  program: QueryProgram,
  parameters: readonly SqlValue[],
  sink: CountingSink,
): Maybe<string> {
  const reader = context.transaction.reader();
  if (reader === null) return readCommitted(context, plan, program, parameters, sink);
  return after(reader, (runner) =>
    after(runOn(context, runner, plan, parameters, sink), () => {
      if (!context.transaction.holdsWriteLock) {
        const { engine } = context.dependencies;
        context.hold(engine.pendingCommit(program.tables, context.login.merchant));
      }
      return queryTag(plan, sink);
    }),
  );
}

function runOn(
  context: SessionContext,
  runner: PacedRunner,
  plan: Plan,
  parameters: readonly SqlValue[],
  sink: RowSink,
): Maybe<unknown> {
  const { turns, values, interrupts } = context;
  interrupts.check();
  const statement = queryStatement(plan, parameters, context.login.role);
  const onRow = (row: RowReader): void => sink.row(row);
  return turns.drive(runner.runInTurns(statement, values, interrupts.interrupt, onRow, turns));
}

function readCommitted(
  context: SessionContext,
  plan: Plan,
  program: QueryProgram,
  parameters: readonly SqlValue[],
  sink: CountingSink,
): Maybe<string> {
  const { engine } = context.dependencies;
  const request = {
    statement: queryStatement(plan, parameters, context.login.role),
    session: context.values,
    interrupt: context.interrupts.interrupt,
    sink,
    tables: program.tables,
  };
  const result = engine.readNow(request);
  if (result !== null) {
    context.hold(result.waitFor);
    return queryTag(plan, sink);
  }
  sink.restart();
  context.ranOnWorker = true;
  context.dependencies.meters.workerReads += 1;
  return engine.read({ ...request, onWorker: true }).then((late) => {
    context.hold(late.waitFor);
    return queryTag(plan, sink);
  });
}

function runModify(
  context: SessionContext,
  source: CachedPlan,
  parameters: readonly SqlValue[],
  sink: RowSink,
  transaction: WriteTransaction,
): Maybe<string> {
  const { plan, catalog } = source;
  const started = startModify({
    plan,
    params: parameters,
    transaction,
    session: context.values,
    interrupt: context.interrupts.interrupt,
    catalog,
    onRow: (row) => sink.row(row),
    pace: context.turns,
  });
  if ('rowCount' in started) return modified(context, plan, started);
  return after(context.turns.drive(started), (result) => modified(context, plan, result));
}

function modified(context: SessionContext, plan: Plan, result: ModifyResult): string {
  const { meters, activity } = context.dependencies;
  const rows = Number(result.rowCount);
  meters.rowsWritten += rows;
  // The first table is the statement's own; others are those it reads.
  const [table] = context.tables;
  if (activity.isWatched && table !== undefined) {
    context.transaction.noteWrite(table, rows);
  }
  return modifyTag(plan, result);
}

function modifyTag(plan: Plan, { rowCount }: ModifyResult): string {
  return plan.tag === 'INSERT' ? `INSERT 0 ${rowCount}` : `${plan.tag} ${rowCount}`;
}
