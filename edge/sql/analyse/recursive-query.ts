/**
 * WITH RECURSIVE: a query that reads its own rows. SQLite's form is PostgreSQL's (a first query, UNION [ALL], a
 * query that reads the rows of the step before), but SQLite takes one row at a time where PostgreSQL takes all rows
 * of a step together. Wherever that could be told apart (DISTINCT, windows, an outer join that gives the
 * rows up), and wherever SQLite wants another shape, the statement is refused.
 *
 * The columns' types are the first query's; PostgreSQL's own checks stand in `recursive-form.ts`.
 *
 * @see https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-RECURSIVE
 */
import type { CommonTableExpr, SelectStmt } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { PLAIN } from '../../types/storage.ts';
import { formatType } from '../../types/type-info.ts';
import { errorAt, refuse, uniqueName } from './analysis.ts';
import { plainType, toPlain } from './build.ts';
import { settleUnknown } from './coerce.ts';
import { analyseArm, combineArms } from './compounds.ts';
import { asNode } from './nodes.ts';
import { checkRecursiveForm } from './recursive-form.ts';
import { queryColumns, renameColumns } from './relations.ts';
import type { Scope } from './scope.ts';
import type { CommonTable, Expr, FromItem, Query, RelationColumn, SelectQuery } from './tree.ts';
import { contains, hasAggregate, hasWindowCall, relationsOf } from './walk.ts';

/** Mutable while it is made: the second query names the table before there is a whole one. */
type Draft = { -readonly [Key in keyof CommonTable]: CommonTable[Key] };

/** What the first query gives: untyped literals are text, numbers lie as they may in any row. */
function seedExprs(scope: Scope, seed: Query): readonly Expr[] {
  return seed.targets
    .filter((target) => !target.hidden)
    .map((target) => toPlain(settleUnknown(scope.analysis, target.expr)));
}

function tableColumns(
  seed: Query,
  exprs: readonly Expr[],
  body: CommonTableExpr,
  location: number,
): readonly RelationColumn[] {
  const columns = queryColumns(seed).map((column, index) => ({
    ...column,
    type: exprs[index]?.type ?? column.type,
    form: PLAIN,
    tableOid: 0,
    attnum: 0,
  }));
  const alias = {
    aliasname: body.ctename ?? '',
    ...(body.aliascolnames === undefined ? {} : { colnames: body.aliascolnames }),
  };
  return renameColumns(columns, alias, location, 'WITH query');
}

/** Where the rows of the step before stand, SQLite must find them at once: not in a nested join. */
function isAtHand(item: FromItem, table: CommonTable, first: boolean): boolean {
  if (item.kind === 'relation') return true;
  const reads = (side: FromItem): boolean =>
    relationsOf(side).some(({ source }) => source.kind === 'cte' && source.cte === table);
  if (!reads(item)) return true;
  if (!first || item.join === 'RIGHT' || item.join === 'FULL') return false;
  if (item.right.kind === 'join' && reads(item.right)) return false;
  return isAtHand(item.left, table, first);
}

function aggregateLocation(expr: Expr): number {
  let location = -1;
  contains(expr, (part) => {
    if (part.kind === 'aggregate' && part.over === null) location = part.location;
    return location >= 0;
  });
  return location;
}

function checkStep(step: Query, table: CommonTable, location: number): SelectQuery {
  if (step.kind !== 'select') throw refuse('a set operation in a recursive term', location);
  if (step.commonTables.length > 0) throw refuse('WITH in a recursive term', location);
  if (step.distinct || step.distinctOn.length > 0) {
    throw refuse('DISTINCT in a recursive term', location);
  }
  const aggregate = [...step.targets.map((target) => target.expr), ...step.having].find(
    hasAggregate,
  );
  if (aggregate !== undefined) {
    throw errorAt(
      'invalid_recursion',
      "aggregate functions are not allowed in a recursive query's recursive term",
      aggregateLocation(aggregate),
    );
  }
  if (step.grouped) throw refuse('GROUP BY in a recursive term', location);
  if (step.targets.some((target) => hasWindowCall(target.expr))) {
    throw refuse('a window function in a recursive term', location);
  }
  if (!step.from.every((item, index) => isAtHand(item, table, index === 0))) {
    throw refuse('a recursive reference in a nested join', location);
  }
  const direct = step.from
    .flatMap(relationsOf)
    .some(({ source }) => source.kind === 'cte' && source.cte === table);
  if (!direct) throw refuse('a recursive reference in a subquery of FROM', location);
  return step;
}

function checkTypes(table: CommonTable, query: Query, seed: Query): void {
  const seeds = seed.targets.filter((target) => !target.hidden);
  query.targets.forEach((target, index) => {
    const before = table.columns[index]?.type ?? plainType(OID.unknown);
    const { type } = target.expr;
    if (before.oid === type.oid && before.typmod === type.typmod) return;
    throw errorAt(
      'datatype_mismatch',
      `recursive query "${table.name}" column ${index + 1} has type ${formatType(before)} in non-recursive term but type ${formatType(type)} overall`,
      seeds[index]?.expr.location ?? -1,
      { hint: 'Cast the output of the non-recursive term to the correct type.' },
    );
  });
}

/** A WITH query that reads itself. @throws EdgeError 42P19, 42804, 0A000 */
export function analyseRecursive(
  scope: Scope,
  body: CommonTableExpr,
  materialized: boolean | null,
): CommonTable {
  const location = body.location ?? 0;
  const name = body.ctename ?? '';
  if (body.search_clause !== undefined) throw refuse('SEARCH in a recursive query', location);
  if (body.cycle_clause !== undefined) throw refuse('CYCLE in a recursive query', location);
  const select: SelectStmt = checkRecursiveForm(body, asNode(body.ctequery, 'SelectStmt'));
  if (select.withClause !== undefined) throw refuse('WITH in a recursive query', location);
  const seed = analyseArm(scope, select.larg);
  const exprs = seedExprs(scope, seed);
  const table: Draft = {
    name,
    printed: uniqueName(scope.analysis, 'w'),
    columns: tableColumns(seed, exprs, body, location),
    query: seed,
    materialized,
    recursive: true,
  };
  const around = scope.beside();
  around.commonTables.set(name, table);
  const step = checkStep(analyseArm(around, select.rarg), table, location);
  const query = combineArms(scope, select, { query: seed, exprs }, step, true);
  checkTypes(table, query, seed);
  table.query = query;
  return table;
}
