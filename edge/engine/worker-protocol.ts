/**
 * Messages between the main thread and a read worker. One read at a time for each worker; `id` ties the
 * answers to it. What must be heard while a read runs (stop, rows taken) goes through shared memory instead, because
 * a busy worker reads no messages.
 */
import type { Condition, ErrorFields } from '../errors.ts';
import type { SessionValues } from '../types/session-values.ts';
import type { EngineStatement } from './engine.ts';

/** Words of a read's shared memory. */
export const SHARED_WORD = { stop: 0, batchesTaken: 1 } as const;
export const SHARED_BYTES = 8;

export interface WorkerSetup {
  readonly type: 'setup';
  readonly path: string;
  readonly wasmBinary: Uint8Array;
  readonly cacheKb: number;
  readonly memoryLimitBytes: number;
}

export interface WorkerProtect {
  readonly type: 'protect';
  readonly tables: ReadonlyMap<string, { readonly guard: string }>;
}

export interface WorkerRead {
  readonly type: 'read';
  readonly id: number;
  readonly statement: EngineStatement;
  readonly session: SessionValues;
  readonly shared: SharedArrayBuffer;
}

export type ToWorker = WorkerSetup | WorkerProtect | WorkerRead;

export type FromWorker =
  | { readonly type: 'rows'; readonly id: number; readonly batch: ArrayBuffer }
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly error: WorkerError };

/** An error as it crosses threads; classes do not. */
export type WorkerError =
  | {
      readonly kind: 'edge';
      readonly condition: Condition;
      readonly message: string;
      readonly fields: ErrorFields;
    }
  | { readonly kind: 'other'; readonly message: string; readonly stack: string };
