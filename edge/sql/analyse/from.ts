/**
 * FROM lists and joins: which rows come together, and which names are seen above a join.
 *
 * @see https://www.postgresql.org/docs/current/queries-table-expressions.html#QUERIES-FROM
 */

import type { JoinExpr, RangeSubselect } from '@pgsql/types';
import { EdgeError } from '../../errors.ts';
import { errorAt, nested, refuse } from './analysis.ts';
import { joined } from './build.ts';
import { coerceAll, unifyForms, unifyTypes } from './coerce.ts';
import { addLateral, type LateralRows } from './lateral.ts';
import { asNode, locationOf, type Node, namesOf, tagOf } from './nodes.ts';
import { makeOperator } from './operators.ts';
import { analyseBoolean } from './recursion.ts';
import { addRangeVar, addSubselect, columnsOf } from './relations.ts';
import type { NamespaceColumn, NamespaceItem, Scope } from './scope.ts';
import { addFunction } from './set-functions.ts';
import type { Expr, FromItem, JoinKind, Relation } from './tree.ts';
import { relationsOf } from './walk.ts';

interface Entry {
  /** Null for a LATERAL subquery that only names values of the others. */
  readonly item: FromItem | null;
  readonly lateral: LateralRows | null;
  /** What `*` gives. */
  readonly columns: readonly NamespaceColumn[];
  /** Namespace entries made for it, in the scope. */
  readonly names: readonly NamespaceItem[];
}

/** Reads a FROM (or USING) list into the scope. */
export function analyseFrom(scope: Scope, nodes: readonly Node[]): readonly FromItem[] {
  return nodes.flatMap((node) => {
    const { item, lateral } = analyseEntry(scope, node);
    if (item === null && lateral !== 'exactly one') throw refuse('a LATERAL reference', -1);
    return item === null ? [] : [item];
  });
}

function leaf(scope: Scope, add: () => Relation): Entry {
  const before = scope.items.length;
  const relation = add();
  return {
    item: { kind: 'relation', relation },
    lateral: null,
    columns: columnsOf(relation),
    names: scope.items.slice(before),
  };
}

function lateralEntry(scope: Scope, node: RangeSubselect): Entry {
  const before = scope.items.length;
  const lateral = addLateral(scope, node);
  if (lateral.kind === 'values') {
    const { item, rows } = lateral;
    return { item: null, lateral: rows, columns: item.columns, names: [item] };
  }
  const { relation } = lateral;
  return {
    item: { kind: 'relation', relation },
    lateral: null,
    columns: columnsOf(relation),
    names: scope.items.slice(before),
  };
}

function analyseEntry(scope: Scope, node: Node): Entry {
  return nested(scope.analysis, () => {
    const table = asNode(node, 'RangeVar');
    if (table !== undefined) return leaf(scope, () => addRangeVar(scope, table));
    const subselect = asNode(node, 'RangeSubselect');
    if (subselect?.lateral === true) return lateralEntry(scope, subselect);
    if (subselect !== undefined) return leaf(scope, () => addSubselect(scope, subselect));
    const call = asNode(node, 'RangeFunction');
    if (call !== undefined) return leaf(scope, () => addFunction(scope, call));
    const join = asNode(node, 'JoinExpr');
    if (join !== undefined) return analyseJoin(scope, join);
    const what = tagOf(node) === 'RangeTableSample' ? 'TABLESAMPLE' : tagOf(node);
    throw refuse(what, locationOf(node));
  });
}

function joinKind(join: JoinExpr, conditional: boolean): JoinKind {
  switch (join.jointype) {
    case 'JOIN_LEFT':
      return 'LEFT';
    case 'JOIN_RIGHT':
      return 'RIGHT';
    case 'JOIN_FULL':
      return 'FULL';
    default:
      return conditional ? 'INNER' : 'CROSS';
  }
}

function markNullable(item: FromItem): void {
  for (const relation of relationsOf(item)) relation.nullable = true;
}

