/**
 * INSERT: VALUES, a query, or DEFAULT VALUES; every column of the table gets a source for its value. The
 * user's expressions become one compute text, and the row is stored by a fixed one.
 *
 * @see https://www.postgresql.org/docs/current/sql-insert.html
 */
import type { InsertStmt, SelectStmt } from '@pgsql/types';
import { EdgeError } from '../../errors.ts';
import { OID } from '../../types/oids.ts';
import { type Analysis, errorAt, settleParameters } from '../analyse/analysis.ts';
import { constant, sqlExpr } from '../analyse/build.ts';
import { analyseCommonTables } from '../analyse/common-tables.ts';
import { analyseExpression } from '../analyse/expressions.ts';
import { asNode, locationOf, type Node } from '../analyse/nodes.ts';
import { addTable, columnExpr, queryRelation } from '../analyse/relations.ts';
import { Scope } from '../analyse/scope.ts';
import { analyseQuery, makeSelect } from '../analyse/select.ts';
import type { CommonTable, Expr, Query, Target } from '../analyse/tree.ts';
import type { Column, Table } from '../catalog/model.ts';
import { printExpression } from '../print/expressions.ts';
import { printQuery } from '../print/queries.ts';
import { analyseConflict, upsertSteps } from './analyse-conflict.ts';
import {
  type DefaultSupport,
  type DefaultValue,
  defaultOf,
  fitValue,
  isExpr,
  Outputs,
} from './assignments.ts';
import { fastInsert } from './fast-insert.ts';
import { analyseReturning, returningSteps } from './row-text.ts';
import { type InsertSteps, NULL_SOURCE, type ValueSource } from './steps.ts';
import {
  columnAt,
  columnIndex,
  insertText,
  storedIndexes,
  targetSteps,
  targetTable,
} from './target.ts';

/** The column list: indexes into table.columns, and where each name stands. */
interface Columns {
  readonly indexes: readonly number[];
  readonly locations: readonly number[];
  readonly explicit: boolean;
}

/** What the statement gives: rows of expressions (null: DEFAULT), or a query. */
type Given =
  | { readonly kind: 'rows'; readonly rows: readonly (readonly (Expr | null)[])[] }
  | { readonly kind: 'query'; readonly query: Query; readonly values: readonly Expr[] };

interface Insert {
  readonly analysis: Analysis;
  readonly table: Table;
  readonly support: DefaultSupport;
  readonly override: string;
  readonly columns: Columns;
  readonly commonTables: readonly CommonTable[];
  readonly given: Given;
}

function columnList(table: Table, nodes: readonly Node[]): Columns {
  if (nodes.length === 0) {
    return {
      indexes: table.columns.map((_column, index) => index),
      locations: [],
      explicit: false,
    };
  }
  const indexes: number[] = [];
  const locations: number[] = [];
  for (const node of nodes) {
    const item = asNode(node, 'ResTarget') ?? {};
    const location = item.location ?? 0;
    const index = columnIndex(table, item.name ?? '', location);
    if ((item.indirection ?? []).length > 0) {
      throw errorAt(
        'feature_not_supported',
        'assignment to a part of a column is not supported',
        location,
      );
    }
    if (indexes.includes(index)) {
      throw errorAt('duplicate_column', `column "${item.name}" specified more than once`, location);
    }
    indexes.push(index);
    locations.push(location);
  }
  return { indexes, locations, explicit: true };
}

/** @param locations of the values, for the error's position */
function checkWidth(columns: Columns, count: number, locationAt: (index: number) => number): void {
  const { indexes, explicit } = columns;
  if (count > indexes.length) {
    throw errorAt(
      'syntax_error',
      'INSERT has more expressions than target columns',
      locationAt(indexes.length),
    );
  }
  if (explicit && count < indexes.length) {
    throw errorAt(
      'syntax_error',
      'INSERT has more target columns than expressions',
      columns.locations[count] ?? -1,
    );
  }
}

