/**
 * A real box as a process of its own, for tests that log in, kill, or restart it: the checkout's
 * sources on the pinned Node, or the binary that HELIOS_BINARY names.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { askBox } from '../../edge/admin/control-client.ts';
import {
  type BoxStatus,
  type MerchantWithKey,
  OperationError,
} from '../../edge/admin/operations.ts';
import { WireClient, type WireTarget } from './wire-client.ts';

const READY_MS_MAX = 60_000;
const POLL_MS = 50;
const MAIN = join(import.meta.dirname, '../../edge/main.ts');

export interface BoxOptions {
  readonly dataDir?: string;
  readonly config?: string;
  /** `section.key=value`; ports are chosen by the system unless set here. */
  readonly settings?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly binary?: string;
  /** For machines that are emulated. */
  readonly readyMsMax?: number;
}

export class BoxProcess implements AsyncDisposable {
  readonly dataDir: string;
  readonly #options: BoxOptions;
  readonly #ownsDirectory: boolean;
  #child: ChildProcess | null = null;
  #output = '';
  #port = 0;

  private constructor(options: BoxOptions) {
    this.#options = options;
    this.#ownsDirectory = options.dataDir === undefined;
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'helios-box-'));
  }

  /** Starts a box and waits until it is ready. */
  static async start(options: BoxOptions = {}): Promise<BoxProcess> {
    const box = new BoxProcess(options);
    await box.restart();
    return box;
  }

  /** Port of the PostgreSQL protocol. */
  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** What the process wrote to its standard streams. */
  get output(): string {
    return this.#output;
  }

  /** Starts it again on the same files (after `kill` or `stop`). */
  async restart(): Promise<void> {
    const { settings = [], config, environment = {} } = this.#options;
    const listen = this.#port === 0 ? '127.0.0.1:0' : `127.0.0.1:${this.#port}`;
    const defaults = [
      `proxy.listen_addr=${listen}`,
      'server.admin_port=0',
      'monitoring.prometheus_port=0',
    ];
    const args = ['serve', '--data-dir', this.dataDir];
    if (config !== undefined) args.push('--config', config);
    for (const setting of [...defaults, ...settings]) args.push('--set', setting);
    const binary = this.#options.binary ?? process.env['HELIOS_BINARY'];
    const [program, words] =
      binary === undefined ? [process.execPath, [MAIN, ...args]] : [binary, args];
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#child = child;
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-100_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const status = await this.#ready(child);
    this.#port = Number(status.listen.slice(status.listen.lastIndexOf(':') + 1));
  }

  async #ready(child: ChildProcess): Promise<BoxStatus> {
    const end = performance.now() + (this.#options.readyMsMax ?? READY_MS_MAX);
    while (performance.now() < end) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the box ended before it was ready:\n${this.#output}`);
      }
      try {
        const status = (await askBox(this.dataDir, 'GET', '/status')) as BoxStatus;
        if (status.ready && status.pid === child.pid) return status;
      } catch (error) {
        if (!(error instanceof OperationError) && !isConnectionFault(error)) throw error;
      }
      await pause(POLL_MS);
    }
    throw new Error(`the box was not ready in time:\n${this.#output}`);
  }

  ask(
    method: 'GET' | 'POST',
    path: string,
    body?: Readonly<Record<string, unknown>>,
  ): Promise<unknown> {
    return askBox(this.dataDir, method, path, body);
  }

  /** Adds a merchant; returns its key. */
  async addMerchant(id: string): Promise<string> {
    const answer = await this.ask('POST', '/merchants', { id, name: `Merchant ${id}` });
    return (answer as MerchantWithKey).key;
  }

  get adminKey(): string {
    return readFileSync(join(this.dataDir, 'admin.key'), 'utf8').trim();
  }

  target(user: string, password: string): WireTarget {
    return { port: this.#port, user, password, database: 'pos' };
  }

  admin(): Promise<WireClient> {
    return WireClient.connect(this.target('admin', this.adminKey));
  }

  login(user: string, password: string): Promise<WireClient> {
    return WireClient.connect(this.target(user, password));
  }

  /** SIGKILL: the plug is pulled (what the kernel holds survives). */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM, and waits for an orderly end. Returns the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    if (this.#ownsDirectory) rmSync(this.dataDir, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) {
      return child?.exitCode ?? null;
    }
    return new Promise((resolve) => {
      child.once('exit', (code) => resolve(code));
      child.kill(signal);
    });
  }
}

function isConnectionFault(error: unknown): boolean {
  return ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'UND_ERR_SOCKET'].includes(
    String((error as { code?: unknown }).code),
  );
}
