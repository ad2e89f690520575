/**
 * UPDATE and DELETE: the rows to change and their new values become one query over the user's own view of the
 * tables; the change itself is a fixed text by row identity.
 *
 * @see https://www.postgresql.org/docs/current/sql-update.html
 */
import type { DeleteStmt, RangeVar, ReturningClause, UpdateStmt, WithClause } from '@pgsql/types';
import { type Analysis, refuse, settleParameters } from '../analyse/analysis.ts';
import { analyseCommonTables } from '../analyse/common-tables.ts';
import { analyseFrom } from '../analyse/from.ts';
import type { Node } from '../analyse/nodes.ts';
import { addTable, columnExpr, rowIdentity } from '../analyse/relations.ts';
import { Scope } from '../analyse/scope.ts';
import { analyseCondition, makeSelect } from '../analyse/select.ts';
import type { CommonTable, Expr, FromItem, Relation, Target } from '../analyse/tree.ts';
import { ROW_ID_COLUMN, type Table } from '../catalog/model.ts';
import { printQuery } from '../print/queries.ts';
import {
  analyseSetList,
  type DefaultSupport,
  defaultOf,
  Outputs,
  type SetItem,
} from './assignments.ts';
import { analyseReturning, type BoundRelation, columnsUsed, returningSteps } from './row-text.ts';
import type { Assignment, DeleteSteps, ReturningSteps, UpdateSteps } from './steps.ts';
import { columnAt, deleteText, targetSteps, targetTable, updateText } from './target.ts';

interface ChangeClauses {
  readonly relation: RangeVar | undefined;
  readonly withClause: WithClause | undefined;
  readonly from: readonly Node[] | undefined;
  readonly whereClause: Node | undefined;
  readonly returningClause: ReturningClause | undefined;
}

/** A statement's typed clauses, and the columns of the query that they will become. */
interface Change {
  readonly analysis: Analysis;
  readonly table: Table;
  readonly scope: Scope;
  readonly relation: Relation;
  readonly commonTables: readonly CommonTable[];
  readonly from: readonly FromItem[];
  readonly where: readonly Expr[];
  readonly returning: readonly Target[] | null;
  readonly outputs: Outputs;
}

/** Target, FROM, WHERE and RETURNING, in the order in which PostgreSQL types them. */
function analyseClauses(analysis: Analysis, clauses: ChangeClauses): Change {
  const table = targetTable(analysis, clauses.relation);
  const scope = new Scope(analysis);
  const commonTables = analyseCommonTables(scope, clauses.withClause);
  const relation = addTable(scope, table, clauses.relation?.alias?.aliasname ?? null);
  const from = analyseFrom(scope, clauses.from ?? []);
  if (scope.hasLateralValues) throw refuse('a LATERAL reference', -1);
  const where = analyseCondition(scope, clauses.whereClause, 'WHERE');
  const returning = analyseReturning(scope, clauses.returningClause);
  const outputs = new Outputs();
  outputs.add(rowIdentity(relation));
  const target: FromItem = { kind: 'relation', relation };
  return {
    analysis,
    table,
    scope,
    relation,
    commonTables,
    from: [target, ...from],
    where,
    returning,
    outputs,
  };
}

/** Adds the whole old row to the query's columns. @returns where it starts */
function addOldRow(change: Change): number {
  const { relation, outputs } = change;
  const start = outputs.exprs.length;
  for (const column of relation.columns) outputs.add(columnExpr(relation, column, -1));
  return start;
}

/** RETURNING may name FROM tables: their columns are carried along from the query. */
function printReturning(change: Change, parameterCount: number): ReturningSteps | null {
  const { returning, relation, outputs } = change;
  const used = columnsUsed((returning ?? []).map((target) => target.expr));
  const others: BoundRelation[] = [];
  for (const [other, columns] of used) {
    if (other === relation || !change.scope.relations.has(other)) continue;
    const at = new Map<number, number>();
    for (const index of columns) {
      const column = other.columns[index];
      if (column !== undefined) at.set(index, outputs.add(columnExpr(other, column, -1)));
    }
    carryTenant(other, at, outputs);
    others.push({
      relation: other,
      bindOf: (column) => ({ kind: 'output', index: at.get(column) ?? 0 }),
    });
  }
  return returningSteps(returning, relation, others, parameterCount);
}

/** The barrier in a subquery of RETURNING may ask for the merchant of a FROM table's row. */
function carryTenant(relation: Relation, at: Map<number, number>, outputs: Outputs): void {
  const index = relation.columns.findIndex((column) => column.printed === relation.tenantColumn);
  const column = relation.columns[index];
  if (column !== undefined && !at.has(index)) {
    at.set(index, outputs.add(columnExpr(relation, column, -1)));
  }
}

function printCompute(change: Change): string {
  const targets = change.outputs.exprs.map(
    (expr, index): Target => ({
      name: index === 0 ? ROW_ID_COLUMN : `v${index}`,
      expr,
      hidden: false,
    }),
  );
  const { commonTables, from, where } = change;
  return printQuery({ ...makeSelect({ targets, from, where }), commonTables });
}

function assignmentsOf(
  change: Change,
  items: readonly SetItem[],
  support: DefaultSupport,
): readonly Assignment[] {
  const { analysis, table, outputs } = change;
  return items
    .filter(({ column }) => columnAt(table, column).computed === null)
    .map(({ column, value }) => ({
      column,
      source: outputs.source(value ?? defaultOf(analysis, table, columnAt(table, column), support)),
    }));
}

/** Analyses an UPDATE. @throws EdgeError */
export function analyseUpdate(
  node: UpdateStmt,
  analysis: Analysis,
  support: DefaultSupport,
): UpdateSteps {
  const change = analyseClauses(analysis, {
    relation: node.relation,
    withClause: node.withClause,
    from: node.fromClause,
    whereClause: node.whereClause,
    returningClause: node.returningClause,
  });
  const { table } = change;
  const items = analyseSetList(change.scope, table, node.targetList ?? []);
  const parameterCount = settleParameters(analysis).length;
  const assignments = assignmentsOf(change, items, support);
  const needsOld =
    change.returning !== null || assignments.some(({ source }) => source.kind === 'identity');
  const oldRowAt = needsOld ? addOldRow(change) : -1;
  const returning = printReturning(change, parameterCount);
  const merchant = analysis.environment.role === 'merchant';
  const columns = assignments.map(({ column }) => column);
  return {
    kind: 'update',
    ...targetSteps(analysis.environment.catalog, table),
    returning,
    compute: printCompute(change),
    assignments,
    apply: updateText(table, columns, merchant),
    oldRowAt,
  };
}

/** Analyses a DELETE. @throws EdgeError */
export function analyseDelete(node: DeleteStmt, analysis: Analysis): DeleteSteps {
  const change = analyseClauses(analysis, {
    relation: node.relation,
    withClause: node.withClause,
    from: node.usingClause,
    whereClause: node.whereClause,
    returningClause: node.returningClause,
  });
  const { table } = change;
  const parameterCount = settleParameters(analysis).length;
  const oldRowAt = change.returning === null ? -1 : addOldRow(change);
  const returning = printReturning(change, parameterCount);
  return {
    kind: 'delete',
    ...targetSteps(analysis.environment.catalog, table),
    returning,
    compute: printCompute(change),
    apply: deleteText(table, analysis.environment.role === 'merchant'),
    oldRowAt,
  };
}
