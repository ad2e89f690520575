/**
 * Opens the store: takes the file, puts in order what the last owner left, and composes the engine. When
 * this returns, everything in the file is on the disk.
 */
import { resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import type { FunctionLibrary } from '../types/sql-function.ts';
import { LiveFiles } from './backup.ts';
import { Checkpointer } from './checkpointer.ts';
import { CommitNumbers } from './commit-numbers.ts';
import { Connection } from './connection.ts';
import type { Engine } from './engine.ts';
import { EngineMeters } from './engine-meters.ts';
import { type CommitLog, GroupCommit } from './group-commit.ts';
import { LoneSync } from './lone-sync.ts';
import { migrate } from './migrations.ts';
import { acquireOwnerLock, type OwnerLock } from './owner-lock.ts';
import { ReadWorkers } from './read-workers.ts';
import { isDiskFull } from './result-codes.ts';
import { SnapshotPool } from './snapshot-pool.ts';
import { createWasmInstance } from './sqlite/wasm-instance.ts';
import { SqliteHost } from './sqlite-host.ts';
import { Store } from './store.ts';
import { durableMedium } from './vfs/durable-file.ts';
import type { SharedFile } from './vfs/open-files.ts';
import type { StorageMedium } from './vfs/stored-file.ts';
import { volatileMedium } from './vfs/volatile-file.ts';
import { installedWasmBinary } from './wasm-binary.ts';
import { WriteQueue } from './write-queue.ts';

/**
 * `durable` is the product. `volatile` serves the offline harness (`vfs/volatile-file.ts`), and `volatile-nosync` is
 * the mutant that it must catch: the group commit's sync does nothing and says it did, while SQLite's own syncs, at
 * checkpoints, are made, so that the file stays well formed and acknowledged commits are lost.
 */
export type VfsMode = 'durable' | 'volatile' | 'volatile-nosync';

export interface EngineOptions {
  /** Path of the database file. */
  readonly path: string;
  readonly library: FunctionLibrary;
  readonly clock: Clock;
  readonly log: Log;
  /** Connections of the main instance: two for the store itself, the rest for snapshots. */
  readonly maxConnections: number;
  /** Page caches of all connections together. */
  readonly cacheMb: number;
  /** SQLite's heap, caches included; beyond it statements fail with 53200. */
  readonly memoryLimitMb: number;
  /** Bytes; only a new file takes it. */
  readonly pageSize: number;
  readonly statementBudgetMs?: number;
  readonly writeBudgetMs?: number;
  readonly writerIdleMs?: number;
  /** Bytes of log at which a checkpoint starts. */
  readonly checkpointBytes?: number;
  /** Bytes of log at which snapshots and worker reads are ended. */
  readonly walBytesMax?: number;
  /** Bytes of log that are kept allocated on the disk from the start. */
  readonly walPreallocatedBytes?: number;
  /** Makes a thread that calls `startReadWorker`; null: long reads stay on the main thread, unbounded. */
  readonly workerFactory: (() => Worker) | null;
  readonly workerCount?: number;
  /** Bytes of SQLite's WASM module; by default those of the installed package. */
  readonly wasmBinary?: Uint8Array;
  readonly vfsMode?: VfsMode;
  /** Overrides `vfsMode`: for tests that make the disk fail. */
  readonly medium?: StorageMedium;
  /** Bumped as it works; left out: nobody looks. */
  readonly meters?: EngineMeters;
  /** The disk or the instance failed: the process must stop. Called once. */
  readonly onFatal: (error: unknown) => void;
}

const BYTES_PER_MB = 1024 * 1024;
const KB_PER_MB = 1024;
/** Shares of the page cache: the main connection does nearly everything. */
const MAIN_CACHE_SHARE = 0.6;
const SIDE_CACHE_SHARE = 0.2;
const STORE_CONNECTIONS = 2;

/** @throws Error when another process owns the file, or a newer version wrote it */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const path = resolve(options.path);
  const lock = acquireOwnerLock(path);
  try {
    return await openOwned(options, path, lock);
  } catch (error) {
    // What the log holds is carried back by whoever opens the file next, lock or no lock.
    lock.release(true);
    throw error;
  }
}

