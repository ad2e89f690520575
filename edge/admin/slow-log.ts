/**
 * The slow-query log: `slow.log` beside the data, one line for each statement above the threshold. It names the
 * merchant, how long it took, how many rows, whether the plan had to be made and where it ran; of its text
 * it keeps what is no literal, because literals are merchants' data.
 *
 * A box that is slow is slow at everything: only so many lines are written in a second, and the next line says
 * how many were not.
 */
import type { Clock } from '../clock.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import type { SlowQueries, SlowQuery } from '../session/slow-query.ts';

const SECOND_MS = 1_000;
const DECIMALS = 3;

export class SlowLog implements SlowQueries {
  readonly thresholdMs: number;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #withoutLiterals: (text: string) => string | null;
  #secondBegunMs = Number.NEGATIVE_INFINITY;
  #linesInSecond = 0;
  #unwritten = 0;

  constructor(options: {
    readonly thresholdMs: number;
    readonly log: Log;
    readonly clock: Clock;
    readonly withoutLiterals: (text: string) => string | null;
  }) {
    this.thresholdMs = options.thresholdMs;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#withoutLiterals = options.withoutLiterals;
  }

  note(query: SlowQuery): void {
    if (!this.#mayWrite()) {
      this.#unwritten += 1;
      return;
    }
    const { text, tookMs, ...rest } = query;
    const unwritten = this.#unwritten;
    this.#unwritten = 0;
    this.#log.info(
      {
        ...rest,
        milliseconds: Number(tookMs.toFixed(DECIMALS)),
        statement: text === null ? null : this.#withoutLiterals(text),
        ...(unwritten > 0 ? { unwritten } : {}),
      },
      'slow statement',
    );
  }

  #mayWrite(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#secondBegunMs >= SECOND_MS) {
      this.#secondBegunMs = nowMs;
      this.#linesInSecond = 0;
    }
    this.#linesInSecond += 1;
    return this.#linesInSecond <= LIMITS.slowQueryLinesPerSecondMax;
  }
}
