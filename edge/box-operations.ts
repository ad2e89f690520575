/**
 * What can be asked of a running box, answered by its parts.
 */
import type { SyncWorker } from '../cloud-sync/worker.ts';
import {
  type BoxStatus,
  OperationError,
  type Operations,
  type SyncStatus,
} from './admin/operations.ts';
import type { BoxBackups } from './backup/box-backups.ts';
import type { BoxOperate } from './box-operate.ts';
import type { Claims } from './claim/claims.ts';
import type { Engine } from './engine/engine.ts';
import type { ConnectionRegistry } from './net/connection-registry.ts';
import type { ListenAddress } from './net/listener.ts';
import type { SelfTest } from './service/self-test.ts';
import type { BoxIdentity } from './tenants/box-identity.ts';
import type { MerchantDirectory } from './tenants/merchant-directory.ts';
import { readStatus } from './update/update-record.ts';
import type { UpdateUploads } from './update/upload.ts';
import { VERSION } from './version.ts';

export interface BoxParts {
  readonly engine: Engine;
  readonly directory: MerchantDirectory;
  /** null: sync is off. */
  readonly sync: SyncWorker | null;
  readonly registry: ConnectionRegistry;
  readonly identity: BoxIdentity;
  readonly listen: ListenAddress;
  readonly selfTest: SelfTest;
  readonly backups: BoxBackups;
  readonly operate: BoxOperate;
  readonly claims: Claims;
  readonly uploads: UpdateUploads;
  readonly dataDir: string;
  /** Where the admin interface and the figures are to be found; null: nowhere. */
  readonly addresses: () => { readonly admin: string | null; readonly metrics: string | null };
  /** False from the moment the box begins to stop. */
  readonly isReady: () => boolean;
}

const SYNC_OFF: SyncStatus = {
  enabled: false,
  paused: false,
  link: 'unknown',
  unsyncedRows: 0,
  oldestUnsyncedSeconds: null,
  rejectedRows: 0,
  lastSuccess: null,
  lastError: null,
  rowsSent: 0,
};

export function boxOperations(parts: BoxParts): Operations {
  const { engine, directory, sync, registry, identity, listen, selfTest, isReady } = parts;
  const { operate, addresses } = parts;
  const syncStatus = async (): Promise<SyncStatus> => (await sync?.status()) ?? SYNC_OFF;
  const status = async (): Promise<BoxStatus> => {
    const store = engine.status();
    const counts = registry.counts();
    return {
      version: VERSION,
      boxId: identity.boxId,
      ready: isReady(),
      listen: `${listen.host}:${listen.port}`,
      ...addresses(),
      pid: process.pid,
      uptimeSeconds: process.uptime(),
      connections: counts.merchants + counts.admins,
      merchants: directory.size,
      lastCommit: String(store.lastCommit),
      durableCommit: String(store.durableCommit),
      databaseBytes: store.databaseBytes,
      walBytes: store.walBytes,
      residentBytes: process.memoryUsage.rss(),
      sync: await syncStatus(),
    };
  };
  return {
    ...operate.operations({ status, syncStatus }),
    selfTest: () => selfTest.runWithin(),
    backup: (wish) => parts.backups.backup(wish),
    backups: async () => parts.backups.list(),
    check: (options) => parts.backups.check(options),
    status,
    ...merchantOperations(directory),
    ...setupOperations(parts),
    syncStatus,
    ...syncOperations(sync, syncStatus),
  };
}

function merchantOperations(directory: MerchantDirectory) {
  return {
    merchantAdd: (request) => directory.add(request),
    merchantList: async () => directory.list(),
    merchantRotateKey: (id) => directory.rotateKey(id),
    merchantSuspend: (id) => directory.suspend(id),
    merchantResume: (id) => directory.resume(id),
    merchantRemove: (id) => directory.remove(id),
  } satisfies Partial<Operations>;
}

function syncOperations(sync: SyncWorker | null, syncStatus: () => Promise<SyncStatus>) {
  const running = (): SyncWorker => {
    if (sync !== null) return sync;
    throw new OperationError('sync is off: set sync.enable_remote_sync and sync.sync_endpoint');
  };
  return {
    syncNow: async () => {
      await running().syncNow();
      return syncStatus();
    },
    syncPause: () => {
      running().pause();
      return syncStatus();
    },
    syncResume: () => {
      running().resume();
      return syncStatus();
    },
    syncRetry: async (id) => ({ rows: await running().retryRejected(id) }),
    syncDiscard: async (id) => {
      if (!(await running().discardRejected(id))) {
        throw new OperationError(`no rejected row ${id}; "sync rejected" lists them`);
      }
    },
    syncRejected: async () => {
      const rows = await running().rejected();
      return rows.map((row) => ({
        id: Number(row.id),
        table: row.table,
        merchant: row.merchant,
        reason: row.reason,
        since: row.since,
      }));
    },
  } satisfies Partial<Operations>;
}

function setupOperations({ claims, uploads, dataDir }: BoxParts) {
  return {
    merchantImport: (list) => claims.importMerchants(list),
    claimStatus: async () => claims.status(),
    claim: (request, authority) => claims.claim(request, authority),
    claimReset: async () => claims.reset(),
    updateStatus: async () => readStatus(dataDir, VERSION),
    updateUpload: async (content) => {
      const { version } = await uploads.take(content);
      return { version };
    },
  } satisfies Partial<Operations>;
}