async function openOwned(options: EngineOptions, path: string, lock: OwnerLock): Promise<Engine> {
  const { log, clock } = options;
  const wasmBinary = options.wasmBinary ?? installedWasmBinary();
  const instance = await createWasmInstance(wasmBinary, (text) =>
    log.warn({ sqlite: text }, 'SQLite'),
  );
  // The store is made last, and what it is made of may fail before.
  const fatal: { store: Store | null; told: boolean } = { store: null, told: false };
  const onFatal = (error: unknown) => {
    if (fatal.told) return;
    fatal.told = true;
    log.fatal({ err: error }, 'the store has failed; nothing more is acknowledged');
    fatal.store?.fail(error);
    options.onFatal(error);
  };
  const host = new SqliteHost(instance, {
    library: options.library,
    clock,
    log,
    readOnly: false,
    medium: options.medium ?? mediumOf(options.vfsMode ?? 'durable'),
    onFatal,
  });
  try {
    const store = openStore({ options, path, lock, host, wasmBinary, onFatal });
    fatal.store = store;
    return store;
  } catch (error) {
    host.vfs.closeAll();
    throw error;
  }
}

interface Foundation {
  readonly options: EngineOptions;
  readonly path: string;
  readonly lock: OwnerLock;
  readonly host: SqliteHost;
  readonly wasmBinary: Uint8Array;
  readonly onFatal: (error: unknown) => void;
}

interface Opened extends Foundation {
  readonly main: Connection;
  readonly database: SharedFile;
  readonly wal: SharedFile;
  readonly numbers: CommitNumbers;
}

function openStore(foundation: Foundation): Store {
  const { options, path, lock, host } = foundation;
  const main = new Connection(host, path, false);
  prepareMain(main, options);
  const database = sharedFile(host, path);
  const wal = sharedFile(host, `${path}-wal`);
  putInOrder(main, database, wal, options);
  if (lock.takenOver) {
    options.log.warn({ path }, 'the last run did not end cleanly; the log was carried back');
  }
  migrate(main);
  const numbers = new CommitNumbers(main);
  wal.file.syncNow();
  return compose({ ...foundation, main, database, wal, numbers });
}

function compose(opened: Opened): Store {
  const { options, path, lock, host, main, database, wal, numbers, onFatal } = opened;
  const { log, clock, meters = new EngineMeters() } = options;
  const side = openReader(host, path, options.cacheMb * SIDE_CACHE_SHARE);
  const snapshotCount = Math.max(1, options.maxConnections - STORE_CONNECTIONS);
  const writeBudgetMs = options.writeBudgetMs ?? LIMITS.writeBudgetMs;
  const snapshotCacheMb =
    (options.cacheMb * (1 - MAIN_CACHE_SHARE - SIDE_CACHE_SHARE)) / snapshotCount;
  const snapshots = new SnapshotPool(
    () => openReader(host, path, snapshotCacheMb),
    snapshotCount,
    Math.min(writeBudgetMs, LIMITS.stretchMsMax),
  );
  const queue = new WriteQueue();
  const group = new GroupCommit(
    {
      commitLog: commitLog(database, wal, options.vfsMode),
      log,
      onFatal,
      loneSync: new LoneSync(() => clock.monotonicMs()),
      meters,
    },
    numbers.last,
  );
  const checkpointer = new Checkpointer({
    connection: side,
    openPin: () => openReader(host, path, 0),
    database,
    wal,
    queue,
    group,
    log,
    onFatal,
    triggerBytes: options.checkpointBytes ?? LIMITS.checkpointWalBytes,
  });
  return new Store({
    host,
    main,
    side,
    snapshots,
    database,
    wal,
    numbers,
    queue,
    group,
    checkpointer,
    workers: openWorkers(opened, group, checkpointer),
    meters,
    liveFiles: new LiveFiles({ path, database, wal, queue, group, checkpointer, log }),
    lock,
    clock,
    log,
    statementBudgetMs: options.statementBudgetMs ?? LIMITS.statementBudgetMs,
    writeBudgetMs,
    writerIdleMs: options.writerIdleMs ?? LIMITS.writerIdleMsMax,
    walBytesMax: options.walBytesMax ?? LIMITS.walBytesMax,
  });
}

