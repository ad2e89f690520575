/**
 * Stored values as JSON: to_json, jsonb_build_object, json_agg. Numbers stay numbers, timestamps are ISO 8601, json
 * goes in as it is, everything else is its text in quotes.
 */
import { arrayElements } from './array-value.ts';
import { formatTimestamp, formatTimestamptz, isoText } from './datetime-output.ts';
import { formatFloat } from './float-text.ts';
import { valueToText } from './input-output.ts';
import type { JsonbValue } from './jsonb.ts';
import { formatJsonb, JsonNumber, parseJsonb, quoteJson } from './jsonb.ts';
import { OID } from './oids.ts';
import type { TypeSettings } from './settings.ts';
import type { SqlValue } from './storage.ts';
import { isArrayType, typeByOid } from './type-info.ts';

const NUMBERS: ReadonlySet<number> = new Set([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.float4,
  OID.float8,
  OID.numeric,
]);

/** The JSON text of a value, as to_json writes it (json passes through untouched). */
export function toJsonText(oid: number, value: SqlValue, settings: TypeSettings): string {
  if (value === null) return 'null';
  if (oid === OID.bool) return value === 0n ? 'false' : 'true';
  if (oid === OID.json || oid === OID.jsonb) return String(value);
  if (NUMBERS.has(oid)) {
    const text =
      typeof value === 'number'
        ? formatFloat(value, oid === OID.float4 ? 'real' : 'double precision')
        : String(value);
    return /^-?\d/.test(text) ? text : quoteJson(text);
  }
  if (oid === OID.timestamp) return quoteJson(isoText(formatTimestamp(value as bigint)));
  if (oid === OID.timestamptz)
    return quoteJson(isoText(formatTimestamptz(value as bigint, settings.timeZone)));
  if (isArrayType(oid)) {
    const element = typeByOid(oid)?.elementOid ?? 0;
    return `[${arrayElements(element, String(value))
      .map((item) => toJsonText(element, item, settings))
      .join(',')}]`;
  }
  return quoteJson(valueToText(oid, value, settings));
}

/** The jsonb value of a value. */
export function toJsonbValue(oid: number, value: SqlValue, settings: TypeSettings): JsonbValue {
  if (value === null) return null;
  if (oid === OID.bool) return value !== 0n;
  if (oid === OID.json || oid === OID.jsonb || isArrayType(oid))
    return parseJsonb(toJsonText(oid, value, settings));
  const text = toJsonText(oid, value, settings);
  if (!NUMBERS.has(oid)) return parseJsonb(text);
  return text.startsWith('"') ? text.slice(1, -1) : parseJsonb(text);
}

/** Text of a jsonb value, as ->> gives it: strings without quotes, null as NULL. */
export function jsonbToText(value: JsonbValue): string | null {
  if (value === null) return null;
  if (typeof value === 'string') return value;
  return value instanceof JsonNumber ? value.text : formatJsonb(value);
}
