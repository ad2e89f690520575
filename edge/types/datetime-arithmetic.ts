/**
 * Sums and differences of dates, times and intervals, and ages. Months are added to the calendar (31 January and a
 * month is the last of February), days to the local date, the rest to the clock.
 */
import { EdgeError } from '../errors.ts';
import type { CivilTime } from './calendar.ts';
import {
  checkTimestamp,
  civilFromDays,
  civilFromTimestamp,
  DATE_INFINITY,
  DAY_MICROS,
  daysFromCivil,
  daysInMonth,
  isInfiniteDate,
  isInfiniteTimestamp,
  isValidDate,
  isValidTimestamp,
  splitTimestamp,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
} from './calendar.ts';
import type { Interval } from './interval.ts';
import { justifyHours } from './interval.ts';
import { toLocal, toUtc } from './time-zone.ts';

function dateOutOfRange(what = 'date out of range'): EdgeError {
  return new EdgeError('datetime_field_overflow', what);
}

/** date + integer. @throws EdgeError 22008 */
export function addDays(date: bigint, days: bigint): bigint {
  if (isInfiniteDate(date)) return date;
  const result = date + days;
  if (!isValidDate(Number(result))) throw dateOutOfRange();
  return result;
}

/** date - date in days. @throws EdgeError 22008 for infinite dates */
export function dateDifference(left: bigint, right: bigint): bigint {
  if (isInfiniteDate(left) || isInfiniteDate(right))
    throw dateOutOfRange('cannot subtract infinite dates');
  return left - right;
}

/** Midnight of a date as a timestamp. @throws EdgeError 22008 */
export function dateToTimestamp(date: bigint): bigint {
  if (isInfiniteDate(date))
    return date === DATE_INFINITY ? TIMESTAMP_INFINITY : TIMESTAMP_MINUS_INFINITY;
  const micros = date * DAY_MICROS;
  if (!isValidTimestamp(micros)) throw dateOutOfRange('date out of range for timestamp');
  return micros;
}

function addMonths(local: bigint, months: number): bigint {
  const { days, micros } = splitTimestamp(local);
  const { year, month, day } = civilFromDays(days);
  const index = year * 12 + (month - 1) + months;
  const newYear = Math.floor(index / 12);
  const newMonth = index - newYear * 12 + 1;
  const newDays = daysFromCivil(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth)));
  return BigInt(newDays) * DAY_MICROS + BigInt(micros);
}

/** timestamp + interval. @throws EdgeError 22008 */
export function addToTimestamp(timestamp: bigint, interval: Interval): bigint {
  if (isInfiniteTimestamp(timestamp)) return timestamp;
  let result = timestamp;
  if (interval.months !== 0) result = addMonths(result, interval.months);
  result += BigInt(interval.days) * DAY_MICROS + interval.micros;
  return checkTimestamp(result);
}

/** timestamptz + interval: months and days by the local calendar. @throws EdgeError 22008 */
export function addToTimestamptz(timestamp: bigint, interval: Interval, timeZone: string): bigint {
  if (isInfiniteTimestamp(timestamp)) return timestamp;
  let result = timestamp;
  if (interval.months !== 0)
    result = toUtc(timeZone, addMonths(toLocal(timeZone, result), interval.months));
  if (interval.days !== 0) {
    result = toUtc(timeZone, toLocal(timeZone, result) + BigInt(interval.days) * DAY_MICROS);
  }
  return checkTimestamp(result + interval.micros);
}

/** timestamp - timestamp: days and time. @throws EdgeError 22008 for infinite ones */
export function timestampDifference(left: bigint, right: bigint): Interval {
  if (isInfiniteTimestamp(left) || isInfiniteTimestamp(right)) {
    throw dateOutOfRange('cannot subtract infinite timestamps');
  }
  return justifyHours({ months: 0, days: 0, micros: left - right });
}

type Difference = {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  micros: number;
};

function borrow(fields: Difference, monthDays: number): void {
  if (fields.micros < 0) {
    fields.micros += 1_000_000;
    fields.second--;
  }
  if (fields.second < 0) {
    fields.second += 60;
    fields.minute--;
  }
  if (fields.minute < 0) {
    fields.minute += 60;
    fields.hour--;
  }
  if (fields.hour < 0) {
    fields.hour += 24;
    fields.day--;
  }
  while (fields.day < 0) {
    fields.day += monthDays;
    fields.month--;
  }
  while (fields.month < 0) {
    fields.month += 12;
    fields.year--;
  }
}

function subtractFields(left: CivilTime, right: CivilTime): Difference {
  return {
    year: left.year - right.year,
    month: left.month - right.month,
    day: left.day - right.day,
    hour: left.hour - right.hour,
    minute: left.minute - right.minute,
    second: left.second - right.second,
    micros: left.micros - right.micros,
  };
}

/** age(left, right) in years, months and days. Both local. @throws EdgeError 22008 */
export function ageOf(left: bigint, right: bigint): Interval {
  if (isInfiniteTimestamp(left) || isInfiniteTimestamp(right))
    throw dateOutOfRange('timestamp out of range');
  const first = civilFromTimestamp(left);
  const second = civilFromTimestamp(right);
  const negative = left < right;
  const fields = negative ? subtractFields(second, first) : subtractFields(first, second);
  // The month that lends its days is the earlier timestamp's.
  const lender = negative ? first : second;
  borrow(fields, daysInMonth(lender.year, lender.month));
  const sign = negative ? -1 : 1;
  const micros =
    BigInt(fields.hour * 3600 + fields.minute * 60 + fields.second) * 1_000_000n +
    BigInt(fields.micros);
  return {
    months: sign * (fields.year * 12 + fields.month) || 0,
    days: sign * fields.day || 0,
    micros: negative ? -micros : micros,
  };
}

/** time + interval, around the clock. */
export function addToTime(time: bigint, micros: bigint): bigint {
  const sum = (time + micros) % DAY_MICROS;
  return sum < 0n ? sum + DAY_MICROS : sum;
}