function analyseJoin(scope: Scope, join: JoinExpr): Entry {
  const left = analyseEntry(scope, join.larg as Node);
  const right = analyseEntry(scope, join.rarg as Node);
  const shared = sharedNames(join, left, right);
  const kind = joinKind(join, shared.length > 0 || join.quals !== undefined);
  if (left.item === null || right.item === null) return joinLateral(scope, join, kind, left, right);
  if (keepsNoLateral(kind, left, right)) throw refuse('a LATERAL reference', -1);
  const merged = shared.map((name) => mergeColumn(scope, name, left, right, kind));
  const on: Expr[] = merged.map(({ equal }) => equal);
  if (join.quals !== undefined) on.push(...analyseOn(scope, join.quals, left, right));
  if (kind === 'LEFT' || kind === 'FULL') markNullable(right.item);
  if (kind === 'RIGHT' || kind === 'FULL') markNullable(left.item);
  const rest = [...left.columns, ...right.columns].filter(
    (column) => !shared.includes(column.name),
  );
  const columns = [...merged.map(({ column }) => column), ...rest];
  return {
    item: { kind: 'join', join: kind, left: left.item, right: right.item, on },
    lateral: left.lateral ?? right.lateral,
    columns,
    names: nameJoin(scope, join, left, right, columns, shared.length > 0),
  };
}

/** Values of a LATERAL subquery would not become NULL where an outer join makes up a row. */
function keepsNoLateral(kind: JoinKind, left: Entry, right: Entry): boolean {
  const leftMadeUp = kind === 'RIGHT' || kind === 'FULL';
  const rightMadeUp = kind === 'LEFT' || kind === 'FULL';
  return (leftMadeUp && left.lateral !== null) || (rightMadeUp && right.lateral !== null);
}

function isTrue(quals: Node | undefined): boolean {
  return asNode(quals, 'A_Const')?.boolval?.boolval === true;
}

/** A join to a LATERAL subquery that only names values: the other side alone is left. */
function joinLateral(
  scope: Scope,
  join: JoinExpr,
  kind: JoinKind,
  left: Entry,
  right: Entry,
): Entry {
  const always = join.quals === undefined || isTrue(join.quals);
  const fits =
    right.lateral === 'exactly one'
      ? kind === 'CROSS' || kind === 'INNER' || kind === 'LEFT'
      : kind === 'LEFT';
  const plain = (join.usingClause ?? []).length === 0 && join.isNatural !== true;
  if (left.item === null || right.lateral === null || !always || !fits || !plain) {
    throw refuse('a LATERAL reference', -1);
  }
  const columns = [...left.columns, ...right.columns];
  return {
    item: left.item,
    lateral: 'exactly one',
    columns,
    names: nameJoin(scope, join, left, right, columns, false),
  };
}

/** Above a join its sides are known by qualifier; an alias of the join hides them altogether. */
function nameJoin(
  scope: Scope,
  join: JoinExpr,
  left: Entry,
  right: Entry,
  columns: readonly NamespaceColumn[],
  merges: boolean,
): readonly NamespaceItem[] {
  const below = [...left.names, ...right.names];
  const alias = join.alias?.aliasname;
  if (alias === undefined && !merges) return below;
  for (const item of below) {
    item.columnsVisible = false;
    if (alias !== undefined) item.relationVisible = false;
  }
  const renames = namesOf(join.alias?.colnames);
  const item: NamespaceItem = {
    name: alias ?? null,
    schema: null,
    columns: columns.map((column, index) => ({ ...column, name: renames[index] ?? column.name })),
    columnsVisible: true,
    relationVisible: alias !== undefined,
    aliasOf: null,
  };
  scope.addItem(item);
  if (join.join_using_alias !== undefined) throw refuse('JOIN ... USING ... AS', -1);
  return alias === undefined ? [item, ...below] : [item];
}

