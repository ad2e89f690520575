/**
 * A booted box whose plug is pulled during sales, again and again: QEMU is killed, and started on the same disk. After
 * each pull the box must be ready by itself; at the end three ledgers must agree: what the terminals were told, what
 * the box holds, what the cloud has.
 *
 * With `losesCache` the disk is served by a program that keeps writes to itself until they are flushed, and is killed
 * with the machine: whatever stood behind the last flush is gone, as in a drive with a volatile cache. (All of it, or
 * none: torn sectors and reordering are the engine's own tests.)
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { BoxStatus, ClaimAnswer, SyncStatus } from '../../edge/admin/operations.ts';
import { between, seededRandom } from '../../edge/demo/random.ts';
import { BRIEF_SCHEMA } from '../../edge/demo/schema.ts';
import { startSelf } from '../../edge/demo/self.ts';
import { judge, readCloud } from '../offline/cloud-ledger.ts';
import { runSeller, type Sale, SalesBook } from '../offline/seller.ts';
import { Vm } from './vm.ts';

export interface PowerDrillOptions {
  readonly arch: 'x64' | 'arm64';
  readonly image: string;
  /** Keeps the disk and the serial log. */
  readonly folder: string;
  /** How often the plug is pulled. */
  readonly pulls: number;
  readonly losesCache: boolean;
  readonly seed: number;
  readonly say: (line: string) => void;
}

const MERCHANTS = ['anna', 'bela', 'carl'];
const SELLERS_PER_MERCHANT = 2;
const SELLING_MS_MIN = 4_000;
const SELLING_MS_MAX = 15_000;
/** An emulated box that has restarted needs its time to send everything. */
const DRAIN_MS_MAX = 600_000;
const POLL_MS = 1_000;
const SOCKET_MS_MAX = 10_000;
const DISK_BYTES = 8 * 2 ** 30;

/** @throws Error when the box is not ready again, or a ledger differs */
export async function powerDrill(options: PowerDrillOptions): Promise<void> {
  const { say, seed, pulls } = options;
  const receiver = startSelf(['receiver', '--listen', '127.0.0.1:0']);
  const machine = new Machine(options);
  try {
    const line = await receiver.line((candidate) => candidate.includes('http://'));
    const url = /http:\/\/\S+/.exec(line)?.[0] ?? '';
    const vm = await machine.start();
    say(`ready ${(await vm.waitReady()).toFixed(0)} s after the first switching on`);
    const keys = await openShop(vm, Number(new URL(url).port));
    const book = new SalesBook();
    const closing = new AbortController();
    const sellers = startSellers(vm, keys, book, seed, closing.signal);
    const random = seededRandom(seed);
    for (let pull = 1; pull <= pulls; pull++) {
      await untilSold(book, book.acknowledged.size + 1);
      await pause(between(random, SELLING_MS_MIN, SELLING_MS_MAX));
      const sold = book.acknowledged.size;
      await machine.pull();
      await machine.restart();
      const seconds = await vm.waitReady();
      say(
        `pull ${pull}: ${sold} sales acknowledged before it; ready again after ${seconds.toFixed(0)} s`,
      );
    }
    await untilSold(book, book.acknowledged.size + 1);
    closing.abort();
    await Promise.all(sellers);
    await drain(vm);
    await compare(book, await readBox(vm, keys), await readCloud(url), say);
    await vm.powerOff();
  } finally {
    await machine.end();
    await receiver.end('SIGTERM');
  }
}

/** The machine and, where its cache is to be lost, the program that serves its disk. */
class Machine {
  readonly #options: PowerDrillOptions;
  #vm: Vm | null = null;
  #disk: ChildProcess | null = null;

  constructor(options: PowerDrillOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
  }

  async start(): Promise<Vm> {
    const { arch, image, folder, losesCache } = this.#options;
    if (!losesCache) {
      this.#vm = await Vm.start({ arch, image, folder });
      return this.#vm;
    }
    const raw = join(folder, 'disk.raw');
    execFileSync('cp', ['--sparse=always', image, raw]);
    truncateSync(raw, DISK_BYTES);
    await this.#serveDisk();
    this.#vm = await Vm.start({ arch, image, folder, disk: `nbd:unix:${this.#socket}` });
    return this.#vm;
  }

  /** What the guest's kernel held is lost, and what the drive held too. */
  async pull(): Promise<void> {
    this.#disk?.kill('SIGKILL');
    await this.#vm?.kill();
  }

