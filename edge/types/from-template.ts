/**
 * to_date and to_timestamp: reads a text by a template. Numbers take as many digits as their pattern has (all, when a
 * separator or the end follows), blanks and separators match loosely, as in PostgreSQL.
 */
import { EdgeError, notSupported } from '../errors.ts';
import { DAY_MICROS, daysFromCivil, JULIAN_OF_EPOCH } from './calendar.ts';
import type { TemplatePart } from './date-template.ts';
import { parseTemplate } from './date-template.ts';
import { isRealDay, MONTH_NAMES } from './to-char.ts';

interface Read {
  year: number | null;
  month: number;
  day: number;
  dayOfYear: number | null;
  julian: number | null;
  hour: number;
  twelve: boolean;
  pm: boolean | null;
  minute: number;
  second: number;
  micros: number;
  bc: boolean;
  /** Seconds east, null where the template has no zone. */
  offset: number | null;
}

const WIDTHS: Readonly<Record<string, number>> = {
  YYYY: 4,
  YYY: 3,
  YY: 2,
  Y: 1,
  MM: 2,
  DD: 2,
  DDD: 3,
  HH: 2,
  HH12: 2,
  HH24: 2,
  MI: 2,
  SS: 2,
  MS: 3,
  US: 6,
  FF1: 1,
  FF2: 2,
  FF3: 3,
  FF4: 4,
  FF5: 5,
  FF6: 6,
  SSSS: 5,
  SSSSS: 5,
  J: 7,
  TZM: 2,
};

function invalidValue(text: string, pattern: string): EdgeError {
  return new EdgeError('invalid_datetime_format', `invalid value "${text}" for "${pattern}"`, {
    detail: 'Value must be an integer.',
  });
}

class TemplateReader {
  readonly #text: string;
  #at = 0;
  readonly read: Read = {
    year: null,
    month: 1,
    day: 1,
    dayOfYear: null,
    julian: null,
    hour: 0,
    twelve: false,
    pm: null,
    minute: 0,
    second: 0,
    micros: 0,
    bc: false,
    offset: null,
  };

  constructor(text: string) {
    this.#text = text;
  }

  run(parts: readonly TemplatePart[]): Read {
    this.#skipBlanks();
    parts.forEach((part, index) => {
      if (part.pattern === null) this.#literal(part.literal);
      else if (this.#at < this.#text.length) this.#pattern(part, parts[index + 1]);
    });
    return this.read;
  }

  #skipBlanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #literal(literal: string): void {
    for (const char of literal) {
      const own = this.#text[this.#at];
      if (own === undefined) return;
      if (/[\s\p{P}\p{S}]/u.test(char)) {
        if (/[\s\p{P}\p{S}]/u.test(own) && own !== '+' && !(own === '-' && /\s/.test(char)))
          this.#at++;
        this.#skipBlanks();
      } else this.#at++;
    }
  }

  #number(pattern: string, next: TemplatePart | undefined): { value: number; digits: number } {
    this.#skipBlanks();
    const width = WIDTHS[pattern] ?? 2;
    // A fixed width only when another number follows directly.
    const open = next === undefined || next.pattern === null || WIDTHS[next.pattern] === undefined;
    const match = (open ? /^[+-]?\d+/ : new RegExp(`^\\d{1,${width}}`)).exec(
      this.#text.slice(this.#at),
    );
    if (match === null) throw invalidValue(this.#text.slice(this.#at, this.#at + width), pattern);
    this.#at += match[0].length;
    return { value: Number(match[0]), digits: match[0].length };
  }

