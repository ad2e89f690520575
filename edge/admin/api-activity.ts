/**
 * The live sales as server-sent events: one message a second in which something was written, a comment now and
 * then so that a dead link is noticed.
 *
 * A watcher that does not take what it is sent is told nothing more until it has caught up, and is cut off
 * after a while: what is missed is missed, the stream is for looking at.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LIMITS } from '../limits.ts';
import type { ApiParts } from './api-routes.ts';
import * as schema from './api-schemas.ts';
import type { WriteCount } from './operations.ts';

const LOOK_MS = 5_000;
const REOPEN_MS = 3_000;

const STREAM = {
  operationId: 'activity',
  summary: 'Server-sent events: each second, what was written by merchant and table',
  tags: ['box'],
  response: {
    200: {
      description: 'Each event is a list of these',
      content: { 'text/event-stream': { schema: schema.listOf(schema.writeCount) } },
    },
    '4xx': schema.failure,
    '5xx': schema.failure,
  },
} as const;

/** Adds `GET /api/v1/activity`. */
export function activityStream(app: FastifyInstance, { operations, gate }: ApiParts): void {
  const watchers = new Set<ServerResponse>();
  app.get('/api/v1/activity', { schema: STREAM }, (request: FastifyRequest, reply) => {
    if (watchers.size >= LIMITS.activityWatchersMax) {
      reply.code(429).send({ error: 'too many pages watch the sales already: close some' });
      return;
    }
    reply.hijack();
    const { raw } = reply;
    watchers.add(raw);
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream',
      // Proxies must not gather it.
      'x-accel-buffering': 'no',
    });
    raw.write(`retry: ${REOPEN_MS}\n\n`);
    const stop = operations.watchActivity((counts) => tell(raw, counts));
    let takenAtMs = performance.now();
    const look = setInterval(() => {
      if (raw.writableLength <= LIMITS.activityBacklogBytesMax) takenAtMs = performance.now();
      const isDeaf = performance.now() - takenAtMs > LIMITS.deafWatcherMsMax;
      if (isDeaf || !gate.isIn(request)) raw.destroy();
      else if (raw.writableLength === 0) raw.write(': still here\n\n');
    }, LOOK_MS);
    raw.on('error', () => raw.destroy());
    raw.on('close', () => {
      clearInterval(look);
      stop();
      watchers.delete(raw);
    });
  });
  app.addHook('onClose', async () => {
    for (const raw of watchers) raw.destroy();
  });
}

function tell(raw: ServerResponse, counts: readonly WriteCount[]): void {
  if (raw.writableLength > LIMITS.activityBacklogBytesMax) return;
  raw.write(`data: ${JSON.stringify(counts)}\n\n`);
}
