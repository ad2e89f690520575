/**
 * PostgreSQL's numeric: an exact decimal with a display scale, and NaN and the two infinities. Arithmetic
 * follows PostgreSQL's rules for the scale of results, because that decides which digits a client sees.
 *
 * A value is an integer times 10^-scale. BigInt carries it: a shop's numbers have a dozen digits, and
 * nothing here is faster for them than that. Functions like sqrt and ln are in `numeric-functions.ts`.
 *
 * @see https://www.postgresql.org/docs/15/datatype-numeric.html
 */
import { EdgeError } from '../errors.ts';

/** `nan` and the infinities have digits 0n and scale 0. */
export interface Numeric {
  readonly special: 'nan' | 'inf' | '-inf' | null;
  /** The value times 10^scale. */
  readonly digits: bigint;
  /** Display scale: digits shown after the point. */
  readonly scale: number;
}

export const NUMERIC_NAN: Numeric = { special: 'nan', digits: 0n, scale: 0 };
export const NUMERIC_INFINITY: Numeric = { special: 'inf', digits: 0n, scale: 0 };
export const NUMERIC_MINUS_INFINITY: Numeric = { special: '-inf', digits: 0n, scale: 0 };

/** PostgreSQL's own bounds: digits before and after the point, and of computed scales. */
export const NUMERIC_BOUNDS = {
  integerDigitsMax: 131_072,
  scaleMax: 16_383,
  displayScaleMax: 1000,
  resultScaleMax: 2000,
  significantDigitsMin: 16,
} as const;

const POWERS: bigint[] = [1n];

/** 10^exponent, remembered for the small exponents that rows use. */
export function pow10(exponent: number): bigint {
  if (exponent > 200) return 10n ** BigInt(exponent);
  for (let known = POWERS.length; known <= exponent; known++) {
    POWERS.push((POWERS[known - 1] as bigint) * 10n);
  }
  return POWERS[exponent] as bigint;
}

/** A finite numeric. */
export function numericOf(digits: bigint, scale: number): Numeric {
  return { special: null, digits, scale };
}

/** 22003, PostgreSQL's words. */
export function numericOverflow(): EdgeError {
  return new EdgeError('numeric_value_out_of_range', 'value overflows numeric format');
}

/** 22012. */
export function divisionByZero(): EdgeError {
  return new EdgeError('division_by_zero', 'division by zero');
}

function invalidNumeric(text: string): EdgeError {
  return new EdgeError(
    'invalid_text_representation',
    `invalid input syntax for type numeric: "${text}"`,
  );
}

const NUMBER = /^[ \t\n\r\v\f]*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?[ \t\n\r\v\f]*$/;
const SPECIAL = /^[ \t\n\r\v\f]*(?:(nan)|([+-]?)inf(?:inity)?)[ \t\n\r\v\f]*$/i;

/**
 * The input function of numeric.
 * @throws EdgeError 22P02, 22003
 */
export function parseNumeric(text: string): Numeric {
  const match = NUMBER.exec(text);
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) return parseSpecial(text);
  const integer = match[2] ?? '';
  const fraction = match[3] ?? '';
  const exponent = match[4] === undefined ? 0 : Number(match[4]);
  if (Math.abs(exponent) >= 0x3fff_ffff) throw numericOverflow();
  let scale = fraction.length - exponent;
  if (integer.length + exponent > 4 * NUMERIC_BOUNDS.integerDigitsMax) {
    if (/^0*$/.test(integer + fraction)) return numericOf(0n, 0);
    throw numericOverflow();
  }
  if (scale > NUMERIC_BOUNDS.scaleMax) throw numericOverflow();
  let digits = BigInt(`${integer}${fraction}`);
  if (match[1] === '-') digits = -digits;
  if (scale < 0) {
    digits *= pow10(-scale);
    scale = 0;
  }
  return checked(numericOf(digits, scale));
}

function parseSpecial(text: string): Numeric {
  const match = SPECIAL.exec(text);
  if (match === null) throw invalidNumeric(text);
  if (match[1] !== undefined) return NUMERIC_NAN;
  return match[2] === '-' ? NUMERIC_MINUS_INFINITY : NUMERIC_INFINITY;
}

/** Refuses what PostgreSQL cannot store either. */
export function checked(value: Numeric): Numeric {
  if (value.special !== null) return value;
  // 40 bits are more than 12 digits: the length of the text is only taken where it may matter.
  if (value.scale < 1000 && BigInt.asIntN(4096, value.digits) === value.digits) return value;
  if (digitCount(value.digits) - value.scale > NUMERIC_BOUNDS.integerDigitsMax) {
    throw numericOverflow();
  }
  return value;
}

/** Decimal digits of the absolute value, 0 for zero. */
export function digitCount(digits: bigint): number {
  if (digits === 0n) return 0;
  return (digits < 0n ? -digits : digits).toString().length;
}

/** The output function: always all digits of the display scale, never an exponent. */
export function formatNumeric(value: Numeric): string {
  if (value.special !== null) {
    return value.special === 'nan' ? 'NaN' : value.special === 'inf' ? 'Infinity' : '-Infinity';
  }
  return formatScaled(value.digits, value.scale);
}