  #word(words: readonly string[], what: string): number {
    this.#skipBlanks();
    const rest = this.#text.slice(this.#at).toLowerCase();
    const index = words.findIndex((word) => rest.startsWith(word.toLowerCase()));
    if (index < 0) {
      throw new EdgeError(
        'invalid_datetime_format',
        `invalid value "${this.#text.slice(this.#at).split(/\s/)[0] ?? ''}" for "${what}"`,
        {
          detail: 'The given value did not match any of the allowed values for this field.',
        },
      );
    }
    this.#at += (words[index] as string).length;
    return index;
  }

  #pattern(part: TemplatePart, next: TemplatePart | undefined): void {
    const pattern = part.pattern as string;
    const { read } = this;
    switch (pattern.toUpperCase()) {
      case 'MONTH':
        read.month = this.#word(MONTH_NAMES, pattern) + 1;
        return;
      case 'MON':
        read.month =
          this.#word(
            MONTH_NAMES.map((name) => name.slice(0, 3)),
            pattern,
          ) + 1;
        return;
      case 'DAY':
      case 'DY':
        this.#word(
          [
            'sunday',
            'monday',
            'tuesday',
            'wednesday',
            'thursday',
            'friday',
            'saturday',
            'sun',
            'mon',
            'tue',
            'wed',
            'thu',
            'fri',
            'sat',
          ],
          pattern,
        );
        return;
      case 'AM':
      case 'PM':
        read.pm = this.#word(['am', 'pm'], pattern) === 1;
        return;
      case 'A.M.':
      case 'P.M.':
        read.pm = this.#word(['a.m.', 'p.m.'], pattern) === 1;
        return;
      case 'BC':
      case 'AD':
        read.bc = this.#word(['ad', 'bc'], pattern) === 1;
        return;
      case 'TZH': {
        const { value } = this.#number(pattern, undefined);
        read.offset = value * 3600;
        return;
      }
      default:
        this.#numeric(pattern, this.#number(pattern, next));
    }
  }

  #numeric(pattern: string, { value, digits }: { value: number; digits: number }): void {
    const { read } = this;
    switch (pattern) {
      case 'YYYY':
        read.year = value;
        return;
      case 'YYY':
      case 'YY':
      case 'Y':
        read.year =
          digits > 3
            ? value
            : value < 70
              ? value + 2000
              : value < 100
                ? value + 1900
                : value < 520
                  ? value + 2000
                  : value + 1000;
        return;
      case 'MM':
        read.month = value;
        return;
      case 'DD':
        read.day = value;
        return;
      case 'DDD':
        read.dayOfYear = value;
        return;
      case 'J':
        read.julian = value;
        return;
      case 'HH24':
        read.hour = value;
        return;
      case 'HH':
      case 'HH12':
        read.hour = value;
        read.twelve = true;
        return;
      case 'MI':
        read.minute = value;
        return;
      case 'SS':
        read.second = value;
        return;
      case 'SSSS':
      case 'SSSSS':
        read.hour = Math.trunc(value / 3600);
        read.minute = Math.trunc(value / 60) % 60;
        read.second = value % 60;
        return;
      case 'MS':
      case 'US':
      case 'FF1':
      case 'FF2':
      case 'FF3':
      case 'FF4':
      case 'FF5':
      case 'FF6':
        read.micros += Math.trunc(value * 10 ** (6 - digits));
        return;
      case 'TZM':
        read.offset = (read.offset ?? 0) + Math.sign(read.offset ?? 1) * value * 60;
        return;
      default:
        throw notSupported(`template pattern ${pattern} in to_date and to_timestamp`);
    }
  }
}

function overflow(text: string): EdgeError {
  return new EdgeError('datetime_field_overflow', `date/time field value out of range: "${text}"`);
}

function daysOf(read: Read, text: string): number {
  if (read.julian !== null) return read.julian - JULIAN_OF_EPOCH;
  let year = read.year ?? 0;
  if (read.bc && year > 0) year = 1 - year;
  else if (read.year === 0 || read.year === null) year = 0;
  if (read.dayOfYear !== null) {
    if (read.dayOfYear < 1 || read.dayOfYear > 366) throw overflow(text);
    return daysFromCivil(year, 1, 1) + read.dayOfYear - 1;
  }
  if (!isRealDay(year, read.month, read.day)) throw overflow(text);
  return daysFromCivil(year, read.month, read.day);
}

function hourOf(read: Read): number {
  if (!read.twelve) return read.hour;
  if (read.hour < 1 || read.hour > 12) {
    throw new EdgeError(
      'invalid_datetime_format',
      `hour "${read.hour}" is invalid for the 12-hour clock`,
      {
        hint: 'Use the 24-hour clock, or give an hour between 1 and 12.',
      },
    );
  }
  if (read.pm === true) return read.hour === 12 ? 12 : read.hour + 12;
  return read.pm === false && read.hour === 12 ? 0 : read.hour;
}

/** Local days and microseconds that a text gives by a template. @throws EdgeError 22007, 22008, 0A000 */
export function readByTemplate(
  text: string,
  template: string,
): { days: number; local: bigint; offset: number | null } {
  const read = new TemplateReader(text).run(parseTemplate(template));
  const days = daysOf(read, text);
  const hour = hourOf(read);
  if (hour > 24 || read.minute > 59 || read.second > 59) throw overflow(text);
  const seconds = BigInt(hour * 3600 + read.minute * 60 + read.second);
  return {
    days,
    local: BigInt(days) * DAY_MICROS + seconds * 1_000_000n + BigInt(read.micros),
    offset: read.offset,
  };
}
