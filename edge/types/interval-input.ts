/**
 * Reads intervals: `1 year 2 mons`, `-3 days 04:05:06.7`, `1-2`, `@ 5 minutes ago`, `P1Y2M3DT4H`. Fields are taken
 * from the right, as PostgreSQL does, because a bare number means days when a time follows and seconds when not.
 *
 * It does not promise PostgreSQL's tolerance for stray punctuation.
 */
import { EdgeError } from '../errors.ts';
import type { Interval } from './interval.ts';
import { checkedInterval, roundHalfEven } from './interval.ts';

type Unit = 'us' | 'ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'mon' | 'y' | 'dec' | 'c' | 'mil';

const WORDS: Readonly<Record<Unit, string>> = {
  us: 'us usec usecs usecond useconds microsecond microseconds microsecon',
  ms: 'ms msec msecs msecond mseconds millisecond milliseconds millisecon',
  s: 's sec secs second seconds',
  m: 'm min mins minute minutes',
  h: 'h hr hrs hour hours',
  d: 'd day days',
  w: 'w week weeks',
  mon: 'mon mons month months',
  y: 'y yr yrs year years',
  dec: 'dec decs decade decades',
  c: 'c cent century centuries',
  mil: 'mil mils millennia millennium',
};

const UNITS: ReadonlyMap<string, Unit> = new Map(
  Object.entries(WORDS).flatMap(([unit, words]) =>
    words.split(' ').map((word) => [word, unit as Unit] as const),
  ),
);

/** What a bare last number means: seconds, unless the type says otherwise (`interval '5' day`). */
export type IntervalUnit = Unit;

class Fields {
  months = 0;
  days = 0;
  micros = 0n;
  /** Microseconds that fractions give, added at the end. */
  fraction = 0;

  addMonths(whole: number, fraction: number, factor: number): void {
    this.months += whole * factor + roundHalfEven(fraction * factor);
  }

  addDays(whole: number, fraction: number, factor: number): void {
    const days = fraction * factor;
    const extra = Math.trunc(days);
    this.days += whole * factor + extra;
    this.addMicros(0, days - extra, 86_400_000_000);
  }

  addMicros(whole: number, fraction: number, factor: number): void {
    this.micros += BigInt(whole) * BigInt(factor);
    this.micros += BigInt(roundHalfEven(fraction * factor));
  }

  /** Fields given so far: none may be given twice. */
  readonly #seen = new Set<Unit>();

  /** Notes fields as given; false when one was given before. */
  note(...units: readonly Unit[]): boolean {
    const isNew = units.every((unit) => !this.#seen.has(unit));
    for (const unit of units) this.#seen.add(unit);
    return isNew;
  }

  add(unit: Unit, whole: number, fraction: number): void {
    switch (unit) {
      case 'us':
        return this.addMicros(whole, fraction, 1);
      case 'ms':
        return this.addMicros(whole, fraction, 1000);
      case 's':
        return this.addMicros(whole, fraction, 1_000_000);
      case 'm':
        return this.addMicros(whole, fraction, 60_000_000);
      case 'h':
        return this.addMicros(whole, fraction, 3_600_000_000);
      case 'd':
        return this.addDays(whole, fraction, 1);
      case 'w':
        return this.addDays(whole, fraction, 7);
      case 'mon':
        this.months += whole;
        return this.addDays(0, fraction, 30);
      case 'y':
        return this.addMonths(whole, fraction, 12);
      case 'dec':
        return this.addMonths(whole, fraction, 120);
      case 'c':
        return this.addMonths(whole, fraction, 1200);
      case 'mil':
        return this.addMonths(whole, fraction, 12_000);
    }
  }
}

function invalid(text: string): EdgeError {
  return new EdgeError(
    'invalid_datetime_format',
    `invalid input syntax for type interval: "${text}"`,
  );
}

function fieldOverflow(text: string): EdgeError {
  return new EdgeError('interval_field_overflow', `interval field value out of range: "${text}"`);
}

const TOKEN =
  /\s*(?:([+-]?\d+:\d+(?::\d+(?:\.\d*)?)?)|([+-]?\d+-\d+)(?![\d:])|([+-]?(?:\d+(?:\.\d*)?|\.\d+))|([a-z]+)|([@,]))/iy;

interface Token {
  readonly kind: 'time' | 'years' | 'number' | 'word';
  readonly text: string;
}

function tokens(text: string): readonly Token[] {
  const found: Token[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed);
    if (match === null) throw invalid(text);
    if (match[1] !== undefined) found.push({ kind: 'time', text: match[1] });
    else if (match[2] !== undefined) found.push({ kind: 'years', text: match[2] });
    else if (match[3] !== undefined) found.push({ kind: 'number', text: match[3] });
    else if (match[4] !== undefined) found.push({ kind: 'word', text: match[4].toLowerCase() });
  }
  return found;
}

