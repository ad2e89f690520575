/**
 * Dates, times, timestamps and intervals as SQL functions: casts, arithmetic, parts, ages, and the clock.
 */
import type { Clock } from '../../clock.ts';
import { EdgeError } from '../../errors.ts';
import {
  checkTimestamp,
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  DAY_MICROS,
  daysFromCivil,
  daysInMonth,
  isInfiniteDate,
  isInfiniteTimestamp,
  splitTimestamp,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
  UNIX_EPOCH_MICROS,
} from '../../types/calendar.ts';
import * as arithmetic from '../../types/datetime-arithmetic.ts';
import * as fields from '../../types/datetime-fields.ts';
import { formatTimestamptz } from '../../types/datetime-output.ts';
import * as interval from '../../types/interval.ts';
import { roundHalfEven } from '../../types/interval.ts';
import type { Numeric } from '../../types/numeric.ts';
import { formatNumeric } from '../../types/numeric.ts';
import { numericToNumber } from '../../types/numeric-functions.ts';
import type { SessionValues } from '../../types/session-values.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { offsetForZoneName, toLocal, toUtc } from '../../types/time-zone.ts';
import {
  bytesAt,
  integerAt,
  invalidParameter,
  real,
  realAt,
  scalar,
  smallAt,
  strict,
  textAt,
  volatile,
} from './define.ts';

function intervalAt(args: readonly SqlValue[], index: number): interval.Interval {
  return interval.intervalFromBytes(bytesAt(args, index));
}

function stored(value: interval.Interval): SqlValue {
  return interval.intervalToBytes(value);
}

function localOf(micros: bigint, session: SessionValues): bigint {
  return isInfiniteTimestamp(micros) ? micros : toLocal(session.timeZone, micros);
}

function utcOf(micros: bigint, zone: string): bigint {
  return isInfiniteTimestamp(micros) ? micros : checkTimestamp(toUtc(zone, micros));
}

function dateOf(micros: bigint): bigint {
  if (micros === TIMESTAMP_INFINITY) return DATE_INFINITY;
  if (micros === TIMESTAMP_MINUS_INFINITY) return DATE_MINUS_INFINITY;
  return BigInt(splitTimestamp(micros).days);
}

function timeOf(micros: bigint): SqlValue {
  return isInfiniteTimestamp(micros) ? null : BigInt(splitTimestamp(micros).micros);
}

/** A date as a timestamp to compare with: beyond timestamp's range it is just larger than all, no error. */
function dateKey(date: bigint): bigint {
  if (isInfiniteDate(date)) return date > 0n ? TIMESTAMP_INFINITY : TIMESTAMP_MINUS_INFINITY;
  const micros = date * DAY_MICROS;
  return micros >= TIMESTAMP_INFINITY ? TIMESTAMP_INFINITY - 1n : micros;
}

const KEY_BIAS = 1n << 100n;

/** 16 bytes that sort as the intervals do. */
function intervalKey(value: interval.Interval): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  const biased = interval.intervalSpan(value) + KEY_BIAS;
  view.setBigUint64(0, biased >> 64n);
  view.setBigUint64(8, BigInt.asUintN(64, biased));
  return bytes;
}

const CASTS: readonly ScalarFunction[] = [
  strict('cast_date_timestamp', 1, (args) => arithmetic.dateToTimestamp(integerAt(args, 0))),
  strict('cast_date_timestamptz', 1, (args, session) =>
    utcOf(arithmetic.dateToTimestamp(integerAt(args, 0)), session.timeZone),
  ),
  strict('date_to_timestamp_key', 1, (args) => dateKey(integerAt(args, 0))),
  strict('date_to_timestamptz_key', 1, (args, session) => {
    const key = dateKey(integerAt(args, 0));
    if (isInfiniteTimestamp(key)) return key;
    const instant = toUtc(session.timeZone, key);
    return instant >= TIMESTAMP_INFINITY ? TIMESTAMP_INFINITY - 1n : instant;
  }),
  strict('cast_timestamp_timestamptz', 1, (args, session) =>
    utcOf(integerAt(args, 0), session.timeZone),
  ),
  strict('cast_timestamptz_timestamp', 1, (args, session) => localOf(integerAt(args, 0), session)),
  strict('cast_timestamp_date', 1, (args) => dateOf(integerAt(args, 0))),
  strict('cast_timestamptz_date', 1, (args, session) =>
    dateOf(localOf(integerAt(args, 0), session)),
  ),
  strict('cast_timestamp_time', 1, (args) => timeOf(integerAt(args, 0))),
  strict('cast_timestamptz_time', 1, (args, session) =>
    timeOf(localOf(integerAt(args, 0), session)),
  ),
  strict('cast_time_interval', 1, (args) =>
    stored({ months: 0, days: 0, micros: integerAt(args, 0) }),
  ),
  strict('cast_interval_time', 1, (args) => arithmetic.addToTime(0n, intervalAt(args, 0).micros)),
];

