/**
 * What runs on a read worker's thread: a WASM instance of its own that reads the same file, read-only, through
 * a WAL-index which it makes by recovery at each read. The composition starts it, with the same function library as
 * the main thread's: `startReadWorker(parentPort, library)`.
 *
 * It is sound only while the main instance holds the log (`vfs/file-locks.ts`, `holdLog`): the main
 * thread sees to that for as long as a read runs.
 */
import type { MessagePort } from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import { EdgeError } from '../errors.ts';
import { type Log, silentLog } from '../log.ts';
import type { FunctionLibrary } from '../types/sql-function.ts';
import { Connection } from './connection.ts';
import { BATCH_BYTES_FULL, RowPacker } from './packed-rows.ts';
import { interruptError } from './run-context.ts';
import { createWasmInstance } from './sqlite/wasm-instance.ts';
import { SqliteHost } from './sqlite-host.ts';
import { durableMedium } from './vfs/durable-file.ts';
import {
  type FromWorker,
  SHARED_WORD,
  type ToWorker,
  type WorkerError,
  type WorkerRead,
  type WorkerSetup,
} from './worker-protocol.ts';

/** Batches on their way to the main thread; beyond it the worker waits. */
const BATCHES_AHEAD_MAX = 8;
const WAIT_MS = 100;

/** Serves reads until the port closes. */
export function startReadWorker(
  port: MessagePort,
  library: FunctionLibrary,
  log: Log = silentLog,
): void {
  let reader: Promise<WorkerReader> | null = null;
  port.on('message', (message: ToWorker) => {
    if (message.type === 'setup') {
      reader = WorkerReader.create(port, library, log, message);
      return;
    }
    reader?.then(
      (ready) => ready.handle(message),
      (error: unknown) => {
        throw error;
      },
    );
  });
}

class WorkerReader {
  readonly #port: MessagePort;
  readonly #host: SqliteHost;
  readonly #setup: WorkerSetup;

  constructor(port: MessagePort, host: SqliteHost, setup: WorkerSetup) {
    this.#port = port;
    this.#host = host;
    this.#setup = setup;
  }

  static async create(
    port: MessagePort,
    library: FunctionLibrary,
    log: Log,
    setup: WorkerSetup,
  ): Promise<WorkerReader> {
    const instance = await createWasmInstance(setup.wasmBinary, (text) =>
      log.warn({ sqlite: text }, 'SQLite'),
    );
    const host = new SqliteHost(instance, {
      library,
      clock: systemClock,
      log,
      readOnly: true,
      medium: durableMedium,
      // The thread ends and the main thread makes another.
      onFatal: (error) => {
        throw error;
      },
    });
    return new WorkerReader(port, host, setup);
  }

  handle(message: Exclude<ToWorker, WorkerSetup>): void {
    if (message.type === 'protect') {
      this.#host.protectedTables = message.tables;
      return;
    }
    try {
      this.#read(message);
      this.#post({ type: 'done', id: message.id });
    } catch (error) {
      this.#post({ type: 'failed', id: message.id, error: portable(error) });
    }
  }

  #read(read: WorkerRead): void {
    const shared = new Int32Array(read.shared);
    const stop = {
      get aborted(): boolean {
        return Atomics.load(shared, SHARED_WORD.stop) !== 0;
      },
    };
    const packer = new RowPacker();
    let batches = 0;
    const send = () => {
      const batch = packer.take();
      this.#port.postMessage({ type: 'rows', id: read.id, batch } satisfies FromWorker, [batch]);
      batches += 1;
      waitForRoom(shared, batches, stop);
    };
    // A connection for each read: its first access makes the WAL-index, its end drops it.
    const connection = new Connection(this.#host, this.#setup.path, true);
    try {
      connection.execute(`PRAGMA hard_heap_limit = ${this.#setup.memoryLimitBytes}`);
      connection.execute(`PRAGMA cache_size = -${this.#setup.cacheKb}`);
      connection.execute('PRAGMA temp_store = FILE');
      connection.execute('PRAGMA cell_size_check = ON');
      const options = {
        session: read.session,
        interrupt: { deadlineMs: null, signal: stop },
        budgetMs: Number.POSITIVE_INFINITY,
        commitNumber: 0n,
        readOnly: true,
      };
      connection.run(read.statement, options, (row) => {
        packer.add(row);
        if (packer.length >= BATCH_BYTES_FULL) send();
      });
      if (packer.rows > 0) send();
    } finally {
      connection.close();
    }
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}

/** Waits until the main thread has taken enough of what was sent. */
function waitForRoom(shared: Int32Array, sent: number, stop: { readonly aborted: boolean }): void {
  for (;;) {
    if (stop.aborted) throw interruptError('cancel');
    const taken = Atomics.load(shared, SHARED_WORD.batchesTaken);
    if (sent - taken < BATCHES_AHEAD_MAX) return;
    Atomics.wait(shared, SHARED_WORD.batchesTaken, taken, WAIT_MS);
  }
}

function portable(error: unknown): WorkerError {
  if (error instanceof EdgeError) {
    const { cause: _cause, ...fields } = error.fields;
    return { kind: 'edge', condition: error.condition, message: error.message, fields };
  }
  if (error instanceof Error) {
    return { kind: 'other', message: error.message, stack: error.stack ?? '' };
  }
  return { kind: 'other', message: String(error), stack: '' };
}
