/**
 * A box without its front: the real engine on a real file, a hand-made catalog with one pushed and one
 * shared table, capture and a worker. Tests write with SQL and watch what reaches a real receiver.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureFunctions, createCaptureSupport } from '../../../cloud-sync/capture.ts';
import { HybridClock } from '../../../cloud-sync/clock.ts';
import { inWrite, readRows, runSystem, type Values } from '../../../cloud-sync/engine-access.ts';
import { attachClock, ensureSyncSchema } from '../../../cloud-sync/sync-schema.ts';
import type { Transport } from '../../../cloud-sync/transport.ts';
import {
  createSyncWorker,
  type SyncSettings,
  type SyncWorker,
} from '../../../cloud-sync/worker.ts';
import { type Clock, systemClock } from '../../../edge/clock.ts';
import type { Engine, WriteTransaction } from '../../../edge/engine/engine.ts';
import { openEngine } from '../../../edge/engine/open.ts';
import { silentLog } from '../../../edge/log.ts';
import { baseTableText, uniqueIndexText, viewTexts } from '../../../edge/sql/catalog/layout.ts';
import type { Catalog, Column, Table } from '../../../edge/sql/catalog/model.ts';
import { compareNumericText } from '../../../edge/types/numeric-stored.ts';
import { OID } from '../../../edge/types/oids.ts';
import type { SqlValue } from '../../../edge/types/storage.ts';

const MICROS_PER_MS = 1000n;
const NUMERIC_10_2 = ((10 << 16) | 2) + 4;

function column(name: string, attnum: number, oid: number, extra: Partial<Column> = {}): Column {
  return {
    name,
    attnum,
    type: { oid, typmod: -1 },
    form: { kind: 'plain' },
    notNull: false,
    defaultText: null,
    identity: null,
    computed: null,
    ...extra,
  };
}

const AMOUNT: Partial<Column> = {
  type: { oid: OID.numeric, typmod: NUMERIC_10_2 },
  form: { kind: 'scaled', scale: 2 },
};

interface TableSketch {
  readonly name: string;
  readonly oid: number;
  readonly columns: readonly Column[];
  readonly primary: readonly string[];
  readonly sync: Table['sync'];
}

/** A table of the catalog with a merchant column. */
export function sketchTable(sketch: TableSketch): Table {
  const { name, oid, sync } = sketch;
  return {
    oid,
    name,
    baseName: name,
    guardName: `${name}$guard`,
    adminRelation: name,
    tenantColumn: 'merchant_id',
    exempt: false,
    builtin: null,
    columns: sketch.columns,
    uniques: [
      {
        kind: 'primary',
        name: `${name}_pkey`,
        columns: sketch.primary,
        isConstraint: true,
        oid: oid + 1,
      },
    ],
    checks: [],
    foreignKeys: [],
    indexes: [],
    sync,
    nextAttnum: sketch.columns.length + 1,
  };
}

export const SALES: Table = sketchTable({
  name: 'transactions',
  oid: 20_000,
  columns: [
    column('id', 1, OID.int4, { notNull: true, identity: 'default' }),
    column('merchant_id', 2, OID.text, { notNull: true }),
    column('terminal_id', 3, OID.text),
    column('amount', 4, OID.numeric, AMOUNT),
    column('payment_method', 5, OID.text),
    column('items', 6, OID.jsonb),
    column('status', 7, OID.text),
    column('synced', 8, OID.bool, { computed: 'synced' }),
    column('created_at', 9, OID.timestamp),
  ],
  primary: ['id'],
  sync: 'push',
});

export const PRODUCTS: Table = sketchTable({
  name: 'products',
  oid: 20_100,
  columns: [
    column('sku', 1, OID.text, { notNull: true }),
    column('merchant_id', 2, OID.text, { notNull: true }),
    column('name', 3, OID.text),
    column('price', 4, OID.numeric, AMOUNT),
    column('stock', 5, OID.int4),
  ],
  primary: ['sku'],
  sync: 'both',
});

export const capture = createCaptureSupport({ push: ['*'], twoWay: ['products'] });

export interface TestBoxOptions {
  readonly directory?: string;
  readonly box?: string;
  readonly epoch?: string;
  readonly clock?: Clock;
  readonly tables?: readonly Table[];
}

