import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  PushedRow,
  PushedTable,
  SharedTable,
  SyncRequest,
  TableBatch,
} from '../../../cloud-sync/protocol.ts';
import { makeAccess } from '../../../cloud-sync/receiver/device-access.ts';
import { openPglite, openPostgres } from '../../../cloud-sync/receiver/sql-database.ts';
import { openStore, type ReceiverStore } from '../../../cloud-sync/receiver/store.ts';
import { Turnstile } from '../../../cloud-sync/receiver/turnstile.ts';
import { systemClock } from '../../../edge/clock.ts';

const POSTGRES_URL = process.env['HELIOS_PG_URL'];
const DRIVERS = POSTGRES_URL === undefined ? ['pglite'] : ['pglite', 'postgres'];

let unique = 0;
/** Names that no other test, and no earlier run on the same server, has used. */
function fresh(name: string): string {
  unique += 1;
  return `${name}_${process.pid}_${Date.now().toString(36)}_${unique}`;
}

function pushed(
  table: string,
  rows: readonly Partial<PushedRow>[],
  extra: Partial<PushedTable> = {},
): PushedTable {
  return {
    table,
    mode: 'push',
    schema: 1,
    tenantColumn: 'merchant_id',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'amount', type: 'numeric(10,2)' },
    ],
    rows: rows.map((row) => ({
      bornEpoch: 'e1',
      row: 1n,
      versionEpoch: 'e1',
      version: 1n,
      merchant: 'm1',
      values: ['1', '1.00'],
      ...row,
    })),
    ...extra,
  };
}

function batch(
  box: string,
  tables: readonly TableBatch[],
  epochs: readonly string[] = ['e1'],
): SyncRequest {
  return { box, epochs, batch: 'b', sequence: 1, clock: 0n, tables, pull: null };
}

