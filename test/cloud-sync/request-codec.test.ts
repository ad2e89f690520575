import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeAnswer,
  decodeRefusal,
  encodeAnswer,
  encodeRefusal,
} from '../../cloud-sync/answer-codec.ts';
import { NO_FLOOR, type Register, type SharedRow } from '../../cloud-sync/conflict.ts';
import { rowsDigest, type SyncAnswer, type SyncRequest } from '../../cloud-sync/protocol.ts';
import { decodeRequest, encodeRequest } from '../../cloud-sync/request-codec.ts';
import { SyncError } from '../../cloud-sync/sync-error.ts';

const EPOCHS = ['e1', 'e2'];
const int64 = fc.bigInt({ min: 0n, max: 1n << 62n });
const value = fc.option(fc.string({ maxLength: 8 }), { nil: null });
const name = fc.constantFrom('m1', 'm2', 'é');
const stamp = fc.record({ hlc: int64, origin: fc.constantFrom('box', 'cloud') });

const pushedRow = fc.record({
  bornEpoch: fc.constantFrom(...EPOCHS),
  row: int64,
  versionEpoch: fc.constantFrom(...EPOCHS),
  version: int64,
  merchant: fc.option(name, { nil: null }),
  values: fc.option(fc.tuple(value, value), { nil: null }),
});

const sharedRow = fc
  .record({
    version: int64,
    merchant: name,
    sku: fc.string({ maxLength: 5 }),
    alive: fc.boolean(),
    aliveStamp: stamp,
    floor: fc.oneof(fc.constant(NO_FLOOR), stamp),
    price: fc.oneof(value, fc.constant('absent')),
    priceStamp: stamp,
    skuStamp: stamp,
  })
  .map((item) => {
    const columns = new Map<string, Register>();
    if (item.alive) {
      columns.set('sku', { value: item.sku, stamp: item.skuStamp });
      if (item.price !== 'absent')
        columns.set('price', { value: item.price, stamp: item.priceStamp });
    }
    const state: SharedRow = {
      alive: item.alive,
      aliveStamp: item.aliveStamp,
      floor: item.floor,
      columns,
    };
    return {
      versionEpoch: 'e2',
      version: item.version,
      merchant: item.merchant,
      key: [item.sku],
      state,
    };
  });

const request: fc.Arbitrary<SyncRequest> = fc
  .record({
    pushed: fc.array(pushedRow, { maxLength: 5 }),
    shared: fc.array(sharedRow, { maxLength: 5 }),
    clock: int64,
  })
  .map(({ pushed, shared, clock }) => ({
    box: 'box',
    epochs: EPOCHS,
    batch: 'b-1',
    sequence: 7,
    clock,
    tables: [
      {
        table: 'transactions',
        mode: 'push',
        schema: 3,
        tenantColumn: 'merchant_id',
        columns: [
          { name: 'id', type: 'integer' },
          { name: 'amount', type: 'numeric(10,2)' },
        ],
        rows: pushed,
      },
      {
        table: 'products',
        mode: 'both',
        schema: 3,
        tenantColumn: 'merchant_id',
        columns: [
          { name: 'sku', type: 'text' },
          { name: 'price', type: 'numeric(10,2)' },
        ],
        keyColumns: ['sku'],
        rows: shared,
      },
    ],
    pull: { cursor: '12', tables: ['products'], merchants: null, rowsMax: 500 },
  }));

test('decodeRequest gives back what encodeRequest took', () => {
  fc.assert(
    fc.property(request, (original) => {
      expect(decodeRequest(encodeRequest(original))).toEqual(original);
    }),
  );
});

test('decodeRequest answers any change of a byte with a request or a SyncError', () => {
  fc.assert(
    fc.property(request, fc.nat(), fc.integer({ min: 0, max: 255 }), (original, at, byte) => {
      const bytes = encodeRequest(original);
      bytes[at % bytes.length] = byte;
      try {
        decodeRequest(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(SyncError);
      }
    }),
    { numRuns: 500 },
  );
});

function answerTo(original: SyncRequest): SyncAnswer {
  return {
    batch: original.batch,
    timeMs: 1_764_000_000_000n,
    tables: original.tables.map((table) => {
      const rejected = table.rows.length > 1 ? [{ index: 1, code: 'bad_value', reason: 'no' }] : [];
      const without = new Set(rejected.map(({ index }) => index));
      return {
        table: table.table,
        accepted: table.rows.length - rejected.length,
        digest: rowsDigest(table, without),
        rejected,
      };
    }),
    pull: { cursor: '99', more: false, changes: [] },
  };
}

test('decodeAnswer takes the answer to this batch', () => {
  fc.assert(
    fc.property(request, (original) => {
      const answer = answerTo(original);
      expect(decodeAnswer(encodeAnswer(answer), original)).toEqual(answer);
    }),
  );
});

test('decodeAnswer refuses an answer to another batch, other versions, or with rows unaccounted for', () => {
  const [original] = fc.sample(
    request.filter(({ tables }) => (tables[0]?.rows.length ?? 0) > 2),
    { numRuns: 1, seed: 1 },
  );
  if (original === undefined) throw new Error('no sample');
  const answer = answerTo(original);
  const other = { ...original, batch: 'b-2' };
  expect(() => decodeAnswer(encodeAnswer(answer), other)).toThrow(SyncError);
  const [sales, products] = original.tables;
  if (sales?.mode !== 'push' || products === undefined) throw new Error('no sample');
  const later = {
    ...original,
    tables: [
      { ...sales, rows: sales.rows.map((row) => ({ ...row, version: row.version + 1n })) },
      products,
    ],
  };
  expect(() => decodeAnswer(encodeAnswer(answer), later)).toThrow(/digest/);
  const [first, second] = answer.tables;
  if (first === undefined || second === undefined) throw new Error('no answer');
  const short = { ...answer, tables: [{ ...first, accepted: first.accepted - 1 }, second] };
  expect(() => decodeAnswer(encodeAnswer(short), original)).toThrow(/accounted/);
  expect(() => decodeAnswer(encodeAnswer({ ...answer, tables: [first] }), original)).toThrow(
    SyncError,
  );
});

test('decodeRefusal reads what encodeRefusal writes', () => {
  expect(decodeRefusal(encodeRefusal('b-1', 'busy', 'later'))).toEqual({
    batch: 'b-1',
    code: 'busy',
    message: 'later',
  });
});
