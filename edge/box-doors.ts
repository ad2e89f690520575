/**
 * The doors beside the terminals' own: the admin interface and the figures for Prometheus. They are opened when
 * terminals are served already, and what they need is loaded then.
 */
import { consoleRoutes } from './admin/console-assets.ts';
import type { Operations } from './admin/operations.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import type { TlsMaterial } from './net/tls-material.ts';
import { openAdminKeyCheck } from './tenants/admin-key.ts';

export interface DoorParts {
  readonly config: Config;
  readonly log: Log;
  readonly operations: Operations;
  readonly tls: TlsMaterial;
  /** Told how to close each door that was opened. */
  readonly closers: (() => Promise<void>)[];
}

/** The admin port and the figures' port: behind the terminals' own, whose service they only tell of. */
export async function openDoors(
  parts: DoorParts,
): Promise<{ readonly admin: string; readonly metrics: string | null }> {
  const { config, log, operations, tls, closers } = parts;
  const host = config['server.host'];
  const { startAdminServer } = await import('./admin/admin-server.ts');
  const admin = await startAdminServer({
    host,
    port: config['server.admin_port'],
    operations,
    isKey: openAdminKeyCheck(config.dataDir),
    tls,
    clock: systemClock,
    log,
    addPages: consoleRoutes,
  });
  closers.push(() => admin.close());
  const metrics = await openMetrics(parts);
  return { admin: `${admin.host}:${admin.port}`, metrics };
}

/** Without its figures a box sells all the same: a port that is taken is told, and no more. */
async function openMetrics({
  config,
  operations,
  log,
  closers,
}: DoorParts): Promise<string | null> {
  if (!config['monitoring.metrics_enabled']) return null;
  const host = config['server.host'];
  const port = config['monitoring.prometheus_port'];
  const { startMetricsServer } = await import('./admin/metrics-server.ts');
  try {
    const server = await startMetricsServer({ host, port }, () => operations.metrics(), log);
    closers.push(() => server.close());
    return `${host}:${server.port}`;
  } catch (error) {
    log.error({ err: error, port }, 'the figures for Prometheus cannot be served');
    return null;
  }
}
