/**
 * sqrt, exp, ln, log and power of numerics. PostgreSQL first decides how many digits the result shows (at
 * least 16 significant ones) and then computes with guard digits; so do we: the scale by its rules, the
 * value with enough guard digits that the last one shown is rounded rightly.
 *
 * It does not promise the same digit where the true value lies within 10^-20 of a rounding boundary.
 */
import { EdgeError } from '../errors.ts';
import type { Numeric } from './numeric.ts';
import {
  checked,
  compareNumeric,
  digitCount,
  divideAtScale,
  leadingDigit,
  NUMERIC_BOUNDS,
  NUMERIC_INFINITY,
  NUMERIC_MINUS_INFINITY,
  NUMERIC_NAN,
  numericOf,
  numericOverflow,
  parseNumeric,
  pow10,
  rescale,
  roundNumeric,
} from './numeric.ts';

/** Digits computed beyond those shown. */
const GUARD_DIGITS = 24;
const LOG10_E = 0.434294481903252;
const LN_10 = 2.302585092994046;
const INT4_MAX = 2_147_483_647n;

function displayScale(wanted: number, ...least: number[]): number {
  return Math.min(Math.max(wanted, 0, ...least), NUMERIC_BOUNDS.displayScaleMax);
}

/** The nearest double, without overflow: enough for estimates. */
export function numericToNumber(value: Numeric): number {
  if (value.special !== null)
    return value.special === 'nan' ? NaN : value.special === 'inf' ? Infinity : -Infinity;
  return Number(`${value.digits}e${-value.scale}`);
}

