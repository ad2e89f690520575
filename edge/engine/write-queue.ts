/**
 * The one write lock: a fair queue, first come first served. A waiter leaves it when its time is up or its
 * client has gone; nobody overtakes.
 */
import { EdgeError } from '../errors.ts';
import { interruptError } from './run-context.ts';

interface Waiter {
  readonly grant: () => void;
  readonly refuse: (error: Error) => void;
  readonly stopWaiting: () => void;
}

export class WriteQueue {
  readonly #waiters = new Set<Waiter>();
  #held = false;
  #closed: Error | null = null;

  get held(): boolean {
    return this.#held;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Takes the lock when it is free and nobody waits. */
  tryAcquire(): boolean {
    if (this.#closed !== null) throw this.#closed;
    if (this.#held || this.#waiters.size > 0) return false;
    this.#held = true;
    return true;
  }

  /** Resolves with the lock held. @param lockTimeoutMs 0: wait for ever */
  acquire(lockTimeoutMs: number, signal: AbortSignal | null): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(interruptError('cancel'));
    if (this.tryAcquire()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | null = null;
      const onAbort = () => leave(interruptError('cancel'));
      const waiter: Waiter = {
        grant: resolve,
        refuse: reject,
        stopWaiting: () => {
          if (timer !== null) clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
          this.#waiters.delete(waiter);
        },
      };
      const leave = (error: Error) => {
        waiter.stopWaiting();
        reject(error);
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (lockTimeoutMs > 0) {
        timer = setTimeout(() => {
          leave(new EdgeError('lock_not_available', 'canceling statement due to lock timeout'));
        }, lockTimeoutMs);
      }
    });
  }

  /** Hands the lock to the next waiter, or frees it. */
  release(): void {
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#held = false;
      return;
    }
    next.stopWaiting();
    next.grant();
  }

  /** Refuses all who wait and all who come. */
  close(error: Error): void {
    this.#closed = error;
    for (const waiter of this.#waiters) {
      waiter.stopWaiting();
      waiter.refuse(error);
    }
  }
}
