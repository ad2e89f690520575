/**
 * json and jsonb as SQL functions. json keeps its text: what an operator takes out is a slice of it; jsonb is taken
 * apart and put together in canonical form.
 */
import { EdgeError } from '../../errors.ts';
import { arrayElements, storeArray } from '../../types/array-value.ts';
import type { JsonNode } from '../../types/json-parser.ts';
import { parseJson } from '../../types/json-parser.ts';
import type { JsonbValue } from '../../types/jsonb.ts';
import {
  canonicalJsonb,
  formatJsonb,
  isJsonbArray,
  isJsonbObject,
  JsonNumber,
  jsonbObject,
  parseJsonb,
  prettyJsonb,
  quoteJson,
} from '../../types/jsonb.ts';
import * as operations from '../../types/jsonb-operations.ts';
import { parseNumeric } from '../../types/numeric.ts';
import { numericToNumber } from '../../types/numeric-functions.ts';
import { numericToInteger } from '../../types/numeric-stored.ts';
import { OID } from '../../types/oids.ts';
import type { SessionValues } from '../../types/session-values.ts';
import type { TypeSettings } from '../../types/settings.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { jsonbToText, toJsonbValue, toJsonText } from '../../types/to-json.ts';
import { bool, invalidParameter, scalar, smallAt, strict, textAt, typeSettings } from './define.ts';

/** Rows ask for several keys of one value: the last few are kept parsed. */
const PARSED = new Map<string, JsonbValue>();
const PARSED_MAX = 16;
const PARSED_TEXT_MAX = 100_000;

function jsonbAt(args: readonly SqlValue[], index: number): JsonbValue {
  const text = textAt(args, index);
  const known = PARSED.get(text);
  if (known !== undefined) return known;
  const value = parseJsonb(text);
  if (text.length <= PARSED_TEXT_MAX) {
    if (PARSED.size >= PARSED_MAX) PARSED.clear();
    PARSED.set(text, value);
  }
  return value;
}

function pathAt(args: readonly SqlValue[], index: number): (string | null)[] {
  return arrayElements(OID.text, textAt(args, index)) as (string | null)[];
}

function found(value: operations.Found): SqlValue {
  return value === undefined ? null : formatJsonb(value);
}

function foundText(value: operations.Found): SqlValue {
  return value === undefined ? null : jsonbToText(value);
}

/** The member that an operator's right side names: a key (text) or a subscript (integer). */
function member(args: readonly SqlValue[]): operations.Found {
  const value = jsonbAt(args, 0);
  const key = args[1];
  // A scalar stands for an array of one, as in PostgreSQL.
  const list = isJsonbArray(value) || isJsonbObject(value) ? value : [value];
  return typeof key === 'bigint'
    ? operations.elementAt(list, Number(key))
    : operations.fieldOf(value, String(key));
}

function nodeMember(node: JsonNode, key: string | bigint | null): JsonNode | undefined {
  if (node.kind === 'array' && typeof key === 'bigint') {
    return node.items[key < 0n ? node.items.length + Number(key) : Number(key)];
  }
  // Of repeated keys json gives the last.
  return node.kind === 'object' && typeof key === 'string'
    ? node.values[node.keys.lastIndexOf(key)]
    : undefined;
}

function nodeAtPath(node: JsonNode, path: readonly (string | null)[]): JsonNode | undefined {
  let current: JsonNode | undefined = node;
  for (const step of path) {
    if (current === undefined || step === null) return undefined;
    const key: string | bigint | null =
      current.kind === 'array' ? (/^\s*[+-]?\d+$/.test(step) ? BigInt(step) : null) : step;
    current = nodeMember(current, key);
  }
  return current;
}

function slice(source: string, node: JsonNode | undefined): SqlValue {
  return node === undefined ? null : source.slice(node.start, node.end);
}

function sliceText(source: string, node: JsonNode | undefined): SqlValue {
  if (node === undefined || node.kind === 'null') return null;
  return node.kind === 'string' ? node.text : source.slice(node.start, node.end);
}

function keyOf(value: SqlValue): string | bigint {
  return typeof value === 'bigint' ? value : String(value);
}