export interface TestBox {
  readonly engine: Engine;
  readonly directory: string;
  readonly box: string;
  readonly hybridClock: HybridClock;
  readonly catalog: { current: Catalog };
  /** Writes in one transaction and waits until it is durable. */
  write(work: (transaction: WriteTransaction) => void): Promise<void>;
  run(sql: string, binds?: readonly SqlValue[]): Promise<void>;
  rows(sql: string, binds?: readonly SqlValue[]): Promise<readonly Values[]>;
  worker(settings: Partial<SyncSettings>, transport?: Transport): Promise<SyncWorker>;
  close(): Promise<void>;
}

function createText(table: Table): readonly string[] {
  return [
    baseTableText(table, new Map()),
    ...table.uniques.map((unique) => uniqueIndexText(table, unique)),
    ...viewTexts(table, capture),
    ...capture.triggers(table),
  ];
}

/** Opens a box; with a directory that exists, the one that is there. */
export async function openTestBox(options: TestBoxOptions = {}): Promise<TestBox> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'helios-sync-')));
  const clock = options.clock ?? systemClock;
  const hybridClock = new HybridClock({ wallMs: () => clock.wallMicros() / MICROS_PER_MS });
  const library = captureFunctions(hybridClock);
  const engine = await openEngine({
    path: join(directory, 'pos.db'),
    library: {
      ...library,
      collations: [{ name: 'helios_numeric', compare: compareNumericText }],
    },
    clock,
    log: silentLog,
    maxConnections: 4,
    cacheMb: 16,
    memoryLimitMb: 256,
    pageSize: 4096,
    workerFactory: null,
    onFatal: (error) => {
      throw error;
    },
  });
  const tables = options.tables ?? [SALES, PRODUCTS];
  const catalog: { current: Catalog } = {
    current: { version: 1, tables: new Map(tables.map((table) => [table.name, table])) },
  };
  const box = options.box ?? 'box-1';
  const existing = await readRows(
    engine,
    `SELECT 1 FROM sqlite_schema WHERE name = 'helios_outbox'`,
  );
  if (existing.length === 0) {
    await ensureSyncSchema(engine, { version: 0, tables: new Map() }, options.epoch ?? 'epoch-1');
    await inWrite(engine, (transaction) => {
      for (const table of tables) {
        for (const text of createText(table)) runSystem(transaction, text);
      }
    });
  }
  await ensureSyncSchema(engine, catalog.current, options.epoch ?? 'epoch-1');
  await attachClock(engine, hybridClock);
  const write = async (work: (transaction: WriteTransaction) => void): Promise<void> => {
    const transaction = await engine.beginWrite({ merchant: null, lockTimeoutMs: 0, signal: null });
    try {
      work(transaction);
      await engine.durable(transaction.commit());
    } finally {
      if (!transaction.finished) transaction.rollback();
    }
  };
  return {
    engine,
    directory,
    box,
    hybridClock,
    catalog,
    write,
    run: (sql, binds = []) => write((transaction) => void runSystem(transaction, sql, binds)),
    rows: (sql, binds = []) => readRows(engine, sql, binds),
    worker: (settings, transport) =>
      createSyncWorker({
        engine,
        catalog: () => catalog.current,
        box,
        hybridClock,
        clock,
        log: silentLog,
        settings: {
          endpoint: 'http://127.0.0.1:1/api/sync',
          intervalMs: 60_000,
          batchRows: 500,
          token: null,
          requestMsMax: 5_000,
          retryMsMax: 60_000,
          wakeMs: null,
          ...settings,
        },
        random: Math.random,
        ...(transport === undefined ? {} : { transport }),
      }),
    close: () => engine.close(),
  };
}

/** Inserts sales `from`..`to` (ids), each in the same transaction. */
export function sell(
  transaction: WriteTransaction,
  merchant: string,
  from: number,
  to: number,
  amountCents = 1250n,
): void {
  for (let id = from; id <= to; id += 1) {
    runSystem(
      transaction,
      `INSERT INTO transactions (id, merchant_id, terminal_id, amount, payment_method, items, status, created_at)
       VALUES (?1, ?2, 'T1', ?3, 'card', '[{"sku": "A", "qty": 1}]', 'completed', ?4)`,
      [BigInt(id), merchant, amountCents, 780_000_000_000_000n + BigInt(id) * 1_234_567n],
    );
  }
}

/** Removes a box's files. */
export async function removeBox(box: TestBox): Promise<void> {
  await rm(box.directory, { recursive: true, force: true });
}
