/**
 * How PostgreSQL values lie in SQLite, and the two interfaces through which rows cross the house.
 *
 * This folder (`types/`) is a leaf: the wire, the analyser and the SQL functions all build on it, and it
 * imports none of them.
 *
 * | PostgreSQL type        | stored as                                                               |
 * | ---------------------- | ----------------------------------------------------------------------- |
 * | bool                   | INTEGER 0 or 1                                                          |
 * | int2, int4, int8, oid  | INTEGER                                                                 |
 * | float4, float8         | REAL; NaN as TEXT 'NaN' (sorts after every number, as PostgreSQL does)  |
 * | numeric(p<=18, s>=0)   | INTEGER, scaled by 10^s (form `scaled`); NaN/Infinity refused as in PG  |
 * | any other numeric      | TEXT, PostgreSQL's output form, compared with collation `helios_numeric` |
 * | text, varchar, bpchar, name, "char", unknown | TEXT, compared bytewise (C.UTF-8)                 |
 * | uuid, bytea            | BLOB                                                                    |
 * | date                   | INTEGER days since 2000-01-01; +-infinity are int4 max/min              |
 * | time                   | INTEGER microseconds since midnight                                     |
 * | timestamp, timestamptz | INTEGER microseconds since 2000-01-01 (UTC); +-infinity int8 max/min    |
 * | interval               | BLOB, PostgreSQL's 16-byte binary form (micros, days, months); never a column |
 * | json                   | TEXT as given                                                           |
 * | jsonb                  | TEXT in PostgreSQL's canonical jsonb output form                        |
 * | arrays                 | TEXT: JSON array of the elements' stored values (BLOBs as hex strings)  |
 */

/** A stored value. bigint is SQLite's INTEGER and number its REAL, so that 3 and 3.0 stay apart. */
export type SqlValue = null | bigint | number | string | Uint8Array;

/** SQLite's column type codes (sqlite3_column_type). */
export const KIND = { integer: 1, real: 2, text: 3, blob: 4, null: 5 } as const;

/** One result row, read where it lies. Views are valid only until the row's callback returns. */
export interface RowReader {
  readonly columnCount: number;
  kind(column: number): number;
  int64(column: number): bigint;
  /** An INTEGER as a JS number; exact only within +-2^53. */
  integer(column: number): number;
  real(column: number): number;
  /** UTF-8 bytes of a TEXT, or the bytes of a BLOB; a view, not a copy. */
  bytes(column: number): Uint8Array;
  text(column: number): string;
  /** The value copied out, safe to keep. */
  value(column: number): SqlValue;
}

/** How one expression's or column's value lies in SQLite, where its type alone does not say so. */
export type StorageForm =
  | { readonly kind: 'plain' }
  /** numeric as an INTEGER scaled by 10^scale. */
  | { readonly kind: 'scaled'; readonly scale: number };

export const PLAIN: StorageForm = { kind: 'plain' };

/** A PostgreSQL type with its modifier (-1: none). */
export interface PgType {
  readonly oid: number;
  readonly typmod: number;
}