/** An integer scaled by 10^scale as decimal text. */
export function formatScaled(digits: bigint, scale: number): string {
  if (scale === 0) return digits.toString();
  const negative = digits < 0n;
  let text = (negative ? -digits : digits).toString();
  if (text.length <= scale) text = text.padStart(scale + 1, '0');
  const point = text.length - scale;
  return `${negative ? '-' : ''}${text.slice(0, point)}.${text.slice(point)}`;
}

/** Divides, rounding half away from zero. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  if (twice < (divisor < 0n ? -divisor : divisor)) return quotient;
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n;
}

/** The unscaled integer at another scale, rounded half away from zero. */
export function rescale(digits: bigint, from: number, to: number): bigint {
  if (to >= from) return to === from ? digits : digits * pow10(to - from);
  return divideRounded(digits, pow10(from - to));
}

function signOf(value: Numeric): number {
  if (value.special !== null) return value.special === '-inf' ? -1 : 1;
  return value.digits < 0n ? -1 : value.digits > 0n ? 1 : 0;
}

const SPECIAL_RANK = { '-inf': -1, inf: 1, nan: 2 } as const;

/** -1, 0 or 1; NaN equals itself and is above everything, as PostgreSQL orders it. */
export function compareNumeric(left: Numeric, right: Numeric): number {
  if (left.special !== null || right.special !== null) {
    const leftRank = left.special === null ? 0 : SPECIAL_RANK[left.special];
    const rightRank = right.special === null ? 0 : SPECIAL_RANK[right.special];
    return Math.sign(leftRank - rightRank);
  }
  let a = left.digits;
  let b = right.digits;
  if (left.scale < right.scale) a *= pow10(right.scale - left.scale);
  else if (right.scale < left.scale) b *= pow10(left.scale - right.scale);
  return a < b ? -1 : a > b ? 1 : 0;
}

export function addNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.special !== null || right.special !== null) return addSpecial(left, right);
  const scale = Math.max(left.scale, right.scale);
  return checked(
    numericOf(
      rescale(left.digits, left.scale, scale) + rescale(right.digits, right.scale, scale),
      scale,
    ),
  );
}

function addSpecial(left: Numeric, right: Numeric): Numeric {
  if (left.special === 'nan' || right.special === 'nan') return NUMERIC_NAN;
  if (left.special === null) return right;
  if (right.special === null || right.special === left.special) return left;
  return NUMERIC_NAN;
}

export function negateNumeric(value: Numeric): Numeric {
  if (value.special === null) return numericOf(-value.digits, value.scale);
  if (value.special === 'nan') return value;
  return value.special === 'inf' ? NUMERIC_MINUS_INFINITY : NUMERIC_INFINITY;
}

export function subtractNumeric(left: Numeric, right: Numeric): Numeric {
  return addNumeric(left, negateNumeric(right));
}

export function absNumeric(value: Numeric): Numeric {
  return signOf(value) < 0 ? negateNumeric(value) : value;
}

export function multiplyNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.special !== null || right.special !== null) {
    if (left.special === 'nan' || right.special === 'nan') return NUMERIC_NAN;
    const sign = signOf(left) * signOf(right);
    return sign === 0 ? NUMERIC_NAN : sign > 0 ? NUMERIC_INFINITY : NUMERIC_MINUS_INFINITY;
  }
  const scale = left.scale + right.scale;
  const product = left.digits * right.digits;
  if (scale <= NUMERIC_BOUNDS.scaleMax) return checked(numericOf(product, scale));
  return checked(
    numericOf(rescale(product, scale, NUMERIC_BOUNDS.scaleMax), NUMERIC_BOUNDS.scaleMax),
  );
}

/** Weight and value of the first digit in base 10,000, in which PostgreSQL counts. */
export function leadingDigit(value: Numeric): { weight: number; digit: number } {
  if (value.digits === 0n) return { weight: 0, digit: 0 };
  const text = (value.digits < 0n ? -value.digits : value.digits).toString();
  const exponent = text.length - 1 - value.scale;
  const weight = Math.floor(exponent / 4);
  const length = exponent - weight * 4 + 1;
  return { weight, digit: Number(text.slice(0, length).padEnd(length, '0')) };
}

/** PostgreSQL's select_div_scale: at least 16 significant digits, never less than the inputs show. */
export function divisionScale(left: Numeric, right: Numeric): number {
  const first = leadingDigit(left);
  const second = leadingDigit(right);
  let weight = first.weight - second.weight;
  if (first.digit <= second.digit) weight--;
  const scale = NUMERIC_BOUNDS.significantDigitsMin - weight * 4;
  return Math.min(Math.max(scale, left.scale, right.scale, 0), NUMERIC_BOUNDS.displayScaleMax);
}

/** left / right at a given scale, rounded half away from zero. Both finite, right not zero. */
export function divideAtScale(left: Numeric, right: Numeric, scale: number): Numeric {
  const shift = scale + right.scale - left.scale;
  const dividend = shift >= 0 ? left.digits * pow10(shift) : left.digits;
  const divisor = shift >= 0 ? right.digits : right.digits * pow10(-shift);
  return numericOf(divideRounded(dividend, divisor), scale);
}

