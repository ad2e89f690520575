/**
 * PostgreSQL's regular expressions (ARE) as JavaScript's. What has no true counterpart is refused with 0A000; a
 * pattern that JavaScript cannot read is 2201B.
 *
 * Backtracking: V8 is told to fall back to its linear engine when a match backtracks too much; that engine knows no
 * back-references, lookaround or astral characters: with those the caller bounds the cost beforehand.
 *
 * @see https://www.postgresql.org/docs/15/functions-matching.html#FUNCTIONS-POSIX-REGEXP
 */
import { setFlagsFromString } from 'node:v8';
import { EdgeError, notSupported } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { casesOf, classRanges, invalid, otherCases, unit } from './regex-classes.ts';

const BACKTRACKS_MAX = 20_000;
/** Copies of a group that bounded repetitions may make. */
const COPIES_MAX = 5_000;
/** A repetition with no more choices than this counts as bounded. */
const SMALL_REPETITION_MAX = 8;
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
setFlagsFromString(`--regexp-backtracks-before-fallback=${BACKTRACKS_MAX}`);

/** Flags of the regexp_* functions, and of (?...) at a pattern's head. */
export interface RegexOptions {
  readonly ignoreCase: boolean;
  /** `n`, `m`: newline ends lines and `.` does not match it. `p`: only the latter; `w`: only the former. */
  readonly newline: 'none' | 'full' | 'partial' | 'weird';
  readonly global: boolean;
  readonly expanded: boolean;
  readonly literal: boolean;
}

/** A translated pattern. */
export interface Translated {
  readonly source: string;
  readonly flags: string;
  /** An alternation or optional group: JavaScript's first match may not be PostgreSQL's longest. */
  readonly ambiguous: boolean;
  readonly nonGreedy: boolean;
  /** `$`, a word's end or a look-ahead: what follows the match matters to it. */
  readonly looksBehindEnd: boolean;
  /** Look-around or back-references: V8 cannot fall back to its linear engine. */
  readonly backtracks: boolean;
  /** A repetition of something that can itself match in several ways: exponential when it backtracks. */
  readonly nested: boolean;
  /** Repetitions without a small bound: the degree of the polynomial that backtracking costs. */
  readonly repetitions: number;
}

const SHORTHANDS: Readonly<Record<string, string>> = { d: 'digit', s: 'space', w: 'word' };
const CONTROL: Readonly<Record<string, string>> = {
  n: '\\n',
  r: '\\r',
  t: '\\t',
  f: '\\f',
  v: '\\v',
  a: '\\x07',
  b: '\\x08',
  e: '\\x1b',
  B: '\\\\',
};
const SPECIAL = /[\\^$.*+?()[\]{}|/]/;

class Translator {
  readonly #pattern: string;
  readonly #options: RegexOptions;
  #at = 0;
  #out = '';
  #ambiguous = false;
  #nonGreedy = false;
  #needsBacktracking = false;
  #hasReference = false;
  #looksBehindEnd = false;
  #repetitions = 0;
  #copies = 1;
  /** For each open group: can it match one text in several ways? */
  readonly #groups: boolean[] = [false];
  #nested = false;
  #lastGroupUnbounded = false;
  #afterGroup = false;

  constructor(pattern: string, options: RegexOptions) {
    this.#pattern = pattern;
    this.#options = options;
  }

  run(): Translated {
    while (this.#at < this.#pattern.length) this.#step();
    if (this.#groups.length > 1) throw invalid('parentheses () not balanced');
    return {
      source: this.#out,
      flags: this.#options.ignoreCase && this.#hasReference ? 'i' : '',
      ambiguous: this.#ambiguous,
      nonGreedy: this.#nonGreedy,
      looksBehindEnd: this.#looksBehindEnd,
      backtracks: this.#needsBacktracking,
      nested: this.#nested,
      repetitions: this.#repetitions,
    };
  }

  get #lines(): boolean {
    return this.#options.newline === 'full' || this.#options.newline === 'weird';
  }

  get #dotStops(): boolean {
    return this.#options.newline === 'full' || this.#options.newline === 'partial';
  }

