/**
 * Looks at each row before the database does, so that one that it could not take is refused by itself, with
 * a reason, and never fails its batch.
 */
import type { RowRejection, TableBatch, WireColumn, WireValue } from '../protocol.ts';
import { SYNC_LIMITS } from '../sync-limits.ts';

/** A rule of the receiver's owner: a reason, or null to accept. */
export type RowRule = (row: {
  readonly table: string;
  readonly merchant: string | null;
  readonly values: Readonly<Record<string, WireValue>>;
}) => string | null;

export interface RowCheckOptions {
  /** Merchants that this device may write, or null for all. */
  readonly merchants: ReadonlySet<string> | null;
  readonly rule: RowRule | null;
  /** True when a stamp lies further in the future than this end believes. */
  readonly isAhead: (hlc: bigint) => boolean;
}

const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$|^NaN$|^-?Infinity$/i;
const INTEGER = /^-?\d{1,19}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DATE = /^(?:-?infinity|\d{4,}-\d\d-\d\d( BC)?)$/;
const TIMESTAMP =
  /^(?:-?infinity|\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d(:\d\d(:\d\d)?)?)?( BC)?)$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Text forms by the type's name without its modifier; a type that is not here may hold any text. */
const FORMS: Readonly<Record<string, RegExp>> = {
  smallint: INTEGER,
  integer: INTEGER,
  bigint: INTEGER,
  numeric: NUMBER,
  real: NUMBER,
  'double precision': NUMBER,
  boolean: /^[tf]$/,
  uuid: UUID,
  date: DATE,
  'timestamp without time zone': TIMESTAMP,
  'timestamp with time zone': TIMESTAMP,
  bytea: BASE64,
};

/** The type's name without `(10,2)`. */
export function bareType(type: string): string {
  return type.replace(/\(\d+(?:,-?\d+)?\)/, '').trim();
}

function badValue(column: WireColumn, value: WireValue): string | null {
  if (value === null) return null;
  if (value.includes('\u0000')) return `column "${column.name}" holds a zero byte`;
  if (!value.isWellFormed()) return `column "${column.name}" is not well-formed text`;
  const form = FORMS[bareType(column.type)];
  if (form === undefined || form.test(value)) return null;
  return `column "${column.name}" is not of type ${column.type}`;
}

function rowValues(table: TableBatch, index: number): readonly WireValue[] | null {
  if (table.mode === 'push') return table.rows[index]?.values ?? null;
  const state = table.rows[index]?.state;
  if (state?.alive !== true) return null;
  return table.columns.map(({ name }) => state.columns.get(name)?.value ?? null);
}

function aheadReason(table: TableBatch, index: number, options: RowCheckOptions): string | null {
  if (table.mode === 'push') return null;
  const state = table.rows[index]?.state;
  if (state === undefined) return null;
  const stamps = [
    state.aliveStamp,
    state.floor,
    ...[...state.columns.values()].map(({ stamp }) => stamp),
  ];
  if (!stamps.some(({ hlc }) => options.isAhead(hlc))) return null;
  return 'the change is stamped later than the present time';
}

function checkKey(table: TableBatch, index: number): string | null {
  if (table.mode === 'push') return null;
  const row = table.rows[index];
  if (row === undefined || row.merchant === null) return 'a shared row needs a merchant';
  if (row.key.some((part) => part.includes('\u0000') || !part.isWellFormed())) {
    return 'the key is not well-formed text';
  }
  return null;
}

function checkRow(
  table: TableBatch,
  index: number,
  options: RowCheckOptions,
): Omit<RowRejection, 'index'> | null {
  const merchant = table.rows[index]?.merchant ?? null;
  if (options.merchants !== null && (merchant === null || !options.merchants.has(merchant))) {
    return { code: 'merchant_not_allowed', reason: 'this device may not write for this merchant' };
  }
  const key = checkKey(table, index);
  if (key !== null) return { code: 'bad_key', reason: key };
  const ahead = aheadReason(table, index, options);
  if (ahead !== null) return { code: 'clock_ahead', reason: ahead };
  const values = rowValues(table, index);
  if (values === null) return null;
  for (const [position, column] of table.columns.entries()) {
    const reason = badValue(column, values[position] ?? null);
    if (reason !== null) return { code: 'bad_value', reason };
  }
  if (options.rule === null) return null;
  const named = Object.fromEntries(
    table.columns.map(({ name }, position) => [name, values[position] ?? null]),
  );
  const reason = options.rule({ table: table.table, merchant, values: named });
  return reason === null ? null : { code: 'refused', reason };
}

/** The rows of a table that must not go into the database, with reasons, by index. */
export function checkRows(table: TableBatch, options: RowCheckOptions): Map<number, RowRejection> {
  const rejections = new Map<number, RowRejection>();
  for (let index = 0; index < table.rows.length; index += 1) {
    const found = checkRow(table, index, options);
    if (found === null) continue;
    const reason = found.reason.slice(0, SYNC_LIMITS.reasonCharsMax);
    rejections.set(index, { index, code: found.code, reason });
  }
  return rejections;
}