function splitNumber(text: string, whole: string): { whole: number; fraction: number } {
  const value = Number(text);
  if (Math.abs(value) > 9e15) throw fieldOverflow(whole);
  const integer = Math.trunc(value);
  // The fraction from its own digits, so that 0.1 stays 0.1 after a large whole part.
  const point = text.indexOf('.');
  const digits = point < 0 ? '' : text.slice(point + 1);
  const fraction = digits === '' ? 0 : Number(`0.${digits}`);
  return { whole: integer, fraction: text.startsWith('-') ? -fraction : fraction };
}

function addTime(fields: Fields, text: string, whole: string): void {
  const negative = text.startsWith('-');
  const [hours = '0', minutes = '0', seconds = '0'] = text.replace(/^[+-]/, '').split(':');
  if (Number(minutes) > 59 || Number(seconds) >= 61) throw fieldOverflow(whole);
  const { whole: second, fraction } = splitNumber(seconds, whole);
  const micros =
    BigInt(hours) * 3_600_000_000n +
    BigInt(minutes) * 60_000_000n +
    BigInt(second) * 1_000_000n +
    BigInt(roundHalfEven(fraction * 1_000_000));
  fields.micros += negative ? -micros : micros;
}

function addYears(fields: Fields, text: string, whole: string): void {
  const negative = text.startsWith('-');
  const [years = '0', months = '0'] = text.replace(/^[+-]/, '').split('-');
  if (Number(months) >= 12) throw fieldOverflow(whole);
  const total = Number(years) * 12 + Number(months);
  fields.months += negative ? -total : total;
}

const ISO = /^\s*P(?=.)([^T]*)(?:T(.+))?$/i;
const ISO_PART = /([+-]?\d*\.?\d*)([YMWDHS])/giy;

function parseIso(text: string, date: string, time: string | undefined): Fields {
  const fields = new Fields();
  const read = (part: string, units: Readonly<Record<string, Unit>>): void => {
    ISO_PART.lastIndex = 0;
    while (ISO_PART.lastIndex < part.length) {
      const match = ISO_PART.exec(part);
      const unit = units[(match?.[2] ?? '').toUpperCase()];
      if (match === null || unit === undefined || !/\d/.test(match[1] ?? '')) throw invalid(text);
      const { whole, fraction } = splitNumber(match[1] ?? '', text);
      fields.add(unit, whole, fraction);
    }
  };
  read(date, { Y: 'y', M: 'mon', W: 'w', D: 'd' });
  if (time !== undefined) read(time, { H: 'h', M: 'm', S: 's' });
  return fields;
}

function parseFields(text: string, lastUnit: Unit): Fields {
  const list = tokens(text);
  const fields = new Fields();
  let unit: Unit | null = null;
  let negate = false;
  let seen = false;
  for (let index = list.length - 1; index >= 0; index--) {
    const token = list[index] as Token;
    if (token.kind === 'word') {
      if (token.text === 'ago' && index === list.length - 1) {
        negate = true;
        continue;
      }
      const named = UNITS.get(token.text);
      if (named === undefined || unit !== null || list[index - 1]?.kind !== 'number')
        throw invalid(text);
      unit = named;
      continue;
    }
    seen = true;
    if (token.kind === 'time') {
      if (!fields.note('h', 'm', 's')) throw invalid(text);
      addTime(fields, token.text, text);
      unit = list[index - 1]?.kind === 'number' ? 'd' : null;
    } else if (token.kind === 'years') {
      addYears(fields, token.text, text);
      unit = null;
    } else {
      const { whole, fraction } = splitNumber(token.text, text);
      if (unit === null && index !== list.length - 1) throw invalid(text);
      if (!fields.note(unit ?? lastUnit)) throw invalid(text);
      fields.add(unit ?? lastUnit, whole, fraction);
      unit = null;
    }
  }
  if (!seen) throw invalid(text);
  if (negate) {
    fields.months = -fields.months;
    fields.days = -fields.days;
    fields.micros = -fields.micros;
  }
  return fields;
}

/** The input function of interval. @throws EdgeError 22007, 22015 */
export function parseInterval(text: string, lastUnit: IntervalUnit = 's'): Interval {
  const iso = ISO.exec(text);
  const fields = iso === null ? parseFields(text, lastUnit) : parseIso(text, iso[1] ?? '', iso[2]);
  try {
    return checkedInterval(fields.months, fields.days, fields.micros);
  } catch {
    throw fieldOverflow(text);
  }
}
