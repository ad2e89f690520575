/**
 * Offsets of time zones, from the zone data that Node carries (Intl), with PostgreSQL's rules for local times
 * that do not exist or exist twice. Offsets are seconds east of Greenwich.
 *
 * Zone abbreviations (`EST`) are a fixed offset, as in PostgreSQL's default list; only the common ones are here.
 */
import { EdgeError } from '../errors.ts';
import { UNIX_EPOCH_MICROS } from './calendar.ts';

const DAY_SECONDS = 86_400;
const HOUR = 3600;
/** Days remembered for one zone, and zones remembered. */
const CACHED_DAYS_MAX = 4096;
const CACHED_ZONES_MAX = 256;

/** Hours east of Greenwich. */
const ABBREVIATIONS: Readonly<Record<string, number>> = {
  utc: 0,
  gmt: 0,
  z: 0,
  zulu: 0,
  uct: 0,
  ut: 0,
  wet: 0,
  west: 1,
  bst: 1,
  cet: 1,
  cest: 2,
  met: 1,
  mest: 2,
  eet: 2,
  eest: 3,
  msk: 3,
  msd: 4,
  ist: 2,
  idt: 3,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
  akst: -9,
  akdt: -8,
  hst: -10,
  ast: -4,
  adt: -3,
  nst: -3.5,
  ndt: -2.5,
  jst: 9,
  kst: 9,
  hkt: 8,
  sgt: 8,
  pkt: 5,
  brt: -3,
  aest: 10,
  aedt: 11,
  acst: 9.5,
  acdt: 10.5,
  awst: 8,
  nzst: 12,
  nzdt: 13,
  sast: 2,
  eat: 3,
  wat: 1,
  cat: 2,
};

interface Zone {
  readonly fixedSeconds: number | null;
  readonly format: Intl.DateTimeFormat | null;
  /** Offset of days (since 1970) on which it does not change; null where it does. */
  readonly days: Map<number, number | null>;
}

const ZONES = new Map<string, Zone>();

function parseOffset(sign: string, hours: string, minutes = '0', seconds = '0'): number {
  const value = Number(hours) * HOUR + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -value : value;
}

/** Fixed zones by name: `UTC`, `+02`, `<+02>-02`, `UTC-3` (POSIX: west is positive); null for others. */
function fixedOffset(name: string): number | null {
  const lower = name.toLowerCase();
  if (
    lower === 'utc' ||
    lower === 'gmt' ||
    lower === 'etc/utc' ||
    lower === 'z' ||
    lower === 'zulu'
  )
    return 0;
  const posix = /^(?:<[^>]+>|[a-z]{3,})([+-]?)(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?$/i.exec(name);
  if (posix !== null) {
    const west = parseOffset(posix[1] ?? '', posix[2] ?? '0', posix[3], posix[4]);
    return west === 0 ? 0 : -west;
  }
  // A bare number is a POSIX offset too: west of Greenwich is positive.
  const bare = /^([+-]?)(\d{1,2})(?::?(\d{2}))?(?::(\d{2}))?$/.exec(name);
  if (bare === null) return null;
  const west = parseOffset(bare[1] ?? '', bare[2] ?? '0', bare[3], bare[4]);
  return west === 0 ? 0 : -west;
}

function makeZone(name: string): Zone | null {
  const fixed = fixedOffset(name);
  if (fixed !== null) return { fixedSeconds: fixed, format: null, days: new Map() };
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    return { fixedSeconds: null, format, days: new Map() };
  } catch {
    return null;
  }
}

function findZone(name: string): Zone | null {
  const known = ZONES.get(name);
  if (known !== undefined) return known;
  const zone = makeZone(name);
  if (zone === null) return null;
  if (ZONES.size >= CACHED_ZONES_MAX) ZONES.clear();
  ZONES.set(name, zone);
  return zone;
}

/** True where the TimeZone setting may have this value. */
export function isTimeZone(name: string): boolean {
  return findZone(name) !== null;
}

function requireZone(name: string): Zone {
  const zone = findZone(name);
  if (zone === null) {
    throw new EdgeError('invalid_parameter_value', `time zone "${name}" not recognized`);
  }
  return zone;
}

/** JavaScript's dates end in the year 275760; PostgreSQL's later ones take the last offset known. */
const UNIX_SECONDS_MAX = 8_600_000_000_000;

