/**
 * Operators: infix and prefix ones of the signature table, and those that the grammar spells with words
 * (IN, BETWEEN, LIKE, IS DISTINCT FROM, NULLIF, ANY, ALL) and row comparisons.
 */
import type { A_Expr } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { isArrayType, typeByOid, typeName } from '../../types/type-info.ts';
import {
  isNativeElement,
  operatorsNamed,
  printArrayComparison,
  printScaledComparison,
  type Signature,
} from '../functions/signatures.ts';
import { type Analysis, errorAt, refuse } from './analysis.ts';
import { BOOL, callExpr, constant, joined, sqlExpr, toPlain, weave } from './build.ts';
import { coerceAll, coerceArgument, coerceTo } from './coerce.ts';
import { analyseExpression, required } from './expressions.ts';
import { asNode, type Node, namesOf } from './nodes.ts';
import { commonType, type Resolved, resolveOperator } from './resolve.ts';
import type { Scope } from './scope.ts';
import type { ConstExpr, Expr } from './tree.ts';

type Comparison = '<' | '<=' | '=' | '>=' | '>' | '<>';

const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  '<': '>',
  '<=': '>=',
  '=': '=',
  '>=': '<=',
  '>': '<',
  '<>': '<>',
};

function isComparison(name: string): name is Comparison {
  return name in MIRRORED;
}

function operatorMissing(name: string, types: readonly number[], location: number): Error {
  const names = types.map(typeName);
  const unary = types.length === 1;
  return errorAt(
    'undefined_function',
    `operator does not exist: ${unary ? `${name} ${names[0]}` : names.join(` ${name} `)}`,
    location,
    {
      hint: unary
        ? 'No operator matches the given name and argument type. You might need to add an explicit type cast.'
        : 'No operator matches the given name and argument types. You might need to add explicit type casts.',
    },
  );
}

function operatorAmbiguous(name: string, types: readonly number[], location: number): Error {
  const names = types.map(typeName);
  const unary = types.length === 1;
  return errorAt(
    'ambiguous_function',
    `operator is not unique: ${unary ? `${name} ${names[0]}` : names.join(` ${name} `)}`,
    location,
    {
      hint: 'Could not choose a best candidate operator. You might need to add explicit type casts.',
    },
  );
}

const CANONICAL: Readonly<Record<string, string>> = { '!=': '<>' };

function resolve(name: string, operands: readonly Expr[], location: number): Resolved {
  const types = operands.map((expr) => expr.type.oid);
  const signatures: readonly Signature[] = operatorsNamed(name);
  const resolution = resolveOperator(signatures, types);
  if (resolution === 'none') throw operatorMissing(name, types, location);
  if (resolution === 'ambiguous') throw operatorAmbiguous(name, types, location);
  return resolution;
}

/** A binary operator by PostgreSQL's rules. @throws EdgeError 42883, 42725 */
export function makeOperator(
  analysis: Analysis,
  symbol: string,
  left: Expr,
  right: Expr,
  location: number,
): Expr {
  const name = CANONICAL[symbol] ?? symbol;
  const resolved = resolve(name, [left, right], location);
  const [leftType = 0, rightType = 0] = resolved.args;
  const first = coerceArgument(analysis, left, leftType);
  const second = coerceArgument(analysis, right, rightType);
  if (isComparison(name) && leftType === OID.numeric && rightType === OID.numeric) {
    const short = compareScaled(name, first, second, location);
    if (short !== null) return short;
  }
  return callExpr(resolved, [first, second], location);
}

/** Comparisons of a scaled numeric stay integer comparisons, so that indexes serve. */
function compareScaled(
  operator: Comparison,
  left: Expr,
  right: Expr,
  location: number,
): Expr | null {
  if (left.form.kind === 'scaled' && right.form.kind === 'scaled') {
    if (left.form.scale !== right.form.scale) return null;
    return sqlExpr(BOOL, ['(', left, ` ${operator} `, right, ')'], location, { leakproof: true });
  }
  if (left.form.kind === 'scaled') {
    const { scale } = left.form;
    return sqlExpr(
      BOOL,
      weave([left, right], (one = '', two = '') =>
        printScaledComparison(operator, one, two, scale),
      ),
      location,
      { leakproof: true },
    );
  }
  return right.form.kind === 'scaled'
    ? compareScaled(MIRRORED[operator], right, left, location)
    : null;
}

function prefixOperator(scope: Scope, name: string, body: A_Expr, location: number): Expr {
  const operand = analyseExpression(scope, required(body.rexpr));
  const resolved = resolve(name, [operand], location);
  return callExpr(
    resolved,
    [coerceArgument(scope.analysis, operand, resolved.args[0] ?? 0)],
    location,
  );
}

