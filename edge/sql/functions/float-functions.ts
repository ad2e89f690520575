/**
 * float8 and float4: arithmetic with PostgreSQL's checks (overflow and underflow are 22003, not Infinity and 0) and
 * the mathematical functions. NaN is the text 'NaN'.
 *
 * It does not promise the last digit of exp, power and the trigonometric functions: glibc's may differ.
 */
import type { Condition } from '../../errors.ts';
import { EdgeError } from '../../errors.ts';
import { roundHalfEven } from '../../types/interval.ts';
import { divisionByZero, formatNumeric, numericOf } from '../../types/numeric.ts';
import { numericToNumber } from '../../types/numeric-functions.ts';
import { numberToNumeric } from '../../types/numeric-stored.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import { numericAt, real, realAt, scalar, smallAt, strict, volatile } from './define.ts';

function overflow(): EdgeError {
  return new EdgeError('numeric_value_out_of_range', 'value out of range: overflow');
}

function underflow(): EdgeError {
  return new EdgeError('numeric_value_out_of_range', 'value out of range: underflow');
}

type Narrow = (value: number) => number;
const keep: Narrow = (value) => value;

function noOverflow(result: number, ...inputs: number[]): number {
  if (
    (result === Infinity || result === -Infinity) &&
    inputs.every((input) => Number.isFinite(input) || Number.isNaN(input))
  ) {
    throw overflow();
  }
  return result;
}

function arithmetic(type: string, narrow: Narrow): readonly ScalarFunction[] {
  const binary = (verb: string, compute: (a: number, b: number) => number): ScalarFunction =>
    strict(`${type}_${verb}`, 2, (args) => real(compute(realAt(args, 0), realAt(args, 1))));
  return [
    binary('add', (a, b) => noOverflow(narrow(a + b), a, b)),
    binary('sub', (a, b) => noOverflow(narrow(a - b), a, b)),
    binary('mul', (a, b) => {
      const result = noOverflow(narrow(a * b), a, b);
      if (result === 0 && a !== 0 && b !== 0) throw underflow();
      return result;
    }),
    binary('div', (a, b) => {
      if (b === 0 && !Number.isNaN(a)) throw divisionByZero();
      const result = noOverflow(narrow(a / b), a);
      if (result === 0 && a !== 0 && Number.isFinite(b)) throw underflow();
      return result;
    }),
  ];
}

function unary(name: string, compute: (value: number) => number): ScalarFunction {
  return strict(`float8_${name}`, 1, (args) => real(compute(realAt(args, 0))));
}

function refuse(condition: Condition, message: string): never {
  throw new EdgeError(condition, message);
}

function power(base: number, exponent: number): number {
  if (Number.isNaN(base)) return exponent === 0 ? 1 : NaN;
  if (Number.isNaN(exponent)) return base === 1 ? 1 : NaN;
  if (base === 0 && exponent < 0) {
    refuse('invalid_argument_for_power_function', 'zero raised to a negative power is undefined');
  }
  if (base < 0 && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    refuse(
      'invalid_argument_for_power_function',
      'a negative number raised to a non-integer power yields a complex result',
    );
  }
  if (Math.abs(base) === 1 && !Number.isFinite(exponent)) return 1;
  const result = noOverflow(base ** exponent, base, exponent);
  if (result === 0 && base !== 0 && Number.isFinite(base) && Number.isFinite(exponent))
    throw underflow();
  return result;
}

function logarithm(value: number, compute: (value: number) => number): number {
  if (value === 0) refuse('invalid_argument_for_logarithm', 'cannot take logarithm of zero');
  if (value < 0)
    refuse('invalid_argument_for_logarithm', 'cannot take logarithm of a negative number');
  return compute(value);
}

function squareRoot(value: number): number {
  if (value < 0)
    refuse('invalid_argument_for_power_function', 'cannot take square root of a negative number');
  return Math.sqrt(value);
}

function finiteInput(value: number, compute: (value: number) => number): number {
  if (Number.isNaN(value)) return NaN;
  if (!Number.isFinite(value)) refuse('numeric_value_out_of_range', 'input is out of range');
  return compute(value);
}

function unitInput(value: number, compute: (value: number) => number): number {
  if (value < -1 || value > 1) refuse('numeric_value_out_of_range', 'input is out of range');
  return compute(value);
}

