/**
 * The simple query protocol: one text, any number of statements, all in one implicit transaction unless they
 * say otherwise. The whole text is parsed before anything runs; the first error ends the rest.
 *
 * @see https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
 */
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { ParsedStatement } from '../sql/plan.ts';
import type { SqlValue } from '../types/storage.ts';
import { commandComplete, emptyQueryResponse } from '../wire/backend.ts';
import { flush, reportError } from './answer.ts';
import type { SessionContext } from './context.ts';
import { after, attempt, type Maybe } from './maybe.ts';
import type { CachedPlan } from './plan-cache.ts';
import { writeReady } from './ready.ts';
import {
  columnsOf,
  endsFailedBlock,
  failedTransactionError,
  knownPlan,
  resolveParsed,
} from './resolve.ts';
import { rowEncoders } from './row-encoders.ts';
import { runPlan } from './run-plan.ts';
import { learnShape, planOfShape, shapeOf } from './shaped-plans.ts';
import { statementEnded } from './statement-ended.ts';
import { commitTransaction } from './transaction-commands.ts';

const NONE: readonly never[] = [];

/** Answers one Query message, ReadyForQuery included. Never rejects. */
export function simpleQuery(context: SessionContext, text: string): Maybe<void> {
  // As PostgreSQL: a simple query takes the unnamed statement and portal away.
  context.statements.drop('');
  context.portals.drop('');
  const answered = attempt(
    () => runText(context, text),
    (error) => {
      reportError(context, error);
    },
  );
  return after(answered, () => writeReady(context));
}

function runText(context: SessionContext, text: string): Maybe<void> {
  const time = context.transaction.now();
  context.beginStatement(time);
  context.beginTiming();
  const known = knownPlan(context, text, NONE);
  if (known !== null) return runOne(context, known, true);
  const shape = shapeOf(context, text);
  const shaped = shape === null ? null : planOfShape(context, shape);
  if (shape !== null && shaped !== null) return runOne(context, shaped, true, shape.values);
  const statements = context.dependencies.compiler.parse(text);
  const [first] = statements;
  if (first === undefined) {
    endImplicit(context);
    emptyQueryResponse(context.out);
    return undefined;
  }
  if (statements.length > 1) return runMany(context, statements, time);
  const source = resolveParsed(context, first, text, NONE);
  if (shape !== null) learnShape(context, shape, source);
  return runOne(context, source, true);
}

async function runMany(
  context: SessionContext,
  statements: readonly ParsedStatement[],
  time: bigint,
): Promise<void> {
  const last = statements.at(-1);
  context.inMultiStatement = true;
  try {
    for (const parsed of statements) {
      context.beginStatement(time);
      context.beginTiming();
      const source =
        knownPlan(context, parsed.text, NONE) ?? resolveParsed(context, parsed, parsed.text, NONE);
      await runOne(context, source, parsed === last);
      if (context.out.length >= LIMITS.answerFlushBytes) await flush(context);
    }
  } finally {
    context.inMultiStatement = false;
  }
}

/** @param values where integers of the text are parameters of its plan */
function runOne(
  context: SessionContext,
  source: CachedPlan,
  isLast: boolean,
  values: readonly SqlValue[] = NONE,
): Maybe<void> {
  if (context.transaction.state === 'failed' && !endsFailedBlock(source)) {
    throw failedTransactionError();
  }
  if (source.plan.parameterTypes.length > values.length) {
    throw noParameter(source);
  }
  const columns = columnsOf(context, source);
  const encoders = columns === null ? NONE : rowEncoders(columns, NONE, context.values.timeZone);
  context.rows.begin(encoders, columns, 0, null);
  return after(runPlan(context, source, values, context.rows), (tag) => {
    context.rows.describe();
    // Before CommandComplete: a commit that fails is an error of its last statement.
    if (isLast) endImplicit(context);
    context.interrupts.end();
    commandComplete(context.out, tag);
    statementEnded(context, tag);
  });
}

/** What PostgreSQL says of `$1` where nobody can give it a value. */
function noParameter(source: CachedPlan): EdgeError {
  const found = findParameter(source.parsed?.node);
  return new EdgeError(
    'undefined_parameter',
    `there is no parameter $${found?.number ?? 1}`,
    found === null ? {} : { position: found.location + 1 },
  );
}

/** The first parameter in a parse tree. */
function findParameter(node: unknown): { number: number; location: number } | null {
  if (typeof node !== 'object' || node === null) return null;
  for (const [key, child] of Object.entries(node)) {
    if (key === 'ParamRef') {
      const { number, location } = child as { number?: number; location?: number };
      return { number: number ?? 1, location: location ?? 0 };
    }
    const found = findParameter(child);
    if (found !== null) return found;
  }
  return null;
}

function endImplicit(context: SessionContext): void {
  if (context.transaction.state === 'implicit') commitTransaction(context);
}