function readOffset(format: Intl.DateTimeFormat, unixSeconds: number): number {
  const seconds = Math.max(-UNIX_SECONDS_MAX, Math.min(UNIX_SECONDS_MAX, unixSeconds));
  const parts: Record<string, string> = {};
  for (const part of format.formatToParts(seconds * 1000)) parts[part.type] = part.value;
  const field = (key: string): number => Number(parts[key]);
  const year = parts['era'] === 'BC' ? 1 - field('year') : field('year');
  const local = new Date(0);
  local.setUTCFullYear(year, field('month') - 1, field('day'));
  local.setUTCHours(field('hour'), field('minute'), field('second'));
  return local.getTime() / 1000 - seconds;
}

function offsetAtUnix(zone: Zone, unixSeconds: number): number {
  if (zone.fixedSeconds !== null) return zone.fixedSeconds;
  const format = zone.format as Intl.DateTimeFormat;
  const day = Math.floor(unixSeconds / DAY_SECONDS);
  let known = zone.days.get(day);
  if (known === undefined) {
    const start = readOffset(format, day * DAY_SECONDS);
    known = start === readOffset(format, (day + 1) * DAY_SECONDS) ? start : null;
    if (zone.days.size >= CACHED_DAYS_MAX) zone.days.clear();
    zone.days.set(day, known);
  }
  return known ?? readOffset(format, unixSeconds);
}

function unixSecondsOf(micros: bigint): number {
  const total = micros + UNIX_EPOCH_MICROS;
  return Number(total >= 0n ? total / 1_000_000n : (total - 999_999n) / 1_000_000n);
}

/** Offset in force at an instant (microseconds since 2000-01-01 UTC). @throws EdgeError 22023 */
export function zoneOffsetAt(name: string, micros: bigint): number {
  const zone = requireZone(name);
  return zone.fixedSeconds ?? offsetAtUnix(zone, unixSecondsOf(micros));
}

/** Offset of a local time. In a gap the earlier offset holds, in an overlap the later one (PostgreSQL). */
export function zoneOffsetOfLocal(name: string, localMicros: bigint): number {
  const zone = requireZone(name);
  if (zone.fixedSeconds !== null) return zone.fixedSeconds;
  const local = unixSecondsOf(localMicros);
  const before = offsetAtUnix(zone, local - DAY_SECONDS);
  const after = offsetAtUnix(zone, local + DAY_SECONDS);
  if (before === after) return before;
  const beforeHolds = offsetAtUnix(zone, local - before) === before;
  const afterHolds = offsetAtUnix(zone, local - after) === after;
  if (beforeHolds === afterHolds) return beforeHolds ? after : before;
  return beforeHolds ? before : after;
}

/** UTC to local microseconds. */
export function toLocal(name: string, micros: bigint): bigint {
  return micros + BigInt(zoneOffsetAt(name, micros)) * 1_000_000n;
}

/** Local to UTC microseconds. */
export function toUtc(name: string, localMicros: bigint): bigint {
  return localMicros - BigInt(zoneOffsetOfLocal(name, localMicros)) * 1_000_000n;
}

/** What a zone word in a date string means: a fixed offset, a zone's name, or nothing known. */
export function zoneOfWord(word: string): { offset: number } | { zone: string } | null {
  const hours = ABBREVIATIONS[word.toLowerCase()];
  if (hours !== undefined) return { offset: hours * HOUR };
  return /[a-z]/i.test(word) && findZone(word) !== null ? { zone: word } : null;
}

/** The zone name for AT TIME ZONE: abbreviations first, as PostgreSQL looks them up. */
export function offsetForZoneName(name: string, micros: bigint, isLocal: boolean): number {
  const hours = ABBREVIATIONS[name.toLowerCase()];
  if (hours !== undefined) return hours * HOUR;
  return isLocal ? zoneOffsetOfLocal(name, micros) : zoneOffsetAt(name, micros);
}

/** The zone's abbreviation at an instant (`CET`), null where Intl knows only an offset. */
export function zoneAbbreviation(name: string, micros: bigint): string | null {
  const zone = requireZone(name);
  if (zone.fixedSeconds === 0) return 'UTC';
  if (zone.fixedSeconds !== null) return null;
  const date = Number(micros / 1000n) + Number(UNIX_EPOCH_MICROS / 1000n);
  for (const locale of ['en-US', 'en-GB', 'en-AU', 'en-IN']) {
    const format = new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' });
    const text =
      format.formatToParts(date).find((part) => part.type === 'timeZoneName')?.value ?? '';
    if (/^[A-Z]{2,5}$/.test(text)) return text;
  }
  return null;
}
