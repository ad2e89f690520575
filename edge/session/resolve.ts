/**
 * Query text to plan: from the shared cache where it is known under the present catalog, else through the
 * compiler. A transaction with DDL of its own sees its own catalog and shares no plan.
 */
import { EdgeError } from '../errors.ts';
import type { ParsedStatement, Plan, ResultColumn, UtilityStatement } from '../sql/plan.ts';
import { PLAIN } from '../types/storage.ts';
import type { SessionContext } from './context.ts';
import type { CachedPlan } from './plan-cache.ts';
import { type PreparedStatement, sameColumns } from './statements.ts';

const TEXT_OID = 25;

const EMPTY_PLAN: Plan = {
  program: { kind: 'empty' },
  parameterTypes: [],
  columns: null,
  tag: '',
  catalogVersion: 0,
};

/** What a failed transaction still takes. */
const EXIT_KINDS: ReadonlySet<unknown> = new Set([
  'TRANS_STMT_COMMIT',
  'TRANS_STMT_ROLLBACK',
  'TRANS_STMT_ROLLBACK_TO',
  'TRANS_STMT_PREPARE',
]);

function isExit(parsed: ParsedStatement): boolean {
  const node = parsed.node['TransactionStmt'];
  if (typeof node !== 'object' || node === null || !('kind' in node)) return false;
  return EXIT_KINDS.has(node.kind);
}

/** COMMIT, ROLLBACK, ROLLBACK TO, and the empty statement. */
export function endsFailedBlock(source: CachedPlan): boolean {
  return source.parsed === null || isExit(source.parsed);
}

export function failedTransactionError(): EdgeError {
  return new EdgeError(
    'in_failed_sql_transaction',
    'current transaction is aborted, commands ignored until end of transaction block',
  );
}

/** The plan of a text that is one statement, if it needs no work to find. */
export function knownPlan(
  context: SessionContext,
  text: string,
  parameterTypes: readonly number[],
): CachedPlan | null {
  const { transaction, dependencies, login } = context;
  if (transaction.hasOwnCatalog) return null;
  const found = dependencies.plans.find(login.role, text, parameterTypes, transaction.catalog);
  if (found !== null) dependencies.meters.plansFound += 1;
  return found;
}

/** @throws EdgeError 42601 when the text is more than one statement */
export function resolveText(
  context: SessionContext,
  text: string,
  parameterTypes: readonly number[],
): CachedPlan {
  const known = knownPlan(context, text, parameterTypes);
  if (known !== null) return known;
  const [parsed, ...others] = context.dependencies.compiler.parse(text);
  if (others.length > 0) {
    throw new EdgeError(
      'syntax_error',
      'cannot insert multiple commands into a prepared statement',
    );
  }
  if (parsed === undefined) return emptyStatement(context);
  return resolveParsed(context, parsed, text, parameterTypes);
}

export function emptyStatement(context: SessionContext): CachedPlan {
  return { parsed: null, plan: EMPTY_PLAN, catalog: context.transaction.catalog };
}

/**
 * @param text under which the plan is kept for all sessions; null: nowhere
 * @throws EdgeError 25P02 in a failed transaction, and what the analyser finds
 */
export function resolveParsed(
  context: SessionContext,
  parsed: ParsedStatement,
  text: string | null,
  parameterTypes: readonly number[],
): CachedPlan {
  const { transaction, dependencies, login } = context;
  if (transaction.state === 'failed' && !isExit(parsed)) throw failedTransactionError();
  const { catalog } = transaction;
  const begunMs = dependencies.clock.monotonicMs();
  const plan = dependencies.compiler.analyse(parsed, parameterTypes, {
    role: login.role,
    catalog,
  });
  context.analysisMs += dependencies.clock.monotonicMs() - begunMs;
  dependencies.meters.plansMade += 1;
  const source = { parsed, plan, catalog };
  if (text !== null && !transaction.hasOwnCatalog) {
    dependencies.plans.add(login.role, text, parameterTypes, source);
  }
  return source;
}

/**
 * The plan of a prepared statement under the present catalog.
 * @throws EdgeError 0A000 when its result is not what the client was told
 */
export function revalidate(context: SessionContext, statement: PreparedStatement): CachedPlan {
  const { current } = statement;
  if (current.parsed === null || current.catalog === context.transaction.catalog) return current;
  const known =
    statement.text === null ? null : knownPlan(context, statement.text, statement.parameterTypes);
  const fresh =
    known ?? resolveParsed(context, current.parsed, statement.text, statement.parameterTypes);
  if (!sameColumns(statement.columns, columnsOf(context, fresh))) {
    throw new EdgeError('feature_not_supported', 'cached plan must not change result type');
  }
  statement.current = fresh;
  return fresh;
}

/**
 * The same plan, or a new one when the catalog has changed since it was made: while a statement waits for the
 * write lock, or between Bind and Execute, another session's DDL may commit.
 * @throws EdgeError 0A000 when its result is not what the client was told
 */
export function currentPlan(context: SessionContext, source: CachedPlan): CachedPlan {
  if (source.catalog === context.transaction.catalog || source.parsed === null) return source;
  const fresh = resolveParsed(context, source.parsed, null, source.plan.parameterTypes);
  if (!sameColumns(source.plan.columns, fresh.plan.columns)) {
    throw new EdgeError('feature_not_supported', 'cached plan must not change result type');
  }
  return fresh;
}

function textColumn(name: string): ResultColumn {
  return {
    name,
    type: { oid: TEXT_OID, typmod: -1 },
    form: PLAIN,
    tableOid: 0,
    attnum: 0,
  };
}

const SHOW_ALL_COLUMNS = ['name', 'setting', 'description'].map(textColumn);

/** Result columns: the analyser's, but for statements whose result only the session knows. */
export function columnsOf(
  context: SessionContext,
  source: CachedPlan,
): readonly ResultColumn[] | null {
  const { program, columns } = source.plan;
  return program.kind === 'utility' ? utilityColumns(context, program.utility) : columns;
}

function utilityColumns(
  context: SessionContext,
  utility: UtilityStatement,
): readonly ResultColumn[] | null {
  switch (utility.kind) {
    case 'show':
      return [textColumn(context.settings.shownName(utility.name))];
    case 'show_all':
      return SHOW_ALL_COLUMNS;
    case 'fetch':
      return utility.move ? null : (context.portals.get(utility.name)?.columns ?? null);
    case 'execute':
      return context.statements.get(utility.name)?.columns ?? null;
    default:
      return null;
  }
}
