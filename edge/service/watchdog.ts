/**
 * Tells systemd that the box lives, and only when that has been seen: each beat is a self-test that wrote, synced
 * and read. A wedged event loop beats no more, nor does an engine or a disk that does not answer; systemd then kills
 * the process, and recovery begins.
 *
 * Two cases are not a wedged engine, and starting again would not mend them. While terminals hold the write lock,
 * the self-test stands in their queue: what they write through the engine stands for its own write, as long as the
 * lock's holder has changed, has used its transaction or has had a commit made durable since the last look, and a
 * read is answered. And a full disk refuses the write with 53100: the terminals can still read.
 */
import type { Engine } from '../engine/engine.ts';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import type { ServiceManager } from './notify.ts';
import type { SelfTest } from './self-test.ts';

export interface WatchdogParts {
  readonly engine: Engine;
  readonly selfTest: SelfTest;
  readonly log: Log;
  /** Tells systemd. */
  readonly feed: () => void;
  /** A sentence for `systemctl status`; null: all is well again. */
  readonly complain: (text: string | null) => void;
}

const WELL = 'serving terminals';
/** One missed self-test leaves room for two more. */
const LOOKS_PER_TIMEOUT = 3;

/** Watches where systemd asked for it. Returns what ends it. */
export function startWatchdog(
  parts: Pick<WatchdogParts, 'engine' | 'selfTest' | 'log'>,
  service: ServiceManager | undefined,
): () => Promise<void> {
  const timeoutMs = service?.watchdogMs ?? null;
  if (service === undefined || timeoutMs === null) return () => Promise.resolve();
  const watchdog = new Watchdog({
    ...parts,
    feed: () => service.alive(),
    complain: (text) => service.status(text ?? WELL),
  });
  watchdog.start(Math.min(LIMITS.selfTestEveryMs, timeoutMs / LOOKS_PER_TIMEOUT));
  return () => {
    watchdog.stop();
    return Promise.resolve();
  };
}

export class Watchdog {
  readonly #parts: WatchdogParts;
  #timer: NodeJS.Timeout | null = null;
  #isTesting = false;
  #complaint: string | null = null;
  /** What the writers had done at the last look. */
  #activity = '';

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
  }

  /** Looks at once, and then again each time. */
  start(everyMs: number): void {
    this.look();
    this.#timer = setInterval(() => this.look(), everyMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Begins a self-test, or looks at what the one under way waits for. */
  look(): void {
    const activity = this.#activityNow();
    if (!this.#isTesting) void this.#test();
    else if (this.#parts.selfTest.waitsForLock && activity !== this.#activity && this.#reads()) {
      this.#parts.feed();
    }
    this.#activity = activity;
  }

  async #test(): Promise<void> {
    this.#isTesting = true;
    try {
      await this.#parts.selfTest.run();
      this.#say(null);
      this.#parts.feed();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isTesting = false;
    }
  }

  #failed(error: unknown): void {
    if (error instanceof EdgeError && error.condition === 'disk_full') {
      this.#say('the disk is full: nothing can be written until room is made');
      if (this.#reads()) this.#parts.feed();
      return;
    }
    // The box stops; that is no fault.
    if (error instanceof EdgeError && error.condition === 'admin_shutdown') return;
    this.#parts.log.error({ err: error }, 'the self-test failed');
    this.#say('the self-test failed: the box is started again if it goes on');
  }

  #reads(): boolean {
    try {
      this.#parts.selfTest.readBack();
      return true;
    } catch (error) {
      this.#parts.log.error({ err: error }, 'the self-test could not read');
      return false;
    }
  }

  #say(complaint: string | null): void {
    if (complaint === this.#complaint) return;
    this.#complaint = complaint;
    if (complaint !== null) this.#parts.log.warn(complaint);
    this.#parts.complain(complaint);
  }

  #activityNow(): string {
    const { durableCommit, writerUsedMs } = this.#parts.engine.status();
    return `${durableCommit} ${writerUsedMs}`;
  }
}
