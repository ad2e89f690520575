/**
 * A shop on one machine: a box and a cloud receiver, each a process of its own, and the line between
 * them. Nothing is simulated but the people.
 */
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { askBox } from '../admin/control-client.ts';
import type { BoxStatus, MerchantWithKey } from '../admin/operations.ts';
import { type Link, openLink } from './link.ts';
import { BRIEF_SCHEMA, DEMO_SCHEMA } from './schema.ts';
import { type SelfProcess, startSelf } from './self.ts';

const READY_MS_MAX = 60_000;
const POLL_MS = 50;
const SYNC_INTERVAL_SECS = 1;
const RETRY_MS_MAX = 2_000;

export interface DemoMerchant {
  readonly id: string;
  readonly key: string;
}

export interface ShopOptions {
  readonly dataDir: string;
  /** Port for the terminals; another is taken when it is in use. */
  readonly port: number;
  readonly merchants: number;
}

export class Shop {
  readonly dataDir: string;
  readonly port: number;
  readonly link: Link;
  readonly merchants: readonly DemoMerchant[];
  readonly #receiver: SelfProcess;
  readonly receiverUrl: string;
  #box: SelfProcess;

  private constructor(parts: {
    dataDir: string;
    port: number;
    link: Link;
    merchants: readonly DemoMerchant[];
    receiver: SelfProcess;
    receiverUrl: string;
    box: SelfProcess;
  }) {
    this.dataDir = parts.dataDir;
    this.port = parts.port;
    this.link = parts.link;
    this.merchants = parts.merchants;
    this.#receiver = parts.receiver;
    this.receiverUrl = parts.receiverUrl;
    this.#box = parts.box;
  }

  static async open(options: ShopOptions): Promise<Shop> {
    const { dataDir } = options;
    const receiver = startSelf(['receiver', '--listen', '127.0.0.1:0']);
    let box: SelfProcess | null = null;
    try {
      const [line, port] = await Promise.all([
        receiver.line((candidate) => candidate.includes('http://')),
        choosePort(options.port),
      ]);
      const receiverUrl = /http:\/\/\S+/.exec(line)?.[0] ?? '';
      const link = await openLink(Number(new URL(receiverUrl).port));
      box = startBox(dataDir, port, link.port);
      await untilReady(dataDir, box);
      const admin = adminClient(dataDir, port);
      await admin.connect();
      for (const statement of [...BRIEF_SCHEMA, ...DEMO_SCHEMA]) await admin.query(statement);
      await admin.end();
      const merchants = await addMerchants(dataDir, options.merchants);
      return new Shop({ dataDir, port, link, merchants, receiver, receiverUrl, box });
    } catch (error) {
      await box?.end('SIGTERM');
      await receiver.end('SIGTERM');
      throw error;
    }
  }

  /** SIGKILL: no warning, no shutdown, open transactions and unsent rows where they are. */
  async pullPlug(): Promise<void> {
    await this.#box.end('SIGKILL');
  }

  async plugIn(): Promise<void> {
    this.#box = startBox(this.dataDir, this.port, this.link.port);
    await untilReady(this.dataDir, this.#box);
  }

  /** What the box says of itself; null while it is down. */
  async status(): Promise<BoxStatus | null> {
    try {
      return (await askBox(this.dataDir, 'GET', '/status')) as BoxStatus;
    } catch {
      return null;
    }
  }

  connect(user: string, password: string): Promise<Client> {
    const client = pgClient(this.port, user, password);
    return client.connect().then(() => client);
  }

  get adminKey(): string {
    return readAdminKey(this.dataDir);
  }

  /** Waits until every row has reached the cloud. Returns false when the time is over first. */
  async drained(msMax: number): Promise<boolean> {
    const end = performance.now() + msMax;
    while (performance.now() < end) {
      await askBox(this.dataDir, 'POST', '/sync/now').catch(() => undefined);
      const status = await this.status();
      if (status?.sync.unsyncedRows === 0) return true;
      await pause(POLL_MS);
    }
    return false;
  }

  async close(keepFiles: boolean): Promise<void> {
    await this.#box.end('SIGTERM');
    await this.#receiver.end('SIGTERM');
    await this.link.close();
    if (!keepFiles) rmSync(this.dataDir, { recursive: true, force: true });
  }
}

function startBox(dataDir: string, port: number, linkPort: number): SelfProcess {
  const settings = [
    `proxy.listen_addr=127.0.0.1:${port}`,
    'proxy.max_client_connections=1000',
    'server.admin_port=0',
    'monitoring.prometheus_port=0',
    'sync.enable_remote_sync=true',
    `sync.sync_endpoint=http://127.0.0.1:${linkPort}/api/sync`,
    `sync.sync_interval_secs=${SYNC_INTERVAL_SECS}`,
    `sync.retry_max_ms=${RETRY_MS_MAX}`,
    'sync.wake_ms=1000',
    `logging.output=${join(dataDir, 'box.log')}`,
  ];
  return startSelf([
    'serve',
    '--data-dir',
    dataDir,
    ...settings.flatMap((pair) => ['--set', pair]),
  ]);
}

async function untilReady(dataDir: string, box: SelfProcess): Promise<void> {
  const end = performance.now() + READY_MS_MAX;
  while (performance.now() < end) {
    if (box.child.exitCode !== null) await box.line(() => false);
    const status = (await askBox(dataDir, 'GET', '/status').catch(() => null)) as BoxStatus | null;
    if (status?.ready === true && status.pid === box.child.pid) return;
    await pause(POLL_MS);
  }
  throw new Error('the box was not ready in time');
}

async function addMerchants(dataDir: string, count: number): Promise<readonly DemoMerchant[]> {
  const merchants: DemoMerchant[] = [];
  for (let number = 1; number <= count; number++) {
    const id = `m${String(number).padStart(2, '0')}`;
    const body = { id, name: `Merchant ${number}`, location: 'location_downtown_001' };
    const { key } = (await askBox(dataDir, 'POST', '/merchants', body)) as MerchantWithKey;
    merchants.push({ id, key });
  }
  return merchants;
}

function adminClient(dataDir: string, port: number): Client {
  return pgClient(port, 'admin', readAdminKey(dataDir));
}

function readAdminKey(dataDir: string): string {
  return readFileSync(join(dataDir, 'admin.key'), 'utf8').trim();
}

function pgClient(port: number, user: string, password: string): Client {
  return new Client({
    host: '127.0.0.1',
    port,
    user,
    password,
    database: 'pos',
    ssl: { rejectUnauthorized: false },
  });
}

/** The wished port when it is free, else one that the system chooses: the box keeps it when restarted. */
async function choosePort(wished: number): Promise<number> {
  for (const port of [wished, 0]) {
    const found = await tryPort(port);
    if (found !== null) return found;
  }
  throw new Error('no free port for the box');
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => resolve(found));
    });
  });
}
