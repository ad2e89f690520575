/**
 * The encoders of a result's columns: found once for a plan, format and time zone, used for every row of
 * every merchant.
 */
import type { ResultColumn } from '../sql/plan.ts';
import { type ColumnEncoder, columnEncoder } from '../types/codecs.ts';
import type { TypeSettings } from '../types/settings.ts';
import { KIND } from '../types/storage.ts';
import { type FormatCode, formatAt } from '../wire/frontend.ts';

export type RowEncoders = readonly ColumnEncoder[];

/** By time zone: the text of a timestamptz depends on it. */
type ByZone = Map<string, RowEncoders>;

/** Time zones remembered for one plan. */
const ZONES_MAX = 16;

/** Keyed by the plan's own array of columns, so that they go when the plan goes. */
const ALL_TEXT = new WeakMap<readonly ResultColumn[], ByZone>();
const ALL_BINARY = new WeakMap<readonly ResultColumn[], ByZone>();

function make(
  columns: readonly ResultColumn[],
  formats: readonly FormatCode[],
  timeZone: string,
): RowEncoders {
  // A copy: the session's own record changes with it, these encoders serve everyone in that zone.
  const settings: TypeSettings = { timeZone, now: 0n };
  return columns.map((column, index) => {
    const format = formatAt(formats, index);
    const encode = columnEncoder(column.type, column.form, format, settings);
    const { names } = column;
    return names === undefined || format === 1 ? encode : nameEncoder(names, encode);
  });
}

/** A regclass in text is its relation's name; a number that names none stays one. */
function nameEncoder(names: ReadonlyMap<bigint, string>, otherwise: ColumnEncoder): ColumnEncoder {
  return (row, column, out) => {
    const name = row.kind(column) === KIND.integer ? names.get(row.int64(column)) : undefined;
    if (name === undefined) otherwise(row, column, out);
    else out.sizedUtf8(name);
  };
}

/** @throws EdgeError for a type without a binary form */
export function rowEncoders(
  columns: readonly ResultColumn[],
  formats: readonly FormatCode[],
  timeZone: string,
): RowEncoders {
  if (formats.length > 1) return make(columns, formats, timeZone);
  const cache = formatAt(formats, 0) === 0 ? ALL_TEXT : ALL_BINARY;
  let byZone = cache.get(columns);
  if (byZone === undefined) {
    byZone = new Map();
    cache.set(columns, byZone);
  }
  const found = byZone.get(timeZone);
  if (found !== undefined) return found;
  const made = make(columns, formats, timeZone);
  if (byZone.size >= ZONES_MAX) byZone.clear();
  byZone.set(timeZone, made);
  return made;
}