const SUMS: readonly ScalarFunction[] = [
  strict('date_pli', 2, (args) => arithmetic.addDays(integerAt(args, 0), integerAt(args, 1))),
  strict('date_mii', 2, (args) => arithmetic.addDays(integerAt(args, 0), -integerAt(args, 1))),
  strict('date_mi', 2, (args) => arithmetic.dateDifference(integerAt(args, 0), integerAt(args, 1))),
  strict('datetime_pl', 2, (args) => {
    const start = arithmetic.dateToTimestamp(integerAt(args, 0));
    return isInfiniteTimestamp(start) ? start : checkTimestamp(start + integerAt(args, 1));
  }),
  strict('time_mi', 2, (args) =>
    stored({ months: 0, days: 0, micros: integerAt(args, 0) - integerAt(args, 1) }),
  ),
  strict('time_pl_interval', 2, (args) =>
    arithmetic.addToTime(integerAt(args, 0), intervalAt(args, 1).micros),
  ),
  strict('time_mi_interval', 2, (args) =>
    arithmetic.addToTime(integerAt(args, 0), -intervalAt(args, 1).micros),
  ),
  strict('timestamp_pl_interval', 2, (args) =>
    arithmetic.addToTimestamp(integerAt(args, 0), intervalAt(args, 1)),
  ),
  strict('timestamp_mi_interval', 2, (args) =>
    arithmetic.addToTimestamp(integerAt(args, 0), interval.negateInterval(intervalAt(args, 1))),
  ),
  strict('timestamptz_pl_interval', 2, (args, session) =>
    arithmetic.addToTimestamptz(integerAt(args, 0), intervalAt(args, 1), session.timeZone),
  ),
  strict('timestamptz_mi_interval', 2, (args, session) =>
    arithmetic.addToTimestamptz(
      integerAt(args, 0),
      interval.negateInterval(intervalAt(args, 1)),
      session.timeZone,
    ),
  ),
  strict('timestamp_mi', 2, (args) =>
    stored(arithmetic.timestampDifference(integerAt(args, 0), integerAt(args, 1))),
  ),
  strict('interval_pl', 2, (args) =>
    stored(interval.addInterval(intervalAt(args, 0), intervalAt(args, 1))),
  ),
  strict('interval_mi', 2, (args) =>
    stored(interval.addInterval(intervalAt(args, 0), interval.negateInterval(intervalAt(args, 1)))),
  ),
  strict('interval_neg', 1, (args) => stored(interval.negateInterval(intervalAt(args, 0)))),
  strict('interval_mul', 2, (args) =>
    stored(interval.multiplyInterval(intervalAt(args, 0), realAt(args, 1))),
  ),
  strict('interval_div', 2, (args) =>
    stored(interval.divideInterval(intervalAt(args, 0), realAt(args, 1))),
  ),
  strict('interval_key', 1, (args) => intervalKey(intervalAt(args, 0))),
  strict('justify_days', 1, (args) => stored(interval.justifyDays(intervalAt(args, 0)))),
  strict('justify_hours', 1, (args) => stored(interval.justifyHours(intervalAt(args, 0)))),
  strict('justify_interval', 1, (args) => stored(interval.justifyInterval(intervalAt(args, 0)))),
];

type Extract = (args: readonly SqlValue[], session: SessionValues) => Numeric | null;

