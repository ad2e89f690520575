/**
 * Where the figures come from: what `metrics.ts` may read, and nothing of what it may not tell.
 */
import type { SyncWorkerStatus } from '../../cloud-sync/worker.ts';
import type { BoxMeters } from '../box-meters.ts';
import type { DeviceFacts } from '../device/device-facts.ts';
import type { Engine } from '../engine/engine.ts';
import type { ConnectionCounts } from '../net/connection-registry.ts';

export interface MetricSources {
  readonly meters: BoxMeters;
  readonly engine: Pick<Engine, 'status'>;
  readonly registry: { counts(): ConnectionCounts };
  readonly directory: { readonly size: number };
  readonly isReady: () => boolean;
  readonly limits: { readonly clientConnections: number; readonly backendConnections: number };
  /** null: sync is off. Counting what waits is a query: one answer serves a whole scrape. */
  readonly syncStatus: () => Promise<SyncWorkerStatus | null>;
  readonly deviceFacts: () => DeviceFacts | null;
  readonly backupAgeSeconds: () => number | null;
}
