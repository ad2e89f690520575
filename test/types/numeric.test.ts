/**
 * numeric arithmetic: laws that hold without a reference, and random expressions side by side with the reference
 * PostgreSQL, where every digit must be the same.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EdgeError } from '../../edge/errors.ts';
import { ByteWriter } from '../../edge/types/byte-writer.ts';
import type { Numeric } from '../../edge/types/numeric.ts';
import * as numeric from '../../edge/types/numeric.ts';
import * as functions from '../../edge/types/numeric-functions.ts';
import {
  compareNumericText,
  readNumericBinary,
  scaledCeil,
  scaledExact,
  scaledFloor,
  writeNumericBinary,
} from '../../edge/types/numeric-stored.ts';
import type { Reference } from './reference.ts';
import { openReference, REFERENCE_URL } from './reference.ts';

const finite = fc
  .tuple(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.integer({ min: 0, max: 20 }))
  .map(([digits, scale]) => numeric.numericOf(digits, scale));
const small = fc
  .tuple(fc.bigInt({ min: -(10n ** 7n), max: 10n ** 7n }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, scale]) => numeric.numericOf(digits, scale));
const special = fc.constantFrom(
  numeric.NUMERIC_NAN,
  numeric.NUMERIC_INFINITY,
  numeric.NUMERIC_MINUS_INFINITY,
);
const any = fc.oneof({ weight: 8, arbitrary: finite }, { weight: 1, arbitrary: special });

describe('numeric', () => {
  it('parseNumeric reads what formatNumeric wrote', () => {
    fc.assert(
      fc.property(any, (value) => {
        const back = numeric.parseNumeric(numeric.formatNumeric(value));
        expect(back).toEqual(value);
      }),
    );
  });

  it('compareNumericText agrees with compareNumeric', () => {
    fc.assert(
      fc.property(any, any, (left, right) => {
        const byText = compareNumericText(
          numeric.formatNumeric(left),
          numeric.formatNumeric(right),
        );
        expect(Math.sign(byText)).toBe(numeric.compareNumeric(left, right));
      }),
    );
  });

  it('addNumeric and subtractNumeric undo each other', () => {
    fc.assert(
      fc.property(finite, finite, (left, right) => {
        const back = numeric.subtractNumeric(numeric.addNumeric(left, right), right);
        expect(numeric.compareNumeric(back, left)).toBe(0);
      }),
    );
  });

  it('moduloNumeric and divideTruncated make up the dividend', () => {
    fc.assert(
      fc.property(
        finite,
        finite.filter((value) => value.digits !== 0n),
        (left, right) => {
          const whole = numeric.multiplyNumeric(numeric.divideTruncated(left, right), right);
          const sum = numeric.addNumeric(whole, numeric.moduloNumeric(left, right));
          expect(numeric.compareNumeric(sum, left)).toBe(0);
        },
      ),
    );
  });

  it('readNumericBinary reads what writeNumericBinary wrote', () => {
    fc.assert(
      fc.property(any, (value) => {
        const out = new ByteWriter();
        writeNumericBinary(value, out);
        expect(readNumericBinary(out.take())).toEqual(value);
      }),
    );
  });

  it('scaledFloor and scaledCeil enclose the value, scaledExact only equal ones', () => {
    fc.assert(
      fc.property(small, fc.integer({ min: 0, max: 4 }), (value, scale) => {
        const floor = numeric.numericOf(scaledFloor(value, scale), scale);
        const ceil = numeric.numericOf(scaledCeil(value, scale), scale);
        expect(numeric.compareNumeric(floor, value)).toBeLessThanOrEqual(0);
        expect(numeric.compareNumeric(ceil, value)).toBeGreaterThanOrEqual(0);
        expect(scaledExact(value, scale) !== null).toBe(numeric.compareNumeric(floor, ceil) === 0);
      }),
    );
  });
});

type Operation = readonly [
  sql: string,
  ours: (a: Numeric, b: Numeric) => Numeric,
  operand: typeof finite,
];

const OPERATIONS: readonly Operation[] = [
  ['a + b', numeric.addNumeric, any as typeof finite],
  ['a - b', numeric.subtractNumeric, any as typeof finite],
  ['a * b', numeric.multiplyNumeric, any as typeof finite],
  ['a / b', numeric.divideNumeric, any as typeof finite],
  ['a % b', numeric.moduloNumeric, any as typeof finite],
  ['div(a, b)', numeric.divideTruncated, any as typeof finite],
  ['sqrt(abs(a))', (a) => functions.sqrtNumeric(numeric.absNumeric(a)), any as typeof finite],
  [
    'exp(a / 100000)',
    (a) => functions.expNumeric(numeric.divideNumeric(a, numeric.numericOf(100_000n, 0))),
    small,
  ],
  ['ln(abs(a))', (a) => functions.lnNumeric(numeric.absNumeric(a)), any as typeof finite],
  [
    'log(abs(a))',
    (a) => functions.logNumeric(numeric.numericOf(10n, 0), numeric.absNumeric(a)),
    finite,
  ],
  [
    'log(abs(a), abs(b))',
    (a, b) => functions.logNumeric(numeric.absNumeric(a), numeric.absNumeric(b)),
    small,
  ],
  [
    'power(abs(a), b / 1000000)',
    (a, b) =>
      functions.powerNumeric(
        numeric.absNumeric(a),
        numeric.divideNumeric(b, numeric.numericOf(1_000_000n, 0)),
      ),
    small,
  ],
  [
    'power(a, trunc(b / 1000000))',
    (a, b) =>
      functions.powerNumeric(
        a,
        numeric.truncateNumeric(numeric.divideNumeric(b, numeric.numericOf(1_000_000n, 0)), 0),
      ),
    small,
  ],
  ['round(a, 3)', (a) => numeric.roundNumeric(a, 3), any as typeof finite],
  ['round(a, -3)', (a) => numeric.roundNumeric(a, -3), any as typeof finite],
  ['trunc(a, 2)', (a) => numeric.truncateNumeric(a, 2), any as typeof finite],
  ['ceil(a)', numeric.ceilNumeric, any as typeof finite],
  ['floor(a)', numeric.floorNumeric, any as typeof finite],
];

const ROUNDS = 150;

describe.skipIf(REFERENCE_URL === undefined)('numeric against PostgreSQL', () => {
  let reference: Reference;
  beforeAll(async () => {
    reference = await openReference();
  });
  afterAll(() => reference.close());

  for (const [sql, compute, operand] of OPERATIONS) {
    it(`${sql} gives every digit`, async () => {
      const pairs = fc.sample(fc.tuple(operand, operand), { numRuns: ROUNDS });
      const different: string[] = [];
      for (const [a, b] of pairs) {
        const text = sql
          .replace(/\ba\b/g, `'${numeric.formatNumeric(a)}'::numeric`)
          .replace(/\bb\b/g, `'${numeric.formatNumeric(b)}'::numeric`);
        const wanted = await reference.ask(text);
        let given: string;
        try {
          given = numeric.formatNumeric(compute(a, b));
        } catch (error) {
          if (!(error instanceof EdgeError)) throw error;
          given = `!${error.sqlstate} ${error.message}`;
        }
        if (given !== wanted) different.push(`${text}: pg ${wanted}, ours ${given}`);
      }
      expect(different).toEqual([]);
    });
  }
});
