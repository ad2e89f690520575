/**
 * Hybrid logical clocks: 48 bits of milliseconds since 1970 above a 16-bit counter, as one integer, so
 * that comparing two clocks is comparing two numbers.
 *
 * A clock never goes back: the next reading is at least the last one plus one, whatever the wall says,
 * and a full counter carries into the milliseconds by itself. A box without a battery clock that boots in
 * 1970 therefore goes on from where it was. What it does not promise: that readings are near true
 * time while nobody has told the box what time it is (`anchor`).
 *
 * @see https://cse.buffalo.edu/tech-reports/2014-04.pdf
 */
import { SYNC_LIMITS } from './sync-limits.ts';

/** A reading of a hybrid clock. Fits SQLite's and PostgreSQL's signed 64-bit integers. */
export type Hlc = bigint;

const COUNTER_BITS = 16n;
const COUNTER_MASK = (1n << COUNTER_BITS) - 1n;
/** Last millisecond that leaves the sign bit alone: the year 6429. */
const MS_MAX = (1n << 47n) - 1n;

/** Milliseconds since 1970 in a reading. */
export function hlcMs(hlc: Hlc): bigint {
  return hlc >> COUNTER_BITS;
}

/** Counter part of a reading. */
export function hlcCounter(hlc: Hlc): bigint {
  return hlc & COUNTER_MASK;
}

/** The first reading of a millisecond; walls before 1970 or absurdly late are clamped. */
export function hlcAt(ms: bigint): Hlc {
  const clamped = ms < 0n ? 0n : ms > MS_MAX ? MS_MAX : ms;
  return clamped << COUNTER_BITS;
}

/** The reading after `last` at a wall time: the pure heart of the clock. */
export function nextHlc(last: Hlc, wallMs: bigint): Hlc {
  const wall = hlcAt(wallMs);
  return wall > last ? wall : last + 1n;
}

export interface HybridClockOptions {
  /** Milliseconds since 1970 by the wall, right or wrong. */
  readonly wallMs: () => bigint;
  readonly skewMsMax?: number;
}

/** One end's clock. It lives in memory; whoever owns it persists `last` with what it stamped. */
export class HybridClock {
  readonly #wallMs: () => bigint;
  readonly #skewMsMax: bigint;
  #last: Hlc = 0n;
  /** Latest time that a trusted peer told, milliseconds. */
  #anchorMs = 0n;

  constructor(options: HybridClockOptions) {
    this.#wallMs = options.wallMs;
    this.#skewMsMax = BigInt(options.skewMsMax ?? SYNC_LIMITS.clockSkewMsMax);
  }

  /** Last reading given or taken over. */
  get last(): Hlc {
    return this.#last;
  }

  /** Goes on from a persisted reading; a lower one changes nothing. */
  restore(persisted: Hlc): void {
    if (persisted > this.#last) this.#last = persisted;
  }

  /** A new reading, greater than every one before. */
  now(): Hlc {
    this.#last = nextHlc(this.#last, this.#wallMs());
    return this.#last;
  }

  /** Takes the time from a trusted peer (the cloud): remote readings up to it are no longer "ahead". */
  anchor(ms: bigint): void {
    if (ms > this.#anchorMs && ms <= MS_MAX) this.#anchorMs = ms;
  }

  /** True when a remote reading lies further ahead than this end can believe. */
  isAhead(remote: Hlc): boolean {
    const wall = this.#wallMs();
    const here = hlcMs(this.#last);
    let believed = wall > here ? wall : here;
    if (this.#anchorMs > believed) believed = this.#anchorMs;
    return hlcMs(remote) > believed + this.#skewMsMax;
  }

  /**
   * Takes over a remote reading, so that what happens here later is also stamped later.
   * @returns false, and nothing taken over, when it is too far ahead
   */
  receive(remote: Hlc): boolean {
    if (this.isAhead(remote)) return false;
    if (remote > this.#last) this.#last = remote;
    return true;
  }
}
