/**
 * The box's figures for Prometheus. They are read when somebody scrapes; between scrapes nothing is done for them.
 *
 * No figure carries a merchant, a terminal, a table or an address: the port asks for no key, so it tells what
 * concerns the box and nothing of who trades there. Who may know that asks the admin interface. Labels take
 * values from short fixed lists, but for SQLSTATE classes, of which there are some forty.
 *
 * Names from the brief begin with `heliosproxy_`. `heliosproxy_session_migration_duration_ms` is left out:
 * there is no session migration, and an empty histogram would look like one that is quick.
 */
import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client';
import type { DurationMeter } from '../meters.ts';
import { STATEMENT_KINDS } from '../session/session-meters.ts';
import { COMMIT, VERSION } from '../version.ts';
import type { MetricSources } from './metric-sources.ts';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];
type Reading = number | null;

const MS_PER_SECOND = 1000;
const EVENT_LOOP_PRECISION_MS = 50;

/** Makes the registry; `registry.metrics()` reads everything. */
export function createMetrics(sources: MetricSources): Registry {
  const registry = new Registry();
  const metrics = new Metrics(registry);
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS,
  });
  addBox(metrics, sources);
  addStatements(metrics, sources);
  addStore(metrics, sources);
  addSync(metrics, sources);
  addDevice(metrics, sources);
  return registry;
}

class Metrics {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** @param read null: not known now, and nothing is said */
  gauge(name: string, help: string, read: () => Reading | Promise<Reading>): void {
    this.gauges(name, help, [], async () => {
      const value = await read();
      return value === null ? [] : [[{}, value]];
    });
  }

  gauges(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => readonly Sample[] | Promise<readonly Sample[]>,
  ): void {
    const registers = [this.#registry];
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        const samples = await read();
        this.reset();
        // An unlabelled one would say 0 from then on.
        if (samples.length === 0) this.remove();
        for (const [labels, value] of samples) this.set({ ...labels }, value);
      },
    });
  }

  counter(name: string, help: string, read: () => number | Promise<number>): void {
    this.counters(name, help, [], async () => [[{}, await read()]]);
  }

  counters(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => readonly Sample[] | Promise<readonly Sample[]>,
  ): void {
    const registers = [this.#registry];
    new Counter({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        const samples = await read();
        this.reset();
        for (const [labels, value] of samples) this.inc({ ...labels }, value);
      },
    });
  }

  /** Histograms that were counted elsewhere. @param unit of the name: what a millisecond is in it */
  histogram(
    name: string,
    help: string,
    unit: 'seconds' | 'milliseconds',
    meters: readonly (readonly [Readonly<Record<string, string>>, DurationMeter])[],
  ): void {
    const scale = unit === 'seconds' ? MS_PER_SECOND : 1;
    const get = async () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: meters.flatMap(([labels, meter]) => histogramValues(name, labels, meter, scale)),
    });
    // The library's own histogram can only be filled one observation at a time.
    this.#registry.registerMetric({ name, help, get, reset: () => undefined } as unknown as Metric);
  }
}

function histogramValues(
  name: string,
  labels: Readonly<Record<string, string>>,
  meter: DurationMeter,
  scale: number,
) {
  let total = 0;
  const buckets = meter.counts.map((count, place) => {
    total += count;
    const bound = meter.boundsMs[place];
    const le = bound === undefined ? '+Inf' : String(bound / scale);
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: meter.sumMs / scale },
    { metricName: `${name}_count`, labels, value: total },
  ];
}

function addBox(
  metrics: Metrics,
  { meters, registry, limits, isReady, directory }: MetricSources,
): void {
  metrics.gauges(
    'helios_build_info',
    'Always 1; the labels say what runs.',
    ['version', 'commit'],
    () => [[{ version: VERSION, commit: COMMIT }, 1]],
  );
  metrics.gauge('helios_ready', '1 while terminals are served.', () => (isReady() ? 1 : 0));
  metrics.gauge('helios_merchants', 'Merchants of this box.', () => directory.size);
  metrics.gauges('helios_connections', 'Connections by kind.', ['kind'], () => {
    const counts = registry.counts();
    return [
      [{ kind: 'merchant' }, counts.merchants],
      [{ kind: 'admin' }, counts.admins],
      [{ kind: 'logging_in' }, counts.loginsPending],
    ];
  });
  metrics.gauge(
    'helios_connections_max',
    'Connections of merchants that are let in (proxy.max_client_connections).',
    () => limits.clientConnections,
  );
  metrics.counters('helios_logins_total', 'Logins by result.', ['result'], () => [
    [{ result: 'accepted' }, meters.loginsAccepted],
    [{ result: 'refused' }, meters.loginsRefused],
  ]);
  metrics.counter(
    'helios_audit_lines_total',
    'Lines written to the audit log.',
    () => meters.auditLines,
  );
}

