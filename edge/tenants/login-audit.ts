/**
 * Who logged in, and who was refused: to the log, and the last of them in memory for the console. Nothing of
 * a key is ever told, and names are shown as data, never as part of a text.
 *
 * It does not promise to outlive the process: the log file does that.
 */
import type { Clock } from '../clock.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';

export interface LoginEvent {
  /** As given at start-up. */
  readonly user: string;
  readonly address: string;
  readonly accepted: boolean;
  /** Name of the key that fitted, or null. */
  readonly keyName: string | null;
  /** Why it was refused, for the technician; the client is not told. */
  readonly reason?: string;
}

export interface RecordedLogin extends LoginEvent {
  readonly wallMicros: bigint;
}

export class LoginAudit {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #recent: RecordedLogin[] = [];
  #accepted = 0;
  #refused = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  record(event: LoginEvent): void {
    this.#recent.push({ ...event, wallMicros: this.#clock.wallMicros() });
    if (this.#recent.length > LIMITS.loginsRemembered) this.#recent.shift();
    if (event.accepted) {
      this.#accepted += 1;
      this.#log.debug({ login: event }, 'login');
    } else {
      this.#refused += 1;
      this.#log.warn({ login: event }, 'login refused');
    }
  }

  /** The last logins, newest last. */
  recent(): readonly RecordedLogin[] {
    return [...this.#recent];
  }

  /** Since start. */
  counts(): { readonly accepted: number; readonly refused: number } {
    return { accepted: this.#accepted, refused: this.#refused };
  }
}
