/**
 * Reads JSON text into a tree that remembers where each part stood, with PostgreSQL's error details. JSON.parse
 * would lose what PostgreSQL keeps: the digits of numbers, the order and repetition of keys, the text itself.
 *
 * @see https://www.postgresql.org/docs/15/datatype-json.html
 */
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';

/** A part of a JSON text. `start` and `end` delimit its source. */
export type JsonNode =
  | {
      readonly kind: 'null' | 'number' | 'true' | 'false';
      readonly start: number;
      readonly end: number;
    }
  | { readonly kind: 'string'; readonly start: number; readonly end: number; readonly text: string }
  | {
      readonly kind: 'array';
      readonly start: number;
      readonly end: number;
      readonly items: readonly JsonNode[];
    }
  | {
      readonly kind: 'object';
      readonly start: number;
      readonly end: number;
      readonly keys: readonly string[];
      readonly values: readonly JsonNode[];
    };

function fault(detail: string): EdgeError {
  return new EdgeError('invalid_text_representation', 'invalid input syntax for type json', {
    detail,
  });
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BARE = /[A-Za-z0-9_.+$\-\u0080-\uffff]+/y;
const PLAIN_STRING = /[^"\\\u0000-\u001f]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
  '/': '/',
};

class Parser {
  readonly #text: string;
  readonly #decodeStrict: boolean;
  #at = 0;

  constructor(text: string, decodeStrict: boolean) {
    this.#text = text;
    this.#decodeStrict = decodeStrict;
  }

  parse(): JsonNode {
    const node = this.#value(0, 'Expected JSON value');
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected('Expected end of input');
    return node;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  /** The token here, as PostgreSQL's lexer would cut it; throws its lexical errors. */
  #token(): string {
    const char = this.#text[this.#at] as string;
    if ('{}[],:'.includes(char)) return char;
    if (char === '"') {
      const start = this.#at;
      this.#string();
      return this.#text.slice(start, this.#at);
    }
    BARE.lastIndex = this.#at;
    const bare = BARE.exec(this.#text)?.[0] ?? char;
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0] ?? '';
    if (number === bare || bare === 'true' || bare === 'false' || bare === 'null') return bare;
    throw fault(`Token "${bare}" is invalid.`);
  }

  #unexpected(expected: string): EdgeError {
    if (this.#at >= this.#text.length) return fault('The input string ended unexpectedly.');
    return fault(`${expected}, but found "${this.#token()}".`);
  }

  #value(depth: number, expected: string): JsonNode {
    if (depth > LIMITS.jsonNestingMax) {
      throw new EdgeError('statement_too_complex', 'stack depth limit exceeded');
    }
    this.#space();
    const start = this.#at;
    const char = this.#text[start];
    if (char === undefined) throw fault('The input string ended unexpectedly.');
    if (char === '{') return this.#object(depth, start);
    if (char === '[') return this.#array(depth, start);
    if (char === '"') {
      const text = this.#string();
      return { kind: 'string', start, end: this.#at, text };
    }
    const token = this.#token();
    if (token.length === 1 && '}],:'.includes(token)) throw this.#unexpected(expected);
    this.#at += token.length;
    const kind = token === 'true' || token === 'false' || token === 'null' ? token : 'number';
    return { kind, start, end: this.#at };
  }

  #array(depth: number, start: number): JsonNode {
    this.#at++;
    const items: JsonNode[] = [];
    this.#space();
    if (this.#text[this.#at] === ']') this.#at++;
    else {
      for (;;) {
        items.push(this.#value(depth + 1, 'Expected JSON value'));
        this.#space();
        const next = this.#text[this.#at];
        if (next !== ',' && next !== ']') throw this.#unexpected('Expected "," or "]"');
        this.#at++;
        if (next === ']') break;
      }
    }
    return { kind: 'array', start, end: this.#at, items };
  }

  #object(depth: number, start: number): JsonNode {
    this.#at++;
    const keys: string[] = [];
    const values: JsonNode[] = [];
    this.#space();
    if (this.#text[this.#at] === '}') this.#at++;
    else {
      for (;;) {
        this.#space();
        if (this.#text[this.#at] !== '"')
          throw this.#unexpected(keys.length === 0 ? 'Expected string or "}"' : 'Expected string');
        keys.push(this.#string());
        this.#space();
        if (this.#text[this.#at] !== ':') throw this.#unexpected('Expected ":"');
        this.#at++;
        values.push(this.#value(depth + 1, 'Expected JSON value'));
        this.#space();
        const next = this.#text[this.#at];
        if (next !== ',' && next !== '}') throw this.#unexpected('Expected "," or "}"');
        this.#at++;
        if (next === '}') break;
      }
    }
    return { kind: 'object', start, end: this.#at, keys, values };
  }

  #string(): string {
    const start = this.#at;
    this.#at++;
    let text = '';
    for (;;) {
      PLAIN_STRING.lastIndex = this.#at;
      const plain = PLAIN_STRING.exec(this.#text)?.[0] ?? '';
      text += plain;
      this.#at += plain.length;
      const char = this.#text[this.#at];
      if (char === undefined) throw fault(`Token "${this.#text.slice(start)}" is invalid.`);
      if (char === '"') {
        this.#at++;
        return text;
      }
      if (char !== '\\') {
        throw fault(
          `Character with value 0x${char.charCodeAt(0).toString(16).padStart(2, '0')} must be escaped.`,
        );
      }
      text += this.#escape(start);
    }
  }

  #escape(start: number): string {
    const letter = this.#text[this.#at + 1];
    if (letter === undefined) throw fault(`Token "${this.#text.slice(start)}" is invalid.`);
    if (letter !== 'u') {
      const char = ESCAPES[letter];
      if (char === undefined) throw fault(`Escape sequence "\\${letter}" is invalid.`);
      this.#at += 2;
      return char;
    }
    const first = this.#hex();
    if (!this.#decodeStrict) return String.fromCharCode(first);
    if (first === 0) {
      throw new EdgeError('untranslatable_character', 'unsupported Unicode escape sequence', {
        detail: '\\u0000 cannot be converted to text.',
      });
    }
    if (first >= 0xdc00 && first <= 0xdfff)
      throw fault('Unicode low surrogate must follow a high surrogate.');
    if (first < 0xd800 || first > 0xdbff) return String.fromCharCode(first);
    if (this.#text[this.#at] !== '\\' || this.#text[this.#at + 1] !== 'u') {
      throw fault('Unicode low surrogate must follow a high surrogate.');
    }
    const second = this.#hex();
    if (second >= 0xd800 && second <= 0xdbff)
      throw fault('Unicode high surrogate must not follow a high surrogate.');
    if (second < 0xdc00 || second > 0xdfff)
      throw fault('Unicode low surrogate must follow a high surrogate.');
    return String.fromCharCode(first, second);
  }

  #hex(): number {
    const digits = this.#text.slice(this.#at + 2, this.#at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits))
      throw fault('"\\u" must be followed by four hexadecimal digits.');
    this.#at += 6;
    return Number.parseInt(digits, 16);
  }
}

/**
 * The tree of a JSON text.
 * @param decodeStrict false for json input, which leaves escapes alone; true where strings become text
 * @throws EdgeError 22P02 with PostgreSQL's DETAIL, 22P05, 54001
 */
export function parseJson(text: string, decodeStrict = true): JsonNode {
  return new Parser(text, decodeStrict).parse();
}

/** The input function of json: the text itself, if it is JSON. @throws EdgeError 22P02 */
export function checkJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    // V8 found a fault: ours says which, in PostgreSQL's words.
    parseJson(text, false);
    return text;
  }
}
