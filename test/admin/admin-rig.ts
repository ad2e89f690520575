/**
 * A whole box in this process, with its admin interface on ports that the system chose, and an HTTP client that
 * takes the box's own certificate.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { type Appliance, openAppliance } from '../../edge/appliance.ts';
import { makeConfig } from '../../edge/config.ts';
import { type Log, silentLog } from '../../edge/log.ts';
import { readAdminKey } from '../../edge/tenants/admin-key.ts';
import { WireClient } from '../support/wire-client.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: unknown;
}

export interface Asking {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly tls?: boolean;
  /** With the admin key as a bearer token. */
  readonly key?: boolean;
  readonly host?: string;
}

export class AdminRig implements AsyncDisposable {
  readonly dataDir: string;
  readonly box: Appliance;
  readonly key: string;
  readonly port: number;
  readonly metrics: string | null;
  readonly #agent = new Agent({ connect: { rejectUnauthorized: false } });

  private constructor(dataDir: string, box: Appliance, admin: string, metrics: string | null) {
    this.dataDir = dataDir;
    this.box = box;
    this.key = readAdminKey(dataDir);
    this.port = Number(admin.slice(admin.lastIndexOf(':') + 1));
    this.metrics = metrics;
  }

  static async open(settings: readonly string[] = [], log: Log = silentLog): Promise<AdminRig> {
    const dataDir = mkdtempSync(join(tmpdir(), 'helios-admin-'));
    const ports = ['server.admin_port=0', 'monitoring.prometheus_port=0'];
    const config = makeConfig({
      dataDir,
      settings: ['proxy.listen_addr=127.0.0.1:0', ...ports, ...settings],
    });
    const box = await openAppliance({
      config,
      log,
      onFatal: (error) => {
        throw error;
      },
    });
    const { admin, metrics } = await box.operations.status();
    return new AdminRig(dataDir, box, admin ?? '', metrics);
  }

  async ask(path: string, asking: Asking = {}): Promise<Answer> {
    const { method = 'GET', headers = {}, body, tls = false, key = false, host } = asking;
    const answer = await request(
      `${tls ? 'https' : 'http'}://${host ?? '127.0.0.1'}:${this.port}${path}`,
      {
        method,
        dispatcher: this.#agent,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key ? { authorization: `Bearer ${this.key}` } : {}),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      },
    );
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: parsed(text) };
  }

  /** An API question with the key. */
  async get(path: string): Promise<unknown> {
    return (await this.ask(`/api/v1${path}`, { key: true })).json;
  }

  async post(path: string, body: unknown = {}): Promise<Answer> {
    return this.ask(`/api/v1${path}`, { method: 'POST', body, key: true });
  }

  login(user: string, password: string): Promise<WireClient> {
    const { port } = this.box.listen;
    return WireClient.connect({ port, user, password, database: 'pos' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.box.close();
    await this.#agent.destroy();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
