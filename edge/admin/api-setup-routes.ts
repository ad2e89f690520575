/**
 * The admin interface's routes for what is done to a box rarely: its claim, its backups, its updates.
 *
 * Whether a box waits to be claimed may be asked by anybody, and a claim is made with the code on the box's screen:
 * nobody has its key yet. Whose shop it is hear only those who are logged in.
 */
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { AdminGate } from './admin-gate.ts';
import { answers } from './api-answers.ts';
import * as schema from './api-schemas.ts';
import type { Operations } from './operations.ts';

const api = (path: string): string => `/api/v1${path}`;
const BINARY = 'application/octet-stream';

/** Adds the routes. */
export function addSetupRoutes(
  app: FastifyInstance,
  operations: Operations,
  gate: AdminGate,
): void {
  addClaimRoutes(app, operations, gate);
  addBackupRoutes(app, operations);
  addUpdateRoutes(app, operations);
}

function addClaimRoutes(app: FastifyInstance, operations: Operations, gate: AdminGate): void {
  const words = (operationId: string, summary: string) => ({ operationId, summary, tag: 'claim' });
  app.get(
    api('/claim'),
    {
      config: { isOpen: true },
      schema: answers(
        words(
          'claimStatus',
          'Whether this box waits to be claimed; to strangers no more than that',
        ),
        schema.claimStatus,
        { security: [] },
      ),
    },
    async (request) => {
      const status = await operations.claimStatus();
      if (gate.isIn(request)) return status;
      const { claimed, claimable } = status;
      return { claimed, claimable, shop: null, timeZone: null, claimedAt: null, source: null };
    },
  );
  app.post<{ Body: Readonly<Record<string, unknown>> }>(
    api('/claim'),
    {
      config: { isOpen: true },
      schema: answers(
        words('claim', "Make this box a shop's box, once, with the code on its screen"),
        schema.claimAnswer,
        { body: schema.claimRequest, security: [] },
      ),
    },
    async ({ body }, reply) => {
      if (!gate.isFromOwnPage(reply.request)) {
        return reply.code(403).send({ error: 'claim the box from its own page' });
      }
      const { code, ...request } = body;
      return operations.claim(request, { source: 'console', code: String(code) });
    },
  );
}

function addBackupRoutes(app: FastifyInstance, operations: Operations): void {
  const words = (operationId: string, summary: string) => ({
    operationId,
    summary,
    tag: 'backups',
  });
  app.get(
    api('/backups'),
    {
      schema: answers(
        words('backups', 'The backups that lie on the box, the newest first'),
        schema.listOf(schema.backupSummary),
      ),
    },
    () => operations.backups(),
  );
  app.post<{ Body: { readonly label?: string } }>(
    api('/backups'),
    {
      schema: answers(
        words('backup', 'Make a verified backup now, while the shop sells'),
        schema.backupResult,
        { body: schema.backupWish },
      ),
    },
    ({ body }) => operations.backup({ label: body.label }),
  );
}

function addUpdateRoutes(app: FastifyInstance, operations: Operations): void {
  const words = (operationId: string, summary: string) => ({ operationId, summary, tag: 'update' });
  // As it comes: a bundle is larger than the memory. The operation bounds and verifies it.
  app.addContentTypeParser(BINARY, (_request, payload, done) => done(null, payload));
  app.get(
    api('/update'),
    {
      schema: answers(
        words('updateStatus', 'What runs, and what became of the last update'),
        schema.updateStatus,
      ),
    },
    () => operations.updateStatus(),
  );
  app.post<{ Body: Readable }>(
    api('/update'),
    {
      schema: answers(
        words(
          'updateUpload',
          'Take an update bundle in; the box installs it by itself when it is genuine',
        ),
        schema.record({ version: schema.text }),
        { consumes: [BINARY] },
      ),
    },
    async ({ body, headers }, reply) => {
      if (headers['content-type'] !== BINARY) {
        return reply.code(415).send({ error: `send the bundle itself, as ${BINARY}` });
      }
      return operations.updateUpload(body);
    },
  );
}