/** Integer square root, rounded down. */
function integerSqrt(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** sqrt at a given scale. */
export function sqrtAtScale(value: Numeric, scale: number): Numeric {
  const shift = 2 * scale - value.scale;
  const scaled = shift >= 0 ? value.digits * pow10(shift) : value.digits / pow10(-shift);
  const root = integerSqrt(scaled);
  return numericOf(scaled - root * root > root ? root + 1n : root, scale);
}

/** @throws EdgeError 2201F for negative values */
export function sqrtNumeric(value: Numeric): Numeric {
  if (value.special === 'nan' || value.special === 'inf') return value;
  if (value.special === '-inf' || value.digits < 0n) {
    throw new EdgeError(
      'invalid_argument_for_power_function',
      'cannot take square root of a negative number',
    );
  }
  const weight = Math.trunc(((leadingDigit(value).weight + 1) * 4) / 2) - 1;
  return sqrtAtScale(
    value,
    displayScale(NUMERIC_BOUNDS.significantDigitsMin - weight, value.scale),
  );
}

/** e^x for x = digits / 10^precision, as an integer scaled by 10^precision; |x| small after reduction. */
function expFixed(x: bigint, precision: number): bigint {
  const unit = pow10(precision);
  // Halve until the series converges quickly, then square back.
  let halvings = 0;
  let reduced = x;
  const small = unit / 1000n;
  while ((reduced < 0n ? -reduced : reduced) > small) {
    reduced /= 2n;
    halvings++;
  }
  let term = unit;
  let sum = unit;
  for (let index = 1n; term !== 0n; index++) {
    term = (term * reduced) / (unit * index);
    sum += term;
  }
  for (; halvings > 0; halvings--) sum = (sum * sum) / unit;
  return sum;
}

/** e^value at a given scale. */
function expAtScale(value: Numeric, scale: number): Numeric {
  const approximate = numericToNumber(value);
  if (Math.abs(approximate) >= NUMERIC_BOUNDS.resultScaleMax * 3) {
    if (approximate > 0) throw numericOverflow();
    return numericOf(0n, scale);
  }
  const integerDigits = Math.max(0, Math.ceil(approximate * LOG10_E));
  const precision = scale + integerDigits * 2 + GUARD_DIGITS + 10;
  const fixed = expFixed(rescale(value.digits, value.scale, precision), precision);
  return numericOf(rescale(fixed, precision, scale), scale);
}

/** @throws EdgeError 22003 */
export function expNumeric(value: Numeric): Numeric {
  if (value.special !== null) return value.special === '-inf' ? numericOf(0n, 0) : value;
  const limit = NUMERIC_BOUNDS.resultScaleMax;
  const weight = Math.max(-limit, Math.min(limit, numericToNumber(value) * LOG10_E));
  const scale = displayScale(NUMERIC_BOUNDS.significantDigitsMin - Math.trunc(weight), value.scale);
  return checked(expAtScale(value, scale));
}

/** 2 * artanh(numerator / denominator) scaled by 10^precision: ln of (d + n) / (d - n). */
function lnByArtanh(numerator: bigint, denominator: bigint, unit: bigint): bigint {
  const ratio = (numerator * unit) / denominator;
  const square = (ratio * ratio) / unit;
  let term = ratio;
  let sum = 0n;
  for (let index = 1n; term !== 0n; index += 2n) {
    sum += term / index;
    term = (term * square) / unit;
  }
  return 2n * sum;
}

const LN2_CACHE = new Map<number, bigint>();

function ln2Fixed(precision: number): bigint {
  let known = LN2_CACHE.get(precision);
  if (known === undefined) {
    known = lnByArtanh(1n, 3n, pow10(precision));
    if (LN2_CACHE.size > 64) LN2_CACHE.clear();
    LN2_CACHE.set(precision, known);
  }
  return known;
}

/** ln of a positive value, as an integer scaled by 10^precision. */
function lnFixed(value: Numeric, precision: number): bigint {
  const unit = pow10(precision);
  // value = mantissa * 2^exponent with the mantissa near 1.
  const ratio = value.digits.toString(2).length - pow10(value.scale).toString(2).length;
  let numerator = value.digits;
  let denominator = pow10(value.scale);
  if (ratio > 0) denominator <<= BigInt(ratio);
  else numerator <<= BigInt(-ratio);
  const mantissa = lnByArtanh(numerator - denominator, numerator + denominator, unit);
  return mantissa + BigInt(ratio) * ln2Fixed(precision);
}

const POINT_NINE = parseNumeric('0.9');
const ONE_POINT_ONE = parseNumeric('1.1');

/** PostgreSQL's estimate_ln_dweight: decimal weight of ln(value). */
function lnWeight(value: Numeric): number {
  if (value.digits <= 0n) return 0;
  if (compareNumeric(value, POINT_NINE) >= 0 && compareNumeric(value, ONE_POINT_ONE) <= 0) {
    const rest = value.digits - pow10(value.scale);
    if (rest === 0n) return 0;
    const { weight, digit } = leadingDigit(numericOf(rest, value.scale));
    return weight * 4 + Math.trunc(Math.log10(digit));
  }
  const first = leadingDigit(value);
  const text = value.digits.toString();
  const length = String(first.digit).length;
  const second = text.slice(length, length + 4);
  const hasSecond = /[1-9]/.test(text.slice(length));
  const digits = hasSecond ? first.digit * 10_000 + Number(second.padEnd(4, '0')) : first.digit;
  const weight = first.weight * 4 - (hasSecond ? 4 : 0);
  return Math.trunc(Math.log10(Math.abs(Math.log(digits) + weight * LN_10)));
}

function logarithmError(value: Numeric): EdgeError | null {
  if (value.special === '-inf' || (value.special === null && value.digits < 0n)) {
    return new EdgeError(
      'invalid_argument_for_logarithm',
      'cannot take logarithm of a negative number',
    );
  }
  if (value.special === null && value.digits === 0n) {
    return new EdgeError('invalid_argument_for_logarithm', 'cannot take logarithm of zero');
  }
  return null;
}

function lnAtScale(value: Numeric, scale: number): Numeric {
  const precision = scale + GUARD_DIGITS;
  return numericOf(rescale(lnFixed(value, precision), precision, scale), scale);
}

/** @throws EdgeError 2201E */
export function lnNumeric(value: Numeric): Numeric {
  if (value.special === 'nan') return value;
  const error = logarithmError(value);
  if (error !== null) throw error;
  if (value.special !== null) return value;
  return lnAtScale(
    value,
    displayScale(NUMERIC_BOUNDS.significantDigitsMin - lnWeight(value), value.scale),
  );
}

/** log(base, value). @throws EdgeError 2201E, 22012 */
export function logNumeric(base: Numeric, value: Numeric): Numeric {
  if (base.special === 'nan' || value.special === 'nan') return NUMERIC_NAN;
  const error = logarithmError(base) ?? logarithmError(value);
  if (error !== null) throw error;
  if (base.special !== null) return value.special !== null ? NUMERIC_NAN : numericOf(0n, 0);
  if (value.special !== null) return NUMERIC_INFINITY;
  const weight = lnWeight(value) - lnWeight(base);
  const scale = displayScale(NUMERIC_BOUNDS.significantDigitsMin - weight, base.scale, value.scale);
  const precision = scale + GUARD_DIGITS + Math.abs(lnWeight(base)) + Math.abs(lnWeight(value));
  const divisor = lnFixed(base, precision);
  if (divisor === 0n) throw new EdgeError('division_by_zero', 'division by zero');
  return divideAtScale(numericOf(lnFixed(value, precision), 0), numericOf(divisor, 0), scale);
}

/** base^exponent for an integer exponent, at a given scale. */
function powerInteger(base: Numeric, exponent: bigint, scale: number): Numeric {
  if (exponent === 0n) return numericOf(pow10(scale), scale);
  if (exponent === 1n) return roundNumeric(base, scale);
  if (base.digits === 0n) return numericOf(0n, scale);
  const negative = exponent < 0n;
  const count = negative ? -exponent : exponent;
  const text = digitCount(base.digits);
  const magnitude =
    (Math.log10(
      Number(`0.${(base.digits < 0n ? -base.digits : base.digits).toString().slice(0, 17)}`),
    ) +
      text -
      base.scale) *
    Number(exponent);
  if (magnitude > NUMERIC_BOUNDS.integerDigitsMax) throw numericOverflow();
  if (magnitude + 1 < -scale || magnitude + 1 < -NUMERIC_BOUNDS.displayScaleMax)
    return numericOf(0n, scale);
  // Significant digits kept at each step: the result's, and what the steps lose.
  const kept =
    Math.max(20, scale + Math.ceil(Math.abs(magnitude))) + GUARD_DIGITS + String(count).length;
  let result = numericOf(1n, 0);
  let square = base;
  for (let rest = count; ; ) {
    if (rest & 1n)
      result = shorten(numericOf(result.digits * square.digits, result.scale + square.scale), kept);
    rest >>= 1n;
    if (rest === 0n) break;
    square = shorten(numericOf(square.digits * square.digits, square.scale * 2), kept);
  }
  if (negative) return divideAtScale(numericOf(1n, 0), result, scale);
  return numericOf(rescale(result.digits, result.scale, scale), scale);
}

/** Drops digits beyond the wanted count; the scale may turn negative. */
function shorten(value: Numeric, digits: number): Numeric {
  const excess = digitCount(value.digits) - digits;
  return excess <= 0 ? value : numericOf(value.digits / pow10(excess), value.scale - excess);
}

function powerError(base: Numeric, exponent: Numeric): void {
  const exponentNegative = exponent.special === '-inf' || exponent.digits < 0n;
  if (base.special === null && base.digits === 0n && exponentNegative) {
    throw new EdgeError(
      'invalid_argument_for_power_function',
      'zero raised to a negative power is undefined',
    );
  }
  const integral = exponent.special !== null || exponent.digits % pow10(exponent.scale) === 0n;
  if ((base.special === '-inf' || base.digits < 0n) && !integral) {
    throw new EdgeError(
      'invalid_argument_for_power_function',
      'a negative number raised to a non-integer power yields a complex result',
    );
  }
}

/** base^exponent. @throws EdgeError 2201F, 22003 */
export function powerNumeric(base: Numeric, exponent: Numeric): Numeric {
  if (base.special !== null || exponent.special !== null) return powerSpecial(base, exponent);
  powerError(base, exponent);
  if (exponent.digits % pow10(exponent.scale) === 0n) {
    const count = exponent.digits / pow10(exponent.scale);
    if (count <= INT4_MAX && count >= -INT4_MAX - 1n) {
      return checked(
        powerInteger(base, count, displayScale(NUMERIC_BOUNDS.significantDigitsMin, base.scale)),
      );
    }
  }
  if (base.digits === 0n) return numericOf(0n, NUMERIC_BOUNDS.significantDigitsMin);
  const negative = base.digits < 0n && (exponent.digits / pow10(exponent.scale)) % 2n !== 0n;
  const positive = base.digits < 0n ? numericOf(-base.digits, base.scale) : base;
  // Rounded where PostgreSQL rounds it: the weight of a result near a power of ten hangs on that.
  const roughScale = Math.max(0, 8 - lnWeight(positive));
  const rough = lnAtScale(positive, roughScale);
  const estimate = numericToNumber(
    roundNumeric(
      numericOf(rough.digits * exponent.digits, rough.scale + exponent.scale),
      roughScale,
    ),
  );
  if (Math.abs(estimate) > NUMERIC_BOUNDS.resultScaleMax * 3.01) {
    if (estimate > 0) throw numericOverflow();
    return numericOf(0n, NUMERIC_BOUNDS.displayScaleMax);
  }
  const weight = Math.trunc(estimate * LOG10_E);
  const scale = displayScale(
    NUMERIC_BOUNDS.significantDigitsMin - weight,
    base.scale,
    exponent.scale,
  );
  const precision = scale + Math.abs(weight) * 2 + GUARD_DIGITS + digitCount(exponent.digits);
  const ln = lnFixed(positive, precision);
  const product = numericOf(
    rescale(ln * exponent.digits, precision + exponent.scale, precision),
    precision,
  );
  const result = expAtScale(product, scale);
  return checked(negative ? numericOf(-result.digits, result.scale) : result);
}

const ONE = numericOf(1n, 0);

function powerSpecial(base: Numeric, exponent: Numeric): Numeric {
  if (base.special === 'nan')
    return exponent.special === null && exponent.digits === 0n ? ONE : NUMERIC_NAN;
  if (exponent.special === 'nan')
    return base.special === null && compareNumeric(base, ONE) === 0 ? ONE : NUMERIC_NAN;
  powerError(base, exponent);
  if (exponent.special === null) {
    // The base is infinite.
    if (exponent.digits === 0n) return ONE;
    if (exponent.digits < 0n) return numericOf(0n, 0);
    const odd = (exponent.digits / pow10(exponent.scale)) % 2n !== 0n;
    return base.special === '-inf' && odd ? NUMERIC_MINUS_INFINITY : NUMERIC_INFINITY;
  }
  const magnitude =
    base.special !== null
      ? 1
      : compareNumeric(base.digits < 0n ? numericOf(-base.digits, base.scale) : base, ONE);
  if (magnitude === 0) return ONE;
  if (base.special === null && base.digits === 0n) return numericOf(0n, 0);
  return magnitude > 0 === (exponent.special === 'inf') ? NUMERIC_INFINITY : numericOf(0n, 0);
}
