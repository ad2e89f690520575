/**
 * Prints typed expressions as SQLite text. Every operator has its parentheses already; every column its
 * relation's unique alias. Signatures say how a call is spelled.
 */
import { EdgeError } from '../../errors.ts';
import { refuse } from '../analyse/analysis.ts';
import { isSingleRow } from '../analyse/single-row.ts';
import type {
  AggregateExpr,
  Expr,
  Query,
  Relation,
  SortKey,
  SubqueryExpr,
  WindowSpec,
} from '../analyse/tree.ts';
import { childrenOf, contains } from '../analyse/walk.ts';
import {
  type PrintedArgument,
  printAggregate,
  printCall,
  printKey,
  printScaledAggregate,
} from '../functions/signatures.ts';
import {
  barrierFor,
  type Constants,
  constantsThatRaise,
  hasGuarded,
  isLeakproof,
  type Surroundings,
} from '../isolate/barrier.ts';
import { type Operand, printConnective } from './connectives.ts';
import { printLiteral, printParameter, quoteIdentifier } from './names.ts';

type QueryPrinter = (
  query: Query,
  options: { readonly top: boolean; readonly constants: Constants },
) => string;

// Expressions hold queries and queries hold expressions: the printer of queries ties itself in when it is loaded.
let printQuery: QueryPrinter = () => {
  throw new Error('the printer of queries is not loaded');
};

/** Ties the printer of queries in. */
export function tieQueryPrinter(printer: QueryPrinter): void {
  printQuery = printer;
}

/** SQLite text of an expression. */
export function printExpression(expr: Expr): string {
  switch (expr.kind) {
    case 'const':
      return printLiteral(expr.value);
    case 'param':
      return printParameter(expr.index);
    case 'column':
      return `${quoteIdentifier(expr.relation.alias)}.${quoteIdentifier(expr.column.printed)}`;
    case 'sql':
      return expr.connective === undefined
        ? printParts(expr.parts)
        : printConnective(expr.connective, childrenOf(expr).map(operandOf));
    case 'call':
      return printCall(expr.signature, expr.args.map(printArgument));
    case 'aggregate':
      return printAggregateExpr(expr);
    case 'subquery':
      return printSubquery(expr);
  }
}

function isVolatile(part: Expr): boolean {
  if (part.kind === 'sql') return part.volatile;
  return part.kind === 'call' && part.signature.volatility === 'volatile';
}

function mayRaise(expr: Expr): boolean {
  return !isLeakproof(expr, 'with rows');
}

function operandOf(expr: Expr): Operand {
  return {
    text: printOperand(expr),
    raises: mayRaise(expr),
    volatile: contains(expr, isVolatile),
  };
}

/** Texts and expressions one after another. */
export function printParts(parts: readonly (string | Expr)[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : printOperand(part))).join('');
}

function printArgument(expr: Expr): PrintedArgument {
  return { sql: printOperand(expr), oid: expr.type.oid };
}

/**
 * An operand. From `merchant_id = 'a'` SQLite would conclude that the column is that constant wherever it
 * stands, in the barrier's own question too; the plus sign keeps it from that. The guard finds the index.
 */
function printOperand(expr: Expr): string {
  const text = printExpression(expr);
  const asksTenant = expr.kind === 'column' && expr.column.printed === expr.relation.tenantColumn;
  return asksTenant ? `+${text}` : text;
}

function printSubquery(expr: SubqueryExpr): string {
  const query = printQuery(expr.query, { top: false, constants: 'before rows' });
  if (expr.mode === 'exists') return `EXISTS (${query})`;
  if (expr.mode === 'scalar') {
    if (isSingleRow(expr.query)) return `(${query})`;
    const rows =
      expr.query.limit === null && expr.query.offset === null ? query : `SELECT * FROM (${query})`;
    return `(SELECT helios_one_row(count(*), max("c1")) FROM (${rows} LIMIT 2))`;
  }
  const [test] = expr.test;
  if (test === undefined) throw new Error('IN without a left side');
  return `(${printExpression(test)} IN (${query}))`;
}

/** What stands for an expression where values are compared: with its collation, or its key. */
export function printComparisonKey(expr: Expr): string {
  // A scaled numeric compares as the integer that it is.
  if (expr.form.kind === 'scaled') return printExpression(expr);
  return printKey(printArgument(expr));
}

