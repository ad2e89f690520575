/**
 * Figures that are bumped where things happen and read when somebody asks: plain numbers, no labels, no
 * names, no allocation. What they are called outside is decided by `admin/metrics.ts`.
 *
 * They start at zero with the process, as Prometheus expects of counters.
 */

/** How long things took: counts by upper bound, in milliseconds, and their sum. */
export class DurationMeter {
  /** Upper bounds, ascending; what took longer is counted after the last. */
  readonly boundsMs: readonly number[];
  /** One more than there are bounds. */
  readonly counts: number[];
  sumMs = 0;

  constructor(boundsMs: readonly number[]) {
    this.boundsMs = boundsMs;
    this.counts = new Array<number>(boundsMs.length + 1).fill(0);
  }

  observe(milliseconds: number): void {
    const { boundsMs, counts } = this;
    let place = 0;
    while (milliseconds > (boundsMs[place] ?? Number.POSITIVE_INFINITY)) place += 1;
    counts[place] = (counts[place] ?? 0) + 1;
    this.sumMs += milliseconds;
  }

  get count(): number {
    let total = 0;
    for (const count of this.counts) total += count;
    return total;
  }
}
