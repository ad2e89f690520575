/**
 * Values between the box's file and the cloud: PostgreSQL's own text forms, exact and independent of
 * any session (UTC, ISO), but bytea in base64, which is a third shorter than hex.
 */
import type { Column } from '../edge/sql/catalog/model.ts';
import { textToValue, valueToText } from '../edge/types/input-output.ts';
import { formatScaled, parseNumeric } from '../edge/types/numeric.ts';
import { numericToScaled } from '../edge/types/numeric-stored.ts';
import { OID } from '../edge/types/oids.ts';
import { UTC_SETTINGS } from '../edge/types/settings.ts';
import type { SqlValue } from '../edge/types/storage.ts';
import { formatType, numericTypmod } from '../edge/types/type-info.ts';
import type { WireColumn, WireValue } from './protocol.ts';

/** How a column is announced. */
export function wireColumn(column: Column): WireColumn {
  return { name: column.name, type: formatType(column.type) };
}

/** A stored value in its text form. */
export function toWire(value: SqlValue, column: Column): WireValue {
  if (value === null) return null;
  if (column.form.kind === 'scaled' && typeof value === 'bigint') {
    return formatScaled(value, column.form.scale);
  }
  if (column.type.oid === OID.bytea && value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  }
  return valueToText(column.type.oid, value, UTC_SETTINGS);
}

/**
 * A text form as this box stores it.
 * @throws EdgeError when it does not fit the column's type here
 */
export function fromWire(value: WireValue, column: Column): SqlValue {
  if (value === null) return null;
  const { type, form } = column;
  if (form.kind === 'scaled') {
    const precision = numericTypmod(type.typmod)?.precision ?? 0;
    return numericToScaled(parseNumeric(value), precision, form.scale);
  }
  if (type.oid === OID.bytea) return new Uint8Array(Buffer.from(value, 'base64'));
  return textToValue(type, value, UTC_SETTINGS, 'assignment');
}

const UUID_PARTS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

/** One part of a key, from the text in `helios_clock` to the text that travels. */
export function keyPartToWire(part: string, column: Column): string {
  switch (column.type.oid) {
    case OID.uuid:
      return part.replace(UUID_PARTS, '$1-$2-$3-$4-$5');
    case OID.date:
      return valueToText(OID.date, BigInt(part), UTC_SETTINGS);
    default:
      return part;
  }
}

/** One part of a key, from the stored value to the text in `helios_clock`: what the triggers write. */
export function keyPartStored(value: SqlValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : `${value}`;
}