/** True where the value can't be NULL, so that NULLS FIRST or LAST says nothing and indexes serve. */
function isNeverNull(expr: Expr): boolean {
  if (expr.kind !== 'column' || expr.relation.nullable || expr.relation.table === null)
    return false;
  const column = expr.relation.table.columns.find((one) => one.name === expr.column.printed);
  return column?.notNull === true;
}

/** The direction of a sort key, with its leading space. */
export function printDirection(key: SortKey): string {
  const direction = key.descending ? ' DESC' : ' ASC';
  if (isNeverNull(key.expr)) return direction;
  // SQLite's own defaults: NULLs are smallest.
  if (key.nullsFirst !== key.descending) return direction;
  return `${direction} NULLS ${key.nullsFirst ? 'FIRST' : 'LAST'}`;
}

/** ORDER BY terms by expression. */
export function printSortKeys(keys: readonly SortKey[]): string {
  return keys.map((key) => printComparisonKey(key.expr) + printDirection(key)).join(', ');
}

function printWindow(window: WindowSpec): string {
  const partition = window.partitionBy.map(printComparisonKey).join(', ');
  const order = printSortKeys(window.orderBy);
  const parts = [
    partition === '' ? '' : `PARTITION BY ${partition}`,
    order === '' ? '' : `ORDER BY ${order}`,
  ].filter((part) => part !== '');
  return `${parts.join(' ')}${printParts(window.frame)}`;
}

function printAggregateExpr(expr: AggregateExpr): string {
  const filter = expr.filter === null ? '' : ` FILTER (WHERE ${printExpression(expr.filter)})`;
  const over = expr.over === null ? '' : ` OVER (${printWindow(expr.over)})`;
  const options = {
    distinct: expr.distinct,
    orderBy: printSortKeys(expr.orderBy),
    suffix: filter + over,
  };
  const [first] = expr.args;
  if (first?.form.kind === 'scaled' && expr.signature.kind === 'aggregate') {
    const { name } = expr.signature;
    const short = printScaledAggregate(name, printExpression(first), first.form.scale, options);
    if (short !== null) return short;
    throw new Error(`no short form of ${name} over a scaled numeric`);
  }
  const printed = printAggregate(expr.signature, expr.args.map(printArgument), options);
  if (printed === null) {
    throw refuse(`${expr.signature.name}(DISTINCT ...) over these types`, expr.location);
  }
  return printed;
}

function guardCondition(relation: Relation): string {
  if (relation.tenantColumn === null) throw new EdgeError('internal_error', 'no tenant column');
  const alias = quoteIdentifier(relation.alias);
  const column = `${alias}.${quoteIdentifier(relation.tenantColumn)}`;
  const own = `${column} = helios_merchant()`;
  // Rows that an outer join made up belong to nobody.
  return relation.nullable ? `(${own} OR ${column} IS NULL)` : `${own}`;
}

/** The expression, behind the merchant check where it could raise over a row. */
export function printBehindBarrier(expr: Expr, around: Surroundings): string {
  const relations = barrierFor(expr, around);
  if (relations.length === 0) return printExpression(expr);
  const check = relations.map(guardCondition).join(' AND ');
  return `(CASE WHEN ${check} THEN ${printExpression(expr)} END)`;
}

/** Conjuncts of WHERE, ON and HAVING, each behind the barrier on its own. */
export function printConjuncts(conjuncts: readonly Expr[], around: Surroundings): string {
  const early =
    around.constants === 'before rows' && hasGuarded(around.relations)
      ? conjuncts.flatMap(constantsThatRaise)
      : [];
  const computed = early.map((expr) => `(coalesce(${printExpression(expr)}, '') IS NOT NULL)`);
  // As PostgreSQL, which takes the cheap ones first: what cannot raise keeps rows from what can.
  const ordered = conjuncts.toSorted(
    (left, right) => Number(mayRaise(left)) - Number(mayRaise(right)),
  );
  const printed = ordered.map((conjunct) => printBehindBarrier(conjunct, around));
  return [...new Set([...computed, ...printed])].join(' AND ');
}