/** The arguments of a row expression, or null where the node is none. */
function rowOf(node: Node | undefined): readonly Node[] | null {
  const row = asNode(node, 'RowExpr');
  return row === undefined ? null : (row.args ?? []);
}

function compareRows(
  scope: Scope,
  name: string,
  left: readonly Node[],
  right: readonly Node[],
  location: number,
): Expr {
  if (left.length !== right.length) {
    throw errorAt('syntax_error', 'unequal number of entries in row expressions', location);
  }
  if (left.length === 0) throw refuse('comparison of empty rows', location);
  const { analysis } = scope;
  const lefts = left.map((node) => analyseExpression(scope, node));
  const rights = right.map((node) => analyseExpression(scope, node));
  return compareRowExprs(analysis, name, lefts, rights, location);
}

/** `(a, b) op (c, d)` over expressions that are typed already. */
export function compareRowExprs(
  analysis: Analysis,
  symbol: string,
  lefts: readonly Expr[],
  rights: readonly Expr[],
  location: number,
): Expr {
  const name = CANONICAL[symbol] ?? symbol;
  const pair = (operator: string, index: number): Expr =>
    makeOperator(analysis, operator, lefts[index] as Expr, rights[index] as Expr, location);
  if (lefts.length === 1) return pair(name, 0);
  if (name === '=' || name === '<>') {
    const each = lefts.map((_, index) => pair(name, index));
    return joined(BOOL, '(', each, name === '=' ? ' AND ' : ' OR ', ')', location);
  }
  if (!isComparison(name)) {
    throw errorAt(
      'feature_not_supported',
      `could not determine interpretation of row comparison operator ${name}`,
      location,
    );
  }
  // (a, b) < (c, d) is a < c OR (a = c AND b < d); the last pair decides about equality.
  const strict = name.startsWith('<') ? '<' : '>';
  let result = pair(name, lefts.length - 1);
  for (let index = lefts.length - 2; index >= 0; index--) {
    result = sqlExpr(
      BOOL,
      ['(', pair(strict, index), ' OR (', pair('=', index), ' AND ', result, '))'],
      location,
      { leakproof: true },
    );
  }
  return result;
}

function infix(scope: Scope, name: string, body: A_Expr, location: number): Expr {
  const leftRow = rowOf(body.lexpr);
  const rightRow = rowOf(body.rexpr);
  if (leftRow !== null && rightRow !== null) {
    return compareRows(scope, name, leftRow, rightRow, location);
  }
  if (leftRow !== null && asNode(body.rexpr, 'SubLink') !== undefined) {
    throw refuse('comparison of a row with a subquery', location);
  }
  const left = analyseExpression(scope, required(body.lexpr));
  const right = analyseExpression(scope, required(body.rexpr));
  return makeOperator(scope.analysis, name, left, right, location);
}

function distinctFrom(
  analysis: Analysis,
  left: Expr,
  right: Expr,
  not: boolean,
  location: number,
): Expr {
  const equal = makeOperator(analysis, '=', left, right, location);
  const distinct = notDistinct(equal, location);
  return not ? distinct : sqlExpr(BOOL, ['(NOT ', distinct, ')'], location, { leakproof: true });
}

/** IS NOT DISTINCT FROM out of an equality: SQLite's IS where the text has one `=` between two values. */
function notDistinct(equal: Expr, location: number): Expr {
  const [left, right] = equal.kind === 'call' ? equal.args : [];
  if (equal.kind === 'call' && left !== undefined && right !== undefined) {
    const { helios } = equal.signature;
    if (helios.split(' = ').length === 2) {
      const signature = { ...equal.signature, helios: helios.replace(' = ', ' IS ') };
      return { ...equal, signature };
    }
  }
  if (equal.kind === 'sql') {
    const parts = equal.parts.map((part) =>
      typeof part === 'string' ? part.replace(' = ', ' IS ') : part,
    );
    const changed = parts.filter((part, index) => part !== equal.parts[index]).length;
    if (changed === 1) return { ...equal, parts };
  }
  throw refuse('IS DISTINCT FROM over these types', location);
}

function analyseDistinct(scope: Scope, body: A_Expr, not: boolean, location: number): Expr {
  if (rowOf(body.lexpr) !== null || rowOf(body.rexpr) !== null) {
    throw refuse('IS DISTINCT FROM over rows', location);
  }
  const left = analyseExpression(scope, required(body.lexpr));
  const right = analyseExpression(scope, required(body.rexpr));
  // PostgreSQL turns `x IS DISTINCT FROM NULL` into a null test; so must we where x has no equality.
  const nullSide = [left, right].find((side) => side.kind === 'const' && side.value === null);
  if (nullSide !== undefined) {
    const other = nullSide === left ? right : left;
    const test = not ? ' IS NULL)' : ' IS NOT NULL)';
    return sqlExpr(BOOL, ['(', other, test], location, { leakproof: true });
  }
  return distinctFrom(scope.analysis, left, right, not, location);
}

