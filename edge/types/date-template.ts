/**
 * Templates of dates and times, cut into patterns and literal text: what to_char fills and to_date reads by.
 *
 * @see https://www.postgresql.org/docs/15/functions-formatting.html
 */
import { notSupported } from '../errors.ts';

/** Longest first, so that HH24 is not read as HH. */
const PATTERNS = [
  'SSSSS',
  'IYYY',
  'IDDD',
  'HH24',
  'HH12',
  'A.M.',
  'P.M.',
  'a.m.',
  'p.m.',
  'B.C.',
  'A.D.',
  'b.c.',
  'a.d.',
  'YYYY',
  'Y,YYY',
  'SSSS',
  'MONTH',
  'Month',
  'month',
  'DAY',
  'Day',
  'day',
  'MON',
  'Mon',
  'mon',
  'IYY',
  'YYY',
  'DDD',
  'TZH',
  'TZM',
  'FF1',
  'FF2',
  'FF3',
  'FF4',
  'FF5',
  'FF6',
  'HH',
  'MI',
  'SS',
  'MS',
  'US',
  'AM',
  'PM',
  'am',
  'pm',
  'BC',
  'AD',
  'bc',
  'ad',
  'YY',
  'IY',
  'MM',
  'DD',
  'ID',
  'IW',
  'WW',
  'CC',
  'RM',
  'rm',
  'TZ',
  'tz',
  'OF',
  'DY',
  'Dy',
  'dy',
  'Y',
  'I',
  'D',
  'W',
  'J',
  'Q',
] as const;
const CASE_BLIND: ReadonlySet<string> = new Set([
  'MONTH',
  'DAY',
  'MON',
  'DY',
  'AM',
  'PM',
  'A.M.',
  'P.M.',
  'BC',
  'AD',
  'B.C.',
  'A.D.',
  'RM',
  'TZ',
]);

export type Pattern = (typeof PATTERNS)[number];

export interface TemplatePart {
  readonly pattern: Pattern | null;
  readonly literal: string;
  readonly fill: boolean;
  readonly ordinal: 'TH' | 'th' | null;
}

function patternAt(template: string, at: number): Pattern | null {
  for (const pattern of PATTERNS) {
    const text = template.slice(at, at + pattern.length);
    if (text === pattern) return pattern;
    // Numeric patterns may be written in either case; those with words say by their case how the words look.
    if (text.toUpperCase() === pattern && !CASE_BLIND.has(pattern)) return pattern;
  }
  return null;
}

/** Cuts a template into patterns and literal text. */
export function parseTemplate(template: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let at = 0;
  while (at < template.length) {
    let fill = true;
    if (/^fm/i.test(template.slice(at, at + 2))) {
      fill = false;
      at += 2;
    } else if (/^fx/i.test(template.slice(at, at + 2))) {
      at += 2;
      continue;
    } else if (template.slice(at, at + 2) === 'TM')
      throw notSupported('the TM modifier of a template');
    const pattern = patternAt(template, at);
    if (pattern !== null) {
      at += pattern.length;
      const suffix = template.slice(at, at + 2);
      const ordinal = suffix === 'TH' || suffix === 'th' ? suffix : null;
      if (ordinal !== null) at += 2;
      parts.push({ pattern, literal: '', fill, ordinal });
      continue;
    }
    if (template[at] === '"') {
      const end = template.indexOf('"', at + 1);
      parts.push({
        pattern: null,
        literal: template.slice(at + 1, end < 0 ? undefined : end),
        fill,
        ordinal: null,
      });
      at = end < 0 ? template.length : end + 1;
      continue;
    }
    if (template[at] === '\\' && template[at + 1] === '"') at++;
    const literal = template.slice(at, at + 1);
    at++;
    if (literal !== '') parts.push({ pattern: null, literal, fill, ordinal: null });
  }
  return parts;
}