/** True for a bare VALUES list: anything around it makes it a query like any other. */
function isValuesList(select: SelectStmt): boolean {
  return (
    (select.valuesLists ?? []).length > 0 &&
    (select.sortClause ?? []).length === 0 &&
    select.limitCount === undefined &&
    select.limitOffset === undefined &&
    select.withClause === undefined &&
    (select.lockingClause ?? []).length === 0
  );
}

function analyseRows(scope: Scope, table: Table, columns: Columns, lists: readonly Node[]): Given {
  let width = -1;
  const rows = lists.map((list) => {
    const items = asNode(list, 'List')?.items ?? [];
    const typed = items.map((item) =>
      asNode(item, 'SetToDefault') === undefined ? analyseExpression(scope, item, 'VALUES') : null,
    );
    if (width >= 0 && items.length !== width) {
      throw errorAt(
        'syntax_error',
        'VALUES lists must all be the same length',
        locationOf(items[0]),
      );
    }
    width = items.length;
    checkWidth(columns, items.length, (index) => locationOf(items[index]));
    return typed.map((expr, at) => {
      const column = columnAt(table, columns.indexes[at] ?? -1);
      return expr === null ? null : fitValue(scope.analysis, expr, column);
    });
  });
  return { kind: 'rows', rows };
}

function analyseSource(
  scope: Scope,
  table: Table,
  columns: Columns,
  node: Node | undefined,
): Given {
  const select = asNode(node, 'SelectStmt');
  if (node === undefined || select === undefined) return { kind: 'rows', rows: [[]] };
  if (isValuesList(select)) return analyseRows(scope, table, columns, select.valuesLists ?? []);
  return analyseQuerySource(scope, table, columns, node);
}

/** The targets of the first arm of a compound: where messages about its columns point. */
function leftmost(query: Query): readonly Target[] {
  return query.kind === 'compound' ? leftmost(query.left) : query.targets;
}

/** A SELECT whose rows are what its list says, one for one. */
function isSimpleSelect(node: Node): boolean {
  const select = asNode(node, 'SelectStmt');
  return (
    select !== undefined &&
    (select.valuesLists ?? []).length === 0 &&
    (select.op ?? 'SETOP_NONE') === 'SETOP_NONE' &&
    (select.distinctClause ?? []).length === 0
  );
}

/** Untyped literals and parameters of a plain query's list take the types of their columns. */
function analyseQuerySource(scope: Scope, table: Table, columns: Columns, node: Node): Given {
  const { analysis } = scope;
  const query = analyseQuery(new Scope(analysis, scope), node, !isSimpleSelect(node));
  const visible = query.targets.filter((target) => !target.hidden);
  checkWidth(columns, visible.length, (index) => visible[index]?.expr.location ?? -1);
  const columnOf = (at: number): Column => columnAt(table, columns.indexes[at] ?? -1);
  if (query.kind === 'select' && !query.distinct && query.distinctOn.length === 0) {
    const values = visible.map((target, at) => fitValue(analysis, target.expr, columnOf(at)));
    return { kind: 'query', query, values };
  }
  const relation = queryRelation(scope, query, null);
  const values = relation.columns.map((column, at) => {
    const location = leftmost(query)[at]?.expr.location ?? -1;
    return fitValue(analysis, columnExpr(relation, column, location), columnOf(at));
  });
  const wrapped = makeSelect({ targets: [], from: [{ kind: 'relation', relation }], where: [] });
  return { kind: 'query', query: wrapped, values };
}

/** What a column gets when it is not given, or given as DEFAULT. */
function fallback(insert: Insert, index: number): DefaultValue {
  const { analysis, table, support } = insert;
  return defaultOf(analysis, table, columnAt(table, index), support);
}

