/**
 * Brings an expression to a type: a literal is read as it, an open parameter takes it, anything else
 * goes through a cast that the context allows.
 *
 * @see https://www.postgresql.org/docs/current/typeconv.html
 */
import { OID } from '../../types/oids.ts';
import { type PgType, PLAIN, type StorageForm } from '../../types/storage.ts';
import { formatType, numericTypmod, typeByOid, typeName } from '../../types/type-info.ts';
import {
  type CastContext,
  findCast,
  printCast,
  printIntegerToScaled,
  printPlainToScaled,
  printTypmod,
} from '../functions/signatures.ts';
import { type Analysis, errorAt } from './analysis.ts';
import { constant, leftmost, plainType, sqlExpr, toPlain, weave } from './build.ts';
import { relationName } from './catalog-lookups.ts';
import { literalAs } from './literals.ts';
import { type CommonType, commonType } from './resolve.ts';
import type { ConstExpr, Expr } from './tree.ts';

const RANK: Readonly<Record<CastContext, number>> = { implicit: 0, assignment: 1, explicit: 2 };

function isOpen(expr: Expr): boolean {
  return expr.type.oid === OID.unknown;
}

/** The expression as this type, or null where the context allows no cast. The modifier is not applied. */
export function coerceTo(
  analysis: Analysis,
  expr: Expr,
  oid: number,
  context: CastContext,
): Expr | null {
  if (expr.type.oid === oid) return expr;
  if (expr.kind === 'const' && isOpen(expr)) {
    const wanted = oid === OID.any ? OID.text : oid;
    return literalAs(expr, wanted, analysis.environment.catalog);
  }
  if (expr.kind === 'param' && isOpen(expr)) {
    const wanted = oid === OID.any ? OID.text : oid;
    const settled = analysis.parameters.settle(expr.index, wanted, expr.location);
    return { ...expr, type: plainType(settled) };
  }
  if (oid === OID.any) return expr;
  const cast = findCast(expr.type.oid, oid);
  if (cast === undefined || RANK[cast.context] > RANK[context]) return null;
  if (expr.type.oid === OID.regclass && typeByOid(oid)?.category === 'S') {
    return relationName(analysis, expr, oid);
  }
  if (cast.helios === '$1') return { ...toPlain(expr), type: plainType(oid) };
  const constantCast = castConstant(expr, oid);
  if (constantCast !== null) return constantCast;
  return sqlExpr(
    plainType(oid),
    weave([toPlain(expr)], (value = '') => printCast(cast, value)),
    expr.location,
    { leakproof: cast.leakproof },
  );
}

/** Integer literals beside numeric and float columns are common enough to be turned at once. */
function castConstant(expr: Expr, oid: number): ConstExpr | null {
  if (expr.kind !== 'const') return null;
  if (expr.value === null) return constant(oid, null, expr.location);
  if (typeof expr.value !== 'bigint') return null;
  if (expr.type.oid !== OID.int4 && expr.type.oid !== OID.int8) return null;
  if (oid === OID.numeric) return constant(oid, expr.value.toString(), expr.location);
  if (oid === OID.float8) return constant(oid, Number(expr.value), expr.location);
  return null;
}

/** Implicit coercion that resolution has already found possible. */
export function coerceArgument(analysis: Analysis, expr: Expr, oid: number): Expr {
  const coerced = coerceTo(analysis, expr, oid, 'implicit');
  if (coerced === null) {
    throw errorAt(
      'cannot_coerce',
      `cannot cast type ${typeName(expr.type.oid)} to ${typeName(oid)}`,
      expr.location,
    );
  }
  return coerced;
}

/** Applies a type modifier where the expression does not have it yet. */
export function applyTypmod(expr: Expr, type: PgType, explicit: boolean): Expr {
  if (expr.type.typmod === type.typmod) return expr;
  if (type.typmod < 0) return { ...expr, type };
  if (expr.kind === 'const' && expr.value === null) return { ...expr, type };
  const plain = toPlain(expr);
  const parts = weave([plain], (value = '') => printTypmod(type, value, explicit));
  if (parts.length === 3 && parts[0] === '' && parts[2] === '') return { ...plain, type };
  return sqlExpr(type, parts, expr.location);
}

/** `CAST(expr AS type)` and `expr::type`. @throws EdgeError 42846 */
export function castExplicitly(
  analysis: Analysis,
  expr: Expr,
  type: PgType,
  location: number,
): Expr {
  // An interval's fields are told to its input function: they say what a bare number means.
  const isIntervalText = type.oid === OID.interval && expr.kind === 'const' && isOpen(expr);
  const coerced = isIntervalText
    ? literalAs(expr, type.oid, analysis.environment.catalog, type.typmod)
    : coerceTo(analysis, expr, type.oid, 'explicit');
  if (coerced === null) {
    throw errorAt(
      'cannot_coerce',
      `cannot cast type ${typeName(expr.type.oid)} to ${typeName(type.oid)}`,
      location,
    );
  }
  return applyTypmod(coerced, type, true);
}

/** Untyped literals and parameters that nothing has settled are text. */
export function settleUnknown(analysis: Analysis, expr: Expr): Expr {
  if (!isOpen(expr)) return expr;
  return coerceTo(analysis, expr, OID.text, 'implicit') ?? expr;
}

