/**
 * Parameters from the wire: text or binary bytes to a stored value. Binary forms are those of PostgreSQL's
 * `*recv` functions, with their errors. Result columns are in `column-encoder.ts`.
 *
 * @see https://www.postgresql.org/docs/15/protocol-overview.html#PROTOCOL-FORMAT-CODES
 */
import { EdgeError, notSupported } from '../errors.ts';
import { storeArray } from './array-value.ts';
import { decodeUtf8 } from './bytes-text.ts';
import {
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  isInfiniteTimestamp,
  isValidDate,
  isValidTimestamp,
  MICROS,
} from './calendar.ts';
import { clipName, textToValue } from './input-output.ts';
import { checkJson } from './json-parser.ts';
import { canonicalJsonb } from './jsonb.ts';
import { formatNumeric } from './numeric.ts';
import { readNumericBinary } from './numeric-stored.ts';
import { OID } from './oids.ts';
import type { TypeSettings } from './settings.ts';
import type { SqlValue } from './storage.ts';
import { isArrayType, typeByOid, typeName } from './type-info.ts';

export type { ColumnEncoder } from './column-encoder.ts';
export { columnEncoder } from './column-encoder.ts';

function insufficient(): EdgeError {
  return new EdgeError('protocol_violation', 'insufficient data left in message');
}

