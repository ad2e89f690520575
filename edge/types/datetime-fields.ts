/**
 * Parts of dates and intervals: date_trunc, extract and date_part, with PostgreSQL's unit names and errors. extract
 * gives numerics (scale 6 for seconds and epochs, 3 for milliseconds).
 */
import { EdgeError } from '../errors.ts';
import type { CivilTime } from './calendar.ts';
import {
  civilFromDays,
  civilFromTimestamp,
  DAY_MICROS,
  dayOfWeek,
  daysFromCivil,
  daysFromIsoWeek,
  isInfiniteDate,
  isInfiniteTimestamp,
  isoWeek,
  JULIAN_OF_EPOCH,
  splitTimestamp,
  timestampFromCivil,
  UNIX_EPOCH_DAYS,
  UNIX_EPOCH_MICROS,
} from './calendar.ts';
import type { Interval } from './interval.ts';
import type { Numeric } from './numeric.ts';
import {
  addNumeric,
  divideNumeric,
  NUMERIC_INFINITY,
  NUMERIC_MINUS_INFINITY,
  numericOf,
} from './numeric.ts';
import { toLocal, toUtc, zoneOffsetAt } from './time-zone.ts';

export type Unit =
  | 'microseconds'
  | 'milliseconds'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  | 'decade'
  | 'century'
  | 'millennium'
  | 'epoch'
  | 'dow'
  | 'isodow'
  | 'doy'
  | 'isoyear'
  | 'julian'
  | 'timezone'
  | 'timezone_hour'
  | 'timezone_minute';

const NAMES: Readonly<Record<Unit, string>> = {
  microseconds: 'us usec usecs usecond useconds microsecond microseconds microsecon',
  milliseconds: 'ms msec msecs msecond mseconds millisecond milliseconds millisecon',
  second: 's sec secs second seconds',
  minute: 'm min mins minute minutes',
  hour: 'h hr hrs hour hours',
  day: 'd day days',
  week: 'w week weeks',
  month: 'mon mons month months',
  quarter: 'qtr quarter',
  year: 'y yr yrs year years',
  decade: 'dec decs decade decades',
  century: 'c cent century centuries',
  millennium: 'mil mils millennia millennium',
  epoch: 'epoch',
  dow: 'dow',
  isodow: 'isodow',
  doy: 'doy',
  isoyear: 'isoyear',
  julian: 'j jd julian',
  timezone: 'timezone',
  timezone_hour: 'timezone_h timezone_hour',
  timezone_minute: 'timezone_m timezone_minute',
};

const UNITS: ReadonlyMap<string, Unit> = new Map(
  Object.entries(NAMES).flatMap(([unit, names]) =>
    names.split(' ').map((name) => [name, unit as Unit] as const),
  ),
);

/** Words that extract knows and date_trunc does not even recognise. */
const EXTRACT_ONLY: ReadonlySet<Unit> = new Set<Unit>([
  'epoch',
  'dow',
  'isodow',
  'doy',
  'isoyear',
  'julian',
]);

function findUnit(text: string, typeName: string, forTruncation = false): Unit {
  const unit = UNITS.get(text.toLowerCase());
  if (unit === undefined || (forTruncation && EXTRACT_ONLY.has(unit))) {
    throw new EdgeError(
      'invalid_parameter_value',
      `unit "${text.toLowerCase()}" not recognized for type ${typeName}`,
    );
  }
  return unit;
}

function unsupported(text: string, typeName: string): EdgeError {
  return new EdgeError(
    'feature_not_supported',
    `unit "${text.toLowerCase()}" not supported for type ${typeName}`,
  );
}

function whole(value: number | bigint): Numeric {
  return numericOf(BigInt(value), 0);
}

function decadeOf(year: number): number {
  return year > 0 ? Math.trunc(year / 10) : -Math.trunc((8 - (year - 1)) / 10);
}

function centuryOf(year: number, length: 100 | 1000): number {
  return year > 0
    ? Math.trunc((year + length - 1) / length)
    : -Math.trunc((length - 1 - (year - 1)) / length);
}

function yearsPart(unit: Unit, days: number, year: number): Numeric | null {
  switch (unit) {
    case 'year':
      return whole(year > 0 ? year : year - 1);
    case 'decade':
      return whole(decadeOf(year));
    case 'century':
      return whole(centuryOf(year, 100));
    case 'millennium':
      return whole(centuryOf(year, 1000));
    case 'isoyear': {
      const iso = isoWeek(days).year;
      return whole(iso > 0 ? iso : iso - 1);
    }
    default:
      return null;
  }
}

