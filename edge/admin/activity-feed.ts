/**
 * One clock for all who watch the live sales: each second it takes what was written and tells everybody the
 * same. It runs only while somebody watches, and so does the counting.
 */
import type { WriteActivity, WriteCount } from '../session/write-activity.ts';

const SECOND_MS = 1_000;

export type ActivityListener = (counts: readonly WriteCount[]) => void;

export class ActivityFeed {
  readonly #activity: WriteActivity;
  /** The user's name of a base table. */
  readonly #nameOf: (baseName: string) => string;
  readonly #listeners = new Set<ActivityListener>();
  #stop: (() => void) | null = null;

  constructor(activity: WriteActivity, nameOf: (baseName: string) => string) {
    this.#activity = activity;
    this.#nameOf = nameOf;
  }

  watch(listener: ActivityListener): () => void {
    // A listener of its own for each call: two may be given the same function.
    const own: ActivityListener = (counts) => listener(counts);
    this.#listeners.add(own);
    this.#stop ??= this.#start();
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = null;
    };
  }

  #start(): () => void {
    const unwatch = this.#activity.watch();
    const timer = setInterval(() => this.#tell(), SECOND_MS).unref();
    return () => {
      clearInterval(timer);
      unwatch();
    };
  }

  #tell(): void {
    const counts = this.#activity.take();
    if (counts.length === 0) return;
    const named = counts.map((count) => ({
      ...count,
      table: count.table === null ? null : this.#nameOf(count.table),
    }));
    for (const listener of this.#listeners) listener(named);
  }
}