/** extract_<type> gives the numeric, date_part_<type> the same as a float8. */
function parts(type: string, extract: Extract, part: Extract = extract): readonly ScalarFunction[] {
  return [
    strict(`extract_${type}`, 2, (args, session) => {
      const value = extract(args, session);
      return value === null ? null : formatNumeric(value);
    }),
    strict(`date_part_${type}`, 2, (args, session) => {
      const value = part(args, session);
      return value === null ? null : real(numericToNumber(value));
    }),
  ];
}

const PARTS: readonly ScalarFunction[] = [
  ...parts(
    'date',
    (args) => fields.extractDate(textAt(args, 0), integerAt(args, 1)),
    (args) =>
      fields.extractTimestamp(textAt(args, 0), arithmetic.dateToTimestamp(integerAt(args, 1))),
  ),
  ...parts('time', (args) => fields.extractTime(textAt(args, 0), integerAt(args, 1))),
  ...parts('timestamp', (args) => fields.extractTimestamp(textAt(args, 0), integerAt(args, 1))),
  ...parts('timestamptz', (args, session) =>
    fields.extractTimestamptz(textAt(args, 0), integerAt(args, 1), session.timeZone),
  ),
  ...parts('interval', (args) => fields.extractInterval(textAt(args, 0), intervalAt(args, 1))),
  strict('date_trunc_timestamp', 2, (args) =>
    fields.truncateTimestamp(textAt(args, 0), integerAt(args, 1)),
  ),
  strict('date_trunc_timestamptz', -1, (args, session) =>
    fields.truncateTimestamptz(
      textAt(args, 0),
      integerAt(args, 1),
      args.length > 2 ? textAt(args, 2) : session.timeZone,
    ),
  ),
  strict('date_trunc_interval', 2, (args) =>
    stored(fields.truncateInterval(textAt(args, 0), intervalAt(args, 1))),
  ),
  strict('date_bin', 3, (args) =>
    dateBin(intervalAt(args, 0), integerAt(args, 1), integerAt(args, 2)),
  ),
  strict('age', 2, (args) => stored(arithmetic.ageOf(integerAt(args, 0), integerAt(args, 1)))),
  strict('age_tz', 2, (args, session) =>
    stored(
      arithmetic.ageOf(localOf(integerAt(args, 0), session), localOf(integerAt(args, 1), session)),
    ),
  ),
  strict('age_today', 1, (args, session) =>
    stored(arithmetic.ageOf(today(session), integerAt(args, 0))),
  ),
  strict('age_today_tz', 1, (args, session) =>
    stored(arithmetic.ageOf(today(session), localOf(integerAt(args, 0), session))),
  ),
];

/** Midnight of the local day. */
function today(session: SessionValues): bigint {
  return (
    BigInt(splitTimestamp(toLocal(session.timeZone, session.transactionTimestamp)).days) *
    DAY_MICROS
  );
}

function dateBin(stride: interval.Interval, source: bigint, origin: bigint): bigint {
  if (isInfiniteTimestamp(source)) return source;
  if (isInfiniteTimestamp(origin))
    throw new EdgeError('datetime_field_overflow', 'origin out of range');
  if (stride.months !== 0) {
    throw new EdgeError(
      'feature_not_supported',
      'timestamps cannot be binned into intervals containing months or years',
    );
  }
  const step = interval.intervalSpan(stride);
  if (step <= 0n)
    throw new EdgeError('datetime_field_overflow', 'stride must be greater than zero');
  const difference = source - origin;
  const rest = difference % step;
  return source - (rest < 0n ? rest + step : rest);
}

function zoneSeconds(zone: SqlValue, micros: bigint, isLocal: boolean): bigint {
  if (!(zone instanceof Uint8Array))
    return BigInt(offsetForZoneName(String(zone), micros, isLocal));
  const offset = interval.intervalFromBytes(zone);
  if (offset.months !== 0 || offset.days !== 0) {
    throw invalidParameter(
      `interval time zone "${interval.formatInterval(offset)}" must not include months or days`,
    );
  }
  return offset.micros / 1_000_000n;
}

const ZONES: readonly ScalarFunction[] = [
  strict('timezone_to_local', 2, (args) => {
    const micros = integerAt(args, 1);
    if (isInfiniteTimestamp(micros)) return micros;
    return checkTimestamp(micros + zoneSeconds(args[0] ?? null, micros, false) * 1_000_000n);
  }),
  strict('timezone_to_utc', 2, (args) => {
    const micros = integerAt(args, 1);
    if (isInfiniteTimestamp(micros)) return micros;
    return checkTimestamp(micros - zoneSeconds(args[0] ?? null, micros, true) * 1_000_000n);
  }),
];