function addStatements(metrics: Metrics, { meters }: MetricSources): void {
  const { sessions } = meters;
  metrics.counters(
    'helios_statements_total',
    'Statements by kind and outcome: ok, or the class of the SQLSTATE.',
    ['kind', 'outcome'],
    () =>
      STATEMENT_KINDS.flatMap((kind): Sample[] => {
        const { done, failed } = sessions.statements[kind];
        return [
          [{ kind, outcome: 'ok' }, done],
          ...[...failed].map(([outcome, value]): Sample => [{ kind, outcome }, value]),
        ];
      }),
  );
  metrics.histogram(
    'helios_statement_duration_seconds',
    'From the start of a statement to its answer being written, waits for the write lock included; the wait for the disk has its own histogram.',
    'seconds',
    STATEMENT_KINDS.map((kind) => [{ kind }, sessions.statements[kind].duration] as const),
  );
  metrics.histogram(
    'heliosproxy_rls_injection_duration_ms',
    'For each statement of a merchant on data: milliseconds from its parse tree to a SQL text confined to the merchant, the whole analysis included. A plan that is known costs nothing.',
    'milliseconds',
    [[{}, sessions.isolation]],
  );
  metrics.counters(
    'helios_plan_lookups_total',
    'Plans found by text, found by shape, or made.',
    ['result'],
    () => [
      [{ result: 'text' }, sessions.plansFound],
      [{ result: 'shape' }, sessions.shapesFound],
      [{ result: 'made' }, sessions.plansMade],
    ],
  );
  metrics.counter(
    'helios_rows_written_total',
    'Rows inserted, updated and deleted by clients, those rolled back included.',
    () => sessions.rowsWritten,
  );
  metrics.counter(
    'helios_slow_statements_total',
    'Statements above the slow-query threshold.',
    () => sessions.slowStatements,
  );
  metrics.counter(
    'helios_worker_reads_total',
    'Long reads that went to the worker thread.',
    () => sessions.workerReads,
  );
}

function addStore(
  metrics: Metrics,
  { engine, meters, limits, backupAgeSeconds }: MetricSources,
): void {
  metrics.gauge(
    'heliosproxy_backend_connections_active',
    'SQLite connections that are open: two for the store itself, the rest for snapshots.',
    () => engine.status().connectionsOpen,
  );
  metrics.gauge(
    'heliosproxy_backend_connections_max',
    'SQLite connections that may be opened (proxy.max_backend_connections).',
    () => limits.backendConnections,
  );
  metrics.counter(
    'helios_commits_total',
    'Commits that are on the disk.',
    () => meters.engine.commits,
  );
  metrics.histogram(
    'helios_fdatasync_duration_seconds',
    'What it took to write and sync a group of commits.',
    'seconds',
    [[{}, meters.engine.syncs]],
  );
  metrics.histogram(
    'helios_write_lock_wait_seconds',
    'Waits for the write lock, of those writers that had to wait.',
    'seconds',
    [[{}, meters.engine.lockWaits]],
  );
  metrics.gauge(
    'helios_writers_waiting',
    'Transactions that wait for the write lock now.',
    () => engine.status().writersWaiting,
  );
  metrics.gauge(
    'helios_worker_reads_running',
    'Long reads that run on the worker thread now.',
    () => engine.status().workerReadsRunning,
  );
  metrics.gauge('helios_wal_bytes', 'Log in use.', () => engine.status().walBytes);
  metrics.gauge(
    'helios_database_bytes',
    'Size of the database file.',
    () => engine.status().databaseBytes,
  );
  metrics.gauge(
    'helios_wasm_heap_bytes',
    "Heap of SQLite's WASM instance.",
    () => engine.status().wasmHeapBytes,
  );
  metrics.gauge('helios_commits_unsynced', 'Commits that are not on the disk yet.', () => {
    const { lastCommit, durableCommit } = engine.status();
    return Number(lastCommit - durableCommit);
  });
  metrics.gauge(
    'helios_backup_age_seconds',
    'Age of the newest backup; absent when there is none.',
    () => backupAgeSeconds(),
  );
}