/** @throws EdgeError 22012 */
export function divideNumeric(left: Numeric, right: Numeric): Numeric {
  const special = divideSpecial(left, right);
  if (special !== null) return special;
  return checked(divideAtScale(left, right, divisionScale(left, right)));
}

/** The quotient where an operand is not finite (or the divisor zero), else null. */
function divideSpecial(left: Numeric, right: Numeric): Numeric | null {
  if (left.special === 'nan' || right.special === 'nan') return NUMERIC_NAN;
  if (left.special !== null) {
    if (right.special !== null) return NUMERIC_NAN;
    const sign = signOf(left) * signOf(right);
    if (sign === 0) throw divisionByZero();
    return sign > 0 ? NUMERIC_INFINITY : NUMERIC_MINUS_INFINITY;
  }
  if (right.special !== null) return numericOf(0n, 0);
  if (right.digits === 0n) throw divisionByZero();
  return null;
}

/** div(): the quotient without its fraction. @throws EdgeError 22012 */
export function divideTruncated(left: Numeric, right: Numeric): Numeric {
  const special = divideSpecial(left, right);
  if (special !== null) return special;
  const scale = Math.max(left.scale, right.scale);
  return numericOf(
    rescale(left.digits, left.scale, scale) / rescale(right.digits, right.scale, scale),
    0,
  );
}

/** The remainder, with the dividend's sign. @throws EdgeError 22012 */
export function moduloNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.special === 'nan' || right.special === 'nan') return NUMERIC_NAN;
  if (left.special !== null) {
    if (right.special === null && right.digits === 0n) throw divisionByZero();
    return NUMERIC_NAN;
  }
  if (right.special !== null) return left;
  if (right.digits === 0n) throw divisionByZero();
  const scale = Math.max(left.scale, right.scale);
  return numericOf(
    rescale(left.digits, left.scale, scale) % rescale(right.digits, right.scale, scale),
    scale,
  );
}

function clampScale(scale: number): number {
  return Math.max(-NUMERIC_BOUNDS.resultScaleMax, Math.min(NUMERIC_BOUNDS.resultScaleMax, scale));
}

/** round(value, scale): half away from zero; a negative scale rounds before the point. */
export function roundNumeric(value: Numeric, scale: number): Numeric {
  if (value.special !== null) return value;
  const target = clampScale(scale);
  const rounded = rescale(value.digits, value.scale, target);
  return checked(target >= 0 ? numericOf(rounded, target) : numericOf(rounded * pow10(-target), 0));
}

/** trunc(value, scale). */
export function truncateNumeric(value: Numeric, scale: number): Numeric {
  if (value.special !== null) return value;
  const target = clampScale(scale);
  if (target >= value.scale) return numericOf(value.digits * pow10(target - value.scale), target);
  const cut = value.digits / pow10(value.scale - target);
  return target >= 0 ? numericOf(cut, target) : numericOf(cut * pow10(-target), 0);
}

/** The largest integer not above: floor(). */
export function floorNumeric(value: Numeric): Numeric {
  if (value.special !== null || value.scale === 0) return value;
  const unit = pow10(value.scale);
  const cut = value.digits / unit;
  return numericOf(value.digits < 0n && value.digits % unit !== 0n ? cut - 1n : cut, 0);
}

/** The smallest integer not below: ceil(). */
export function ceilNumeric(value: Numeric): Numeric {
  return negateNumeric(floorNumeric(negateNumeric(value)));
}

/** sign(): -1, 0, 1 or NaN. */
export function signNumeric(value: Numeric): Numeric {
  return value.special === 'nan' ? value : numericOf(BigInt(signOf(value)), 0);
}

/** The value with no more display scale than it needs: trim_scale(). */
export function trimScale(value: Numeric): Numeric {
  if (value.special !== null) return value;
  let { digits, scale } = value;
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale--;
  }
  return numericOf(digits, scale);
}

/**
 * Rounds to numeric(precision, scale).
 * @throws EdgeError 22003 with PostgreSQL's DETAIL
 */
export function applyNumericTypmod(value: Numeric, precision: number, scale: number): Numeric {
  if (value.special === 'nan') return value;
  if (value.special !== null) {
    throw new EdgeError('numeric_value_out_of_range', 'numeric field overflow', {
      detail: `A field with precision ${precision}, scale ${scale} cannot hold an infinite value.`,
    });
  }
  const rounded = rescale(value.digits, value.scale, scale);
  if ((rounded < 0n ? -rounded : rounded) >= pow10(precision)) {
    const digits = precision - scale;
    throw new EdgeError('numeric_value_out_of_range', 'numeric field overflow', {
      detail: `A field with precision ${precision}, scale ${scale} must round to an absolute value less than ${digits === 0 ? '1' : `10^${digits}`}.`,
    });
  }
  return scale >= 0 ? numericOf(rounded, scale) : numericOf(rounded * pow10(-scale), 0);
}
