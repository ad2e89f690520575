/**
 * Subqueries in expressions: EXISTS, a scalar value, IN, ANY and ALL, ARRAY(...). Where SQLite has no such
 * thing (`x > ALL (SELECT ...)`) the three-valued answer is put together from aggregates over the
 * comparison of each row.
 */

import type { SubLink } from '@pgsql/types';
import { PLAIN } from '../../types/storage.ts';
import { typeByOid } from '../../types/type-info.ts';
import { errorAt, refuse } from './analysis.ts';
import { BOOL, plainType, sqlExpr } from './build.ts';
import { settleUnknown } from './coerce.ts';
import { makeSelect } from './make-select.ts';
import { asNode, type Node, namesOf, required } from './nodes.ts';
import { compareRowExprs } from './operators.ts';
import { analyseExpression, analyseQuery } from './recursion.ts';
import { columnExpr, queryColumns, queryRelation } from './relations.ts';
import { Scope } from './scope.ts';
import type { Expr, Query } from './tree.ts';

function innerQuery(scope: Scope, body: SubLink): Query {
  return analyseQuery(new Scope(scope.analysis, scope), required(body.subselect));
}

function visible(query: Query): readonly Expr[] {
  return query.targets.filter((target) => !target.hidden).map((target) => target.expr);
}

function oneColumn(query: Query, location: number): Expr {
  const [first, second] = visible(query);
  if (first === undefined || second !== undefined) {
    throw errorAt('syntax_error', 'subquery must return only one column', location);
  }
  return first;
}

/** Any SubLink node. */
export function analyseSublink(scope: Scope, body: SubLink, location: number): Expr {
  switch (body.subLinkType) {
    case 'EXISTS_SUBLINK':
      return {
        kind: 'subquery',
        mode: 'exists',
        type: BOOL,
        form: PLAIN,
        location,
        test: [],
        query: innerQuery(scope, body),
      };
    case 'EXPR_SUBLINK': {
      const query = innerQuery(scope, body);
      const { type, form } = oneColumn(query, location);
      return { kind: 'subquery', mode: 'scalar', type, form, location, test: [], query };
    }
    case 'ANY_SUBLINK':
      return analyseQuantified(scope, body, false, location);
    case 'ALL_SUBLINK':
      return analyseQuantified(scope, body, true, location);
    case 'ARRAY_SUBLINK':
      return analyseArraySublink(scope, body, location);
    default:
      throw refuse('this kind of subquery', location);
  }
}

function leftSide(scope: Scope, test: Node): readonly Expr[] {
  const row = asNode(test, 'RowExpr');
  return (row?.args ?? [test]).map((node) => analyseExpression(scope, node));
}

function checkWidth(lefts: readonly Expr[], rights: readonly Expr[], location: number): void {
  if (rights.length === lefts.length) return;
  throw errorAt(
    'syntax_error',
    rights.length < lefts.length ? 'subquery has too few columns' : 'subquery has too many columns',
    location,
  );
}

function analyseQuantified(scope: Scope, body: SubLink, all: boolean, location: number): Expr {
  const lefts = leftSide(scope, required(body.testexpr));
  const query = innerQuery(scope, body);
  // A missing operator name is IN's `=`.
  const symbol = namesOf(body.operName).at(-1) ?? '=';
  checkWidth(lefts, visible(query), location);
  const relation = queryRelation(scope, query, null, queryColumns(query));
  const rights = relation.columns.map((column) => columnExpr(relation, column, location));
  const comparison = compareRowExprs(scope.analysis, symbol, lefts, rights, location);
  const native =
    symbol === '=' && !all ? nativeIn(comparison, lefts.length, query, location) : null;
  if (native !== null) return native;
  const each = makeSelect({
    targets: [{ name: 'each', expr: comparison, hidden: false }],
    from: [{ kind: 'relation', relation }],
  });
  return overRows(scope, each, all, location);
}

/** `x IN (SELECT ...)` as it stands, where equality is plain and needs no conversion on either side. */
function nativeIn(comparison: Expr, width: number, query: Query, location: number): Expr | null {
  if (width !== 1) return null;
  let left: Expr | undefined;
  let right: Expr | undefined;
  if (comparison.kind === 'call' && comparison.signature.helios === '($1 = $2)') {
    [left, right] = comparison.args;
  } else if (comparison.kind === 'sql' && comparison.parts.join('|').startsWith('(|')) {
    const [, one, middle, two] = comparison.parts;
    if (middle === ' = ' && typeof one === 'object' && typeof two === 'object') {
      left = one;
      right = two;
    }
  }
  if (left === undefined || right?.kind !== 'column') return null;
  return {
    kind: 'subquery',
    mode: 'in',
    type: BOOL,
    form: PLAIN,
    location,
    test: [left],
    query,
  };
}

/** ANY: true where one row is, else NULL where one row is, else false; ALL the other way round. */
function overRows(scope: Scope, each: Query, all: boolean, location: number): Expr {
  const relation = queryRelation(scope, each, null);
  const [column] = relation.columns;
  if (column === undefined) throw new Error('a comparison without a column');
  const value = columnExpr(relation, column, location);
  const parts = all
    ? [
        'CASE WHEN min(',
        value,
        ') = 0 THEN 0 WHEN count(*) > count(',
        value,
        ') THEN NULL ELSE 1 END',
      ]
    : [
        'CASE WHEN max(',
        value,
        ') = 1 THEN 1 WHEN count(*) > count(',
        value,
        ') THEN NULL ELSE 0 END',
      ];
  const query = makeSelect({
    targets: [
      { name: 'any', expr: sqlExpr(BOOL, parts, location, { leakproof: true }), hidden: false },
    ],
    from: [{ kind: 'relation', relation }],
  });
  return { kind: 'subquery', mode: 'scalar', type: BOOL, form: PLAIN, location, test: [], query };
}

function analyseArraySublink(scope: Scope, body: SubLink, location: number): Expr {
  const query = innerQuery(scope, body);
  const element = settleUnknown(scope.analysis, oneColumn(query, location));
  if (element.form.kind === 'scaled') throw refuse('ARRAY over a numeric column', location);
  const arrayOid = typeByOid(element.type.oid)?.arrayOid ?? 0;
  if (arrayOid === 0) {
    throw errorAt('undefined_object', 'could not find array type for this subquery', location);
  }
  const relation = queryRelation(scope, query, null);
  const [column] = relation.columns;
  if (column === undefined) throw new Error('a subquery without a column');
  const value = columnExpr(relation, column, location);
  const aggregated = sqlExpr(
    plainType(arrayOid),
    ['coalesce(helios_array_agg(', value, "), '[]')"],
    location,
    { leakproof: true },
  );
  const outer = makeSelect({
    targets: [{ name: 'array', expr: aggregated, hidden: false }],
    from: [{ kind: 'relation', relation }],
  });
  return {
    kind: 'subquery',
    mode: 'scalar',
    type: plainType(arrayOid),
    form: PLAIN,
    location,
    test: [],
    query: outer,
  };
}
