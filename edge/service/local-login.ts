/**
 * One login as a terminal would do it, from this machine to this machine: TCP, TLS, SCRAM, one statement. It
 * proves the way in; it does not prove the shop's network.
 *
 * The certificate is not judged by its dates or names, because a box's clock may stand in 1970: SCRAM with channel
 * binding proves that whoever holds the key's verifier is at the other end of this very TLS connection.
 */
import type { Client } from 'pg';
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

/** Logs in as the administrator and asks one question. @throws OperationError with the cause and the mend */
export async function loginLocally(login: LocalLogin): Promise<{ readonly milliseconds: number }> {
  const begun = performance.now();
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
    application_name: 'helios-edge health-check',
  });
  // A connection that breaks while nothing is asked is told again by the next question.
  client.on('error', () => undefined);
  try {
    await ask(client, login);
    return { milliseconds: performance.now() - begun };
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function ask(client: Client, { host, port, dataDir }: LocalLogin): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    // The administrator comes in by loopback only. A box that listens on one address of the LAN says so after TLS
    // and the start-up message: that far the way in is open, and no further can be asked without a merchant's key.
    if (!isLoopback(host) && (error as { code?: unknown }).code === NOT_FROM_HERE) return;
    throw explain(error, `${host}:${port}`, dataDir);
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
  const { code } = error as { code?: unknown };
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
