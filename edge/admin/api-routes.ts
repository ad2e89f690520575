/**
 * The admin interface's routes, `/api/v1/…`: one for each operation, with the schemas of what it takes and
 * answers. Refusals are `{ error }` with a text that names the cause and the mend.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AdminGate } from './admin-gate.ts';
import { activityStream } from './api-activity.ts';
import { answers, REFUSALS, type RouteWords } from './api-answers.ts';
import * as schema from './api-schemas.ts';
import { addSetupRoutes } from './api-setup-routes.ts';
import type { Operations } from './operations.ts';

export interface ApiParts {
  readonly operations: Operations;
  readonly gate: AdminGate;
}

const api = (path: string): string => `/api/v1${path}`;

/** Adds every route of the interface. */
export function addApiRoutes(app: FastifyInstance, parts: ApiParts): void {
  addSessionRoutes(app, parts.gate);
  addLookRoutes(app, parts.operations);
  addMerchantRoutes(app, parts.operations);
  addSyncRoutes(app, parts.operations);
  activityStream(app, parts);
  addFileRoutes(app, parts.operations);
  addSetupRoutes(app, parts.operations, parts.gate);
}

function addSessionRoutes(app: FastifyInstance, gate: AdminGate): void {
  const login = answers(
    {
      operationId: 'login',
      summary: 'Exchange the admin key for a session cookie',
      tag: 'session',
    },
    schema.nothing,
    {
      body: schema.record({ key: { type: 'string', minLength: 1, maxLength: 512 } }),
      security: [],
    },
  );
  app.post<{ Body: { key: string } }>(
    api('/login'),
    { schema: login, config: { isOpen: true } },
    async (request, reply) => {
      if (await gate.login(request.body.key, request, reply)) return {};
      return reply;
    },
  );
  const logout = answers(
    { operationId: 'logout', summary: 'End the session of this cookie', tag: 'session' },
    schema.nothing,
  );
  app.post(api('/logout'), { schema: logout }, async (request, reply) => {
    gate.logout(request, reply);
    return {};
  });
}

/** Questions that change nothing. */
function addLookRoutes(app: FastifyInstance, operations: Operations): void {
  const look = (
    path: string,
    words: Omit<RouteWords, 'tag'>,
    answer: schema.Schema,
    ask: () => unknown,
  ) => app.get(api(path), { schema: answers({ ...words, tag: 'box' }, answer) }, () => ask());
  look(
    '/status',
    { operationId: 'status', summary: 'What the box is doing' },
    schema.boxStatus,
    () => operations.status(),
  );
  look(
    '/terminals',
    { operationId: 'terminals', summary: 'Connections that are logged in' },
    schema.listOf(schema.terminal),
    () => operations.terminals(),
  );
  look(
    '/device',
    { operationId: 'device', summary: 'The machine: temperature, disk, memory, network, clock' },
    schema.deviceHealth,
    () => operations.device(),
  );
  look(
    '/doctor',
    { operationId: 'doctor', summary: 'What is wrong, what it means, what to do; the worst first' },
    schema.listOf(schema.finding),
    () => operations.diagnose(),
  );
}

