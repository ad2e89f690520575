/**
 * Prints queries as SQLite text. Output columns are called c1, c2, ... whatever the user called them: the
 * client's names travel in the plan. SQLite has no parentheses around arms of a compound, no ORDER BY
 * in them, and other precedences: wherever that matters a sub-select stands between.
 */
import type {
  CommonTable,
  CompoundQuery,
  Expr,
  FromItem,
  Query,
  Relation,
  SelectQuery,
  SortKey,
  Target,
  ValuesQuery,
} from '../analyse/tree.ts';
import { relationsOf } from '../analyse/walk.ts';
import { collationOf } from '../functions/signatures.ts';
import { type Constants, closeSubqueries, type Surroundings } from '../isolate/barrier.ts';
import {
  printBehindBarrier,
  printComparisonKey,
  printConjuncts,
  printDirection,
  printExpression,
  tieQueryPrinter,
} from './expressions.ts';
import { quoteIdentifier } from './names.ts';

type SelectOptions = PrintOptions & Surroundings;

interface PrintOptions {
  /** Its rows go to the client: nothing around it can pull an output expression into a predicate. */
  readonly top: boolean;
  /** Whether constant expressions are computed before any row is looked at. */
  readonly constants: Constants;
}

const TOP: PrintOptions = { top: true, constants: 'before rows' };

/** What stands below this query: its rows go into another one. */
function below(options: PrintOptions): PrintOptions {
  return { ...options, top: false };
}

/** SQLite text of a query. */
export function printQuery(query: Query, options: PrintOptions = TOP): string {
  // The body first: it says which WITH queries must stay closed.
  const body = printBody(query, options);
  return printCommonTables(query.commonTables) + body + printLimit(query);
}

function printBody(query: Query, options: PrintOptions): string {
  switch (query.kind) {
    case 'select':
      return query.distinctOn.length > 0
        ? printDistinctOn(query, options)
        : printSelect(query, options);
    case 'values':
      return printValues(query);
    case 'compound':
      return printCompound(query, options);
  }
}

function printCommonTables(tables: readonly CommonTable[]): string {
  if (tables.length === 0) return '';
  // A later one may close an earlier one, so the last is printed first.
  const texts = tables.toReversed().map((table) => {
    const materialized = table.opaque === true ? true : table.materialized;
    const hint = materialized === null ? '' : materialized ? 'MATERIALIZED ' : 'NOT MATERIALIZED ';
    const constants: Constants = table.nullable === true ? 'with rows' : 'before rows';
    const text = printCommonQuery(table, { top: false, constants });
    return `${quoteIdentifier(table.printed)} AS ${hint}(${text})`;
  });
  return `WITH ${texts.toReversed().join(', ')} `;
}

/** A recursive query's right side must read its table at once, so nothing may stand around it. */
function printCommonQuery(table: CommonTable, options: PrintOptions): string {
  const { query, recursive } = table;
  if (!recursive || query.kind !== 'compound' || query.right.kind !== 'select') {
    return printQuery(query, options);
  }
  const step = printSelect(query.right, below(options));
  return `${printArm(query.left, false, options)} ${query.operator} ${step}`;
}

/** LIMIT and OFFSET: SQLite takes a negative LIMIT for none and refuses NULL; the functions do as PostgreSQL. */
function printLimit(query: Query): string {
  if (query.limit === null && query.offset === null) return '';
  const limit = query.limit === null ? '-1' : printBound(query.limit, 'helios_limit');
  const offset =
    query.offset === null ? '' : ` OFFSET ${printBound(query.offset, 'helios_offset')}`;
  return ` LIMIT ${limit}${offset}`;
}

function printBound(expr: Expr, check: string): string {
  if (expr.kind === 'const' && typeof expr.value === 'bigint' && expr.value >= 0n) {
    return expr.value.toString();
  }
  return `${check}(${printExpression(expr)})`;
}

function visibleTargets(query: Query): readonly Target[] {
  return query.targets.filter((target) => !target.hidden);
}

