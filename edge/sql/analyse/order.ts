/**
 * ORDER BY, GROUP BY and DISTINCT ON: a bare name is an output column (for GROUP BY an input column
 * first), a bare integer is a position, anything else is an expression.
 */

import type { A_Const } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { typeName } from '../../types/type-info.ts';
import { isComparable } from '../functions/signatures.ts';
import { errorAt, refuse } from './analysis.ts';
import { sameExpr } from './build.ts';
import { coerceTo, settleUnknown } from './coerce.ts';
import { asNode, locationOf, type Node, namesOf, required } from './nodes.ts';
import { analyseExpression } from './recursion.ts';
import type { Clause, Scope } from './scope.ts';
import { checkSortable, sortDirection } from './sort.ts';
import type { Expr, SortKey, Target } from './tree.ts';

function byPosition(
  constant: A_Const,
  targets: readonly Target[],
  clause: Clause,
  location: number,
): Target {
  if (constant.ival === undefined) {
    throw errorAt('syntax_error', `non-integer constant in ${clause}`, location);
  }
  const position = constant.ival.ival ?? 0;
  const target = targets.filter((one) => !one.hidden)[position - 1];
  if (target === undefined) {
    throw errorAt(
      'invalid_column_reference',
      `${clause} position ${position} is not in select list`,
      location,
    );
  }
  return target;
}

function byName(
  name: string,
  targets: readonly Target[],
  clause: Clause,
  location: number,
): Target | null {
  const matches = targets.filter((target) => !target.hidden && target.name === name);
  const [first] = matches;
  if (first === undefined) return null;
  if (matches.some((other) => !sameExpr(other.expr, first.expr))) {
    throw errorAt('ambiguous_column', `${clause} "${name}" is ambiguous`, location);
  }
  return first;
}

function isInputColumn(scope: Scope, name: string): boolean {
  return scope.items.some(
    (item) => item.columnsVisible && item.columns.some((column) => column.name === name),
  );
}

/** The target that a term names or equals; a new hidden one where there is none. */
function findTarget(scope: Scope, node: Node, targets: Target[], clause: Clause): Target {
  const location = locationOf(node);
  const names = namesOf(asNode(node, 'ColumnRef')?.fields);
  const [name = ''] = names;
  if (names.length === 1 && name !== '' && !(clause === 'GROUP BY' && isInputColumn(scope, name))) {
    const named = byName(name, targets, clause, location);
    if (named !== null) return named;
  }
  const constant = asNode(node, 'A_Const');
  if (constant !== undefined && constant.isnull !== true) {
    return byPosition(constant, targets, clause, location);
  }
  const expr = scope.within(clause, () => analyseExpression(scope, node));
  const same = targets.find((target) => sameExpr(target.expr, expr));
  if (same !== undefined) return same;
  const added: Target = {
    name: '?column?',
    expr: settleUnknown(scope.analysis, expr),
    hidden: true,
  };
  targets.push(added);
  return added;
}

/** A literal of the select list that is sorted or grouped by becomes text now. */
function settleTarget(scope: Scope, target: Target, targets: Target[]): Target {
  if (target.expr.type.oid !== OID.unknown) return target;
  const expr = coerceTo(scope.analysis, target.expr, OID.text, 'implicit') ?? target.expr;
  const settled = { ...target, expr };
  targets[targets.indexOf(target)] = settled;
  return settled;
}

/** ORDER BY of a SELECT; new sort columns are added to the targets as hidden. */
export function analyseOrderBy(
  scope: Scope,
  nodes: readonly Node[],
  targets: Target[],
  distinct: boolean,
): readonly SortKey[] {
  const keys: SortKey[] = [];
  for (const node of nodes) {
    const sort = asNode(node, 'SortBy') ?? {};
    const found = findTarget(scope, required(sort.node), targets, 'ORDER BY');
    if (distinct && found.hidden) {
      throw errorAt(
        'invalid_column_reference',
        'for SELECT DISTINCT, ORDER BY expressions must appear in select list',
        locationOf(sort.node),
      );
    }
    const { expr } = settleTarget(scope, found, targets);
    checkSortable(expr, locationOf(sort.node));
    if (keys.some((key) => key.expr === expr)) continue;
    keys.push({ expr, ...sortDirection(sort) });
  }
  return keys;
}

/** GROUP BY. @throws EdgeError 0A000 for grouping sets */
export function analyseGroupBy(
  scope: Scope,
  nodes: readonly Node[],
  targets: Target[],
): readonly Expr[] {
  const keys: Expr[] = [];
  for (const node of nodes) {
    const set = asNode(node, 'GroupingSet');
    if (set !== undefined) throw refuse('GROUPING SETS, ROLLUP and CUBE', set.location ?? -1);
    const row = asNode(node, 'RowExpr');
    for (const item of row?.args ?? [node]) {
      const found = findTarget(scope, item, targets, 'GROUP BY');
      const { expr } = settleTarget(scope, found, targets);
      checkGroupKey(expr, locationOf(item));
      if (!keys.some((key) => sameExpr(key, expr))) keys.push(expr);
    }
  }
  return keys;
}

function checkGroupKey(expr: Expr, location: number): void {
  if (!isComparable(expr.type.oid)) {
    throw errorAt(
      'undefined_function',
      `could not identify an equality operator for type ${typeName(expr.type.oid)}`,
      location,
    );
  }
  if (expr.kind === 'aggregate') {
    throw errorAt(
      expr.over === null ? 'grouping_error' : 'windowing_error',
      expr.over === null
        ? 'aggregate functions are not allowed in GROUP BY'
        : 'window functions are not allowed in GROUP BY',
      expr.location,
    );
  }
}

/** DISTINCT ON. @throws EdgeError 42P10 where ORDER BY does not start with it */
export function analyseDistinctOn(
  scope: Scope,
  nodes: readonly Node[],
  targets: Target[],
  orderBy: readonly SortKey[],
): readonly Expr[] {
  const keys: Expr[] = [];
  for (const node of nodes) {
    const found = findTarget(scope, node, targets, 'DISTINCT ON');
    const { expr } = settleTarget(scope, found, targets);
    checkSortable(expr);
    if (!keys.includes(expr)) keys.push(expr);
  }
  const leading = orderBy.slice(0, keys.length);
  const stray = leading.find((key) => !keys.includes(key.expr));
  if (stray !== undefined) {
    throw errorAt(
      'invalid_column_reference',
      'SELECT DISTINCT ON expressions must match initial ORDER BY expressions',
      keys[0]?.location ?? -1,
    );
  }
  return keys;
}
