/**
 * The operations by which a running box is looked after: who is connected, what is written, how the machine is, what
 * is wrong, the figures, the support bundle. It joins the parts that know; the judging is in `admin/` and `device/`.
 */

import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Registry } from 'prom-client';
import type { SyncWorker, SyncWorkerStatus } from '../cloud-sync/worker.ts';
import { ActivityFeed } from './admin/activity-feed.ts';
import { newestBackup, readBoxFiles } from './admin/box-files.ts';
import { inOrder, judgeFiles, judgeMachine, judgeRunning } from './admin/findings.ts';
import type {
  BoxStatus,
  Finding,
  Operations,
  Readiness,
  SyncStatus,
  Terminal,
} from './admin/operations.ts';
import { createRedact, maskedConfig, secretsOf } from './admin/secrets.ts';
import { makeSupportBundle } from './admin/support-bundle.ts';
import { backupSettings } from './backup/backup-settings.ts';
import type { BoxMeters } from './box-meters.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { DeviceMonitor } from './device/device-monitor.ts';
import { askInventory, type Inventory } from './device/inventory.ts';
import type { Engine } from './engine/engine.ts';
import { LIMITS } from './limits.ts';
import type { Log } from './log.ts';
import type { ConnectionRegistry } from './net/connection-registry.ts';
import { selfCommand } from './self-command.ts';
import type { Catalog } from './sql/catalog/model.ts';
import { readAdminKey } from './tenants/admin-key.ts';
import type { MerchantDirectory } from './tenants/merchant-directory.ts';
import { COMMIT, VERSION } from './version.ts';

export interface OperateParts {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly engine: Engine;
  readonly catalog: () => Catalog;
  readonly registry: ConnectionRegistry;
  readonly directory: MerchantDirectory;
  readonly sync: SyncWorker | null;
  readonly meters: BoxMeters;
  /** False from the moment the box begins to stop. */
  readonly isReady: () => boolean;
}

export type OperateOperations = Pick<
  Operations,
  | 'isAlive'
  | 'readiness'
  | 'terminals'
  | 'watchActivity'
  | 'device'
  | 'diagnose'
  | 'metrics'
  | 'supportBundle'
>;

/** What the other operations answer, for those here that tell of everything. */
export interface KnownOperations {
  status(): Promise<BoxStatus>;
  syncStatus(): Promise<SyncStatus>;
}

const UNIT = 'helios-edge.service';
const BYTES_PER_MB = 1024 * 1024;
const MICROS_PER_MS = 1000n;
const MS_PER_SECOND = 1000;

export class BoxOperate {
  readonly #parts: OperateParts;
  readonly #feed: ActivityFeed;
  readonly #monitor: DeviceMonitor;
  #registry: Promise<Registry> | null = null;
  #syncCounts: { readonly atMs: number; readonly status: Promise<SyncWorkerStatus> } | null = null;
  #inventory: Inventory | null = null;