function outputName(index: number): string {
  return quoteIdentifier(`c${index + 1}`);
}

/** Expressions of the select list, GROUP BY and the like: bare at the top, behind the barrier below. */
function printOutput(expr: Expr, options: SelectOptions): string {
  return options.top ? printExpression(expr) : printBehindBarrier(expr, substituted(options));
}

/** SQLite puts what a subquery gives out wherever it is used, so its constants may meet any row. */
function substituted(options: SelectOptions): SelectOptions {
  return { ...options, constants: 'with rows' };
}

/** DISTINCT and compounds compare outputs: by the type's own equality. */
function printCompared(expr: Expr, options: SelectOptions): string {
  const text = printOutput(expr, options);
  const collation = expr.form.kind === 'scaled' ? null : collationOf(expr.type.oid);
  return collation === null ? text : `${text} COLLATE ${collation}`;
}

function printTargets(query: SelectQuery, options: SelectOptions): string {
  const print = query.distinct ? printCompared : printOutput;
  // PostgreSQL has rows without columns; here one that nobody reads stands for them.
  if (visibleTargets(query).length === 0) return 'NULL';
  return visibleTargets(query)
    .map((target, index) => `${print(target.expr, options)} AS ${outputName(index)}`)
    .join(', ');
}

/** GROUP BY and ORDER BY would take a bare integer for a position. */
function notPosition(expr: Expr, text: string): string {
  return expr.kind === 'const' || expr.kind === 'param' ? `coalesce(${text}, NULL)` : text;
}

function printGroupKey(expr: Expr, options: SelectOptions): string {
  const collation = expr.form.kind === 'scaled' ? null : collationOf(expr.type.oid);
  if (collation === null) {
    const text = options.top
      ? printComparisonKey(expr)
      : printBehindBarrier(expr, substituted(options));
    return notPosition(expr, text);
  }
  return `${printOutput(expr, options)} COLLATE ${collation}`;
}

function printOrderBy(query: SelectQuery): string {
  if (query.orderBy.length === 0) return '';
  const visible = visibleTargets(query);
  const terms = query.orderBy.map((key) => printOrderTerm(key, visible));
  return ` ORDER BY ${terms.join(', ')}`;
}

function printOrderTerm(key: SortKey, visible: readonly Target[]): string {
  const direction = printDirection(key);
  const index = visible.findIndex((target) => target.expr === key.expr);
  const byValue = printComparisonKey(key.expr);
  // A column reads better by name: SQLite sees that an index gives the order.
  if (index < 0 || key.expr.kind === 'column') return notPosition(key.expr, byValue) + direction;
  const own = printExpression(key.expr);
  if (byValue !== own && !byValue.startsWith(`${own} COLLATE `)) return byValue + direction;
  return `${index + 1}${byValue.slice(own.length)}${direction}`;
}

function selectOptions(query: SelectQuery, options: PrintOptions): SelectOptions {
  return { ...options, relations: query.from.flatMap(relationsOf) };
}

function printSelect(query: SelectQuery, outer: PrintOptions): string {
  const options = selectOptions(query, outer);
  closeLeaks(query, options);
  const parts = [
    `SELECT ${query.distinct ? 'DISTINCT ' : ''}${printTargets(query, options)}`,
    printFrom(query.from, options),
    query.where.length === 0 ? '' : ` WHERE ${printConjuncts(query.where, options)}`,
    query.groupBy.length === 0
      ? ''
      : ` GROUP BY ${query.groupBy.map((key) => printGroupKey(key, options)).join(', ')}`,
    query.having.length === 0 ? '' : ` HAVING ${printConjuncts(query.having, options)}`,
    printOrderBy(query),
  ];
  return parts.join('');
}

