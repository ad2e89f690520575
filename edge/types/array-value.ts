/**
 * Arrays: between PostgreSQL's literal `{1,NULL,"a b"}`, the stored JSON text, and a list of stored values. One
 * dimension, subscripts from 1; others are refused with 0A000 rather than flattened.
 */
import { EdgeError, notSupported } from '../errors.ts';
import { fromHex, toHex } from './bytes-text.ts';
import { OID } from './oids.ts';
import type { SqlValue } from './storage.ts';

const BLOB_ELEMENTS: ReadonlySet<number> = new Set([OID.uuid, OID.bytea, OID.interval]);
const REAL_ELEMENTS: ReadonlySet<number> = new Set([OID.float4, OID.float8]);
const TEXT_ELEMENTS: ReadonlySet<number> = new Set([
  OID.text,
  OID.varchar,
  OID.bpchar,
  OID.name,
  OID.char,
  OID.numeric,
  OID.json,
  OID.jsonb,
  OID.unknown,
  OID.record,
]);

function realText(value: number): string {
  if (value === Infinity) return '9e999';
  if (value === -Infinity) return '-9e999';
  const text = Object.is(value, -0) ? '-0.0' : String(value);
  // json_each must give a REAL back, never an INTEGER.
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function elementText(value: SqlValue): string {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return realText(value);
  if (typeof value === 'string') return JSON.stringify(value);
  return `"${toHex(value)}"`;
}

/** The stored text of an array of these stored values. */
export function storeArray(elements: readonly SqlValue[]): string {
  return `[${elements.map(elementText).join(',')}]`;
}

/** The stored values of an array's elements. */
export function arrayElements(elementOid: number, stored: string): SqlValue[] {
  if (stored === '[]') return [];
  if (TEXT_ELEMENTS.has(elementOid)) return JSON.parse(stored) as (string | null)[];
  if (BLOB_ELEMENTS.has(elementOid)) {
    return (JSON.parse(stored) as (string | null)[]).map((hex) =>
      hex === null ? null : fromHex(hex),
    );
  }
  const parts = stored.slice(1, -1).split(',');
  if (REAL_ELEMENTS.has(elementOid)) {
    return parts.map((part) => {
      const text = part.trim();
      if (text === 'null') return null;
      return text.startsWith('"') ? 'NaN' : Number(text);
    });
  }
  return parts.map((part) => (part.trim() === 'null' ? null : BigInt(part)));
}

function malformed(text: string, detail: string): EdgeError {
  return new EdgeError('invalid_text_representation', `malformed array literal: "${text}"`, {
    detail,
  });
}

const SPACE = /\s/;
const END = 'Unexpected end of input.';

/** Reads one item of an array literal, from `at`; gives the text (null for NULL) and the place after it. */
function readItem(text: string, at: number): { item: string | null; next: number } {
  let position = at;
  let item = '';
  let quoted = false;
  let started = false;
  /** Length of `item` up to its last significant character: trailing spaces do not count. */
  let significant = 0;
  for (;;) {
    const char = text[position];
    if (char === undefined) throw malformed(text, END);
    if (char === '"') {
      if (started) throw malformed(text, 'Unexpected array element.');
      quoted = true;
      started = true;
      position++;
      for (;;) {
        const inner = text[position];
        if (inner === undefined) throw malformed(text, END);
        if (inner === '"') break;
        if (inner === '\\') position++;
        if (text[position] === undefined) throw malformed(text, END);
        item += text[position] as string;
        position++;
      }
      significant = item.length;
      position++;
      continue;
    }
    if (char === ',' || char === '}') break;
    if (char === '{') throw malformed(text, 'Unexpected "{" character.');
    if (SPACE.test(char)) {
      if (started && !quoted) item += char;
      position++;
      continue;
    }
    if (quoted) throw malformed(text, 'Unexpected array element.');
    started = true;
    if (char === '\\') position++;
    if (text[position] === undefined) throw malformed(text, END);
    item += text[position] as string;
    significant = item.length;
    position++;
  }
  if (!started) throw malformed(text, `Unexpected "${text[position] as string}" character.`);
  const value = item.slice(0, significant);
  return { item: !quoted && /^null$/i.test(value) ? null : value, next: position };
}

/** The items of an array literal as texts. @throws EdgeError 22P02; 0A000 for other shapes */
export function parseArrayLiteral(text: string): readonly (string | null)[] {
  let at = 0;
  const skip = (): void => {
    while (at < text.length && SPACE.test(text[at] as string)) at++;
  };
  skip();
  if (text[at] === '[') throw notSupported('an array literal with explicit bounds');
  if (text[at] !== '{')
    throw malformed(text, 'Array value must start with "{" or dimension information.');
  at++;
  skip();
  const items: (string | null)[] = [];
  if (text[at] === '{') {
    if (/^\s*\{[\s{},]*\}\s*$/.test(text) && !/\{\s*,|,\s*[,}]/.test(text)) return [];
    throw notSupported('an array of more than one dimension');
  }
  if (text[at] === '}') at++;
  else {
    for (;;) {
      const { item, next } = readItem(text, at);
      items.push(item);
      at = next + 1;
      if (text[next] === '}') break;
      skip();
      if (text[at] === '{') throw notSupported('an array of more than one dimension');
    }
  }
  skip();
  if (at < text.length) throw malformed(text, 'Junk after closing right brace.');
  return items;
}

const NEEDS_QUOTES = /[\s"\\{},]/;

/** One item as it stands in an array literal. */
export function quoteArrayItem(text: string): string {
  if (text !== '' && !NEEDS_QUOTES.test(text) && !/^null$/i.test(text)) return text;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
