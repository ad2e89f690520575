/**
 * UNION, INTERSECT, EXCEPT: arms brought to one type for each column, sorted by output columns only.
 */

import type { SelectStmt } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { typeName } from '../../types/type-info.ts';
import { isComparable } from '../functions/signatures.ts';
import { errorAt, refuse } from './analysis.ts';
import { toPlain } from './build.ts';
import { coerceAll, unifyForms, unifyTypes } from './coerce.ts';
import { analyseLimit } from './limit.ts';
import { makeSelect } from './make-select.ts';
import { asNode, locationOf, namesOf } from './nodes.ts';
import { analyseSelect } from './recursion.ts';
import { columnExpr, outputName, queryRelation } from './relations.ts';
import { Scope } from './scope.ts';
import { checkSortable, sortDirection } from './sort.ts';
import type {
  CompoundQuery,
  Expr,
  Query,
  Relation,
  RelationColumn,
  SelectQuery,
  SortKey,
  Target,
} from './tree.ts';

const OPERATORS = {
  SETOP_UNION: 'UNION',
  SETOP_INTERSECT: 'INTERSECT',
  SETOP_EXCEPT: 'EXCEPT',
} as const;

function visibleTargets(query: Query): readonly Target[] {
  return query.targets.filter((target) => !target.hidden);
}

/** A UNION, INTERSECT or EXCEPT tree with its ORDER BY and LIMIT. */
export function analyseCompound(scope: Scope, select: SelectStmt, settle: boolean): Query {
  operatorOf(select);
  const left = analyseArm(scope, select.larg);
  const right = analyseArm(scope, select.rarg);
  return combineArms(scope, select, armOf(left), right, settle);
}

interface Operator {
  readonly name: 'UNION' | 'INTERSECT' | 'EXCEPT';
  readonly all: boolean;
}

function operatorOf(select: SelectStmt): Operator {
  const name = OPERATORS[select.op as keyof typeof OPERATORS];
  if (name === undefined) throw refuse(select.op ?? 'this set operation', -1);
  const all = select.all === true;
  if (all && name !== 'UNION') throw refuse(`${name} ALL`, -1);
  return { name, all };
}

/** One side of a set operation, and the expressions that stand for its columns. */
export interface Arm {
  readonly query: Query;
  readonly exprs: readonly Expr[];
}

function armOf(query: Query): Arm {
  return { query, exprs: visibleTargets(query).map((target) => target.expr) };
}

/** The set operation over two analysed arms. */
export function combineArms(
  scope: Scope,
  select: SelectStmt,
  left: Arm,
  right: Query,
  settle: boolean,
): CompoundQuery {
  const { name: operator, all } = operatorOf(select);
  const unified = unifyArms(scope, left, armOf(right), operator, settle);
  const { columns, leftExprs, rightExprs } = unified;
  if (!all) {
    columns.forEach((column, index) => checkEquality(column, leftExprs[index]?.location ?? -1));
  }
  const relation: Relation = queryRelation(scope, left.query, null, columns);
  const query: CompoundQuery = {
    kind: 'compound',
    commonTables: [],
    operator: operator === 'UNION' && all ? 'UNION ALL' : operator,
    left: conformArm(scope, left.query, leftExprs),
    right: conformArm(scope, right, rightExprs),
    relation,
    targets: columns.map((column) => ({
      name: column.name,
      expr: columnExpr(relation, column, -1),
      hidden: false,
    })),
    orderBy: compoundOrder(columns, relation, select),
    limit: null,
    offset: null,
  };
  const { limit, offset } = analyseLimit(scope, select);
  return { ...query, limit, offset };
}

/** One arm, in a scope of its own. */
export function analyseArm(scope: Scope, arm: SelectStmt | undefined): Query {
  if (arm === undefined) throw new Error('a set operation without an arm');
  return analyseSelect(scope.beside(), arm, false);
}

function checkEquality(column: RelationColumn, location: number): void {
  if (isComparable(column.type.oid)) return;
  throw errorAt(
    'undefined_function',
    `could not identify an equality operator for type ${typeName(column.type.oid)}`,
    location,
  );
}

interface Unified {
  readonly columns: readonly RelationColumn[];
  readonly leftExprs: readonly Expr[];
  readonly rightExprs: readonly Expr[];
}

