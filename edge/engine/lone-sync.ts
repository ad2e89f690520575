/**
 * Decides when a commit is synced in place instead of on a thread: when nobody shares its sync, and the disk
 * is quick. Handing the sync over and coming back costs more than such a sync takes; one that
 * would hold the event loop for long, or that others could share, goes to the thread as ever.
 *
 * It goes by what was: groups of one commit in a row, and how long their syncs took. A second commit in the
 * same turn of the event loop, or one slow sync, ends it. It does not promise that no sync in place is ever slow.
 */

/** Groups of one in a row before a commit counts as alone. */
const SINGLES_MIN = 8;
/** Syncs that take longer on average are left to the thread, milliseconds. */
const AVERAGE_MS_MAX = 1;
/** A sync in place that took this long is not tried again soon, milliseconds. */
const SLOW_MS = 5;
const GROUPS_AFTER_SLOW = 1_000;
/** Weight of the newest in the average. */
const NEWEST = 0.1;

export class LoneSync {
  readonly #nowMs: () => number;
  #singles = 0;
  #averageMs = AVERAGE_MS_MAX;
  #isTurnTaken = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Asked before a commit is awaited: may it be synced here and now? */
  isDue(): boolean {
    if (this.#singles < SINGLES_MIN || this.#averageMs >= AVERAGE_MS_MAX) return false;
    if (!this.#isTurnTaken) return true;
    // There is company: its commits are worth a common sync.
    this.#singles = 0;
    return false;
  }

  /** A sync in place begins: the rest of this turn's commits go to the thread. */
  begin(): number {
    this.#isTurnTaken = true;
    setImmediate(() => {
      this.#isTurnTaken = false;
    });
    return this.#nowMs();
  }

  /** @param begunMs from `begin` @returns what it took, milliseconds */
  ended(begunMs: number): number {
    const tookMs = this.#nowMs() - begunMs;
    this.#average(tookMs);
    if (tookMs >= SLOW_MS) this.#singles = -GROUPS_AFTER_SLOW;
    return tookMs;
  }

  /** A sync on the thread begins. */
  beginShared(): number {
    return this.#nowMs();
  }

  /** @returns what it took, milliseconds */
  endedShared(begunMs: number, commits: bigint): number {
    const tookMs = this.#nowMs() - begunMs;
    this.#average(tookMs);
    if (commits <= 1n) this.#singles += 1;
    else this.#singles = Math.min(this.#singles, 0);
    return tookMs;
  }

  #average(tookMs: number): void {
    this.#averageMs += (tookMs - this.#averageMs) * NEWEST;
  }
}
