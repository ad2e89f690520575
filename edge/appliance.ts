/**
 * The box: composes every part, opens them in order and closes them in the reverse order. No other file
 * knows more than its neighbours.
 */
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { captureFunctions, createCaptureSupport } from '../cloud-sync/capture.ts';
import { HybridClock } from '../cloud-sync/clock.ts';
import { attachClock, ensureSyncSchema } from '../cloud-sync/sync-schema.ts';
import { createSyncWorker, type SyncWorker } from '../cloud-sync/worker.ts';
import { startControlSocket } from './admin/control-socket.ts';
import type { Operations } from './admin/operations.ts';
import { embeddedAsset } from './assets.ts';
import { createTokenVerifier } from './auth/jwt.ts';
import { LoginThrottle } from './auth/login-throttle.ts';
import { BoxBackups } from './backup/box-backups.ts';
import { openDoors } from './box-doors.ts';
import { openAudit, openSlowLog } from './box-logs.ts';
import { BoxMeters } from './box-meters.ts';
import { BoxOperate } from './box-operate.ts';
import { boxOperations } from './box-operations.ts';
import { Claims, claimedTimeZone } from './claim/claims.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Engine } from './engine/engine.ts';
import { openEngine, type VfsMode } from './engine/open.ts';
import { installedWasmBinary } from './engine/wasm-binary.ts';
import type { Log } from './log.ts';
import type { ConnectionContext } from './net/connection.ts';
import { ConnectionRegistry } from './net/connection-registry.ts';
import { type ListenAddress, Listener } from './net/listener.ts';
import { loadTlsMaterial, type TlsMaterial } from './net/tls-material.ts';
import { readWorkerThread } from './read-worker-thread.ts';
import type { ServiceManager } from './service/notify.ts';
import { SelfTest } from './service/self-test.ts';
import { startWatchdog } from './service/watchdog.ts';
import type { AuditEntry } from './session/audit-entry.ts';
import { PlanCache } from './session/plan-cache.ts';
import { createSession } from './session/session.ts';
import { ShapedPlans } from './session/shaped-plans.ts';
import { StoredRowsBudget } from './session/stored-rows.ts';
import { Sequences } from './sql/catalog/sequences.ts';
import { CatalogStore } from './sql/catalog/store.ts';
import { SyncStateSource } from './sql/catalog/system/pg-stat-sync.ts';
import { resolveSystemRelation } from './sql/catalog/system/resolve-system-relation.ts';
import { type CompilerParts, createCompiler } from './sql/create-compiler.ts';
import { functionLibrary } from './sql/functions/library.ts';
import { openAdminCredential } from './tenants/admin-key.ts';
import { type BoxIdentity, loadBoxIdentity } from './tenants/box-identity.ts';
import { KeyFunctions } from './tenants/key-functions.ts';
import { MerchantDirectory } from './tenants/merchant-directory.ts';
import type { FunctionLibrary } from './types/sql-function.ts';
import { UpdateUploads } from './update/upload.ts';
import { VERSION } from './version.ts';

/** The only database that clients may name. */
const DATABASE = 'pos';
const SHUTDOWN_GRACE_MS = 1_000;
const RANDOM_STEPS = 2 ** 32;

export interface ApplianceOptions {
  readonly config: Config;
  readonly log: Log;
  /** Other than `durable` only in the tests' rigs. */
  readonly vfsMode?: VfsMode;
  /** The file that the configuration was read from; a claim changes it. */
  readonly configFile?: string | undefined;
  /** Settings were changed that are read at start only: close, and open anew. */
  readonly restart?: () => void;
  /** The disk or the engine failed: the process must end. */
  readonly onFatal: (error: unknown) => void;
  /** Who watches that the box lives; absent: nobody. */
  readonly service?: ServiceManager;
}

export interface Appliance {
  readonly operations: Operations;
  readonly listen: ListenAddress;
  /** Stops accepting, tells the terminals (57P01), rolls open transactions back, closes the file. */
  close(): Promise<void>;
}

/** Opens a box; when it resolves, terminals are served. @throws Error with the cause and the mend */
export async function openAppliance(options: ApplianceOptions): Promise<Appliance> {
  const closers: (() => Promise<void>)[] = [];
  try {
    return await assemble(options, closers);
  } catch (error) {
    for (const close of closers.reverse()) await close().catch(() => undefined);
    throw error;
  }
}

/** What lies below the sessions: the file, the catalog in it, the merchants, the way to the cloud. */
interface Foundation {
  readonly engine: Engine;
  readonly compiler: CompilerParts;
  readonly catalogs: CatalogStore;
  readonly directory: MerchantDirectory;
  readonly identity: BoxIdentity;
  readonly sync: SyncWorker | null;
  readonly meters: BoxMeters;
}

type Closers = (() => Promise<void>)[];

