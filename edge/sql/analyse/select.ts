/**
 * SELECT in the order in which PostgreSQL reads it, so that untyped parameters get the same types: WITH,
 * FROM, select list, WHERE, HAVING, ORDER BY, GROUP BY, DISTINCT, LIMIT.
 *
 * @see https://www.postgresql.org/docs/current/sql-select.html
 */

import type { SelectStmt } from '@pgsql/types';
import { typeName } from '../../types/type-info.ts';
import { isComparable } from '../functions/signatures.ts';
import { errorAt, nested, refuse } from './analysis.ts';
import { analyseCommonTables } from './common-tables.ts';
import { analyseCompound } from './compounds.ts';
import { analyseFrom, conjunctsOf } from './from.ts';
import { checkGrouping } from './grouping.ts';
import { analyseLimit } from './limit.ts';
import { makeSelect } from './make-select.ts';
import { asNode, locationOf, type Node, tagOf } from './nodes.ts';
import { analyseDistinctOn, analyseGroupBy, analyseOrderBy } from './order.ts';
import { analyseBoolean, tie } from './recursion.ts';
import type { Clause, Scope } from './scope.ts';
import { analyseTargetList } from './targets.ts';
import type { Expr, Query, Target } from './tree.ts';
import { analyseValues } from './values.ts';

/** A query node: SELECT, VALUES, set operations. The scope is the query's own, fresh. */
export function analyseQuery(scope: Scope, node: Node, settle = true): Query {
  const select = asNode(node, 'SelectStmt');
  if (select === undefined) throw refuse(`${tagOf(node)} in a query`, locationOf(node));
  return analyseSelect(scope, select, settle);
}

/**
 * @param settle read untyped literals of the select list as text; false where the surroundings decide
 */
export function analyseSelect(scope: Scope, select: SelectStmt, settle = true): Query {
  return nested(scope.analysis, () => {
    if (select.intoClause !== undefined) throw refuse('SELECT INTO', -1);
    const commonTables = analyseCommonTables(scope, select.withClause);
    const query = analyseBody(scope, select, settle);
    noteLocks(scope, select, query);
    return commonTables.length === 0 ? query : { ...query, commonTables };
  });
}

function analyseBody(scope: Scope, select: SelectStmt, settle: boolean): Query {
  if ((select.valuesLists ?? []).length > 0) return analyseValues(scope, select, settle);
  if (select.op !== undefined && select.op !== 'SETOP_NONE') {
    return analyseCompound(scope, select, settle);
  }
  return analyseSimple(scope, select, settle);
}

function noteLocks(scope: Scope, select: SelectStmt, query: Query): void {
  const [clause] = select.lockingClause ?? [];
  if (clause === undefined) return;
  const locking = asNode(clause, 'LockingClause');
  const strength = LOCK_NAMES[locking?.strength ?? ''] ?? 'FOR UPDATE';
  const problem =
    query.kind !== 'select'
      ? query.kind === 'values'
        ? 'VALUES'
        : 'UNION/INTERSECT/EXCEPT'
      : query.distinct || query.distinctOn.length > 0
        ? 'DISTINCT clause'
        : query.groupBy.length > 0
          ? 'GROUP BY clause'
          : query.having.length > 0
            ? 'HAVING clause'
            : query.grouped
              ? 'aggregate functions'
              : scope.windowCalls
                ? 'window functions'
                : null;
  if (problem !== null) {
    throw errorAt(
      'feature_not_supported',
      problem === 'VALUES'
        ? `${strength} cannot be applied to VALUES`
        : `${strength} is not allowed with ${problem}`,
      -1,
    );
  }
  if (locking?.waitPolicy === 'LockWaitError') throw refuse(`${strength} NOWAIT`, -1);
  scope.analysis.takesWriteLock = true;
  scope.analysis.lockedFor ??= `SELECT ${strength}`;
}

const LOCK_NAMES: Readonly<Record<string, string>> = {
  LCS_FORKEYSHARE: 'FOR KEY SHARE',
  LCS_FORSHARE: 'FOR SHARE',
  LCS_FORNOKEYUPDATE: 'FOR NO KEY UPDATE',
  LCS_FORUPDATE: 'FOR UPDATE',
};

/** The conjuncts of a condition, each typed. */
export function analyseCondition(
  scope: Scope,
  node: Node | undefined,
  clause: Clause,
): readonly Expr[] {
  if (node === undefined) return [];
  const conjuncts = conjunctsOf(node);
  // With more than one, messages speak of the AND between them.
  const what = conjuncts.length > 1 ? 'AND' : clause;
  return scope.within(clause, () => conjuncts.map((one) => analyseBoolean(scope, one, what)));
}

function readWindows(scope: Scope, select: SelectStmt): void {
  for (const node of select.windowClause ?? []) {
    const window = asNode(node, 'WindowDef');
    if (window?.name === undefined) continue;
    if (scope.windows.has(window.name)) {
      throw errorAt(
        'windowing_error',
        `window "${window.name}" is already defined`,
        window.location ?? -1,
      );
    }
    const { name, ...definition } = window;
    scope.windows.set(name, definition);
  }
}

function analyseSimple(scope: Scope, select: SelectStmt, settle: boolean): Query {
  readWindows(scope, select);
  const from = analyseFrom(scope, select.fromClause ?? []);
  const listed = analyseTargetList(scope, select.targetList ?? [], 'SELECT', settle);
  const where = analyseCondition(scope, select.whereClause, 'WHERE');
  const having = analyseCondition(scope, select.havingClause, 'HAVING');
  const targets: Target[] = [...listed];
  const [distinctFirst] = select.distinctClause ?? [];
  const distinctOnNodes =
    distinctFirst !== undefined && Object.keys(distinctFirst).length > 0
      ? (select.distinctClause ?? [])
      : [];
  const distinct = distinctFirst !== undefined && distinctOnNodes.length === 0;
  const orderBy = analyseOrderBy(scope, select.sortClause ?? [], targets, distinct);
  const groupBy = analyseGroupBy(scope, select.groupClause ?? [], targets);
  const distinctOn = analyseDistinctOn(scope, distinctOnNodes, targets, orderBy);
  if (distinct) for (const target of listed) checkEquality(target.expr);
  const { limit, offset } = analyseLimit(scope, select);
  const grouped = scope.aggregates || groupBy.length > 0 || having.length > 0;
  if (grouped && scope.hasLateralValues) {
    throw refuse('a LATERAL reference in a grouped query', -1);
  }
  const joinedSets = scope.setReturning.map(
    (relation) => ({ kind: 'relation', relation }) as const,
  );
  if (joinedSets.length > 0 && (grouped || scope.windowCalls)) {
    throw refuse('a set-returning function in a grouped or windowed select list', -1);
  }
  const query = makeSelect({
    distinct,
    distinctOn,
    targets,
    from: [...from, ...joinedSets],
    where,
    groupBy,
    having,
    grouped,
    orderBy,
    limit,
    offset,
  });
  if (grouped) checkGrouping(scope, query);
  return query;
}

function checkEquality(expr: Expr): void {
  if (isComparable(expr.type.oid)) return;
  throw errorAt(
    'undefined_function',
    `could not identify an equality operator for type ${typeName(expr.type.oid)}`,
    expr.location,
  );
}

tie({ select: analyseSelect, query: analyseQuery });

export { makeSelect };
