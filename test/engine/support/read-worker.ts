/** The read worker's thread in the tests: our entry with a small library. */
import { parentPort } from 'node:worker_threads';
import { startReadWorker } from '../../../edge/engine/worker-entry.ts';
import { testLibrary } from './test-library.ts';

if (parentPort === null) throw new Error('this file runs on a worker thread');
startReadWorker(parentPort, testLibrary);