describe.each(DRIVERS)('ReceiverStore on %s', (driver) => {
  let store: ReceiverStore;

  beforeAll(async () => {
    const database =
      driver === 'pglite' ? await openPglite(null) : await openPostgres(POSTGRES_URL ?? '');
    store = await openStore(database, {
      clock: systemClock,
      rule: ({ values }) => (values['amount'] === '666.00' ? 'not this number' : null),
    });
  }, 120_000);

  afterAll(() => store.close());

  test('the highest version wins, whatever the order and however often batches come', async () => {
    const change = fc.record({
      row: fc.bigInt({ min: 1n, max: 3n }),
      life: fc.integer({ min: 0, max: 1 }),
      version: fc.bigInt({ min: 1n, max: 6n }),
      deleted: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(100), { maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (changes, repeats, size) => {
          const table = fresh('sales');
          // What a version holds is a function of the version, as on a box.
          const rows = changes.map(({ row, life, version, deleted }) => ({
            row,
            version,
            versionEpoch: life === 0 ? 'e1' : 'e2',
            values:
              (version + BigInt(life)) % 5n === 0n && deleted
                ? null
                : ['1', `${life}${version}.00`],
          }));
          const firstOf = new Map(
            rows.map((row) => [`${row.row} ${row.versionEpoch} ${row.version}`, row]),
          );
          const sent = [
            ...rows,
            ...repeats.map((index) => rows[index % rows.length] ?? rows[0]),
          ].map((row) => firstOf.get(`${row?.row} ${row?.versionEpoch} ${row?.version}`) ?? {});
          for (let start = 0; start < sent.length; start += size) {
            const request = batch(
              table,
              [pushed(table, sent.slice(start, start + size))],
              ['e1', 'e2'],
            );
            const { tables } = await store.apply(request, null);
            expect(tables[0]?.rejected).toEqual([]);
          }
          const audit = await store.auditRows(table, 100);
          const expected = new Map<bigint, (typeof rows)[number]>();
          for (const row of firstOf.values()) {
            const best = expected.get(row.row);
            const rank = (item: typeof row): bigint =>
              (item.versionEpoch === 'e2' ? 100n : 0n) + item.version;
            if (best === undefined || rank(row) > rank(best)) expected.set(row.row, row);
          }
          expect(audit.length).toBe(expected.size);
          for (const line of audit) {
            const row = expected.get(BigInt(line.row));
            expect(line.deleted).toBe(row?.values === null);
            expect(line.data['amount'] ?? null).toBe(row?.values?.[1] ?? null);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('two boxes that sell the same id, and two lives of one box, do not meet', async () => {
    const table = fresh('sales');
    await store.apply(batch('a', [pushed(table, [{ values: ['1', '1.00'] }])]), null);
    await store.apply(batch('b', [pushed(table, [{ values: ['1', '2.00'] }])]), null);
    await store.apply(
      batch(
        'a',
        [pushed(table, [{ bornEpoch: 'e2', versionEpoch: 'e2', values: ['1', '4.00'] }])],
        ['e1', 'e2'],
      ),
      null,
    );
    expect(await store.ledger(table, 'amount')).toEqual([
      { merchant: 'm1', count: 3, sum: '7.00' },
    ]);
  });

  test('sums are exact', async () => {
    const table = fresh('sales');
    const rows = Array.from({ length: 1_000 }, (_, index) => ({
      row: BigInt(index),
      values: ['1', '0.10'],
    }));
    rows.push({ row: 5_000n, values: ['1', '90071992547409.93'] });
    await store.apply(batch('a', [pushed(table, rows)]), null);
    expect(await store.ledger(table, 'amount')).toEqual([
      { merchant: 'm1', count: 1_001, sum: '90071992547509.93' },
    ]);
  });

  test('one bad row is refused by itself, with a reason', async () => {
    const table = fresh('sales');
    const columns = [
      { name: 'id', type: 'integer' },
      { name: 'amount', type: 'numeric(10,2)' },
      { name: 'note', type: 'text' },
    ];
    const values: readonly (readonly (string | null)[])[] = [
      ['1', '1.00', 'fine'],
      ['1', 'twelve', 'bad number'],
      ['1', '2.00', 'zero \u0000 byte'],
      ['1', '3.00', 'half a pair \ud83d'],
      ['1', '666.00', 'against the rule'],
      ['x', '4.00', 'bad integer'],
      ['1', '5.00', '🛒 é'],
    ];
    const request = batch('a', [
      pushed(
        table,
        values.map((row, index) => ({ row: BigInt(index), values: row })),
        { columns },
      ),
    ]);
    const { tables } = await store.apply(request, null);
    expect(tables[0]?.accepted).toBe(2);
    expect(tables[0]?.rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'bad_value'],
      [2, 'bad_value'],
      [3, 'bad_value'],
      [4, 'refused'],
      [5, 'bad_value'],
    ]);
    expect(await store.ledger(table, 'amount')).toEqual([
      { merchant: 'm1', count: 2, sum: '6.00' },
    ]);
  });

  test('a row that only the database finds bad is found by savepoints', async () => {
    const table = fresh('sales');
    const request = batch('a', [
      pushed(table, [{ row: 1n }, { row: 2n, merchant: 'm\u0000' }, { row: 3n }]),
    ]);
    const { tables } = await store.apply(request, null);
    expect(tables[0]?.rejected).toMatchObject([{ index: 1, code: 'constraint' }]);
    expect(await store.ledger(table, 'amount')).toMatchObject([{ count: 2 }]);
  });

  test('a device writes and reads for its own merchants only', async () => {
    const table = fresh('sales');
    const request = batch('a', [
      pushed(table, [{ row: 1n }, { row: 2n, merchant: 'm2' }, { row: 3n, merchant: null }]),
    ]);
    const { tables } = await store.apply(request, new Set(['m1']));
    expect(tables[0]?.rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'merchant_not_allowed'],
      [2, 'merchant_not_allowed'],
    ]);
  });

  test('older and newer schemas of one table live together, and the view shows both', async () => {
    const table = fresh('sales');
    const wide = [
      { name: 'id', type: 'integer' },
      { name: 'amount', type: 'numeric(10,2)' },
      { name: 'paid at "noon"', type: 'timestamp without time zone' },
    ];
    await store.apply(
      batch('new', [
        pushed(table, [{ values: ['1', '1.50', '2025-01-02 03:04:05.6'] }], { columns: wide }),
      ]),
      null,
    );
    await store.apply(batch('old', [pushed(table, [{ values: ['2', '2.50'] }])]), null);
    // A box with an older schema changes the row: what it does not know stays.
    await store.apply(
      batch('new', [pushed(table, [{ version: 2n, values: ['1', '9.00'] }])]),
      null,
    );
    const rows = await store.database.query(
      `SELECT id::text AS id, amount::text AS amount, "paid at ""noon"""::text AS paid FROM mirror."${table}" ORDER BY box`,
    );
    expect(rows).toEqual([
      { id: '1', amount: '9.00', paid: '2025-01-02 03:04:05.6' },
      { id: '2', amount: '2.50', paid: null },
    ]);
    // Another box knows the column by another type: text for all, nothing refused.
    const other = [
      { name: 'id', type: 'uuid' },
      { name: 'amount', type: 'numeric' },
    ];
    const id = '3f2504e0-4f89-11d3-9a0c-0305e82c3301';
    await store.apply(
      batch('third', [pushed(table, [{ values: [id, '1'] }], { columns: other })]),
      null,
    );
    const ids = await store.database.query(`SELECT id FROM mirror."${table}" ORDER BY box`);
    expect(ids.map((row) => row['id'])).toEqual(['1', '2', id]);
  });

  test('names from a box are data, never SQL', async () => {
    const table = fresh(`x"; DROP TABLE helios_rows; --'`);
    const columns = [
      { name: `a' || (SELECT 1/0) || '`, type: 'integer' },
      { name: 'b\\', type: `integer); DROP TABLE helios_rows; --` },
    ];
    const { tables } = await store.apply(batch('a', [pushed(table, [{}], { columns })]), null);
    expect(tables[0]?.accepted).toBe(1);
    expect((await store.rows(table, null, 10)).length).toBe(1);
  });

  test('a table keeps the mode and the key under which it was first sent', async () => {
    const table = fresh('things');
    await store.apply(batch('a', [pushed(table, [{}])]), null);
    const shared: SharedTable = {
      table,
      mode: 'both',
      schema: 1,
      tenantColumn: 'merchant_id',
      columns: [],
      keyColumns: ['id'],
      rows: [
        {
          versionEpoch: 'e1',
          version: 1n,
          merchant: 'm1',
          key: ['1'],
          state: {
            alive: true,
            aliveStamp: { hlc: 1n, origin: 'a' },
            floor: { hlc: 0n, origin: '-' },
            columns: new Map(),
          },
        },
      ],
    };
    const { tables } = await store.apply(batch('a', [shared]), null);
    expect(tables[0]?.rejected[0]?.reason).toMatch(/known as push/);
  });

  test('concurrent batches for the same rows end with the highest version', async () => {
    const table = fresh('sales');
    const rows = Array.from({ length: 40 }, (_, index) => BigInt(index));
    await Promise.all(
      Array.from({ length: 8 }, (_, version) =>
        store.apply(
          batch('a', [
            pushed(
              table,
              (version % 2 === 0 ? rows : rows.toReversed()).map((row) => ({
                row,
                version: BigInt(version + 1),
                values: ['1', `${version + 1}.00`],
              })),
            ),
          ]),
          null,
        ),
      ),
    );
    expect(await store.ledger(table, 'amount')).toEqual([
      { merchant: 'm1', count: 40, sum: '320.00' },
    ]);
  });

  test('ledger refuses what it cannot sum exactly', async () => {
    const table = fresh('sales');
    const columns = [{ name: 'weight', type: 'double precision' }];
    await store.apply(batch('a', [pushed(table, [{ values: ['1.5'] }], { columns })]), null);
    await expect(store.ledger(table, 'weight')).rejects.toThrow(/exact/);
    await expect(store.ledger(table, 'nosuch')).rejects.toThrow(/no column/);
    await expect(store.ledger(fresh('nosuch'), 'x')).rejects.toThrow(/no box/);
  });
});

test('makeAccess knows devices by their tokens, and is open without any', () => {
  expect(makeAccess([])(undefined)).toEqual({ kind: 'granted', box: null, merchants: null });
  const access = makeAccess([{ token: 't1', box: 'a', merchants: ['m1'] }, { token: 't2' }]);
  expect(access('Bearer t1')).toEqual({ kind: 'granted', box: 'a', merchants: new Set(['m1']) });
  expect(access('bearer t2')).toEqual({ kind: 'granted', box: null, merchants: null });
  for (const header of [undefined, '', 'Bearer', 'Bearer t3', 'Basic t1', 't1']) {
    expect(access(header)).toEqual({ kind: 'unauthorized' });
  }
});

test('Turnstile bounds who works and who waits, and lets the next one in after a failure', async () => {
  const turnstile = new Turnstile(1, 1);
  const first = Promise.withResolvers<void>();
  const inside = turnstile.pass(() => first.promise);
  const waiting = turnstile.pass(() => Promise.resolve('second'));
  await expect(turnstile.pass(() => Promise.resolve())).rejects.toThrow(/waiting/);
  first.reject(new Error('broken'));
  await expect(inside).rejects.toThrow('broken');
  expect(await waiting).toBe('second');
  expect(await turnstile.pass(() => Promise.resolve('third'))).toBe('third');
});
