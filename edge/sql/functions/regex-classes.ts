/**
 * Character classes of regular expressions as ranges that JavaScript reads without its `u` flag, and the cases of
 * letters. Classes follow C.UTF-8: letters and digits of every script.
 */
import { EdgeError, notSupported } from '../../errors.ts';

/** 2201B. */
export function invalid(what: string): EdgeError {
  return new EdgeError('invalid_regular_expression', `invalid regular expression: ${what}`);
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alpha: /\p{L}/u,
  alnum: /[\p{L}\p{N}]/u,
  upper: /\p{Lu}/u,
  lower: /\p{Ll}/u,
  punct: /[!-/:-@[-`{-~\p{P}]/u,
  space: /[\t-\r \u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]/u,
  digit: /[0-9]/u,
  xdigit: /[0-9A-Fa-f]/u,
  blank: /[ \t]/u,
  cntrl: /[\u0000-\u001f\u007f-\u009f]/u,
  print: /[^\u0000-\u001f\u007f-\u009f]/u,
  graph: /[^\u0000-\u0020\u007f-\u009f]/u,
  word: /[\p{L}\p{N}_]/u,
  ascii: /[\u0000-\u007f]/u,
};

const RANGES = new Map<string, string>();

/** A code unit, escaped. */
export function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Ranges of a class within the basic plane, for inside brackets: works without the `u` flag. */
export function classRanges(name: string): string {
  const known = RANGES.get(name);
  if (known !== undefined) return known;
  const test = CLASSES[name];
  if (test === undefined) throw invalid('invalid character class');
  let ranges = '';
  let start = -1;
  for (let code = 0; code <= 0x10000; code++) {
    const inside =
      code < 0x10000 && (code < 0xd800 || code > 0xdfff) && test.test(String.fromCharCode(code));
    if (inside && start < 0) start = code;
    else if (!inside && start >= 0) {
      ranges += code - 1 === start ? unit(start) : `${unit(start)}-${unit(code - 1)}`;
      start = -1;
    }
  }
  RANGES.set(name, ranges);
  return ranges;
}

/** A letter in its cases, each one unit; other characters alone. */
export function casesOf(char: string): string {
  const upper = char.toUpperCase();
  const lower = char.toLowerCase();
  return [...new Set([char, upper, lower].filter((one) => one.length === 1))].join('');
}

/** Longest range that is widened letter by letter. */
const CASED_RANGE_MAX = 4096;

/** The other cases of a range's letters. @throws EdgeError 0A000 for very long ranges */
export function otherCases(from: number, to: number): string {
  if (to - from > CASED_RANGE_MAX)
    throw notSupported('a long character range in a match without case');
  let others = '';
  for (let code = from; code <= to; code++) {
    const char = String.fromCharCode(code);
    for (const other of casesOf(char)) if (other !== char) others += other;
  }
  return others;
}