/** Exactly this many bytes: fewer end the message, more are "incorrect binary data format". */
function exactly(bytes: Uint8Array, length: number, parameter: number): DataView {
  if (bytes.length < length) {
    // A single byte is read by another function of PostgreSQL's, with words of its own.
    throw length === 1
      ? new EdgeError('protocol_violation', 'no data left in message')
      : insufficient();
  }
  if (bytes.length > length) {
    throw new EdgeError(
      'invalid_binary_representation',
      `incorrect binary data format in bind parameter ${parameter}`,
    );
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function realValue(value: number): SqlValue {
  return Number.isNaN(value) ? 'NaN' : value;
}

function decodeDate(view: DataView): SqlValue {
  const days = BigInt(view.getInt32(0));
  if (days !== DATE_INFINITY && days !== DATE_MINUS_INFINITY && !isValidDate(Number(days))) {
    throw new EdgeError('datetime_field_overflow', 'date out of range');
  }
  return days;
}

function decodeTime(view: DataView): SqlValue {
  const micros = view.getBigInt64(0);
  if (micros < 0n || micros > BigInt(MICROS.perDay)) {
    throw new EdgeError('datetime_field_overflow', 'time out of range');
  }
  return micros;
}

function decodeTimestamp(view: DataView): SqlValue {
  const micros = view.getBigInt64(0);
  if (!isInfiniteTimestamp(micros) && !isValidTimestamp(micros)) {
    throw new EdgeError('datetime_field_overflow', 'timestamp out of range');
  }
  return micros;
}

function decodeNumeric(bytes: Uint8Array, parameter: number): SqlValue {
  if (bytes.length < 8) throw insufficient();
  const count = ((bytes[0] as number) << 8) | (bytes[1] as number);
  exactly(bytes, 8 + count * 2, parameter);
  return formatNumeric(readNumericBinary(bytes));
}

function decodeJsonb(bytes: Uint8Array): SqlValue {
  if (bytes.length < 1) throw insufficient();
  if (bytes[0] !== 1) {
    throw new EdgeError('internal_error', `unsupported jsonb version number ${bytes[0]}`);
  }
  return canonicalJsonb(decodeUtf8(bytes.subarray(1)));
}

function decodeArray(
  oid: number,
  bytes: Uint8Array,
  settings: TypeSettings,
  parameter: number,
): SqlValue {
  if (bytes.length < 12) throw insufficient();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dimensions = view.getInt32(0);
  const elementOid = typeByOid(oid)?.elementOid ?? 0;
  if (dimensions < 0 || dimensions > 6) {
    throw new EdgeError(
      'invalid_binary_representation',
      `number of array dimensions (${dimensions}) exceeds the maximum allowed (6)`,
    );
  }
  const flags = view.getInt32(4);
  if (flags !== 0 && flags !== 1)
    throw new EdgeError('invalid_binary_representation', 'invalid array flags');
  if (view.getUint32(8) !== elementOid) {
    throw new EdgeError('datatype_mismatch', 'wrong element type');
  }
  if (dimensions === 0) return '[]';
  if (dimensions > 1) throw notSupported('an array of more than one dimension');
  if (bytes.length < 20) throw insufficient();
  const count = view.getInt32(12);
  if (view.getInt32(16) !== 1) throw notSupported('an array whose subscripts do not start at 1');
  const elements: SqlValue[] = [];
  let at = 20;
  for (let index = 0; index < count; index++) {
    if (at + 4 > bytes.length) throw insufficient();
    const length = view.getInt32(at);
    at += 4;
    if (length < 0) {
      elements.push(null);
      continue;
    }
    if (at + length > bytes.length) throw insufficient();
    elements.push(decodeBinary(elementOid, bytes.subarray(at, at + length), settings, parameter));
    at += length;
  }
  exactly(bytes, at, parameter);
  return storeArray(elements);
}

// A Buffer's own slice() shares memory with the connection's buffer: Uint8Array.from copies.
function decodeBinary(
  oid: number,
  bytes: Uint8Array,
  settings: TypeSettings,
  parameter: number,
): SqlValue {
  switch (oid) {
    case OID.bool:
      return exactly(bytes, 1, parameter).getUint8(0) === 0 ? 0n : 1n;
    case OID.int2:
      return BigInt(exactly(bytes, 2, parameter).getInt16(0));
    case OID.int4:
      return BigInt(exactly(bytes, 4, parameter).getInt32(0));
    case OID.int8:
      return exactly(bytes, 8, parameter).getBigInt64(0);
    case OID.oid:
    case OID.xid:
    case OID.cid:
    case OID.regclass:
    case OID.regtype:
    case OID.regproc:
    case OID.regnamespace:
    case OID.regrole:
      return BigInt(exactly(bytes, 4, parameter).getUint32(0));
    case OID.float4:
      return realValue(exactly(bytes, 4, parameter).getFloat32(0));
    case OID.float8:
      return realValue(exactly(bytes, 8, parameter).getFloat64(0));
    case OID.numeric:
      return decodeNumeric(bytes, parameter);
    case OID.text:
    case OID.varchar:
    case OID.bpchar:
    case OID.unknown:
      return decodeUtf8(bytes);
    case OID.name:
      return clipName(decodeUtf8(bytes));
    case OID.char:
      return decodeUtf8(bytes.subarray(0, exactly(bytes, 1, parameter).byteLength));
    case OID.uuid:
      exactly(bytes, 16, parameter);
      return Uint8Array.from(bytes);
    case OID.bytea:
      return Uint8Array.from(bytes);
    case OID.date:
      return decodeDate(exactly(bytes, 4, parameter));
    case OID.time:
      return decodeTime(exactly(bytes, 8, parameter));
    case OID.timestamp:
    case OID.timestamptz:
      return decodeTimestamp(exactly(bytes, 8, parameter));
    case OID.interval:
      exactly(bytes, 16, parameter);
      return Uint8Array.from(bytes);
    case OID.json:
      return checkJson(decodeUtf8(bytes));
    case OID.jsonb:
      return decodeJsonb(bytes);
    case OID.void:
      return '';
    default:
      if (isArrayType(oid)) return decodeArray(oid, bytes, settings, parameter);
      throw notSupported(`binary input of type ${typeName(oid)}`);
  }
}

/**
 * A parameter's value. The bytes are not kept.
 * @param parameter 1-based number of the parameter, for messages
 * @throws EdgeError 22P02, 22P03, 22021, 08P01 as PostgreSQL; 0A000
 */
export function decodeParameter(
  oid: number,
  format: 0 | 1,
  bytes: Uint8Array,
  settings: TypeSettings,
  parameter = 1,
): SqlValue {
  if (format === 1) return decodeBinary(oid, bytes, settings, parameter);
  return textToValue({ oid, typmod: -1 }, decodeUtf8(bytes), settings);
}