function addMerchantRoutes(app: FastifyInstance, operations: Operations): void {
  const words = (operationId: string, summary: string) => ({
    operationId,
    summary,
    tag: 'merchants',
  });
  app.get(
    api('/merchants'),
    {
      schema: answers(
        words('merchantList', 'The merchants of this box'),
        schema.listOf(schema.merchant),
      ),
    },
    () => operations.merchantList(),
  );
  app.post<{ Body: Parameters<Operations['merchantAdd']>[0] }>(
    api('/merchants'),
    {
      schema: answers(
        words('merchantAdd', 'Add a merchant; its key is shown this once'),
        schema.merchantWithKey,
        { body: schema.newMerchant },
      ),
    },
    ({ body }) => operations.merchantAdd(body),
  );
  app.post<{ Params: { id: string } }>(
    api('/merchants/:id/rotate-key'),
    {
      schema: answers(
        words('merchantRotateKey', 'Give a merchant a new key; the old ones stop working'),
        schema.merchantWithKey,
        { params: schema.merchantPath },
      ),
    },
    ({ params }) => operations.merchantRotateKey(params.id),
  );
  const act = (
    method: 'POST' | 'DELETE',
    path: string,
    spoken: RouteWords,
    run: (id: string) => Promise<void>,
  ) =>
    app.route<{ Params: { id: string } }>({
      method,
      url: api(path),
      schema: answers(spoken, schema.nothing, { params: schema.merchantPath }),
      handler: async ({ params }) => {
        await run(params.id);
        return {};
      },
    });
  act('POST', '/merchants/:id/suspend', words('merchantSuspend', 'Refuse a merchant'), (id) =>
    operations.merchantSuspend(id),
  );
  act('POST', '/merchants/:id/resume', words('merchantResume', 'Let a merchant in again'), (id) =>
    operations.merchantResume(id),
  );
  act('DELETE', '/merchants/:id', words('merchantRemove', 'Remove a merchant without rows'), (id) =>
    operations.merchantRemove(id),
  );
}

function addSyncRoutes(app: FastifyInstance, operations: Operations): void {
  const words = (operationId: string, summary: string) => ({ operationId, summary, tag: 'sync' });
  app.get(
    api('/sync'),
    { schema: answers(words('syncStatus', 'What waits for the cloud'), schema.syncStatus) },
    () => operations.syncStatus(),
  );
  const turn = (path: string, spoken: RouteWords, run: () => Promise<unknown>) =>
    app.post(api(path), { schema: answers(spoken, schema.syncStatus) }, () => run());
  turn('/sync/now', words('syncNow', 'Send what waits, now'), () => operations.syncNow());
  turn('/sync/pause', words('syncPause', 'Stop sending until resumed'), () =>
    operations.syncPause(),
  );
  turn('/sync/resume', words('syncResume', 'Send again'), () => operations.syncResume());
  app.get(
    api('/sync/rejected'),
    {
      schema: answers(
        words('syncRejected', 'Rows that the cloud refused, with its reasons'),
        schema.listOf(schema.rejectedRow),
      ),
    },
    () => operations.syncRejected(),
  );
  app.post<{ Params: { id: string } }>(
    api('/sync/rejected/:id/retry'),
    {
      schema: answers(
        words('syncRetry', 'Send a rejected row again'),
        schema.record({ rows: schema.count }),
        { params: schema.rowPath },
      ),
    },
    ({ params }) => operations.syncRetry(Number(params.id)),
  );
  app.post<{ Params: { id: string } }>(
    api('/sync/rejected/:id/discard'),
    {
      schema: answers(
        words('syncDiscard', 'Give a rejected row up: it will not reach the cloud'),
        schema.nothing,
        { params: schema.rowPath },
      ),
    },
    async ({ params }) => {
      await operations.syncDiscard(Number(params.id));
      return {};
    },
  );
}

function addFileRoutes(app: FastifyInstance, operations: Operations): void {
  const schemaOfBundle = {
    operationId: 'supportBundle',
    summary: 'A gzipped tar for whoever helps from afar, without secrets',
    tags: ['box'],
    produces: ['application/gzip'],
    response: {
      200: { content: { 'application/gzip': { schema: { type: 'string', format: 'binary' } } } },
      ...REFUSALS,
    },
  };
  app.get(
    api('/support-bundle'),
    { schema: schemaOfBundle },
    async (_request: FastifyRequest, reply: FastifyReply) => {
      const bundle = await operations.supportBundle();
      return reply
        .type('application/gzip')
        .header('content-disposition', 'attachment; filename="helios-edge-support.tar.gz"')
        .send(bundle);
    },
  );
  app.get(
    api('/openapi.json'),
    {
      schema: answers(
        { operationId: 'openapi', summary: 'This description', tag: 'box' },
        { type: 'object', additionalProperties: true },
      ),
    },
    async () => app.swagger(),
  );
}
