/**
 * The encoders of a result's columns: found once for a plan and a format, used for every row of
 * every merchant.
 */

import type { ResultColumn } from '../sql/plan.ts';
import { type ColumnEncoder, columnEncoder } from '../types/codecs.ts';
import { type FormatCode, formatAt } from '../wire/frontend.ts';

export type RowEncoders = readonly ColumnEncoder[];

/** Keyed by the plan's own array of columns, so that they go when the plan goes. */
const ALL_TEXT = new WeakMap<readonly ResultColumn[], RowEncoders>();
const ALL_BINARY = new WeakMap<readonly ResultColumn[], RowEncoders>();

function make(columns: readonly ResultColumn[], formats: readonly FormatCode[]): RowEncoders {
  return columns.map((column, index) =>
    columnEncoder(column.type, column.form, formatAt(formats, index)),
  );
}

/** @throws EdgeError for a type without a binary form */
export function rowEncoders(
  columns: readonly ResultColumn[],
  formats: readonly FormatCode[],
): RowEncoders {
  if (formats.length > 1) return make(columns, formats);
  const cache = formatAt(formats, 0) === 0 ? ALL_TEXT : ALL_BINARY;
  const found = cache.get(columns);
  if (found !== undefined) return found;
  const made = make(columns, formats);
  cache.set(columns, made);
  return made;
}
