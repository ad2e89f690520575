/**
 * Three ledgers, held against each other per merchant, count and sum to the cent: what the terminals
 * were told, what the box holds, what the cloud has.
 */
import { request } from 'undici';
import type { Journal, Tally } from './journal.ts';
import type { Shop } from './shop.ts';

export interface LedgerRow {
  readonly merchant: string;
  readonly terminals: Tally;
  readonly box: Tally;
  readonly cloud: Tally;
  readonly agrees: boolean;
}

const CENTS = 100n;

export async function readLedgers(shop: Shop, journal: Journal): Promise<readonly LedgerRow[]> {
  const cloud = await readCloud(shop.receiverUrl);
  const rows: LedgerRow[] = [];
  for (const merchant of shop.merchants) {
    const terminals = journal.tally(merchant.id);
    const box = await readBox(shop, merchant);
    const inCloud = cloud.get(merchant.id) ?? { count: 0, cents: 0n };
    const agrees = equal(terminals, box) && equal(box, inCloud);
    rows.push({ merchant: merchant.id, terminals, box, cloud: inCloud, agrees });
  }
  return rows;
}

export function ledgerLines(rows: readonly LedgerRow[]): readonly string[] {
  const show = (tally: Tally): string =>
    `${String(tally.count).padStart(7)} ${decimal(tally.cents).padStart(13)}`;
  const head = `${'merchant'.padEnd(9)}${'terminals'.padStart(21)}${'box'.padStart(22)}${'cloud'.padStart(22)}`;
  return [
    head,
    ...rows.map(
      (row) =>
        `${row.merchant.padEnd(9)}${show(row.terminals)} ${show(row.box)} ${show(row.cloud)}  ${row.agrees ? 'agree' : 'DIFFER'}`,
    ),
  ];
}

async function readBox(
  shop: Shop,
  merchant: { readonly id: string; readonly key: string },
): Promise<Tally> {
  const client = await shop.connect(merchant.id, merchant.key);
  try {
    const answer = await client.query<{ count: string; sum: string | null }>(
      'SELECT count(*), sum(amount) FROM transactions',
    );
    const row = answer.rows[0];
    return { count: Number(row?.count ?? 0), cents: cents(row?.sum ?? '0') };
  } finally {
    await client.end();
  }
}

async function readCloud(url: string): Promise<ReadonlyMap<string, Tally>> {
  const address = new URL('/api/ledger?table=transactions&column=amount', url);
  const answer = await request(address);
  const body = (await answer.body.json()) as {
    readonly merchants: readonly { merchant: string; count: number; sum: string | null }[];
  };
  return new Map(
    body.merchants.map((row) => [row.merchant, { count: row.count, cents: cents(row.sum ?? '0') }]),
  );
}

function equal(left: Tally, right: Tally): boolean {
  return left.count === right.count && left.cents === right.cents;
}

/** Exact: "12.50" is 1250 cents. @throws Error for anything but a decimal with at most two places */
function cents(amount: string): bigint {
  const parts = /^(-?)(\d+)(?:\.(\d{1,2})0*)?$/.exec(amount);
  if (parts === null) throw new Error(`not an amount of money: ${amount}`);
  const [, sign = '', whole = '0', fraction = ''] = parts;
  const value = BigInt(whole) * CENTS + BigInt(fraction.padEnd(2, '0'));
  return sign === '-' ? -value : value;
}

function decimal(value: bigint): string {
  return `${value / CENTS}.${String(value % CENTS).padStart(2, '0')}`;
}
