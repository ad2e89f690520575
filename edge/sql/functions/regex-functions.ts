/**
 * ~, regexp_replace, regexp_match, substring by pattern, SIMILAR TO. Patterns are compiled once and kept. Where a
 * pattern is ambiguous the longest match is searched for, as POSIX has it; JavaScript alone takes the first.
 *
 * It does not promise POSIX's choice between matches of the same length: which branch of `(b|bc)(cd|d)` a group holds
 * may differ from PostgreSQL's.
 */
import { EdgeError, notSupported } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { storeArray } from '../../types/array-value.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { isSimple } from './characters.ts';
import { bool, scalar, strict, textAt } from './define.ts';
import { invalid } from './regex-classes.ts';
import type { RegexOptions, Translated } from './regex-translation.ts';
import { DEFAULT_OPTIONS, translateRegex, withFlags } from './regex-translation.ts';

interface Compiled {
  /** Finds the leftmost match from lastIndex on. */
  readonly search: RegExp;
  /** The same, anchored at lastIndex, over a text cut where the match must end. Null where JavaScript's is right. */
  readonly whole: RegExp | null;
  /** The same where what follows the match matters: over the whole text, so many characters before its end. */
  readonly wholeBefore: ((rest: number) => RegExp) | null;
  /** Characters that the longest match can have, where the pattern says so. */
  readonly lengthMax: number;
  /** Longest text that it may be matched with: beyond it the cost has no bound. */
  readonly textMax: number;
}

const COMPILED = new Map<string, Compiled>();
const COMPILED_MAX = 256;
/** A try that compiles a pattern of its own costs as much as so many others. */
const UNCUT_TRY_COST = 100;

function build(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    throw new EdgeError('invalid_regular_expression', invalid('cannot be read').message, { cause });
  }
}

