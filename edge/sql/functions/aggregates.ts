/**
 * Aggregates that SQLite lacks or answers differently: exact sums and averages of numerics, PostgreSQL's
 * floating-point sums, intervals, text and array collection, variance. Accumulators are plain objects.
 */
import { EdgeError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { storeArray } from '../../types/array-value.ts';
import type { Interval } from '../../types/interval.ts';
import {
  addInterval,
  compareInterval,
  divideInterval,
  intervalFromBytes,
  intervalToBytes,
  negateInterval,
} from '../../types/interval.ts';
import type { Numeric } from '../../types/numeric.ts';
import {
  addNumeric,
  compareNumeric,
  divideAtScale,
  divideNumeric,
  divisionScale,
  formatNumeric,
  multiplyNumeric,
  NUMERIC_INFINITY,
  NUMERIC_MINUS_INFINITY,
  NUMERIC_NAN,
  numericOf,
  rescale,
  subtractNumeric,
} from '../../types/numeric.ts';
import { sqrtAtScale } from '../../types/numeric-functions.ts';
import type { AggregateFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { bytesAt, numericAt, real, realAt } from './define.ts';

const ZERO = numericOf(0n, 0);

/** An aggregate over its first argument that skips NULLs. */
function over<A>(
  name: string,
  create: () => A,
  step: (accumulator: A, args: readonly SqlValue[]) => void,
  value: (accumulator: A) => SqlValue,
  inverse?: (accumulator: A, args: readonly SqlValue[]) => void,
): AggregateFunction {
  const base = {
    name: `helios_${name}`,
    argCount: 1,
    create,
    step: (accumulator: unknown, args: readonly SqlValue[]): void => {
      if (args[0] !== null) step(accumulator as A, args);
    },
    value: (accumulator: unknown): SqlValue => value(accumulator as A),
  };
  if (inverse === undefined) return base;
  return {
    ...base,
    inverse: (accumulator, args): void => {
      if (args[0] !== null) inverse(accumulator as A, args);
    },
  };
}

interface NumericSum {
  /** Sum of the finite values. */
  total: Numeric;
  count: number;
  /** How many values of each scale, so that taking one back also takes back its scale. */
  readonly scales: Map<number, number>;
  readonly specials: { nan: number; inf: number; '-inf': number };
}

const newSum = (): NumericSum => ({
  total: ZERO,
  count: 0,
  scales: new Map(),
  specials: { nan: 0, inf: 0, '-inf': 0 },
});

function addToSum(sum: NumericSum, args: readonly SqlValue[]): void {
  const value = numericAt(args, 0);
  sum.count++;
  if (value.special !== null) {
    sum.specials[value.special]++;
    return;
  }
  sum.total = addNumeric(sum.total, value);
  sum.scales.set(value.scale, (sum.scales.get(value.scale) ?? 0) + 1);
}

function takeFromSum(sum: NumericSum, args: readonly SqlValue[]): void {
  const value = numericAt(args, 0);
  sum.count--;
  if (value.special !== null) {
    sum.specials[value.special]--;
    return;
  }
  sum.total = subtractNumeric(sum.total, value);
  const left = (sum.scales.get(value.scale) ?? 0) - 1;
  if (left > 0) sum.scales.set(value.scale, left);
  else sum.scales.delete(value.scale);
}

function sumOf(sum: NumericSum): Numeric {
  const { nan, inf, '-inf': minusInf } = sum.specials;
  if (nan > 0 || (inf > 0 && minusInf > 0)) return NUMERIC_NAN;
  if (inf > 0 || minusInf > 0) return inf > 0 ? NUMERIC_INFINITY : NUMERIC_MINUS_INFINITY;
  const scale = Math.max(0, ...sum.scales.keys());
  return numericOf(rescale(sum.total.digits, sum.total.scale, scale), scale);
}

const NUMERIC_SUMS: readonly AggregateFunction[] = [
  over(
    'num_sum',
    newSum,
    addToSum,
    (sum) => (sum.count === 0 ? null : formatNumeric(sumOf(sum))),
    takeFromSum,
  ),
  over(
    'num_avg',
    newSum,
    addToSum,
    (sum) =>
      sum.count === 0
        ? null
        : formatNumeric(divideNumeric(sumOf(sum), numericOf(BigInt(sum.count), 0))),
    takeFromSum,
  ),
];

interface FloatSum {
  total: number;
  count: number;
  /** Any infinite input: then an infinite sum is no overflow. */
  infinite: boolean;
}

const newFloatSum = (): FloatSum => ({ total: 0, count: 0, infinite: false });

function floatStep(
  narrow: (value: number) => number,
): (sum: FloatSum, args: readonly SqlValue[]) => void {
  return (sum, args) => {
    const value = realAt(args, 0);
    sum.infinite ||= value === Infinity || value === -Infinity;
    sum.total = sum.count === 0 ? value : narrow(sum.total + value);
    sum.count++;
    if (!sum.infinite && (sum.total === Infinity || sum.total === -Infinity)) {
      throw new EdgeError('numeric_value_out_of_range', 'value out of range: overflow');
    }
  };
}

const FLOAT_SUMS: readonly AggregateFunction[] = [
  over(
    'float8_sum',
    newFloatSum,
    floatStep((value) => value),
    (sum) => (sum.count === 0 ? null : real(sum.total)),
  ),
  over('float4_sum', newFloatSum, floatStep(Math.fround), (sum) =>
    sum.count === 0 ? null : real(sum.total),
  ),
  over(
    'float8_avg',
    newFloatSum,
    floatStep((value) => value),
    (sum) => (sum.count === 0 ? null : real(sum.total / sum.count)),
  ),
];

interface Best {
  value: Interval | null;
}

function extreme(name: string, sign: number): AggregateFunction {
  return over<Best>(
    name,
    () => ({ value: null }),
    (best, args) => {
      const value = intervalFromBytes(bytesAt(args, 0));
      if (best.value === null || compareInterval(value, best.value) * sign > 0) best.value = value;
    },
    (best) => (best.value === null ? null : intervalToBytes(best.value)),
  );
}

interface IntervalSum {
  total: Interval;
  count: number;
}

const newIntervalSum = (): IntervalSum => ({ total: { months: 0, days: 0, micros: 0n }, count: 0 });

function addIntervalStep(sum: IntervalSum, args: readonly SqlValue[]): void {
  sum.total = addInterval(sum.total, intervalFromBytes(bytesAt(args, 0)));
  sum.count++;
}

function removeIntervalStep(sum: IntervalSum, args: readonly SqlValue[]): void {
  sum.total = addInterval(sum.total, negateInterval(intervalFromBytes(bytesAt(args, 0))));
  sum.count--;
}

const INTERVALS: readonly AggregateFunction[] = [
  extreme('interval_min', -1),
  extreme('interval_max', 1),
  over(
    'interval_sum',
    newIntervalSum,
    addIntervalStep,
    (sum) => (sum.count === 0 ? null : intervalToBytes(sum.total)),
    removeIntervalStep,
  ),
  over(
    'interval_avg',
    newIntervalSum,
    addIntervalStep,
    (sum) => (sum.count === 0 ? null : intervalToBytes(divideInterval(sum.total, sum.count))),
    removeIntervalStep,
  ),
];

interface Bits {
  value: bigint | null;
}

function bits(name: string, combine: (a: bigint, b: bigint) => bigint): AggregateFunction {
  return over<Bits>(
    name,
    () => ({ value: null }),
    (state, args) => {
      const value = args[0] as bigint;
      state.value = state.value === null ? value : combine(state.value, value);
    },
    (state) => state.value,
  );
}

interface Collected {
  readonly items: SqlValue[];
  size: number;
  any: boolean;
}

const newCollection = (): Collected => ({ items: [], size: 0, any: false });

function sizeOf(value: SqlValue): number {
  if (typeof value === 'string') return value.length + 4;
  return value instanceof Uint8Array ? value.length * 2 + 4 : 12;
}

/** Adds an item, within the bound on one value's size. @throws EdgeError 54000 */
export function collect(collected: Collected, value: SqlValue): void {
  collected.size += sizeOf(value);
  if (collected.size > LIMITS.valueBytesMax) {
    throw new EdgeError('program_limit_exceeded', 'aggregated value is too large');
  }
  collected.any = true;
  collected.items.push(value);
}

function collector(
  name: string,
  argCount: number,
  step: (collected: Collected, args: readonly SqlValue[]) => void,
  value: (collected: Collected) => SqlValue,
): AggregateFunction {
  return {
    name: `helios_${name}`,
    argCount,
    create: newCollection,
    step: (accumulator, args) => step(accumulator as Collected, args),
    value: (accumulator) => value(accumulator as Collected),
  };
}

const COLLECTIONS: readonly AggregateFunction[] = [
  collector(
    'string_agg',
    2,
    (collected, args) => {
      const [value = null, delimiter = null] = args;
      if (value === null) return;
      // The delimiter of a row stands before its value.
      if (collected.any && delimiter !== null) collect(collected, String(delimiter));
      collect(collected, String(value));
    },
    (collected) => (collected.any ? collected.items.join('') : null),
  ),
  collector(
    'array_agg',
    1,
    (collected, args) => collect(collected, args[0] ?? null),
    (collected) => (collected.any ? storeArray(collected.items) : null),
  ),
  collector(
    'array_agg_strict',
    1,
    (collected, args) => {
      if (args[0] !== null) collect(collected, args[0] ?? null);
    },
    (collected) => (collected.any ? storeArray(collected.items) : null),
  ),
];

interface Moments {
  count: bigint;
  sum: Numeric;
  squares: Numeric;
}

/** PostgreSQL's numeric_stddev_internal. */
function numericSpread(state: Moments, sample: boolean, root: boolean): SqlValue {
  if (state.count === 0n || (sample && state.count === 1n)) return null;
  if (state.sum.special !== null) return 'NaN';
  const count = numericOf(state.count, 0);
  const numerator = subtractNumeric(
    multiplyNumeric(count, state.squares),
    multiplyNumeric(state.sum, state.sum),
  );
  if (compareNumeric(numerator, ZERO) <= 0) return '0';
  const divisor = multiplyNumeric(count, sample ? numericOf(state.count - 1n, 0) : count);
  const scale = divisionScale(numerator, divisor);
  const variance = divideAtScale(numerator, divisor, scale);
  return formatNumeric(root ? sqrtAtScale(variance, scale) : variance);
}

interface FloatMoments {
  count: number;
  sum: number;
  spread: number;
}

/** Youngs and Cramer, as float8_accum. */
function floatMoment(state: FloatMoments, value: number): void {
  state.count++;
  state.sum += value;
  if (state.count === 1) {
    if (!Number.isFinite(value)) state.spread = NaN;
    return;
  }
  const difference = value * state.count - state.sum;
  state.spread += (difference * difference) / (state.count * (state.count - 1));
}

const SPREADS = [
  { names: ['stddev', 'stddev_samp'], sample: true, root: true },
  { names: ['stddev_pop'], sample: false, root: true },
  { names: ['variance', 'var_samp'], sample: true, root: false },
  { names: ['var_pop'], sample: false, root: false },
] as const;

const STATISTICS: readonly AggregateFunction[] = SPREADS.flatMap(({ names, sample, root }) =>
  names.flatMap((name) => [
    over<Moments>(
      `num_${name}`,
      () => ({ count: 0n, sum: ZERO, squares: ZERO }),
      (state, args) => {
        const value = numericAt(args, 0);
        state.count++;
        state.sum = addNumeric(state.sum, value);
        state.squares = addNumeric(state.squares, multiplyNumeric(value, value));
      },
      (state) => numericSpread(state, sample, root),
    ),
    over<FloatMoments>(
      `float8_${name}`,
      () => ({ count: 0, sum: 0, spread: 0 }),
      (state, args) => floatMoment(state, realAt(args, 0)),
      (state) => {
        if (state.count === 0 || (sample && state.count === 1)) return null;
        const variance = state.spread / (sample ? state.count - 1 : state.count);
        return real(root ? Math.sqrt(variance) : variance);
      },
    ),
  ]),
);

/** Aggregates installed beside SQLite's own. */
export const AGGREGATE_FUNCTIONS: readonly AggregateFunction[] = [
  ...NUMERIC_SUMS,
  ...FLOAT_SUMS,
  ...INTERVALS,
  bits('bit_and', (a, b) => a & b),
  bits('bit_or', (a, b) => a | b),
  ...COLLECTIONS,
  ...STATISTICS,
];
