/**
 * Intervals: months, days and microseconds, kept apart because a month is no number of days and a day no
 * number of hours. Read and written in PostgreSQL's `postgres` style, and ISO 8601 durations read.
 *
 * @see https://www.postgresql.org/docs/15/datatype-datetime.html
 */
import { EdgeError } from '../errors.ts';
import { DAY_MICROS } from './calendar.ts';
import { fractionText, two } from './datetime-output.ts';

export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

const BYTES = 16;

function outOfRange(): EdgeError {
  return new EdgeError('datetime_field_overflow', 'interval out of range');
}

/** The interval, if its fields fit PostgreSQL's. @throws EdgeError 22008 */
export function checkedInterval(months: number, days: number, micros: bigint): Interval {
  if ((months | 0) !== months || (days | 0) !== days || BigInt.asIntN(64, micros) !== micros) {
    throw outOfRange();
  }
  return { months, days, micros };
}

/** The stored form: 16 bytes as on the wire. */
export function intervalToBytes(value: Interval): Uint8Array {
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, value.micros);
  view.setInt32(8, value.days);
  view.setInt32(12, value.months);
  return bytes;
}

export function intervalFromBytes(bytes: Uint8Array): Interval {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { micros: view.getBigInt64(0), days: view.getInt32(8), months: view.getInt32(12) };
}

/** All of it in microseconds, a month being 30 days: what intervals are ordered by. */
export function intervalSpan(value: Interval): bigint {
  return value.micros + BigInt(value.days + value.months * 30) * DAY_MICROS;
}

export function compareInterval(left: Interval, right: Interval): number {
  const a = intervalSpan(left);
  const b = intervalSpan(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

export function addInterval(left: Interval, right: Interval): Interval {
  return checkedInterval(
    left.months + right.months,
    left.days + right.days,
    left.micros + right.micros,
  );
}

export function negateInterval(value: Interval): Interval {
  return checkedInterval(-value.months, -value.days, -value.micros);
}

/** Rounds to the nearest integer, halves to even: C's rint. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5 || floor % 2 !== 0) return floor === -1 ? -0 : floor + 1;
  return floor;
}

function timeRounded(value: number): number {
  return roundHalfEven(value * 1_000_000) / 1_000_000;
}

/** Spills the fractions of months into days and of days into time, as PostgreSQL does. */
function scaleInterval(value: Interval, scale: (field: number) => number): Interval {
  const months = scale(value.months);
  const days = scale(value.days);
  if (
    Number.isNaN(months) ||
    Math.abs(months) > 2_147_483_647 ||
    Number.isNaN(days) ||
    Math.abs(days) > 2_147_483_647
  ) {
    throw outOfRange();
  }
  const wholeMonths = Math.trunc(months);
  let wholeDays = Math.trunc(days);
  const monthDays = timeRounded((months - wholeMonths) * 30);
  let seconds = timeRounded((days - wholeDays + monthDays - Math.trunc(monthDays)) * 86_400);
  if (Math.abs(seconds) >= 86_400) {
    wholeDays += Math.trunc(seconds / 86_400);
    seconds -= Math.trunc(seconds / 86_400) * 86_400;
  }
  wholeDays += Math.trunc(monthDays);
  const micros = roundHalfEven(scale(Number(value.micros)) + seconds * 1_000_000);
  if (!Number.isFinite(micros)) throw outOfRange();
  return checkedInterval(wholeMonths, wholeDays, BigInt(micros));
}

export function multiplyInterval(value: Interval, factor: number): Interval {
  return scaleInterval(value, (field) => field * factor);
}

/** @throws EdgeError 22012 */
export function divideInterval(value: Interval, divisor: number): Interval {
  if (divisor === 0) throw new EdgeError('division_by_zero', 'division by zero');
  return scaleInterval(value, (field) => field / divisor);
}

/** Whole days out of the hours. */
export function justifyHours(value: Interval): Interval {
  let days = value.days + Number(value.micros / DAY_MICROS);
  let micros = value.micros % DAY_MICROS;
  if (days > 0 && micros < 0n) {
    micros += DAY_MICROS;
    days--;
  } else if (days < 0 && micros > 0n) {
    micros -= DAY_MICROS;
    days++;
  }
  return checkedInterval(value.months, days, micros);
}

/** Whole months (of 30 days) out of the days. */
export function justifyDays(value: Interval): Interval {
  let months = value.months + Math.trunc(value.days / 30);
  let days = value.days % 30;
  if (months > 0 && days < 0) {
    days += 30;
    months--;
  } else if (months < 0 && days > 0) {
    days -= 30;
    months++;
  }
  return checkedInterval(months, days, value.micros);
}

/** Both, with one sign for all fields. */
export function justifyInterval(value: Interval): Interval {
  let days = value.days + Number(value.micros / DAY_MICROS);
  let micros = value.micros % DAY_MICROS;
  let months = value.months + Math.trunc(days / 30);
  days %= 30;
  if (months > 0 && (days < 0 || (days === 0 && micros < 0n))) {
    days += 30;
    months--;
  } else if (months < 0 && (days > 0 || (days === 0 && micros > 0n))) {
    days -= 30;
    months++;
  }
  if (days > 0 && micros < 0n) {
    micros += DAY_MICROS;
    days--;
  } else if (days < 0 && micros > 0n) {
    micros -= DAY_MICROS;
    days++;
  }
  return checkedInterval(months, days, micros);
}

/** `1 year 2 mons -3 days +04:05:06.7` */
export function formatInterval(value: Interval): string {
  const parts: string[] = [];
  let before = false;
  const add = (count: number, unit: string): void => {
    if (count === 0) return;
    parts.push(`${before && count > 0 ? '+' : ''}${count} ${unit}${count === 1 ? '' : 's'}`);
    before = count < 0;
  };
  add(Math.trunc(value.months / 12), 'year');
  add(value.months % 12, 'mon');
  add(value.days, 'day');
  if (parts.length === 0 || value.micros !== 0n) {
    const negative = value.micros < 0n;
    const total = negative ? -value.micros : value.micros;
    const seconds = total / 1_000_000n;
    const sign = negative ? '-' : before ? '+' : '';
    const hours = Number(seconds / 3600n);
    parts.push(
      `${sign}${two(hours)}:${two(Number((seconds / 60n) % 60n))}:${two(Number(seconds % 60n))}${fractionText(Number(total % 1_000_000n))}`,
    );
  }
  return parts.join(' ');
}
