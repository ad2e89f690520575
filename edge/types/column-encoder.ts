/**
 * Result columns to the wire: for each column one function, chosen once per statement, that reads the value
 * where it lies and writes length and bytes. Integers and texts allocate nothing.
 *
 * Every encoder writes NULL (-1) itself, and copes with a value of another storage class than its type's usual
 * one (an expression may give INTEGER for numeric): then the slow way through `valueToText`.
 */
import { notSupported } from '../errors.ts';
import { arrayElements } from './array-value.ts';
import type { ByteWriter } from './byte-writer.ts';
import { valueToText } from './input-output.ts';
import { formatScaled, numericOf, parseNumeric } from './numeric.ts';
import { writeNumericBinary } from './numeric-stored.ts';
import { OID } from './oids.ts';
import type { TypeSettings } from './settings.ts';
import type { PgType, RowReader, SqlValue, StorageForm } from './storage.ts';
import { KIND } from './storage.ts';
import { isArrayType, typeByOid, typeName } from './type-info.ts';

/** Writes int32 length and bytes of one column's value; -1 for NULL. */
export type ColumnEncoder = (row: RowReader, column: number, out: ByteWriter) => void;

type Writer = (row: RowReader, column: number, kind: number, out: ByteWriter) => void;

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Digits of the integer being written, last first. One scratch: encoding is synchronous. */
const DIGITS = new Uint8Array(24);

/** int32 length and the digits of an integer within 2^53, with a point before the last `scale` digits. */
function writeDecimal(value: number, scale: number, out: ByteWriter): void {
  const negative = value < 0;
  let rest = negative ? -value : value;
  let count = 0;
  do {
    const next = Math.floor(rest / 10);
    DIGITS[count++] = ZERO + (rest - next * 10);
    rest = next;
  } while (rest > 0);
  while (count <= scale) DIGITS[count++] = ZERO;
  out.int32(count + (negative ? 1 : 0) + (scale > 0 ? 1 : 0));
  if (negative) out.int8(MINUS);
  while (count > 0) {
    if (count === scale) out.int8(POINT);
    out.int8(DIGITS[--count] as number);
  }
}

function isExact(value: number): boolean {
  return value <= 9_007_199_254_740_991 && value >= -9_007_199_254_740_991;
}

function textOfAnything(type: PgType, settings: TypeSettings): Writer {
  return (row, column, _kind, out) => {
    out.sizedUtf8(valueToText(type.oid, row.value(column), settings));
  };
}

function integerText(fallback: Writer): Writer {
  return (row, column, kind, out) => {
    const value = kind === KIND.integer ? row.integer(column) : NaN;
    if (isExact(value)) writeDecimal(value, 0, out);
    else fallback(row, column, kind, out);
  };
}

function boolText(row: RowReader, column: number, _kind: number, out: ByteWriter): void {
  out.int32(1);
  out.int8(row.integer(column) === 0 ? 0x66 : 0x74);
}

function bytesText(fallback: Writer): Writer {
  return (row, column, kind, out) => {
    if (kind === KIND.text) out.sizedBytes(row.bytes(column));
    else fallback(row, column, kind, out);
  };
}

function scaledText(scale: number): Writer {
  return (row, column, _kind, out) => {
    const value = row.integer(column);
    if (isExact(value)) writeDecimal(value, scale, out);
    else out.sizedUtf8(formatScaled(row.int64(column), scale));
  };
}

const BYTES_AS_THEY_ARE: ReadonlySet<number> = new Set([
  OID.text,
  OID.varchar,
  OID.bpchar,
  OID.name,
  OID.char,
  OID.unknown,
  OID.json,
  OID.jsonb,
  OID.numeric,
  OID.record,
]);

const PLAIN_INTEGERS: ReadonlySet<number> = new Set([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.oid,
  OID.xid,
  OID.cid,
  OID.regclass,
  OID.regproc,
  OID.regnamespace,
  OID.regrole,
]);

function textWriter(type: PgType, form: StorageForm, settings: TypeSettings): Writer {
  if (form.kind === 'scaled') return scaledText(form.scale);
  const fallback = textOfAnything(type, settings);
  if (type.oid === OID.bool) return boolText;
  if (PLAIN_INTEGERS.has(type.oid)) return integerText(fallback);
  if (BYTES_AS_THEY_ARE.has(type.oid)) return bytesText(fallback);
  if (type.oid === OID.void) return (_row, _column, _kind, out) => out.int32(0);
  return fallback;
}

/** Binary form of a plain value that is not NULL, with its length. */
function writeBinaryValue(
  oid: number,
  value: SqlValue,
  settings: TypeSettings,
  out: ByteWriter,
): void {
  const start = out.beginSized();
  writeBinaryBody(oid, value, settings, out);
  out.endSized(start);
}