/** DISTINCT ON: the first row of each group in the query's order. */
function printDistinctOn(query: SelectQuery, options: PrintOptions): string {
  const visible = visibleTargets(query);
  const keys = query.orderBy.map(
    (key, index) => `${printComparisonKey(key.expr)} AS ${quoteIdentifier(`k${index + 1}`)}`,
  );
  const order = query.orderBy
    .map((key) => printComparisonKey(key.expr) + printDirection(key))
    .join(', ');
  const partition = query.distinctOn.map(printComparisonKey).join(', ');
  const number =
    `row_number() OVER (PARTITION BY ${partition}` + `${order === '' ? '' : ` ORDER BY ${order}`})`;
  const inner = printSelect({ ...query, distinctOn: [], orderBy: [] }, options);
  const listEnd = printTargets(query, selectOptions(query, options));
  const rest = inner.slice('SELECT '.length + listEnd.length);
  const list = [listEnd, ...keys, `${number} AS ${quoteIdentifier('n')}`].join(', ');
  const names = visible.map((_, index) => outputName(index)).join(', ');
  const outerOrder = query.orderBy.map(
    (key, index) =>
      `${quoteIdentifier(`k${index + 1}`)}${collationSuffix(key.expr)}${printDirection(key)}`,
  );
  const sorted = outerOrder.length === 0 ? '' : ` ORDER BY ${outerOrder.join(', ')}`;
  return `SELECT ${names} FROM (SELECT ${list}${rest}) WHERE "n" = 1${sorted}`;
}

function collationSuffix(expr: Expr): string {
  const collation = expr.form.kind === 'scaled' ? null : collationOf(expr.type.oid);
  return collation === null ? '' : ` COLLATE ${collation}`;
}

function printValues(query: ValuesQuery): string {
  const rows = query.rows.map((row) => `(${row.map(printExpression).join(', ')})`).join(', ');
  const names = query.targets.map((target, index) => {
    const collation = target.expr.form.kind === 'scaled' ? null : collationOf(target.expr.type.oid);
    const value =
      collation === null ? `column${index + 1}` : `column${index + 1} COLLATE ${collation}`;
    return `${value} AS ${outputName(index)}`;
  });
  return `SELECT ${names.join(', ')} FROM (VALUES ${rows})`;
}

function isBareArm(arm: Query): boolean {
  return (
    arm.commonTables.length === 0 &&
    arm.orderBy.length === 0 &&
    arm.limit === null &&
    arm.offset === null &&
    (arm.kind === 'select' ? arm.distinctOn.length === 0 : arm.kind === 'values')
  );
}

function printArm(arm: Query, first: boolean, options: PrintOptions): string {
  const plainCompound =
    first &&
    arm.kind === 'compound' &&
    arm.orderBy.length === 0 &&
    arm.limit === null &&
    arm.offset === null &&
    arm.commonTables.length === 0;
  // SQLite reads compounds from left to right, so a compound may stand first as it is.
  if (plainCompound) return printCompoundCore(arm, options);
  if (isBareArm(arm) && arm.kind === 'select') {
    // Equality of a compound is that of its first arm's columns.
    const compared = printSelect(arm, below(options));
    const needsCollation = arm.targets.some((target) => collationSuffix(target.expr) !== '');
    if (!needsCollation || arm.distinct) return compared;
  }
  if (isBareArm(arm) && arm.kind === 'values') return printValues(arm);
  const names = visibleTargets(arm).map(
    (target, index) =>
      `${outputName(index)}${collationSuffix(target.expr)} AS ${outputName(index)}`,
  );
  return `SELECT ${names.join(', ')} FROM (${printQuery(arm, below(options))})`;
}

function printCompoundCore(query: CompoundQuery, options: PrintOptions): string {
  return `${printArm(query.left, true, options)} ${query.operator} ${printArm(query.right, false, options)}`;
}

function printCompound(query: CompoundQuery, options: PrintOptions): string {
  const core = printCompoundCore(query, options);
  if (query.orderBy.length === 0 && query.limit === null && query.offset === null) return core;
  const alias = quoteIdentifier(query.relation.alias);
  const names = query.targets.map((_, index) => `${alias}.${outputName(index)}`).join(', ');
  const order = query.orderBy.map((key) => printComparisonKey(key.expr) + printDirection(key));
  const sorted = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
  return `SELECT ${names} FROM (${core}) AS ${alias}${sorted}`;
}

