/**
 * One login as a terminal would do it, from this machine to this machine: TCP, TLS, SCRAM, one statement. It
 * proves the way in; it does not prove the shop's network.
 *
 * The certificate is not judged by its dates or names, because a box's clock may stand in 1970: SCRAM with channel
 * binding proves that whoever holds the key's verifier is at the other end of this very TLS connection.
 */
import type { Client, CustomTypesConfig, QueryResult } from 'pg';
import { OperationError } from '../admin/operations.ts';
import { ADMIN_USER } from '../auth/directory.ts';
import { SQLSTATE } from '../errors.ts';
import { adminKeyPath, readAdminKey } from '../tenants/admin-key.ts';

export interface LocalLogin {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly msMax: number;
}

const DATABASE = 'pos';
const STATEMENT = 'SELECT count(*) AS merchants FROM merchants';
const INVALID_PASSWORD = SQLSTATE.invalid_password;
const NOT_FROM_HERE = SQLSTATE.invalid_authorization_specification;
/** Values as the box prints them. */
const AS_TEXT: CustomTypesConfig = { getTypeParser: () => (value: string) => value };
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Logs in as the administrator and asks one question. @throws OperationError with the cause and the mend */
export async function loginLocally(login: LocalLogin): Promise<{ readonly milliseconds: number }> {
  const begun = performance.now();
  const client = await localClient(login, 'helios-edge health-check');
  try {
    await ask(client, login);
    return { milliseconds: performance.now() - begun };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Runs a text of statements as the administrator. As in psql's `-c`: what stands in it is one transaction, unless
 * it says otherwise itself.
 * @throws OperationError when nobody can log in
 * @throws DatabaseError of `pg` for a statement that the box refuses
 */
export async function runLocally(login: LocalLogin, text: string): Promise<readonly QueryResult[]> {
  const client = await localClient(login, 'helios-edge sql');
  try {
    await connect(client, login);
    const answers: QueryResult | readonly QueryResult[] = await client.query({
      text,
      types: AS_TEXT,
    });
    return [answers].flat();
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Where this machine reaches a box that listens there. */
export function localAddress(listen: string): { readonly host: string; readonly port: number } {
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon);
  return { host: ANY_ADDRESS[host] ?? host, port: Number(listen.slice(colon + 1)) };
}

async function localClient(login: LocalLogin, name: string): Promise<Client> {
  const password = adminKey(login.dataDir);
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    host: login.host,
    port: login.port,
    user: ADMIN_USER,
    password,
    database: DATABASE,
    ssl: { rejectUnauthorized: false },
    enableChannelBinding: true,
    connectionTimeoutMillis: login.msMax,
    query_timeout: login.msMax,
    application_name: name,
  });
  // A connection that breaks while nothing is asked is told again by the next question.
  client.on('error', () => undefined);
  return client;
}

async function connect(client: Client, { host, port, dataDir }: LocalLogin): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    throw explain(error, `${host}:${port}`, dataDir);
  }
}

async function ask(client: Client, login: LocalLogin): Promise<void> {
  try {
    await connect(client, login);
  } catch (error) {
    // The administrator comes in by loopback only. A box that listens on one address of the LAN says so after TLS
    // and the start-up message: that far the way in is open, and no further can be asked without a merchant's key.
    if (!isLoopback(login.host) && codeOf((error as Error).cause) === NOT_FROM_HERE) return;
    throw error;
  }
  try {
    const { rows } = await client.query(STATEMENT);
    if (rows.length !== 1) throw new Error(`${rows.length} rows came instead of one`);
  } catch (error) {
    throw new OperationError(
      `logged in, but a statement failed: ${reasonOf(error)}; look at "helios-edge doctor"`,
      { cause: error },
    );
  }
}

function adminKey(dataDir: string): string {
  try {
    return readAdminKey(dataDir);
  } catch (cause) {
    throw new OperationError(
      `cannot read ${adminKeyPath(dataDir)}: run it as the box's user (helios) or as root`,
      { cause },
    );
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function explain(error: unknown, address: string, dataDir: string): OperationError {
  const code = codeOf(error);
  const cause = { cause: error };
  if (code === 'ECONNREFUSED') {
    return new OperationError(
      `nobody listens on ${address}: terminals cannot come in; check proxy.listen_addr and restart the box`,
      cause,
    );
  }
  if (code === INVALID_PASSWORD) {
    return new OperationError(
      `the box refuses the key in ${adminKeyPath(dataDir)}: it is read at the start only; restart the box`,
      cause,
    );
  }
  return new OperationError(
    `no login at ${address}: ${reasonOf(error)}; look at "helios-edge doctor"`,
    cause,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}
