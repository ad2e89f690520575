/**
 * Long reads, off the main thread: a small pool of worker threads, running from the start, and a bounded line
 * before it. A thread takes longer to start than a client may wait for its cancel; one that dies is replaced.
 *
 * A read that is told to stop is over for its client at once, wherever it is: in the line, waiting for the
 * log, or running. Its thread and the log stay taken until the thread has heard, or is ended because it does not.
 *
 * While a read runs, the main instance neither carries its log back nor starts it over, because the worker's
 * own read marks are unseen by it. A read thereby makes the log grow; the store ends all reads when it has grown
 * too long (`cancelAll`).
 */
import type { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import type { ProtectedTables } from './authorizer.ts';
import type { ReadRequest } from './engine.ts';
import { ReadWorker } from './read-worker.ts';
import { interruptError } from './run-context.ts';

export interface ReadWorkersOptions {
  readonly factory: () => Worker;
  readonly count: number;
  readonly path: string;
  readonly wasmBinary: Uint8Array;
  readonly cacheKb: number;
  readonly memoryLimitBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  /** True when the log should be carried back before another read holds it. */
  readonly logIsLong: () => boolean;
  /** Carries the log back; also waits for a checkpoint that is under way. */
  readonly checkpoint: () => Promise<void>;
  /** Keeps the log as it is until the returned function is called. */
  readonly holdLog: () => () => void;
  /** Puts all committed frames where another thread can read them. */
  readonly publishLog: () => Promise<void>;
}

/** A read that waits or runs, and what would end it early. */
export interface LongRead {
  readonly request: ReadRequest;
  /** Set before the read is told to stop; it decides the error. */
  stopError: Error | null;
  /** Acts on `stopError` wherever the read is. */
  onStop: () => void;
  /** Ends the read for its client. */
  readonly settle: (error: unknown) => void;
}

/** After a thread has died, until the next one starts by itself: one that dies at its start must not eat the CPU. */
const RESTART_DELAY_MS = 1_000;

export class ReadWorkers {
  readonly #options: ReadWorkersOptions;
  readonly #idle: ReadWorker[] = [];
  readonly #all = new Set<ReadWorker>();
  readonly #waiting: { readonly grant: () => void; readonly read: LongRead }[] = [];
  readonly #reads = new Set<LongRead>();
  #protected: ProtectedTables = new Map();
  #running = 0;
  /** Reads that hold the log. */
  #holding = 0;
  readonly #onLogFree: (() => void)[] = [];
  #closed = false;

  constructor(options: ReadWorkersOptions) {
    this.#options = options;
    for (let count = 0; count < options.count; count += 1) this.#idle.push(this.#start());
  }

  get running(): number {
    return this.#running;
  }

  /** Tells the workers' authorizers what the main thread's knows. */
  protect(tables: ProtectedTables): void {
    this.#protected = tables;
    for (const worker of this.#all) worker.protect(tables);
  }

  /** Runs the read on a worker. @throws what the statement throws, 57014, 53000 when too many wait */
  run(request: ReadRequest): Promise<void> {
    if (this.#closed || request.interrupt.signal?.aborted === true) {
      return Promise.reject(interruptError('cancel'));
    }
    if (this.#waiting.length >= LIMITS.workerReadsWaitingMax) {
      return Promise.reject(
        new EdgeError('insufficient_resources', 'too many long-running queries are waiting'),
      );
    }
    return new Promise((resolve, reject) => {
      const read: LongRead = {
        request,
        stopError: null,
        onStop: () => undefined,
        settle: (error) => {
          unwatch();
          this.#reads.delete(read);
          if (error === null) resolve();
          else reject(error);
        },
      };
      this.#reads.add(read);
      const unwatch = this.#watch(read);
      this.#inTurn(read).then(
        () => read.settle(null),
        (error: unknown) => read.settle(error),
      );
    });
  }

  async #inTurn(read: LongRead): Promise<void> {
    await this.#takeTurn(read);
    try {
      await this.#runNow(read);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.grant();
    }
  }

  /** Ends all reads: they hold the log, and it is too long. */
  cancelAll(): void {
    for (const read of this.#reads) {
      stop(
        read,
        new EdgeError('query_canceled', 'canceling statement due to conflict with recovery', {
          detail: 'The query kept too much of the write-ahead log from being removed.',
        }),
      );
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const read of this.#reads) stop(read, interruptError('cancel'));
    await Promise.all([...this.#all].map((worker) => worker.end()));
  }

  #takeTurn(read: LongRead): Promise<void> {
    if (read.stopError !== null) return Promise.reject(read.stopError);
    if (this.#running < this.#options.count) {
      this.#running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const place = {
        read,
        grant: () => {
          read.onStop = () => undefined;
          this.#running += 1;
          resolve();
        },
      };
      read.onStop = () => {
        const index = this.#waiting.indexOf(place);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(read.stopError ?? interruptError('cancel'));
      };
      this.#waiting.push(place);
    });
  }

  async #runNow(read: LongRead): Promise<void> {
    await this.#letLogBeCarriedBack();
    const release = this.#options.holdLog();
    this.#holding += 1;
    try {
      await this.#options.publishLog();
      if (read.stopError !== null) throw read.stopError;
      const worker = this.#idle.pop() ?? this.#start();
      try {
        await worker.run(read);
      } finally {
        if (worker.usable) this.#idle.push(worker);
      }
    } finally {
      release();
      this.#holding -= 1;
      if (this.#holding === 0) for (const wake of this.#onLogFree.splice(0)) wake();
    }
  }

  /** One report after another would keep the log for ever: between them it has its turn. */
  async #letLogBeCarriedBack(): Promise<void> {
    if (!this.#options.logIsLong()) return;
    while (this.#holding > 0) await new Promise<void>((wake) => this.#onLogFree.push(wake));
    await this.#options.checkpoint();
  }

  #start(): ReadWorker {
    const { factory, path, wasmBinary, cacheKb, memoryLimitBytes, log } = this.#options;
    const worker = new ReadWorker(factory(), log, () => this.#replace(worker));
    worker.setup({ type: 'setup', path, wasmBinary, cacheKb, memoryLimitBytes });
    worker.protect(this.#protected);
    this.#all.add(worker);
    return worker;
  }

  #replace(dead: ReadWorker): void {
    this.#all.delete(dead);
    const index = this.#idle.indexOf(dead);
    if (index >= 0) this.#idle.splice(index, 1);
    setTimeout(() => {
      if (this.#closed || this.#all.size >= this.#options.count) return;
      this.#idle.push(this.#start());
    }, RESTART_DELAY_MS).unref();
  }

  /** Ends the read on its client's word or at its deadline. */
  #watch(read: LongRead): () => void {
    const { signal, deadlineMs } = read.request.interrupt;
    const onAbort = () => stop(read, interruptError('cancel'));
    signal?.addEventListener('abort', onAbort, { once: true });
    let timer: NodeJS.Timeout | null = null;
    if (deadlineMs !== null) {
      const delayMs = Math.max(0, deadlineMs - this.#options.clock.monotonicMs());
      timer = setTimeout(() => stop(read, interruptError('deadline')), delayMs);
    }
    return () => {
      signal?.removeEventListener('abort', onAbort);
      if (timer !== null) clearTimeout(timer);
    };
  }
}

/** The first reason counts, and its client hears it at once. */
export function stop(read: LongRead, error: Error): void {
  if (read.stopError !== null) return;
  read.stopError = error;
  read.onStop();
  read.settle(error);
}