function datePart(unit: Unit, days: number): Numeric | null {
  const { year, month, day } = civilFromDays(days);
  switch (unit) {
    case 'day':
      return whole(day);
    case 'month':
      return whole(month);
    case 'quarter':
      return whole(Math.trunc((month - 1) / 3) + 1);
    case 'week':
      return whole(isoWeek(days).week);
    case 'dow':
      return whole(dayOfWeek(days));
    case 'isodow':
      return whole(dayOfWeek(days) === 0 ? 7 : dayOfWeek(days));
    case 'doy':
      return whole(days - daysFromCivil(year, 1, 1) + 1);
    default:
      return yearsPart(unit, days, year);
  }
}

function clockPart(unit: Unit, micros: number): Numeric | null {
  const withinMinute = BigInt(micros % 60_000_000);
  switch (unit) {
    case 'microseconds':
      return numericOf(withinMinute, 0);
    case 'milliseconds':
      return numericOf(withinMinute, 3);
    case 'second':
      return numericOf(withinMinute, 6);
    case 'minute':
      return whole(Math.trunc(micros / 60_000_000) % 60);
    case 'hour':
      return whole(Math.trunc(micros / 3_600_000_000));
    default:
      return null;
  }
}

const MONOTONE: ReadonlySet<Unit> = new Set<Unit>([
  'year',
  'decade',
  'century',
  'millennium',
  'julian',
  'isoyear',
  'epoch',
]);

function infinitePart(unit: Unit, positive: boolean): Numeric | null {
  if (!MONOTONE.has(unit)) return null;
  return positive ? NUMERIC_INFINITY : NUMERIC_MINUS_INFINITY;
}

function julianPart(days: number, micros: number): Numeric {
  return addNumeric(whole(days + JULIAN_OF_EPOCH), divideNumeric(whole(micros), whole(DAY_MICROS)));
}

/** extract(unit from timestamp); null where an infinite one has no such part. @throws EdgeError 22023, 0A000 */
export function extractTimestamp(
  text: string,
  timestamp: bigint,
  typeName = 'timestamp without time zone',
): Numeric | null {
  const unit = findUnit(text, typeName);
  if (unit.startsWith('timezone')) throw unsupported(text, typeName);
  if (isInfiniteTimestamp(timestamp)) return infinitePart(unit, timestamp > 0n);
  if (unit === 'epoch') return numericOf(timestamp + UNIX_EPOCH_MICROS, 6);
  const { days, micros } = splitTimestamp(timestamp);
  if (unit === 'julian') return julianPart(days, micros);
  const part = datePart(unit, days) ?? clockPart(unit, micros);
  if (part === null) throw unsupported(text, typeName);
  return part;
}

/** extract(unit from timestamptz), in the session's zone. @throws EdgeError 22023, 0A000 */
export function extractTimestamptz(
  text: string,
  timestamp: bigint,
  timeZone: string,
): Numeric | null {
  const typeName = 'timestamp with time zone';
  const unit = findUnit(text, typeName);
  if (isInfiniteTimestamp(timestamp)) return infinitePart(unit, timestamp > 0n);
  if (unit === 'epoch') return numericOf(timestamp + UNIX_EPOCH_MICROS, 6);
  if (unit.startsWith('timezone')) {
    const offset = zoneOffsetAt(timeZone, timestamp);
    if (unit === 'timezone') return whole(offset);
    return whole(
      unit === 'timezone_hour' ? Math.trunc(offset / 3600) : Math.trunc((offset % 3600) / 60),
    );
  }
  return extractTimestamp(text, toLocal(timeZone, timestamp), typeName);
}

/** extract(unit from date). @throws EdgeError 22023, 0A000 */
export function extractDate(text: string, date: bigint): Numeric | null {
  const unit = findUnit(text, 'date');
  const days = Number(date);
  if (clockPart(unit, 0) !== null || unit.startsWith('timezone')) throw unsupported(text, 'date');
  if (isInfiniteDate(date)) return infinitePart(unit, date > 0n);
  if (unit === 'epoch') return whole((days + UNIX_EPOCH_DAYS) * 86_400);
  if (unit === 'julian') return whole(days + JULIAN_OF_EPOCH);
  return datePart(unit, days);
}

/** extract(unit from time). @throws EdgeError 22023, 0A000 */
export function extractTime(text: string, time: bigint): Numeric {
  const typeName = 'time without time zone';
  const unit = findUnit(text, typeName);
  if (unit === 'epoch') return numericOf(time, 6);
  const part = clockPart(unit, Number(time));
  if (part === null) throw unsupported(text, typeName);
  return part;
}

function intervalClockPart(unit: Unit, micros: bigint): Numeric | null {
  const withinMinute = micros % 60_000_000n;
  switch (unit) {
    case 'microseconds':
      return numericOf(withinMinute, 0);
    case 'milliseconds':
      return numericOf(withinMinute, 3);
    case 'second':
      return numericOf(withinMinute, 6);
    case 'minute':
      return whole((micros / 60_000_000n) % 60n);
    case 'hour':
      return whole(micros / 3_600_000_000n);
    default:
      return null;
  }
}

