/**
 * numeric as it is stored and sent: comparison of stored texts without parsing them, the scaled integers
 * of short columns, conversion to and from doubles, and the binary form of the wire.
 *
 * @see https://www.postgresql.org/docs/15/datatype-numeric.html
 */
import { EdgeError, notSupported } from '../errors.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Numeric } from './numeric.ts';
import {
  applyNumericTypmod,
  checked,
  compareNumeric,
  divideRounded,
  NUMERIC_INFINITY,
  NUMERIC_MINUS_INFINITY,
  NUMERIC_NAN,
  numericOf,
  parseNumeric,
  pow10,
  rescale,
} from './numeric.ts';

const PLAIN_TEXT = /^-?\d+(?:\.\d+)?$/;

/** Collation helios_numeric: by value. Both texts are output forms. */
export function compareNumericText(left: string, right: string): number {
  if (left === right) return 0;
  const leftNegative = left.charCodeAt(0) === 0x2d;
  if (
    leftNegative !== (right.charCodeAt(0) === 0x2d) ||
    !PLAIN_TEXT.test(left) ||
    !PLAIN_TEXT.test(right)
  ) {
    return compareNumeric(parseStored(left), parseStored(right));
  }
  const start = leftNegative ? 1 : 0;
  const leftPoint = pointOf(left);
  const rightPoint = pointOf(right);
  let order = leftPoint - rightPoint;
  if (order === 0) order = compareDigits(left, right, start);
  return leftNegative ? -order : order;
}

/** A stored text; a foreign one (never in a numeric column) sorts below all. */
function parseStored(text: string): Numeric {
  try {
    return parseNumeric(text);
  } catch {
    return NUMERIC_MINUS_INFINITY;
  }
}

function pointOf(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? text.length : point;
}

/** Same sign, same number of integer digits: the first difference decides; missing digits are zeros. */
function compareDigits(left: string, right: string, start: number): number {
  const length = Math.max(left.length, right.length);
  for (let index = start; index < length; index++) {
    const a = index < left.length ? left.charCodeAt(index) : 0x30;
    const b = index < right.length ? right.charCodeAt(index) : 0x30;
    if (a === b || a === 0x2e || b === 0x2e) continue;
    return a - b;
  }
  return 0;
}

/** numeric(precision, scale) as its stored integer. @throws EdgeError 22003; 0A000 for NaN */
export function numericToScaled(value: Numeric, precision: number, scale: number): bigint {
  if (value.special === 'nan') throw notSupported(`NaN in a numeric(${precision},${scale}) column`);
  return applyNumericTypmod(value, precision, scale).digits;
}

const INT8_MAX = 9_223_372_036_854_775_807n;
const INT8_MIN = -INT8_MAX - 1n;

function clamp(value: bigint): bigint {
  return value > INT8_MAX ? INT8_MAX : value < INT8_MIN ? INT8_MIN : value;
}

/** The greatest scaled integer not above the value, within int8: for `column <= value`. */
export function scaledFloor(value: Numeric, scale: number): bigint {
  if (value.special !== null) return value.special === '-inf' ? INT8_MIN : INT8_MAX;
  if (scale >= value.scale) return clamp(value.digits * pow10(scale - value.scale));
  const unit = pow10(value.scale - scale);
  const cut = value.digits / unit;
  return clamp(value.digits < 0n && value.digits % unit !== 0n ? cut - 1n : cut);
}

/** The least scaled integer not below the value, within int8: for `column < value`. */
export function scaledCeil(value: Numeric, scale: number): bigint {
  if (value.special !== null) return value.special === '-inf' ? INT8_MIN : INT8_MAX;
  return clamp(-scaledFloor(numericOf(-value.digits, value.scale), scale));
}

/** The scaled integer that equals the value, or null where there is none. */
export function scaledExact(value: Numeric, scale: number): bigint | null {
  if (value.special !== null) return null;
  const floor = scaledFloor(value, scale);
  return rescale(floor, scale, Math.max(scale, value.scale)) ===
    rescale(value.digits, value.scale, Math.max(scale, value.scale))
    ? floor
    : null;
}

