/**
 * Runs the plans that concern data inside the session's transaction: reads on the last committed state, a
 * snapshot or the write transaction; writes on the write transaction.
 *
 * It commits nothing and sends nothing: rows go to the sink, the caller gets the command tag.
 */
import type { RowSink, StatementRunner } from '../engine/engine.ts';
import { EdgeError } from '../errors.ts';
import { executeModify, queryStatement } from '../sql/execute/execute.ts';
import type { Plan, QueryProgram } from '../sql/plan.ts';
import type { SqlValue } from '../types/storage.ts';
import type { SessionContext } from './context.ts';
import { after, type Maybe } from './maybe.ts';
import type { CachedPlan } from './plan-cache.ts';

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
  const { plan } = source;
  const { program } = plan;
  context.transaction.checkAlive();
  context.interrupts.check();
  switch (program.kind) {
    case 'query':
      context.tables = program.tables;
      return after(
        runQuery(context, plan, program, parameters, sink),
        // How many rows went out, not how many there were: as PostgreSQL counts for each Execute.
        () => `${plan.tag} ${sink.written}`,
      );
    case 'insert':
    case 'update':
    case 'delete':
      context.tables = program.tables;
      return runModify(context, plan, parameters, sink);
    default:
      throw new Error(`not a data statement: ${program.kind}`);
  }
}

export function checkWritable(context: SessionContext, what: string): void {
  if (!context.transaction.readOnly) return;
  throw new EdgeError(
    'read_only_sql_transaction',
    `cannot execute ${what} in a read-only transaction`,
  );
}

function runQuery(
  context: SessionContext,
  plan: Plan,
  program: QueryProgram,
  parameters: readonly SqlValue[],
  sink: RowSink,
): Maybe<void> {
  if (program.takesWriteLock) {
    checkWritable(context, `${plan.tag} FOR UPDATE`);
    return after(context.transaction.writer(), (writer) =>
      runOn(context, writer, plan, parameters, sink),
    );
  }
  const reader = context.transaction.reader();
  if (reader === null) return readCommitted(context, plan, program, parameters, sink);
  return after(reader, (runner) => {
    runOn(context, runner, plan, parameters, sink);
    if (context.transaction.holdsWriteLock) return;
    const { engine } = context.dependencies;
    context.hold(engine.pendingCommit(program.tables, context.login.merchant));
  });
}

function runOn(
  context: SessionContext,
  runner: StatementRunner,
  plan: Plan,
  parameters: readonly SqlValue[],
  sink: RowSink,
): void {
  context.interrupts.check();
  const statement = queryStatement(plan, parameters, context.login.role);
  runner.run(statement, context.values, context.interrupts.interrupt, (row) => sink.row(row));
}

function readCommitted(
  context: SessionContext,
  plan: Plan,
  program: QueryProgram,
  parameters: readonly SqlValue[],
  sink: RowSink,
): Maybe<void> {
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
    return undefined;
  }
  sink.restart();
  return engine.read({ ...request, onWorker: true }).then((late) => context.hold(late.waitFor));
}

function runModify(
  context: SessionContext,
  plan: Plan,
  parameters: readonly SqlValue[],
  sink: RowSink,
): Maybe<string> {
  checkWritable(context, plan.tag);
  return after(context.transaction.writer(), (transaction) => {
    context.interrupts.check();
    const { rowCount } = executeModify({
      plan,
      params: parameters,
      transaction,
      session: context.values,
      interrupt: context.interrupts.interrupt,
      catalog: context.transaction.catalog,
      onRow: (row) => sink.row(row),
    });
    return plan.tag === 'INSERT' ? `INSERT 0 ${rowCount}` : `${plan.tag} ${rowCount}`;
  });
}
