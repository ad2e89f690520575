/**
 * Arrays as SQL functions, and the series that generate_series prints as JSON arrays. The first argument is often the
 * element type's OID: it decides how elements compare and print.
 */
import { EdgeError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { arrayElements, storeArray } from '../../types/array-value.ts';
import { isInfiniteTimestamp } from '../../types/calendar.ts';
import { addToTimestamp, addToTimestamptz } from '../../types/datetime-arithmetic.ts';
import { valueToText } from '../../types/input-output.ts';
import { intervalFromBytes, intervalSpan } from '../../types/interval.ts';
import { addNumeric, compareNumeric, formatNumeric, numericOf } from '../../types/numeric.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { compareValues } from './compare-values.ts';
import {
  bool,
  bytesAt,
  integerAt,
  invalidParameter,
  numericAt,
  scalar,
  smallAt,
  strict,
  textAt,
  typeSettings,
} from './define.ts';

/** Elements of the array at `index`, of the element type at argument 0. */
function elementsAt(args: readonly SqlValue[], index: number): SqlValue[] {
  return arrayElements(smallAt(args, 0), textAt(args, index));
}

/** Number of elements, whatever their type. */
function countOf(stored: string): number {
  return (JSON.parse(stored) as unknown[]).length;
}

function sameElement(oid: number, left: SqlValue, right: SqlValue): boolean {
  if (left === null || right === null) return left === right;
  return compareValues(oid, left, right) === 0;
}

function concatStored(left: SqlValue, right: SqlValue): SqlValue {
  if (left === null) return right;
  if (right === null || right === '[]') return left;
  return left === '[]' ? right : `${String(left).slice(0, -1)},${String(right).slice(1)}`;
}

const SHAPES: readonly ScalarFunction[] = [
  strict('array_length', 2, (args) => {
    const count = countOf(textAt(args, 0));
    return count === 0 || integerAt(args, 1) !== 1n ? null : BigInt(count);
  }),
  strict('array_lower', 2, (args) =>
    textAt(args, 0) === '[]' || integerAt(args, 1) !== 1n ? null : 1n,
  ),
  strict('array_ndims', 1, (args) => (textAt(args, 0) === '[]' ? null : 1n)),
  strict('array_cardinality', 1, (args) => BigInt(countOf(textAt(args, 0)))),
  scalar('array_build', -1, (args) => storeArray(args.slice(1))),
  strict('array_get', 3, (args) => {
    const index = smallAt(args, 2);
    return index < 1 ? null : (elementsAt(args, 1)[index - 1] ?? null);
  }),
];

const CHANGES: readonly ScalarFunction[] = [
  scalar('array_append', 3, (args) => concatStored(args[1] ?? null, storeArray([args[2] ?? null]))),
  scalar('array_prepend', 3, (args) =>
    concatStored(storeArray([args[1] ?? null]), args[2] ?? null),
  ),
  scalar('array_cat', 2, (args) => concatStored(args[0] ?? null, args[1] ?? null)),
  scalar('array_remove', 3, (args) => {
    if (args[1] === null) return null;
    return storeArray(
      elementsAt(args, 1).filter((item) => !sameElement(smallAt(args, 0), item, args[2] ?? null)),
    );
  }),
  scalar('array_replace', 4, (args) => {
    if (args[1] === null) return null;
    return storeArray(
      elementsAt(args, 1).map((item) =>
        sameElement(smallAt(args, 0), item, args[2] ?? null) ? (args[3] ?? null) : item,
      ),
    );
  }),
];

function positions(args: readonly SqlValue[], from: number): number[] {
  const oid = smallAt(args, 0);
  const wanted = args[2] ?? null;
  return elementsAt(args, 1).flatMap((item, index) =>
    index + 1 >= from && sameElement(oid, item, wanted) ? [index + 1] : [],
  );
}

function containsAll(args: readonly SqlValue[]): boolean {
  const oid = smallAt(args, 0);
  const outer = elementsAt(args, 1).filter((item) => item !== null);
  return elementsAt(args, 2).every(
    (item) => item !== null && outer.some((own) => compareValues(oid, own, item) === 0),
  );
}

function overlap(args: readonly SqlValue[]): boolean {
  const oid = smallAt(args, 0);
  const left = elementsAt(args, 1).filter((item) => item !== null);
  return elementsAt(args, 2).some(
    (item) => item !== null && left.some((own) => compareValues(oid, own, item) === 0),
  );
}

const TESTS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** oid, operator, all?, value, array: `value op ANY/ALL (array)` with SQL's three values. */
function compareWithArray(args: readonly SqlValue[]): SqlValue {
  const array = args[4] ?? null;
  if (array === null) return null;
  const oid = smallAt(args, 0);
  const test = TESTS[textAt(args, 1)];
  if (test === undefined) throw new Error(`no such comparison: ${textAt(args, 1)}`);
  const all = args[2] === 1n;
  const value = args[3] ?? null;
  const elements = arrayElements(oid, String(array));
  let unknown = false;
  for (const element of elements) {
    if (element === null || value === null) unknown = true;
    else if (test(compareValues(oid, value, element)) !== all) return bool(!all);
  }
  return unknown ? null : bool(all);
}

const SEARCHES: readonly ScalarFunction[] = [
  scalar('array_position', -1, (args) => {
    if (args[1] === null) return null;
    const from = args.length > 3 ? smallAt(args, 3) : 1;
    const first = positions(args, from)[0];
    return first === undefined ? null : BigInt(first);
  }),
  scalar('array_positions', 3, (args) =>
    args[1] === null ? null : storeArray(positions(args, 1).map(BigInt)),
  ),
  strict('array_contains', 3, (args) => bool(containsAll(args))),
  strict('array_overlaps', 3, (args) => bool(overlap(args))),
  scalar('array_compare', 5, compareWithArray),
  scalar('array_to_string', 4, (args, session) => {
    const [, array = null, delimiter = null, nullText = null] = args;
    if (array === null || delimiter === null) return null;
    const oid = smallAt(args, 0);
    const settings = typeSettings(session);
    return elementsAt(args, 1)
      .flatMap((item) =>
        item === null
          ? nullText === null
            ? []
            : [String(nullText)]
          : [valueToText(oid, item, settings)],
      )
      .join(String(delimiter));
  }),
  strict('array_join', 2, (args) =>
    (JSON.parse(textAt(args, 0)) as (string | null)[])
      .filter((item) => item !== null)
      .join(textAt(args, 1)),
  ),
];

function seriesTooLong(): EdgeError {
  return new EdgeError(
    'program_limit_exceeded',
    `a series has at most ${LIMITS.seriesRowsMax} rows here`,
  );
}

function zeroStep(): EdgeError {
  return invalidParameter('step size cannot equal zero');
}

/** Values from `start` while `next` gives one; the array of them in stored form. */
function series<V>(
  start: V,
  within: (value: V) => boolean,
  next: (value: V) => V,
  store: (value: V) => SqlValue,
): SqlValue {
  const values: SqlValue[] = [];
  for (let value = start; within(value); value = next(value)) {
    if (values.length >= LIMITS.seriesRowsMax) throw seriesTooLong();
    values.push(store(value));
  }
  return storeArray(values);
}

function timestampSeries(args: readonly SqlValue[], add: (value: bigint) => bigint): SqlValue {
  const stop = integerAt(args, 1);
  const span = intervalSpan(intervalFromBytes(bytesAt(args, 2)));
  if (span === 0n) throw zeroStep();
  if (isInfiniteTimestamp(integerAt(args, 0))) throw seriesTooLong();
  return series(
    integerAt(args, 0),
    (value) => (span > 0n ? value <= stop : value >= stop),
    add,
    (value) => value,
  );
}

const SERIES: readonly ScalarFunction[] = [
  strict('series_int', 3, (args) => {
    const stop = integerAt(args, 1);
    const step = integerAt(args, 2);
    if (step === 0n) throw zeroStep();
    return series(
      integerAt(args, 0),
      (value) => (step > 0n ? value <= stop : value >= stop),
      (value) => value + step,
      (value) => value,
    );
  }),
  strict('series_numeric', 3, (args) => {
    const stop = numericAt(args, 1);
    const step = numericAt(args, 2);
    if ([numericAt(args, 0), stop, step].some((one) => one.special !== null)) {
      throw invalidParameter('start, stop and step of a series must be finite');
    }
    const sign = compareNumeric(step, numericOf(0n, 0));
    if (sign === 0) throw zeroStep();
    return series(
      numericAt(args, 0),
      (value) => compareNumeric(value, stop) * sign <= 0,
      (value) => addNumeric(value, step),
      formatNumeric,
    );
  }),
  strict('series_timestamp', 3, (args) =>
    timestampSeries(args, (value) => addToTimestamp(value, intervalFromBytes(bytesAt(args, 2)))),
  ),
  strict('series_timestamptz', 3, (args, session) =>
    timestampSeries(args, (value) =>
      addToTimestamptz(value, intervalFromBytes(bytesAt(args, 2)), session.timeZone),
    ),
  ),
];

/** Array functions and series. */
export const ARRAY_FUNCTIONS: readonly ScalarFunction[] = [
  ...SHAPES,
  ...CHANGES,
  ...SEARCHES,
  ...SERIES,
];
