/**
 * A listener with fake sessions and two merchants, and a raw client that says bytes and collects answers.
 */
import { mkdtempSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credential, CredentialDirectory } from '../../edge/auth/directory.ts';
import { SCRAM_ITERATIONS, unknownCredential } from '../../edge/auth/directory.ts';
import { LoginThrottle } from '../../edge/auth/login-throttle.ts';
import { makeVerifier } from '../../edge/auth/scram.ts';
import { systemClock } from '../../edge/clock.ts';
import { silentLog } from '../../edge/log.ts';
import type { ConnectionContext } from '../../edge/net/connection.ts';
import { ConnectionRegistry } from '../../edge/net/connection-registry.ts';
import { Listener } from '../../edge/net/listener.ts';
import type { LoginPolicy } from '../../edge/net/login.ts';
import { loadTlsMaterial } from '../../edge/net/tls-material.ts';
import { FakeSession } from './fake-session.ts';

export const KEY = 'k-0123456789abcdef0123456789abcdef';
export const directory: CredentialDirectory = {
  lookup: (name) => credentials.get(name) ?? unknownCredential(SECRET, name),
};
const SECRET = new Uint8Array(32).fill(7);
const SALT = new Uint8Array(16).fill(3);

const credentials = new Map<string, Credential>();
for (const [name, role, suspended] of [
  ['acme', 'merchant', false],
  ['bob', 'merchant', false],
  ['closed', 'merchant', true],
  ['admin', 'admin', false],
] as const) {
  credentials.set(name, {
    known: true,
    merchant: role === 'admin' ? null : name,
    role,
    salt: SALT,
    iterations: SCRAM_ITERATIONS,
    keys: [
      { name: 'old', ...makeVerifier('another key', SALT, SCRAM_ITERATIONS) },
      { name: 'first', ...makeVerifier(KEY, SALT, SCRAM_ITERATIONS) },
    ],
    suspended,
  });
}

export interface Box extends AsyncDisposable {
  readonly port: number;
  readonly dir: string;
  readonly socketDir: string;
  readonly registry: ConnectionRegistry;
  readonly sessions: FakeSession[];
  readonly certificatePem: string;
  readonly listener: Listener;
}

export interface BoxOptions {
  readonly policy?: Partial<LoginPolicy>;
  readonly maxClients?: number;
  readonly loginMsMax?: number;
}

export async function startBox(options: BoxOptions = {}): Promise<Box> {
  const dir = mkdtempSync(join(tmpdir(), 'helios-net-'));
  const tls = await loadTlsMaterial({ dataDir: dir, certFile: null, keyFile: null, names: [] });
  const registry = new ConnectionRegistry(options.maxClients ?? 100);
  const sessions: FakeSession[] = [];
  const context: ConnectionContext = {
    policy: {
      directory,
      mode: 'api_key',
      tokens: null,
      isTlsRequired: false,
      database: 'pos',
      ...options.policy,
    },
    tls,
    registry,
    throttle: new LoginThrottle(systemClock),
    createSession: (login, output) => {
      const session = new FakeSession(login, output);
      sessions.push(session);
      return session;
    },
    clock: systemClock,
    log: silentLog,
    onLogin: () => undefined,
    loginMsMax: options.loginMsMax ?? 10_000,
  };
  const listener = new Listener(context);
  const { port } = await listener.listenTcp({ host: '127.0.0.1', port: 0 });
  await listener.listenUnix(join(dir, '.s.PGSQL.5432'));
  return {
    port,
    dir,
    socketDir: dir,
    registry,
    sessions,
    certificatePem: tls.certificatePem,
    listener,
    [Symbol.asyncDispose]: () => listener.stop(100),
  };
}

/** Bytes said and bytes heard on one socket. */
export class RawClient {
  readonly socket: Socket;
  /** False: bytes are counted and thrown away. */
  isKeeping = true;
  bytesHeard = 0;
  #heard = Buffer.alloc(0);
  #isEnded = false;
  #wake: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.bytesHeard += chunk.length;
      if (this.isKeeping) this.#heard = Buffer.concat([this.#heard, chunk]);
      this.#signal();
    });
    const end = (): void => {
      this.#isEnded = true;
      this.#signal();
    };
    socket.on('end', end);
    socket.on('close', end);
    socket.on('error', end);
  }

  static to(port: number): RawClient {
    return new RawClient(connect({ port, host: '127.0.0.1', noDelay: true }));
  }

  say(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Everything heard until the server hangs up. */
  async untilEnd(): Promise<Buffer> {
    while (!this.#isEnded) await this.#wake.promise;
    return this.#heard;
  }

  /** Everything heard so far, once the test is content with it. */
  async until(isEnough: (heard: Buffer) => boolean): Promise<Buffer> {
    while (!isEnough(this.#heard)) {
      if (this.#isEnded) throw new Error(`hung up after: ${this.#heard.toString('latin1')}`);
      await this.#wake.promise;
    }
    return this.#heard;
  }

  /** Forgets what was heard. */
  forget(): void {
    this.#heard = Buffer.alloc(0);
  }

  get heard(): Buffer {
    return this.#heard;
  }

  end(): void {
    this.socket.destroy();
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = Promise.withResolvers();
    wake.resolve();
  }
}
