/**
 * numeric as SQL functions over its text form, the scaled integers of short columns, and what joins the halves
 * of native sums back together.
 */
import { EdgeError } from '../../errors.ts';
import type { Numeric } from '../../types/numeric.ts';
import * as arithmetic from '../../types/numeric.ts';
import * as analytic from '../../types/numeric-functions.ts';
import {
  numericToScaled,
  scaledCeil,
  scaledExact,
  scaledFloor,
} from '../../types/numeric-stored.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { integerAt, numeric, numericAt, scalar, smallAt, strict } from './define.ts';

function unary(name: string, compute: (value: Numeric) => Numeric): ScalarFunction {
  return strict(`num_${name}`, 1, (args) => numeric(compute(numericAt(args, 0))));
}

function binary(name: string, compute: (left: Numeric, right: Numeric) => Numeric): ScalarFunction {
  return strict(`num_${name}`, 2, (args) =>
    numeric(compute(numericAt(args, 0), numericAt(args, 1))),
  );
}

const TEN = arithmetic.numericOf(10n, 0);

function minScale(value: Numeric): SqlValue {
  return value.special === null ? BigInt(arithmetic.trimScale(value).scale) : null;
}

function widthBucket(operand: Numeric, low: Numeric, high: Numeric, count: number): bigint {
  const fail = (message: string): never => {
    throw new EdgeError('invalid_argument_for_width_bucket_function', message);
  };
  if (count <= 0) fail('count must be greater than zero');
  if ([operand, low, high].some((one) => one.special === 'nan')) {
    fail('operand, lower bound, and upper bound cannot be NaN');
  }
  if (low.special !== null || high.special !== null) fail('lower and upper bounds must be finite');
  const order = arithmetic.compareNumeric(low, high);
  if (order === 0) fail('lower bound cannot equal upper bound');
  const sign = order < 0 ? 1 : -1;
  if (arithmetic.compareNumeric(operand, low) * sign < 0) return 0n;
  if (arithmetic.compareNumeric(operand, high) * sign >= 0) return BigInt(count) + 1n;
  const part = arithmetic.multiplyNumeric(
    arithmetic.subtractNumeric(operand, low),
    arithmetic.numericOf(BigInt(count), 0),
  );
  return arithmetic.divideTruncated(part, arithmetic.subtractNumeric(high, low)).digits + 1n;
}

const ARITHMETIC: readonly ScalarFunction[] = [
  binary('add', arithmetic.addNumeric),
  binary('sub', arithmetic.subtractNumeric),
  binary('mul', arithmetic.multiplyNumeric),
  binary('div', arithmetic.divideNumeric),
  binary('mod', arithmetic.moduloNumeric),
  binary('div_trunc', arithmetic.divideTruncated),
  binary('power', analytic.powerNumeric),
  binary('log', analytic.logNumeric),
  unary('neg', arithmetic.negateNumeric),
  unary('abs', arithmetic.absNumeric),
  unary('ceil', arithmetic.ceilNumeric),
  unary('floor', arithmetic.floorNumeric),
  unary('sign', arithmetic.signNumeric),
  unary('sqrt', analytic.sqrtNumeric),
  unary('exp', analytic.expNumeric),
  unary('ln', analytic.lnNumeric),
  unary('log10', (value) => analytic.logNumeric(TEN, value)),
  unary('trim_scale', arithmetic.trimScale),
  strict('num_round', 2, (args) =>
    numeric(arithmetic.roundNumeric(numericAt(args, 0), smallAt(args, 1))),
  ),
  strict('num_trunc', 2, (args) =>
    numeric(arithmetic.truncateNumeric(numericAt(args, 0), smallAt(args, 1))),
  ),
  strict('num_scale', 1, (args) => {
    const value = numericAt(args, 0);
    return value.special === null ? BigInt(value.scale) : null;
  }),
  strict('num_min_scale', 1, (args) => minScale(numericAt(args, 0))),
  strict('num_width_bucket', 4, (args) =>
    widthBucket(numericAt(args, 0), numericAt(args, 1), numericAt(args, 2), smallAt(args, 3)),
  ),
  strict('numeric_typmod', 3, (args) =>
    numeric(arithmetic.applyNumericTypmod(numericAt(args, 0), smallAt(args, 1), smallAt(args, 2))),
  ),
];

/** A sum that comes as an INTEGER, or as text where it outgrew one. */
function bigAt(args: readonly SqlValue[], index: number): bigint {
  const value = args[index];
  return typeof value === 'string' ? BigInt(value) : integerAt(args, index);
}

/** low + high * 2^32, the halves that `sum(x & 4294967295)` and `sum(x >> 32)` add up. */
function joinHalves(low: bigint, high: bigint): bigint {
  return low + (high << 32n);
}

const SCALED: readonly ScalarFunction[] = [
  strict('scaled_to_numeric', 2, (args) =>
    arithmetic.formatScaled(bigAt(args, 0), smallAt(args, 1)),
  ),
  strict('numeric_to_scaled', 3, (args) =>
    numericToScaled(numericAt(args, 0), smallAt(args, 1), smallAt(args, 2)),
  ),
  strict('integer_to_scaled', 3, (args) =>
    numericToScaled(
      arithmetic.numericOf(integerAt(args, 0), 0),
      smallAt(args, 1),
      smallAt(args, 2),
    ),
  ),
  strict('scaled_floor', 2, (args) => scaledFloor(numericAt(args, 0), smallAt(args, 1))),
  strict('scaled_ceil', 2, (args) => scaledCeil(numericAt(args, 0), smallAt(args, 1))),
  strict('scaled_exact', 2, (args) => scaledExact(numericAt(args, 0), smallAt(args, 1))),
  // Not representable: a text, which equals no integer and is not NULL, so that `<>` is true.
  strict('scaled_equal', 2, (args) => scaledExact(numericAt(args, 0), smallAt(args, 1)) ?? 'none'),
  // sum(x >> 32), sum(x & 4294967295), scale
  strict('total', 3, (args) =>
    arithmetic.formatScaled(joinHalves(integerAt(args, 1), integerAt(args, 0)), smallAt(args, 2)),
  ),
  // low half, high half, count, scale
  scalar('mean', 4, (args) => {
    if (args[0] === null || args[0] === undefined) return null;
    const total = arithmetic.numericOf(
      joinHalves(integerAt(args, 0), integerAt(args, 1)),
      smallAt(args, 3),
    );
    return numeric(arithmetic.divideNumeric(total, arithmetic.numericOf(integerAt(args, 2), 0)));
  }),
];

/** numeric functions and the helpers of scaled columns. */
export const NUMERIC_FUNCTIONS: readonly ScalarFunction[] = [...ARITHMETIC, ...SCALED];
