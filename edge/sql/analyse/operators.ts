/**
 * Operators: infix and prefix ones of the signature table, and those that the grammar spells with words
 * (IN, BETWEEN, LIKE, IS DISTINCT FROM, NULLIF, ANY, ALL) and row comparisons.
 */
import type { A_Expr } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { typeName } from '../../types/type-info.ts';
import { operatorsNamed, printScaledComparison, type Signature } from '../functions/signatures.ts';
import { type Analysis, errorAt, refuse } from './analysis.ts';
import { BOOL, callExpr, joined, sqlExpr, weave } from './build.ts';
import { coerceArgument } from './coerce.ts';
import { analyseExpression, required } from './expressions.ts';
import { analyseArrayOperator, analyseIn } from './in-lists.ts';
import { asNode, type Node, namesOf } from './nodes.ts';
import { type Resolved, resolveOperator } from './resolve.ts';
import type { Scope } from './scope.ts';
import type { Expr } from './tree.ts';

type Comparison = '<' | '<=' | '=' | '>=' | '>' | '<>';

const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  '<': '>',
  '<=': '>=',
  '=': '=',
  '>=': '<=',
  '>': '<',
  '<>': '<>',
};

/** One of the six comparisons. */
export function isComparison(name: string): name is Comparison {
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

/** Operators with two spellings. */
export const CANONICAL: Readonly<Record<string, string>> = { '!=': '<>' };

export function resolveSymbol(name: string, operands: readonly Expr[], location: number): Resolved {
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
  const resolved = resolveSymbol(name, [left, right], location);
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
  const resolved = resolveSymbol(name, [operand], location);
  return callExpr(
    resolved,
    [coerceArgument(scope.analysis, operand, resolved.args[0] ?? 0)],
    location,
  );
}

/** The arguments of a row expression, or null where the node is none. */
export function rowOf(node: Node | undefined): readonly Node[] | null {
  const row = asNode(node, 'RowExpr');
  return row === undefined ? null : (row.args ?? []);
}

/** `(a, b) op (c, d)` over nodes. */
export function compareRows(
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
  const resolved = resolveSymbol('=', [left, right], location);
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
