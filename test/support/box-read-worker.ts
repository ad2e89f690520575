/** The read worker's thread for `box.ts`: our entry with the product's functions. */
import { parentPort } from 'node:worker_threads';
import { startReadWorker } from '../../edge/engine/worker-entry.ts';
import { functionLibrary } from '../../edge/sql/functions/library.ts';

if (parentPort === null) throw new Error('this file runs on a worker thread');
startReadWorker(parentPort, functionLibrary);
