/**
 * The sync worker: wakes by interval, by demand or by new commits, and carries the outbox to the cloud.
 *
 * A pass greets first when the link was not known to be up (a greeting is small, and a dead link costs
 * little), then sends batch after batch, then listens for the cloud's changes. Any failure ends the pass; nothing
 * that was not acknowledged is forgotten, and the next attempt follows by backoff. It promises delivery
 * of every durable change at least once, which the receiver makes exactly once; it does not promise
 * that rows of one transaction arrive together.
 */
import type { Clock } from '../edge/clock.ts';
import type { Engine } from '../edge/engine/engine.ts';
import type { Log } from '../edge/log.ts';
import type { Catalog } from '../edge/sql/catalog/model.ts';
import { type BatchSender, gatherBatch, OUTBOX_START } from './batch.ts';
import type { HybridClock } from './clock.ts';
import { Delivery } from './delivery.ts';
import { Outbox } from './outbox.ts';
import { planPull, retryPulled, takeChanges } from './pull.ts';
import { discardRejected, listRejected, type RejectedRow, retryRejected } from './rejected-rows.ts';
import { backoffMs } from './retry.ts';
import type { ApplyContext } from './shared-apply.ts';
import { SyncError } from './sync-error.ts';
import { SYNC_LIMITS } from './sync-limits.ts';
import { EpochHistory } from './sync-schema.ts';
import {
  ageSeconds,
  countQueues,
  type LinkState,
  type StatSyncRow,
  statSyncRows,
} from './sync-statistics.ts';
import { HttpTransport, type Transport } from './transport.ts';

export interface SyncSettings {
  readonly endpoint: string;
  readonly intervalMs: number;
  readonly batchRows: number;
  /** Bearer token, or null. */
  readonly token: string | null;
  readonly requestMsMax: number;
  /** Longest pause between attempts while the link is down: how late its return is noticed. */
  readonly retryMsMax: number;
  /** Pause after a durable commit before it is sent without waiting for the interval; null: never. */
  readonly wakeMs: number | null;
}

export interface SyncWorkerOptions {
  readonly engine: Engine;
  readonly catalog: () => Catalog;
  readonly box: string;
  readonly hybridClock: HybridClock;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: SyncSettings;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** Instead of HTTP, in tests. */
  readonly transport?: Transport;
}

/** What one pass did. */
export interface SyncSummary {
  readonly sent: number;
  readonly setAside: number;
  readonly deferred: number;
  readonly applied: number;
  readonly refusedHere: number;
  /** null: the pass reached its end. */
  readonly error: string | null;
}

export type Link = 'up' | 'down' | 'unknown';

export interface SyncWorkerStatus {
  readonly enabled: boolean;
  readonly paused: boolean;
  readonly running: boolean;
  readonly link: Link;
  readonly endpoint: string;
  readonly unsyncedRows: number;
  readonly oldestUnsyncedSeconds: number | null;
  readonly rejectedRows: number;
  /** ISO times. */
  readonly lastSuccess: string | null;
  readonly lastAttempt: string | null;
  readonly lastError: string | null;
  readonly failures: number;
  readonly rowsSent: number;
  readonly rowsReceived: number;
  readonly requests: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

const MICROS_PER_MS = 1000n;
const MICROS_PER_SECOND = 1_000_000n;
/** Share of the interval by which boxes are spread. */
const INTERVAL_JITTER = 0.1;

function isoTime(micros: bigint | null): string | null {
  return micros === null ? null : new Date(Number(micros / MICROS_PER_MS)).toISOString();
}

/** Carries one box's changes; make it with `createSyncWorker`. */
export class SyncWorker {
  readonly #options: SyncWorkerOptions;
  readonly #transport: Transport;
  readonly #outbox: Outbox;
  #stopping = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #unsubscribe: (() => void) | null = null;
  #pass: Promise<SyncSummary> | null = null;
  #started = false;
  #paused = false;
  #link: Link = 'unknown';
  #failures = 0;
  #sequence = 0;
  #rowsSent = 0;
  #rowsReceived = 0;
  #lastSuccessMicros: bigint | null = null;
  #lastAttemptMicros: bigint | null = null;
  #lastError: string | null = null;
  /** Tables that an earlier pass did not know; a table that is still unknown now was dropped. */
  #unknownTables: ReadonlySet<bigint> = new Set();

  constructor(options: SyncWorkerOptions, history: EpochHistory) {
    this.#options = options;
    this.#transport = options.transport ?? new HttpTransport(options.settings);
    this.#outbox = new Outbox(options.engine, options.box, history);
  }

