/**
 * to_char for timestamps and intervals, to_date and to_timestamp: PostgreSQL's template patterns. English names,
 * because the box's locale is C.
 *
 * It does not promise the rare patterns (TM, SP) nor PostgreSQL's tolerance when a text does not follow its template;
 * those are refused.
 *
 * @see https://www.postgresql.org/docs/15/functions-formatting.html
 */
import { EdgeError } from '../errors.ts';
import {
  civilFromDays,
  dayOfWeek,
  daysFromCivil,
  daysFromIsoWeek,
  daysInMonth,
  isoWeek,
  JULIAN_OF_EPOCH,
} from './calendar.ts';
import type { TemplatePart } from './date-template.ts';
import { parseTemplate } from './date-template.ts';
import { two } from './datetime-output.ts';

export const MONTH_NAMES = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
const DAY_NAMES = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;
const ROMAN = ['I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII'] as const;

/** What a template is filled from. For intervals `days` is null and the fields are the interval's own. */
export interface TemplateFields {
  /** Days since 2000-01-01, null for an interval. */
  readonly days: number | null;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  /** Seconds east, null where the value has no zone. */
  readonly offset: number | null;
  readonly zoneName: string;
}

const ENDINGS = ['th', 'st', 'nd', 'rd'] as const;

function ordinalEnding(text: string): string {
  const value = Number(text.slice(-2));
  const last = value % 10;
  return value > 10 && value < 20 ? 'th' : (ENDINGS[last] ?? 'th');
}

function cased(name: string, pattern: string): string {
  if (pattern === pattern.toUpperCase()) return name.toUpperCase();
  return pattern === pattern.toLowerCase() ? name.toLowerCase() : name;
}

/** The sign of a day counts among its places, as in PostgreSQL. */
function signed(value: number, width: number, fill: boolean): string {
  return number(value, value < 0 ? width - 1 : width, fill);
}

function number(value: number, width: number, fill: boolean): string {
  if (!fill) return String(value);
  return value < 0 ? `-${String(-value).padStart(width, '0')}` : String(value).padStart(width, '0');
}

function meridiem(pattern: string, hour: number): string {
  const isPm = hour % 24 >= 12;
  const text = pattern.includes('.') ? (isPm ? 'P.M.' : 'A.M.') : isPm ? 'PM' : 'AM';
  return cased(text, pattern);
}

function displayYear(fields: TemplateFields): number {
  return fields.days !== null && fields.year <= 0 ? 1 - fields.year : fields.year;
}

function clockText(part: TemplatePart, fields: TemplateFields): string | null {
  const { fill } = part;
  switch (part.pattern) {
    case 'HH':
    case 'HH12':
      return number(fields.hour % 12 === 0 ? 12 : fields.hour % 12, 2, fill);
    case 'HH24':
      return number(fields.hour, 2, fill);
    case 'MI':
      return number(fields.minute, 2, fill);
    case 'SS':
      return number(fields.second, 2, fill);
    case 'MS':
    case 'FF3':
      return String(Math.trunc(fields.micros / 1000)).padStart(3, '0');
    case 'US':
    case 'FF6':
      return String(fields.micros).padStart(6, '0');
    case 'FF1':
    case 'FF2':
    case 'FF4':
    case 'FF5':
      return String(fields.micros).padStart(6, '0').slice(0, Number(part.pattern[2]));
    case 'SSSS':
    case 'SSSSS':
      return String(fields.hour * 3600 + fields.minute * 60 + fields.second);
    case 'AM':
    case 'PM':
    case 'am':
    case 'pm':
    case 'A.M.':
    case 'P.M.':
    case 'a.m.':
    case 'p.m.':
      return meridiem(part.pattern, fields.hour);
    default:
      return null;
  }
}

function requireDate(fields: TemplateFields): number {
  if (fields.days !== null) return fields.days;
  throw new EdgeError(
    'invalid_datetime_format',
    'invalid format specification for an interval value',
    {
      hint: 'Intervals are not tied to specific calendar dates.',
    },
  );
}

function nameText(part: TemplatePart, fields: TemplateFields): string | null {
  switch (part.pattern) {
    case 'MONTH':
    case 'Month':
    case 'month':
      requireDate(fields);
      return cased(MONTH_NAMES[fields.month - 1] as string, part.pattern).padEnd(part.fill ? 9 : 0);
    case 'MON':
    case 'Mon':
    case 'mon':
      requireDate(fields);
      return cased((MONTH_NAMES[fields.month - 1] as string).slice(0, 3), part.pattern);
    case 'DAY':
    case 'Day':
    case 'day':
      return cased(DAY_NAMES[dayOfWeek(requireDate(fields))] as string, part.pattern).padEnd(
        part.fill ? 9 : 0,
      );
    case 'DY':
    case 'Dy':
    case 'dy':
      return cased((DAY_NAMES[dayOfWeek(requireDate(fields))] as string).slice(0, 3), part.pattern);
    case 'RM':
    case 'rm':
      return cased(ROMAN[fields.month - 1] ?? '', part.pattern).padEnd(part.fill ? 4 : 0);
    case 'BC':
    case 'AD':
    case 'bc':
    case 'ad':
      requireDate(fields);
      return cased(fields.year <= 0 ? 'BC' : 'AD', part.pattern);
    case 'B.C.':
    case 'A.D.':
    case 'b.c.':
    case 'a.d.':
      requireDate(fields);
      return cased(fields.year <= 0 ? 'B.C.' : 'A.D.', part.pattern);
    default:
      return null;
  }
}