async function assemble(options: ApplianceOptions, closers: Closers): Promise<Appliance> {
  const { config } = options;
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const foundation = await openFoundation(options, closers);
  const registry = new ConnectionRegistry(config['proxy.max_client_connections']);
  const tls = await loadTlsMaterial({
    dataDir: config.dataDir,
    certFile: config['proxy.tls.cert_file'] || null,
    keyFile: config['proxy.tls.key_file'] || null,
    names: [hostname(), `${hostname()}.local`],
  });
  const listener = await openListener(options, foundation, registry, tls);
  // A merchant that is suspended or removed is out at once.
  const { directory } = foundation;
  directory.onChange((merchant) => {
    if (!directory.isActive(merchant)) registry.disconnectMerchant(merchant);
  });
  const listen = await listener.listenTcp(parseAddress(config['proxy.listen_addr']));
  closers.push(() => listener.stop(SHUTDOWN_GRACE_MS));
  let isReady = true;
  const isReadyNow = (): boolean => isReady;
  const addresses = { admin: null as string | null, metrics: null as string | null };
  const operate = new BoxOperate({
    ...foundation,
    ...options,
    clock: systemClock,
    catalog: () => foundation.catalogs.current,
    registry,
    isReady: isReadyNow,
  });
  const selfTest = new SelfTest(foundation.engine, systemClock);
  const backups = openBackups(options, foundation);
  const operations = boxOperations({
    ...foundation,
    registry,
    listen,
    selfTest,
    backups,
    operate,
    claims: await openClaims(options, directory),
    uploads: new UpdateUploads({ dataDir: config.dataDir, version: VERSION }),
    dataDir: config.dataDir,
    addresses: () => addresses,
    isReady: isReadyNow,
  });
  Object.assign(addresses, await openDoors({ ...options, operations, tls, closers }));
  const control = await startControlSocket(config.dataDir, operations);
  closers.push(() => control.close());
  // Before the control socket, which waits for whoever asked for a backup.
  closers.push(() => backups.close());
  operate.start();
  closers.push(() => operate.stop());
  foundation.sync?.start();
  const { engine } = foundation;
  closers.push(startWatchdog({ engine, selfTest, log: options.log }, options.service));
  return {
    operations,
    listen,
    close: async () => {
      // The terminals are told first; meanwhile /ready and status say that the box stops.
      isReady = false;
      await listener.stop(SHUTDOWN_GRACE_MS);
      const faults: unknown[] = [];
      // Whatever fails, the file is closed: a box that stops half-way would stay for ever.
      for (const close of closers.reverse()) await close().catch((error) => faults.push(error));
      if (faults.length > 0) throw faults[0];
    },
  };
}

async function openFoundation(options: ApplianceOptions, closers: Closers): Promise<Foundation> {
  const { config, log } = options;
  const meters = new BoxMeters();
  const hybridClock = new HybridClock({ wallMs: () => systemClock.wallMicros() / 1000n });
  const sequences = new Sequences();
  const keyFunctions = new KeyFunctions();
  const syncState = new SyncStateSource();
  const scalars = [...sequences.functions(), ...keyFunctions.functions(), ...syncState.functions()];
  const own = { scalars, aggregates: [], collations: [] };
  const [compiler, engine] = await Promise.all([
    openCompiler(),
    openStore(options, [functionLibrary, captureFunctions(hybridClock), own], meters),
  ]);
  closers.push(() => engine.close());
  const identity = await loadBoxIdentity(engine);
  keyFunctions.useSecret(identity.secret);
  const catalogs = await CatalogStore.open(engine, {
    defaultTenantColumn: config['proxy.rls.default_tenant_column'],
    tableOverrides: tenantColumns(config),
    exemptTables: new Set(config['proxy.rls.exempt_tables']),
    capture: createCaptureSupport({ push: config['sync.push'], twoWay: config['sync.two_way'] }),
    expressions: compiler.expressions,
    sequences,
  });
  closers.push(() => catalogs.close());
  await ensureSyncSchema(engine, catalogs.current, String(identity.epoch));
  await attachClock(engine, hybridClock);
  const directory = await MerchantDirectory.open({
    engine,
    clock: systemClock,
    secret: identity.secret,
    admin: openAdminCredential(config.dataDir, identity.secret, log),
    keyFunctions,
    catalog: () => catalogs.current,
  });
  const sync = await openSync(options, engine, catalogs, identity, hybridClock);
  if (sync !== null) {
    syncState.use(() => sync.linkState());
    closers.push(() => sync.stop());
  }
  return { engine, compiler, catalogs, directory, identity, sync, meters };
}

function openBackups(
  { config, log }: ApplianceOptions,
  { engine, identity }: Foundation,
): BoxBackups {
  const wasmBinary = embeddedAsset('sqlite3.wasm') ?? installedWasmBinary();
  return new BoxBackups({
    engine,
    threads: { factory: readWorkerThread, wasmBinary },
    config,
    boxId: identity.boxId,
    clock: systemClock,
    log,
  });
}

