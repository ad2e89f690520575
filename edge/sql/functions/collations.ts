/**
 * The collations of types whose stored text does not sort as the type does. SQLite calls them for ORDER BY, GROUP BY,
 * indexes and comparisons.
 */

import { compareUtf8 } from '../../types/bytes-text.ts';
import { compareJsonbText } from '../../types/jsonb.ts';
import { compareNumericText } from '../../types/numeric-stored.ts';
import type { Collation } from '../../types/sql-function.ts';

type Element = null | number | bigint | string;

function parseElements(text: string): readonly Element[] {
  // Integers beyond 2^53 keep their digits: the reviver sees the source.
  const reviver = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source as string)
      : value;
  return JSON.parse(
    text,
    reviver as (key: string, value: unknown) => unknown,
  ) as readonly Element[];
}

function compareElement(left: Element, right: Element, numeric: boolean): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
  if (typeof left === 'string' && typeof right === 'string') {
    return numeric ? compareNumericText(left, right) : compareUtf8(left, right);
  }
  if (typeof left === 'string') return 1;
  if (typeof right === 'string') return -1;
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareArrayText(numeric: boolean): (left: string, right: string) => number {
  return (left, right) => {
    if (left === right) return 0;
    const a = parseElements(left);
    const b = parseElements(right);
    const length = Math.min(a.length, b.length);
    for (let index = 0; index < length; index++) {
      const order = compareElement(a[index] ?? null, b[index] ?? null, numeric);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  };
}

/** Installed on every connection. */
export const COLLATIONS: readonly Collation[] = [
  { name: 'helios_numeric', compare: compareNumericText },
  { name: 'helios_jsonb', compare: compareJsonbText },
  { name: 'helios_array', compare: compareArrayText(false) },
  { name: 'helios_array_numeric', compare: compareArrayText(true) },
];