const LOOKUPS: readonly ScalarFunction[] = [
  strict('json_get', 2, (args) =>
    slice(textAt(args, 0), nodeMember(parseJson(textAt(args, 0)), keyOf(args[1] ?? null))),
  ),
  strict('json_get_text', 2, (args) =>
    sliceText(textAt(args, 0), nodeMember(parseJson(textAt(args, 0)), keyOf(args[1] ?? null))),
  ),
  strict('json_path', 2, (args) =>
    slice(textAt(args, 0), nodeAtPath(parseJson(textAt(args, 0)), pathAt(args, 1))),
  ),
  strict('json_path_text', 2, (args) =>
    sliceText(textAt(args, 0), nodeAtPath(parseJson(textAt(args, 0)), pathAt(args, 1))),
  ),
  strict('jsonb_get', 2, (args) => found(member(args))),
  strict('jsonb_get_text', 2, (args) => foundText(member(args))),
  strict('jsonb_path', 2, (args) =>
    found(operations.valueAtPath(jsonbAt(args, 0), pathAt(args, 1))),
  ),
  strict('jsonb_path_text', 2, (args) =>
    foundText(operations.valueAtPath(jsonbAt(args, 0), pathAt(args, 1))),
  ),
  strict('json_typeof', 1, (args) => operations.typeOf(jsonbAt(args, 0))),
  strict('json_array_length', 1, (args) => {
    const value = jsonbAt(args, 0);
    if (isJsonbArray(value)) return BigInt(value.length);
    throw invalidParameter(
      `cannot get array length of a ${isJsonbObject(value) ? 'non-array' : 'scalar'}`,
    );
  }),
];

const TESTS: readonly ScalarFunction[] = [
  strict('jsonb_contains', 2, (args) =>
    bool(operations.contains(jsonbAt(args, 0), jsonbAt(args, 1))),
  ),
  strict('jsonb_exists', 2, (args) => bool(operations.hasKey(jsonbAt(args, 0), textAt(args, 1)))),
  strict('jsonb_exists_any', 2, (args) =>
    bool(pathAt(args, 1).some((key) => key !== null && operations.hasKey(jsonbAt(args, 0), key))),
  ),
  strict('jsonb_exists_all', 2, (args) =>
    bool(pathAt(args, 1).every((key) => key === null || operations.hasKey(jsonbAt(args, 0), key))),
  ),
];

const CHANGES: readonly ScalarFunction[] = [
  strict('jsonb_concat', 2, (args) =>
    formatJsonb(operations.concatenate(jsonbAt(args, 0), jsonbAt(args, 1))),
  ),
  strict('jsonb_delete', 2, (args) => {
    const value = jsonbAt(args, 0);
    const key = args[1];
    return formatJsonb(
      typeof key === 'bigint'
        ? operations.deleteElement(value, Number(key))
        : operations.deleteKeys(value, new Set([String(key)])),
    );
  }),
  strict('jsonb_delete_keys', 2, (args) => {
    const keys = pathAt(args, 1).filter((key): key is string => key !== null);
    return formatJsonb(operations.deleteKeys(jsonbAt(args, 0), new Set(keys)));
  }),
  strict('jsonb_delete_path', 2, (args) =>
    formatJsonb(operations.changeAtPath(jsonbAt(args, 0), pathAt(args, 1), { kind: 'delete' })),
  ),
  strict('jsonb_set', 4, (args) =>
    formatJsonb(
      operations.changeAtPath(jsonbAt(args, 0), pathAt(args, 1), {
        kind: 'set',
        value: jsonbAt(args, 2),
        create: args[3] === 1n,
      }),
    ),
  ),
  strict('jsonb_insert', 4, (args) =>
    formatJsonb(
      operations.changeAtPath(jsonbAt(args, 0), pathAt(args, 1), {
        kind: 'insert',
        value: jsonbAt(args, 2),
        after: args[3] === 1n,
      }),
    ),
  ),
  strict('jsonb_strip_nulls', 1, (args) => formatJsonb(operations.stripNulls(jsonbAt(args, 0)))),
  strict('json_strip_nulls', 1, (args) => compactJson(operations.stripNulls(jsonbAt(args, 0)))),
  strict('jsonb_pretty', 1, (args) => prettyJsonb(jsonbAt(args, 0))),
  strict('json_to_jsonb', 1, (args) => canonicalJsonb(textAt(args, 0))),
];

