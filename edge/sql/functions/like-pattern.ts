/**
 * LIKE and ILIKE: a direct matcher over characters, without regular expressions, so that no pattern can make it
 * exponential (`%a%a%a%` is quadratic at worst).
 */
import { EdgeError } from '../../errors.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import { isSimple, lowerText } from './characters.ts';
import { bool, strict, textAt } from './define.ts';

/** A literal character, or what a wildcard stands for. */
type Part = string | typeof ONE | typeof MANY;
const ONE = 1;
const MANY = 2;

function invalidEscape(): EdgeError {
  return new EdgeError(
    'invalid_escape_sequence',
    'LIKE pattern must not end with escape character',
  );
}

function parsePattern(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  const chars = isSimple(pattern) ? pattern : Array.from(pattern);
  for (let index = 0; index < chars.length; index++) {
    const char = chars[index] as string;
    if (char === '%') {
      if (parts.at(-1) !== MANY) parts.push(MANY);
    } else if (char === '_') parts.push(ONE);
    else if (char === '\\') {
      const escaped = chars[++index];
      if (escaped === undefined) parts.push('\\end');
      else parts.push(escaped);
    } else parts.push(char);
  }
  return parts;
}

/** Patterns repeat from row to row: the last few are kept parsed. */
const PARSED = new Map<string, readonly Part[]>();
const PARSED_MAX = 64;

function parsedPattern(pattern: string): readonly Part[] {
  let parts = PARSED.get(pattern);
  if (parts === undefined) {
    parts = parsePattern(pattern);
    if (PARSED.size >= PARSED_MAX) PARSED.clear();
    PARSED.set(pattern, parts);
  }
  return parts;
}

/** Does the text match? Backslash escapes, as in PostgreSQL's default. @throws EdgeError 22025 */
export function matchesLike(text: string, pattern: string): boolean {
  const parts = parsedPattern(pattern);
  const chars: ArrayLike<string> = isSimple(text) ? text : Array.from(text);
  let at = 0;
  let part = 0;
  let retryPart = -1;
  let retryAt = 0;
  for (;;) {
    const wanted = parts[part];
    // PostgreSQL raises only when the match gets as far as the lone escape.
    if (wanted === '\\end' && at < chars.length) throw invalidEscape();
    if (wanted === MANY) {
      retryPart = ++part;
      retryAt = at;
      if (part === parts.length) return true;
      continue;
    }
    if (at === chars.length) return part === parts.length;
    if (wanted !== undefined && (wanted === ONE || wanted === chars[at])) {
      part++;
      at++;
      continue;
    }
    if (retryPart < 0) return false;
    part = retryPart;
    at = ++retryAt;
  }
}

/** like_escape: a pattern with another escape character, rewritten to the backslash. @throws EdgeError 22025 */
export function rewriteEscape(pattern: string, escape: string): string {
  if (escape === '\\') return pattern;
  if (Array.from(escape).length > 1) {
    throw new EdgeError('invalid_escape_sequence', 'invalid escape string', {
      hint: 'Escape string must be empty or one character.',
    });
  }
  let result = '';
  let afterEscape = false;
  for (const char of pattern) {
    if (escape !== '' && char === escape && !afterEscape) {
      result += '\\';
      afterEscape = true;
    } else if (char === '\\') {
      result += afterEscape ? '\\' : '\\\\';
      afterEscape = false;
    } else {
      result += char;
      afterEscape = false;
    }
  }
  return result;
}

/** LIKE, ILIKE and ESCAPE. */
export const LIKE_FUNCTIONS: readonly ScalarFunction[] = [
  strict('like', 2, (args) => bool(matchesLike(textAt(args, 0), textAt(args, 1)))),
  strict('ilike', 2, (args) =>
    bool(matchesLike(lowerText(textAt(args, 0)), lowerText(textAt(args, 1)))),
  ),
  strict('like_escape', 2, (args) => rewriteEscape(textAt(args, 0), textAt(args, 1))),
];
