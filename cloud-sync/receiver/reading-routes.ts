/**
 * The cloud's side for people and programs: the ledger that reconciliation compares, rows, and edits of
 * shared tables. Plain JSON; what a device may not write it may not read either.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readName, readRecord, readText } from '../json-reader.ts';
import { SyncError } from '../sync-error.ts';
import { SYNC_LIMITS } from '../sync-limits.ts';
import type { Access } from './device-access.ts';
import { type ReceiverStore, StoreRequestError } from './store.ts';

type Merchants = ReadonlySet<string> | null;
type Handler = (request: FastifyRequest, merchants: Merchants) => Promise<unknown>;

const ROWS_DEFAULT = 1_000;
const ROWS_MAX = 100_000;
/** An audit compares everything; a table beyond this is compared by its ledger. */
const AUDIT_ROWS_MAX = 1_000_000;

function field(request: FastifyRequest, name: string): string {
  return readName(readRecord(request.query, 'query')[name], name, SYNC_LIMITS.nameCharsMax);
}

function optionalField(request: FastifyRequest, name: string): string | null {
  return readRecord(request.query, 'query')[name] === undefined ? null : field(request, name);
}

function mustAllow(merchants: Merchants, merchant: string): void {
  if (merchants !== null && !merchants.has(merchant)) {
    throw new StoreRequestError(`merchant "${merchant}" is not this device's`);
  }
}

function readTexts(value: unknown, where: string): Record<string, string | null> {
  const texts: Record<string, string | null> = {};
  for (const [name, item] of Object.entries(readRecord(value, where))) {
    texts[name] =
      item === null ? null : readText(item, `${where}.${name}`, SYNC_LIMITS.bodyBytesMax);
  }
  return texts;
}

function readKey(value: unknown): Record<string, string> {
  const key: Record<string, string> = {};
  for (const [name, item] of Object.entries(readRecord(value, 'key'))) {
    key[name] = readText(item, `key.${name}`, SYNC_LIMITS.keyCharsMax);
  }
  return key;
}

async function editRow(
  store: ReceiverStore,
  request: FastifyRequest,
  merchants: Merchants,
  isDelete: boolean,
): Promise<unknown> {
  const parameters = readRecord(request.params, 'path');
  const table = readName(parameters['table'], 'table', SYNC_LIMITS.nameCharsMax);
  const body = readRecord(request.body, 'body');
  const merchant = readName(body['merchant'], 'merchant', SYNC_LIMITS.nameCharsMax);
  mustAllow(merchants, merchant);
  const values = isDelete ? null : readTexts(body['values'], 'values');
  await store.edit(table, merchant, readKey(body['key']), values);
  return { ok: true };
}

/** Adds `/api/ledger` and `/api/rows/…`. */
export function registerReadingRoutes(
  app: FastifyInstance,
  store: ReceiverStore,
  access: (authorization: string | undefined) => Access,
): void {
  const guarded =
    (handler: Handler) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const granted = access(request.headers.authorization);
      if (granted.kind === 'unauthorized') return reply.code(401).send({ error: 'unknown token' });
      try {
        return reply.send(await handler(request, granted.merchants));
      } catch (error) {
        if (!(error instanceof StoreRequestError || error instanceof SyncError)) throw error;
        return reply.code(400).send({ error: error.message });
      }
    };
  app.get(
    '/api/ledger',
    guarded(async (request, merchants) => {
      const table = field(request, 'table');
      const column = field(request, 'column');
      const lines = await store.ledger(table, column);
      const shown = lines.filter(
        ({ merchant }) => merchants === null || (merchant !== null && merchants.has(merchant)),
      );
      return { table, column, merchants: shown };
    }),
  );
  app.get(
    '/api/rows',
    guarded(async (request, merchants) => {
      const table = field(request, 'table');
      const rows = await store.auditRows(table, AUDIT_ROWS_MAX);
      const mayRead = (merchant: string | null): boolean =>
        merchants === null || (merchant !== null && merchants.has(merchant));
      return { table, rows: rows.filter(({ merchant }) => mayRead(merchant)) };
    }),
  );
  app.get(
    '/api/rows/:table',
    guarded(async (request, merchants) => {
      const table = readName(
        readRecord(request.params, 'path')['table'],
        'table',
        SYNC_LIMITS.nameCharsMax,
      );
      const merchant = optionalField(request, 'merchant');
      if (merchants !== null) mustAllow(merchants, merchant ?? '');
      const limit = Number(optionalField(request, 'limit') ?? ROWS_DEFAULT);
      const rowsMax =
        Number.isInteger(limit) && limit > 0 ? Math.min(limit, ROWS_MAX) : ROWS_DEFAULT;
      return { table, rows: await store.rows(table, merchant, rowsMax) };
    }),
  );
  app.put(
    '/api/rows/:table',
    guarded((request, merchants) => editRow(store, request, merchants, false)),
  );
  app.delete(
    '/api/rows/:table',
    guarded((request, merchants) => editRow(store, request, merchants, true)),
  );
}