/** json without spaces, as json_strip_nulls writes it. */
function compactJson(value: JsonbValue): string {
  if (isJsonbArray(value)) return `[${value.map(compactJson).join(',')}]`;
  if (isJsonbObject(value))
    return `{${[...value].map(([key, item]) => `${quoteJson(key)}:${compactJson(item)}`).join(',')}}`;
  return formatJsonb(value);
}

/** The text of an object's key. @throws EdgeError 22023 for NULL */
export function objectKey(
  oid: number,
  value: SqlValue,
  settings: TypeSettings,
  argument: number,
): string {
  if (value === null) {
    throw new EdgeError('invalid_parameter_value', `argument ${argument}: key must not be null`);
  }
  const text = toJsonText(oid, value, settings);
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

/** Pairs "OID, value" of the printer's `$p*`. */
function* typedPairs(
  args: readonly SqlValue[],
): Generator<{ readonly oid: number; readonly value: SqlValue }> {
  for (let index = 0; index + 1 < args.length; index += 2) {
    yield { oid: smallAt(args, index), value: args[index + 1] ?? null };
  }
}

function objectEntries<V>(
  args: readonly SqlValue[],
  settings: TypeSettings,
  convert: (oid: number, value: SqlValue) => V,
): (readonly [string, V])[] {
  const typed = [...typedPairs(args)];
  if (typed.length % 2 === 1) {
    throw new EdgeError(
      'invalid_parameter_value',
      'argument list must have even number of elements',
      {
        hint: 'The arguments of jsonb_build_object() must consist of alternating keys and values.',
      },
    );
  }
  const entries: (readonly [string, V])[] = [];
  for (let index = 0; index < typed.length; index += 2) {
    const key = typed[index] as { oid: number; value: SqlValue };
    const value = typed[index + 1] as { oid: number; value: SqlValue };
    entries.push([
      objectKey(key.oid, key.value, settings, index + 1),
      convert(value.oid, value.value),
    ]);
  }
  return entries;
}

function buildJsonObject(args: readonly SqlValue[], session: SessionValues): string {
  const settings = typeSettings(session);
  const entries = objectEntries(args, settings, (oid, value) => toJsonText(oid, value, settings));
  return `{${entries.map(([key, text]) => `${quoteJson(key)} : ${text}`).join(', ')}}`;
}

function buildJsonbObject(args: readonly SqlValue[], session: SessionValues): string {
  const settings = typeSettings(session);
  return formatJsonb(
    jsonbObject(objectEntries(args, settings, (oid, value) => toJsonbValue(oid, value, settings))),
  );
}

function textObject(args: readonly SqlValue[]): (readonly [string, string | null])[] {
  const first = pathAt(args, 0);
  const second = args.length > 1 ? pathAt(args, 1) : null;
  if (second === null && first.length % 2 === 1) {
    throw new EdgeError('array_subscript_error', 'array must have even number of elements');
  }
  if (second !== null && first.length !== second.length) {
    throw new EdgeError('array_subscript_error', 'mismatched array dimensions');
  }
  const keys = second === null ? first.filter((_item, index) => index % 2 === 0) : first;
  const values = second ?? first.filter((_item, index) => index % 2 === 1);
  return keys.map((key, index) => {
    if (key === null)
      throw new EdgeError('null_value_not_allowed', 'null value not allowed for object key');
    return [key, values[index] ?? null] as const;
  });
}

const BUILDERS: readonly ScalarFunction[] = [
  scalar('json_build_object', -1, buildJsonObject),
  scalar('jsonb_build_object', -1, buildJsonbObject),
  scalar('json_build_array', -1, (args, session) => {
    const settings = typeSettings(session);
    return `[${[...typedPairs(args)].map(({ oid, value }) => toJsonText(oid, value, settings)).join(', ')}]`;
  }),
  scalar('jsonb_build_array', -1, (args, session) => {
    const settings = typeSettings(session);
    return formatJsonb(
      [...typedPairs(args)].map(({ oid, value }) => toJsonbValue(oid, value, settings)),
    );
  }),
  strict('json_object', -1, (args) => {
    const parts = textObject(args).map(
      ([key, value]) => `${quoteJson(key)} : ${value === null ? 'null' : quoteJson(value)}`,
    );
    return `{${parts.join(', ')}}`;
  }),
  strict('jsonb_object', -1, (args) => formatJsonb(jsonbObject(textObject(args)))),
  strict('to_json', 2, (args, session) =>
    toJsonText(smallAt(args, 0), args[1] ?? null, typeSettings(session)),
  ),
  strict('to_jsonb', 2, (args, session) =>
    formatJsonb(toJsonbValue(smallAt(args, 0), args[1] ?? null, typeSettings(session))),
  ),
];

/** The array's items. @throws EdgeError 22023 */
function itemsOf(value: JsonbValue, name: string): readonly JsonbValue[] {
  if (isJsonbArray(value)) return value;
  throw invalidParameter(
    isJsonbObject(value) ? `cannot extract elements from an object` : `cannot ${name} a scalar`,
  );
}

/** Set-returning functions: an array in stored form, one element a row. */
const SETS: readonly ScalarFunction[] = [
  strict('json_elements', 1, (args) => {
    const source = textAt(args, 0);
    const node = parseJson(source);
    if (node.kind !== 'array') {
      throw invalidParameter(
        node.kind === 'object'
          ? 'cannot call json_array_elements on a non-array'
          : 'cannot call json_array_elements on a scalar',
      );
    }
    return storeArray(node.items.map((item) => source.slice(item.start, item.end)));
  }),
  strict('jsonb_elements', 1, (args) =>
    storeArray(itemsOf(jsonbAt(args, 0), 'extract elements from').map(formatJsonb)),
  ),
  strict('json_elements_text', 1, (args) =>
    storeArray(itemsOf(jsonbAt(args, 0), 'extract elements from').map(jsonbToText)),
  ),
  strict('json_object_keys', 1, (args) => {
    const value = jsonbAt(args, 0);
    if (!isJsonbObject(value)) {
      throw invalidParameter(
        `cannot call jsonb_object_keys on ${isJsonbArray(value) ? 'an array' : 'a scalar'}`,
      );
    }
    return storeArray([...value.keys()]);
  }),
];

function castNumber(value: JsonbValue, typeName: string): JsonNumber | null {
  if (value instanceof JsonNumber) return value;
  throw invalidParameter(`cannot cast jsonb ${operations.typeOf(value)} to type ${typeName}`);
}

function castInteger(
  type: 'int2' | 'int4' | 'int8',
  name: 'smallint' | 'integer' | 'bigint',
): ScalarFunction {
  return strict(`cast_jsonb_${type}`, 1, (args) => {
    const number = castNumber(jsonbAt(args, 0), name);
    return number === null ? null : numericToInteger(parseNumeric(number.text), name);
  });
}

const CASTS: readonly ScalarFunction[] = [
  strict('cast_jsonb_bool', 1, (args) => {
    const value = jsonbAt(args, 0);
    if (typeof value === 'boolean') return bool(value);
    throw invalidParameter(`cannot cast jsonb ${operations.typeOf(value)} to type boolean`);
  }),
  strict('cast_jsonb_numeric', 1, (args) => castNumber(jsonbAt(args, 0), 'numeric')?.text ?? null),
  castInteger('int2', 'smallint'),
  castInteger('int4', 'integer'),
  castInteger('int8', 'bigint'),
  strict('cast_jsonb_float4', 1, (args) =>
    Math.fround(numericToNumber(parseNumeric(castNumber(jsonbAt(args, 0), 'real')?.text ?? '0'))),
  ),
  strict('cast_jsonb_float8', 1, (args) =>
    numericToNumber(parseNumeric(castNumber(jsonbAt(args, 0), 'double precision')?.text ?? '0')),
  ),
];

/** json and jsonb functions. */
export const JSON_FUNCTIONS: readonly ScalarFunction[] = [
  ...LOOKUPS,
  ...TESTS,
  ...CHANGES,
  ...BUILDERS,
  ...SETS,
  ...CASTS,
];
