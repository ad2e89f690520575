/**
 * The main thread's end of one read worker: sends a read, hands its rows to the sink as they come, and settles
 * once the worker has let go of the file, whatever the outcome. A thread that dies fails its read and is not
 * used again; one that does not stop when told to is ended.
 */
import type { Worker } from 'node:worker_threads';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import type { ProtectedTables } from './authorizer.ts';
import { PackedRows } from './packed-rows.ts';
import type { LongRead } from './read-workers.ts';
import {
  type FromWorker,
  SHARED_BYTES,
  SHARED_WORD,
  type ToWorker,
  type WorkerError,
  type WorkerSetup,
} from './worker-protocol.ts';

interface Running {
  readonly id: number;
  readonly read: LongRead;
  readonly shared: Int32Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** What the sink threw: the read is stopped, and this is thrown in the end. */
  sinkError: unknown;
  /** Ends a thread that does not stop when told to. */
  patience: NodeJS.Timeout | null;
}

export class ReadWorker {
  readonly #worker: Worker;
  readonly #log: Log;
  readonly #onDeath: () => void;
  #running: Running | null = null;
  #lastId = 0;
  #dead = false;

  /** @param onDeath called once, unless it was ended on purpose */
  constructor(worker: Worker, log: Log, onDeath: () => void) {
    this.#worker = worker;
    this.#log = log;
    this.#onDeath = onDeath;
    worker.unref();
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', (error) => this.#die(error));
    worker.on('exit', () => this.#die(new Error('the read worker has ended')));
  }

  get usable(): boolean {
    return !this.#dead;
  }

  setup(message: WorkerSetup): void {
    this.#post(message);
  }

  protect(tables: ProtectedTables): void {
    this.#post({ type: 'protect', tables });
  }

  run(read: LongRead): Promise<void> {
    if (this.#dead) return Promise.reject(new Error('the read worker has ended'));
    this.#lastId += 1;
    const id = this.#lastId;
    const buffer = new SharedArrayBuffer(SHARED_BYTES);
    const { statement, session } = read.request;
    return new Promise((resolve, reject) => {
      const running: Running = {
        id,
        read,
        shared: new Int32Array(buffer),
        resolve,
        reject,
        sinkError: null,
        patience: null,
      };
      this.#running = running;
      read.onStop = () => this.#tellToStop(running);
      this.#worker.ref();
      this.#post({ type: 'read', id, statement, session, shared: buffer });
    });
  }

  async end(): Promise<void> {
    this.#dead = true;
    await this.#worker.terminate();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    const running = this.#running;
    if (running === null || message.id !== running.id) return;
    if (message.type === 'rows') {
      this.#takeRows(running, message.batch);
      return;
    }
    this.#settle(running, message.type === 'done' ? null : rebuilt(message.error));
  }

  #takeRows(running: Running, batch: ArrayBuffer): void {
    if (running.sinkError === null && running.read.stopError === null) {
      try {
        const rows = new PackedRows(batch);
        for (let index = 0; index < rows.rowCount; index += 1) {
          rows.next();
          running.read.request.sink.row(rows);
        }
      } catch (error) {
        running.sinkError = error;
        this.#tellToStop(running);
      }
    }
    // A slow client holds the worker back: it sends only so many batches ahead of those taken.
    const pause = running.read.stopError === null ? running.read.request.sink.ready?.() : null;
    if (pause === null || pause === undefined) taken(running);
    else void pause.finally(() => taken(running)).catch(() => undefined);
  }

  #settle(running: Running, error: Error | null): void {
    this.#running = null;
    running.read.onStop = () => undefined;
    if (running.patience !== null) clearTimeout(running.patience);
    if (!this.#dead) this.#worker.unref();
    const { sinkError } = running;
    if (sinkError !== null) running.reject(sinkError as Error);
    else if (running.read.stopError !== null) running.reject(running.read.stopError);
    else if (error !== null) running.reject(error);
    else running.resolve();
  }

  /** It hears within some thousand VM steps; in the middle of a long function or a slow start it cannot. */
  #tellToStop(running: Running): void {
    Atomics.store(running.shared, SHARED_WORD.stop, 1);
    Atomics.notify(running.shared, SHARED_WORD.batchesTaken);
    running.patience ??= setTimeout(() => {
      this.#worker.terminate().catch((error: unknown) => this.#die(error as Error));
    }, LIMITS.workerStopMsMax);
  }

  #die(error: Error): void {
    const wasAlive = !this.#dead;
    this.#dead = true;
    if (wasAlive) {
      this.#log.error({ err: error }, 'a read worker died; another takes its place');
      this.#onDeath();
    }
    if (this.#running !== null) this.#settle(this.#running, error);
  }
}

function taken(running: Running): void {
  Atomics.add(running.shared, SHARED_WORD.batchesTaken, 1);
  Atomics.notify(running.shared, SHARED_WORD.batchesTaken);
}

function rebuilt(error: WorkerError): Error {
  if (error.kind === 'edge') return new EdgeError(error.condition, error.message, error.fields);
  const other = new Error(error.message);
  other.stack = error.stack;
  return other;
}
