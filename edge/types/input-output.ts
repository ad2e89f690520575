/**
 * The input and output functions of every type: PostgreSQL's text to a stored value and back, with PostgreSQL's
 * errors. Values are in plain form; a scaled column's value is made from them by its owner.
 *
 * Types that are only names here (inet, point, money...) are refused with 0A000.
 */
import { Buffer } from 'node:buffer';
import { EdgeError, notSupported } from '../errors.ts';
import { arrayElements, parseArrayLiteral, quoteArrayItem, storeArray } from './array-value.ts';
import { formatBytea, formatUuid, parseBytea, parseUuid } from './bytes-text.ts';
import { roundMicros } from './calendar.ts';
import { parseDate, parseTime, parseTimestamp, parseTimestamptz } from './datetime-input.ts';
import { formatDate, formatTime, formatTimestamp, formatTimestamptz } from './datetime-output.ts';
import { formatFloat, parseFloatText } from './float-text.ts';
import type { Interval } from './interval.ts';
import { formatInterval, intervalFromBytes, intervalToBytes } from './interval.ts';
import type { IntervalUnit } from './interval-input.ts';
import { parseInterval } from './interval-input.ts';
import { checkJson } from './json-parser.ts';
import { canonicalJsonb } from './jsonb.ts';
import { applyNumericTypmod, formatNumeric, parseNumeric } from './numeric.ts';
import { OID } from './oids.ts';
import type { TypeSettings } from './settings.ts';
import type { PgType, SqlValue } from './storage.ts';
import {
  isArrayType,
  lengthTypmod,
  numericTypmod,
  typeByName,
  typeByOid,
  typeName,
} from './type-info.ts';

export type { TypeSettings } from './settings.ts';

/** explicit (`::`, CAST) cuts texts to varchar(n); assignment raises 22001. */
export type Coercion = 'explicit' | 'assignment';

const INTEGERS: Readonly<Record<number, { readonly bits: number; readonly name: string }>> = {
  [OID.int2]: { bits: 16, name: 'smallint' },
  [OID.int4]: { bits: 32, name: 'integer' },
  [OID.int8]: { bits: 64, name: 'bigint' },
};

function invalidText(typeName: string, text: string): EdgeError {
  return new EdgeError(
    'invalid_text_representation',
    `invalid input syntax for type ${typeName}: "${text}"`,
  );
}

function parseInteger(text: string, bits: number, name: string): bigint {
  const match = /^[ \t\n\r\v\f]*([+-]?\d+)[ \t\n\r\v\f]*$/.exec(text);
  if (match === null) throw invalidText(name, text);
  const value = BigInt(match[1] as string);
  if (BigInt.asIntN(bits, value) !== value) {
    throw new EdgeError(
      'numeric_value_out_of_range',
      `value "${text}" is out of range for type ${name}`,
    );
  }
  return value;
}

function parseOid(text: string): bigint {
  const match = /^[ \t\n\r\v\f]*([+-]?\d+)[ \t\n\r\v\f]*$/.exec(text);
  if (match === null) throw invalidText('oid', text);
  const value = BigInt(match[1] as string);
  if (value > 4_294_967_295n || value < -2_147_483_648n) {
    throw new EdgeError(
      'numeric_value_out_of_range',
      `value "${text}" is out of range for type oid`,
    );
  }
  return BigInt.asUintN(32, value);
}

/** The input function of bool: any prefix of its words. @throws EdgeError 22P02 */
export function parseBool(text: string): boolean {
  const word = text.replace(/^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/g, '').toLowerCase();
  if (word !== '') {
    if (word === '1' || word === 'on' || 'true'.startsWith(word) || 'yes'.startsWith(word))
      return true;
    if (
      word === '0' ||
      'false'.startsWith(word) ||
      'no'.startsWith(word) ||
      word === 'of' ||
      word === 'off'
    ) {
      return false;
    }
  }
  throw invalidText('boolean', text);
}

const NAME_BYTES_MAX = 63;

/** Cuts a text to a name's 63 bytes, at a character's border. */
export function clipName(text: string): string {
  if (text.length * 3 <= NAME_BYTES_MAX) return text;
  let bytes = 0;
  let clipped = '';
  for (const char of text) {
    bytes += Buffer.byteLength(char);
    if (bytes > NAME_BYTES_MAX) return clipped;
    clipped += char;
  }
  return text;
}

