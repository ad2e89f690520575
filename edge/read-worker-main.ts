/**
 * Entry of the threads beside the main one, with the same SQL functions as it: the engine's read worker, or the
 * thread that makes a backup or checks the file. The first message says which of them it is.
 */
import { parentPort } from 'node:worker_threads';
import { serveJobs } from './backup/jobs.ts';
import { startReadWorker } from './engine/worker-entry.ts';
import { functionLibrary } from './sql/functions/library.ts';

if (parentPort === null) throw new Error('this file runs on a worker thread only');
startReadWorker(parentPort, functionLibrary);
serveJobs(parentPort, functionLibrary);