/** A condition. @param what `WHERE`, `AND`, `CASE/WHEN`... @throws EdgeError 42804 */
export function coerceToBoolean(analysis: Analysis, expr: Expr, what: string): Expr {
  const coerced = coerceTo(analysis, expr, OID.bool, 'implicit');
  if (coerced === null) throw wrongArgument(what, OID.bool, expr);
  return coerced;
}

/** An argument that must be of one type. @throws EdgeError 42804 */
export function coerceToSpecific(analysis: Analysis, expr: Expr, oid: number, what: string): Expr {
  const coerced = coerceTo(analysis, expr, oid, 'assignment');
  if (coerced === null) throw wrongArgument(what, oid, expr);
  return coerced;
}

function wrongArgument(what: string, oid: number, expr: Expr): Error {
  return errorAt(
    'datatype_mismatch',
    `argument of ${what} must be type ${typeName(oid)}, not type ${typeName(expr.type.oid)}`,
    leftmost(expr),
  );
}

function mismatch(what: string, pair: Exclude<CommonType, number>, location: number): Error {
  return errorAt(
    'datatype_mismatch',
    `${what} types ${typeName(pair.left)} and ${typeName(pair.right)} cannot be matched`,
    location,
  );
}

/** The one type of several expressions. @param what `CASE`, `UNION`... @throws EdgeError 42804 */
export function unifyTypes(exprs: readonly Expr[], what: string): number {
  const common = commonType(exprs.map((expr) => expr.type.oid));
  if (typeof common === 'number') return common;
  const culprit = exprs.find((expr) => expr.type.oid === common.right);
  throw mismatch(what, common, culprit === undefined ? -1 : leftmost(culprit));
}

/** Same storage form for all where they share it, else plain: branches of CASE, arms of UNION. */
export function unifyForms(exprs: readonly Expr[]): {
  readonly exprs: readonly Expr[];
  readonly form: StorageForm;
  readonly typmod: number;
} {
  const valued = exprs.filter((expr) => expr.kind !== 'const' || expr.value !== null);
  const [first] = valued;
  const typmod = first?.type.typmod ?? -1;
  // A NULL has no modifier, so it takes the result's away, as in PostgreSQL; the form may stay.
  const sameTypmod = exprs.every((expr) => expr.type.typmod === typmod);
  const form = first?.form ?? PLAIN;
  const sameForm = valued.every(
    (expr) =>
      expr.form.kind === form.kind &&
      (expr.form.kind === 'plain' || (form.kind === 'scaled' && expr.form.scale === form.scale)),
  );
  const shared = sameTypmod ? typmod : -1;
  if (sameForm) return { exprs, form, typmod: shared };
  return { exprs: exprs.map(toPlain), form: PLAIN, typmod: shared };
}

/** Brings every expression to the common type. @throws EdgeError 42846, 42804 */
export function coerceAll(
  analysis: Analysis,
  exprs: readonly Expr[],
  oid: number,
  what: string,
): readonly Expr[] {
  return exprs.map((expr) => {
    const coerced = coerceTo(analysis, expr, oid, 'implicit');
    if (coerced === null) {
      throw errorAt(
        'cannot_coerce',
        `${what} could not convert type ${typeName(expr.type.oid)} to ${typeName(oid)}`,
        leftmost(expr),
      );
    }
    return coerced;
  });
}

const INTEGERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8]);

/**
 * Fits an expression to a column: assignment cast, modifier, storage form.
 * @throws EdgeError 42804 `column "x" is of type integer but expression is of type text`
 */
export function coerceForAssignment(
  analysis: Analysis,
  expr: Expr,
  type: PgType,
  form: StorageForm,
  columnName: string,
): Expr {
  if (form.kind === 'scaled' && INTEGERS.has(expr.type.oid)) {
    const parts = numericTypmod(type.typmod);
    if (parts !== null) {
      return sqlExpr(
        type,
        weave([expr], (value = '') => printIntegerToScaled(value, parts.precision, parts.scale)),
        expr.location,
        { form },
      );
    }
  }
  const coerced = coerceTo(analysis, expr, type.oid, 'assignment');
  if (coerced === null) {
    throw errorAt(
      'datatype_mismatch',
      `column "${columnName}" is of type ${formatType({ oid: type.oid, typmod: -1 })} but expression is of type ${typeName(expr.type.oid)}`,
      leftmost(expr),
      { hint: 'You will need to rewrite or cast the expression.' },
    );
  }
  if (form.kind === 'plain') return applyTypmod(coerced, type, false);
  return toScaled(coerced, type, form);
}

function toScaled(expr: Expr, type: PgType, form: StorageForm): Expr {
  if (expr.form.kind === 'scaled' && expr.type.typmod === type.typmod) return expr;
  if (expr.kind === 'const' && expr.value === null) return { ...expr, type, form };
  const parts = numericTypmod(type.typmod);
  if (parts === null) throw new Error('a scaled column without precision');
  return sqlExpr(
    type,
    weave([toPlain(expr)], (value = '') => printPlainToScaled(value, parts.precision, parts.scale)),
    expr.location,
    { form },
  );
}