/** ON sees the two sides of its join, not the entries before them. */
function analyseOn(scope: Scope, quals: Node, left: Entry, right: Entry): readonly Expr[] {
  const inside = new Set([...left.names, ...right.names]);
  const outside = scope.items.filter((item) => !inside.has(item));
  const saved = outside.map((item) => [item, item.columnsVisible, item.relationVisible] as const);
  for (const item of outside) {
    item.columnsVisible = false;
    item.relationVisible = false;
  }
  try {
    return conjunctsOf(quals).map((node) =>
      scope.within('JOIN conditions', () => analyseBoolean(scope, node, 'JOIN/ON')),
    );
  } catch (error) {
    throw error instanceof EdgeError && error.condition === 'undefined_table'
      ? invalidReference(error, outside)
      : error;
  } finally {
    for (const [item, columnsVisible, relationVisible] of saved) {
      item.columnsVisible = columnsVisible;
      item.relationVisible = relationVisible;
    }
  }
}

function invalidReference(error: EdgeError, outside: readonly NamespaceItem[]): EdgeError {
  const name = /^missing FROM-clause entry for table "(.*)"$/.exec(error.message)?.[1];
  if (name === undefined || !outside.some((item) => item.name === name)) return error;
  return errorAt(
    'undefined_table',
    `invalid reference to FROM-clause entry for table "${name}"`,
    (error.fields.position ?? 0) - 1,
    {
      hint: `There is an entry for table "${name}", but it cannot be referenced from this part of the query.`,
    },
  );
}

/** The conjuncts of a condition: each may use an index, or stand behind the barrier, on its own. */
export function conjunctsOf(node: Node): readonly Node[] {
  const bool = asNode(node, 'BoolExpr');
  if (bool?.boolop !== 'AND_EXPR') return [node];
  return (bool.args ?? []).flatMap(conjunctsOf);
}

function sharedNames(join: JoinExpr, left: Entry, right: Entry): readonly string[] {
  if (join.isNatural !== true) {
    const listed = namesOf(join.usingClause);
    const twice = listed.find((name, index) => listed.indexOf(name) !== index);
    if (twice === undefined) return listed;
    throw errorAt(
      'duplicate_column',
      `column name "${twice}" appears more than once in USING clause`,
      -1,
    );
  }
  const names = new Set(right.columns.map((column) => column.name));
  const shared = left.columns.map((column) => column.name).filter((name) => names.has(name));
  return [...new Set(shared)];
}

function sideColumn(side: Entry, name: string, which: 'left' | 'right'): Expr {
  const found = side.columns.filter((column) => column.name === name);
  const [first] = found;
  if (first === undefined) {
    throw errorAt(
      'undefined_column',
      `column "${name}" specified in USING clause does not exist in ${which} table`,
      -1,
    );
  }
  if (found.length > 1) {
    throw errorAt(
      'ambiguous_column',
      `common column name "${name}" appears more than once in ${which} table`,
      -1,
    );
  }
  return first.expr;
}

/** A column of USING or NATURAL: equal on both sides, seen once. */
function mergeColumn(
  scope: Scope,
  name: string,
  left: Entry,
  right: Entry,
  kind: JoinKind,
): { readonly equal: Expr; readonly column: NamespaceColumn } {
  const { analysis } = scope;
  const one = sideColumn(left, name, 'left');
  const two = sideColumn(right, name, 'right');
  const equal = makeOperator(analysis, '=', one, two, -1);
  const oid = unifyTypes([one, two], 'JOIN/USING');
  const [first = one, second = two] = coerceAll(analysis, [one, two], oid, 'JOIN/USING');
  if (kind === 'RIGHT') return { equal, column: { name, expr: second } };
  if (kind !== 'FULL') return { equal, column: { name, expr: first } };
  const { exprs, form, typmod } = unifyForms([first, second]);
  const both = joined({ oid, typmod }, 'coalesce(', exprs, ', ', ')', -1, {
    leakproof: true,
    form,
  });
  return { equal, column: { name, expr: both } };
}
