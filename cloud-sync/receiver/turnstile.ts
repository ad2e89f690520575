/**
 * Lets a bounded number of batches in at once and a bounded number wait; the next one is told to come
 * back later. Without it a region whose line comes back would exhaust the receiver's memory.
 */
import { SyncError } from '../sync-error.ts';

export class Turnstile {
  readonly #insideMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(insideMax: number, waitingMax: number) {
    this.#insideMax = insideMax;
    this.#waitingMax = waitingMax;
  }

  /** @throws SyncError SYNC_BUSY when too many wait already */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#insideMax) {
      if (this.#waiting.length >= this.#waitingMax) {
        throw new SyncError('SYNC_BUSY', 'too many batches are waiting');
      }
      // The one who leaves hands its place over, so that `#inside` does not change here.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#inside += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }
}