function parseRegType(text: string): bigint {
  if (/^\d+$/.test(text)) return parseOid(text);
  const info = typeByName(text.trim().replace(/^pg_catalog\./, ''));
  if (info === undefined) throw new EdgeError('undefined_object', `type "${text}" does not exist`);
  return BigInt(info.oid);
}

function parseVector(elementOid: number, text: string, settings: TypeSettings): string {
  const items = text.trim() === '' ? [] : text.trim().split(/\s+/);
  return storeArray(
    items.map((item) => textToValue({ oid: elementOid, typmod: -1 }, item, settings)),
  );
}

/** The last field of `interval day to hour` and its kin, from the type modifier. */
function intervalUnit(typmod: number): IntervalUnit {
  const mask = typmod < 0 ? 0 : (typmod >> 16) & 0x7fff;
  if (mask === 0 || mask === 0x7fff || (mask & 0x1000) !== 0) return 's';
  if ((mask & 0x800) !== 0) return 'm';
  if ((mask & 0x400) !== 0) return 'h';
  if ((mask & 0x8) !== 0) return 'd';
  return (mask & 0x2) !== 0 ? 'mon' : 'y';
}

function scalarFromText(type: PgType, text: string, settings: TypeSettings): SqlValue {
  switch (type.oid) {
    case OID.bool:
      return parseBool(text) ? 1n : 0n;
    case OID.int2:
    case OID.int4:
    case OID.int8: {
      const integer = INTEGERS[type.oid] as { bits: number; name: string };
      return parseInteger(text, integer.bits, integer.name);
    }
    case OID.oid:
    case OID.xid:
    case OID.cid:
      return parseOid(text);
    case OID.float4:
    case OID.float8: {
      const value = parseFloatText(text, type.oid === OID.float4 ? 'real' : 'double precision');
      return Number.isNaN(value) ? 'NaN' : value;
    }
    case OID.numeric:
      return formatNumeric(parseNumeric(text));
    case OID.text:
    case OID.varchar:
    case OID.bpchar:
    case OID.unknown:
      return text;
    case OID.name:
      return clipName(text);
    case OID.char:
      return text.slice(0, 1);
    case OID.uuid:
      return parseUuid(text);
    case OID.bytea:
      return parseBytea(text);
    case OID.date:
      return parseDate(text, settings);
    case OID.time:
      return parseTime(text, settings);
    case OID.timestamp:
      return parseTimestamp(text, settings);
    case OID.timestamptz:
      return parseTimestamptz(text, settings);
    case OID.interval:
      return intervalToBytes(parseInterval(text, intervalUnit(type.typmod)));
    case OID.json:
      return checkJson(text);
    case OID.jsonb:
      return canonicalJsonb(text);
    case OID.regtype:
      return parseRegType(text);
    case OID.regclass:
    case OID.regproc:
    case OID.regnamespace:
    case OID.regrole:
      if (/^\d+$/.test(text)) return parseOid(text);
      throw notSupported(`a name as input of type ${typeName(type.oid)}`);
    case OID.void:
      return '';
    default:
      throw notSupported(`type ${typeName(type.oid)}`);
  }
}

/** Text for varchar(n) or char(n). @throws EdgeError 22001 */
export function fitText(type: PgType, text: string, coercion: Coercion): string {
  const length = lengthTypmod(type.typmod);
  if (length === null) return text;
  const pads = type.oid === OID.bpchar;
  if (text.length <= length && !pads) return text;
  const chars = /[\ud800-\udbff]/.test(text) ? Array.from(text) : text;
  if (chars.length <= length) return pads ? text + ' '.repeat(length - chars.length) : text;
  const kept = typeof chars === 'string' ? chars.slice(0, length) : chars.slice(0, length).join('');
  if (coercion === 'assignment' && /[^ ]/.test(text.slice(kept.length))) {
    const name = pads ? 'character' : 'character varying';
    throw new EdgeError(
      'string_data_right_truncation',
      `value too long for type ${name}(${length})`,
    );
  }
  return kept;
}

/** Bits of the fields in an interval's type modifier. */
const INTERVAL_FIELD = {
  month: 0x2,
  year: 0x4,
  day: 0x8,
  hour: 0x400,
  minute: 0x800,
  second: 0x1000,
} as const;