function writeBinaryBody(
  oid: number,
  value: SqlValue,
  settings: TypeSettings,
  out: ByteWriter,
): void {
  switch (oid) {
    case OID.bool:
      return out.int8(Number(value));
    case OID.int2:
      return out.int16(Number(value));
    case OID.int4:
    case OID.date:
      return out.int32(Number(value));
    case OID.int8:
    case OID.time:
    case OID.timestamp:
    case OID.timestamptz:
      return out.int64(value as bigint);
    case OID.float4:
      return out.float32(Number(value));
    case OID.float8:
      return out.float64(Number(value));
    case OID.numeric:
      return writeNumericBinary(parseNumeric(String(value)), out);
    case OID.jsonb:
      out.int8(1);
      return out.utf8(String(value));
    case OID.uuid:
    case OID.bytea:
    case OID.interval:
      return out.bytes(value as Uint8Array);
    case OID.void:
      return undefined;
    default:
      break;
  }
  if (PLAIN_INTEGERS.has(oid) || oid === OID.regtype) return out.int32(Number(value));
  if (BYTES_AS_THEY_ARE.has(oid) && oid !== OID.record) return out.utf8(String(value));
  const info = typeByOid(oid);
  if (info?.category === 'A')
    return writeArray(info.elementOid, String(value), isArrayType(oid) ? 1 : 0, settings, out);
  throw notSupported(`binary output of type ${typeName(oid)}`);
}

function writeArray(
  elementOid: number,
  stored: string,
  lowerBound: number,
  settings: TypeSettings,
  out: ByteWriter,
): void {
  const elements = arrayElements(elementOid, stored);
  // The vectors keep their one dimension even when empty.
  const dimensions = elements.length === 0 && lowerBound === 1 ? 0 : 1;
  out.int32(dimensions);
  out.int32(elements.includes(null) ? 1 : 0);
  out.int32(elementOid);
  if (dimensions === 0) return;
  out.int32(elements.length);
  out.int32(lowerBound);
  for (const element of elements) {
    if (element === null) out.int32(-1);
    else writeBinaryValue(elementOid, element, settings, out);
  }
}

function integerBinary(bytes: 2 | 4, fallback: Writer): Writer {
  return (row, column, kind, out) => {
    if (kind !== KIND.integer) return fallback(row, column, kind, out);
    out.int32(bytes);
    if (bytes === 2) out.int16(row.integer(column));
    else out.int32(row.integer(column));
  };
}

function int64Binary(fallback: Writer): Writer {
  return (row, column, kind, out) => {
    if (kind !== KIND.integer) return fallback(row, column, kind, out);
    out.int32(8);
    out.int64(row.int64(column));
  };
}

function realBinary(oid: number, fallback: Writer): Writer {
  return (row, column, kind, out) => {
    if (kind !== KIND.real) return fallback(row, column, kind, out);
    out.int32(oid === OID.float4 ? 4 : 8);
    if (oid === OID.float4) out.float32(row.real(column));
    else out.float64(row.real(column));
  };
}

function scaledBinary(scale: number): Writer {
  return (row, column, _kind, out) => {
    const start = out.beginSized();
    writeNumericBinary(numericOf(row.int64(column), scale), out);
    out.endSized(start);
  };
}

function blobBinary(fallback: Writer): Writer {
  return (row, column, kind, out) => {
    if (kind === KIND.blob) out.sizedBytes(row.bytes(column));
    else fallback(row, column, kind, out);
  };
}

function binaryWriter(type: PgType, form: StorageForm, settings: TypeSettings): Writer {
  if (form.kind === 'scaled') return scaledBinary(form.scale);
  const anything: Writer = (row, column, _kind, out) =>
    writeBinaryValue(type.oid, row.value(column), settings, out);
  switch (type.oid) {
    case OID.int2:
      return integerBinary(2, anything);
    case OID.int4:
    case OID.date:
      return integerBinary(4, anything);
    case OID.int8:
    case OID.time:
    case OID.timestamp:
    case OID.timestamptz:
      return int64Binary(anything);
    case OID.float4:
    case OID.float8:
      return realBinary(type.oid, anything);
    case OID.uuid:
    case OID.bytea:
    case OID.interval:
      return blobBinary(anything);
    case OID.numeric:
    case OID.jsonb:
      return anything;
    case OID.record:
      throw notSupported('binary output of type record');
    default:
      return BYTES_AS_THEY_ARE.has(type.oid) ? bytesText(anything) : anything;
  }
}

/** The encoder of a result column: chosen once, called for each row. @throws EdgeError 0A000 */
export function columnEncoder(
  type: PgType,
  form: StorageForm,
  format: 0 | 1,
  settings: TypeSettings,
): ColumnEncoder {
  const write =
    format === 0 ? textWriter(type, form, settings) : binaryWriter(type, form, settings);
  return (row, column, out) => {
    const kind = row.kind(column);
    if (kind === KIND.null) out.int32(-1);
    else write(row, column, kind, out);
  };
}
