/**
 * LATERAL subqueries that read their siblings. SQLite has no such thing; but one that gives exactly one row
 * for each row beside it is only a way to name values, so each of its columns becomes a scalar subquery (or the
 * bare expression) wherever it is used. That holds for aggregates without GROUP BY, for selects without FROM,
 * and after LEFT JOIN ... ON true for a single column with LIMIT 1. All others are refused.
 *
 * @see https://www.postgresql.org/docs/current/queries-table-expressions.html#QUERIES-LATERAL
 */
import type { RangeSubselect } from '@pgsql/types';
import { EdgeError } from '../../errors.ts';
import { refuse } from './analysis.ts';
import { namesOf, required } from './nodes.ts';
import { analyseQuery } from './recursion.ts';
import { addSubselect } from './relations.ts';
import { type NamespaceItem, Scope } from './scope.ts';
import type { Expr, Query, Relation, SelectQuery, Target } from './tree.ts';
import { contains, queryExpressions } from './walk.ts';

/** How many rows the subquery gives for each row beside it, as far as its join must know. */
export type LateralRows = 'exactly one' | 'at most one';

export type Lateral =
  | { readonly kind: 'relation'; readonly relation: Relation }
  | { readonly kind: 'values'; readonly item: NamespaceItem; readonly rows: LateralRows };

function readsSibling(error: unknown): boolean {
  return (
    error instanceof EdgeError &&
    (error.condition === 'undefined_column' || error.condition === 'undefined_table')
  );
}

/** A LATERAL subquery of a FROM list: a relation like any other where it reads no sibling. */
export function addLateral(scope: Scope, node: RangeSubselect): Lateral {
  const before = scope.items.length;
  try {
    return { kind: 'relation', relation: addSubselect(scope, node) };
  } catch (error) {
    if (!readsSibling(error) || scope.items.length !== before) throw error;
  }
  const query = analyseQuery(new Scope(scope.analysis, scope), required(node.subquery));
  const rows = rowsOf(query);
  if (query.kind !== 'select' || rows === null || isVolatile(query)) {
    throw refuse('a LATERAL reference', -1);
  }
  const targets = query.targets.filter((target) => !target.hidden);
  const names = namesOf(node.alias?.colnames);
  const item: NamespaceItem = {
    name: node.alias?.aliasname ?? null,
    schema: null,
    columns: targets.map((target, index) => ({
      name: names[index] ?? target.name,
      expr: valueOf(query, target),
    })),
    columnsVisible: true,
    relationVisible: node.alias?.aliasname !== undefined,
    aliasOf: null,
  };
  if (names.length > targets.length) throw refuse('a LATERAL reference', -1);
  scope.addItem(item);
  scope.hasLateralValues = true;
  return { kind: 'values', item, rows };
}

function isVolatile(query: Query): boolean {
  const volatile = (expr: Expr): boolean =>
    (expr.kind === 'sql' && expr.volatile) ||
    (expr.kind === 'call' && expr.signature.volatility === 'volatile');
  return queryExpressions(query).some((expr) => contains(expr, volatile));
}

function isBare(query: SelectQuery): boolean {
  return query.from.length === 0 && query.where.length === 0 && !query.grouped;
}

/** Null where there may be more, or where ties could give each column another row. */
function rowsOf(query: Query): LateralRows | null {
  if (query.kind !== 'select' || query.distinctOn.length > 0 || query.offset !== null) return null;
  if (query.commonTables.length > 0) return null;
  const { limit } = query;
  const one = query.grouped
    ? query.groupBy.length === 0 && query.having.length === 0
    : isBare(query);
  if (one && limit === null) return 'exactly one';
  const limited = limit?.kind === 'const' && limit.value === 1n;
  const single = query.targets.filter((target) => !target.hidden).length === 1;
  return limited && single && !query.distinct ? 'at most one' : null;
}

function valueOf(query: SelectQuery, target: Target): Expr {
  if (isBare(query) && query.limit === null) return target.expr;
  const { type, form, location } = target.expr;
  // One row needs no order; with LIMIT the order says which row it is.
  const inner: SelectQuery =
    query.limit === null ? { ...query, orderBy: [], distinct: false, targets: [target] } : query;
  return { kind: 'subquery', mode: 'scalar', type, form, location, test: [], query: inner };
}
