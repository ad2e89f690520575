/**
 * Injected time, so that tests decide what time it is. Nothing else in the project calls `Date.now`.
 */
export interface Clock {
  /** Microseconds since 1970-01-01 UTC; may jump in either direction (a box has no battery clock). */
  wallMicros(): bigint;
  /** Milliseconds of a clock that never goes back; only differences mean something. */
  monotonicMs(): number;
}

const MICROS_PER_MS = 1000n;

export const systemClock: Clock = {
  wallMicros: () => BigInt(Date.now()) * MICROS_PER_MS,
  monotonicMs: () => performance.now(),
};
