/**
 * Where the control socket lies, and the HTTP routes that it and the admin listener serve.
 *
 * The socket is the box's own (mode 0600): whoever may open it is the administrator. The admin
 * listener serves only `/health` and `/ready`, which tell nothing about merchants.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { EdgeError } from '../errors.ts';
import { OperationError, type Operations } from './operations.ts';

/** sun_path of a Unix socket address holds 108 bytes with its terminating zero. */
const SOCKET_PATH_BYTES_MAX = 107;

/** In the data directory, or under /run (else the temporary directory) where that path is too long. */
export function controlSocketPath(dataDir: string): string {
  const near = join(dataDir, 'control.sock');
  if (Buffer.byteLength(near) <= SOCKET_PATH_BYTES_MAX) return near;
  const name = `helios-edge-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}.sock`;
  return join(existsSync('/run') ? '/run' : tmpdir(), name);
}

export interface ControlServer {
  readonly path: string;
  close(): Promise<void>;
}

/** Starts the control socket. A socket file left by a dead box is replaced. */
export async function startControlSocket(
  dataDir: string,
  operations: Operations,
): Promise<ControlServer> {
  const path = controlSocketPath(dataDir);
  rmSync(path, { force: true });
  const app = controlRoutes(operations);
  await app.listen({ path });
  chmodSync(path, 0o600);
  return {
    path,
    close: async () => {
      await app.close();
      rmSync(path, { force: true });
    },
  };
}

/** Starts `/health` and `/ready` on the admin port. Returns the address. */
export async function startHealthListener(
  host: string,
  port: number,
  ready: () => boolean,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const app = fastify();
  app.get('/health', async () => ({ status: 'ok' }));
  app.get('/ready', async (_request, reply) => {
    if (!ready()) reply.code(503);
    return { ready: ready() };
  });
  const url = await app.listen({ host, port });
  return { url, close: () => app.close() };
}

function controlRoutes(operations: Operations): FastifyInstance {
  const app = fastify();
  app.setErrorHandler((error, _request, reply) => {
    const known = error instanceof OperationError || error instanceof EdgeError;
    const message = error instanceof Error ? error.message : String(error);
    reply.code(known ? 400 : 500).send({ error: message });
  });
  app.get('/status', () => operations.status());
  app.get('/merchants', () => operations.merchantList());
  app.post('/merchants', ({ body }) =>
    operations.merchantAdd({
      id: requiredText(body, 'id'),
      name: requiredText(body, 'name'),
      key: optionalText(body, 'key'),
      tier: optionalText(body, 'tier'),
      location: optionalText(body, 'location'),
    }),
  );
  app.post('/merchants/rotate-key', ({ body }) =>
    operations.merchantRotateKey(requiredText(body, 'id')),
  );
  app.post('/merchants/suspend', async ({ body }) => {
    await operations.merchantSuspend(requiredText(body, 'id'));
    return {};
  });
  app.post('/merchants/remove', async ({ body }) => {
    await operations.merchantRemove(requiredText(body, 'id'));
    return {};
  });
  app.get('/sync', () => operations.syncStatus());
  app.post('/sync/now', () => operations.syncNow());
  app.post('/sync/pause', () => operations.syncPause());
  app.post('/sync/resume', () => operations.syncResume());
  app.get('/sync/rejected', () => operations.syncRejected());
  app.post('/sync/retry', ({ body }) => operations.syncRetry(optionalNumber(body, 'id')));
  app.post('/sync/discard', async ({ body }) => {
    const id = optionalNumber(body, 'id');
    if (id === null) throw new OperationError('id is missing');
    await operations.syncDiscard(id);
    return {};
  });
  return app;
}

function optionalText(body: unknown, field: string): string | undefined {
  const value = (body as Readonly<Record<string, unknown>> | null)?.[field];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new OperationError(`${field} must be a text`);
  return value;
}

function optionalNumber(body: unknown, field: string): number | null {
  const value = (body as Readonly<Record<string, unknown>> | null)?.[field];
  if (value === undefined || value === null) return null;
  if (!Number.isSafeInteger(value)) throw new OperationError(`${field} must be a whole number`);
  return Number(value);
}

function requiredText(body: unknown, field: string): string {
  const value = optionalText(body, field);
  if (value === undefined || value === '') throw new OperationError(`${field} is missing`);
  return value;
}