function yearText(part: TemplatePart, fields: TemplateFields): string | null {
  const year = displayYear(fields);
  const isoYear = (): number => {
    const iso = isoWeek(requireDate(fields)).year;
    return iso <= 0 ? 1 - iso : iso;
  };
  switch (part.pattern) {
    case 'YYYY':
      return number(year, 4, part.fill);
    case 'YYY':
      return number(year % 1000, 3, part.fill);
    case 'YY':
      return number(year % 100, 2, part.fill);
    case 'Y':
      return String(year % 10);
    case 'Y,YYY':
      return `${Math.trunc(year / 1000)},${String(year % 1000).padStart(3, '0')}`;
    case 'IYYY':
      return number(isoYear(), 4, part.fill);
    case 'IYY':
      return number(isoYear() % 1000, 3, part.fill);
    case 'IY':
      return number(isoYear() % 100, 2, part.fill);
    case 'I':
      return String(isoYear() % 10);
    case 'CC': {
      // Of an interval the whole centuries, of a date the one that it is in.
      const century =
        fields.days === null
          ? Math.trunc(fields.year / 100)
          : fields.year > 0
            ? Math.trunc((fields.year + 99) / 100)
            : -Math.trunc((99 - (fields.year - 1)) / 100);
      return century <= 99 && century >= -99 ? number(century, 2, part.fill) : String(century);
    }
    default:
      return null;
  }
}

function dayText(part: TemplatePart, fields: TemplateFields): string | null {
  const dayOfYear = (): number => requireDate(fields) - daysFromCivil(fields.year, 1, 1) + 1;
  switch (part.pattern) {
    case 'MM':
      return number(fields.month, 2, part.fill);
    case 'DD':
      return signed(fields.day, 2, part.fill);
    case 'DDD':
      return signed(
        fields.days === null ? fields.year * 360 + fields.month * 30 + fields.day : dayOfYear(),
        3,
        part.fill,
      );
    case 'IDDD': {
      const days = requireDate(fields);
      return number(days - daysFromIsoWeek(isoWeek(days).year, 1) + 1, 3, part.fill);
    }
    case 'D':
      return String(dayOfWeek(requireDate(fields)) + 1);
    case 'ID':
      return String(dayOfWeek(requireDate(fields)) || 7);
    case 'W':
      return String(Math.trunc((fields.day - 1) / 7) + 1);
    case 'WW':
      return number(Math.trunc((dayOfYear() - 1) / 7) + 1, 2, part.fill);
    case 'IW':
      return number(isoWeek(requireDate(fields)).week, 2, part.fill);
    case 'Q':
      return fields.month === 0 ? '' : String(Math.trunc((fields.month - 1) / 3) + 1);
    case 'J':
      return String(requireDate(fields) + JULIAN_OF_EPOCH);
    default:
      return null;
  }
}

function zoneText(part: TemplatePart, fields: TemplateFields): string {
  requireDate(fields);
  const offset = fields.offset ?? 0;
  const sign = offset < 0 ? '-' : '+';
  const hours = two(Math.trunc(Math.abs(offset) / 3600));
  const minutes = Math.trunc(Math.abs(offset) / 60) % 60;
  switch (part.pattern) {
    case 'TZ':
      return fields.zoneName;
    case 'tz':
      return fields.zoneName.toLowerCase();
    case 'TZH':
      return `${sign}${hours}`;
    case 'TZM':
      return two(minutes);
    default:
      return `${sign}${hours}${minutes === 0 ? '' : `:${two(minutes)}`}`;
  }
}

/** Fills a template. @throws EdgeError 22007 for calendar patterns on an interval */
export function fillTemplate(template: string, fields: TemplateFields): string {
  return parseTemplate(template)
    .map((part) => {
      if (part.pattern === null) return part.literal;
      const text =
        clockText(part, fields) ??
        nameText(part, fields) ??
        yearText(part, fields) ??
        dayText(part, fields) ??
        zoneText(part, fields);
      if (part.ordinal === null || !/\d$/.test(text)) return text;
      const ending = ordinalEnding(text);
      return text + (part.ordinal === 'TH' ? ending.toUpperCase() : ending);
    })
    .join('');
}

/** Fields of a local day and time. */
export function fieldsOf(
  days: number,
  micros: number,
  offset: number | null,
  zoneName: string,
): TemplateFields {
  const seconds = Math.trunc(micros / 1_000_000);
  return {
    days,
    ...civilFromDays(days),
    hour: Math.trunc(seconds / 3600),
    minute: Math.trunc(seconds / 60) % 60,
    second: seconds % 60,
    micros: micros % 1_000_000,
    offset,
    zoneName,
  };
}

/** True for a day that the month has. */
export function isRealDay(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}
