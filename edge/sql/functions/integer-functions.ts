/**
 * Checked arithmetic of int2, int4 and int8, and casts into them. Every overflow is 22003, as in PostgreSQL; SQLite
 * would turn to REAL.
 */
import { EdgeError } from '../../errors.ts';
import { roundHalfEven } from '../../types/interval.ts';
import { divisionByZero, numericOf } from '../../types/numeric.ts';
import { numericToInteger } from '../../types/numeric-stored.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import {
  integerAt,
  numeric,
  numericAt,
  outOfRange,
  realAt,
  scalar,
  smallAt,
  strict,
} from './define.ts';

interface Width {
  readonly type: 'int2' | 'int4' | 'int8';
  readonly bits: 16 | 32 | 64;
  readonly name: 'smallint' | 'integer' | 'bigint';
  readonly min: bigint;
  readonly max: bigint;
}

const WIDTHS: readonly Width[] = [
  { type: 'int2', bits: 16, name: 'smallint', min: -32_768n, max: 32_767n },
  { type: 'int4', bits: 32, name: 'integer', min: -2_147_483_648n, max: 2_147_483_647n },
  { type: 'int8', bits: 64, name: 'bigint', min: -(1n << 63n), max: (1n << 63n) - 1n },
];

function gcd(left: bigint, right: bigint): bigint {
  let a = left < 0n ? -left : left;
  let b = right < 0n ? -right : right;
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function arithmetic(width: Width): readonly ScalarFunction[] {
  const { type, min, max, name, bits } = width;
  const fit = (value: bigint): bigint => {
    if (value < min || value > max) throw outOfRange(name);
    return value;
  };
  const binary = (verb: string, compute: (a: bigint, b: bigint) => bigint): ScalarFunction =>
    scalar(`${type}_${verb}`, 2, (args) => {
      const a = args[0];
      const b = args[1];
      if (a === null || b === null) return null;
      return fit(
        compute(
          typeof a === 'bigint' ? a : integerAt(args, 0),
          typeof b === 'bigint' ? b : integerAt(args, 1),
        ),
      );
    });
  const mask = BigInt(bits === 64 ? 63 : 31);
  return [
    binary('add', (a, b) => a + b),
    binary('sub', (a, b) => a - b),
    binary('mul', (a, b) => a * b),
    binary('div', (a, b) => {
      if (b === 0n) throw divisionByZero();
      return a / b;
    }),
    strict(`${type}_neg`, 1, (args) => fit(-integerAt(args, 0))),
    strict(`${type}_abs`, 1, (args) => {
      const value = integerAt(args, 0);
      return fit(value < 0n ? -value : value);
    }),
    strict(`${type}_shl`, 2, (args) =>
      BigInt.asIntN(bits, integerAt(args, 0) << (integerAt(args, 1) & mask)),
    ),
    strict(`${type}_shr`, 2, (args) => integerAt(args, 0) >> (integerAt(args, 1) & mask)),
    strict(`${type}_gcd`, 2, (args) => fit(gcd(integerAt(args, 0), integerAt(args, 1)))),
    strict(`${type}_lcm`, 2, (args) => {
      const a = integerAt(args, 0);
      const b = integerAt(args, 1);
      if (a === 0n || b === 0n) return 0n;
      const product = (a / gcd(a, b)) * b;
      return fit(product < 0n ? -product : product);
    }),
    strict(type, 1, (args) => fit(integerAt(args, 0))),
    strict(`cast_float_${type}`, 1, (args) => {
      const value = roundHalfEven(realAt(args, 0));
      if (!Number.isFinite(value)) throw outOfRange(name);
      return fit(BigInt(value));
    }),
    strict(`cast_numeric_${type}`, 1, (args) => numericToInteger(numericAt(args, 0), name)),
  ];
}

const UINT4_MAX = 4_294_967_295n;

/** Integer functions and casts. */
export const INTEGER_FUNCTIONS: readonly ScalarFunction[] = [
  ...WIDTHS.flatMap(arithmetic),
  strict('int_mod', 2, (args) => {
    const divisor = integerAt(args, 1);
    if (divisor === 0n) throw divisionByZero();
    return integerAt(args, 0) % divisor;
  }),
  strict('cast_int8_oid', 1, (args) => {
    const value = integerAt(args, 0);
    if (value < 0n || value > UINT4_MAX) {
      throw new EdgeError('numeric_value_out_of_range', 'OID out of range');
    }
    return value;
  }),
  strict('cast_oid_int4', 1, (args) => BigInt.asIntN(32, integerAt(args, 0))),
  strict('factorial', 1, (args) => {
    const count = integerAt(args, 0);
    if (count < 0n) {
      throw new EdgeError(
        'numeric_value_out_of_range',
        'factorial of a negative number is undefined',
      );
    }
    if (count > 32_177n)
      throw new EdgeError('numeric_value_out_of_range', 'value overflows numeric format');
    let product = 1n;
    for (let factor = 2n; factor <= count; factor++) product *= factor;
    return numeric(numericOf(product, 0));
  }),
  strict('char_int4', 1, (args) => BigInt(String(args[0]).charCodeAt(0) || 0)),
  strict('int4_char', 1, (args) => {
    const code = smallAt(args, 0);
    if (code < -128 || code > 127) throw outOfRange('"char"');
    return code === 0 ? '' : String.fromCharCode(code & 0xff);
  }),
];
