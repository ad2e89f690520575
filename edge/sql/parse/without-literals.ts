/**
 * A query text with its literals and comments taken out, for logs: names, keywords, signs and `$1` stay, everything
 * else is `?`. It goes by the scanner's tokens and keeps only kinds that it knows to be harmless, so that a
 * kind of literal it has never heard of is taken out too.
 *
 * Names stay as they are, quoted ones included: tables and columns are the administrator's words.
 */
import { LIMITS } from '../../limits.ts';
import type { Grammar, Token } from './grammar.ts';

const COMMENTS: ReadonlySet<string> = new Set(['C_COMMENT', 'SQL_COMMENT']);
const HARMLESS = /^(IDENT|PARAM|ASCII_\d+)$/;
const SIGNS = /^[-+*/<>=~!@#%^&|`?:.,;()[\]]+$/;

function shown({ tokenName, keywordName, text }: Token): string {
  if (keywordName !== 'NO_KEYWORD' || HARMLESS.test(tokenName) || SIGNS.test(text)) return text;
  return '?';
}

/** null for a text that cannot be read. */
export function withoutLiterals(grammar: Grammar, text: string): string | null {
  let tokens: readonly Token[];
  try {
    tokens = grammar.scan(text.slice(0, LIMITS.slowQueryScanCharsMax));
  } catch {
    // Cut in the middle of a literal, perhaps.
    return null;
  }
  let result = '';
  let end = 0;
  for (const token of tokens) {
    if (COMMENTS.has(token.tokenName)) continue;
    if (token.start > end && result !== '') result += ' ';
    result += shown(token);
    end = token.end;
    if (result.length > LIMITS.slowQueryTextMax)
      return `${result.slice(0, LIMITS.slowQueryTextMax)}…`;
  }
  return result;
}
