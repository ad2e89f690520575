/**
 * Numbers and booleans: operators and functions that the analyser resolves against, with the SQLite text
 * of each. SQLite's own arithmetic is not PostgreSQL's (overflow turns to REAL, `1/0` is NULL), so arithmetic
 * is a checked function; comparisons of integers are SQLite's, because they are the same and use indexes.
 *
 * numeric is TEXT here; `COLLATE helios_numeric` compares it by value.
 */
import { comparisons, readSignatures } from './signature.ts';

const INTEGER_TYPES = ['int2', 'int4', 'int8'] as const;

function wider(left: string, right: string): string {
  return INTEGER_TYPES[
    Math.max(INTEGER_TYPES.indexOf(left as 'int4'), INTEGER_TYPES.indexOf(right as 'int4'))
  ] as string;
}

/** + - * / for every pair of integer types; the result is the wider. */
function integerArithmetic(): string {
  const names = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div' } as const;
  return INTEGER_TYPES.flatMap((left) =>
    INTEGER_TYPES.flatMap((right) =>
      Object.entries(names).map(([symbol, name]) => {
        const result = wider(left, right);
        return `${left} ${symbol} ${right} => ${result} | helios_${result}_${name}($1, $2)`;
      }),
    ),
  ).join('\n');
}

function sameTypeIntegers(): string {
  return INTEGER_TYPES.map(
    (type) => `
    ${type} % ${type} => ${type} | helios_int_mod($1, $2)
    - ${type} => ${type} | helios_${type}_neg($1)
    + ${type} => ${type} ! | (+$1)
    @ ${type} => ${type} | helios_${type}_abs($1)
    ${type} & ${type} => ${type} ! | ($1 & $2)
    ${type} | ${type} => ${type} ! | ($1 | $2)
    ${type} # ${type} => ${type} ! | (($1 | $2) - ($1 & $2))
    ~ ${type} => ${type} ! | (~$1)
    ${type} << int4 => ${type} | helios_${type}_shl($1, $2)
    ${type} >> int4 => ${type} | helios_${type}_shr($1, $2)
    abs(${type}) => ${type} | helios_${type}_abs($1)
    mod(${type}, ${type}) => ${type} | helios_int_mod($1, $2)`,
  ).join('\n');
}

function floatArithmetic(): string {
  const names = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div' } as const;
  const pairs = [
    ['float8', 'float8', 'float8'],
    ['float4', 'float8', 'float8'],
    ['float8', 'float4', 'float8'],
    ['float4', 'float4', 'float4'],
  ] as const;
  return pairs
    .flatMap(([left, right, result]) =>
      Object.entries(names).map(
        ([symbol, name]) =>
          `${left} ${symbol} ${right} => ${result} | helios_${result}_${name}($1, $2)`,
      ),
    )
    .join('\n');
}

const COMPARISONS = [
  ...INTEGER_TYPES.flatMap((left) =>
    INTEGER_TYPES.map((right) => comparisons(left, right, '($1 % $2)', '!')),
  ),
  ...['bool', 'oid', 'char'].map((type) => comparisons(type, type, '($1 % $2)', '!')),
  ...['float8', 'float4'].flatMap((left) =>
    ['float8', 'float4'].map((right) => comparisons(left, right, '($1 % $2)', '!')),
  ),
  comparisons('numeric', 'numeric', '($1 COLLATE helios_numeric % $2)', '!'),
].join('\n');