  #step(): void {
    const char = this.#pattern[this.#at] as string;
    const afterGroup = this.#afterGroup;
    this.#afterGroup = false;
    switch (char) {
      case '\\':
        return this.#escape();
      case '[':
        return this.#bracket();
      case '(':
        return this.#open();
      case ')':
        return this.#close();
      case '|':
        this.#ambiguous = true;
        this.#groups[this.#groups.length - 1] = true;
        return this.#emit('|', 1);
      case '.':
        return this.#emit(this.#dotStops ? '[^\\n]' : '[^]', 1);
      case '^':
        if (this.#lines) this.#needsBacktracking = true;
        return this.#emit(this.#lines ? '(?:^|(?<=\\n))' : '^', 1);
      case '$':
        if (this.#lines) this.#needsBacktracking = true;
        this.#looksBehindEnd = true;
        return this.#emit(this.#lines ? '(?:$|(?=\\n))' : '$', 1);
      case '*':
      case '+':
      case '?':
        return this.#quantifier(char, afterGroup);
      case '{':
        return this.#braces(afterGroup);
      case '/':
      case '}':
      case ']':
        return this.#emit(`\\${char}`, 1);
      default:
        return this.#plain(char);
    }
  }

  #plain(char: string): void {
    if (this.#options.expanded && /\s/.test(char)) {
      this.#at++;
      return;
    }
    if (this.#options.expanded && char === '#') {
      const end = this.#pattern.indexOf('\n', this.#at);
      this.#at = end < 0 ? this.#pattern.length : end + 1;
      return;
    }
    this.#emit(this.#bothCases(char), 1);
  }

