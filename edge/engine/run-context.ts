/**
 * What is true while one statement runs: whose session it is, under which authority, until when. SQL
 * functions, the authorizer and the progress handler read it here, because SQLite calls them without it.
 *
 * Runs nest (a row's callback may run another statement) and never interleave: each run puts its context
 * in place and the one before it back, so that outside of runs no merchant is set.
 */
import type { Clock } from '../clock.ts';
import { EdgeError } from '../errors.ts';
import type { SessionValues } from '../types/session-values.ts';
import type { Authority } from './engine.ts';
import type { Pointer } from './sqlite/exports.ts';
import type { WasmHeap } from './sqlite/wasm-heap.ts';

/** When a run must end. `Interrupt` is one; the worker's is a word of shared memory. */
export interface StopRequest {
  readonly deadlineMs: number | null;
  readonly signal: { readonly aborted: boolean } | null;
}

export type StopReason = 'budget' | 'deadline' | 'cancel';

/** The box itself, where no client is behind a statement. */
export const SYSTEM_SESSION: SessionValues = Object.freeze({
  merchant: null,
  role: 'system',
  user: 'helios',
  database: 'pos',
  timeZone: 'UTC',
  applicationName: 'helios-edge',
  searchPath: 'public',
  backendPid: 0,
  transactionTimestamp: 0n,
  statementTimestamp: 0n,
  settings: Object.freeze({}),
});

export const NO_INTERRUPT: StopRequest = Object.freeze({ deadlineMs: null, signal: null });

export class RunContext {
  readonly session: SessionValues;
  readonly authority: Authority;
  readonly interrupt: StopRequest;
  readonly budgetMs: number;
  /** Number of the open write transaction, 0n outside of one. */
  readonly commitNumber: bigint;
  /** Measured from the first look at the clock: a short statement never looks. */
  startedMs = -1;
  stopReason: StopReason | null = null;
  /** What a SQL function threw; it is thrown again when SQLite has come back. */
  thrown: unknown = null;
  deniedObject: string | null = null;

  constructor(
    session: SessionValues,
    authority: Authority,
    interrupt: StopRequest,
    budgetMs: number,
    commitNumber: bigint,
  ) {
    this.session = session;
    this.authority = authority;
    this.interrupt = interrupt;
    this.budgetMs = budgetMs;
    this.commitNumber = commitNumber;
  }

  /** After a pause: the budget is for what runs without one. */
  resume(): void {
    this.startedMs = -1;
  }

  /** Called every few thousand VM steps: true ends the statement. */
  mustStop(clock: Clock): boolean {
    if (this.stopReason !== null) return true;
    const now = clock.monotonicMs();
    if (this.startedMs < 0) this.startedMs = now;
    if (this.interrupt.signal?.aborted === true) this.stopReason = 'cancel';
    else if (this.interrupt.deadlineMs !== null && now >= this.interrupt.deadlineMs) {
      this.stopReason = 'deadline';
    } else if (now - this.startedMs >= this.budgetMs) this.stopReason = 'budget';
    return this.stopReason !== null;
  }
}

/** The error that a statement ends with when it was told to stop. */
export function interruptError(reason: StopReason | null): EdgeError {
  return new EdgeError(
    'query_canceled',
    reason === 'cancel'
      ? 'canceling statement due to user request'
      : 'canceling statement due to statement timeout',
  );
}

const MERCHANTS_KEPT_MAX = 20_000;

/** Merchant names as they lie in WASM memory, so that the guard's function copies nothing. */
export class MerchantTexts {
  readonly #heap: WasmHeap;
  readonly #texts = new Map<string, { readonly pointer: Pointer; readonly bytes: number }>();

  constructor(heap: WasmHeap) {
    this.#heap = heap;
  }

  of(merchant: string): { readonly pointer: Pointer; readonly bytes: number } {
    const known = this.#texts.get(merchant);
    if (known !== undefined) return known;
    const text = this.#heap.mallocText(merchant);
    this.#texts.set(merchant, text);
    return text;
  }

  /** Call only while nothing runs: a running statement may hold a pointer. */
  trim(): void {
    if (this.#texts.size <= MERCHANTS_KEPT_MAX) return;
    for (const { pointer } of this.#texts.values()) this.#heap.exports.free(pointer);
    this.#texts.clear();
  }
}

/** The running statement of one WASM instance, or null. */
export class RunState {
  current: RunContext | null = null;
  readonly merchants: MerchantTexts;
  readonly clock: Clock;

  constructor(heap: WasmHeap, clock: Clock) {
    this.merchants = new MerchantTexts(heap);
    this.clock = clock;
  }
}
