/**
 * Operators: infix and prefix ones of the signature table, and those that the grammar spells with words
 * (IN, BETWEEN, LIKE, IS DISTINCT FROM, NULLIF, ANY, ALL) and row comparisons.
 */

import { OID } from '../../types/oids.ts';
import { typeName } from '../../types/type-info.ts';
import { operatorsNamed, printScaledComparison, type Signature } from '../functions/signatures.ts';
import { type Analysis, errorAt, refuse } from './analysis.ts';
import { BOOL, callExpr, joined, sqlExpr, weave } from './build.ts';
import { coerceArgument } from './coerce.ts';
import { asNode, type Node } from './nodes.ts';
import { analyseExpression } from './recursion.ts';
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
