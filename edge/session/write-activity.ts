/**
 * What is being written right now, by merchant and table, for somebody who watches: committed statements and
 * rows since the last look. It counts nothing while nobody watches, and never more than a bounded number
 * of lines: what comes beyond them in one second is gathered in a line without a table.
 *
 * Rows taken back by ROLLBACK TO within a transaction that commits are counted all the same.
 */
import { LIMITS } from '../limits.ts';

export interface WriteCount {
  /** null: the administrator, or merchants beyond the limit. */
  readonly merchant: string | null;
  /** null: tables beyond the limit. */
  readonly table: string | null;
  readonly statements: number;
  readonly rows: number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What one transaction has written so far, by table. */
export type PendingWrites = Map<string, { statements: number; rows: number }>;

export class WriteActivity {
  #counts = new Map<string, Mutable<WriteCount>>();
  #watchers = 0;

  get isWatched(): boolean {
    return this.#watchers > 0;
  }

  /** Somebody watches until the returned function is called. */
  watch(): () => void {
    this.#watchers += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#watchers -= 1;
      if (this.#watchers === 0) this.#counts.clear();
    };
  }

  /** A transaction has committed. */
  add(merchant: string | null, writes: PendingWrites): void {
    for (const [table, { statements, rows }] of writes) {
      const count = this.#countOf(merchant, table);
      count.statements += statements;
      count.rows += rows;
    }
  }

  /** Everything since the last call, most rows first. */
  take(): readonly WriteCount[] {
    const counts = [...this.#counts.values()].sort((left, right) => right.rows - left.rows);
    this.#counts.clear();
    return counts;
  }

  #countOf(merchant: string | null, table: string): Mutable<WriteCount> {
    const isFull = this.#counts.size >= LIMITS.activityLinesMax;
    const key = `${merchant ?? ''}\0${table}`;
    const known = this.#counts.get(key) ?? (isFull ? this.#counts.get('') : undefined);
    if (known !== undefined) return known;
    const count = isFull
      ? { merchant: null, table: null, statements: 0, rows: 0 }
      : { merchant, table, statements: 0, rows: 0 };
    this.#counts.set(isFull ? '' : key, count);
    return count;
  }
}
