/**
 * What may end a running statement: CancelRequest, statement_timeout, shutdown, a connection that is gone.
 * One object for a session, used again for each statement: the hot path allocates nothing.
 *
 * The engine looks at the deadline while a statement runs; while it waits for the write lock only
 * a timer can, so waiting arms one.
 */
import type { Clock } from '../clock.ts';
import type { Interrupt } from '../engine/engine.ts';
import { EdgeError } from '../errors.ts';

export type InterruptReason = 'user' | 'timeout' | 'shutdown' | 'closed';

/** setTimeout takes no more. */
const TIMER_MS_MAX = 2_147_483_647;

export class Interrupts {
  readonly #clock: Clock;
  #controller = new AbortController();
  #reason: InterruptReason | null = null;
  #deadlineMs: number | null = null;
  #interrupt: Interrupt = { deadlineMs: null, signal: this.#controller.signal };
  #timer: NodeJS.Timeout | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For the engine: of the statement that runs now. */
  get interrupt(): Interrupt {
    return this.#interrupt;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A statement starts: the clock of statement_timeout with it (0: none). */
  begin(timeoutMs: number): void {
    const deadlineMs = timeoutMs > 0 ? this.#clock.monotonicMs() + timeoutMs : null;
    if (deadlineMs === this.#deadlineMs) return;
    this.#deadlineMs = deadlineMs;
    this.#interrupt = { deadlineMs, signal: this.#controller.signal };
  }

  /** Before waiting for something that does not look at the deadline. */
  arm(): void {
    if (this.#deadlineMs === null || this.#timer !== null) return;
    const wait = Math.max(0, this.#deadlineMs - this.#clock.monotonicMs());
    this.#timer = setTimeout(() => this.abort('timeout'), Math.min(wait, TIMER_MS_MAX));
    this.#timer.unref();
  }

  /** The statement is over, well or not. */
  end(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
    if (this.#deadlineMs !== null && this.#reason === null) this.begin(0);
  }

  abort(reason: InterruptReason): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#controller.abort();
  }

  get isAborted(): boolean {
    return this.#reason !== null;
  }

  /** Between two messages: a cancel that came too late is forgotten, as in PostgreSQL. */
  clear(): void {
    this.end();
    if (this.#reason === null || this.#reason === 'closed') return;
    this.#reason = null;
    this.#controller = new AbortController();
    this.#deadlineMs = null;
    this.#interrupt = { deadlineMs: null, signal: this.#controller.signal };
  }

  /** @throws EdgeError when the statement has been broken off already */
  check(): void {
    if (this.#reason !== null) throw this.error(null);
  }

  /** The error that the client sees for a statement that was broken off. */
  error(engineError: EdgeError | null): EdgeError {
    switch (this.#reason) {
      case 'user':
        return new EdgeError('query_canceled', 'canceling statement due to user request');
      case 'timeout':
        return new EdgeError('query_canceled', 'canceling statement due to statement timeout');
      case 'shutdown':
      case 'closed':
        return shutdownError();
      case null:
        break;
    }
    if (this.#deadlineMs !== null && this.#clock.monotonicMs() >= this.#deadlineMs) {
      return new EdgeError('query_canceled', 'canceling statement due to statement timeout');
    }
    return (
      engineError ?? new EdgeError('query_canceled', 'canceling statement due to user request')
    );
  }
}

export function shutdownError(): EdgeError {
  return new EdgeError('admin_shutdown', 'terminating connection due to administrator command', {
    severity: 'FATAL',
  });
}