  /** Begins to work; the first pass starts at once. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    const { wakeMs } = this.#options.settings;
    if (wakeMs !== null) {
      this.#unsubscribe = this.#options.engine.onDurable(() => this.#wakeFor(wakeMs));
    }
    this.#schedule(0);
  }

  /** Ends the running pass and every timer. What was not acknowledged stays queued. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#stopping.abort();
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#cancelTimer();
    await this.#pass?.catch(() => undefined);
    await this.#transport.close();
  }

  /** A whole pass that begins after this call; it runs even when paused. Never rejects. */
  async syncNow(): Promise<SyncSummary> {
    if (this.#pass !== null) await this.#pass;
    // Of several callers who waited, the first begins the pass and the others share it.
    this.#pass ??= this.#runPass();
    return this.#pass;
  }

  pause(): void {
    this.#paused = true;
    this.#cancelTimer();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#started) this.#schedule(0);
  }

  async status(): Promise<SyncWorkerStatus> {
    const counts = await countQueues(this.#options.engine, null);
    let oldest: bigint | null = null;
    let unsynced = 0n;
    let rejected = 0n;
    for (const count of counts) {
      unsynced += count.unsynced;
      rejected += count.rejected;
      if (count.oldest !== null && (oldest === null || count.oldest < oldest))
        oldest = count.oldest;
    }
    const { clock, settings } = this.#options;
    const now = clock.wallMicros() / MICROS_PER_SECOND;
    return {
      enabled: true,
      paused: this.#paused,
      running: this.#pass !== null,
      link: this.#link,
      endpoint: settings.endpoint,
      unsyncedRows: Number(unsynced),
      oldestUnsyncedSeconds: oldest === null ? null : ageSeconds(now, oldest),
      rejectedRows: Number(rejected),
      lastSuccess: isoTime(this.#lastSuccessMicros),
      lastAttempt: isoTime(this.#lastAttemptMicros),
      lastError: this.#lastError,
      failures: this.#failures,
      rowsSent: this.#rowsSent,
      rowsReceived: this.#rowsReceived,
      ...this.#transport.counters(),
    };
  }

  /** Rows of `pg_stat_sync`. @param merchant counts of its rows only, or null for all */
  statSyncRows(merchant: string | null): Promise<readonly StatSyncRow[]> {
    const { engine, catalog } = this.#options;
    return statSyncRows(engine, catalog(), this.linkState(), merchant);
  }

  /** Rows that were set aside. @param merchant only its rows, or null for all */
  rejected(merchant: string | null = null): Promise<readonly RejectedRow[]> {
    return listRejected(this.#options.engine, this.#options.catalog(), merchant);
  }

  /** Takes rows up again that were set aside; a pass follows. @param id one of them, or null for all */
  async retryRejected(id: number | null): Promise<number> {
    const { engine } = this.#options;
    const count = await retryRejected(
      engine,
      this.#applyContext(),
      id === null ? null : BigInt(id),
    );
    if (count > 0 && this.#started && !this.#paused) this.#schedule(0);
    return count;
  }

  /** Gives a row that was set aside up for good. */
  discardRejected(id: number): Promise<boolean> {
    return discardRejected(this.#options.engine, BigInt(id));
  }

  /** What only the worker knows, for `pg_stat_sync`. */
  linkState(): LinkState {
    return {
      link: this.#paused ? 'paused' : this.#link,
      lastSuccessMicros: this.#lastSuccessMicros,
      lastError: this.#lastError,
      nowSeconds: this.#options.clock.wallMicros() / MICROS_PER_SECOND,
    };
  }

  #applyContext(): ApplyContext {
    const { catalog, box, hybridClock } = this.#options;
    return { catalog: catalog(), box, clock: hybridClock };
  }

  #sender(): BatchSender {
    this.#sequence += 1;
    const { box, hybridClock } = this.#options;
    return {
      box,
      epochs: this.#outbox.epochs,
      sequence: this.#sequence,
      clock: hybridClock.last,
    };
  }

  #cancelTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }

  #schedule(delayMs: number): void {
    if (!this.#started || this.#paused) return;
    this.#cancelTimer();
    this.#dueAtMs = this.#options.clock.monotonicMs() + delayMs;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#dueAtMs = Number.POSITIVE_INFINITY;
      void this.syncNow();
    }, delayMs);
  }

  /** New commits are there: brings the next pass forward, unless the link is down or it is near anyway. */
  #wakeFor(wakeMs: number): void {
    if (this.#link !== 'up' || this.#pass !== null || this.#paused) return;
    if (this.#dueAtMs <= this.#options.clock.monotonicMs() + wakeMs) return;
    // Acknowledgements are commits too; without this look they would wake the worker for ever.
    void this.#outbox.isEmpty().then(
      (isEmpty) => {
        const isLate = this.#dueAtMs > this.#options.clock.monotonicMs() + wakeMs;
        if (!isEmpty && this.#pass === null && isLate) this.#schedule(wakeMs);
      },
      () => undefined,
    );
  }

  async #runPass(): Promise<SyncSummary> {
    this.#cancelTimer();
    this.#lastAttemptMicros = this.#options.clock.wallMicros();
    const total = { sent: 0, setAside: 0, deferred: 0, applied: 0, refusedHere: 0 };
    let error: unknown = null;
    try {
      await this.#work(total);
      this.#succeed();
    } catch (caught) {
      error = caught;
      this.#fail(caught);
    } finally {
      this.#pass = null;
    }
    this.#schedule(this.#nextDelayMs(error));
    return { ...total, error: error === null ? null : errorText(error) };
  }

  async #work(
    total: { -readonly [Key in keyof Omit<SyncSummary, 'error'>]: number },
  ): Promise<void> {
    const { signal } = this.#stopping;
    const delivery = new Delivery({
      transport: this.#transport,
      outbox: this.#outbox,
      sender: () => this.#sender(),
      onAnswer: (answer) => {
        this.#link = 'up';
        this.#options.hybridClock.anchor(answer.timeMs);
      },
    });
    if (this.#link !== 'up') await delivery.greet(null, signal);
    const isHeard = await this.#sendAll(delivery, total, signal);
    const isPulled = await this.#listen(delivery, total, signal);
    // A quiet shop still wants to know whether the cloud is there.
    if (!isHeard && !isPulled) await delivery.greet(null, signal);
  }

  async #sendAll(
    delivery: Delivery,
    total: { sent: number; setAside: number; deferred: number },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { catalog, settings, log } = this.#options;
    const rowsMax = Math.min(settings.batchRows, SYNC_LIMITS.batchRowsMax);
    const unknown = new Set<bigint>();
    let cursor = OUTBOX_START;
    let isHeard = false;
    for (let count = 0; count < SYNC_LIMITS.batchesPerPassMax; count += 1) {
      signal.throwIfAborted();
      const batch = await gatherBatch(this.#outbox, catalog(), cursor, rowsMax);
      for (const tableId of batch.unknownTables) unknown.add(tableId);
      if (batch.stale.length > 0) await this.#outbox.settle(batch.stale, []);
      if (batch.rows.length > 0) {
        const done = await delivery.deliver(batch.rows, signal);
        isHeard = true;
        total.sent += done.accepted;
        total.setAside += done.setAside;
        total.deferred += done.deferred;
        this.#rowsSent += done.accepted;
        if (done.setAside > 0)
          log.warn({ rows: done.setAside }, 'the cloud refused rows; they were set aside');
      }
      if (batch.finished) break;
      cursor = batch.cursor;
    }
    await this.#forgetDropped(unknown);
    return isHeard;
  }

  async #forgetDropped(unknown: ReadonlySet<bigint>): Promise<void> {
    for (const tableId of unknown) {
      if (!this.#unknownTables.has(tableId)) continue;
      await this.#outbox.setAsideTable(
        tableId,
        'the table was dropped before its rows had travelled',
      );
    }
    this.#unknownTables = unknown;
  }

  async #listen(
    delivery: Delivery,
    total: { applied: number; refusedHere: number },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { engine, catalog } = this.#options;
    let applied = 0;
    for (let round = 0; round < SYNC_LIMITS.pullRoundsMax; round += 1) {
      signal.throwIfAborted();
      const plan = await planPull(engine, catalog());
      if (plan === null) return round > 0;
      const { pull } = await delivery.greet(plan.request, signal);
      if (pull === null) return true;
      const result = await takeChanges(engine, this.#applyContext(), plan.scope, pull);
      applied += result.applied;
      total.refusedHere += result.rejected;
      if (!pull.more) break;
    }
    if (applied > 0) {
      // What had to wait for a parent row may fit now.
      applied += (await retryPulled(engine, this.#applyContext(), null)).applied;
    }
    total.applied += applied;
    this.#rowsReceived += applied;
    return true;
  }

  #succeed(): void {
    if (this.#failures > 0) this.#options.log.info('the cloud answers again');
    this.#failures = 0;
    this.#lastError = null;
    this.#lastSuccessMicros = this.#options.clock.wallMicros();
  }

  #fail(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const { log } = this.#options;
    const text = errorText(error);
    // One line when it begins; months offline must not fill the log.
    if (this.#failures === 0 || text !== this.#lastError) {
      if (error instanceof SyncError) log.warn({ reason: text }, 'sync failed');
      else log.error({ err: error }, 'sync failed');
    }
    this.#failures += 1;
    this.#lastError = text;
    const isAnswer =
      error instanceof SyncError && ['SYNC_BUSY', 'SYNC_PROTOCOL'].includes(error.code);
    this.#link = isAnswer ? 'unknown' : 'down';
  }

  #nextDelayMs(error: unknown): number {
    const { settings, random } = this.#options;
    if (error === null) return settings.intervalMs * (1 - random() * INTERVAL_JITTER);
    return backoffMs(this.#failures - 1, random(), {
      baseMs: SYNC_LIMITS.backoffBaseMs,
      capMs: Math.max(settings.retryMsMax, SYNC_LIMITS.backoffFloorMs),
      floorMs: SYNC_LIMITS.backoffFloorMs,
    });
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Makes a worker over an engine whose sync tables are there (`ensureSyncSchema`). Call `start` then. */
export async function createSyncWorker(options: SyncWorkerOptions): Promise<SyncWorker> {
  return new SyncWorker(options, await EpochHistory.load(options.engine));
}
