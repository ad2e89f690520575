/**
 * Which commits a reader could see that are not on the disk yet, by table and merchant. A reply that shows
 * such a row is held until its commit is durable; all others leave at once.
 *
 * It may name a commit that the reader did not see (too careful), never miss one.
 */

interface TableMarks {
  /** Highest commit that touched the table at all. */
  any: bigint;
  /** Highest commit that touched rows of no single merchant: it concerns everyone. */
  everyone: bigint;
  readonly byMerchant: Map<string, bigint>;
}

export class Watermark {
  readonly #tables = new Map<string, TableMarks>();

  touch(table: string, merchant: string | null, commit: bigint): void {
    let marks = this.#tables.get(table);
    if (marks === undefined) {
      marks = { any: 0n, everyone: 0n, byMerchant: new Map() };
      this.#tables.set(table, marks);
    }
    marks.any = commit;
    if (merchant === null) marks.everyone = commit;
    else marks.byMerchant.set(merchant, commit);
  }

  /** Highest commit to await before rows of these tables are shown; 0n for none. */
  pending(tables: readonly string[], merchant: string | null, durable: bigint): bigint {
    let highest = 0n;
    for (const table of tables) {
      const marks = this.#tables.get(table);
      if (marks === undefined) continue;
      let mark = marks.any;
      if (merchant !== null) {
        const own = marks.byMerchant.get(merchant) ?? 0n;
        mark = own > marks.everyone ? own : marks.everyone;
      }
      if (mark > highest) highest = mark;
    }
    return highest > durable ? highest : 0n;
  }

  /** Forgets what is durable. */
  settle(durable: bigint): void {
    for (const [table, marks] of this.#tables) {
      if (marks.any <= durable) {
        this.#tables.delete(table);
        continue;
      }
      for (const [merchant, commit] of marks.byMerchant) {
        if (commit <= durable) marks.byMerchant.delete(merchant);
      }
    }
  }
}
