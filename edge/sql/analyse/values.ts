/**
 * VALUES lists: as many columns in every row, each of one type.
 */

import type { SelectStmt } from '@pgsql/types';
import { errorAt } from './analysis.ts';
import { coerceAll, settleUnknown, unifyForms, unifyTypes } from './coerce.ts';
import { sortRelation } from './compounds.ts';
import { analyseLimit } from './limit.ts';
import { asNode, locationOf } from './nodes.ts';
import { analyseExpression } from './recursion.ts';
import type { Scope } from './scope.ts';
import type { Expr, Query, Target, ValuesQuery } from './tree.ts';

/** The rows' expressions, typed one by one; columns are not unified yet. */
export function analyseRows(scope: Scope, select: SelectStmt): readonly (readonly Expr[])[] {
  const rows = (select.valuesLists ?? []).map((list) => asNode(list, 'List')?.items ?? []);
  const width = rows[0]?.length ?? 0;
  return rows.map((row) => {
    if (row.length !== width) {
      throw errorAt('syntax_error', 'VALUES lists must all be the same length', locationOf(row[0]));
    }
    return scope.within('VALUES', () => row.map((node) => analyseExpression(scope, node)));
  });
}

/** A VALUES statement or subquery. */
export function analyseValues(scope: Scope, select: SelectStmt, settle: boolean): Query {
  const rows = analyseRows(scope, select);
  const width = rows[0]?.length ?? 0;
  const columns: (readonly Expr[])[] = [];
  const targets: Target[] = [];
  for (let index = 0; index < width; index++) {
    const given = rows.map((row) => row[index] as Expr);
    const open = rows.length === 1 && !settle;
    const oid = unifyTypes(given, 'VALUES');
    const coerced = open ? given : coerceAll(scope.analysis, given, oid, 'VALUES');
    const settled = open ? coerced : coerced.map((expr) => settleUnknown(scope.analysis, expr));
    const { exprs, form, typmod } = unifyForms(settled);
    columns.push(exprs);
    const [first] = exprs;
    if (first === undefined) continue;
    const expr = { ...first, form, type: { oid: first.type.oid, typmod } };
    targets.push({ name: `column${index + 1}`, expr, hidden: false });
  }
  const query: ValuesQuery = {
    kind: 'values',
    commonTables: [],
    rows: rows.map((_, row) => columns.map((column) => column[row] as Expr)),
    targets,
    orderBy: [],
    limit: null,
    offset: null,
  };
  const { limit, offset } = analyseLimit(scope, select);
  if ((select.sortClause ?? []).length === 0) return { ...query, limit, offset };
  return { ...sortRelation(scope, query, select), limit, offset };
}
