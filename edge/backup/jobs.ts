/**
 * Work on a whole file that runs on a thread of its own, so that the box's event loop never waits for it: making a
 * backup, and checking the live file. What only the main thread can do (hold the log, say what changed) the
 * thread asks for; both ends and their messages are here.
 *
 * A thread that dies fails its work; nothing is left held.
 */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { MessagePort, Worker } from 'node:worker_threads';
import type { Engine, LiveFile } from '../engine/engine.ts';
import type { FunctionLibrary } from '../types/sql-function.ts';
import { BackupError } from './backup-error.ts';
import { type CheckFinding, type CheckOptions, checkDatabase } from './check.ts';
import type { CopySource } from './copy.ts';
import { type BackupRequest, type BackupResult, makeBackup } from './make-backup.ts';
import { CHUNK_BYTES } from './packed-file.ts';
import { StoredDatabase } from './stored-database.ts';

type Job =
  | { readonly kind: 'backup'; readonly request: BackupRequest }
  | { readonly kind: 'check'; readonly options: CheckOptions };

interface Start {
  readonly type: 'job';
  readonly job: Job;
  readonly path: string;
  readonly wasmBinary: Uint8Array;
}

type Question = 'changed' | 'freeze' | 'thaw';

type FromThread =
  | { readonly type: 'ask'; readonly question: Question }
  | { readonly type: 'done'; readonly result: unknown }
  | { readonly type: 'failed'; readonly error: PortableError };

type ToThread =
  | Start
  | { readonly type: 'answer'; readonly answer: unknown }
  | { readonly type: 'refusal'; readonly error: PortableError };

interface PortableError {
  readonly kind: BackupError['kind'] | null;
  readonly message: string;
  readonly stack: string;
}

/** Below everything that serves terminals. */
const NICENESS = 15;

function portable(error: unknown): PortableError {
  if (!(error instanceof Error)) return { kind: null, message: String(error), stack: '' };
  const kind = error instanceof BackupError ? error.kind : null;
  return { kind, message: error.message, stack: error.stack ?? '' };
}

function rebuilt({ kind, message, stack }: PortableError): Error {
  if (kind !== null) return new BackupError(kind, message);
  const error = new Error(message);
  error.stack = stack;
  return error;
}

export interface JobThreads {
  /** Makes a thread that calls `serveJobs`. */
  readonly factory: () => Worker;
  readonly wasmBinary: Uint8Array;
}

/** The main thread's end: one piece of work on a running box's file. */
export function runJob(
  threads: JobThreads,
  engine: Engine,
  job: Extract<Job, { kind: 'backup' }>,
  signal: AbortSignal,
): Promise<BackupResult>;
export function runJob(
  threads: JobThreads,
  engine: Engine,
  job: Extract<Job, { kind: 'check' }>,
  signal: AbortSignal,
): Promise<CheckFinding[]>;
export async function runJob(
  threads: JobThreads,
  engine: Engine,
  job: Job,
  signal: AbortSignal,
): Promise<unknown> {
  signal.throwIfAborted();
  const file = engine.openLiveFile(CHUNK_BYTES);
  const worker = threads.factory();
  try {
    return await new Promise((resolve, reject) => {
      const post = (message: ToThread): void => worker.postMessage(message);
      const tooLong = (): void =>
        reject(
          new BackupError(
            'refused',
            'sales filled the write-ahead log while the file was read; try again when there is less to do',
          ),
        );
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('the thread that copies has ended')));
      worker.on('message', (message: FromThread) => {
        if (message.type === 'done') resolve(message.result);
        else if (message.type === 'failed') reject(rebuilt(message.error));
        else {
          answer(file, message.question, tooLong).then(
            (given) => post({ type: 'answer', answer: given }),
            (error: unknown) => post({ type: 'refusal', error: portable(error) }),
          );
        }
      });
      post({ type: 'job', job, path: file.path, wasmBinary: threads.wasmBinary });
    });
  } finally {
    // Only when the thread reads no more may the file move on.
    await worker.terminate();
    file.close();
  }
}

async function answer(file: LiveFile, question: Question, onCancel: () => void): Promise<unknown> {
  if (question === 'changed') return file.changed();
  if (question === 'freeze') return file.freeze(onCancel);
  file.thaw();
  return null;
}

/** The thread's end: serves one job. Beside a read worker's entry it leaves that one's messages alone. */
export function serveJobs(port: MessagePort, library: FunctionLibrary): void {
  let settle: { resolve(answer: unknown): void; reject(error: Error): void } | null = null;
  const post = (message: FromThread): void => port.postMessage(message);
  const ask = (question: Question): Promise<unknown> =>
    new Promise((resolve, reject) => {
      settle = { resolve, reject };
      post({ type: 'ask', question });
    });
  port.on('message', (message: ToThread) => {
    if (message.type === 'answer') settle?.resolve(message.answer);
    else if (message.type === 'refusal') settle?.reject(rebuilt(message.error));
    else if (message.type === 'job') {
      lowerPriority();
      work(message, library, ask).then(
        (result) => post({ type: 'done', result }),
        (error: unknown) => post({ type: 'failed', error: portable(error) }),
      );
    }
  });
}

/** On Linux a priority belongs to a thread. Not being allowed to is no reason to stop. */
function lowerPriority(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (thread > 0) setPriority(thread, NICENESS);
  } catch {
    // The work is slowed down by its own pauses too.
  }
}

async function work(
  { job, path, wasmBinary }: Start,
  library: FunctionLibrary,
  ask: (question: Question) => Promise<unknown>,
): Promise<unknown> {
  const parts = { library, wasmBinary };
  const source: CopySource = {
    path,
    changed: async () => (await ask('changed')) as readonly number[],
    freeze: async () => (await ask('freeze')) as Awaited<ReturnType<CopySource['freeze']>>,
    thaw: async () => {
      await ask('thaw');
    },
  };
  if (job.kind === 'backup') return makeBackup(parts, source, job.request);
  await source.freeze();
  using database = await StoredDatabase.open(parts, path, null);
  database.begin();
  const findings = checkDatabase(database, job.options);
  await source.thaw();
  return findings;
}

/** The same source for a box that does not run, whose engine this process has opened. */
export function ownSource(file: LiveFile): CopySource {
  return {
    path: file.path,
    changed: async () => file.changed(),
    freeze: () => file.freeze(),
    thaw: async () => file.thaw(),
  };
}