function openWorkers(
  opened: Opened,
  group: GroupCommit,
  checkpointer: Checkpointer,
): ReadWorkers | null {
  const { options, path, database, wal, wasmBinary } = opened;
  // The lying medium keeps the log in this thread's memory, where a worker cannot see it.
  if (options.workerFactory === null || options.vfsMode === 'volatile-nosync') return null;
  return new ReadWorkers({
    factory: options.workerFactory,
    count: options.workerCount ?? LIMITS.readWorkersMax,
    path,
    wasmBinary,
    cacheKb: Math.ceil(options.cacheMb * KB_PER_MB * SIDE_CACHE_SHARE),
    memoryLimitBytes: options.memoryLimitMb * BYTES_PER_MB,
    clock: options.clock,
    log: options.log,
    logIsLong: () => checkpointer.running || (wal.wal?.logicalBytes ?? 0) > LIMITS.walReadBytesMax,
    checkpoint: () =>
      checkpointer.run().catch((error: unknown) => {
        options.log.warn({ err: error }, 'the checkpoint before a long read did not finish');
      }),
    holdLog: () => database.walIndex.locks.holdLog(),
    publishLog: async () => {
      if (options.vfsMode === 'volatile') await group.flush();
      wal.wal?.flush();
    },
  });
}

function mediumOf(mode: VfsMode): StorageMedium {
  return mode === 'durable' ? durableMedium : volatileMedium;
}

function prepareMain(main: Connection, options: EngineOptions): void {
  main.execute(`PRAGMA hard_heap_limit = ${options.memoryLimitMb * BYTES_PER_MB}`);
  main.execute(`PRAGMA page_size = ${options.pageSize}`);
  const mode = main.first('PRAGMA journal_mode = WAL');
  if (mode !== 'wal')
    throw new Error(`the database cannot be put into WAL mode (it is in ${mode})`);
  main.execute('PRAGMA synchronous = NORMAL');
  prepareConnection(main, options.cacheMb * MAIN_CACHE_SHARE);
  // Opens the log, and recovers it where the last owner left one.
  main.first('PRAGMA user_version');
}

function openReader(host: SqliteHost, path: string, cacheMb: number): Connection {
  const connection = new Connection(host, path, false);
  prepareConnection(connection, cacheMb);
  connection.execute('PRAGMA query_only = ON');
  return connection;
}

function prepareConnection(connection: Connection, cacheMb: number): void {
  connection.execute('PRAGMA wal_autocheckpoint = 0');
  connection.execute(`PRAGMA cache_size = -${Math.max(1, Math.floor(cacheMb * KB_PER_MB))}`);
  // Sorts beyond the cache go to an unnamed file, not to the heap.
  connection.execute('PRAGMA temp_store = FILE');
  connection.execute('PRAGMA foreign_keys = ON');
  // Without it REPLACE would delete rows unseen by the triggers.
  connection.execute('PRAGMA recursive_triggers = ON');
  connection.execute('PRAGMA cell_size_check = ON');
}

/**
 * Carries the whole log back and syncs: the page cache may hold what the disk lacks. Where there is no room the log
 * stays as it is, synced: a full disk keeps nobody from reading, nor the administrator from making room.
 */
function putInOrder(
  main: Connection,
  database: SharedFile,
  wal: SharedFile,
  { walPreallocatedBytes = LIMITS.walPreallocatedBytes, log }: EngineOptions,
): void {
  try {
    const [row] = main.rows('PRAGMA wal_checkpoint(TRUNCATE)');
    if (row?.[0] !== 0n) throw new Error('the log of the last run could not be carried back');
    database.file.syncNow();
    wal.wal?.reserve(walPreallocatedBytes);
    wal.file.syncNow();
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    log.error('opened on a full disk: what needs room is refused until there is some');
    wal.wal?.syncInPlace();
  }
}

function sharedFile(host: SqliteHost, path: string): SharedFile {
  const shared = host.vfs.shared(path);
  if (shared === undefined) throw new Error(`${path} is not open`);
  return shared;
}

function commitLog(database: SharedFile, wal: SharedFile, mode: VfsMode | undefined): CommitLog {
  return {
    sync: () => {
      if (mode !== 'volatile-nosync') return wal.file.sync();
      // The mutant: it says that it synced.
      wal.wal?.flush();
      return Promise.resolve();
    },
    // The other modes have syncs of their own kind.
    ...(mode === undefined || mode === 'durable'
      ? { syncInPlace: () => wal.wal?.syncInPlace() ?? false }
      : {}),
    assertInPlace: () => {
      for (const shared of [wal, database]) {
        if (shared.file.isAtItsPath()) continue;
        throw new Error(
          `${shared.path} was replaced or removed by another program while it was open`,
        );
      }
    },
  };
}
