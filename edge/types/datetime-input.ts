/**
 * Reads dates, times and timestamps in PostgreSQL's common spellings with DateStyle MDY: ISO 8601, `1/8/1999`,
 * `January 8, 1999`, `20240108T040506Z`, `10:30 PM`, `now`, `today`, `infinity`, zones by offset, abbreviation or name.
 *
 * It does not promise the rarer spellings (day-of-year, times without separators beside dates); they are refused
 * as invalid input, never read as something else.
 *
 * @see https://www.postgresql.org/docs/15/datetime-input-rules.html
 */
import { EdgeError } from '../errors.ts';
import type { CivilTime } from './calendar.ts';
import {
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  daysFromCivil,
  daysInMonth,
  isValidDate,
  isValidTimestamp,
  JULIAN_OF_EPOCH,
  MICROS,
  microsOfDay,
  splitTimestamp,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
  UNIX_EPOCH_DAYS,
  UNIX_EPOCH_MICROS,
} from './calendar.ts';
import type { Special } from './datetime-words.ts';
import { DAY_NAMES, monthOfWord, SPECIALS } from './datetime-words.ts';
import type { TypeSettings } from './settings.ts';
import { toLocal, toUtc, zoneOfWord } from './time-zone.ts';

interface Parsed {
  special: Special | null;
  year: number | null;
  month: number | null;
  day: number | null;
  /** Days since 2000-01-01 where given as a Julian day. */
  julian: number | null;
  time: Pick<CivilTime, 'hour' | 'minute' | 'second' | 'micros'> | null;
  meridiem: 'am' | 'pm' | null;
  bc: boolean;
  /** Seconds east, or a zone's name. */
  zone: number | string | null;
  twoDigitYear: boolean;
  /** Numbers without a separator, while a month's name is known. */
  loose: number[];
}

/** Faults carry what PostgreSQL would say; the entry points know the type's name. */
class Fault {
  readonly kind: 'format' | 'field' | 'month_day' | 'zone';
  constructor(kind: Fault['kind']) {
    this.kind = kind;
  }
}

function faultError(fault: Fault, typeName: string, text: string): EdgeError {
  switch (fault.kind) {
    case 'format':
      return new EdgeError(
        'invalid_datetime_format',
        `invalid input syntax for type ${typeName}: "${text}"`,
      );
    case 'zone':
      return new EdgeError(
        'invalid_time_zone_displacement_value',
        `time zone displacement out of range: "${text}"`,
      );
    case 'field':
    case 'month_day':
      return new EdgeError(
        'datetime_field_overflow',
        `date/time field value out of range: "${text}"`,
        fault.kind === 'field' ? {} : { hint: 'Perhaps you need a different "datestyle" setting.' },
      );
  }
}