/** An integer of the given width, rounded half away from zero. @throws EdgeError 22003, 0A000 as PostgreSQL */
export function numericToInteger(
  value: Numeric,
  typeName: 'smallint' | 'integer' | 'bigint',
): bigint {
  if (value.special !== null) {
    throw new EdgeError(
      'feature_not_supported',
      `cannot convert ${value.special === 'nan' ? 'NaN' : 'infinity'} to ${typeName}`,
    );
  }
  const rounded = divideRounded(value.digits, pow10(value.scale));
  const bits = typeName === 'smallint' ? 16 : typeName === 'integer' ? 32 : 64;
  if (BigInt.asIntN(bits, rounded) !== rounded) {
    throw new EdgeError('numeric_value_out_of_range', `${typeName} out of range`);
  }
  return rounded;
}

/** PostgreSQL converts a double through 15 significant digits, a float4 through 6. */
export function numberToNumeric(value: number, significantDigits: 6 | 15): Numeric {
  if (Number.isNaN(value)) return NUMERIC_NAN;
  if (!Number.isFinite(value)) return value > 0 ? NUMERIC_INFINITY : NUMERIC_MINUS_INFINITY;
  // %.15g drops trailing zeros; so does the number's own shortest text after rounding.
  return parseNumeric(String(Number(value.toPrecision(significantDigits))));
}

const SIGN = {
  positive: 0x0000,
  negative: 0x4000,
  nan: 0xc000,
  infinity: 0xd000,
  minusInfinity: 0xf000,
} as const;

/** Binary form: count, weight, sign, scale, base-10,000 digits. */
export function writeNumericBinary(value: Numeric, out: ByteWriter): void {
  if (value.special !== null) {
    const sign =
      value.special === 'nan'
        ? SIGN.nan
        : value.special === 'inf'
          ? SIGN.infinity
          : SIGN.minusInfinity;
    out.int16(0);
    out.int16(0);
    out.int16(sign);
    out.int16(value.special === 'nan' ? 0 : 0x20);
    return;
  }
  const negative = value.digits < 0n;
  const text = (negative ? -value.digits : value.digits).toString();
  const integer = value.scale >= text.length ? '' : text.slice(0, text.length - value.scale);
  const fraction = value.scale === 0 ? '' : text.padStart(value.scale, '0').slice(-value.scale);
  const padded =
    integer.padStart(Math.ceil(integer.length / 4) * 4, '0') +
    fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0');
  const groups: number[] = [];
  for (let index = 0; index < padded.length; index += 4)
    groups.push(Number(padded.slice(index, index + 4)));
  let weight = Math.ceil(integer.length / 4) - 1;
  let first = 0;
  while (first < groups.length && groups[first] === 0) {
    first++;
    weight--;
  }
  let last = groups.length;
  while (last > first && groups[last - 1] === 0) last--;
  out.int16(last - first);
  out.int16(last === first ? 0 : weight);
  out.int16(negative ? SIGN.negative : SIGN.positive);
  out.int16(value.scale);
  for (let index = first; index < last; index++) out.int16(groups[index] as number);
}

function invalidExternal(what: string): EdgeError {
  return new EdgeError(
    'invalid_binary_representation',
    `invalid ${what} in external "numeric" value`,
  );
}

/** Reads the binary form. The caller has checked that the length fits the digit count. @throws EdgeError 22P03 */
export function readNumericBinary(bytes: Uint8Array): Numeric {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(0);
  const weight = view.getInt16(2);
  const sign = view.getUint16(4);
  const scale = view.getUint16(6);
  if (sign === SIGN.nan) return NUMERIC_NAN;
  if (sign === SIGN.infinity) return NUMERIC_INFINITY;
  if (sign === SIGN.minusInfinity) return NUMERIC_MINUS_INFINITY;
  if (sign !== SIGN.positive && sign !== SIGN.negative) throw invalidExternal('sign');
  if ((scale & 0x3fff) !== scale) throw invalidExternal('scale');
  let text = '';
  for (let index = 0; index < count; index++) {
    const digit = view.getInt16(8 + index * 2);
    if (digit < 0 || digit >= 10_000) throw invalidExternal('digit');
    text += String(digit).padStart(4, '0');
  }
  let digits = BigInt(text === '' ? '0' : text);
  // digits * 10^(4 * (weight + 1 - count)) is the value; bring it to the display scale, truncating.
  const shift = 4 * (weight + 1 - count) + scale;
  digits = shift >= 0 ? digits * pow10(shift) : digits / pow10(-shift);
  return checked(numericOf(sign === SIGN.negative ? -digits : digits, scale));
}
