/**
 * jsonb: the value behind the text, and its canonical text (keys ordered by length, then bytes; of repeated keys
 * the last; numbers as numeric prints them), which is how it is stored.
 */
import { compareUtf8 } from './bytes-text.ts';
import type { JsonNode } from './json-parser.ts';
import { parseJson } from './json-parser.ts';
import { compareNumeric, formatNumeric, parseNumeric } from './numeric.ts';

/** A JSON number, by its canonical text. */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Objects are maps in canonical key order. */
export type JsonbValue =
  | null
  | boolean
  | string
  | JsonNumber
  | readonly JsonbValue[]
  | ReadonlyMap<string, JsonbValue>;

export function isJsonbArray(value: JsonbValue): value is readonly JsonbValue[] {
  return Array.isArray(value);
}

export function isJsonbObject(value: JsonbValue): value is ReadonlyMap<string, JsonbValue> {
  return value instanceof Map;
}

/** UTF-8 length without encoding. */
function utf8Length(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    length += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3;
  }
  return length;
}

function compareKeys(left: string, right: string): number {
  return utf8Length(left) - utf8Length(right) || compareUtf8(left, right);
}

/** An object from entries in any order; the last of equal keys wins. */
export function jsonbObject(
  entries: Iterable<readonly [string, JsonbValue]>,
): ReadonlyMap<string, JsonbValue> {
  const unordered = new Map(entries);
  return new Map([...unordered].sort((left, right) => compareKeys(left[0], right[0])));
}

/** The jsonb value of a parsed JSON text. */
export function jsonbFromNode(node: JsonNode, source: string): JsonbValue {
  switch (node.kind) {
    case 'null':
      return null;
    case 'true':
      return true;
    case 'false':
      return false;
    case 'number':
      return new JsonNumber(formatNumeric(parseNumeric(source.slice(node.start, node.end))));
    case 'string':
      return node.text;
    case 'array':
      return node.items.map((item) => jsonbFromNode(item, source));
    case 'object':
      return jsonbObject(
        node.keys.map(
          (key, index) => [key, jsonbFromNode(node.values[index] as JsonNode, source)] as const,
        ),
      );
  }
}

/** The value of a JSON text. @throws EdgeError 22P02, 22P05 */
export function parseJsonb(text: string): JsonbValue {
  return jsonbFromNode(parseJson(text), text);
}

const NEEDS_ESCAPE = /["\\\u0000-\u001f]/;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

/** A JSON string literal, escaped as PostgreSQL does. */
export function quoteJson(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return `"${text}"`;
  const escaped = text.replace(
    /["\\\u0000-\u001f]/g,
    (char) => SHORT_ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

/** The canonical text. */
export function formatJsonb(value: JsonbValue): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return quoteJson(value);
  if (value instanceof JsonNumber) return value.text;
  if (isJsonbArray(value)) return `[${value.map(formatJsonb).join(', ')}]`;
  return `{${[...value].map(([key, item]) => `${quoteJson(key)}: ${formatJsonb(item)}`).join(', ')}}`;
}

/** jsonb_pretty: four spaces a level. */
export function prettyJsonb(value: JsonbValue, indent = ''): string {
  const inner = `${indent}    `;
  if (isJsonbArray(value)) {
    if (value.length === 0) return `[\n${indent}]`;
    return `[\n${value.map((item) => inner + prettyJsonb(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (isJsonbObject(value)) {
    if (value.size === 0) return `{\n${indent}}`;
    const lines = [...value].map(
      ([key, item]) => `${inner}${quoteJson(key)}: ${prettyJsonb(item, inner)}`,
    );
    return `{\n${lines.join(',\n')}\n${indent}}`;
  }
  return formatJsonb(value);
}

/** The input function of jsonb: canonical text. @throws EdgeError 22P02, 22P05 */
export function canonicalJsonb(text: string): string {
  return formatJsonb(parseJsonb(text));
}

function rank(value: JsonbValue): number {
  if (value === null) return 0;
  if (typeof value === 'string') return 1;
  if (value instanceof JsonNumber) return 2;
  if (typeof value === 'boolean') return 3;
  return isJsonbArray(value) ? 4 : 5;
}

/** PostgreSQL's order: object > array > boolean > number > string > null; containers by size, then content. */
export function compareJsonb(left: JsonbValue, right: JsonbValue): number {
  const order = rank(left) - rank(right);
  if (order !== 0) return order;
  if (typeof left === 'string') return compareUtf8(left, right as string);
  if (left instanceof JsonNumber)
    return compareNumeric(parseNumeric(left.text), parseNumeric((right as JsonNumber).text));
  if (typeof left === 'boolean') return Number(left) - Number(right);
  if (left === null) return 0;
  if (isJsonbArray(left)) return compareLists(left, right as readonly JsonbValue[]);
  return compareObjects(left, right as ReadonlyMap<string, JsonbValue>);
}

function compareLists(left: readonly JsonbValue[], right: readonly JsonbValue[]): number {
  if (left.length !== right.length) return left.length - right.length;
  for (let index = 0; index < left.length; index++) {
    const order = compareJsonb(left[index] as JsonbValue, right[index] as JsonbValue);
    if (order !== 0) return order;
  }
  return 0;
}

function compareObjects(
  left: ReadonlyMap<string, JsonbValue>,
  right: ReadonlyMap<string, JsonbValue>,
): number {
  if (left.size !== right.size) return left.size - right.size;
  const others = [...right];
  let index = 0;
  for (const [key, value] of left) {
    const [otherKey, otherValue] = others[index++] as [string, JsonbValue];
    const order = compareUtf8(key, otherKey) || compareJsonb(value, otherValue);
    if (order !== 0) return order;
  }
  return 0;
}

/** Collation helios_jsonb over canonical texts. */
export function compareJsonbText(left: string, right: string): number {
  if (left === right) return 0;
  const a = parseJsonb(left);
  const b = parseJsonb(right);
  // A quirk that PostgreSQL keeps: an empty array at the top is below everything.
  const aEmpty = isJsonbArray(a) && a.length === 0;
  const bEmpty = isJsonbArray(b) && b.length === 0;
  if (aEmpty !== bEmpty) return aEmpty ? -1 : 1;
  return compareJsonb(a, b);
}
