/**
 * Text as PostgreSQL counts it: in code points, not UTF-16 units. Plain texts take the short way.
 */

const SURROGATE = /[\ud800-\udfff]/;

/** True where one unit is one character. */
export function isSimple(text: string): boolean {
  return !SURROGATE.test(text);
}

/** Number of characters. */
export function charLength(text: string): number {
  if (isSimple(text)) return text.length;
  let count = 0;
  for (const _char of text) count++;
  return count;
}

/** Characters [from, to), counted from 0. */
export function sliceChars(text: string, from: number, to?: number): string {
  if (isSimple(text))
    return text.slice(Math.max(0, from), to === undefined ? undefined : Math.max(0, to));
  return Array.from(text)
    .slice(Math.max(0, from), to === undefined ? undefined : Math.max(0, to))
    .join('');
}

function mapChars(text: string, map: (char: string) => string): string {
  let result = '';
  for (const char of text) {
    const mapped = map(char);
    // towupper and towlower are one to one: what would grow stays as it is.
    result += mapped.length === char.length || charLength(mapped) === 1 ? mapped : char;
  }
  return result;
}

const ASCII = /^[\u0000-\u007f]*$/;

export function upperText(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : mapChars(text, (char) => char.toUpperCase());
}

export function lowerText(text: string): string {
  // towlower turns the dotted capital I into a plain i; JavaScript keeps the dot as a mark.
  if (text.includes('\u0130')) return lowerText(text.replaceAll('\u0130', 'i'));
  return ASCII.test(text) ? text.toLowerCase() : mapChars(text, (char) => char.toLowerCase());
}

const ALNUM = /[\p{L}\p{N}]/u;

/** First letter of each word upper, the rest lower; words are letters and digits. */
export function initcapText(text: string): string {
  let inWord = false;
  let result = '';
  for (const char of text) {
    result += inWord ? lowerText(char) : upperText(char);
    inWord = ALNUM.test(char);
  }
  return result;
}