function padTwo(value: number): string {
  return String(value).padStart(2, '0');
}

function makeDate(year: number, month: number, day: number): bigint {
  const civil = year < 0 ? year + 1 : year;
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(civil, month)) {
    throw new EdgeError(
      'datetime_field_overflow',
      `date field value out of range: ${year}-${padTwo(month)}-${padTwo(day)}`,
    );
  }
  return BigInt(daysFromCivil(civil, month, day));
}

function makeTime(hour: number, minute: number, seconds: number): bigint {
  const micros = Math.round(seconds * 1_000_000);
  const total = (hour * 60 + minute) * 60_000_000 + micros;
  if (
    hour < 0 ||
    minute < 0 ||
    minute > 59 ||
    !(seconds >= 0 && seconds <= 60) ||
    total > 86_400_000_000
  ) {
    const shown = seconds < 10 ? `0${seconds}` : String(seconds);
    throw new EdgeError(
      'datetime_field_overflow',
      `time field value out of range: ${hour}:${padTwo(minute)}:${shown}`,
    );
  }
  return BigInt(total);
}

function makeTimestamp(args: readonly SqlValue[]): bigint {
  const date = makeDate(smallAt(args, 0), smallAt(args, 1), smallAt(args, 2));
  return checkTimestamp(
    date * DAY_MICROS + makeTime(smallAt(args, 3), smallAt(args, 4), realAt(args, 5)),
  );
}

function makeInterval(args: readonly SqlValue[]): SqlValue {
  const at = (index: number): number => (index < args.length ? smallAt(args, index) : 0);
  const seconds = args.length > 6 ? realAt(args, 6) : 0;
  const micros =
    BigInt(at(4) * 3600 + at(5) * 60) * 1_000_000n + BigInt(roundHalfEven(seconds * 1_000_000));
  return stored(interval.checkedInterval(at(0) * 12 + at(1), at(2) * 7 + at(3), micros));
}

const MAKERS: readonly ScalarFunction[] = [
  strict('make_date', 3, (args) => makeDate(smallAt(args, 0), smallAt(args, 1), smallAt(args, 2))),
  strict('make_time', 3, (args) => makeTime(smallAt(args, 0), smallAt(args, 1), realAt(args, 2))),
  strict('make_timestamp', 6, makeTimestamp),
  strict('make_timestamptz', -1, (args, session) =>
    utcOf(makeTimestamp(args), args.length > 6 ? textAt(args, 6) : session.timeZone),
  ),
  strict('make_interval', -1, makeInterval),
  strict('epoch_to_timestamptz', 1, (args) => {
    const seconds = realAt(args, 0);
    if (Number.isNaN(seconds))
      throw new EdgeError('datetime_field_overflow', 'timestamp cannot be NaN');
    if (!Number.isFinite(seconds))
      return seconds > 0 ? TIMESTAMP_INFINITY : TIMESTAMP_MINUS_INFINITY;
    const micros = roundHalfEven((seconds - 946_684_800) * 1_000_000);
    if (Math.abs(micros) > 9.2e18) {
      throw new EdgeError('datetime_field_overflow', `timestamp out of range: "${seconds}"`);
    }
    return checkTimestamp(BigInt(micros));
  }),
];

/** The clock's functions: now() is the transaction's, clock_timestamp() the moment's. */
function clockFunctions(clock: Clock): readonly ScalarFunction[] {
  const current = (): bigint => clock.wallMicros() - UNIX_EPOCH_MICROS;
  return [
    scalar('now', 0, (_args, session) => session.transactionTimestamp),
    scalar('statement_timestamp', 0, (_args, session) => session.statementTimestamp),
    volatile('clock_timestamp', 0, current),
    volatile('timeofday', 0, (_args, session) => formatTimestamptz(current(), session.timeZone)),
  ];
}

/** Functions over dates, times, timestamps and intervals. */
export function timeFunctions(clock: Clock): readonly ScalarFunction[] {
  return [...CASTS, ...SUMS, ...PARTS, ...ZONES, ...MAKERS, ...clockFunctions(clock)];
}
