/**
 * A stored value as other programs understand it: numerics as decimals, times as ISO 8601, uuids and arrays as
 * PostgreSQL writes them. How it lies in the box's own file is nobody's business outside.
 */

import type { Column } from '../sql/catalog/model.ts';
import type { ByteWriter } from '../types/byte-writer.ts';
import { type ColumnEncoder, columnEncoder } from '../types/codecs.ts';
import { OID } from '../types/oids.ts';
import { KIND, type RowReader, type SqlValue } from '../types/storage.ts';

const LENGTH_BYTES = 4;
const UTC = '+00';

/** SQLite type of an exported column, and how its values are made. */
export interface PlainColumn {
  readonly name: string;
  readonly declaredType: 'INTEGER' | 'REAL' | 'TEXT' | 'BLOB' | 'BOOLEAN';
  /** For CSV; null is NULL. */
  text(row: RowReader, index: number): string | null;
  /** For SQLite. */
  value(row: RowReader, index: number): SqlValue;
}

function declaredType(oid: number): PlainColumn['declaredType'] {
  switch (oid) {
    case OID.bool:
      return 'BOOLEAN';
    case OID.int2:
    case OID.int4:
    case OID.int8:
    case OID.oid:
      return 'INTEGER';
    case OID.float4:
    case OID.float8:
      return 'REAL';
    case OID.bytea:
      return 'BLOB';
    default:
      return 'TEXT';
  }
}

/** `2026-07-29 10:00:00.5+00` becomes `2026-07-29T10:00:00.5Z`; infinity and BC stay as they are. */
function isoTime(text: string): string {
  if (!/^\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?(\+00)?$/.test(text)) return text;
  const joined = text.replace(' ', 'T');
  return joined.endsWith(UTC) ? `${joined.slice(0, -UTC.length)}Z` : joined;
}

/** One writer for all columns: a value is read before the next is written. */
export function plainColumn(column: Column, writer: ByteWriter): PlainColumn {
  const { oid } = column.type;
  const encode: ColumnEncoder = columnEncoder(column.type, column.form, 0, {
    timeZone: 'UTC',
    now: 0n,
  });
  const declared = declaredType(oid);
  const isTime = oid === OID.timestamp || oid === OID.timestamptz;
  const text = (row: RowReader, index: number): string | null => {
    if (row.kind(index) === KIND.null) return null;
    writer.truncate(0);
    encode(row, index, writer);
    const written = Buffer.from(writer.view().subarray(LENGTH_BYTES)).toString('utf8');
    return isTime ? isoTime(written) : written;
  };
  const isStoredSo = declared !== 'TEXT';
  return {
    name: column.name,
    declaredType: declared,
    text,
    value: isStoredSo ? (row, index) => row.value(index) : text,
  };
}