const TIME = /(\d{1,10}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d*))?)?/y;
const NUMERIC_DATE = /(\d+)([-/.])(\d{1,2}|[a-z]{3,9})\2(\d+)/iy;
const NAMED_DATE = /([a-z]{3,9})([-/.])(\d{1,2})\2(\d+)/iy;
const ZONE = /([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?(?![\d:])/y;
const WORD = /[a-z][a-z_]*(?:\/[a-z_+-]+(?:\/[a-z_+-]+)?\d*)?|-infinity|-inf|\+infinity/iy;
const DIGITS = /\d+(?:\.\d+)?/y;
const SKIP = /[\s,]+/y;

function setYear(parsed: Parsed, text: string): void {
  parsed.year = Number(text);
  parsed.twoDigitYear = text.length <= 2;
}

function setNumericDate(parsed: Parsed, first: string, middle: string, last: string): void {
  if (parsed.year !== null) throw new Fault('format');
  const named = monthOfWord(middle.toLowerCase());
  if (/[a-z]/i.test(middle) && named === null) throw new Fault('format');
  if (first.length >= 3) {
    setYear(parsed, first);
    parsed.month = named ?? Number(middle);
    parsed.day = Number(last);
  } else if (named !== null) {
    parsed.day = Number(first);
    parsed.month = named;
    setYear(parsed, last);
  } else {
    parsed.month = Number(first);
    parsed.day = Number(middle);
    setYear(parsed, last);
  }
}

function microsOfFraction(digits: string): number {
  return digits === '' ? 0 : Math.round(Number(`0.${digits}`) * 1_000_000);
}

function setCompact(parsed: Parsed, text: string): void {
  const [digits = '', fraction = ''] = text.split('.');
  if (
    parsed.year === null &&
    parsed.month === null &&
    (digits.length === 8 || digits.length === 6) &&
    fraction === ''
  ) {
    const yearLength = digits.length - 4;
    setYear(parsed, digits.slice(0, yearLength));
    parsed.month = Number(digits.slice(yearLength, yearLength + 2));
    parsed.day = Number(digits.slice(yearLength + 2));
    return;
  }
  const haveDate = parsed.year !== null && parsed.month !== null;
  if (haveDate && parsed.time === null && (digits.length === 6 || digits.length === 4)) {
    parsed.time = {
      hour: Number(digits.slice(0, 2)),
      minute: Number(digits.slice(2, 4)),
      second: Number(digits.slice(4) || '0'),
      micros: microsOfFraction(fraction),
    };
    return;
  }
  if (fraction !== '' || digits.length > 6) throw new Fault('format');
  if (digits.length >= 3) {
    if (parsed.year !== null) throw new Fault('format');
    setYear(parsed, digits);
  } else parsed.loose.push(Number(digits));
}

function setWord(parsed: Parsed, source: string): void {
  const word = source.toLowerCase();
  const month = monthOfWord(word);
  if (month !== null && parsed.month === null) {
    parsed.month = month;
    return;
  }
  const special =
    word === '-infinity' || word === '-inf' ? '-infinity' : SPECIALS[word.replace('+', '')];
  if (special !== undefined) {
    if (parsed.special !== null) throw new Fault('format');
    parsed.special = special;
  } else if (word === 'am' || word === 'pm') parsed.meridiem = word;
  else if (word === 'bc' || word === 'ad') parsed.bc = word === 'bc';
  else if (word === 'allballs') parsed.time = { hour: 0, minute: 0, second: 0, micros: 0 };
  else if (word === 't' && parsed.year !== null) return;
  else if (DAY_NAMES.has(word)) return;
  else {
    const zone = zoneOfWord(source);
    if (zone === null) {
      if (source.includes('/')) {
        throw new EdgeError('invalid_parameter_value', `time zone "${word}" not recognized`);
      }
      throw new Fault('format');
    }
    if (parsed.zone !== null) throw new Fault('format');
    parsed.zone = 'offset' in zone ? zone.offset : zone.zone;
  }
}

function setZone(parsed: Parsed, match: RegExpExecArray): void {
  if (parsed.zone !== null) throw new Fault('format');
  const hours = Number(match[2]);
  const minutes = Number(match[3] ?? 0);
  const seconds = Number(match[4] ?? 0);
  if (hours > 15 || minutes > 59 || seconds > 59) throw new Fault('zone');
  const offset = hours * 3600 + minutes * 60 + seconds;
  parsed.zone = match[1] === '-' ? -offset : offset;
}

function sticky(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Takes one token; gives the place after it. */
function takeToken(parsed: Parsed, text: string, at: number): number {
  const skipped = sticky(SKIP, text, at);
  if (skipped !== null) return at + skipped[0].length;
  const date = sticky(NUMERIC_DATE, text, at) ?? sticky(NAMED_DATE, text, at);
  if (date !== null) {
    const named = /^[a-z]/i.test(date[0]);
    if (named) setNumericDate(parsed, date[3] ?? '', date[1] ?? '', date[4] ?? '');
    else setNumericDate(parsed, date[1] ?? '', date[3] ?? '', date[4] ?? '');
    return at + date[0].length;
  }
  const time = sticky(TIME, text, at);
  if (time !== null) {
    if (parsed.time !== null) throw new Fault('format');
    parsed.time = {
      hour: Number(time[1]),
      minute: Number(time[2]),
      second: Number(time[3] ?? 0),
      micros: microsOfFraction(time[4] ?? ''),
    };
    return at + time[0].length;
  }
  const zone = parsed.time !== null || parsed.year !== null ? sticky(ZONE, text, at) : null;
  if (zone !== null) {
    setZone(parsed, zone);
    return at + zone[0].length;
  }
  const julian = sticky(/j(\d{5,8})\b/iy, text, at);
  if (julian !== null) {
    parsed.julian = Number(julian[1]) - JULIAN_OF_EPOCH;
    return at + julian[0].length;
  }
  const word = /t(?=\d)/iy;
  const separator = sticky(word, text, at);
  if (separator !== null && (parsed.year !== null || parsed.loose.length === 0)) return at + 1;
  const name = sticky(WORD, text, at);
  if (name !== null) {
    setWord(parsed, name[0]);
    return at + name[0].length;
  }
  const digits = sticky(DIGITS, text, at);
  if (digits === null) throw new Fault('format');
  setCompact(parsed, digits[0]);
  return at + digits[0].length;
}

function settleLoose(parsed: Parsed): void {
  for (const value of parsed.loose) {
    if (parsed.month !== null && parsed.day === null) parsed.day = value;
    else if (parsed.month !== null && parsed.year === null) {
      parsed.year = value;
      parsed.twoDigitYear = true;
    } else throw new Fault('format');
  }
}

function parse(text: string): Parsed {
  const parsed: Parsed = {
    special: null,
    year: null,
    month: null,
    day: null,
    julian: null,
    time: null,
    meridiem: null,
    bc: false,
    zone: null,
    twoDigitYear: false,
    loose: [],
  };
  let at = 0;
  while (at < text.length) at = takeToken(parsed, text, at);
  settleLoose(parsed);
  settleTime(parsed);
  return parsed;
}

function settleTime(parsed: Parsed): void {
  const { time, meridiem } = parsed;
  if (time === null) {
    if (meridiem !== null) throw new Fault('format');
    return;
  }
  if (meridiem !== null) {
    if (time.hour > 12) throw new Fault('field');
    if (meridiem === 'am' && time.hour === 12) time.hour = 0;
    else if (meridiem === 'pm' && time.hour !== 12) time.hour += 12;
  }
  if (time.minute > 59 || time.second > 60) throw new Fault('field');
  if (microsOfDay(time) > MICROS.perDay || time.hour > 24) throw new Fault('field');
}

/** Days since 2000-01-01 of the date fields. */
function settleDate(parsed: Parsed): number {
  if (parsed.julian !== null) return parsed.julian;
  let { year } = parsed;
  const { month, day } = parsed;
  if (year === null || month === null || day === null) throw new Fault('format');
  if (parsed.bc) {
    if (year <= 0) throw new Fault('field');
    year = 1 - year;
  } else if (parsed.twoDigitYear) year += year < 70 ? 2000 : year < 100 ? 1900 : 0;
  else if (year <= 0) throw new Fault('field');
  if (month < 1 || month > 12 || day < 1 || day > 31) throw new Fault('month_day');
  if (day > daysInMonth(year, month)) throw new Fault('field');
  return daysFromCivil(year, month, day);
}

function guarded<T>(typeName: string, text: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault) throw faultError(error, typeName, text);
    throw error;
  }
}

function today(settings: TypeSettings): number {
  return splitTimestamp(toLocal(settings.timeZone, settings.now)).days;
}

const DAY_SHIFT = { today: 0, tomorrow: 1, yesterday: -1 } as const;

/** The input function of date. @throws EdgeError 22007, 22008 */
export function parseDate(text: string, settings: TypeSettings): bigint {
  return guarded('date', text, () => {
    const parsed = parse(text);
    switch (parsed.special) {
      case 'infinity':
        return DATE_INFINITY;
      case '-infinity':
        return DATE_MINUS_INFINITY;
      case 'epoch':
        return BigInt(-UNIX_EPOCH_DAYS);
      case 'now':
        return BigInt(today(settings));
      case 'today':
      case 'tomorrow':
      case 'yesterday':
        return BigInt(today(settings) + DAY_SHIFT[parsed.special]);
      case null:
        break;
    }
    const days = settleDate(parsed);
    if (!isValidDate(days)) {
      throw new EdgeError('datetime_field_overflow', `date out of range: "${text}"`);
    }
    return BigInt(days);
  });
}

/** The input function of time. @throws EdgeError 22007, 22008 */
export function parseTime(text: string, settings: TypeSettings): bigint {
  return guarded('time', text, () => {
    const compact = /^\s*(\d{2})(\d{2})(\d{2})(?:\.(\d+))?\s*$/.exec(text);
    const parsed = parse(
      compact === null ? text : `${compact[1]}:${compact[2]}:${compact[3]}.${compact[4] ?? '0'}`,
    );
    if (parsed.special === 'now')
      return BigInt(splitTimestamp(toLocal(settings.timeZone, settings.now)).micros);
    if (parsed.special !== null || parsed.time === null) throw new Fault('format');
    if (parsed.year !== null) settleDate(parsed);
    return BigInt(microsOfDay(parsed.time));
  });
}

/** A timestamp: local microseconds and the zone they are in (null: none was given), or an instant. */
type Moment =
  | { readonly local: bigint; readonly zone: number | string | null }
  | { readonly instant: bigint };

function readMoment(typeName: string, text: string, settings: TypeSettings): Moment {
  return guarded(typeName, text, () => {
    const parsed = parse(text);
    const time = BigInt(parsed.time === null ? 0 : microsOfDay(parsed.time));
    switch (parsed.special) {
      case 'infinity':
        return { instant: TIMESTAMP_INFINITY };
      case '-infinity':
        return { instant: TIMESTAMP_MINUS_INFINITY };
      case 'epoch':
        return { instant: -UNIX_EPOCH_MICROS };
      case 'now':
        return { local: toLocal(settings.timeZone, settings.now), zone: null };
      case 'today':
      case 'tomorrow':
      case 'yesterday':
        return {
          local: BigInt(today(settings) + DAY_SHIFT[parsed.special]) * 86_400_000_000n + time,
          zone: parsed.zone,
        };
      case null:
        break;
    }
    const days = settleDate(parsed);
    return { local: BigInt(days) * 86_400_000_000n + time, zone: parsed.zone };
  });
}

function inRange(micros: bigint, text: string): bigint {
  if (!isValidTimestamp(micros)) {
    throw new EdgeError('datetime_field_overflow', `timestamp out of range: "${text}"`);
  }
  return micros;
}

/** The input function of timestamp: a zone in the text is ignored, as PostgreSQL does. @throws EdgeError 22007, 22008 */
export function parseTimestamp(text: string, settings: TypeSettings): bigint {
  const moment = readMoment('timestamp', text, settings);
  return 'instant' in moment ? moment.instant : inRange(moment.local, text);
}

/** The input function of timestamptz. @throws EdgeError 22007, 22008, 22009, 22023 */
export function parseTimestamptz(text: string, settings: TypeSettings): bigint {
  const moment = readMoment('timestamp with time zone', text, settings);
  if ('instant' in moment) return moment.instant;
  if (text.trim().toLowerCase() === 'now') return settings.now;
  const { local, zone } = moment;
  if (typeof zone === 'number') return inRange(local - BigInt(zone) * 1_000_000n, text);
  return inRange(toUtc(zone ?? settings.timeZone, local), text);
}