function printFrom(items: readonly FromItem[], options: PrintOptions): string {
  if (items.length === 0) return '';
  // The comma binds as loosely as JOIN in SQLite: a join after a comma needs its parentheses.
  const texts = items.map((item, index) => {
    const text = printFromItem(item, options);
    return index > 0 && item.kind === 'join' ? `(${text})` : text;
  });
  return ` FROM ${texts.join(', ')}`;
}

/** What an ON clause is judged by: in an outer join its constants are computed with the rows. */
function onOptions(
  item: FromItem & { readonly kind: 'join' },
  options: PrintOptions,
): Surroundings {
  const outer = item.join !== 'INNER' && item.join !== 'CROSS';
  const relations = relationsOf(item);
  // An inner join's ON is moved about with the join that it stands in.
  const within = relations.some((relation) => relation.nullable);
  return { constants: outer || within ? 'with rows' : options.constants, relations };
}

function printFromItem(item: FromItem, options: PrintOptions): string {
  if (item.kind === 'relation') return printRelation(item.relation, options);
  const left = printFromItem(item.left, options);
  const rightText = printFromItem(item.right, options);
  const right = item.right.kind === 'join' ? `(${rightText})` : rightText;
  const join = item.join === 'INNER' || item.join === 'CROSS' ? 'JOIN' : `${item.join} JOIN`;
  const on = item.on.length === 0 ? '' : ` ON ${printConjuncts(item.on, onOptions(item, options))}`;
  return `${left} ${join} ${right}${on}`;
}

function printRelation(relation: Relation, options: PrintOptions): string {
  return `${printSource(relation, options)} AS ${quoteIdentifier(relation.alias)}`;
}

function printSource(relation: Relation, options: PrintOptions): string {
  const { source } = relation;
  // SQLite moves the WHERE of a subquery on an outer join's side into that join's ON.
  const constants = relation.nullable ? 'with rows' : options.constants;
  switch (source.kind) {
    case 'table':
      return quoteIdentifier(source.printed);
    case 'query': {
      const text = printQuery(source.query, { top: false, constants });
      return relation.opaque === true ? printClosed(source.query, text) : `(${text})`;
    }
    case 'cte':
      if (constants === 'with rows') source.cte.nullable = true;
      return quoteIdentifier(source.cte.printed);
    case 'sql': {
      const around: Surroundings = { constants: 'with rows', relations: [] };
      return source.parts
        .map((part) => (typeof part === 'string' ? part : printBehindBarrier(part, around)))
        .join('');
    }
  }
}

/** LIMIT keeps SQLite from flattening a subquery and from pushing predicates into it. */
function printClosed(query: Query, text: string): string {
  return query.limit === null && query.offset === null
    ? `(${text} LIMIT -1)`
    : `(SELECT * FROM (${text}) LIMIT -1)`;
}

/** Closes what the conditions of joins and the arguments of functions could leak from. */
function closeJoinLeaks(item: FromItem, options: PrintOptions): void {
  if (item.kind === 'join') {
    closeJoinLeaks(item.left, options);
    closeJoinLeaks(item.right, options);
    for (const expr of item.on) closeSubqueries(expr, onOptions(item, options));
    return;
  }
  const { source } = item.relation;
  if (source.kind !== 'sql') return;
  for (const part of source.parts) {
    if (typeof part !== 'string') closeSubqueries(part, { constants: 'with rows', relations: [] });
  }
}

/** Closes what this query's predicates, and below the top its outputs, could leak from. */
function closeLeaks(query: SelectQuery, options: SelectOptions): void {
  for (const item of query.from) closeJoinLeaks(item, options);
  for (const expr of [...query.where, ...query.having]) closeSubqueries(expr, options);
  if (options.top) return;
  for (const target of query.targets) closeSubqueries(target.expr, substituted(options));
  for (const key of query.groupBy) closeSubqueries(key, substituted(options));
}

tieQueryPrinter(printQuery);