const FUNCTIONS: readonly ScalarFunction[] = [
  unary('neg', (value) => -value),
  unary('abs', Math.abs),
  unary('round', roundHalfEven),
  unary('trunc', Math.trunc),
  unary('ceil', Math.ceil),
  unary('floor', Math.floor),
  unary('sign', (value) => (value > 0 ? 1 : value < 0 ? -1 : value)),
  unary('sqrt', squareRoot),
  unary('cbrt', Math.cbrt),
  unary('exp', (value) => {
    const result = noOverflow(Math.exp(value), value);
    if (result === 0 && Number.isFinite(value)) throw underflow();
    return result;
  }),
  unary('ln', (value) => logarithm(value, Math.log)),
  unary('log10', (value) => logarithm(value, Math.log10)),
  unary('degrees', (value) => noOverflow(value / (Math.PI / 180), value)),
  unary('radians', (value) => value * (Math.PI / 180)),
  unary('sin', (value) => finiteInput(value, Math.sin)),
  unary('cos', (value) => finiteInput(value, Math.cos)),
  unary('tan', (value) => finiteInput(value, Math.tan)),
  unary('asin', (value) => unitInput(value, Math.asin)),
  unary('acos', (value) => unitInput(value, Math.acos)),
  unary('atan', Math.atan),
  strict('float8_atan2', 2, (args) => real(Math.atan2(realAt(args, 0), realAt(args, 1)))),
  strict('float8_power', 2, (args) => real(power(realAt(args, 0), realAt(args, 1)))),
  scalar('pi', 0, () => Math.PI),
  volatile('random', 0, () => Math.random()),
  volatile('setseed', 1, () => ''),
  strict('float8_width_bucket', 4, (args) =>
    widthBucket(realAt(args, 0), realAt(args, 1), realAt(args, 2), smallAt(args, 3)),
  ),
];

function widthBucket(operand: number, low: number, high: number, count: number): bigint {
  if (count <= 0)
    refuse('invalid_argument_for_width_bucket_function', 'count must be greater than zero');
  if (Number.isNaN(operand) || Number.isNaN(low) || Number.isNaN(high)) {
    refuse(
      'invalid_argument_for_width_bucket_function',
      'operand, lower bound, and upper bound cannot be NaN',
    );
  }
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    refuse('invalid_argument_for_width_bucket_function', 'lower and upper bounds must be finite');
  }
  if (low === high)
    refuse('invalid_argument_for_width_bucket_function', 'lower bound cannot equal upper bound');
  const [from, to, value] = low < high ? [low, high, operand] : [-low, -high, -operand];
  if (value < from) return 0n;
  if (value >= to) return BigInt(count) + 1n;
  return BigInt(Math.floor((count * (value - from)) / (to - from)) + 1);
}

function toFloat4(value: number): number {
  const narrow = Math.fround(value);
  if (!Number.isFinite(narrow) && Number.isFinite(value)) throw overflow();
  if (narrow === 0 && value !== 0) throw underflow();
  return narrow;
}

const CASTS: readonly ScalarFunction[] = [
  strict('float4', 1, (args) => Math.fround(Number(args[0]))),
  strict('float4_checked', 1, (args) => real(toFloat4(realAt(args, 0)))),
  strict('cast_float8_numeric', 1, (args) => formatNumeric(numberToNumeric(realAt(args, 0), 15))),
  strict('cast_float4_numeric', 1, (args) => formatNumeric(numberToNumeric(realAt(args, 0), 6))),
  strict('cast_numeric_float8', 1, (args) => real(numericToFloat(args, 'double precision'))),
  strict('cast_numeric_float4', 1, (args) => real(numericToFloat(args, 'real'))),
];

function numericToFloat(
  args: Parameters<typeof numericAt>[0],
  type: 'real' | 'double precision',
): number {
  const source = numericAt(args, 0);
  const wide = numericToNumber(source);
  const value = type === 'real' ? Math.fround(wide) : wide;
  const vanished = value === 0 && source.special === null && source.digits !== 0n;
  if ((!Number.isFinite(value) && source.special === null) || vanished) {
    throw new EdgeError(
      'numeric_value_out_of_range',
      `"${formatNumeric(source.special === null ? source : numericOf(0n, 0))}" is out of range for type ${type}`,
    );
  }
  return value;
}

/** Floating-point functions and casts. */
export const FLOAT_FUNCTIONS: readonly ScalarFunction[] = [
  ...arithmetic('float8', keep),
  ...arithmetic('float4', Math.fround),
  ...FUNCTIONS,
  ...CASTS,
];