/** `interval day to hour` drops what is finer than its last field; `interval(2)` rounds the seconds. */
function fitInterval(value: Interval, typmod: number): Interval {
  const mask = (typmod >> 16) & 0x7fff;
  const precision = typmod & 0xffff;
  const clock = (unit: bigint): Interval => ({ ...value, micros: (value.micros / unit) * unit });
  if (mask !== 0 && mask !== 0x7fff && (mask & INTERVAL_FIELD.second) === 0) {
    if ((mask & INTERVAL_FIELD.minute) !== 0) return clock(60_000_000n);
    if ((mask & INTERVAL_FIELD.hour) !== 0) return clock(3_600_000_000n);
    if ((mask & INTERVAL_FIELD.day) !== 0) return { ...value, micros: 0n };
    if ((mask & INTERVAL_FIELD.month) !== 0) return { months: value.months, days: 0, micros: 0n };
    return { months: Math.trunc(value.months / 12) * 12, days: 0, micros: 0n };
  }
  return precision > 6 ? value : { ...value, micros: roundMicros(value.micros, precision) };
}

/** Applies the type modifier to a plain value of the type. @throws EdgeError 22001, 22003 */
export function applyTypmod(type: PgType, value: SqlValue, coercion: Coercion): SqlValue {
  if (type.typmod < 0 || value === null) return value;
  switch (type.oid) {
    case OID.varchar:
    case OID.bpchar:
      return fitText(type, String(value), coercion);
    case OID.numeric: {
      const parts = numericTypmod(type.typmod);
      if (parts === null) return value;
      return formatNumeric(
        applyNumericTypmod(parseNumeric(String(value)), parts.precision, parts.scale),
      );
    }
    case OID.time:
    case OID.timestamp:
    case OID.timestamptz:
      return roundMicros(value as bigint, type.typmod);
    case OID.interval:
      return intervalToBytes(fitInterval(intervalFromBytes(value as Uint8Array), type.typmod));
    default:
      break;
  }
  if (!isArrayType(type.oid)) return value;
  const element = { oid: typeByOid(type.oid)?.elementOid ?? 0, typmod: type.typmod };
  return storeArray(
    arrayElements(element.oid, String(value)).map((item) => applyTypmod(element, item, coercion)),
  );
}

/**
 * The input function of a type, then its modifier.
 * @throws EdgeError 22P02, 22003, 22007, 22008, 22001... with PostgreSQL's text; 0A000 for types without values here
 */
export function textToValue(
  type: PgType,
  text: string,
  settings: TypeSettings,
  coercion: Coercion = 'assignment',
): SqlValue {
  const info = typeByOid(type.oid);
  if (info?.category !== 'A') {
    const value = scalarFromText(type, text, settings);
    return type.typmod < 0 ? value : applyTypmod(type, value, coercion);
  }
  if (!isArrayType(type.oid)) return parseVector(info.elementOid, text, settings);
  const element = { oid: info.elementOid, typmod: type.typmod };
  return storeArray(
    parseArrayLiteral(text).map((item) =>
      item === null ? null : textToValue(element, item, settings, coercion),
    ),
  );
}

function arrayText(oid: number, stored: string, settings: TypeSettings): string {
  const elementOid = typeByOid(oid)?.elementOid ?? 0;
  const items = arrayElements(elementOid, stored).map((item) =>
    item === null ? null : valueToText(elementOid, item, settings),
  );
  if (!isArrayType(oid)) return items.join(' ');
  return `{${items.map((item) => (item === null ? 'NULL' : quoteArrayItem(item))).join(',')}}`;
}

/** The output function of a type over a plain value that is not NULL. */
export function valueToText(oid: number, value: SqlValue, settings: TypeSettings): string {
  if (typeof value === 'bigint') {
    switch (oid) {
      case OID.bool:
        return value === 0n ? 'f' : 't';
      case OID.date:
        return formatDate(value);
      case OID.time:
        return formatTime(value);
      case OID.timestamp:
        return formatTimestamp(value);
      case OID.timestamptz:
        return formatTimestamptz(value, settings.timeZone);
      case OID.regtype:
        return value === 0n ? '-' : (typeByOid(Number(value))?.sqlName ?? value.toString());
      default:
        return value.toString();
    }
  }
  if (typeof value === 'number')
    return formatFloat(value, oid === OID.float4 ? 'real' : 'double precision');
  if (typeof value === 'string')
    return typeByOid(oid)?.category === 'A' ? arrayText(oid, value, settings) : value;
  if (value === null) return '';
  if (oid === OID.uuid) return formatUuid(value);
  return oid === OID.interval ? formatInterval(intervalFromBytes(value)) : formatBytea(value);
}