  /** The linear engine knows no `i` flag: a letter becomes the class of its cases. */
  #bothCases(char: string): string {
    const cases = this.#options.ignoreCase ? casesOf(char) : char;
    return cases.length > 1 ? `[${cases}]` : char;
  }

  #emit(text: string, length: number): void {
    this.#out += text;
    this.#at += length;
  }

  #open(): void {
    const rest = this.#pattern.slice(this.#at);
    const head = /^\(\?(?::|=|!|<=|<!)/.exec(rest)?.[0] ?? '(';
    if (head === '(' && rest.startsWith('(?')) throw invalid('quantifier operand invalid');
    if (head.length > 1 && head !== '(?:') {
      this.#needsBacktracking = true;
      this.#looksBehindEnd = true;
    }
    this.#groups.push(false);
    this.#emit(head, head.length);
  }

  #close(): void {
    if (this.#groups.length === 1) throw invalid('parentheses () not balanced');
    const unbounded = this.#groups.pop() as boolean;
    if (unbounded) this.#groups[this.#groups.length - 1] = true;
    this.#lastGroupUnbounded = unbounded;
    this.#afterGroup = true;
    this.#emit(')', 1);
  }

  #noteRepeat(low: number, high: number, afterGroup: boolean): void {
    if (afterGroup) {
      this.#ambiguous = true;
      if (high > 1 && this.#lastGroupUnbounded) this.#nested = true;
      // A bounded repetition is compiled by copying what it repeats.
      if (high !== Infinity) this.#copies *= Math.max(1, high);
      if (this.#copies > COPIES_MAX) throw invalid('regular expression is too complex');
    }
    if (high !== low) this.#groups[this.#groups.length - 1] = true;
    if (high - low > SMALL_REPETITION_MAX) this.#repetitions++;
    if (this.#pattern[this.#at] === '?') {
      this.#nonGreedy = true;
      this.#emit('?', 1);
    }
    if (/^[*+?]|^\{\d/.test(this.#pattern.slice(this.#at)))
      throw invalid('quantifier operand invalid');
  }

  #quantifier(char: string, afterGroup: boolean): void {
    if (this.#out === '' || /(?:^|[^\\])[(|^]$/.test(this.#out))
      throw invalid('quantifier operand invalid');
    this.#emit(char, 1);
    this.#noteRepeat(char === '+' ? 1 : 0, char === '?' ? 1 : Infinity, afterGroup);
  }

  #braces(afterGroup: boolean): void {
    const bound = /^\{(\d+)(,?)(\d*)\}/.exec(this.#pattern.slice(this.#at));
    if (bound === null) {
      if (/^\{\d/.test(this.#pattern.slice(this.#at))) throw invalid('braces {} not balanced');
      return this.#emit('\\{', 1);
    }
    const low = Number(bound[1]);
    const high = bound[3] !== '' ? Number(bound[3]) : bound[2] === ',' ? Infinity : low;
    if (low > 255 || (high > 255 && high !== Infinity) || high < low)
      throw invalid('invalid repetition count(s)');
    if (this.#out === '') throw invalid('quantifier operand invalid');
    this.#emit(bound[0], bound[0].length);
    this.#noteRepeat(low, high, afterGroup);
  }

  #escape(): void {
    const letter = this.#pattern[this.#at + 1];
    if (letter === undefined) throw invalid('invalid escape \\ sequence');
    const shorthand = SHORTHANDS[letter.toLowerCase()];
    if (shorthand !== undefined) {
      const negated = letter !== letter.toLowerCase();
      return this.#emit(`[${negated ? '^' : ''}${classRanges(shorthand)}]`, 2);
    }
    const word = classRanges('word');
    switch (letter) {
      case 'm':
        this.#looksBehindEnd = true;
        this.#needsBacktracking = true;
        return this.#emit(`(?<![${word}])(?=[${word}])`, 2);
      case 'M':
        this.#looksBehindEnd = true;
        this.#needsBacktracking = true;
        return this.#emit(`(?<=[${word}])(?![${word}])`, 2);
      case 'y':
        this.#looksBehindEnd = true;
        this.#needsBacktracking = true;
        return this.#emit(`(?:(?<![${word}])(?=[${word}])|(?<=[${word}])(?![${word}]))`, 2);
      case 'Y':
        throw notSupported('\\Y in a regular expression');
      case 'A':
        return this.#emit('^', 2);
      case 'Z':
        this.#looksBehindEnd = true;
        return this.#emit('$', 2);
      case 'x':
      case 'u':
      case 'U':
      case 'c':
        return this.#codeEscape(letter);
      default:
        break;
    }
    const control = CONTROL[letter];
    if (control !== undefined) return this.#emit(control, 2);
    if (/[1-9]/.test(letter)) {
      this.#needsBacktracking = true;
      this.#hasReference = true;
      return this.#emit(`\\${letter}(?:)`, 2);
    }
    if (/[a-zA-Z0]/.test(letter)) throw invalid('invalid escape \\ sequence');
    return this.#emit(SPECIAL.test(letter) ? `\\${letter}` : this.#bothCases(letter), 2);
  }

  #codeEscape(letter: string): void {
    const digits =
      letter === 'u' ? /^[0-9a-f]{4}/i : letter === 'U' ? /^[0-9a-f]{8}/i : /^[0-9a-f]+/i;
    const hex = digits.exec(this.#pattern.slice(this.#at + 2))?.[0];
    const code = hex === undefined ? NaN : Number.parseInt(hex, 16);
    if (hex === undefined || letter === 'c' || code > 0xffff)
      throw invalid('invalid escape \\ sequence');
    this.#emit(unit(code), 2 + hex.length);
  }

  #bracket(): void {
    const pattern = this.#pattern;
    if (pattern.startsWith('[[:<:]]', this.#at) || pattern.startsWith('[[:>:]]', this.#at)) {
      throw notSupported('[[:<:]] and [[:>:]] in a regular expression');
    }
    let at = this.#at + 1;
    let out = '[';
    if (pattern[at] === '^') {
      out += '^';
      if (this.#dotStops) out += '\\n';
      at++;
    }
    const first = at;
    for (;;) {
      const char = pattern[at];
      if (char === undefined) throw invalid('brackets [] not balanced');
      if (char === ']' && at > first) break;
      if (char === '[' && pattern[at + 1] === ':') {
        const end = pattern.indexOf(':]', at);
        if (end < 0) throw invalid('invalid character class');
        out += this.#classRanges(pattern.slice(at + 2, end));
        at = end + 2;
      } else if (char === '[' && (pattern[at + 1] === '.' || pattern[at + 1] === '=')) {
        throw notSupported('a collating element in a regular expression');
      } else if (char === '\\') {
        const { text, length } = this.#bracketEscape(at);
        out += text;
        at += length;
      } else {
        const { text, length } = this.#bracketChars(at);
        out += text;
        at += length;
      }
    }
    this.#emit(`${out}]`, at + 1 - this.#at);
  }

  /** In a match without case `[[:upper:]]` is any letter. */
  #classRanges(name: string): string {
    const caseClass = name === 'upper' || name === 'lower';
    return classRanges(this.#options.ignoreCase && caseClass ? 'alpha' : name);
  }

  /** A character or a range inside brackets, with the other case beside it where case is ignored. */
  #bracketChars(at: number): { text: string; length: number } {
    const pattern = this.#pattern;
    const char = pattern[at] as string;
    const quote = (one: string): string => (/[[\]^-]/.test(one) ? `\\${one}` : one);
    const last = pattern[at + 2];
    const isRange =
      pattern[at + 1] === '-' &&
      last !== undefined &&
      last !== ']' &&
      last !== '[' &&
      last !== '\\';
    if (!isRange) {
      const cases = this.#options.ignoreCase ? casesOf(char) : char;
      return { text: cases.length > 1 ? cases : quote(char), length: 1 };
    }
    if (last < char) throw invalid('invalid character range');
    let text = `${quote(char)}-${quote(last)}`;
    if (this.#options.ignoreCase) text += otherCases(char.charCodeAt(0), last.charCodeAt(0));
    return { text, length: 3 };
  }

  #bracketEscape(at: number): { text: string; length: number } {
    const letter = this.#pattern[at + 1];
    if (letter === undefined) throw invalid('invalid escape \\ sequence');
    const shorthand = SHORTHANDS[letter];
    if (shorthand !== undefined) return { text: classRanges(shorthand), length: 2 };
    const control = CONTROL[letter];
    if (control !== undefined) return { text: control, length: 2 };
    if (/[a-zA-Z0-9]/.test(letter)) throw invalid('invalid escape \\ sequence');
    return { text: `\\${letter}`, length: 2 };
  }
}

const ESCAPE_ALL = /[\\^$.*+?()[\]{}|/-]/g;

/** Translates a pattern. Options at its head, `(?i)`, win. @throws EdgeError 2201B, 0A000 */
export function translateRegex(pattern: string, options: RegexOptions): Translated {
  if (pattern.length > LIMITS.regexCharsMax) throw invalid('regular expression is too complex');
  let source = pattern;
  let settings = options;
  if (source.startsWith('***=')) settings = { ...settings, literal: true };
  if (source.startsWith('***')) source = source.slice(4);
  const embedded = /^\(\?([a-z]+)\)/.exec(source);
  if (embedded !== null && !settings.literal) {
    settings = withFlags(settings, embedded[1] as string, false);
    source = source.slice(embedded[0].length);
  }
  if (settings.literal) {
    return {
      source: source.replace(ESCAPE_ALL, '\\$&'),
      // A literal cannot backtrack: the flag is harmless here.
      flags: settings.ignoreCase ? 'i' : '',
      ambiguous: false,
      nonGreedy: false,
      looksBehindEnd: false,
      backtracks: false,
      nested: false,
      repetitions: 0,
    };
  }
  return new Translator(source, settings).run();
}

export const DEFAULT_OPTIONS: RegexOptions = {
  ignoreCase: false,
  newline: 'none',
  global: false,
  expanded: false,
  literal: false,
};

/** Applies the flags argument of the regexp_* functions. @throws EdgeError 22023 */
export function withFlags(
  options: RegexOptions,
  flags: string,
  functionFlags = true,
): RegexOptions {
  let result = options;
  for (const flag of flags) {
    if (flag === 'i') result = { ...result, ignoreCase: true };
    else if (flag === 'c') result = { ...result, ignoreCase: false };
    else if (flag === 'n' || flag === 'm') result = { ...result, newline: 'full' };
    else if (flag === 's') result = { ...result, newline: 'none' };
    else if (flag === 'p') result = { ...result, newline: 'partial' };
    else if (flag === 'w') result = { ...result, newline: 'weird' };
    else if (flag === 'x') result = { ...result, expanded: true };
    else if (flag === 't') result = { ...result, expanded: false };
    else if (flag === 'q') result = { ...result, literal: true };
    else if (flag === 'g' && functionFlags) result = { ...result, global: true };
    else if (flag !== 'e') {
      throw new EdgeError(
        'invalid_parameter_value',
        `invalid regular expression option: "${flag}"`,
      );
    }
  }
  return result;
}
