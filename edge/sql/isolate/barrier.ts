/**
 * The barrier: SQLite flattens a guard into the query around it and may then evaluate the user's
 * predicate on another merchant's row before the guard's own condition; an error raised there would tell
 * that row's content. So an expression that could raise is evaluated only behind the merchant check,
 * `CASE WHEN r1.merchant_id = helios_merchant() THEN ... END`, while comparisons that cannot raise stay
 * bare and use indexes, as PostgreSQL does with LEAKPROOF.
 *
 * It is used for the conjuncts of WHERE, ON and HAVING everywhere, and for what the query of a subquery or a
 * WITH query gives out: SQLite substitutes that into the predicates around it.
 */
import type { Expr, Relation } from '../analyse/tree.ts';
import { childrenOf, hasAggregate, queryExpressions, walk } from '../analyse/walk.ts';

/** True where nothing in it can raise or call out, whatever the row holds. */
export function isLeakproof(expr: Expr): boolean {
  switch (expr.kind) {
    case 'const':
    case 'param':
    case 'column':
      return true;
    case 'sql':
      return expr.leakproof && childrenOf(expr).every(isLeakproof);
    case 'call':
      return expr.signature.leakproof && expr.args.every(isLeakproof);
    case 'aggregate':
      return false;
    case 'subquery':
      return expr.test.every(isLeakproof) && queryExpressions(expr.query).every(isLeakproof);
  }
}

/** Guarded relations whose columns it reads, those of its own subqueries left out. */
export function guardedRelations(expr: Expr): readonly Relation[] {
  const seen = new Set<Relation>();
  const inner = new Set<Relation>();
  walk(expr, (part) => {
    if (part.kind === 'column') seen.add(part.relation);
    if (part.kind === 'subquery') for (const relation of innerRelations(part)) inner.add(relation);
    return true;
  });
  return [...seen].filter((relation) => relation.tenantColumn !== null && !inner.has(relation));
}

function innerRelations(subquery: Expr & { readonly kind: 'subquery' }): ReadonlySet<Relation> {
  const found = new Set<Relation>();
  collectRelations(subquery.query, found);
  return found;
}

function collectRelations(
  query: (Expr & { readonly kind: 'subquery' })['query'],
  found: Set<Relation>,
): void {
  for (const table of query.commonTables) collectRelations(table.query, found);
  if (query.kind === 'compound') {
    collectRelations(query.left, found);
    collectRelations(query.right, found);
    return;
  }
  if (query.kind === 'values') return;
  const queue = [...query.from];
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    if (item.kind === 'join') queue.push(item.left, item.right);
    else {
      found.add(item.relation);
      if (item.relation.source.kind === 'query') {
        collectRelations(item.relation.source.query, found);
      }
    }
  }
}

/**
 * The guarded relations that must be checked before it is evaluated; none where it is safe as it stands.
 * An aggregate is computed from rows that have passed the filter already.
 */
export function barrierFor(expr: Expr): readonly Relation[] {
  if (isLeakproof(expr) || hasAggregate(expr)) return [];
  return guardedRelations(expr);
}
