/**
 * Dates, times, timestamps and intervals: what the analyser resolves against. Dates are days and timestamps
 * microseconds since 2000-01-01, both INTEGER, so comparisons are SQLite's and use indexes; an interval is
 * PostgreSQL's 16-byte form and compares by `helios_interval_key`.
 */
import { comparisons, readSignatures } from './signature.ts';

const COMPARISONS = [
  ...['date', 'time', 'timestamp', 'timestamptz'].map((type) =>
    comparisons(type, type, '($1 % $2)', '!'),
  ),
  comparisons('date', 'timestamp', '(helios_date_to_timestamp_key($1) % $2)', '!'),
  comparisons('timestamp', 'date', '($1 % helios_date_to_timestamp_key($2))', '!'),
  comparisons('date', 'timestamptz', '(helios_date_to_timestamptz_key($1) % $2)', '! stable'),
  comparisons('timestamptz', 'date', '($1 % helios_date_to_timestamptz_key($2))', '! stable'),
  comparisons('timestamp', 'timestamptz', '(helios_cast_timestamp_timestamptz($1) % $2)', 'stable'),
  comparisons('timestamptz', 'timestamp', '($1 % helios_cast_timestamp_timestamptz($2))', 'stable'),
  comparisons('interval', 'interval', '(helios_interval_key($1) % helios_interval_key($2))', '!'),
].join('\n');

const OPERATORS = `
  date + int4 => date | helios_date_pli($1, $2)
  int4 + date => date | helios_date_pli($2, $1)
  date - int4 => date | helios_date_mii($1, $2)
  date - date => int4 | helios_date_mi($1, $2)
  date + interval => timestamp | helios_timestamp_pl_interval(helios_cast_date_timestamp($1), $2)
  interval + date => timestamp | helios_timestamp_pl_interval(helios_cast_date_timestamp($2), $1)
  date - interval => timestamp | helios_timestamp_mi_interval(helios_cast_date_timestamp($1), $2)
  date + time => timestamp | helios_datetime_pl($1, $2)
  time + date => timestamp | helios_datetime_pl($2, $1)
  time - time => interval | helios_time_mi($1, $2)
  time + interval => time | helios_time_pl_interval($1, $2)
  interval + time => time | helios_time_pl_interval($2, $1)
  time - interval => time | helios_time_mi_interval($1, $2)
  timestamp + interval => timestamp | helios_timestamp_pl_interval($1, $2)
  interval + timestamp => timestamp | helios_timestamp_pl_interval($2, $1)
  timestamp - interval => timestamp | helios_timestamp_mi_interval($1, $2)
  timestamp - timestamp => interval | helios_timestamp_mi($1, $2)
  timestamptz + interval => timestamptz stable | helios_timestamptz_pl_interval($1, $2)
  interval + timestamptz => timestamptz stable | helios_timestamptz_pl_interval($2, $1)
  timestamptz - interval => timestamptz stable | helios_timestamptz_mi_interval($1, $2)
  timestamptz - timestamptz => interval | helios_timestamp_mi($1, $2)
  interval + interval => interval | helios_interval_pl($1, $2)
  interval - interval => interval | helios_interval_mi($1, $2)
  - interval => interval | helios_interval_neg($1)
  interval * float8 => interval | helios_interval_mul($1, $2)
  float8 * interval => interval | helios_interval_mul($2, $1)
  interval / float8 => interval | helios_interval_div($1, $2)
`;