const NUMERIC = `
  numeric + numeric => numeric | helios_num_add($1, $2)
  numeric - numeric => numeric | helios_num_sub($1, $2)
  numeric * numeric => numeric | helios_num_mul($1, $2)
  numeric / numeric => numeric | helios_num_div($1, $2)
  numeric % numeric => numeric | helios_num_mod($1, $2)
  numeric ^ numeric => numeric | helios_num_power($1, $2)
  - numeric => numeric | helios_num_neg($1)
  + numeric => numeric ! | $1
  @ numeric => numeric | helios_num_abs($1)
  abs(numeric) => numeric | helios_num_abs($1)
  mod(numeric, numeric) => numeric | helios_num_mod($1, $2)
  div(numeric, numeric) => numeric | helios_num_div_trunc($1, $2)
  round(numeric) => numeric | helios_num_round($1, 0)
  round(numeric, int4) => numeric | helios_num_round($1, $2)
  trunc(numeric) => numeric | helios_num_trunc($1, 0)
  trunc(numeric, int4) => numeric | helios_num_trunc($1, $2)
  ceil(numeric) => numeric | helios_num_ceil($1)
  ceiling(numeric) => numeric | helios_num_ceil($1)
  floor(numeric) => numeric | helios_num_floor($1)
  sign(numeric) => numeric | helios_num_sign($1)
  sqrt(numeric) => numeric | helios_num_sqrt($1)
  exp(numeric) => numeric | helios_num_exp($1)
  ln(numeric) => numeric | helios_num_ln($1)
  log(numeric) => numeric | helios_num_log10($1)
  log10(numeric) => numeric | helios_num_log10($1)
  log(numeric, numeric) => numeric | helios_num_log($1, $2)
  power(numeric, numeric) => numeric | helios_num_power($1, $2)
  pow(numeric, numeric) => numeric | helios_num_power($1, $2)
  scale(numeric) => int4 | helios_num_scale($1)
  min_scale(numeric) => int4 | helios_num_min_scale($1)
  trim_scale(numeric) => numeric | helios_num_trim_scale($1)
  width_bucket(numeric, numeric, numeric, int4) => int4 | helios_num_width_bucket($1, $2, $3, $4)
  factorial(int8) => numeric | helios_factorial($1)
  gcd(int4, int4) => int4 | helios_int4_gcd($1, $2)
  gcd(int8, int8) => int8 | helios_int8_gcd($1, $2)
  lcm(int4, int4) => int4 | helios_int4_lcm($1, $2)
  lcm(int8, int8) => int8 | helios_int8_lcm($1, $2)
`;

const FLOAT = `
  - float8 => float8 | helios_float8_neg($1)
  + float8 => float8 ! | $1
  @ float8 => float8 | helios_float8_abs($1)
  - float4 => float4 | helios_float8_neg($1)
  + float4 => float4 ! | $1
  @ float4 => float4 | helios_float8_abs($1)
  float8 ^ float8 => float8 | helios_float8_power($1, $2)
  |/ float8 => float8 | helios_float8_sqrt($1)
  ||/ float8 => float8 | helios_float8_cbrt($1)
  abs(float8) => float8 | helios_float8_abs($1)
  abs(float4) => float4 | helios_float8_abs($1)
  round(float8) => float8 | helios_float8_round($1)
  trunc(float8) => float8 | helios_float8_trunc($1)
  ceil(float8) => float8 | helios_float8_ceil($1)
  ceiling(float8) => float8 | helios_float8_ceil($1)
  floor(float8) => float8 | helios_float8_floor($1)
  sign(float8) => float8 | helios_float8_sign($1)
  sqrt(float8) => float8 | helios_float8_sqrt($1)
  cbrt(float8) => float8 | helios_float8_cbrt($1)
  exp(float8) => float8 | helios_float8_exp($1)
  ln(float8) => float8 | helios_float8_ln($1)
  log(float8) => float8 | helios_float8_log10($1)
  log10(float8) => float8 | helios_float8_log10($1)
  power(float8, float8) => float8 | helios_float8_power($1, $2)
  pow(float8, float8) => float8 | helios_float8_power($1, $2)
  pi() => float8 | helios_pi()
  degrees(float8) => float8 | helios_float8_degrees($1)
  radians(float8) => float8 | helios_float8_radians($1)
  sin(float8) => float8 | helios_float8_sin($1)
  cos(float8) => float8 | helios_float8_cos($1)
  tan(float8) => float8 | helios_float8_tan($1)
  asin(float8) => float8 | helios_float8_asin($1)
  acos(float8) => float8 | helios_float8_acos($1)
  atan(float8) => float8 | helios_float8_atan($1)
  atan2(float8, float8) => float8 | helios_float8_atan2($1, $2)
  random() => float8 volatile | helios_random()
  setseed(float8) => void volatile | helios_setseed($1)
  width_bucket(float8, float8, float8, int4) => int4 | helios_float8_width_bucket($1, $2, $3, $4)
`;

/** Operators and functions over numbers and booleans. */
export const NUMBER_SIGNATURES = readSignatures(
  [COMPARISONS, integerArithmetic(), sameTypeIntegers(), NUMERIC, floatArithmetic(), FLOAT].join(
    '\n',
  ),
);
