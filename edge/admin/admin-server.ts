/**
 * The admin interface over HTTP: the two probes, the API, its OpenAPI document, and whatever pages are added.
 * It promises that a closed route tells a stranger nothing, not even whether what was asked for exists.
 */
import type { RequestListener } from 'node:http';
import { type FastifyDynamicSwaggerOptions, fastifySwagger } from '@fastify/swagger';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { LoginThrottle } from '../auth/login-throttle.ts';
import type { Clock } from '../clock.ts';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import type { TlsMaterial } from '../net/tls-material.ts';
import type { AdminKeyCheck } from '../tenants/admin-key.ts';
import { VERSION } from '../version.ts';
import { AdminGate } from './admin-gate.ts';
import { AdminSessions } from './admin-sessions.ts';
import { addApiRoutes } from './api-routes.ts';
import * as schema from './api-schemas.ts';
import { type HttpFront, startHttpFront } from './http-front.ts';
import { OperationError, type Operations } from './operations.ts';

export interface AdminServerOptions {
  readonly host: string;
  readonly port: number;
  readonly operations: Operations;
  readonly isKey: AdminKeyCheck;
  readonly tls: TlsMaterial;
  readonly clock: Clock;
  readonly log: Log;
  /** Adds pages; each route that strangers may have says `config: { isOpen: true }`. */
  readonly addPages?: (app: FastifyInstance) => void;
}

export interface AdminServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Conditions that are about what was asked for, and not about how. */
const STATUS_OF: Readonly<Record<string, number>> = {
  undefined_object: 404,
  duplicate_object: 409,
  unique_violation: 409,
  dependent_objects_still_exist: 409,
  object_not_in_prerequisite_state: 409,
  disk_full: 507,
};
const BAD_REQUEST = 400;
const CONFLICT = 409;
const INTERNAL = 500;

/** Opens the admin port. @throws Error EADDRINUSE, EACCES */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { isKey, clock } = options;
  const gate = new AdminGate({
    isKey,
    sessions: new AdminSessions(clock),
    throttle: new LoginThrottle(clock),
    log: options.log,
  });
  const app = await adminApp(options, gate);
  await app.ready();
  const handler: RequestListener = (request, response) => {
    gate.meet(request);
    app.routing(request, response);
  };
  const { host, port, tls, log } = options;
  let front: HttpFront;
  try {
    front = await startHttpFront({ host, port, tls, log, handler });
  } catch (error) {
    await app.close();
    throw error;
  }
  return {
    host: front.host,
    port: front.port,
    close: async () => {
      await app.close();
      await front.close();
    },
  };
}

async function adminApp(options: AdminServerOptions, gate: AdminGate): Promise<FastifyInstance> {
  const { operations, log } = options;
  const app = fastify({
    bodyLimit: LIMITS.adminBodyBytesMax,
    // The front's server takes the requests; this one never listens.
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  app.removeContentTypeParser('text/plain');
  answerErrors(app, log);
  gate.guard(app);
  await app.register(fastifySwagger, { openapi: DOCUMENT });
  app.after(() => {
    addProbes(app, operations);
    addApiRoutes(app, { operations, gate });
    options.addPages?.(app);
  });
  return app;
}

const DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'helios-edge admin interface',
    description: 'What can be asked of a box, and done to it, by whoever has its admin key.',
    version: VERSION,
  },
  components: {
    securitySchemes: {
      key: { type: 'http', scheme: 'bearer' },
      session: { type: 'apiKey', in: 'cookie', name: '__Host-helios_session' },
    },
  },
  security: [{ key: [] }, { session: [] }],
} satisfies FastifyDynamicSwaggerOptions['openapi'];

/** Answers for whoever watches the process: they tell nothing about merchants. */
function addProbes(app: FastifyInstance, operations: Operations): void {
  const probe = { isOpen: true, isPlain: true } as const;
  const state = schema.record({ status: schema.oneOf('ok', 'failed') });
  app.get(
    '/health',
    {
      config: probe,
      schema: {
        operationId: 'health',
        summary: 'Whether the process lives: its event loop turns and its store has not failed',
        tags: ['probes'],
        security: [],
        response: { 200: state, 503: state },
      },
    },
    async (_request, reply) => {
      if (operations.isAlive()) return { status: 'ok' };
      return reply.code(503).send({ status: 'failed' });
    },
  );
  app.get(
    '/ready',
    {
      config: probe,
      schema: {
        operationId: 'ready',
        summary: 'Whether terminals are served, and if not, why',
        tags: ['probes'],
        security: [],
        response: { 200: schema.readiness, 503: schema.readiness },
      },
    },
    async (_request, reply) => {
      const readiness = operations.readiness();
      return reply.code(readiness.ready ? 200 : 503).send(readiness);
    },
  );
}

function answerErrors(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({ error: 'there is nothing here' }),
  );
  app.setErrorHandler((error: FastifyError | EdgeError | OperationError, request, reply) => {
    const status = statusOf(error);
    if (status >= INTERNAL && !(error instanceof EdgeError)) {
      log.error({ err: error, url: request.routeOptions.url }, 'an admin request failed');
      return reply.code(status).send({ error: 'internal error: the log of the box says more' });
    }
    return reply.code(status).send({ error: error.message });
  });
}

function statusOf(error: FastifyError | EdgeError | OperationError): number {
  if (error instanceof OperationError) return CONFLICT;
  if (error instanceof EdgeError) return STATUS_OF[error.condition] ?? BAD_REQUEST;
  return error.statusCode ?? INTERNAL;
}