function analyseNullIf(scope: Scope, body: A_Expr, location: number): Expr {
  const left = analyseExpression(scope, required(body.lexpr));
  const right = analyseExpression(scope, required(body.rexpr));
  const { analysis } = scope;
  const resolved = resolve('=', [left, right], location);
  const first = coerceArgument(analysis, left, resolved.args[0] ?? 0);
  const equal = makeOperator(analysis, '=', left, right, location);
  return sqlExpr(first.type, ['(CASE WHEN ', equal, ' THEN NULL ELSE ', first, ' END)'], location, {
    leakproof: true,
    form: first.form,
  });
}

function analyseBetween(scope: Scope, body: A_Expr, location: number): Expr {
  const bounds = asNode(body.rexpr, 'List')?.items ?? [];
  const symmetric = body.kind?.includes('SYM') ?? false;
  const negated = body.kind?.startsWith('AEXPR_NOT') ?? false;
  const { analysis } = scope;
  const [low, high] = bounds;
  const compare = (operator: string, bound: Node | undefined): Expr =>
    makeOperator(
      analysis,
      operator,
      analyseExpression(scope, required(body.lexpr)),
      analyseExpression(scope, required(bound)),
      location,
    );
  const within = (from: Node | undefined, to: Node | undefined): Expr =>
    negated
      ? joined(BOOL, '(', [compare('<', from), compare('>', to)], ' OR ', ')', location)
      : joined(BOOL, '(', [compare('>=', from), compare('<=', to)], ' AND ', ')', location);
  if (!symmetric) return within(low, high);
  const both = [within(low, high), within(high, low)];
  return joined(BOOL, '(', both, negated ? ' AND ' : ' OR ', ')', location);
}

function isPlainEquality(expr: Expr): boolean {
  return expr.kind === 'call' && /^\(\$1( COLLATE \w+)? = \$2\)$/.test(expr.signature.helios);
}

/** `x IN (a, b)`: one SQLite IN where every element compares by plain equality, else ORed equalities. */
function analyseIn(scope: Scope, body: A_Expr, location: number): Expr {
  const { analysis } = scope;
  const negated = namesOf(body.name).at(-1) === '<>';
  const items = asNode(body.rexpr, 'List')?.items ?? [];
  const leftRow = rowOf(body.lexpr);
  if (leftRow !== null) {
    const each = items.map((item) => {
      const row = rowOf(item);
      if (row === null) throw refuse('IN over rows and values', location);
      return compareRows(scope, negated ? '<>' : '=', leftRow, row, location);
    });
    return joined(BOOL, '(', each, negated ? ' AND ' : ' OR ', ')', location);
  }
  let left = analyseExpression(scope, required(body.lexpr));
  let values: readonly Expr[] = items.map((item) => analyseExpression(scope, item));
  if (values.length > 1) {
    const common = commonType([left, ...values].map((expr) => expr.type.oid));
    if (typeof common === 'number' && !isArrayType(common)) {
      values = coerceAll(analysis, values, common, 'IN');
      // PostgreSQL brings the left side along too, where it is a literal or a parameter.
      if (left.type.oid === OID.unknown) left = coerceArgument(analysis, left, common);
    }
  }
  const equalities = values.map((value) => makeOperator(analysis, '=', left, value, location));
  const native = nativeIn(equalities, negated, location);
  if (native !== null) return native;
  const any = joined(BOOL, '(', equalities, ' OR ', ')', location);
  return negated ? sqlExpr(BOOL, ['(NOT ', any, ')'], location, { leakproof: true }) : any;
}

function nativeIn(equalities: readonly Expr[], negated: boolean, location: number): Expr | null {
  const operands = equalities.map((expr) => {
    if (expr.kind === 'call' && isPlainEquality(expr)) return expr.args;
    if (expr.kind !== 'sql') return null;
    // A scaled comparison: `(` left ` = ` [function(] right [, scale)] `)`.
    const [open, left, middle, right, close] = expr.parts;
    if (open !== '(' || typeof left !== 'object' || typeof middle !== 'string') return null;
    if (!middle.startsWith(' = ') || typeof right !== 'object' || typeof close !== 'string')
      return null;
    const value = sqlExpr(right.type, [middle.slice(3), right, close.slice(0, -1)], location, {
      leakproof: true,
    });
    return [left, value];
  });
  if (operands.some((pair) => pair === null) || operands.length === 0) return null;
  const first = equalities[0];
  const left = operands[0]?.[0];
  if (first === undefined || left === undefined) return null;
  const sameShape = equalities.every(
    (expr) =>
      expr.kind === first.kind &&
      (expr.kind !== 'call' || (first.kind === 'call' && expr.signature === first.signature)),
  );
  if (!sameShape) return null;
  const collation =
    first.kind === 'call' ? (/ COLLATE \w+/.exec(first.signature.helios)?.[0] ?? '') : '';
  const values = operands.flatMap((pair) => (pair?.[1] === undefined ? [] : [pair[1]]));
  const list = values.flatMap((value, index) => (index === 0 ? [value] : [', ', value]));
  const operator = negated ? ' NOT IN (' : ' IN (';
  return sqlExpr(BOOL, ['(', left, collation + operator, ...list, '))'], location, {
    leakproof: true,
  });
}

