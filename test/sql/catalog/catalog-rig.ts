/**
 * A real engine on a file of its own with a catalog over it: runs the administrator's definitions as text,
 * and the box's own statements under any authority.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../edge/clock.ts';
import type { Authority, Engine } from '../../../edge/engine/engine.ts';
import { openEngine } from '../../../edge/engine/open.ts';
import { silentLog } from '../../../edge/log.ts';
import type { CaptureSupport } from '../../../edge/sql/capture.ts';
import type { CatalogOptions } from '../../../edge/sql/catalog/definition.ts';
import type { Catalog, Table } from '../../../edge/sql/catalog/model.ts';
import { Sequences } from '../../../edge/sql/catalog/sequences.ts';
import { CatalogStore, type DefinitionResult } from '../../../edge/sql/catalog/store.ts';
import { SyncStateSource } from '../../../edge/sql/catalog/system/pg-stat-sync.ts';
import { resolveSystemRelation } from '../../../edge/sql/catalog/system/resolve-system-relation.ts';
import { forEver, systemSession } from '../../../edge/sql/catalog/system-session.ts';
import { type CompilerParts, createCompiler } from '../../../edge/sql/create-compiler.ts';
import { functionLibrary } from '../../../edge/sql/functions/library.ts';
import { type BoxIdentity, loadBoxIdentity } from '../../../edge/tenants/box-identity.ts';
import { KeyFunctions } from '../../../edge/tenants/key-functions.ts';
import type { SessionValues } from '../../../edge/types/session-values.ts';
import type { FunctionLibrary } from '../../../edge/types/sql-function.ts';
import type { SqlValue } from '../../../edge/types/storage.ts';

/** Captures nothing, and pretends that every row is in the cloud unless its row number is odd. */
export const fakeCapture: CaptureSupport = {
  triggers: (table: Table) => [
    `CREATE TRIGGER "c$${table.oid}" AFTER DELETE ON "${table.baseName}" BEGIN ` +
      `INSERT INTO helios_test_capture VALUES (OLD.helios_row); END`,
  ],
  syncedExpression: (_table, alias) => `${alias}.helios_row % 2 = 0`,
  modeFor: (table) => (table.name === 'sales' ? 'push' : 'none'),
};

/** What change capture would have made. */
const CAPTURE_TABLES = [
  'CREATE TABLE IF NOT EXISTS helios_test_capture (helios_row INTEGER)',
  'CREATE TABLE IF NOT EXISTS helios_outbox (table_id INTEGER, row_id INTEGER, merchant TEXT, queued_at INTEGER)',
  'CREATE TABLE IF NOT EXISTS helios_rejected (table_id INTEGER, merchant TEXT)',
];

export function sessionOf(merchant: string | null, role?: SessionValues['role']): SessionValues {
  return { ...systemSession(), merchant, role: role ?? (merchant === null ? 'admin' : 'merchant') };
}

export interface Rig {
  readonly engine: Engine;
  readonly store: CatalogStore;
  readonly sequences: Sequences;
  readonly keyFunctions: KeyFunctions;
  readonly identity: BoxIdentity;
  readonly path: string;
  readonly options: CatalogOptions;
  /** Runs DDL texts in one transaction, commits and publishes. */
  define(text: string): Promise<readonly DefinitionResult[]>;
  /** Runs DDL and rolls back. */
  attempt(text: string): Promise<readonly DefinitionResult[]>;
  /** Runs a SQLite text in a transaction of its own. */
  run(
    sql: string,
    binds?: readonly SqlValue[],
    session?: SessionValues,
    authority?: Authority,
  ): Promise<readonly (readonly SqlValue[])[]>;
  /** The same without a transaction. */
  read(
    sql: string,
    session: SessionValues,
    authority: Authority,
  ): Promise<readonly (readonly SqlValue[])[]>;
  close(): Promise<void>;
}

let compiler: Promise<CompilerParts> | null = null;

