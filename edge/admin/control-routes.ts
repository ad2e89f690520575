/**
 * What the control socket answers: one route for each operation, in the order of `Operations`. Each group
 * of operations adds its routes in a function of its own.
 */
import fastify, { type FastifyInstance } from 'fastify';
import { EdgeError } from '../errors.ts';
import { OperationError, type Operations } from './operations.ts';
import { optionalNumber, optionalText, requiredText } from './request-fields.ts';

/** The control socket's HTTP server, not yet listening. */
export function controlRoutes(operations: Operations): FastifyInstance {
  const app = fastify();
  app.setErrorHandler((error, _request, reply) => {
    const known = error instanceof OperationError || error instanceof EdgeError;
    const message = error instanceof Error ? error.message : String(error);
    reply.code(known ? 400 : 500).send({ error: message });
  });
  app.get('/status', () => operations.status());
  app.post('/self-test', () => operations.selfTest());
  lookRoutes(app, operations);
  merchantRoutes(app, operations);
  setupRoutes(app, operations);
  syncRoutes(app, operations);
  backupRoutes(app, operations);
  return app;
}

function lookRoutes(app: FastifyInstance, operations: Operations): void {
  app.get('/terminals', () => operations.terminals());
  app.get('/device', () => operations.device());
  app.get('/doctor', () => operations.diagnose());
  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain').send(await operations.metrics()),
  );
  app.get('/support-bundle', async (_request, reply) =>
    reply.type('application/gzip').send(await operations.supportBundle()),
  );
}

function merchantRoutes(app: FastifyInstance, operations: Operations): void {
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
  app.post('/merchants/resume', async ({ body }) => {
    await operations.merchantResume(requiredText(body, 'id'));
    return {};
  });
  app.post('/merchants/remove', async ({ body }) => {
    await operations.merchantRemove(requiredText(body, 'id'));
    return {};
  });
}

function setupRoutes(app: FastifyInstance, operations: Operations): void {
  app.post('/merchants/import', ({ body }) =>
    operations.merchantImport((body as { merchants?: unknown } | null)?.merchants),
  );
  app.get('/claim', () => operations.claimStatus());
  app.post('/claim', ({ body }) => {
    const { request, source } = (body ?? {}) as { request?: unknown; source?: unknown };
    return operations.claim(request, { source: source === 'usb' ? 'usb' : 'file' });
  });
  app.post('/claim/reset', () => operations.claimReset());
  app.get('/update', () => operations.updateStatus());
}

function syncRoutes(app: FastifyInstance, operations: Operations): void {
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
}

function backupRoutes(app: FastifyInstance, operations: Operations): void {
  app.get('/backups', () => operations.backups());
  app.post('/backup', ({ body }) =>
    operations.backup({ target: optionalText(body, 'target'), label: optionalText(body, 'label') }),
  );
  app.post('/check', ({ body }) =>
    operations.check({ deep: optionalText(body, 'depth') === 'deep' }),
  );
}
