/**
 * ORDER BY terms wherever they stand: direction, NULLs and the check that the type has an order.
 */

import type { SortBy } from '@pgsql/types';
import { typeName } from '../../types/type-info.ts';
import { isComparable } from '../functions/signatures.ts';
import { errorAt, refuse } from './analysis.ts';
import { settleUnknown } from './coerce.ts';
import { asNode, type Node, namesOf, required } from './nodes.ts';
import { analyseExpression } from './recursion.ts';
import type { Scope } from './scope.ts';
import type { Expr, SortKey } from './tree.ts';

/** Direction of a SortBy; NULLS LAST for ascending and NULLS FIRST for descending by default. */
export function sortDirection(sort: SortBy): { descending: boolean; nullsFirst: boolean } {
  let descending = sort.sortby_dir === 'SORTBY_DESC';
  if (sort.sortby_dir === 'SORTBY_USING') {
    const operator = namesOf(sort.useOp).at(-1);
    if (operator !== '<' && operator !== '>')
      throw refuse('ORDER BY ... USING', sort.location ?? -1);
    descending = operator === '>';
  }
  const nullsFirst =
    sort.sortby_nulls === 'SORTBY_NULLS_FIRST' ||
    (sort.sortby_nulls !== 'SORTBY_NULLS_LAST' && descending);
  return { descending, nullsFirst };
}

/** @throws EdgeError 42883 where the type has no order */
export function checkSortable(expr: Expr, location: number = expr.location): void {
  if (isComparable(expr.type.oid)) return;
  throw errorAt(
    'undefined_function',
    `could not identify an ordering operator for type ${typeName(expr.type.oid)}`,
    location,
    { hint: 'Use an explicit ordering operator or modify the query.' },
  );
}

/** An ORDER BY term inside an aggregate or a window: an expression, never a position. */
export function analyseSortBy(scope: Scope, node: Node): SortKey {
  const sort = asNode(node, 'SortBy') ?? {};
  const expr = settleUnknown(scope.analysis, analyseExpression(scope, required(sort.node)));
  checkSortable(expr);
  return { expr, ...sortDirection(sort) };
}