function addSync(metrics: Metrics, { syncStatus }: MetricSources): void {
  const gauge = (
    name: string,
    help: string,
    read: (status: NonNullable<Awaited<ReturnType<typeof syncStatus>>>) => Reading,
  ): void =>
    metrics.gauge(name, help, async () => {
      const status = await syncStatus();
      return status === null ? null : read(status);
    });
  const counter = (
    name: string,
    help: string,
    read: (status: NonNullable<Awaited<ReturnType<typeof syncStatus>>>) => number,
  ): void =>
    metrics.counter(name, help, async () => {
      const status = await syncStatus();
      return status === null ? 0 : read(status);
    });
  metrics.gauge('helios_sync_enabled', '1 where rows are sent to a cloud.', async () =>
    (await syncStatus()) === null ? 0 : 1,
  );
  gauge('helios_sync_link_up', '1 when the cloud answered last time, 0 when not.', ({ link }) =>
    link === 'unknown' ? null : Number(link === 'up'),
  );
  gauge('helios_sync_paused', '1 while sending is paused.', ({ paused }) => Number(paused));
  gauge(
    'helios_sync_unsynced_rows',
    'Rows that wait for the cloud.',
    ({ unsyncedRows }) => unsyncedRows,
  );
  gauge(
    'helios_sync_lag_seconds',
    'Age of the oldest row that waits; 0 when none does.',
    ({ oldestUnsyncedSeconds }) => oldestUnsyncedSeconds ?? 0,
  );
  gauge(
    'helios_sync_rejected_rows',
    'Rows that the cloud refused and that were set aside.',
    ({ rejectedRows }) => rejectedRows,
  );
  gauge('helios_sync_failures', 'Failed tries in a row.', ({ failures }) => failures);
  counter(
    'helios_sync_rows_sent_total',
    'Rows that the cloud has taken.',
    ({ rowsSent }) => rowsSent,
  );
  counter(
    'helios_sync_rows_received_total',
    'Rows taken from the cloud.',
    ({ rowsReceived }) => rowsReceived,
  );
  counter('helios_sync_requests_total', 'Requests to the cloud.', ({ requests }) => requests);
  counter(
    'helios_sync_bytes_sent_total',
    'Bytes of bodies sent to the cloud.',
    ({ bytesSent }) => bytesSent,
  );
  counter(
    'helios_sync_bytes_received_total',
    'Bytes of bodies received from the cloud.',
    ({ bytesReceived }) => bytesReceived,
  );
}

function addDevice(metrics: Metrics, { deviceFacts }: MetricSources): void {
  metrics.gauge(
    'helios_device_temperature_celsius',
    'The hottest sensor.',
    () => deviceFacts()?.celsius ?? null,
  );
  metrics.gauge(
    'helios_device_disk_free_bytes',
    'Free space of the data partition.',
    () => deviceFacts()?.disk?.freeBytes ?? null,
  );
  metrics.gauge(
    'helios_device_disk_total_bytes',
    'Size of the data partition.',
    () => deviceFacts()?.disk?.totalBytes ?? null,
  );
  metrics.gauge(
    'helios_device_disk_wear_ratio',
    "Share of the disk's life that is used up.",
    () => {
      const percent = deviceFacts()?.wearPercent ?? null;
      return percent === null ? null : percent / 100;
    },
  );
  metrics.gauge(
    'helios_device_memory_available_bytes',
    'Memory that programs could still have.',
    () => deviceFacts()?.memory?.availableBytes ?? null,
  );
  metrics.gauge(
    'helios_device_clock_synchronised',
    '1 when a time server was heard, 0 when not.',
    () => {
      const isSynchronised = deviceFacts()?.isClockSynchronised ?? null;
      return isSynchronised === null ? null : Number(isSynchronised);
    },
  );
}
