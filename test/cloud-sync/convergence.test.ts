/**
 * Random histories of a shared table: several boxes and the cloud write, delete and exchange in any
 * order over a link that loses answers. Once everyone has exchanged, all must hold the same rows.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createReceiver, type Receiver } from '../../cloud-sync/receiver/server.ts';
import type { SyncWorker } from '../../cloud-sync/worker.ts';
import { openTestBox, removeBox, type TestBox } from './support/test-box.ts';
import { openUnrulyLink, PASS, type UnrulyLink } from './support/unruly-link.ts';

let receiver: Receiver;
let link: UnrulyLink;
let boxes: { readonly box: TestBox; readonly worker: SyncWorker }[] = [];

const BOXES = 2;

beforeAll(async () => {
  receiver = await createReceiver();
  link = await openUnrulyLink(receiver.endpoint);
  for (let index = 0; index < BOXES; index += 1) {
    const box = await openTestBox({ box: `box-${index}` });
    boxes.push({
      box,
      worker: await box.worker({ endpoint: link.endpoint, requestMsMax: 10_000 }),
    });
  }
}, 120_000);

afterAll(async () => {
  for (const { box, worker } of boxes) {
    await worker.stop();
    await box.close();
    await removeBox(box);
  }
  boxes = [];
  await link.close();
  await receiver.close();
});

type Step =
  | { readonly kind: 'sync'; readonly who: number; readonly lost: boolean }
  | {
      readonly kind: 'write';
      readonly who: number;
      readonly sku: string;
      readonly column: string;
      readonly value: number;
    }
  | { readonly kind: 'delete'; readonly who: number; readonly sku: string }
  | { readonly kind: 'rename'; readonly who: number; readonly sku: string; readonly to: string };

/** `BOXES` itself stands for the cloud. */
const who = fc.integer({ min: 0, max: BOXES });
const sku = fc.constantFrom('A', 'B');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('sync' as const),
    who: fc.integer({ min: 0, max: BOXES - 1 }),
    lost: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('write' as const),
    who,
    sku,
    column: fc.constantFrom('name', 'price', 'stock'),
    value: fc.nat(99),
  }),
  fc.record({ kind: fc.constant('delete' as const), who, sku }),
  fc.record({
    kind: fc.constant('rename' as const),
    who: fc.integer({ min: 0, max: BOXES - 1 }),
    sku,
    to: sku,
  }),
);

async function write(merchant: string, item: Extract<Step, { kind: 'write' }>): Promise<void> {
  const { box } = boxes[item.who] ?? {};
  if (box === undefined) {
    const value = item.column === 'price' ? `${item.value}.00` : `${item.value}`;
    await receiver.store
      .edit('products', merchant, { sku: item.sku }, { [item.column]: value })
      .catch(() => undefined);
    return;
  }
  const value = item.column === 'name' ? `${item.value}` : BigInt(item.value);
  await box.run(
    `INSERT INTO products (sku, merchant_id, ${item.column}) VALUES (?1, ?2, ?3)
     ON CONFLICT (merchant_id, sku) DO UPDATE SET ${item.column} = excluded.${item.column}`,
    [item.sku, merchant, value],
  );
}

async function play(merchant: string, item: Step): Promise<void> {
  const own = boxes[item.who];
  switch (item.kind) {
    case 'sync':
      link.behave(() => (item.lost ? { kind: 'cut after' } : PASS));
      await own?.worker.syncNow();
      link.behave(() => PASS);
      return;
    case 'write':
      return write(merchant, item);
    case 'delete':
      if (own === undefined) {
        await receiver.store
          .edit('products', merchant, { sku: item.sku }, null)
          .catch(() => undefined);
        return;
      }
      return own.box.run('DELETE FROM products WHERE merchant_id = ?1 AND sku = ?2', [
        merchant,
        item.sku,
      ]);
    case 'rename':
      await own?.box.run(
        'UPDATE OR IGNORE products SET sku = ?3 WHERE merchant_id = ?1 AND sku = ?2',
        [merchant, item.sku, item.to],
      );
  }
}

const READ = `SELECT sku, name, price, stock FROM products WHERE merchant_id = ?1 ORDER BY sku`;

let run = 0;

test('boxes and cloud agree after any history', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      run += 1;
      const merchant = `m${process.pid}-${run}`;
      for (const item of steps) await play(merchant, item);
      for (let round = 0; round < 2; round += 1) {
        for (const { worker } of boxes) expect((await worker.syncNow()).error).toBeNull();
      }
      const seen = await Promise.all(boxes.map(({ box }) => box.rows(READ, [merchant])));
      for (const rows of seen) expect(rows).toEqual(seen[0]);
      const cloud = await receiver.store.rows('products', merchant, 10).catch(() => []);
      const named = cloud
        .map((row) => [row['sku'], row['name'] ?? null, row['price'] ?? null, row['stock'] ?? null])
        .sort((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1));
      const local = (seen[0] ?? []).map(([key, name, price, stock]) => [
        key,
        name,
        price === null ? null : `${Number(price) / 100}`,
        stock === null ? null : `${stock}`,
      ]);
      expect(
        named.map(([key, name, price, stock]) => [
          key,
          name,
          price === null ? null : `${Number(price)}`,
          stock,
        ]),
      ).toEqual(local);
      for (const { box } of boxes) {
        expect(await box.rows('SELECT count(*) FROM helios_outbox')).toEqual([[0n]]);
        expect(await box.rows('SELECT table_name, code, reason FROM helios_rejected')).toEqual([]);
      }
    }),
    { numRuns: 30 },
  );
}, 240_000);
