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
import { isSingleRow } from '../analyse/single-row.ts';
import type { Expr, Query, Relation } from '../analyse/tree.ts';
import { childrenOf, hasAggregate, queryExpressions, relationsOf, walk } from '../analyse/walk.ts';

/**
 * Where constant expressions are computed. A conjunct that is constant is computed before any row is
 * looked at, so that even an error tells nothing, and `constantsThatRaise` become such conjuncts; but not
 * in the ON of an outer join, nor in what SQLite may move there or substitute elsewhere.
 */
export type Constants = 'before rows' | 'with rows';

/** Parameters, literals and functions of them that answer the same all through the statement. */
function isConstant(expr: Expr): boolean {
  switch (expr.kind) {
    case 'const':
    case 'param':
      return true;
    case 'sql':
      return !expr.volatile && childrenOf(expr).every(isConstant);
    case 'call':
      return expr.signature.volatility !== 'volatile' && expr.args.every(isConstant);
    default:
      return false;
  }
}

/** True where nothing in it can raise or call out, whatever the row holds. */
export function isLeakproof(expr: Expr, constants: Constants = 'before rows'): boolean {
  if (constants === 'before rows' && isConstant(expr)) return true;
  const isSafe = (part: Expr): boolean => isLeakproof(part, constants);
  switch (expr.kind) {
    case 'const':
    case 'param':
    case 'column':
      return true;
    case 'sql':
      return expr.leakproof && childrenOf(expr).every(isSafe);
    case 'call':
      return expr.signature.leakproof && expr.args.every(isSafe);
    case 'aggregate':
      return false;
    case 'subquery':
      // A second row of a value, or a negative limit, raises.
      return (
        (expr.mode !== 'scalar' || isSingleRow(expr.query)) &&
        expr.test.every(isSafe) &&
        queryExpressions(expr.query).every((inner) => isLeakproof(inner)) &&
        !hasComputedLimit(expr.query)
      );
  }
}

/**
 * The constants inside an expression that could raise. SQLite would compute one where it stands, on the
 * first row that comes so far, which may be another merchant's: they are to be computed before.
 */
export function constantsThatRaise(expr: Expr): readonly Expr[] {
  const found: Expr[] = [];
  walk(expr, (part) => {
    if (!isConstant(part)) return true;
    if (part !== expr && !isLeakproof(part, 'with rows')) found.push(part);
    return false;
  });
  return found;
}

function isFixed(limit: Expr | null): boolean {
  return limit === null || limit.kind === 'const';
}

function hasComputedLimit(query: Query): boolean {
  if (!isFixed(query.limit) || !isFixed(query.offset)) return true;
  if (query.kind === 'compound') return [query.left, query.right].some(hasComputedLimit);
  if (query.kind === 'values') return false;
  return query.from
    .flatMap(relationsOf)
    .some(
      (relation) => relation.source.kind === 'query' && hasComputedLimit(relation.source.query),
    );
}

/** Relations whose columns it reads, those of its own subqueries left out. */
function relationsRead(expr: Expr): readonly Relation[] {
  const seen = new Set<Relation>();
  const inner = new Set<Relation>();
  const visit = (part: Expr): boolean => {
    if (part.kind === 'column' && !seen.has(part.relation)) {
      seen.add(part.relation);
      const { source } = part.relation;
      // A set-returning function's rows are made of what its arguments read.
      if (source.kind === 'sql') {
        for (const argument of source.parts) {
          if (typeof argument !== 'string') walk(argument, visit);
        }
      }
    }
    if (part.kind === 'subquery') collectRelations(part.query, inner);
    return true;
  };
  walk(expr, visit);
  return [...seen].filter((relation) => !inner.has(relation));
}

function collectRelations(query: Query, found: Set<Relation>): void {
  for (const table of query.commonTables) collectRelations(table.query, found);
  if (query.kind === 'compound') {
    collectRelations(query.left, found);
    collectRelations(query.right, found);
    return;
  }
  if (query.kind === 'values') return;
  for (const relation of query.from.flatMap(relationsOf)) {
    if (found.has(relation)) continue;
    found.add(relation);
    const inner = innerQuery(relation);
    if (inner !== null) collectRelations(inner, found);
  }
}

/** The query that a relation of FROM stands for, or null for tables and functions. */
function innerQuery(relation: Relation): Query | null {
  if (relation.source.kind === 'query') return relation.source.query;
  return relation.source.kind === 'cte' ? relation.source.cte.query : null;
}

function readsGuarded(query: Query): boolean {
  const found = new Set<Relation>();
  collectRelations(query, found);
  return [...found].some((relation) => relation.tenantColumn !== null);
}

/** True where a relation holds rows of several merchants behind its guard, at any depth. */
export function hasGuarded(relations: readonly Relation[]): boolean {
  return relations.some((relation) => {
    if (relation.tenantColumn !== null) return true;
    const query = innerQuery(relation);
    return query !== null && readsGuarded(query);
  });
}

/** What a query's predicates are judged by. */
export interface Surroundings {
  readonly constants: Constants;
  /** Every relation of the FROM around it. */
  readonly relations: readonly Relation[];
}

/**
 * The relations that an expression's evaluation could tell of: those that it reads, or, where it reads
 * none and may raise, all around it: that it is evaluated at all tells that there is a row.
 */
function relationsAtStake(expr: Expr, around: Surroundings): readonly Relation[] {
  if (isLeakproof(expr, around.constants) || hasAggregate(expr)) return [];
  const read = relationsRead(expr);
  return read.some((relation) => around.relations.includes(relation))
    ? read
    : [...read, ...around.relations];
}

/**
 * Closes the subqueries and WITH queries whose columns this expression reads, where it could raise: their
 * merchant column is not to be seen from outside, so SQLite must neither flatten them nor push the
 * expression down into them.
 */
export function closeSubqueries(expr: Expr, around: Surroundings): void {
  for (const relation of relationsAtStake(expr, around)) {
    const query = innerQuery(relation);
    if (query === null || !readsGuarded(query)) continue;
    // The rows of a recursive query come from SQLite's queue: it never flattens one, nor pushes down into it.
    if (relation.source.kind === 'cte' && relation.source.cte.recursive) continue;
    relation.opaque = true;
    if (relation.source.kind === 'cte') relation.source.cte.opaque = true;
  }
}

/**
 * The guarded relations that must be checked before it is evaluated; none where it is safe as it stands.
 * An aggregate is computed from rows that have passed the filter already.
 */
export function barrierFor(expr: Expr, around: Surroundings): readonly Relation[] {
  return relationsAtStake(expr, around).filter((relation) => relation.tenantColumn !== null);
}