function compile(pattern: string, options: RegexOptions, simple: boolean): Compiled {
  const key = `${simple ? 's' : 'u'}${options.ignoreCase ? 'i' : ''}${options.newline}${options.expanded ? 'x' : ''}${options.literal ? 'q' : ''}:${pattern}`;
  const known = COMPILED.get(key);
  if (known !== undefined) return known;
  const translated = translateRegex(pattern, options);
  const flags = `${translated.flags}${simple ? '' : 'u'}`;
  const isAmbiguous = translated.ambiguous && !translated.nonGreedy;
  const compiled: Compiled = {
    search: build(translated.source, `${flags}g`),
    // No look-ahead for the end: the linear engine does not know it, and a text that ends there does.
    whole:
      isAmbiguous && !translated.looksBehindEnd
        ? build(`(?:${translated.source})$`, `${flags}y`)
        : null,
    wholeBefore:
      isAmbiguous && translated.looksBehindEnd
        ? (rest) => build(`(?:${translated.source})(?=[^]{${rest}}(?![^]))`, `${flags}y`)
        : null,
    lengthMax: /[*+{]/.test(pattern) ? Number.POSITIVE_INFINITY : pattern.length,
    textMax: textLengthMax(translated, simple),
  };
  if (COMPILED.size >= COMPILED_MAX) COMPILED.clear();
  COMPILED.set(key, compiled);
  return compiled;
}

/** Where V8 has to backtrack, n characters cost up to n^(repetitions + 1) steps. */
function textLengthMax(translated: Translated, simple: boolean): number {
  if (simple && !translated.backtracks) return Number.POSITIVE_INFINITY;
  if (translated.nested) {
    throw notSupported(
      'a regular expression with nested repetition beside look-around, back-references or astral characters',
    );
  }
  return LIMITS.regexStepsMax ** (1 / (translated.repetitions + 1));
}

function compiledFor(text: string, pattern: string, options: RegexOptions): Compiled {
  const compiled = compile(pattern, options, isSimple(text) && isSimple(pattern));
  if (text.length > compiled.textMax) {
    throw notSupported('this regular expression over a text this long');
  }
  return compiled;
}

/** Tries left to one call for finding longer matches. */
interface Budget {
  tries: number;
}

/** The match at or after `from`: leftmost, then longest. */
function findMatch(
  compiled: Compiled,
  text: string,
  from: number,
  budget: Budget = { tries: LIMITS.regexTriesMax },
): RegExpExecArray | null {
  compiled.search.lastIndex = from;
  const match = compiled.search.exec(text);
  if (match === null || (compiled.whole === null && compiled.wholeBefore === null)) return match;
  const shortest = match.index + match[0].length;
  const end = Math.min(text.length, match.index + compiled.lengthMax);
  for (let stop = end; stop > shortest; stop--) {
    budget.tries -= compiled.whole === null ? UNCUT_TRY_COST : 1;
    if (budget.tries < 0)
      throw notSupported('an ambiguous regular expression over a text this long');
    const whole = compiled.whole ?? compiled.wholeBefore?.(text.length - stop);
    if (whole === undefined) break;
    whole.lastIndex = match.index;
    const longer = whole.exec(compiled.whole === null ? text : text.slice(0, stop));
    if (longer !== null) return longer;
  }
  return match;
}

/** Every match, from left to right; an empty one moves on by a character. */
function* allMatches(compiled: Compiled, text: string): Generator<RegExpExecArray> {
  const budget: Budget = { tries: LIMITS.regexTriesMax };
  let from = 0;
  while (from <= text.length) {
    const match = findMatch(compiled, text, from, budget);
    if (match === null) return;
    yield match;
    const end = match.index + match[0].length;
    from = match[0] === '' ? end + 1 : end;
  }
}

function test(text: string, pattern: string, options: RegexOptions): boolean {
  const compiled = compiledFor(text, pattern, options);
  compiled.search.lastIndex = 0;
  return compiled.search.test(text);
}

const IGNORE_CASE: RegexOptions = { ...DEFAULT_OPTIONS, ignoreCase: true };

function replacementText(template: string, match: RegExpExecArray): string {
  return template.replace(/\\([1-9&\\])?/g, (_whole, what?: string) => {
    if (what === '&') return match[0];
    if (what === undefined || what === '\\') return '\\';
    return match[Number(what)] ?? '';
  });
}

function replace(text: string, pattern: string, template: string, flags: string): string {
  if (/^\d/.test(flags)) {
    throw new EdgeError(
      'invalid_parameter_value',
      `invalid regular expression option: "${flags[0]}"`,
      {
        hint: 'If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.',
      },
    );
  }
  const options = withFlags(DEFAULT_OPTIONS, flags);
  let result = '';
  let at = 0;
  for (const match of allMatches(compiledFor(text, pattern, options), text)) {
    result += text.slice(at, match.index) + replacementText(template, match);
    at = match.index + match[0].length;
    if (result.length > LIMITS.valueBytesMax) {
      throw new EdgeError('program_limit_exceeded', 'requested length too large');
    }
    if (!options.global) break;
  }
  return result + text.slice(at);
}

function captures(match: RegExpExecArray): (string | null)[] {
  if (match.length === 1) return [match[0]];
  return match.slice(1).map((group) => (group as string | undefined) ?? null);
}

function refuseGlobal(options: RegexOptions, name: string, instead: string): void {
  if (!options.global) return;
  throw new EdgeError('invalid_parameter_value', `${name} does not support the "global" option`, {
    hint: `Use the ${instead} function instead.`,
  });
}

function firstCaptures(text: string, pattern: string, flags: string): SqlValue {
  const options = withFlags(DEFAULT_OPTIONS, flags);
  refuseGlobal(options, 'regexp_match()', 'regexp_matches');
  const match = findMatch(compiledFor(text, pattern, options), text, 0);
  return match === null ? null : storeArray(captures(match));
}

/** JSON array of arrays in stored form: json_each gives each row's array text. */
function matchRows(text: string, pattern: string, flags: string): SqlValue {
  const options = withFlags(DEFAULT_OPTIONS, flags);
  const rows: string[] = [];
  for (const match of allMatches(compiledFor(text, pattern, options), text)) {
    rows.push(storeArray(captures(match)));
    if (!options.global) break;
  }
  return storeArray(rows);
}

function split(text: string, pattern: string, flags: string): SqlValue {
  const options = withFlags(DEFAULT_OPTIONS, flags);
  refuseGlobal(options, 'regexp_split_to_array()', 'regexp_split_to_array');
  const parts: string[] = [];
  let at = 0;
  for (const match of allMatches(compiledFor(text, pattern, options), text)) {
    const end = match.index + match[0].length;
    // An empty match at either end, or just after the last one, splits nothing.
    if (match[0] === '' && (match.index === at || match.index >= text.length)) {
      if (match.index === 0 || match.index >= text.length || match.index === at) continue;
    }
    parts.push(text.slice(at, match.index));
    at = end;
  }
  parts.push(text.slice(at));
  return storeArray(parts);
}

function substringByRegex(text: string, pattern: string): SqlValue {
  const match = findMatch(compiledFor(text, pattern, DEFAULT_OPTIONS), text, 0);
  if (match === null) return null;
  return match.length > 1 ? ((match[1] as string | undefined) ?? null) : match[0];
}

function count(text: string, pattern: string): bigint {
  let total = 0n;
  for (const _match of allMatches(compiledFor(text, pattern, DEFAULT_OPTIONS), text)) total++;
  return total;
}

/** SIMILAR TO's pattern as a regular expression. @throws EdgeError 22025 */
export function similarToRegex(pattern: string, escape: string): string {
  if (Array.from(escape).length > 1) {
    throw new EdgeError('invalid_escape_sequence', 'invalid escape string', {
      hint: 'Escape string must be empty or one character.',
    });
  }
  let out = '^(?:';
  let afterEscape = false;
  let inBrackets = false;
  for (const char of pattern) {
    if (afterEscape) {
      if (char === '"' && !inBrackets) {
        throw new EdgeError(
          'feature_not_supported',
          'the escape-double-quote form of SIMILAR TO is not supported',
        );
      }
      out += `\\${char}`;
      afterEscape = false;
    } else if (escape !== '' && char === escape) afterEscape = true;
    else if (inBrackets) {
      if (char === '\\') out += '\\';
      out += char;
      if (char === ']') inBrackets = false;
    } else if (char === '[') {
      out += char;
      inBrackets = true;
    } else if (char === '%') out += '.*';
    else if (char === '_') out += '.';
    else if (char === '(') out += '(?:';
    else if (char === '\\' || char === '.' || char === '^' || char === '$') out += `\\${char}`;
    else out += char;
  }
  return `${out})$`;
}

/** Regular expression functions. */
export const REGEX_FUNCTIONS: readonly ScalarFunction[] = [
  strict('regex_match', 2, (args) => bool(test(textAt(args, 0), textAt(args, 1), DEFAULT_OPTIONS))),
  strict('regex_imatch', 2, (args) => bool(test(textAt(args, 0), textAt(args, 1), IGNORE_CASE))),
  strict('regex_like', 3, (args) =>
    bool(test(textAt(args, 0), textAt(args, 1), withFlags(DEFAULT_OPTIONS, textAt(args, 2)))),
  ),
  strict('regex_replace', 4, (args) =>
    replace(textAt(args, 0), textAt(args, 1), textAt(args, 2), textAt(args, 3)),
  ),
  strict('regex_captures', 3, (args) =>
    firstCaptures(textAt(args, 0), textAt(args, 1), textAt(args, 2)),
  ),
  strict('regex_matches', 3, (args) =>
    matchRows(textAt(args, 0), textAt(args, 1), textAt(args, 2)),
  ),
  strict('regex_split', 3, (args) => split(textAt(args, 0), textAt(args, 1), textAt(args, 2))),
  strict('regex_substr', 2, (args) => substringByRegex(textAt(args, 0), textAt(args, 1))),
  strict('regex_count', 2, (args) => count(textAt(args, 0), textAt(args, 1))),
  scalar('similar_escape', 2, (args) => {
    if (args[0] === null || args[1] === null) return null;
    return similarToRegex(textAt(args, 0), textAt(args, 1));
  }),
  strict('similar_substr', 3, () => {
    throw new EdgeError(
      'feature_not_supported',
      'substring(... SIMILAR ... ESCAPE ...) is not supported',
    );
  }),
];