  async restart(): Promise<void> {
    if (this.#options.losesCache) await this.#serveDisk();
    this.#vm?.restart();
  }

  async end(): Promise<void> {
    await this.#vm?.kill();
    this.#disk?.kill('SIGKILL');
  }

  get #socket(): string {
    return join(this.#options.folder, 'disk.sock');
  }

  async #serveDisk(): Promise<void> {
    rmSync(this.#socket, { force: true });
    const words = [
      '-f',
      '-U',
      this.#socket,
      '--filter=cache',
      'file',
      join(this.#options.folder, 'disk.raw'),
    ];
    this.#disk = spawn('nbdkit', [...words, 'cache=writeback'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const end = performance.now() + SOCKET_MS_MAX;
    while (!existsSync(this.#socket)) {
      if (performance.now() > end) throw new Error('nbdkit does not serve the disk');
      await pause(POLL_MS / 10);
    }
  }
}

/** As a technician does it: a claim file with the tables, the merchants and the way to the cloud. */
async function openShop(vm: Vm, receiverPort: number): Promise<ReadonlyMap<string, string>> {
  const merchants = MERCHANTS.map((id) => `[[merchants]]\nid = "${id}"\nname = "Merchant ${id}"`);
  const claim = [
    'shop = "Drill"',
    'schema_file = "tables.sql"',
    '[sync]',
    `endpoint = "http://10.0.2.2:${receiverPort}/api/sync"`,
    'interval_secs = 2',
    ...merchants,
  ].join('\n');
  await vm.output('mkdir -p /run/claim');
  await vm.output(`cat > /run/claim/tables.sql <<'END'\n${BRIEF_SCHEMA.join(';\n')}\nEND`);
  await vm.output(`cat > /run/claim/helios-claim.toml <<'END'\n${claim}\nEND`);
  const text = await vm.output('helios-edge claim /run/claim/helios-claim.toml --json');
  const answer = JSON.parse(text.slice(text.indexOf('{'))) as ClaimAnswer;
  // A claim's settings count from the next start, which the box makes by itself.
  while (!(await syncOf(vm))?.enabled) await pause(POLL_MS);
  await vm.waitReady();
  return new Map(answer.merchants.map(({ id, key }) => [id, key]));
}

/** null while the box does not answer. */
async function syncOf(vm: Vm): Promise<SyncStatus | null> {
  const { code, output } = await vm.run('helios-edge status --json');
  return code === 0 ? (JSON.parse(output.slice(output.indexOf('{'))) as BoxStatus).sync : null;
}

function startSellers(
  vm: Vm,
  keys: ReadonlyMap<string, string>,
  book: SalesBook,
  seed: number,
  signal: AbortSignal,
): Promise<void>[] {
  return [...keys].flatMap(([merchant, key], index) =>
    Array.from({ length: SELLERS_PER_MERCHANT }, (_, number) =>
      runSeller({
        merchant,
        key,
        name: `${merchant}-${number}`,
        port: vm.port,
        isEncrypted: true,
        book,
        random: seededRandom(seed * 100 + index * 10 + number),
        signal,
      }),
    ),
  );
}

async function untilSold(book: SalesBook, count: number): Promise<void> {
  const end = performance.now() + DRAIN_MS_MAX;
  while (book.acknowledged.size < count) {
    if (performance.now() > end) throw new Error('nothing was sold any more');
    await pause(POLL_MS);
  }
}

async function drain(vm: Vm): Promise<void> {
  const end = performance.now() + DRAIN_MS_MAX;
  for (;;) {
    await vm.run('helios-edge sync now');
    const sync = await syncOf(vm);
    if (sync?.unsyncedRows === 0) return;
    if (performance.now() > end)
      throw new Error(`${sync?.unsyncedRows} rows still wait for the cloud`);
    await pause(POLL_MS);
  }
}

async function readBox(vm: Vm, keys: ReadonlyMap<string, string>): Promise<readonly Sale[]> {
  const sales: Sale[] = [];
  for (const [merchant, password] of keys) {
    const client = new Client({
      host: '127.0.0.1',
      port: vm.port,
      user: merchant,
      password,
      database: 'pos',
      ssl: { rejectUnauthorized: false },
    });
    await client.connect();
    const { rows } = await client.query<{ terminal_id: string; amount: string }>(
      'SELECT terminal_id, amount FROM transactions',
    );
    sales.push(
      ...rows.map((row) => ({ merchant, reference: row.terminal_id, amount: row.amount })),
    );
    await client.end();
  }
  return sales;
}

async function compare(
  book: SalesBook,
  box: readonly Sale[],
  cloud: readonly Sale[],
  say: (line: string) => void,
): Promise<void> {
  const violations = [...judge(book, box, 'the box'), ...judge(book, cloud)];
  if (box.length !== cloud.length) violations.push('the box and the cloud hold different numbers');
  say(
    `acknowledged ${book.acknowledged.size} of ${book.attempted.size} tried; ` +
      `in the box ${box.length}; in the cloud ${cloud.length}`,
  );
  if (violations.length > 0) throw new Error(`the ledgers differ:\n${violations.join('\n')}`);
  say('the three ledgers agree');
}
