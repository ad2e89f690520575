/**
 * Makes guessing slow: an address that keeps failing waits longer for each refusal. It never locks
 * anyone out, because all terminals of a shop may share one address, and one of them may have an old key.
 *
 * Keys have 128 random bits; this is against load and noisy logs rather than against luck.
 */
import type { Clock } from '../clock.ts';
import { LIMITS } from '../limits.ts';

interface Failures {
  count: number;
  lastMs: number;
}

export class LoginThrottle {
  readonly #clock: Clock;
  /** By address, least recently failed first. */
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes a failed login and says how long its refusal is held back, milliseconds. */
  failed(address: string): number {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#failures.get(address);
    const isFresh = known !== undefined && nowMs - known.lastMs < LIMITS.loginFailureMemoryMs;
    const count = isFresh ? known.count + 1 : 1;
    this.#failures.delete(address);
    this.#failures.set(address, { count, lastMs: nowMs });
    this.#forget();
    const beyond = count - LIMITS.loginFailuresFree;
    if (beyond <= 0) return 0;
    return Math.min(
      LIMITS.loginRefusalDelayMsMin * 2 ** (beyond - 1),
      LIMITS.loginRefusalDelayMsMax,
    );
  }

  /** A good login from the address: its failures are forgotten. */
  succeeded(address: string): void {
    this.#failures.delete(address);
  }

  #forget(): void {
    if (this.#failures.size <= LIMITS.loginFailureAddressesMax) return;
    const oldest = this.#failures.keys().next();
    if (oldest.done !== true) this.#failures.delete(oldest.value);
  }
}
