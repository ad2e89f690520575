/**
 * What the engine counts: syncs of the log with the commits that shared them, and waits for the write lock.
 */
import { DurationMeter } from '../meters.ts';

const SYNC_BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1_000, 5_000];
const LOCK_BOUNDS_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1_000, 5_000];

export class EngineMeters {
  /** `fdatasync` of the log, its write included. */
  readonly syncs = new DurationMeter(SYNC_BOUNDS_MS);
  /** Of writers that had to wait; who finds the lock free is not counted. */
  readonly lockWaits = new DurationMeter(LOCK_BOUNDS_MS);
  commits = 0;

  synced(tookMs: number, commits: number): void {
    this.syncs.observe(tookMs);
    this.commits += commits;
  }
}