function generatedAlways(column: Column): EdgeError {
  return new EdgeError(
    'generated_always',
    `cannot insert a non-DEFAULT value into column "${column.name}"`,
    {
      detail: `Column "${column.name}" is an identity column defined as GENERATED ALWAYS.`,
      hint: 'Use OVERRIDING SYSTEM VALUE to override.',
    },
  );
}

/** True when a given identity value is to be used. @throws EdgeError 428C9 */
function takesGiven(insert: Insert, column: Column): boolean {
  if (column.computed !== null) return false;
  if (column.identity === null) return true;
  if (insert.override === 'OVERRIDING_USER_VALUE') return false;
  if (column.identity === 'always' && insert.override !== 'OVERRIDING_SYSTEM_VALUE') {
    throw generatedAlways(column);
  }
  return true;
}

/** Sources of all columns, and the compute text's columns for each row. */
interface Layout {
  readonly values: readonly ValueSource[];
  readonly rows: readonly (readonly Expr[])[];
}

function layoutQuery(insert: Insert, given: readonly Expr[]): Layout {
  const outputs = new Outputs();
  const { indexes } = insert.columns;
  const values = insert.table.columns.map((column, index) => {
    const expr = given[indexes.indexOf(index)];
    const use = indexes.includes(index) && expr !== undefined && takesGiven(insert, column);
    return outputs.source(use ? expr : fallback(insert, index));
  });
  return { values, rows: [outputs.exprs] };
}

function layoutRows(insert: Insert, given: readonly (readonly (Expr | null)[])[]): Layout {
  const { table, columns } = insert;
  const rows: Expr[][] = given.map(() => []);
  let count = 0;
  const addColumn = (exprs: readonly Expr[]): number => {
    exprs.forEach((expr, row) => rows[row]?.push(expr));
    return count++;
  };
  const values = table.columns.map((column, index): ValueSource => {
    const at = columns.indexes.indexOf(index);
    const items = given.map((row) => (at < 0 ? null : (row[at] ?? null)));
    const someGiven = items.some((item) => item !== null);
    const use = someGiven && takesGiven(insert, column);
    const other = fallback(insert, index);
    if (!use)
      return isExpr(other) ? { kind: 'output', index: addColumn(items.map(() => other)) } : other;
    const stand = standIn(other, column);
    const output = addColumn(items.map((item) => item ?? stand));
    const mixed = items.includes(null) && !isExpr(other) && other.kind === 'identity';
    if (!mixed) return { kind: 'output', index: output };
    const flags = items.map((item) => constant(OID.int4, item === null ? 1n : 0n, -1));
    return { kind: 'output_or_identity', index: output, flag: addColumn(flags) };
  });
  return { values, rows };
}

/** A DEFAULT among given values, as an expression. */
function standIn(value: DefaultValue, column: Column): Expr {
  if (isExpr(value)) return value;
  const text = value.kind === 'merchant' ? 'helios_merchant()' : 'NULL';
  return sqlExpr(column.type, [text], -1, { form: column.form, leakproof: true });
}

function printRows(
  commonTables: readonly CommonTable[],
  rows: readonly (readonly Expr[])[],
): string | null {
  const [first] = rows;
  if (rows.length === 1 && first !== undefined) {
    if (first.length === 0) return null;
    const targets = first.map((expr, index) => ({ name: `v${index}`, expr, hidden: false }));
    return printQuery({ ...makeSelect({ targets, from: [], where: [] }), commonTables });
  }
  // Each row has at least one column, so that there are as many rows.
  const filler = constant(OID.int4, 0n, -1);
  const filled = rows.map((row) => (row.length === 0 ? [filler] : row));
  if (commonTables.length === 0) {
    return `VALUES ${filled.map((row) => `(${row.map(printExpression).join(', ')})`).join(', ')}`;
  }
  const targets = (filled[0] ?? []).map((expr, index) => ({
    name: `v${index}`,
    expr,
    hidden: false,
  }));
  return printQuery({
    kind: 'values',
    commonTables,
    rows: filled,
    targets,
    orderBy: [],
    limit: null,
    offset: null,
  });
}

