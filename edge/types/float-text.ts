/**
 * float4 and float8 in PostgreSQL's text form: the shortest digits that read back the same, an exponent of at
 * least two digits below 1e-4 and from 1e15 (float4: 1e6) on.
 */
import { EdgeError } from '../errors.ts';

type FloatType = 'real' | 'double precision';

/** Below this no short decimal lies exactly between two doubles. */
const MIDPOINTS_FROM = 1e22;

/**
 * JavaScript may print a decimal that lies exactly half-way to a neighbour (1e23), because it reads back by the rule
 * of even; PostgreSQL's algorithm wants one strictly inside.
 */
function insideBounds(value: number, shortest: string): string {
  const exact = BigInt(value);
  // Halving or doubling 2^-53 of the value covers the gap to either neighbour.
  const gap = BigInt(2 ** (Math.floor(Math.log2(value)) - 52));
  const isMidpoint = (text: string): boolean => {
    const [mantissa = '', exponent = '0'] = text.split('e');
    const digits = mantissa.replace('.', '');
    const candidate = BigInt(digits) * 10n ** BigInt(Number(exponent) - digits.length + 1);
    const distance = candidate > exact ? candidate - exact : exact - candidate;
    return distance * 2n === gap;
  };
  if (!isMidpoint(shortest)) return shortest;
  for (let precision = 0; precision <= 16; precision++) {
    const text = value.toExponential(precision);
    if (Number(text) === value && !isMidpoint(text)) return text;
  }
  return shortest;
}

/** `1.5e+20` pieces of a positive finite number's shortest form. */
function shortestDigits(value: number, type: FloatType): { digits: string; exponent: number } {
  let text = value.toExponential();
  if (type === 'real') {
    for (let precision = 0; precision <= 8; precision++) {
      text = value.toExponential(precision);
      if (Math.fround(Number(text)) === value) break;
    }
  }
  if (type !== 'real' && value >= MIDPOINTS_FROM) text = insideBounds(value, text);
  const [mantissa = '0', exponent = '0'] = text.split('e');
  return {
    digits: mantissa.replace('.', '').replace(/(?<=\d)0+$/, ''),
    exponent: Number(exponent),
  };
}

/** The output function of float8 (or float4). */
export function formatFloat(value: number, type: FloatType = 'double precision'): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (value === 0) return `${sign}0`;
  const { digits, exponent } = shortestDigits(Math.abs(value), type);
  if (exponent < -4 || exponent >= (type === 'real' ? 6 : 15)) {
    const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return `${sign}${digits.padEnd(exponent + 1, '0')}`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The input function of float8 (or float4). @throws EdgeError 22P02, 22003 */
export function parseFloatText(text: string, type: FloatType = 'double precision'): number {
  const trimmed = text.replace(/^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/g, '');
  if (NUMBER.test(trimmed)) {
    const value = type === 'real' ? Math.fround(Number(trimmed)) : Number(trimmed);
    const vanished = value === 0 && /[1-9]/.test(trimmed.replace(/e.*$/i, ''));
    if (!Number.isFinite(value) || vanished) {
      throw new EdgeError(
        'numeric_value_out_of_range',
        `"${trimmed}" is out of range for type ${type}`,
      );
    }
    return value;
  }
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(trimmed);
  if (word === null) {
    throw new EdgeError(
      'invalid_text_representation',
      `invalid input syntax for type ${type}: "${text}"`,
    );
  }
  if ((word[2] as string).toLowerCase() === 'nan') return NaN;
  return word[1] === '-' ? -Infinity : Infinity;
}
