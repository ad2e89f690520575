/**
 * Which queries cannot give a second row, so that a subquery used as a value needs no check for one.
 */
import type { Expr, Query, Relation, SelectQuery } from './tree.ts';
import { contains } from './walk.ts';

function limitsToOne(query: Query): boolean {
  const { limit } = query;
  return limit?.kind === 'const' && typeof limit.value === 'bigint' && limit.value <= 1n;
}

/** The column of this relation that the conjunct sets equal to something from outside of it, or null. */
function fixedColumn(conjunct: Expr, relation: Relation): string | null {
  const sides =
    conjunct.kind === 'call' && /^\(\$1( COLLATE \w+)? = \$2\)$/.test(conjunct.signature.helios)
      ? conjunct.args
      : [];
  const [left, right] = sides;
  if (left === undefined || right === undefined) return null;
  const readsRelation = (expr: Expr): boolean =>
    contains(expr, (part) => part.kind === 'column' && part.relation === relation);
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    if (one.kind === 'column' && one.relation === relation && !readsRelation(other)) {
      return one.column.printed;
    }
  }
  return null;
}

/** A table read by the whole of one of its keys. Seen by the administrator a tenant's key is not enough. */
function readsByKey(query: SelectQuery): boolean {
  const [item, more] = query.from;
  if (item?.kind !== 'relation' || more !== undefined) return false;
  const { relation } = item;
  const { table } = relation;
  if (table === null) return false;
  const fixed = new Set(query.where.map((conjunct) => fixedColumn(conjunct, relation)));
  if (table.tenantColumn !== null && relation.tenantColumn === null) {
    if (!fixed.has(table.tenantColumn)) return false;
  }
  return table.uniques.some((unique) => unique.columns.every((column) => fixed.has(column)));
}

/** True where the query gives one row at most. */
export function isSingleRow(query: Query): boolean {
  if (limitsToOne(query)) return true;
  if (query.kind === 'values') return query.rows.length === 1;
  if (query.kind === 'compound') return false;
  if (query.grouped && query.groupBy.length === 0) return true;
  return query.from.length === 0 || readsByKey(query);
}
