/**
 * Terminals for the harness. Each sale bears a reference of its own and is tried exactly once: what is
 * acknowledged must be in the cloud exactly once, what is not acknowledged at most once. (The demo's
 * terminals repeat until told; here a repetition would hide a lost sale.)
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { between, type Random } from '../../edge/demo/random.ts';

export interface Sale {
  readonly merchant: string;
  readonly reference: string;
  /** Decimal text. */
  readonly amount: string;
}

export class SalesBook {
  readonly attempted = new Map<string, Sale>();
  readonly acknowledged = new Map<string, Sale>();
}

export interface SellerOptions {
  readonly merchant: string;
  readonly key: string;
  readonly name: string;
  readonly port: number;
  /** Whether to encrypt, as a box asks of the LAN; its certificate is its own. */
  readonly isEncrypted?: boolean;
  readonly book: SalesBook;
  readonly random: Random;
  readonly signal: AbortSignal;
}

const RECONNECT_MS = 50;
const GAP_MS_MAX = 20;
const ANSWER_MS_MAX = 10_000;

const INSERT = `INSERT INTO transactions (terminal_id, amount, payment_method, items)
VALUES ($1, $2, 'cash', '[]') RETURNING id`;
const UPDATE = "UPDATE transactions SET status = 'settled' WHERE terminal_id = $1";

/** Sells until the signal; a broken connection is replaced. */
export async function runSeller(options: SellerOptions): Promise<void> {
  let client: Client | null = null;
  for (let number = 1; !options.signal.aborted; number++) {
    try {
      client ??= await connect(options);
      await sell(client, options, `${options.name}-${number}`);
    } catch {
      await client?.end().catch(() => undefined);
      client = null;
      await pause(RECONNECT_MS);
    }
    await pause(between(options.random, 0, GAP_MS_MAX));
  }
  await client?.end().catch(() => undefined);
}

async function sell(client: Client, options: SellerOptions, reference: string): Promise<void> {
  const { random, book, merchant } = options;
  const cents = between(random, 1, 99_999);
  const amount = `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
  const sale = { merchant, reference, amount };
  const inTransaction = random() < 0.3;
  book.attempted.set(reference, sale);
  if (inTransaction) await client.query('BEGIN');
  await client.query(INSERT, [reference, amount]);
  if (inTransaction) {
    await client.query(UPDATE, [reference]);
    await client.query('COMMIT');
  }
  book.acknowledged.set(reference, sale);
}

async function connect(options: SellerOptions): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port: options.port,
    user: options.merchant,
    password: options.key,
    database: 'pos',
    ssl: options.isEncrypted === true ? { rejectUnauthorized: false } : false,
    connectionTimeoutMillis: ANSWER_MS_MAX,
    query_timeout: ANSWER_MS_MAX,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