  constructor(parts: OperateParts) {
    const { config, log, clock, meters, catalog } = parts;
    this.#parts = parts;
    this.#feed = new ActivityFeed(meters.activity, (base) => tableName(catalog(), base));
    this.#monitor = new DeviceMonitor({
      dataDir: config.dataDir,
      clock,
      log,
      askWear: () => this.#askWear(),
    });
  }

  start(): void {
    this.#monitor.start();
  }

  async stop(): Promise<void> {
    this.#monitor.stop();
    (await this.#registry)?.clear();
  }

  operations(known: KnownOperations): OperateOperations {
    return {
      isAlive: () => !this.#parts.meters.hasFailed,
      readiness: () => this.#readiness(),
      terminals: async () => this.#terminals(),
      watchActivity: (listener) => this.#feed.watch(listener),
      device: () => this.#monitor.health(),
      diagnose: () => this.#diagnose(known),
      metrics: () => this.#metrics(),
      supportBundle: () => this.#supportBundle(known),
    };
  }

  #readiness(): Readiness {
    const { meters, isReady } = this.#parts;
    const reasons: string[] = [];
    if (meters.hasFailed) reasons.push('the store has failed');
    if (!isReady()) reasons.push('the box is stopping');
    return { ready: reasons.length === 0, reasons };
  }

  #terminals(): readonly Terminal[] {
    const { registry, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    const wallMs = Number(clock.wallMicros() / MICROS_PER_MS);
    return registry.terminals().map((terminal) => ({
      pid: terminal.pid,
      user: terminal.user,
      merchant: terminal.merchant,
      address: terminal.address,
      tls: terminal.isTls,
      since: new Date(wallMs - (nowMs - terminal.sinceMs)).toISOString(),
      statements: terminal.statements,
      idleSeconds: Math.max(0, nowMs - terminal.lastUseMs) / MS_PER_SECOND,
      state: terminal.state,
    }));
  }

  async #diagnose(known: KnownOperations): Promise<readonly Finding[]> {
    const { config, meters, clock } = this.#parts;
    const status = await known.status();
    const nowMs = Number(clock.wallMicros() / MICROS_PER_MS);
    return inOrder([
      ...judgeRunning({
        ...this.#readiness(),
        terminals: status.connections,
        terminalsMax: config['proxy.max_client_connections'],
        merchants: status.merchants,
        walBytes: status.walBytes,
        residentBytes: status.residentBytes,
        memoryLimitBytes: config['database.memory_limit_mb'] * BYTES_PER_MB,
        loginsRefused: meters.loginsRefused,
        uptimeSeconds: status.uptimeSeconds,
        sync: status.sync,
      }),
      ...judgeFiles(readBoxFiles(config), nowMs),
      ...judgeMachine(await this.#monitor.health()),
    ]);
  }

  async #metrics(): Promise<string> {
    this.#registry ??= this.#openRegistry();
    return (await this.#registry).metrics();
  }

  async #openRegistry(): Promise<Registry> {
    const { meters, engine, registry, directory, isReady, config } = this.#parts;
    const { createMetrics } = await import('./admin/metrics.ts');
    return createMetrics({
      meters,
      engine,
      registry,
      directory,
      isReady,
      limits: {
        clientConnections: config['proxy.max_client_connections'],
        backendConnections: config['proxy.max_backend_connections'],
      },
      syncStatus: () => this.#syncStatus(),
      deviceFacts: () => this.#monitor.facts,
      backupAgeSeconds: () => this.#backupAgeSeconds(),
    });
  }

  #syncStatus(): Promise<SyncWorkerStatus | null> {
    const { sync, clock } = this.#parts;
    if (sync === null) return Promise.resolve(null);
    const nowMs = clock.monotonicMs();
    if (this.#syncCounts === null || nowMs - this.#syncCounts.atMs > LIMITS.syncCountsMsMax) {
      this.#syncCounts = { atMs: nowMs, status: sync.status() };
    }
    return this.#syncCounts.status;
  }

  #backupAgeSeconds(): number | null {
    const { config, clock } = this.#parts;
    const newestMs = newestBackup(backupSettings(config).directory);
    if (newestMs === null) return null;
    return (Number(clock.wallMicros() / MICROS_PER_MS) - newestMs) / MS_PER_SECOND;
  }

  async #askWear(): Promise<number | null> {
    this.#inventory = await askInventory(selfCommand());
    const wears = this.#inventory?.disks.flatMap((disk) => disk.wearPercent ?? []) ?? [];
    return wears.length === 0 ? null : Math.max(...wears);
  }

  #supportBundle(known: KnownOperations): Promise<Readable> {
    const { config, clock, log, directory } = this.#parts;
    // A key that cannot be read cannot be in the bundle either.
    const redact = createRedact([...secretsOf(config), ...adminKeyOf(config.dataDir)]);
    log.info('a support bundle was asked for');
    const logFile = config['logging.output'];
    return makeSupportBundle({
      clock,
      redact,
      unit: UNIT,
      parts: {
        'versions.json': async () => ({
          version: VERSION,
          commit: COMMIT,
          node: process.versions,
          platform: `${process.platform}-${process.arch}`,
        }),
        // The cloud's own words may quote a row.
        'status.json': async () => shareable(await known.status()),
        'merchants.json': async () =>
          directory.list().map(({ id, status, tier, keys }) => ({ id, status, tier, keys })),
        'terminals.json': async () => this.#terminals(),
        'device.json': () => this.#monitor.health(),
        'machine.json': async () => this.#inventory ?? (await askInventory(selfCommand())),
        'doctor.json': async () => (await this.#diagnose(known)).map(withoutQuote),
        'config.json': async () => maskedConfig(config),
        'files.json': async () => readBoxFiles(config),
        'metrics.txt': () => this.#metrics(),
      },
      logs: {
        ...(logFile === '' ? {} : { 'box.log': logFile }),
        'slow.log': join(config.dataDir, 'slow.log'),
        'audit.log': join(config.dataDir, 'audit.log'),
      },
    });
  }
}

function adminKeyOf(dataDir: string): readonly string[] {
  try {
    return [readAdminKey(dataDir)];
  } catch {
    return [];
  }
}

/** Only what the status promises: the sync worker says more of itself, its address too. */
function shareable(status: BoxStatus): BoxStatus {
  const { lastError } = status.sync;
  const said = lastError === null ? null : 'left out: it may quote what the cloud said';
  const { enabled, paused, link, unsyncedRows, oldestUnsyncedSeconds } = status.sync;
  const { rejectedRows, lastSuccess, rowsSent } = status.sync;
  const sync = { enabled, paused, link, unsyncedRows, oldestUnsyncedSeconds, rejectedRows };
  return { ...status, sync: { ...sync, lastSuccess, lastError: said, rowsSent } };
}

/** Findings of the sync quote the cloud. */
function withoutQuote(finding: Finding): Finding {
  return finding.id === 'sync' ? { ...finding, meaning: '' } : finding;
}

/** The user's name of a base table. */
function tableName(catalog: Catalog, baseName: string): string {
  for (const table of catalog.tables.values()) if (table.baseName === baseName) return table.name;
  return baseName;
}
