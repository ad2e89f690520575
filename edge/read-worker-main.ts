/**
 * Entry of the read worker's thread: the engine's worker with the same SQL functions as the main thread.
 */
import { parentPort } from 'node:worker_threads';
import { startReadWorker } from './engine/worker-entry.ts';
import { functionLibrary } from './sql/functions/library.ts';

if (parentPort === null) throw new Error('this file runs on a worker thread only');
startReadWorker(parentPort, functionLibrary);
