/**
 * A_Expr nodes: operators as they are written, and those that the grammar spells with words (BETWEEN, LIKE,
 * IS DISTINCT FROM, NULLIF).
 */
import type { A_Expr } from '@pgsql/types';
import type { Analysis } from './analysis.ts';
import { errorAt, refuse } from './analysis.ts';
import { BOOL, callExpr, connected, sqlExpr } from './build.ts';
import { coerceArgument } from './coerce.ts';
import { analyseArrayOperator, analyseIn } from './in-lists.ts';
import { asNode, type Node, namesOf, required } from './nodes.ts';
import { compareRows, makeOperator, resolveSymbol, rowOf } from './operators.ts';
import { analyseExpression } from './recursion.ts';
import type { Scope } from './scope.ts';
import type { Expr } from './tree.ts';

function prefixOperator(scope: Scope, name: string, body: A_Expr, location: number): Expr {
  const operand = analyseExpression(scope, required(body.rexpr));
  const resolved = resolveSymbol(name, [operand], location);
  return callExpr(
    resolved,
    [coerceArgument(scope.analysis, operand, resolved.args[0] ?? 0)],
    location,
  );
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
      ? connected('OR', [compare('<', from), compare('>', to)], location)
      : connected('AND', [compare('>=', from), compare('<=', to)], location);
  if (!symmetric) return within(low, high);
  const both = [within(low, high), within(high, low)];
  return connected(negated ? 'AND' : 'OR', both, location);
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
