/**
 * LIMIT and OFFSET.
 */
import type { SelectStmt } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { errorAt, refuse } from './analysis.ts';
import { coerceToSpecific } from './coerce.ts';
import { locationOf, type Node } from './nodes.ts';
import { analyseExpression } from './recursion.ts';
import type { Scope } from './scope.ts';
import type { Expr } from './tree.ts';
import { contains } from './walk.ts';

/** LIMIT and OFFSET: bigint, without the query's own columns. */
export function analyseLimit(
  scope: Scope,
  select: SelectStmt,
): { readonly limit: Expr | null; readonly offset: Expr | null } {
  if (select.limitOption === 'LIMIT_OPTION_WITH_TIES') throw refuse('WITH TIES', -1);
  const offset = limitExpr(scope, select.limitOffset, 'OFFSET');
  const limit = limitExpr(scope, select.limitCount, 'LIMIT');
  return { limit, offset };
}

function limitExpr(scope: Scope, node: Node | undefined, clause: 'LIMIT' | 'OFFSET'): Expr | null {
  if (node === undefined) return null;
  const expr = scope.within(clause, () => analyseExpression(scope, node));
  if (expr.kind === 'const' && expr.value === null) return null;
  const coerced = coerceToSpecific(scope.analysis, expr, OID.int8, clause);
  if (contains(coerced, (part) => part.kind === 'column' && scope.relations.has(part.relation))) {
    throw errorAt(
      'invalid_column_reference',
      `argument of ${clause} must not contain variables`,
      locationOf(node),
    );
  }
  return coerced;
}