const FUNCTIONS = `
  now() => timestamptz stable | helios_now()
  transaction_timestamp() => timestamptz stable | helios_now()
  statement_timestamp() => timestamptz stable | helios_statement_timestamp()
  clock_timestamp() => timestamptz volatile | helios_clock_timestamp()
  timeofday() => text volatile | helios_timeofday()
  date_trunc(text, timestamp) => timestamp | helios_date_trunc_timestamp($1, $2)
  date_trunc(text, timestamptz) => timestamptz stable | helios_date_trunc_timestamptz($1, $2)
  date_trunc(text, timestamptz, text) => timestamptz stable | helios_date_trunc_timestamptz($1, $2, $3)
  date_trunc(text, interval) => interval | helios_date_trunc_interval($1, $2)
  date_bin(interval, timestamp, timestamp) => timestamp | helios_date_bin($1, $2, $3)
  date_bin(interval, timestamptz, timestamptz) => timestamptz | helios_date_bin($1, $2, $3)
  date_part(text, date) => float8 | helios_date_part_date($1, $2)
  date_part(text, time) => float8 | helios_date_part_time($1, $2)
  date_part(text, timestamp) => float8 | helios_date_part_timestamp($1, $2)
  date_part(text, timestamptz) => float8 stable | helios_date_part_timestamptz($1, $2)
  date_part(text, interval) => float8 | helios_date_part_interval($1, $2)
  extract(text, date) => numeric | helios_extract_date($1, $2)
  extract(text, time) => numeric | helios_extract_time($1, $2)
  extract(text, timestamp) => numeric | helios_extract_timestamp($1, $2)
  extract(text, timestamptz) => numeric stable | helios_extract_timestamptz($1, $2)
  extract(text, interval) => numeric | helios_extract_interval($1, $2)
  age(timestamp, timestamp) => interval | helios_age($1, $2)
  age(timestamptz, timestamptz) => interval stable | helios_age_tz($1, $2)
  age(timestamp) => interval stable | helios_age_today($1)
  age(timestamptz) => interval stable | helios_age_today_tz($1)
  timezone(text, timestamptz) => timestamp | helios_timezone_to_local($1, $2)
  timezone(text, timestamp) => timestamptz | helios_timezone_to_utc($1, $2)
  timezone(interval, timestamptz) => timestamp | helios_timezone_to_local($1, $2)
  timezone(interval, timestamp) => timestamptz | helios_timezone_to_utc($1, $2)
  make_date(int4, int4, int4) => date | helios_make_date($1, $2, $3)
  make_time(int4, int4, float8) => time | helios_make_time($1, $2, $3)
  make_timestamp(int4, int4, int4, int4, int4, float8) => timestamp | helios_make_timestamp($*)
  make_timestamptz(int4, int4, int4, int4, int4, float8) => timestamptz stable | helios_make_timestamptz($*)
  make_timestamptz(int4, int4, int4, int4, int4, float8, text) => timestamptz stable | helios_make_timestamptz($*)
  make_interval(int4) => interval | helios_make_interval($*)
  make_interval(int4, int4) => interval | helios_make_interval($*)
  make_interval(int4, int4, int4) => interval | helios_make_interval($*)
  make_interval(int4, int4, int4, int4) => interval | helios_make_interval($*)
  make_interval(int4, int4, int4, int4, int4) => interval | helios_make_interval($*)
  make_interval(int4, int4, int4, int4, int4, int4) => interval | helios_make_interval($*)
  make_interval(int4, int4, int4, int4, int4, int4, float8) => interval | helios_make_interval($*)
  justify_days(interval) => interval | helios_justify_days($1)
  justify_hours(interval) => interval | helios_justify_hours($1)
  justify_interval(interval) => interval | helios_justify_interval($1)
  isfinite(date) => bool ! | ($1 NOT IN (2147483647, -2147483648))
  isfinite(timestamp) => bool ! | ($1 NOT IN (9223372036854775807, -9223372036854775808))
  isfinite(timestamptz) => bool ! | ($1 NOT IN (9223372036854775807, -9223372036854775808))
  isfinite(interval) => bool ! | ($1 = $1)
  to_char(timestamp, text) => text stable | helios_timestamp_to_char($1, $2)
  to_char(timestamptz, text) => text stable | helios_timestamptz_to_char($1, $2)
  to_char(interval, text) => text stable | helios_interval_to_char($1, $2)
  to_date(text, text) => date stable | helios_to_date($1, $2)
  to_timestamp(text, text) => timestamptz stable | helios_to_timestamp($1, $2)
  to_timestamp(float8) => timestamptz | helios_epoch_to_timestamptz($1)
`;

/** Operators and functions over dates, times, timestamps and intervals. */
export const TIME_SIGNATURES = readSignatures([COMPARISONS, OPERATORS, FUNCTIONS].join('\n'));
