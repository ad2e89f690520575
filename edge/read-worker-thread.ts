/**
 * Starts the thread that runs long reads: from the checkout's sources, or from the bundle that travels
 * inside the executable.
 */
import { Worker } from 'node:worker_threads';
import { embeddedAsset } from './assets.ts';

export function readWorkerThread(): Worker {
  const bundle = embeddedAsset('worker.cjs');
  if (bundle !== undefined) return new Worker(new TextDecoder().decode(bundle), { eval: true });
  return new Worker(new URL('./read-worker-main.ts', import.meta.url));
}
