import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compactStamps,
  currentLife,
  mergeRows,
  NO_FLOOR,
  parseStamp,
  type Register,
  type SharedRow,
  type Stamp,
  sameRow,
  stampText,
} from '../../cloud-sync/conflict.ts';

const INT64_MAX = (1n << 63n) - 1n;

// Few clocks and origins, so that ties and equal stamps with different values come up often.
const stamp: fc.Arbitrary<Stamp> = fc.record({
  hlc: fc.bigInt({ min: 0n, max: 4n }),
  origin: fc.constantFrom('a', 'b', 'cloud'),
});
const register: fc.Arbitrary<Register> = fc.record({
  value: fc.option(fc.constantFrom('', '1', '2', 'é'), { nil: null }),
  stamp,
});
const row: fc.Arbitrary<SharedRow> = fc.record({
  alive: fc.boolean(),
  aliveStamp: stamp,
  floor: fc.oneof(fc.constant(NO_FLOOR), stamp),
  columns: fc
    .dictionary(fc.constantFrom('name', 'price', 'stock'), register)
    .map((columns) => new Map(Object.entries(columns))),
});

test('mergeRows is commutative', () => {
  fc.assert(
    fc.property(row, row, (a, b) => {
      expect(sameRow(mergeRows(a, b), mergeRows(b, a))).toBe(true);
    }),
  );
});

test('mergeRows is associative', () => {
  fc.assert(
    fc.property(row, row, row, (a, b, c) => {
      expect(sameRow(mergeRows(mergeRows(a, b), c), mergeRows(a, mergeRows(b, c)))).toBe(true);
    }),
  );
});

test('mergeRows is idempotent', () => {
  fc.assert(
    fc.property(row, row, (a, b) => {
      const merged = mergeRows(a, b);
      expect(sameRow(mergeRows(merged, merged), merged)).toBe(true);
      expect(sameRow(mergeRows(merged, a), merged)).toBe(true);
    }),
  );
});

test('mergeRows gives the same row for any order and any repetition of changes', () => {
  fc.assert(
    fc.property(
      fc
        .array(row, { minLength: 1, maxLength: 6 })
        .chain((changes) =>
          fc.tuple(
            fc.constant(changes),
            fc.array(fc.integer({ min: 0, max: changes.length - 1 }), { maxLength: 12 }),
          ),
        ),
      ([changes, extra]) => {
        const merge = (list: readonly SharedRow[]): SharedRow =>
          list.slice(1).reduce(mergeRows, currentLife(list[0] as SharedRow));
        const shuffled = [
          ...extra.map((index) => changes[index] as SharedRow),
          ...changes.toReversed(),
        ];
        expect(sameRow(merge(changes), merge(shuffled))).toBe(true);
      },
    ),
  );
});

test('mergeRows keeps both ends’ columns when they changed different ones', () => {
  const at = (value: string, hlc: bigint, origin: string): Register => ({
    value,
    stamp: { hlc, origin },
  });
  const born = { alive: true, aliveStamp: { hlc: 1n, origin: 'a' }, floor: NO_FLOOR };
  const box: SharedRow = {
    ...born,
    columns: new Map([
      ['name', at('Tea', 1n, 'a')],
      ['stock', at('4', 9n, 'a')],
    ]),
  };
  const cloud: SharedRow = {
    ...born,
    columns: new Map([
      ['name', at('Green tea', 5n, 'cloud')],
      ['stock', at('7', 1n, 'a')],
    ]),
  };
  const merged = mergeRows(box, cloud);
  expect(merged.columns.get('name')?.value).toBe('Green tea');
  expect(merged.columns.get('stock')?.value).toBe('4');
});

test('mergeRows lets a deletion beat a later change of a column, and a later insert beat the deletion', () => {
  const columns = new Map([['name', { value: 'x', stamp: { hlc: 50n, origin: 'b' } }]]);
  const alive: SharedRow = {
    alive: true,
    aliveStamp: { hlc: 1n, origin: 'a' },
    floor: NO_FLOOR,
    columns,
  };
  const gone: SharedRow = {
    alive: false,
    aliveStamp: { hlc: 10n, origin: 'a' },
    floor: NO_FLOOR,
    columns: new Map(),
  };
  const again: SharedRow = {
    alive: true,
    aliveStamp: { hlc: 11n, origin: 'b' },
    floor: NO_FLOOR,
    columns,
  };
  expect(mergeRows(alive, gone).alive).toBe(false);
  expect(mergeRows(mergeRows(alive, gone), again).alive).toBe(true);
});

test('mergeRows lets nothing of a former life into a row that was inserted again', () => {
  const stock = new Map([['stock', { value: '4', stamp: { hlc: 5n, origin: 'a' } }]]);
  const before: SharedRow = {
    alive: true,
    aliveStamp: { hlc: 1n, origin: 'a' },
    floor: NO_FLOOR,
    columns: stock,
  };
  const name = new Map([['name', { value: 'x', stamp: { hlc: 9n, origin: 'cloud' } }]]);
  const reborn: SharedRow = {
    alive: true,
    aliveStamp: { hlc: 9n, origin: 'cloud' },
    floor: { hlc: 7n, origin: 'cloud' },
    columns: name,
  };
  expect([...mergeRows(before, reborn).columns.keys()]).toEqual(['name']);
});

test('compactStamps says the same as the registers', () => {
  fc.assert(
    fc.property(row, ({ columns, aliveStamp }) => {
      const compact = compactStamps(columns, aliveStamp);
      for (const [name, { stamp: own }] of columns) {
        expect(compact.overrides.get(name) ?? compact.row).toEqual(own);
      }
    }),
  );
});

test('parseStamp reads what stampText writes and nothing else', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: INT64_MAX }),
      fc.string({ minLength: 1, maxLength: 50 }),
      (hlc, origin) => {
        expect(parseStamp(stampText({ hlc, origin }))).toEqual({ hlc, origin });
      },
    ),
  );
  for (const text of ['', '@', '1@', '@a', 'A@a', '-1@a', 'zzzzzzzzzzzzz@a', '12345678901234@a']) {
    expect(parseStamp(text)).toBeNull();
  }
});
