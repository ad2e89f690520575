/**
 * Makes commits durable in groups: all that wait share one write and one asynchronous `fdatasync` of the
 * log. While a sync is under way the next group gathers, so that the group's size follows the load. A commit
 * that is alone on a quick disk is synced in place (`lone-sync.ts`).
 *
 * Before a group is acknowledged, the files under our descriptors must still be the files at their paths:
 * another program that opens the database can unlink the log, and syncing an unlinked log succeeds for ever.
 * A failed sync, or a file that has gone, is final: nothing is acknowledged from then on.
 */
import { EdgeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { EngineMeters } from './engine-meters.ts';
import type { LoneSync } from './lone-sync.ts';

/** The log as the group commit sees it. */
export interface CommitLog {
  sync(): Promise<void>;
  /** The same at once, holding the event loop; false when it takes more than one sync. Absent: never. */
  syncInPlace?(): boolean;
  /** Throws when a file at its path is not the one that is open. */
  assertInPlace(): void;
}

export interface GroupCommitParts {
  readonly commitLog: CommitLog;
  readonly log: Log;
  readonly onFatal: (error: unknown) => void;
  /** Decides when `syncInPlace` is used; absent: never. */
  readonly loneSync?: LoneSync;
  readonly meters?: EngineMeters;
}

/** A commit that nobody awaits is made durable all the same, after this long. */
const UNAWAITED_DELAY_MS = 50;

interface Waiters {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const DONE: Promise<void> = Promise.resolve();

export class GroupCommit {
  readonly #parts: GroupCommitParts;
  readonly #listeners = new Set<(commit: bigint) => void>();
  #last: bigint;
  #durable: bigint;
  /** Commits of the last group: with more than one there is company to wait for. */
  #lastGroup = 2n;
  /** Commits up to here are covered by the sync under way. */
  #syncing = 0n;
  #current: Waiters | null = null;
  #next: Waiters | null = null;
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #failure: Error | null = null;

  constructor(parts: GroupCommitParts, lastCommit: bigint) {
    this.#parts = parts;
    this.#last = lastCommit;
    this.#durable = lastCommit;
  }

  get last(): bigint {
    return this.#last;
  }

  get durable(): bigint {
    return this.#durable;
  }

  onDurable(listener: (commit: bigint) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells of a commit that the log holds now. */
  committed(commit: bigint): void {
    this.#last = commit;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (this.#durable < this.#last) this.await(this.#last).catch(() => undefined);
    }, UNAWAITED_DELAY_MS).unref();
  }

  await(commit: bigint): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (commit <= this.#durable) return DONE;
    if (commit > this.#last) {
      return Promise.reject(
        new Error(`commit ${commit} is awaited, and the last is ${this.#last}`),
      );
    }
    if (commit <= this.#syncing && this.#current !== null) return this.#current.promise;
    if (this.#running === null && this.#parts.loneSync?.isDue() === true && this.#syncAlone()) {
      return this.#failure === null ? DONE : Promise.reject(this.#failure);
    }
    this.#next ??= Promise.withResolvers<void>();
    // A lone client's group starts at once, and is then no longer the next.
    const { promise } = this.#next;
    this.#running ??= this.#run();
    return promise;
  }

  /** Everything committed so far is durable when this resolves, whoever else waits. */
  flush(): Promise<void> {
    return this.await(this.#last);
  }

  /** No acknowledgement leaves from now on. */
  fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = new EdgeError('crash_shutdown', 'the store has failed; the box stops', {
      severity: 'FATAL',
      cause: error,
    });
    for (const waiters of [this.#current, this.#next]) {
      waiters?.promise.catch(() => undefined);
      waiters?.reject(this.#failure);
    }
    this.#current = null;
    this.#next = null;
  }

  get failure(): Error | null {
    return this.#failure;
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      // What else this turn of the event loop brings joins the group. A lone client waits for nobody.
      if (this.#lastGroup > 1n) await new Promise<void>((resolve) => setImmediate(resolve));
      while (this.#next !== null && this.#failure === null) await this.#syncGroup();
    } catch (error) {
      this.fail(error);
      this.#parts.onFatal(error);
    } finally {
      this.#running = null;
    }
  }

  /** False when it has to be done the other way. */
  #syncAlone(): boolean {
    const { commitLog, loneSync, onFatal, meters } = this.#parts;
    const target = this.#last;
    try {
      const begunMs = loneSync?.begin() ?? 0;
      if (commitLog.syncInPlace?.() !== true) return false;
      const tookMs = loneSync?.ended(begunMs) ?? 0;
      meters?.synced(tookMs, Number(target - this.#durable));
      commitLog.assertInPlace();
    } catch (error) {
      this.fail(error);
      onFatal(error);
      return true;
    }
    this.#durable = target;
    for (const listener of this.#listeners) this.#tell(listener, target);
    return true;
  }

  async #syncGroup(): Promise<void> {
    const group = this.#next;
    this.#current = group;
    this.#next = null;
    const target = this.#last;
    this.#syncing = target;
    const { commitLog, loneSync, meters } = this.#parts;
    const begunMs = loneSync?.beginShared() ?? 0;
    await commitLog.sync();
    commitLog.assertInPlace();
    if (this.#failure !== null) return;
    this.#lastGroup = target - this.#durable;
    const tookMs = loneSync?.endedShared(begunMs, this.#lastGroup) ?? 0;
    meters?.synced(tookMs, Number(this.#lastGroup));
    this.#durable = target;
    this.#current = null;
    group?.resolve();
    for (const listener of this.#listeners) this.#tell(listener, target);
  }

  #tell(listener: (commit: bigint) => void, commit: bigint): void {
    try {
      listener(commit);
    } catch (error) {
      this.#parts.log.error({ err: error }, 'a listener of durability failed');
    }
  }
}
