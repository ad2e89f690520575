/**
 * Days and microseconds since 2000-01-01 to years, months and hours and back, in the proleptic Gregorian
 * calendar that PostgreSQL uses, with its bounds. No time zones here: see `time-zone.ts`.
 */
import { EdgeError } from '../errors.ts';

/** A broken-down date and time of day. Years are astronomical: 0 is 1 BC. */
export interface CivilTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Microseconds within the second. */
  micros: number;
}

export const MICROS = {
  perSecond: 1_000_000,
  perMinute: 60_000_000,
  perHour: 3_600_000_000,
  perDay: 86_400_000_000,
} as const;

export const DAY_MICROS = 86_400_000_000n;
/** From 1970-01-01 to 2000-01-01. */
export const UNIX_EPOCH_DAYS = 10_957;
export const UNIX_EPOCH_MICROS = 946_684_800_000_000n;
/** Julian day number of 2000-01-01. */
export const JULIAN_OF_EPOCH = 2_451_545;

export const DATE_INFINITY = 2_147_483_647n;
export const DATE_MINUS_INFINITY = -2_147_483_648n;
export const TIMESTAMP_INFINITY = 9_223_372_036_854_775_807n;
export const TIMESTAMP_MINUS_INFINITY = -9_223_372_036_854_775_808n;

/** PostgreSQL's own bounds. */
const DATE_DAYS_MIN = -JULIAN_OF_EPOCH;
const DATE_DAYS_END = 2_147_483_494 - JULIAN_OF_EPOCH;
const TIMESTAMP_MIN = -211_813_488_000_000_000n;
const TIMESTAMP_END = 9_223_371_331_200_000_000n;

export function isInfiniteDate(days: bigint): boolean {
  return days === DATE_INFINITY || days === DATE_MINUS_INFINITY;
}

export function isInfiniteTimestamp(micros: bigint): boolean {
  return micros === TIMESTAMP_INFINITY || micros === TIMESTAMP_MINUS_INFINITY;
}

export function isValidDate(days: number): boolean {
  return days >= DATE_DAYS_MIN && days < DATE_DAYS_END;
}

export function isValidTimestamp(micros: bigint): boolean {
  return micros >= TIMESTAMP_MIN && micros < TIMESTAMP_END;
}

/** @throws EdgeError 22008 */
export function checkTimestamp(micros: bigint): bigint {
  if (!isValidTimestamp(micros)) {
    throw new EdgeError('datetime_field_overflow', 'timestamp out of range');
  }
  return micros;
}

/** Days since 2000-01-01 of a civil date. */
export function daysFromCivil(year: number, month: number, day: number): number {
  // Howard Hinnant's days_from_civil, with March as the first month.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468 - UNIX_EPOCH_DAYS;
}

/** Civil date of days since 2000-01-01. */
export function civilFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468 + UNIX_EPOCH_DAYS;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (MONTH_DAYS[month - 1] as number);
}

/** 0 is Sunday. */
export function dayOfWeek(days: number): number {
  // 2000-01-01 was a Saturday.
  return (((days + 6) % 7) + 7) % 7;
}

/** Day and microseconds within it of a timestamp. */
export function splitTimestamp(micros: bigint): { days: number; micros: number } {
  if (micros > -9_000_000_000_000_000n && micros < 9_000_000_000_000_000n) {
    const value = Number(micros);
    const days = Math.floor(value / MICROS.perDay);
    return { days, micros: value - days * MICROS.perDay };
  }
  let days = micros / DAY_MICROS;
  let rest = micros % DAY_MICROS;
  if (rest < 0n) {
    rest += DAY_MICROS;
    days -= 1n;
  }
  return { days: Number(days), micros: Number(rest) };
}

export function civilFromTimestamp(timestamp: bigint): CivilTime {
  const { days, micros } = splitTimestamp(timestamp);
  return { ...civilFromDays(days), ...timeOfDay(micros) };
}

/** Hours, minutes, seconds and microseconds of microseconds (not negative). */
export function timeOfDay(
  micros: number,
): Pick<CivilTime, 'hour' | 'minute' | 'second' | 'micros'> {
  const hour = Math.floor(micros / MICROS.perHour);
  const afterHour = micros - hour * MICROS.perHour;
  const minute = Math.floor(afterHour / MICROS.perMinute);
  const afterMinute = afterHour - minute * MICROS.perMinute;
  const second = Math.floor(afterMinute / MICROS.perSecond);
  return { hour, minute, second, micros: afterMinute - second * MICROS.perSecond };
}

export function microsOfDay(
  time: Pick<CivilTime, 'hour' | 'minute' | 'second' | 'micros'>,
): number {
  return (
    time.hour * MICROS.perHour +
    time.minute * MICROS.perMinute +
    time.second * MICROS.perSecond +
    time.micros
  );
}

export function timestampFromCivil(time: CivilTime): bigint {
  return (
    BigInt(daysFromCivil(time.year, time.month, time.day)) * DAY_MICROS + BigInt(microsOfDay(time))
  );
}

/** ISO week number and the year it belongs to. */
export function isoWeek(days: number): { year: number; week: number } {
  // The Thursday of this week decides.
  const thursday = days + 3 - ((dayOfWeek(days) + 6) % 7);
  const { year } = civilFromDays(thursday);
  return { year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 };
}

/** Monday of the given ISO week. */
export function daysFromIsoWeek(year: number, week: number): number {
  const fourth = daysFromCivil(year, 1, 4);
  return fourth - ((dayOfWeek(fourth) + 6) % 7) + (week - 1) * 7;
}

/** Rounds microseconds to a number of decimals of the second, half away from zero. */
export function roundMicros(micros: bigint, precision: number): bigint {
  if (precision >= 6 || isInfiniteTimestamp(micros)) return micros;
  const unit = 10n ** BigInt(6 - precision);
  const half = unit / 2n;
  return micros >= 0n ? ((micros + half) / unit) * unit : -((-micros + half) / unit) * unit;
}