/** extract(unit from interval). @throws EdgeError 22023, 0A000 */
export function extractInterval(text: string, interval: Interval): Numeric {
  const unit = findUnit(text, 'interval');
  const { months, days, micros } = interval;
  const years = Math.trunc(months / 12);
  switch (unit) {
    case 'day':
      return whole(days);
    case 'month':
      return whole(months % 12);
    case 'quarter':
      return whole(Math.trunc((months % 12) / 3) + 1);
    case 'year':
      return whole(years);
    case 'decade':
      return whole(Math.trunc(years / 10));
    case 'century':
      return whole(Math.trunc(years / 100));
    case 'millennium':
      return whole(Math.trunc(years / 1000));
    case 'epoch': {
      const quarterDays = 1461 * years + 120 * (months % 12) + 4 * days;
      return numericOf(BigInt(quarterDays) * 21_600n * 1_000_000n + micros, 6);
    }
    default:
      break;
  }
  const part = intervalClockPart(unit, micros);
  if (part === null) throw unsupported(text, 'interval');
  return part;
}

function truncateYear(unit: Unit, year: number): number {
  switch (unit) {
    case 'decade':
      return decadeOf(year) * 10;
    case 'century':
      return year > 0 ? centuryOf(year, 100) * 100 - 99 : centuryOf(year, 100) * 100 + 1;
    case 'millennium':
      return year > 0 ? centuryOf(year, 1000) * 1000 - 999 : centuryOf(year, 1000) * 1000 + 1;
    default:
      return year;
  }
}

const NO_TIME = { hour: 0, minute: 0, second: 0, micros: 0 } as const;

const CLOCK_UNITS: Partial<Readonly<Record<Unit, bigint>>> = {
  microseconds: 1n,
  milliseconds: 1000n,
  second: 1_000_000n,
  minute: 60_000_000n,
  hour: 3_600_000_000n,
  day: DAY_MICROS,
};

function floorTo(value: bigint, step: bigint): bigint {
  const rest = value % step;
  return rest < 0n ? value - rest - step : value - rest;
}

/** date_trunc(unit, timestamp). @throws EdgeError 22023, 0A000 */
export function truncateTimestamp(
  text: string,
  timestamp: bigint,
  typeName = 'timestamp without time zone',
): bigint {
  const unit = findUnit(text, typeName, true);
  const step = CLOCK_UNITS[unit];
  if (
    step === undefined &&
    !['week', 'month', 'quarter', 'year', 'decade', 'century', 'millennium'].includes(unit)
  ) {
    throw unsupported(text, typeName);
  }
  if (isInfiniteTimestamp(timestamp)) return timestamp;
  if (step !== undefined) return floorTo(timestamp, step);
  const civil: CivilTime = { ...civilFromTimestamp(timestamp), ...NO_TIME };
  if (unit === 'week') {
    const { days } = splitTimestamp(timestamp);
    const { year, week } = isoWeek(days);
    return BigInt(daysFromIsoWeek(year, week)) * DAY_MICROS;
  }
  if (unit === 'quarter') civil.month = Math.trunc((civil.month - 1) / 3) * 3 + 1;
  else if (unit !== 'month') civil.month = 1;
  civil.day = 1;
  civil.year = truncateYear(unit, civil.year);
  return timestampFromCivil(civil);
}

/** date_trunc(unit, timestamptz[, zone]): by the local calendar. @throws EdgeError 22023, 0A000 */
export function truncateTimestamptz(text: string, timestamp: bigint, timeZone: string): bigint {
  const typeName = 'timestamp with time zone';
  const unit = findUnit(text, typeName, true);
  if (isInfiniteTimestamp(timestamp)) return truncateTimestamp(text, timestamp, typeName);
  const local = toLocal(timeZone, timestamp);
  const cut = truncateTimestamp(text, local, typeName);
  const step = CLOCK_UNITS[unit];
  // Below a day the offset stays, so that an hour in an overlap is cut to itself.
  if (step !== undefined && unit !== 'day') return timestamp - (local - cut);
  return toUtc(timeZone, cut);
}

/** date_trunc(unit, interval). @throws EdgeError 22023, 0A000 */
export function truncateInterval(text: string, interval: Interval): Interval {
  const unit = findUnit(text, 'interval', true);
  const { months, days, micros } = interval;
  const monthsPer: Partial<Record<Unit, number>> = {
    month: 1,
    quarter: 3,
    year: 12,
    decade: 120,
    century: 1200,
    millennium: 12_000,
  };
  const length = monthsPer[unit];
  if (length !== undefined)
    return { months: Math.trunc(months / length) * length, days: 0, micros: 0n };
  if (unit === 'day') return { months, days, micros: 0n };
  const step = CLOCK_UNITS[unit];
  if (step === undefined) {
    const error = unsupported(text, 'interval');
    throw unit === 'week' ? error.with({ detail: 'Months usually have fractional weeks.' }) : error;
  }
  return { months, days, micros: (micros / step) * step };
}