function printCompute(insert: Insert, layout: Layout): string | null {
  const { given, commonTables } = insert;
  if (given.kind === 'rows') return printRows(commonTables, layout.rows);
  const { query } = given;
  const targets = (layout.rows[0] ?? []).map(
    (expr, index): Target => ({
      name: `v${index}`,
      expr,
      hidden: false,
    }),
  );
  const filler: Target = { name: 'v0', expr: constant(OID.int4, 0n, -1), hidden: false };
  const kept = query.targets.filter((target) => target.hidden);
  const all = [...(targets.length === 0 ? [filler] : targets), ...kept];
  return printQuery({
    ...query,
    targets: all,
    commonTables: [...commonTables, ...query.commonTables],
  } as Query);
}

/**
 * Subqueries see the tables as they were before the statement. RETURNING of an upsert is evaluated after the
 * change, and SET and WHERE after the rows before: what would see too much is refused.
 */
function subqueriesIn(steps: InsertSteps, oneRow: boolean): EdgeError | null {
  const upsert = steps.conflict?.update;
  if (upsert === undefined || upsert === null) return null;
  if (steps.returning?.text?.readsTables === true) return refused('RETURNING');
  return upsert.compute.readsTables && !oneRow ? refused('SET or WHERE, with several rows,') : null;
}

function refused(where: string): EdgeError {
  return new EdgeError(
    'feature_not_supported',
    `a subquery in ${where} of INSERT ... ON CONFLICT DO UPDATE is not supported`,
  );
}

/** Analyses an INSERT. @throws EdgeError */
export function analyseInsert(
  node: InsertStmt,
  analysis: Analysis,
  support: DefaultSupport,
): InsertSteps {
  const table = targetTable(analysis, node.relation);
  const alias = node.relation?.alias?.aliasname ?? null;
  const scope = new Scope(analysis);
  const commonTables = analyseCommonTables(scope, node.withClause);
  const columns = columnList(table, node.cols ?? []);
  const given = analyseSource(scope, table, columns, node.selectStmt);
  const clause = node.onConflictClause;
  const conflict = clause === undefined ? null : analyseConflict(analysis, table, alias, clause);
  const returningScope = new Scope(analysis);
  const relation = addTable(returningScope, table, alias);
  const returning = analyseReturning(returningScope, node.returningClause);
  const parameterCount = settleParameters(analysis).length;
  const override = node.override ?? 'OVERRIDING_NOT_SET';
  const insert: Insert = { analysis, table, support, override, columns, commonTables, given };
  const layout =
    given.kind === 'rows' ? layoutRows(insert, given.rows) : layoutQuery(insert, given.values);
  const stored = storedIndexes(table);
  const conflictText = conflict?.text ?? '';
  const returns = returningSteps(returning, relation, [], parameterCount);
  const [row = []] = layout.rows;
  const single = given.kind === 'rows' && given.rows.length === 1 && commonTables.length === 0;
  const { values } = layout;
  const steps: InsertSteps = {
    kind: 'insert',
    ...targetSteps(analysis.environment.catalog, table),
    returning: returns,
    fast:
      single && analysis.environment.role === 'merchant'
        ? fastInsert({ table, stored, values, row, conflictText, returning: returns })
        : null,
    compute: printCompute(insert, layout),
    values: values.map((source, index) =>
      columnAt(table, index).computed === null ? source : NULL_SOURCE,
    ),
    apply: insertText(table, stored, (index) => `?${stored.indexOf(index) + 1}`) + conflictText,
    stored,
    conflict:
      conflict === null
        ? null
        : {
            update:
              conflict.update === null
                ? null
                : upsertSteps(analysis, table, conflict.update, parameterCount, support),
          },
  };
  const refusal = subqueriesIn(steps, given.kind === 'rows' && given.rows.length === 1);
  if (refusal !== null) throw refusal;
  return steps;
}