async function openListener(
  { config, log }: ApplianceOptions,
  { engine, compiler, catalogs, directory, meters }: Foundation,
  registry: ConnectionRegistry,
  tls: TlsMaterial,
): Promise<Listener> {
  const audit = openAudit(config);
  const sessions = {
    engine,
    compiler,
    catalogs,
    plans: new PlanCache(),
    shapes: new ShapedPlans(),
    storedRows: new StoredRowsBudget(),
    audit:
      audit === null
        ? null
        : (entry: AuditEntry) => {
            meters.auditLines += 1;
            audit.info(entry, 'statement');
          },
    meters: meters.sessions,
    activity: meters.activity,
    slowQueries: openSlowLog(config, compiler),
    clock: systemClock,
    log,
    settings: sessionSettings(config),
  };
  return new Listener({
    policy: loginPolicy(config, directory),
    tls,
    registry,
    throttle: new LoginThrottle(systemClock),
    createSession: (login, output) => createSession(sessions, login, output),
    clock: systemClock,
    log,
    loginMsMax: config['proxy.connection_timeout_ms'],
    onLogin: (event) => {
      audit?.info(event, 'login');
      if (event.accepted) meters.loginsAccepted += 1;
      else meters.loginsRefused += 1;
      if (event.accepted) log.debug(event, 'login');
      else log.warn(event, 'login refused');
    },
  });
}

function openClaims(
  { config, log, configFile, restart }: ApplianceOptions,
  directory: MerchantDirectory,
): Promise<Claims> {
  return Claims.open({
    dataDir: config.dataDir,
    configFile: configFile ?? null,
    directory,
    clock: systemClock,
    log,
    restart: restart ?? (() => undefined),
  });
}

function openCompiler(): Promise<CompilerParts> {
  const grammar = embeddedAsset('libpg-query.wasm');
  return createCompiler({
    resolveSystemRelation,
    ...(grammar === undefined ? {} : { wasmBinary: grammar }),
  });
}

function openStore(
  options: ApplianceOptions,
  libraries: readonly FunctionLibrary[],
  meters: BoxMeters,
): Promise<Engine> {
  const { config, log } = options;
  const wasmBinary = embeddedAsset('sqlite3.wasm');
  return openEngine({
    path: config['database.path'],
    library: {
      scalars: libraries.flatMap((library) => library.scalars),
      aggregates: libraries.flatMap((library) => library.aggregates),
      collations: libraries.flatMap((library) => library.collations),
    },
    clock: systemClock,
    log,
    maxConnections: config['proxy.max_backend_connections'],
    cacheMb: config['database.cache_mb'],
    memoryLimitMb: config['database.memory_limit_mb'],
    pageSize: config['database.page_size'],
    writerIdleMs: config['proxy.writer_idle_timeout_ms'],
    workerFactory: readWorkerThread,
    vfsMode: options.vfsMode ?? 'durable',
    meters: meters.engine,
    onFatal: (error) => {
      meters.hasFailed = true;
      options.onFatal(error);
    },
    ...(wasmBinary === undefined ? {} : { wasmBinary }),
  });
}

async function openSync(
  { config, log }: ApplianceOptions,
  engine: Engine,
  catalogs: CatalogStore,
  identity: BoxIdentity,
  hybridClock: HybridClock,
): Promise<SyncWorker | null> {
  if (!config['sync.enable_remote_sync']) return null;
  return createSyncWorker({
    engine,
    catalog: () => catalogs.current,
    box: identity.boxId,
    hybridClock,
    clock: systemClock,
    log,
    random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
    settings: {
      endpoint: config['sync.sync_endpoint'],
      intervalMs: config['sync.sync_interval_secs'] * 1000,
      batchRows: config['sync.batch_size'],
      token: config['sync.token'] || null,
      requestMsMax: config['sync.request_timeout_ms'],
      retryMsMax: config['sync.retry_max_ms'],
      wakeMs: config['sync.wake_ms'] || null,
    },
  });
}

function loginPolicy(config: Config, directory: MerchantDirectory): ConnectionContext['policy'] {
  const mode = config['proxy.auth.mode'] === 'jwt' ? 'jwt' : 'api_key';
  return {
    directory,
    mode,
    tokens:
      mode === 'jwt'
        ? createTokenVerifier({
            secret: config['proxy.auth.jwt_secret'],
            tenantClaim: config['proxy.auth.tenant_claim'],
            userClaim: config['proxy.auth.user_claim'],
            clock: systemClock,
          })
        : null,
    isTlsRequired: config['proxy.tls.required'],
    database: DATABASE,
  };
}

function sessionSettings(config: Config): ReadonlyMap<string, string> {
  const timeZone = claimedTimeZone(config.dataDir);
  return new Map([
    ['statement_timeout', String(config['proxy.statement_timeout_ms'])],
    ['lock_timeout', String(config['proxy.lock_timeout_ms'])],
    ...(timeZone === null ? [] : [['TimeZone', timeZone] as const]),
  ]);
}

function tenantColumns(config: Config): ReadonlyMap<string, string> {
  const columns = new Map<string, string>();
  for (const [table, fields] of Object.entries(config['proxy.rls.table_overrides'])) {
    if (typeof fields['tenant_column'] === 'string') columns.set(table, fields['tenant_column']);
  }
  return columns;
}

function parseAddress(address: string): ListenAddress {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(address.slice(colon + 1)) };
}
