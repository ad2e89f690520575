/**
 * The terminals' own journal: what each terminal was told is sold. It lies outside the box, so that
 * the box cannot agree with itself by forgetting.
 */
import { appendFileSync } from 'node:fs';

/** Amounts are whole cents: sums are exact. */
export interface Tally {
  readonly count: number;
  readonly cents: bigint;
}

export interface AcknowledgedSale {
  readonly merchant: string;
  readonly clientRef: string;
  readonly cents: number;
}

export class Journal {
  readonly #file: string;
  readonly #sales = new Map<string, Map<string, number>>();
  #latencies: number[] = [];
  #acknowledged = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** @throws Error when the same sale is acknowledged twice: a fault of the terminal, not of the box */
  acknowledge(sale: AcknowledgedSale, latencyMs: number): void {
    const own = this.#sales.get(sale.merchant) ?? new Map<string, number>();
    if (own.has(sale.clientRef)) throw new Error(`sale ${sale.clientRef} acknowledged twice`);
    own.set(sale.clientRef, sale.cents);
    this.#sales.set(sale.merchant, own);
    appendFileSync(this.#file, `${JSON.stringify(sale)}\n`);
    this.#latencies.push(latencyMs);
    this.#acknowledged++;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  tally(merchant: string): Tally {
    const own = this.#sales.get(merchant);
    let cents = 0n;
    for (const amount of own?.values() ?? []) cents += BigInt(amount);
    return { count: own?.size ?? 0, cents };
  }

  /** Latencies since the last call, sorted, milliseconds. */
  takeLatencies(): readonly number[] {
    const taken = this.#latencies.sort((a, b) => a - b);
    this.#latencies = [];
    return taken;
  }
}

/** The value at a share of a sorted list, 0 where it is empty. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
