/**
 * What sync costs on the line and in time: sales through the real worker and receiver, counted at a TCP relay
 * with HTTP headers and all, against one JSON request for each sale. Run by hand:
 * `scripts/node test/bench/sync-bytes.ts [sales] [batch] [databaseUrl]`.
 *
 * It does not count TCP and TLS overhead, which would only favour batches.
 */
import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Agent, request } from 'undici';
import { runSystem } from '../../cloud-sync/engine-access.ts';
import { createReceiver } from '../../cloud-sync/receiver/server.ts';
import { openTestBox, removeBox } from '../cloud-sync/support/test-box.ts';

const [salesText = '100000', batchText = '500', databaseUrl] = process.argv.slice(2);
const SALES = Number(salesText);
const BATCH = Number(batchText);
const SINGLE_SAMPLE = 2_000;
const MICROS_BETWEEN = 1_700_000n;
const FIRST_MICROS = 815_000_000_000_000n;

interface Counter {
  readonly port: number;
  up: number;
  down: number;
  close(): void;
}

async function countingRelay(targetPort: number): Promise<Counter> {
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    near.on('data', (chunk) => {
      counter.up += chunk.length;
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      counter.down += chunk.length;
      near.write(chunk);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const counter: Counter = {
    port: (server.address() as AddressInfo).port,
    up: 0,
    down: 0,
    close: () => void server.close(),
  };
  return counter;
}

const NAMES = [
  'Espresso',
  'Cappuccino',
  'Croissant',
  'Sandwich',
  'Orange juice',
  'Water 0.5l',
  'Muffin',
  'Bagel',
];

// A fixed sequence, so that two runs are the same sales.
let state = 42;
function chance(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

interface Sale {
  readonly id: number;
  readonly merchant: string;
  readonly terminal: string;
  readonly cents: number;
  readonly method: string;
  readonly items: string;
  readonly micros: bigint;
}

function makeSale(id: number): Sale {
  const items = Array.from({ length: 1 + chance(4) }, () => {
    const product = chance(NAMES.length);
    return {
      sku: `P${1000 + product}`,
      name: NAMES[product],
      qty: 1 + chance(3),
      price: 150 + product * 35,
    };
  });
  const cents = items.reduce((sum, item) => sum + item.qty * item.price, 0);
  const merchant = chance(20);
  return {
    id,
    merchant: `merchant_${String(merchant).padStart(3, '0')}`,
    terminal: `POS-${merchant}-${1 + chance(5)}`,
    cents,
    method: ['card', 'cash', 'wallet'][chance(3)] ?? 'card',
    // As jsonb prints it.
    items: JSON.stringify(items).replaceAll('":', '": ').replaceAll(',"', ', "'),
    micros: FIRST_MICROS + BigInt(id) * MICROS_BETWEEN + BigInt(chance(1_000_000)),
  };
}

async function measureBatches(
  sales: readonly Sale[],
): Promise<{ up: number; down: number; ms: number }> {
  const receiver = await createReceiver(databaseUrl === undefined ? {} : { databaseUrl });
  const relay = await countingRelay(Number(new URL(receiver.url).port));
  const box = await openTestBox({ box: randomUUID() });
  for (let start = 0; start < sales.length; start += 1_000) {
    await box.write((transaction) => {
      for (const sale of sales.slice(start, start + 1_000)) {
        runSystem(
          transaction,
          `INSERT INTO transactions (id, merchant_id, terminal_id, amount, payment_method, items, status, created_at)
           VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'completed', ?7)`,
          [
            BigInt(sale.id),
            sale.merchant,
            sale.terminal,
            BigInt(sale.cents),
            sale.method,
            sale.items,
            sale.micros,
          ],
        );
      }
    });
  }
  const worker = await box.worker({
    endpoint: `http://127.0.0.1:${relay.port}/api/sync`,
    batchRows: BATCH,
    requestMsMax: 60_000,
    token: 'k'.repeat(43),
  });
  const started = performance.now();
  const summary = await worker.syncNow();
  const ms = performance.now() - started;
  if (summary.sent !== sales.length || summary.error !== null)
    throw new Error(JSON.stringify(summary));
  const ledger = await receiver.store.ledger('transactions', 'amount');
  const cents = ledger.reduce((sum, line) => sum + BigInt((line.sum ?? '0').replace('.', '')), 0n);
  const expected = sales.reduce((sum, sale) => sum + BigInt(sale.cents), 0n);
  if (databaseUrl === undefined && cents !== expected)
    throw new Error(`sums differ: ${cents} and ${expected}`);
  await worker.stop();
  await box.close();
  await removeBox(box);
  relay.close();
  await receiver.close();
  return { up: relay.up, down: relay.down, ms };
}

async function measureSingles(sales: readonly Sale[]): Promise<{ up: number; down: number }> {
  const server = createHttpServer((source, reply) => {
    source.resume();
    source.on('end', () => {
      reply.writeHead(201, { 'content-type': 'application/json' });
      reply.end('{"ok":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const relay = await countingRelay((server.address() as AddressInfo).port);
  const agent = new Agent({ connections: 1 });
  for (const sale of sales) {
    const answer = await request(`http://127.0.0.1:${relay.port}/api/sales`, {
      dispatcher: agent,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        authorization: `Bearer ${'k'.repeat(43)}`,
      },
      body: JSON.stringify({
        id: sale.id,
        merchant_id: sale.merchant,
        terminal_id: sale.terminal,
        amount: (sale.cents / 100).toFixed(2),
        payment_method: sale.method,
        items: JSON.parse(sale.items) as unknown,
        status: 'completed',
        created_at: new Date(Number(sale.micros / 1000n) + 946_684_800_000).toISOString(),
      }),
    });
    await answer.body.dump();
  }
  await agent.close();
  relay.close();
  server.close();
  return { up: relay.up, down: relay.down };
}

const sales = Array.from({ length: SALES }, (_, index) => makeSale(index + 1));
const singles = await measureSingles(sales.slice(0, SINGLE_SAMPLE));
const singleUp = singles.up / Math.min(SALES, SINGLE_SAMPLE);
const singleDown = singles.down / Math.min(SALES, SINGLE_SAMPLE);
const batches = await measureBatches(sales);
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`;
process.stdout.write(
  [
    `${SALES} sales in batches of ${BATCH}: ${batches.up} bytes up, ${batches.down} down, ${(batches.up / SALES).toFixed(1)} bytes a sale`,
    `one JSON request a sale: ${singleUp.toFixed(0)} bytes up, ${singleDown.toFixed(0)} down (mean of ${SINGLE_SAMPLE})`,
    `up: ${percent(batches.up / SALES, singleUp)}, both ways: ${percent((batches.up + batches.down) / SALES, singleUp + singleDown)}`,
    `${((SALES / batches.ms) * 1000).toFixed(0)} rows/s`,
    '',
  ].join('\n'),
);
