/**
 * Lets others have the event loop while one session's statement takes long: its rows are worked through in
 * turns of a few milliseconds, and between two of them other connections are served and this one's cancel is
 * heard. What is done within one turn makes no promise.
 *
 * The statement holds the write lock, or its snapshot, all the while, so its whole time is bounded too.
 */
import type { Clock } from '../clock.ts';
import type { Pace } from '../engine/engine.ts';
import { EdgeError, type ErrorFields } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Interrupts } from './interrupts.ts';
import type { Maybe } from './maybe.ts';

export class Turns implements Pace {
  readonly #clock: Clock;
  readonly #interrupts: Interrupts;
  /** Of the turn, from the first row on; a statement with one row never looks at the clock twice. */
  #startedMs = -1;

  constructor(clock: Clock, interrupts: Interrupts) {
    this.#clock = clock;
    this.#interrupts = interrupts;
  }

  isOver(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (this.#startedMs < 0) this.#startedMs = nowMs;
    return nowMs - this.#startedMs >= LIMITS.statementTurnMsMax;
  }

  /** Drives a run to its end. @throws what it throws, EdgeError 57014 */
  drive<Result>(run: Generator<void, Result, void>): Maybe<Result> {
    this.#startedMs = -1;
    const first = run.next();
    return first.done === true ? first.value : this.#goOn(run);
  }

  async #goOn<Result>(run: Generator<void, Result, void>): Promise<Result> {
    const endMs = this.#clock.monotonicMs() + LIMITS.writeBudgetMs;
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const stop = this.#stopError(endMs);
      if (stop !== null) {
        run.throw(stop);
        throw stop;
      }
      this.#startedMs = -1;
      const turn = run.next();
      if (turn.done === true) return turn.value;
    }
  }

  #stopError(endMs: number): EdgeError | null {
    if (this.#interrupts.isAborted) return this.#interrupts.error(null);
    const nowMs = this.#clock.monotonicMs();
    const { deadlineMs } = this.#interrupts.interrupt;
    if (deadlineMs !== null && nowMs >= deadlineMs) return timedOut({});
    if (nowMs < endMs) return null;
    return timedOut({
      detail: `A statement in a transaction may take ${LIMITS.writeBudgetMs} ms.`,
      hint: 'Change or read the rows in several statements.',
    });
  }
}

function timedOut(fields: ErrorFields): EdgeError {
  return new EdgeError('query_canceled', 'canceling statement due to statement timeout', fields);
}
