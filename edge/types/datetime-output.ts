/**
 * Dates, times and timestamps as PostgreSQL writes them with DateStyle ISO: `2024-05-01 10:30:00.5+02`, years
 * before 1 with ` BC`, no fraction where it is zero.
 */
import type { CivilTime } from './calendar.ts';
import {
  civilFromDays,
  civilFromTimestamp,
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  MICROS,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
  timeOfDay,
} from './calendar.ts';
import { zoneOffsetAt } from './time-zone.ts';

/** Two digits at least. */
export function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

function yearText(year: number): string {
  return String(year > 0 ? year : 1 - year).padStart(4, '0');
}

function dateText(time: { year: number; month: number; day: number }): string {
  return `${yearText(time.year)}-${two(time.month)}-${two(time.day)}`;
}

/** `.5` or ''. */
export function fractionText(micros: number): string {
  if (micros === 0) return '';
  return `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`;
}

function clockText(time: Pick<CivilTime, 'hour' | 'minute' | 'second' | 'micros'>): string {
  return `${two(time.hour)}:${two(time.minute)}:${two(time.second)}${fractionText(time.micros)}`;
}

export function formatDate(days: bigint): string {
  if (days === DATE_INFINITY) return 'infinity';
  if (days === DATE_MINUS_INFINITY) return '-infinity';
  const date = civilFromDays(Number(days));
  return date.year > 0 ? dateText(date) : `${dateText(date)} BC`;
}

/** 24:00:00 is a time of its own. */
export function formatTime(micros: bigint): string {
  const value = Number(micros);
  return value === MICROS.perDay ? '24:00:00' : clockText(timeOfDay(value));
}

export function formatTimestamp(micros: bigint): string {
  if (micros === TIMESTAMP_INFINITY) return 'infinity';
  if (micros === TIMESTAMP_MINUS_INFINITY) return '-infinity';
  const time = civilFromTimestamp(micros);
  return `${dateText(time)} ${clockText(time)}${time.year > 0 ? '' : ' BC'}`;
}

/** `+02`, `+05:30`, `-00:25:21`. */
export function offsetText(seconds: number): string {
  const absolute = Math.abs(seconds);
  const minutes = Math.floor(absolute / 60) % 60;
  const rest = absolute % 60;
  let text = `${seconds < 0 ? '-' : '+'}${two(Math.floor(absolute / 3600))}`;
  if (minutes !== 0 || rest !== 0) text += `:${two(minutes)}`;
  return rest === 0 ? text : `${text}:${two(rest)}`;
}

export function formatTimestamptz(micros: bigint, timeZone: string): string {
  if (micros === TIMESTAMP_INFINITY) return 'infinity';
  if (micros === TIMESTAMP_MINUS_INFINITY) return '-infinity';
  const offset = zoneOffsetAt(timeZone, micros);
  const time = civilFromTimestamp(micros + BigInt(offset) * 1_000_000n);
  return `${dateText(time)} ${clockText(time)}${offsetText(offset)}${time.year > 0 ? '' : ' BC'}`;
}

/** ISO 8601 with a T, as to_json writes timestamps. */
export function isoText(text: string): string {
  return text
    .replace(' ', 'T')
    .replace(
      /([+-]\d\d)( BC)?$/,
      (_all, offset: string, era?: string) => `${offset}:00${era ?? ''}`,
    );
}
