/**
 * `x IN (a, b)`, `x op ANY (array)` and `x op ALL (array)`: one SQLite IN wherever equality is plain, so that
 * x's index serves.
 */

import type { A_Expr } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { isArrayType, typeByOid } from '../../types/type-info.ts';
import { isNativeElement, printArrayComparison } from '../functions/signatures.ts';
import { errorAt, refuse } from './analysis.ts';
import { BOOL, constant, joined, sqlExpr, toPlain, weave } from './build.ts';
import { coerceAll, coerceArgument, coerceTo } from './coerce.ts';
import { asNode, namesOf, required } from './nodes.ts';
import {
  CANONICAL,
  compareRows,
  isComparison,
  makeOperator,
  resolveSymbol,
  rowOf,
} from './operators.ts';
import { analyseExpression } from './recursion.ts';
import { commonType } from './resolve.ts';
import type { Scope } from './scope.ts';
import type { ConstExpr, Expr } from './tree.ts';

function isPlainEquality(expr: Expr): boolean {
  return expr.kind === 'call' && /^\(\$1( COLLATE \w+)? = \$2\)$/.test(expr.signature.helios);
}

/** `x IN (a, b)`: one SQLite IN where every element compares by plain equality, else ORed equalities. */
export function analyseIn(scope: Scope, body: A_Expr, location: number): Expr {
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
export function analyseArrayOperator(
  scope: Scope,
  body: A_Expr,
  all: boolean,
  location: number,
): Expr {
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
  const resolved = resolveSymbol(name, [left, stand], location);
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
