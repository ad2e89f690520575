/**
 * The stations from session to engine, all real, on a file of their own: no TLS, no authentication, no
 * cloud. `admin` is the administrator, any other user is the merchant of that name.
 *
 * Talk to it with `WireClient.connect(box.target('m1'))`, byte by byte, or with any driver without TLS
 * and password.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../edge/clock.ts';
import type { Engine } from '../../edge/engine/engine.ts';
import { type EngineOptions, openEngine } from '../../edge/engine/open.ts';
import { type Log, silentLog } from '../../edge/log.ts';
import type { SessionDependencies } from '../../edge/session/context.ts';
import { PlanCache } from '../../edge/session/plan-cache.ts';
import { SessionMeters } from '../../edge/session/session-meters.ts';
import { ShapedPlans } from '../../edge/session/shaped-plans.ts';
import { StoredRowsBudget } from '../../edge/session/stored-rows.ts';
import { WriteActivity } from '../../edge/session/write-activity.ts';
import type { CaptureSupport } from '../../edge/sql/capture.ts';
import { Sequences } from '../../edge/sql/catalog/sequences.ts';
import { CatalogStore } from '../../edge/sql/catalog/store.ts';
import { resolveSystemRelation } from '../../edge/sql/catalog/system/resolve-system-relation.ts';
import { createCompiler } from '../../edge/sql/create-compiler.ts';
import { functionLibrary } from '../../edge/sql/functions/library.ts';
import { KeyFunctions } from '../../edge/tenants/key-functions.ts';
import { SessionServer } from './session-server.ts';
import { WireClient, type WireTarget } from './wire-client.ts';

export interface BoxOptions {
  /** The box's own settings, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly engine?: Partial<EngineOptions>;
  readonly tenantColumn?: string | null;
  readonly log?: Log;
  /** Long reads go to a worker thread. */
  readonly hasWorker?: boolean;
}

export interface Box extends AsyncDisposable {
  readonly engine: Engine;
  readonly catalogs: CatalogStore;
  readonly dependencies: SessionDependencies;
  readonly server: SessionServer;
  readonly port: number;
  target(user: string, parameters?: Readonly<Record<string, string>>): WireTarget;
  connect(user: string, parameters?: Readonly<Record<string, string>>): Promise<WireClient>;
  /** Runs texts as the administrator, each a simple query. @throws Error on the first that fails */
  define(...texts: readonly string[]): Promise<void>;
}

const NO_CAPTURE: CaptureSupport = {
  triggers: () => [],
  syncedExpression: () => '1',
  modeFor: () => 'none',
};

const SECRET = new Uint8Array(32).fill(7);

export async function openBox(options: BoxOptions = {}): Promise<Box> {
  const directory = mkdtempSync(join(tmpdir(), 'helios-box-'));
  const log = options.log ?? silentLog;
  const sequences = new Sequences();
  const keyFunctions = new KeyFunctions();
  keyFunctions.useSecret(SECRET);
  const compiler = await createCompiler({ resolveSystemRelation });
  const engine = await openEngine({
    path: join(directory, 'pos.db'),
    library: {
      ...functionLibrary,
      scalars: [...functionLibrary.scalars, ...sequences.functions(), ...keyFunctions.functions()],
    },
    clock: systemClock,
    log,
    maxConnections: 6,
    cacheMb: 8,
    memoryLimitMb: 128,
    pageSize: 4096,
    workerFactory:
      options.hasWorker === true
        ? () => new Worker(new URL('./box-read-worker.ts', import.meta.url))
        : null,
    onFatal: (error) => {
      throw error;
    },
    ...options.engine,
  });
  const catalogs = await CatalogStore.open(engine, {
    defaultTenantColumn: options.tenantColumn === undefined ? 'merchant_id' : options.tenantColumn,
    tableOverrides: new Map(),
    exemptTables: new Set(),
    capture: NO_CAPTURE,
    expressions: compiler.expressions,
    sequences,
  });
  const dependencies: SessionDependencies = {
    engine,
    compiler,
    catalogs,
    plans: new PlanCache(),
    shapes: new ShapedPlans(),
    storedRows: new StoredRowsBudget(),
    audit: null,
    meters: new SessionMeters(),
    activity: new WriteActivity(),
    slowQueries: null,
    clock: systemClock,
    log,
    settings: new Map(Object.entries(options.settings ?? {})),
  };
  const server = await SessionServer.listen(dependencies);
  return new OpenBox(directory, engine, catalogs, dependencies, server);
}

class OpenBox implements Box {
  readonly #directory: string;
  readonly engine: Engine;
  readonly catalogs: CatalogStore;
  readonly dependencies: SessionDependencies;
  readonly server: SessionServer;

  constructor(
    directory: string,
    engine: Engine,
    catalogs: CatalogStore,
    dependencies: SessionDependencies,
    server: SessionServer,
  ) {
    this.#directory = directory;
    this.engine = engine;
    this.catalogs = catalogs;
    this.dependencies = dependencies;
    this.server = server;
  }

  get port(): number {
    return this.server.port;
  }

  target(user: string, parameters: Readonly<Record<string, string>> = {}): WireTarget {
    return { host: '127.0.0.1', port: this.port, user, database: 'pos', parameters };
  }

  connect(user: string, parameters: Readonly<Record<string, string>> = {}): Promise<WireClient> {
    return WireClient.connect(this.target(user, parameters));
  }

  async define(...texts: readonly string[]): Promise<void> {
    const admin = await this.connect('admin');
    try {
      for (const text of texts) await admin.rows(text);
    } finally {
      admin.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await this.engine.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