/** `x op ANY (array)` and `x op ALL (array)`. */
function analyseArrayOperator(scope: Scope, body: A_Expr, all: boolean, location: number): Expr {
  const { analysis } = scope;
  const symbol = namesOf(body.name).at(-1) ?? '=';
  const name = CANONICAL[symbol] ?? symbol;
  const left = analyseExpression(scope, required(body.lexpr));
  const right = analyseExpression(scope, required(body.rexpr));
  const element =
    right.type.oid === OID.unknown ? OID.unknown : (typeByOid(right.type.oid)?.elementOid ?? 0);
  if (right.type.oid !== OID.unknown && !isArrayType(right.type.oid)) {
    throw errorAt('wrong_object_type', 'op ANY/ALL (array) requires array on right side', location);
  }
  const stand: ConstExpr = constant(element, null, location);
  const resolved = resolve(name, [left, stand], location);
  if (resolved.result !== OID.bool) {
    throw errorAt(
      'wrong_object_type',
      'op ANY/ALL (array) requires operator to yield boolean',
      location,
    );
  }
  const [leftType = 0, rightType = 0] = resolved.args;
  const arrayType = typeByOid(rightType)?.arrayOid ?? 0;
  const array = coerceTo(analysis, right, arrayType, 'implicit');
  const value = toPlain(coerceArgument(analysis, left, leftType));
  if (array === null || !isComparison(name) || !storedAlike(leftType, rightType)) {
    throw refuse(`${name} ${all ? 'ALL' : 'ANY'} over these types`, location);
  }
  if (name === '=' && !all && isNativeElement(leftType)) {
    // A NULL array becomes one NULL element: the answer is NULL, and `x IN (SELECT ...)` can use x's index.
    const list = [' IN (SELECT value FROM json_each(coalesce(', array, ", '[null]'))))"];
    return sqlExpr(BOOL, ['(', value, ...list], location, { leakproof: true });
  }
  return sqlExpr(
    BOOL,
    weave([value, array], (one = '', many = '') =>
      printArrayComparison(name, { sql: one, oid: leftType }, many, all),
    ),
    location,
    { leakproof: true },
  );
}

const INTEGERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8]);

function storedAlike(left: number, right: number): boolean {
  return left === right || (INTEGERS.has(left) && INTEGERS.has(right));
}

function analyseLike(scope: Scope, body: A_Expr, location: number): Expr {
  const name = namesOf(body.name).at(-1) ?? '~~';
  const left = analyseExpression(scope, required(body.lexpr));
  const right = analyseExpression(scope, required(body.rexpr));
  return makeOperator(scope.analysis, name, left, right, location);
}

/** Any A_Expr. */
export function analyseOperator(scope: Scope, body: A_Expr, location: number): Expr {
  const names = namesOf(body.name);
  const name = names.at(-1) ?? '';
  if (names.length > 1 && names[0] !== 'pg_catalog') {
    throw errorAt('undefined_function', `operator does not exist: ${names.join('.')}`, location);
  }
  switch (body.kind) {
    case 'AEXPR_OP':
      return body.lexpr === undefined
        ? prefixOperator(scope, name, body, location)
        : infix(scope, name, body, location);
    case 'AEXPR_OP_ANY':
      return analyseArrayOperator(scope, body, false, location);
    case 'AEXPR_OP_ALL':
      return analyseArrayOperator(scope, body, true, location);
    case 'AEXPR_DISTINCT':
      return analyseDistinct(scope, body, false, location);
    case 'AEXPR_NOT_DISTINCT':
      return analyseDistinct(scope, body, true, location);
    case 'AEXPR_NULLIF':
      return analyseNullIf(scope, body, location);
    case 'AEXPR_IN':
      return analyseIn(scope, body, location);
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
    case 'AEXPR_SIMILAR':
      return analyseLike(scope, body, location);
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return analyseBetween(scope, body, location);
    default:
      throw refuse(body.kind ?? 'this operator', location);
  }
}
