/**
 * One seeded run of the offline harness: a box and a cloud receiver as real processes, a line that
 * misbehaves between them, terminals that sell, and a box that is killed at moments the seed chooses.
 *
 * With `volatile` every byte that no returned sync covered is lost with the process: the box keeps
 * un-synced writes in its own memory, as a disk keeps them in a volatile cache.
 *
 * The invariant: every sale acknowledged to a terminal is in the cloud exactly once, under its
 * merchant, to the cent; an unacknowledged one at most once; nothing else is there.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { BoxStatus } from '../../edge/admin/operations.ts';
import { between, pick, type Random, seededRandom } from '../../edge/demo/random.ts';
import { BRIEF_SCHEMA } from '../../edge/demo/schema.ts';
import { startSelf } from '../../edge/demo/self.ts';
import { BoxProcess } from '../support/box-process.ts';
import { judge, readCloud } from './cloud-ledger.ts';
import { FaultyLink, LINK_MODES } from './faulty-link.ts';
import { runSeller, SalesBook } from './seller.ts';

export type DiskMode = 'durable' | 'volatile' | 'volatile-nosync';

export interface RunOptions {
  readonly seed: number;
  readonly disk: DiskMode;
  /** postgres:// database for the receiver; PGlite when absent. */
  readonly databaseUrl?: string | undefined;
  readonly events?: number;
}

export interface RunReport {
  readonly seed: number;
  readonly disk: DiskMode;
  readonly acknowledged: number;
  readonly attempted: number;
  readonly inCloud: number;
  readonly kills: number;
  readonly script: readonly string[];
  /** Empty when the invariant holds. */
  readonly violations: readonly string[];
}

const MERCHANTS = ['anna', 'bela', 'carl'];
const SELLERS_PER_MERCHANT = 2;
const EVENTS = 8;
const EVENT_MS_MIN = 150;
const EVENT_MS_MAX = 900;
const DRAIN_MS_MAX = 60_000;
const POLL_MS = 50;
const VIOLATIONS_SHOWN = 20;

export async function harnessRun(options: RunOptions): Promise<RunReport> {
  const random = seededRandom(options.seed);
  const database = options.databaseUrl === undefined ? [] : ['--database-url', options.databaseUrl];
  const receiver = startSelf(['receiver', '--listen', '127.0.0.1:0', ...database]);
  try {
    const line = await receiver.line((candidate) => candidate.includes('http://'));
    const url = /http:\/\/\S+/.exec(line)?.[0] ?? '';
    const link = await FaultyLink.open(Number(new URL(url).port));
    await using box = await startBox(options.disk, link.port);
    try {
      return await play(options, random, box, link, url);
    } finally {
      await link.close();
    }
  } finally {
    await receiver.end('SIGTERM');
  }
}

async function play(
  options: RunOptions,
  random: Random,
  box: BoxProcess,
  link: FaultyLink,
  url: string,
): Promise<RunReport> {
  const keys = await openShop(box);
  const book = new SalesBook();
  const closing = new AbortController();
  const sellers = [...keys].flatMap(([merchant, key], index) =>
    Array.from({ length: SELLERS_PER_MERCHANT }, (_, number) =>
      runSeller({
        merchant,
        key,
        name: `${merchant}-${number}`,
        port: box.port,
        book,
        random: seededRandom(options.seed * 100 + index * 10 + number),
        signal: closing.signal,
      }),
    ),
  );
  const script: string[] = [];
  let kills = 0;
  for (let event = 0; event < (options.events ?? EVENTS); event++) {
    await pause(between(random, EVENT_MS_MIN, EVENT_MS_MAX));
    // The last event is a kill, so that no run ends without one.
    if (random() < 0.4 || event === (options.events ?? EVENTS) - 1) {
      script.push('kill');
      kills++;
      await box.kill();
      await box.restart();
    } else {
      const mode = pick(random, LINK_MODES);
      script.push(mode);
      link.become(mode);
    }
  }
  closing.abort();
  link.become('up');
  await Promise.all(sellers);
  const drained = await drain(box);
  const cloud = await readCloud(url);
  const violations = judge(book, cloud);
  if (!drained) violations.unshift('rows were still unsynced when the time was over');
  return {
    seed: options.seed,
    disk: options.disk,
    acknowledged: book.acknowledged.size,
    attempted: book.attempted.size,
    inCloud: cloud.length,
    kills,
    script,
    violations: violations.slice(0, VIOLATIONS_SHOWN),
  };
}

function startBox(disk: DiskMode, linkPort: number): Promise<BoxProcess> {
  return BoxProcess.start({
    settings: [
      'sync.enable_remote_sync=true',
      `sync.sync_endpoint=http://127.0.0.1:${linkPort}/api/sync`,
      'sync.sync_interval_secs=1',
      'sync.batch_size=40',
      'sync.request_timeout_ms=2000',
      'sync.retry_max_ms=500',
      'logging.level=warn',
    ],
    environment: disk === 'durable' ? {} : { HELIOS_TEST_VFS: disk },
  });
}

async function openShop(box: BoxProcess): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  for (const merchant of MERCHANTS) keys.set(merchant, await box.addMerchant(merchant));
  const admin = await box.admin();
  for (const statement of BRIEF_SCHEMA) await admin.rows(statement);
  admin.end();
  return keys;
}

async function drain(box: BoxProcess): Promise<boolean> {
  const end = performance.now() + DRAIN_MS_MAX;
  while (performance.now() < end) {
    await box.ask('POST', '/sync/now').catch(() => undefined);
    const status = (await box.ask('GET', '/status')) as BoxStatus;
    if (status.sync.unsyncedRows === 0) return true;
    await pause(POLL_MS);
  }
  return false;
}
