/**
 * Aggregates and window functions. Native ones only where SQLite's answer is PostgreSQL's: count, min, max,
 * integer sums. A sum of int8 is numeric in PostgreSQL and cannot overflow, so it is put together from two
 * native sums of the high and the low half; exact, and no call out per row.
 *
 * `@` stands where FILTER (WHERE ...) and OVER (...) go, `$D` where DISTINCT goes, `$O` where an inner ORDER BY
 * goes. SQLite allows DISTINCT only with one argument: the `distinct` templates below keep to that.
 */
import type { Signature } from './signature.ts';
import { readSignatures } from './signature.ts';

const NATIVE_ORDER = [
  'int2',
  'int4',
  'int8',
  'oid',
  'text',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'float4',
  'float8',
];

const MIN_MAX = NATIVE_ORDER.flatMap((type) => [
  `min(${type}) => ${type} ! | min($D$1)@`,
  `max(${type}) => ${type} ! | max($D$1)@`,
]).join('\n');

const AGGREGATES = `
  min(bpchar) => bpchar ! | min($D$1 COLLATE RTRIM)@
  max(bpchar) => bpchar ! | max($D$1 COLLATE RTRIM)@
  min(numeric) => numeric ! | min($D$1 COLLATE helios_numeric)@
  max(numeric) => numeric ! | max($D$1 COLLATE helios_numeric)@
  min(anyarray) => anyarray ! | min($D$1 COLLATE $c1)@
  max(anyarray) => anyarray ! | max($D$1 COLLATE $c1)@
  min(interval) => interval ! | helios_interval_min($D$1)@
  max(interval) => interval ! | helios_interval_max($D$1)@
  count(any) => int8 ! | count($D$1)@
  count() => int8 ! | count(*)@
  sum(int2) => int8 ! | sum($D$1)@
  sum(int4) => int8 ! | sum($D$1)@
  sum(int8) => numeric ! | helios_total(sum($1 >> 32)@, sum($1 & 4294967295)@, 0)
  sum(numeric) => numeric | helios_num_sum($D$1)@
  sum(float8) => float8 | helios_float8_sum($D$1)@
  sum(float4) => float4 | helios_float4_sum($D$1)@
  sum(interval) => interval | helios_interval_sum($D$1)@
  avg(int2) => numeric ! | helios_mean(sum($1)@, 0, count($1)@, 0)
  avg(int4) => numeric ! | helios_mean(sum($1)@, 0, count($1)@, 0)
  avg(int8) => numeric ! | helios_mean(sum($1 & 4294967295)@, sum($1 >> 32)@, count($1)@, 0)
  avg(numeric) => numeric | helios_num_avg($D$1)@
  avg(float8) => float8 | helios_float8_avg($D$1)@
  avg(float4) => float8 | helios_float8_avg($D$1)@
  avg(interval) => interval | helios_interval_avg($D$1)@
  bool_and(bool) => bool ! | min($D$1)@
  bool_or(bool) => bool ! | max($D$1)@
  every(bool) => bool ! | min($D$1)@
  bit_and(int4) => int4 | helios_bit_and($D$1)@
  bit_or(int4) => int4 | helios_bit_or($D$1)@
  bit_and(int8) => int8 | helios_bit_and($D$1)@
  bit_or(int8) => int8 | helios_bit_or($D$1)@
  string_agg(text, text) => text nonstrict | helios_string_agg($1, $2$O)@
  array_agg(anynonarray) => anyarray nonstrict | helios_array_agg($D$1$O)@
  json_agg(anyelement) => json stable nonstrict | helios_json_agg($t1, $1$O)@
  jsonb_agg(anyelement) => jsonb stable nonstrict | helios_jsonb_agg($t1, $1$O)@
  json_object_agg(any, any) => json stable nonstrict | helios_json_object_agg($p*$O)@
  jsonb_object_agg(any, any) => jsonb stable nonstrict | helios_jsonb_object_agg($p*$O)@
`;

/** stddev, variance and their kin, for integers and numerics (exact) and floats. */
const STATISTICS = ['stddev', 'stddev_samp', 'stddev_pop', 'variance', 'var_samp', 'var_pop']
  .flatMap((name) => [
    ...['int2', 'int4', 'int8'].map(
      (type) => `${name}(${type}) => numeric | helios_num_${name}(CAST($1 AS TEXT))@`,
    ),
    `${name}(numeric) => numeric | helios_num_${name}($1)@`,
    `${name}(float8) => float8 | helios_float8_${name}($1)@`,
    `${name}(float4) => float8 | helios_float8_${name}($1)@`,
  ])
  .join('\n');

const WINDOW = `
  row_number() => int8 ! | row_number()@
  rank() => int8 ! | rank()@
  dense_rank() => int8 ! | dense_rank()@
  percent_rank() => float8 ! | percent_rank()@
  cume_dist() => float8 ! | cume_dist()@
  ntile(int4) => int4 | ntile($1)@
  lag(anyelement) => anyelement ! | lag($1)@
  lag(anyelement, int4) => anyelement | lag($1, $2)@
  lag(anyelement, int4, anyelement) => anyelement nonstrict | lag($1, $2, $3)@
  lead(anyelement) => anyelement ! | lead($1)@
  lead(anyelement, int4) => anyelement | lead($1, $2)@
  lead(anyelement, int4, anyelement) => anyelement nonstrict | lead($1, $2, $3)@
  first_value(anyelement) => anyelement ! | first_value($1)@
  last_value(anyelement) => anyelement ! | last_value($1)@
  nth_value(anyelement, int4) => anyelement | nth_value($1, $2)@
`;

/** Templates for `aggregate(DISTINCT x)` where the usual one has no `$D`. The key is name(argument types). */
const DISTINCT_TABLE = `
  sum(int8) => numeric | helios_num_sum(DISTINCT CAST($1 AS TEXT))@
  avg(int2) => numeric | helios_num_avg(DISTINCT CAST($1 AS TEXT))@
  avg(int4) => numeric | helios_num_avg(DISTINCT CAST($1 AS TEXT))@
  avg(int8) => numeric | helios_num_avg(DISTINCT CAST($1 AS TEXT))@
  string_agg(text, text) => text nonstrict | helios_array_join(helios_array_agg_strict(DISTINCT $1$O)@, $2)
`;

/** Aggregates, by PostgreSQL's names. */
export const AGGREGATE_SIGNATURES = readSignatures(
  [MIN_MAX, AGGREGATES, STATISTICS].join('\n'),
  'aggregate',
);

/** Window functions that are no aggregates. */
export const WINDOW_SIGNATURES = readSignatures(WINDOW, 'window');

const DISTINCT_TEMPLATES: ReadonlyMap<string, string> = new Map(
  readSignatures(DISTINCT_TABLE, 'aggregate').map((row) => [
    `${row.name}(${row.args.join()})`,
    row.helios,
  ]),
);

/** The template for this aggregate with DISTINCT, or null where SQLite cannot (refuse with 0A000). */
export function distinctTemplate(signature: Signature): string | null {
  if (signature.helios.includes('$D')) return signature.helios;
  return DISTINCT_TEMPLATES.get(`${signature.name}(${signature.args.join()})`) ?? null;
}
