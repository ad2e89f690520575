/**
 * In a grouped query every column outside of an aggregate must be grouped by, or depend on what is.
 *
 * @see https://www.postgresql.org/docs/current/queries-table-expressions.html#QUERIES-GROUP
 */
import type { EdgeError } from '../../errors.ts';
import { errorAt } from './analysis.ts';
import { sameExpr } from './build.ts';
import type { Scope } from './scope.ts';
import type { ColumnExpr, Expr, Relation, SelectQuery } from './tree.ts';
import { childrenOf, queryExpressions } from './walk.ts';

/**
 * Relations whose primary key is grouped by: all their columns are single-valued in a group. Seen by the
 * administrator, a tenant table's key is unique only together with the merchant.
 */
function dependentRelations(scope: Scope, keys: readonly Expr[]): ReadonlySet<Relation> {
  const dependent = new Set<Relation>();
  for (const relation of scope.relations) {
    const { table } = relation;
    const primary = table?.uniques.find((unique) => unique.kind === 'primary');
    if (table === null || primary === undefined) continue;
    const names = new Set(
      keys.flatMap((key) =>
        key.kind === 'column' && key.relation === relation ? [key.column.printed] : [],
      ),
    );
    const needed = [...primary.columns];
    if (scope.analysis.environment.role === 'admin' && table.tenantColumn !== null) {
      needed.push(table.tenantColumn);
    }
    if (needed.every((name) => names.has(name))) dependent.add(relation);
  }
  return dependent;
}

function ungrouped(column: ColumnExpr, inSubquery: boolean): EdgeError {
  const name = `${column.relation.name ?? ''}.${column.column.name}`.replace(/^\./, '');
  return errorAt(
    'grouping_error',
    inSubquery
      ? `subquery uses ungrouped column "${name}" from outer query`
      : `column "${name}" must appear in the GROUP BY clause or be used in an aggregate function`,
    column.location,
  );
}

/** @throws EdgeError 42803 with position */
export function checkGrouping(scope: Scope, query: SelectQuery): void {
  const dependent = dependentRelations(scope, query.groupBy);
  const check = (expr: Expr, inSubquery: boolean): void => {
    if (query.groupBy.some((key) => sameExpr(key, expr))) return;
    if (expr.kind === 'aggregate' && expr.over === null) return;
    if (expr.kind === 'column') {
      if (!scope.relations.has(expr.relation) || dependent.has(expr.relation)) return;
      throw ungrouped(expr, inSubquery);
    }
    for (const child of childrenOf(expr)) check(child, inSubquery);
    if (expr.kind === 'subquery') {
      for (const inner of queryExpressions(expr.query)) check(inner, true);
    }
  };
  for (const target of query.targets) check(target.expr, false);
  for (const expr of query.having) check(expr, false);
  for (const key of query.orderBy) check(key.expr, false);
  for (const expr of query.distinctOn) check(expr, false);
}
