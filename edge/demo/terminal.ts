/**
 * One point-of-sale terminal: a stock `pg` connection that sells, and that repeats a sale with the same
 * `client_ref` until it is told that it is sold, whatever breaks on the way.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Journal } from './journal.ts';
import { between, pick, type Random } from './random.ts';

const SELL = `INSERT INTO transactions (terminal_id, amount, payment_method, items, client_ref)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (client_ref) DO UPDATE SET client_ref = excluded.client_ref
RETURNING id`;

const RECONNECT_MS = 200;
const ANSWER_MS_MAX = 15_000;
const PAYMENTS = ['cash', 'card', 'card', 'voucher'];
const ARTICLES = ['espresso', 'bagel', 'newspaper', 'umbrella', 'charger'];

export interface TerminalOptions {
  readonly name: string;
  readonly merchant: string;
  readonly key: string;
  readonly port: number;
  readonly journal: Journal;
  readonly random: Random;
  /** Mean pause between two sales, milliseconds, at this moment of the day. */
  readonly pace: () => number;
  readonly signal: AbortSignal;
}

export interface TerminalReport {
  readonly repeats: number;
  readonly reconnects: number;
}

/** Sells until the signal; the sale at hand is finished first. */
export async function runTerminal(options: TerminalOptions): Promise<TerminalReport> {
  const terminal = new Terminal(options);
  try {
    return await terminal.run();
  } finally {
    await terminal.disconnect();
  }
}

class Terminal {
  readonly #options: TerminalOptions;
  #client: Client | null = null;
  #sales = 0;
  #repeats = 0;
  #reconnects = -1;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  async run(): Promise<TerminalReport> {
    const { random, pace, signal } = this.#options;
    while (!signal.aborted) {
      const gapMs = -Math.log(1 - random()) * pace();
      await pause(gapMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.#sell();
    }
    return { repeats: this.#repeats, reconnects: Math.max(0, this.#reconnects) };
  }

  async #sell(): Promise<void> {
    const { name, merchant, journal, random } = this.#options;
    const cents = between(random, 50, 9_999);
    const clientRef = `${name}-${++this.#sales}`;
    const items = [{ sku: pick(random, ARTICLES), qty: between(random, 1, 3) }];
    const amount = `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
    const values = [name, amount, pick(random, PAYMENTS), JSON.stringify(items), clientRef];
    const begun = performance.now();
    while (!(await this.#attempt(values))) {
      this.#repeats++;
      await this.disconnect();
      await pause(RECONNECT_MS);
    }
    journal.acknowledge({ merchant, clientRef, cents }, performance.now() - begun);
  }

  /** True only when the box has said that the sale is sold. */
  async #attempt(values: readonly string[]): Promise<boolean> {
    try {
      this.#client ??= await this.#connect();
      const answer = await this.#client.query({ name: 'sell', text: SELL, values: [...values] });
      return answer.rows.length === 1;
    } catch {
      return false;
    }
  }

  async #connect(): Promise<Client> {
    const { merchant, name, key, port } = this.#options;
    const client = new Client({
      host: '127.0.0.1',
      port,
      user: `${merchant}/${name}`,
      password: key,
      database: 'pos',
      ssl: { rejectUnauthorized: false },
      connectionTimeoutMillis: ANSWER_MS_MAX,
      query_timeout: ANSWER_MS_MAX,
      keepAlive: true,
    });
    client.on('error', () => undefined);
    await client.connect();
    this.#reconnects++;
    return client;
  }

  async disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }
}