function unifyArms(
  scope: Scope,
  left: Arm,
  right: Arm,
  operator: string,
  settle: boolean,
): Unified {
  const lefts = visibleTargets(left.query);
  if (left.exprs.length !== right.exprs.length) {
    throw errorAt(
      'syntax_error',
      `each ${operator} query must have the same number of columns`,
      right.exprs[0]?.location ?? -1,
    );
  }
  const columns: RelationColumn[] = [];
  const leftExprs: Expr[] = [];
  const rightExprs: Expr[] = [];
  lefts.forEach((target, index) => {
    const pair = [left.exprs[index] as Expr, right.exprs[index] as Expr];
    const open = !settle && pair.every((expr) => expr.type.oid === OID.unknown);
    const oid = open ? OID.text : unifyTypes(pair, operator);
    const { exprs, form, typmod } = unifyForms(coerceAll(scope.analysis, pair, oid, operator));
    const [one, two] = exprs as [Expr, Expr];
    leftExprs.push(one);
    rightExprs.push(two);
    columns.push({
      name: target.name,
      printed: outputName(index),
      type: { oid, typmod },
      form,
      tableOid: 0,
      attnum: 0,
    });
  });
  return { columns, leftExprs, rightExprs };
}

/** The arm with its columns converted: in place where that changes nothing else, else around it. */
function conformArm(scope: Scope, arm: Query, exprs: readonly Expr[]): Query {
  const targets = visibleTargets(arm);
  if (targets.every((target, index) => target.expr === exprs[index])) return arm;
  if (arm.kind === 'select' && isBare(arm)) {
    return {
      ...arm,
      targets: targets.map((target, index) => ({ ...target, expr: exprs[index] as Expr })),
    };
  }
  if (arm.kind === 'values' && arm.rows.length === 1 && arm.orderBy.length === 0) {
    return {
      ...arm,
      rows: [exprs],
      targets: targets.map((target, index) => ({ ...target, expr: exprs[index] as Expr })),
    };
  }
  const relation = queryRelation(scope, arm, null);
  return makeSelect({
    from: [{ kind: 'relation', relation }],
    targets: targets.map((target, index) => {
      const column = relation.columns[index] as RelationColumn;
      const inner = columnExpr(relation, column, target.expr.location);
      const [same] = coerceAll(scope.analysis, [inner], (exprs[index] as Expr).type.oid, 'UNION');
      const expr = same as Expr;
      const plain = (exprs[index] as Expr).form.kind === 'plain' ? toPlain(expr) : expr;
      return { name: target.name, expr: plain, hidden: false };
    }),
  });
}

function isBare(arm: SelectQuery): boolean {
  return (
    !arm.distinct &&
    arm.distinctOn.length === 0 &&
    arm.orderBy.length === 0 &&
    arm.targets.every((target) => !target.hidden)
  );
}

function compoundOrder(
  columns: readonly RelationColumn[],
  relation: Relation,
  select: SelectStmt,
): readonly SortKey[] {
  return (select.sortClause ?? []).map((node) => {
    const sort = asNode(node, 'SortBy') ?? {};
    const column = sortColumn(columns, sort.node);
    const expr = columnExpr(relation, column, locationOf(sort.node));
    checkSortable(expr);
    return { expr, ...sortDirection(sort) };
  });
}

function sortColumn(
  columns: readonly RelationColumn[],
  node: (Parameters<typeof locationOf>[0] & object) | undefined,
): RelationColumn {
  const location = locationOf(node);
  const names = namesOf(asNode(node as never, 'ColumnRef')?.fields);
  if (names.length === 1) {
    const named = columns.filter((column) => column.name === names[0]);
    const [first] = named;
    if (named.length > 1) {
      throw errorAt('ambiguous_column', `ORDER BY "${names[0]}" is ambiguous`, location);
    }
    if (first !== undefined) return first;
    throw errorAt('undefined_column', `column "${names[0]}" does not exist`, location);
  }
  const constant = asNode(node as never, 'A_Const');
  if (constant?.ival !== undefined) {
    const position = constant.ival.ival ?? 0;
    const column = columns[position - 1];
    if (column !== undefined) return column;
    throw errorAt(
      'invalid_column_reference',
      `ORDER BY position ${position} is not in select list`,
      location,
    );
  }
  throw errorAt(
    'feature_not_supported',
    'invalid UNION/INTERSECT/EXCEPT ORDER BY clause',
    location,
    {
      detail: 'Only result column names can be used, not expressions or functions.',
      hint: 'Add the expression/function to every SELECT, or move the UNION into a FROM clause.',
    },
  );
}

/** A query sorted by its output columns from outside: VALUES with ORDER BY. */
export function sortRelation(scope: Scope, query: Query, select: SelectStmt): SelectQuery {
  const relation = queryRelation(new Scope(scope.analysis), query, null);
  const targets = relation.columns.map((column) => ({
    name: column.name,
    expr: columnExpr(relation, column, -1),
    hidden: false,
  }));
  const orderBy = compoundOrder(relation.columns, relation, select).map((key) => ({
    ...key,
    expr:
      targets[
        relation.columns.findIndex((c) => key.expr.kind === 'column' && key.expr.column === c)
      ]?.expr ?? key.expr,
  }));
  return makeSelect({ from: [{ kind: 'relation', relation }], targets, orderBy });
}
