/**
 * Texts with the user's expressions that are evaluated for one row, whose values come in as binds: RETURNING,
 * and SET and WHERE of ON CONFLICT. Each relation that the expressions were typed against becomes
 * `(SELECT ?n AS "column", …)` under the same alias, so that the expressions print as they are.
 *
 * Because the row's values are known to the executor, RETURNING needs no second look at the table: it can be
 * evaluated before the change, as PostgreSQL's snapshot demands of subqueries in it.
 */
import type { ReturningClause } from '@pgsql/types';
import { refuse } from '../analyse/analysis.ts';
import type { Node } from '../analyse/nodes.ts';
import type { Scope } from '../analyse/scope.ts';
import { analyseTargetList } from '../analyse/targets.ts';
import type { Expr, Relation, RelationColumn, Target } from '../analyse/tree.ts';
import { contains, walk } from '../analyse/walk.ts';
import { quoteName } from '../catalog/layout.ts';
import type { ResultColumn } from '../plan.ts';
import { printExpression } from '../print/expressions.ts';
import type { ReturningSteps, RowBind, RowText } from './steps.ts';

/** A relation whose one row is bound. */
export interface BoundRelation {
  readonly relation: Relation;
  /** Where the value of its column (by index) comes from. */
  readonly bindOf: (column: number) => RowBind;
}

/** A relation that stands for the target's row. */
export function boundTarget(relation: Relation): BoundRelation {
  return { relation, bindOf: (column) => ({ kind: 'target', column }) };
}

/** The columns of each relation that the expressions look at. */
export function columnsUsed(exprs: readonly Expr[]): ReadonlyMap<Relation, ReadonlySet<number>> {
  const used = new Map<Relation, Set<number>>();
  for (const expr of exprs) {
    walk(expr, (inner) => {
      if (inner.kind !== 'column') return true;
      const { relation, column } = inner;
      const index = relation.columns.findIndex((one) => one.printed === column.printed);
      const columns = used.get(relation) ?? new Set();
      used.set(relation, columns.add(index));
      return true;
    });
  }
  return used;
}

function hasSubquery(exprs: readonly Expr[]): boolean {
  return exprs.some((expr) => contains(expr, (inner) => inner.kind === 'subquery'));
}

/** Prints expressions over bound relations. Binds follow the statement's own parameters. */
export function rowText(
  exprs: readonly Expr[],
  where: Expr | null,
  bound: readonly BoundRelation[],
  parameterCount: number,
): RowText {
  const all = where === null ? exprs : [...exprs, where];
  const readsTables = hasSubquery(all);
  const used = columnsUsed(all);
  const rowBinds: RowBind[] = [];
  const from = bound.flatMap(({ relation, bindOf }) => {
    const columns = new Set(used.get(relation));
    if (columns.size === 0) return [];
    // The barrier inside a subquery asks for the merchant of the row around it.
    if (readsTables && relation.tenantColumn !== null) {
      columns.add(relation.columns.findIndex((one) => one.printed === relation.tenantColumn));
    }
    const items = [...columns].map((index) => {
      rowBinds.push(bindOf(index));
      const printed = relation.columns[index]?.printed ?? '';
      return `?${parameterCount + rowBinds.length} AS ${quoteName(printed)}`;
    });
    return [`(SELECT ${items.join(', ')}) AS ${relation.alias}`];
  });
  const sql =
    `SELECT ${exprs.length === 0 ? '1' : exprs.map(printExpression).join(', ')}` +
    (from.length === 0 ? '' : ` FROM ${from.join(', ')}`) +
    (where === null ? '' : ` WHERE ${printExpression(where)}`);
  return { sql, rowBinds, readsTables };
}

/** Types a RETURNING list; null where there is none. */
export function analyseReturning(
  scope: Scope,
  clause: ReturningClause | undefined,
): readonly Target[] | null {
  if (clause === undefined) return null;
  if ((clause.options ?? []).length > 0) throw refuse('RETURNING WITH', -1);
  return analyseTargetList(scope, (clause.exprs ?? []) as readonly Node[], 'RETURNING');
}

function resultColumn(target: Target): ResultColumn {
  const { expr, name } = target;
  const column: RelationColumn | null = expr.kind === 'column' ? expr.column : null;
  return {
    name,
    type: expr.type,
    form: expr.form,
    tableOid: column?.tableOid ?? 0,
    attnum: column?.attnum ?? 0,
  };
}

/** Indexes into table.columns where RETURNING is nothing but columns of the target. */
function plainColumns(targets: readonly Target[], relation: Relation): readonly number[] | null {
  const indexes: number[] = [];
  for (const { expr } of targets) {
    if (expr.kind !== 'column' || expr.relation !== relation) return null;
    const { printed } = expr.column;
    indexes.push(relation.columns.findIndex((column) => column.printed === printed));
  }
  return indexes.includes(-1) ? null : indexes;
}

/** The steps of a typed RETURNING list. */
export function returningSteps(
  targets: readonly Target[] | null,
  relation: Relation,
  others: readonly BoundRelation[],
  parameterCount: number,
): ReturningSteps | null {
  if (targets === null) return null;
  const columns = targets.map(resultColumn);
  const plain = plainColumns(targets, relation);
  if (plain !== null) return { columns, plain, text: null };
  const exprs = targets.map((target) => target.expr);
  const bound = [boundTarget(relation), ...others];
  return { columns, plain: null, text: rowText(exprs, null, bound, parameterCount) };
}