/** The grammar is loaded once for a test file. */
export function compilerOnce(): Promise<CompilerParts> {
  compiler ??= createCompiler({ resolveSystemRelation });
  return compiler;
}

const directories: string[] = [];

/** Removes what the rigs of a test file have made. */
export function removeRigFiles(): void {
  for (const directory of directories.splice(0))
    rmSync(directory, { recursive: true, force: true });
}

export async function openRig(
  given: { readonly path?: string; readonly options?: Partial<CatalogOptions> } = {},
): Promise<Rig> {
  let path = given.path;
  if (path === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'helios-catalog-'));
    directories.push(directory);
    path = join(directory, 'pos.db');
  }
  const sequences = new Sequences();
  const keyFunctions = new KeyFunctions();
  const library: FunctionLibrary = {
    scalars: [
      ...sequences.functions(),
      ...keyFunctions.functions(),
      ...new SyncStateSource().functions(),
      ...functionLibrary.scalars,
    ],
    aggregates: functionLibrary.aggregates,
    collations: functionLibrary.collations,
  };
  const engine = await openEngine({
    path,
    library,
    clock: systemClock,
    log: silentLog,
    maxConnections: 4,
    cacheMb: 16,
    memoryLimitMb: 128,
    pageSize: 4096,
    workerFactory: null,
    onFatal: (error) => {
      throw error;
    },
  });
  const identity = await loadBoxIdentity(engine);
  keyFunctions.useSecret(identity.secret);
  const options: CatalogOptions = {
    defaultTenantColumn: 'merchant_id',
    tableOverrides: new Map(),
    exemptTables: new Set(['currencies']),
    capture: fakeCapture,
    expressions: (await compilerOnce()).expressions,
    sequences,
    ...given.options,
  };
  const store = await CatalogStore.open(engine, options);
  const rig = buildRig({ engine, store, sequences, keyFunctions, identity, path, options });
  for (const text of CAPTURE_TABLES) await rig.run(text);
  return rig;
}

type Parts = Pick<
  Rig,
  'engine' | 'store' | 'sequences' | 'keyFunctions' | 'identity' | 'path' | 'options'
>;

function buildRig(parts: Parts): Rig {
  const { engine, store, options } = parts;
  const begin = () => engine.beginWrite({ merchant: null, lockTimeoutMs: 0, signal: null });
  const defineAll = async (text: string, keep: boolean): Promise<readonly DefinitionResult[]> => {
    const statements = options.expressions.parse(text);
    const transaction = await begin();
    try {
      const results: DefinitionResult[] = [];
      let base: Catalog = store.current;
      for (const { node, text: own } of statements) {
        const session = sessionOf(null);
        const result = store.applyDefinition({ node, text: own, transaction, base, session });
        base = result.catalog;
        results.push(result);
      }
      if (!keep) return results;
      const commit = transaction.commit();
      store.publish(base);
      await engine.durable(commit);
      return results;
    } finally {
      if (!transaction.finished) transaction.rollback();
    }
  };
  return {
    ...parts,
    define: (text) => defineAll(text, true),
    attempt: (text) => defineAll(text, false),
    async run(sql, binds = [], session = systemSession(), authority = 'system') {
      const transaction = await begin();
      try {
        const rows: SqlValue[][] = [];
        transaction.run({ sql, binds, authority }, session, forEver, (row) => {
          rows.push(Array.from({ length: row.columnCount }, (_, index) => row.value(index)));
        });
        await engine.durable(transaction.commit());
        return rows;
      } finally {
        if (!transaction.finished) transaction.rollback();
      }
    },
    async read(sql, session, authority) {
      const rows: SqlValue[][] = [];
      await engine.read({
        statement: { sql, binds: [], authority },
        session,
        interrupt: forEver,
        tables: [],
        sink: {
          row: (row) =>
            void rows.push(Array.from({ length: row.columnCount }, (_, index) => row.value(index))),
          restart: () => void rows.splice(0),
        },
      });
      return rows;
    },
    async close() {
      await engine.close();
    },
  };
}
