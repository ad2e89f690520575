/**
 * Casts of whole arrays, element by element, by the same functions as single values' casts. It reads the cast table's
 * templates instead of having a table of its own, so that the two cannot disagree.
 */
import { arrayElements, storeArray } from '../../types/array-value.ts';
import { textToValue, valueToText } from '../../types/input-output.ts';
import type { SessionValues } from '../../types/session-values.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { typeByOid } from '../../types/type-info.ts';
import { findCast } from './casts.ts';
import { smallAt, strict, textAt, typeSettings } from './define.ts';

type ElementCast = (value: SqlValue, session: SessionValues) => SqlValue;

/** The few casts that are written in SQLite's own words. */
const NATIVE: Readonly<Record<string, ElementCast>> = {
  $1: (value) => value,
  'CAST($1 AS TEXT)': (value) => String(value),
  'CAST($1 AS REAL)': (value) => Number(value),
  '($1 & 4294967295)': (value) => BigInt.asUintN(32, value as bigint),
  '($1 <> 0)': (value) => (value === 0n ? 0n : 1n),
};

/** helios_array_cast over the scalars that the cast table names. */
export function arrayCastFunction(scalars: readonly ScalarFunction[]): ScalarFunction {
  const byName = new Map(scalars.map((scalar) => [scalar.name, scalar.invoke]));
  const casts = new Map<string, ElementCast>();
  const throughText =
    (from: number, to: number): ElementCast =>
    (value, session) => {
      const settings = typeSettings(session);
      return textToValue(
        { oid: to, typmod: -1 },
        valueToText(from, value, settings),
        settings,
        'explicit',
      );
    };
  const elementCast = (from: number, to: number): ElementCast => {
    const template = findCast(from, to)?.helios ?? '';
    const native = NATIVE[template];
    if (native !== undefined) return native;
    const invoke = byName.get(/^(helios_\w+)\(\$1\)$/.exec(template)?.[1] ?? '');
    return invoke === undefined
      ? throughText(from, to)
      : (value, session) => invoke([value], session);
  };
  return strict('array_cast', 3, (args, session) => {
    const from = typeByOid(smallAt(args, 0))?.elementOid ?? 0;
    const to = typeByOid(smallAt(args, 1))?.elementOid ?? 0;
    const key = `${from}>${to}`;
    const cast = casts.get(key) ?? elementCast(from, to);
    casts.set(key, cast);
    return storeArray(
      arrayElements(from, textAt(args, 2)).map((item) =>
        item === null ? null : cast(item, session),
      ),
    );
  });
}
