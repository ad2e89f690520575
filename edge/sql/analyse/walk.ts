/**
 * Walks a tree: for grouping checks, for the barrier, and to find what an expression depends on.
 */
import type { Expr, FromItem, Query, Relation, SelectQuery, SortKey } from './tree.ts';

/** The expressions directly inside this one; those of a subquery's query are not among them. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'const':
    case 'param':
    case 'column':
      return [];
    case 'sql':
      return expr.parts.filter((part) => typeof part !== 'string');
    case 'call':
      return expr.args;
    case 'aggregate':
      return [
        ...expr.args,
        ...keysOf(expr.orderBy),
        ...(expr.filter === null ? [] : [expr.filter]),
        ...(expr.over === null
          ? []
          : [
              ...expr.over.partitionBy,
              ...keysOf(expr.over.orderBy),
              ...expr.over.frame.filter((part) => typeof part !== 'string'),
            ]),
      ];
    case 'subquery':
      return expr.test;
  }
}

function keysOf(keys: readonly SortKey[]): readonly Expr[] {
  return keys.map((key) => key.expr);
}

/** Relations and join conditions of a FROM tree. */
function fromExpressions(item: FromItem): readonly Expr[] {
  if (item.kind === 'join') {
    return [...fromExpressions(item.left), ...fromExpressions(item.right), ...item.on];
  }
  const { source } = item.relation;
  if (source.kind === 'sql') return source.parts.filter((part) => typeof part !== 'string');
  return source.kind === 'query' ? queryExpressions(source.query) : [];
}

/** Relations that a FROM tree brings in. */
export function relationsOf(item: FromItem): readonly Relation[] {
  return item.kind === 'relation'
    ? [item.relation]
    : [...relationsOf(item.left), ...relationsOf(item.right)];
}

function selectExpressions(query: SelectQuery): readonly Expr[] {
  return [
    ...query.from.flatMap(fromExpressions),
    ...query.where,
    ...query.groupBy,
    ...query.having,
    ...query.distinctOn,
  ];
}

/** Every top expression of a query and of the queries in its FROM, WITH and arms. */
export function queryExpressions(query: Query): readonly Expr[] {
  const own = [
    ...query.commonTables.flatMap((table) => queryExpressions(table.query)),
    ...query.targets.map((target) => target.expr),
    ...keysOf(query.orderBy),
    ...[query.limit, query.offset].filter((expr) => expr !== null),
  ];
  switch (query.kind) {
    case 'select':
      return [...own, ...selectExpressions(query)];
    case 'values':
      return [...own, ...query.rows.flat()];
    case 'compound':
      return [...own, ...queryExpressions(query.left), ...queryExpressions(query.right)];
  }
}

/** Calls `visit` on the expression and all below it, subqueries included; false stops going down there. */
export function walk(expr: Expr, visit: (expr: Expr) => boolean): void {
  if (!visit(expr)) return;
  for (const child of childrenOf(expr)) walk(child, visit);
  if (expr.kind === 'subquery') {
    for (const inner of queryExpressions(expr.query)) walk(inner, visit);
  }
}

/** True where any expression in it passes the test. */
export function contains(expr: Expr, test: (expr: Expr) => boolean): boolean {
  let found = false;
  walk(expr, (inner) => {
    if (!found && test(inner)) found = true;
    return !found;
  });
  return found;
}

/** An aggregate of any kind that is no window call, outside of subqueries. */
export function hasAggregate(expr: Expr): boolean {
  if (expr.kind === 'aggregate' && expr.over === null) return true;
  return childrenOf(expr).some(hasAggregate);
}

/** A window call, outside of subqueries. */
export function hasWindowCall(expr: Expr): boolean {
  if (expr.kind === 'aggregate' && expr.over !== null) return true;
  return childrenOf(expr).some(hasWindowCall);
}
