/**
 * The shape of a simple query: its text with integers as parameters, so that `… WHERE id = 1` and `… WHERE id = 2`
 * are one plan. Parsing and analysing cost many times what a point select costs.
 *
 * Only what cannot mean anything else is taken: a plain decimal integer that fits int4, behind a name and a single
 * comparison, before a word or sign that ends an operand. There the grammar has the same place for a
 * constant and for `$1`, and the type of both is int4. Anything this lexer is not sure of (comments, dollar
 * quotes, backslashes, parameters, several statements) has no shape. It says nothing of whether a text is
 * valid: a shape is used only when the session has analysed both.
 */

export interface StatementShape {
  /** The text with `$1`, `$2` … for integers. */
  readonly text: string;
  readonly values: readonly bigint[];
}

const INT4_MAX = 2_147_483_647;
const INT4_DIGITS_MAX = 10;
/** A longer text has its cost elsewhere. */
const TEXT_LENGTH_MAX = 4_096;
const VALUES_MAX = 16;

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<', '>', '<=', '>=', '<>', '!=']);
/** Words that end an operand: none is an operator, and none can stand for an alias. */
const ENDING_WORDS: ReadonlySet<string> = new Set(
  'and or where group having order limit offset for returning union except intersect'.split(' '),
);

const KIND = { other: 0, blank: 1, word: 2, digit: 3, operator: 4, unsure: 5 } as const;

const KIND_OF = new Uint8Array(128).fill(KIND.other);
for (const [kind, signs] of [
  [KIND.blank, ' \t\n\r\f'],
  [KIND.word, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_'],
  [KIND.digit, '0123456789'],
  [KIND.operator, '+-*/<>=~!@#%^&|`?'],
  [KIND.unsure, '$\\\v\0'],
] as const) {
  for (const sign of signs) KIND_OF[sign.charCodeAt(0)] = kind;
}

const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const SEMICOLON = 0x3b;
const COMMA = 0x2c;
const CLOSING = 0x29;
const DOT = 0x2e;

function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  // Letters beyond ASCII may stand in names; NaN is the end.
  if (code >= 128) return KIND.unsure;
  return KIND_OF[code] ?? KIND.other;
}

function isWordPart(text: string, at: number): boolean {
  const kind = kindAt(text, at);
  return kind === KIND.word || kind === KIND.digit || kind === KIND.unsure;
}

/** Reads a text once, from left to right. */
class ShapeReader {
  readonly #text: string;
  #at = 0;
  /** What stands before: a name, or a name and a comparison. */
  #before: 'name' | 'comparison' | 'other' = 'other';
  #shape = '';
  #copied = 0;
  readonly #values: bigint[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): StatementShape | null {
    const text = this.#text;
    if (text.length > TEXT_LENGTH_MAX || !/^(?:select|update|delete)\b/i.test(text)) return null;
    while (this.#at < text.length) {
      if (!this.#readToken()) return null;
    }
    if (this.#values.length === 0) return null;
    return { text: this.#shape + text.slice(this.#copied), values: this.#values };
  }

  /** False when the text is better left alone. */
  #readToken(): boolean {
    switch (kindAt(this.#text, this.#at)) {
      case KIND.blank:
        this.#at++;
        return true;
      case KIND.word:
        return this.#readWord();
      case KIND.digit:
        return this.#readNumber();
      case KIND.operator:
        return this.#readOperator();
      case KIND.unsure:
        return false;
      default:
        return this.#readSign();
    }
  }

  #readWord(): boolean {
    while (isWordPart(this.#text, this.#at)) {
      if (kindAt(this.#text, this.#at) === KIND.unsure) return false;
      this.#at++;
    }
    // E'…', B'…', U&'…' and N'…' have rules of their own.
    const code = this.#text.charCodeAt(this.#at);
    if (code === QUOTE || code === 0x26) return false;
    this.#before = 'name';
    return true;
  }

  #readNumber(): boolean {
    const start = this.#at;
    const isOperand = this.#before === 'comparison';
    while (kindAt(this.#text, this.#at) === KIND.digit) this.#at++;
    const end = this.#at;
    this.#before = 'other';
    if (isWordPart(this.#text, end)) return false;
    if (this.#text.charCodeAt(end) === DOT) return this.#readFraction();
    if (!isOperand || end - start > INT4_DIGITS_MAX || !endsOperand(this.#text, end)) return true;
    const value = Number(this.#text.slice(start, end));
    if (value > INT4_MAX) return true;
    if (this.#values.push(BigInt(value)) > VALUES_MAX) return false;
    this.#shape += `${this.#text.slice(this.#copied, start)}$${this.#values.length}`;
    this.#copied = end;
    return true;
  }

  #readFraction(): boolean {
    this.#at++;
    while (kindAt(this.#text, this.#at) === KIND.digit) this.#at++;
    return !isWordPart(this.#text, this.#at);
  }

  #readOperator(): boolean {
    const start = this.#at;
    while (kindAt(this.#text, this.#at) === KIND.operator) this.#at++;
    const operator = this.#text.slice(start, this.#at);
    if (operator.includes('--') || operator.includes('/*')) return false;
    const compares = this.#before === 'name' && COMPARISONS.has(operator);
    this.#before = compares ? 'comparison' : 'other';
    return true;
  }

  #readSign(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    this.#at++;
    if (code === SEMICOLON) return this.#text.slice(this.#at).trim() === '';
    if (code !== QUOTE && code !== DOUBLE_QUOTE) {
      this.#before = 'other';
      return true;
    }
    // Two quotes in a row are one of the text; as two texts they end at the same place.
    const end = this.#text.indexOf(String.fromCharCode(code), this.#at);
    if (end < 0 || this.#text.slice(this.#at, end).includes('\\')) return false;
    this.#at = end + 1;
    this.#before = code === DOUBLE_QUOTE ? 'name' : 'other';
    return true;
  }
}

function endsOperand(text: string, at: number): boolean {
  let next = at;
  while (kindAt(text, next) === KIND.blank) next++;
  if (next >= text.length) return true;
  const code = text.charCodeAt(next);
  if (code === SEMICOLON || code === COMMA || code === CLOSING) return true;
  let end = next;
  while (kindAt(text, end) === KIND.word) end++;
  return ENDING_WORDS.has(text.slice(next, end).toLowerCase()) && !isWordPart(text, end);
}

/** The shape of a text, or null where it has none. */
export function statementShape(text: string): StatementShape | null {
  return new ShapeReader(text).read();
}
