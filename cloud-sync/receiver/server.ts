/**
 * The reference cloud endpoint: fastify in front of a `ReceiverStore`.
 *
 * `POST /api/sync` answers 200 only after the commit. Every answer of ours, refusals too, bears our content
 * type and magic field, so that a box can tell it from what a portal or proxy says. It does not
 * terminate TLS: put a reverse proxy in front of it.
 */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Clock, systemClock } from '../../edge/clock.ts';
import { type Log, silentLog } from '../../edge/log.ts';
import { encodeAnswer, encodeRefusal } from '../answer-codec.ts';
import { chooseEncoding, compress, decompress } from '../compression.ts';
import { CONTENT_TYPE, type RefusalCode, type SyncRequest } from '../protocol.ts';
import { decodeRequest } from '../request-codec.ts';
import { SyncError } from '../sync-error.ts';
import { SYNC_LIMITS } from '../sync-limits.ts';
import { type Access, type Device, makeAccess } from './device-access.ts';
import { registerReadingRoutes } from './reading-routes.ts';
import type { RowRule } from './row-check.ts';
import { openPglite, openPostgres } from './sql-database.ts';
import { isPassing, openStore, type ReceiverStore } from './store.ts';
import { Turnstile } from './turnstile.ts';

export interface ReceiverOptions {
  readonly host?: string;
  /** 0: chosen by the system. */
  readonly port?: number;
  /** PostgreSQL to store in; absent: PGlite. */
  readonly databaseUrl?: string;
  /** Directory of PGlite; absent: in memory. */
  readonly dataDir?: string;
  /** Who may connect; none: everyone. */
  readonly devices?: readonly Device[];
  /** The owner's rule over single rows. */
  readonly rule?: RowRule;
  readonly clock?: Clock;
  readonly log?: Log;
}

export interface Receiver {
  /** `http://127.0.0.1:12345` */
  readonly url: string;
  /** What a box's `sync_endpoint` must be. */
  readonly endpoint: string;
  readonly store: ReceiverStore;
  close(): Promise<void>;
}

const STATUS: Readonly<Record<RefusalCode, number>> = {
  unauthorized: 401,
  forbidden: 403,
  unsupported_protocol: 426,
  malformed: 400,
  batch_refused: 422,
  too_large: 413,
  busy: 503,
  internal: 500,
};

interface Refused {
  readonly batch: string | null;
  readonly code: RefusalCode;
  readonly text: string;
}

async function sendTyped(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  body: Uint8Array,
): Promise<FastifyReply> {
  const encoding = chooseEncoding(request.headers['accept-encoding']);
  const packed = await compress(body, encoding);
  reply.code(status).header('content-type', CONTENT_TYPE).header('cache-control', 'no-store');
  if (encoding !== 'identity') reply.header('content-encoding', encoding);
  return reply.send(Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength));
}

function refuse(request: FastifyRequest, reply: FastifyReply, why: Refused): Promise<FastifyReply> {
  return sendTyped(request, reply, STATUS[why.code], encodeRefusal(why.batch, why.code, why.text));
}

/** The batch id of a body that does not read as a whole, so that its sender can find the row at fault. */
function batchOf(body: Uint8Array): string | null {
  const match = /"batch":"([0-9a-f-]{36})"/.exec(Buffer.from(body).toString('latin1'));
  return match?.[1] ?? null;
}

const DECODE_CODES: Readonly<Partial<Record<SyncError['code'], RefusalCode>>> = {
  SYNC_TOO_LARGE: 'too_large',
  SYNC_PROTOCOL: 'unsupported_protocol',
};

async function readBody(
  request: FastifyRequest,
): Promise<{ readonly batch: SyncRequest } | { readonly refused: Refused }> {
  let body: Uint8Array = new Uint8Array(0);
  try {
    const encoding = String(request.headers['content-encoding'] ?? '');
    body = await decompress(request.body as Buffer, encoding, SYNC_LIMITS.bodyBytesMax);
    return { batch: decodeRequest(body) };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    const code = DECODE_CODES[error.code] ?? 'malformed';
    const batch = code === 'malformed' ? batchOf(body) : null;
    return { refused: { batch, code, text: error.message } };
  }
}

function syncHandler(
  store: ReceiverStore,
  access: (authorization: string | undefined) => Access,
  log: Log,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const turnstile = new Turnstile(SYNC_LIMITS.receiverConcurrencyMax, SYNC_LIMITS.receiverQueueMax);
  return async (request, reply) => {
    const granted = access(request.headers.authorization);
    if (granted.kind === 'unauthorized') {
      return refuse(request, reply, { batch: null, code: 'unauthorized', text: 'unknown token' });
    }
    const read = await readBody(request);
    if ('refused' in read) return refuse(request, reply, read.refused);
    const { batch } = read;
    if (granted.box !== null && granted.box !== batch.box) {
      const text = 'this token belongs to another box';
      return refuse(request, reply, { batch: batch.batch, code: 'forbidden', text });
    }
    try {
      const answer = await turnstile.pass(() => store.apply(batch, granted.merchants));
      return await sendTyped(request, reply, 200, encodeAnswer(answer));
    } catch (error) {
      const code: RefusalCode = isPassing(error) ? 'busy' : 'internal';
      log.error({ err: error, box: batch.box, batch: batch.batch }, 'batch failed');
      return refuse(request, reply, { batch: batch.batch, code, text: 'the batch was not stored' });
    }
  };
}

function makeApp(store: ReceiverStore, options: ReceiverOptions, log: Log): FastifyInstance {
  const app = fastify({ bodyLimit: SYNC_LIMITS.requestBytesMax, forceCloseConnections: true });
  app.addContentTypeParser(CONTENT_TYPE, { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error }, 'request failed');
    const code: RefusalCode =
      status === 413 ? 'too_large' : status < 500 ? 'malformed' : 'internal';
    return refuse(request, reply, {
      batch: null,
      code,
      text: status < 500 ? error.message : 'failed',
    });
  });
  const access = makeAccess(options.devices ?? []);
  app.post('/api/sync', syncHandler(store, access, log));
  app.get('/health', () => ({ status: 'ok' }));
  registerReadingRoutes(app, store, access);
  return app;
}

/** Opens the store and listens. */
export async function createReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const log = options.log ?? silentLog;
  const database =
    options.databaseUrl === undefined
      ? await openPglite(options.dataDir ?? null)
      : await openPostgres(options.databaseUrl);
  const store = await openStore(database, {
    clock: options.clock ?? systemClock,
    rule: options.rule ?? null,
  });
  const app = makeApp(store, options, log);
  try {
    const url = await app.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
    return {
      url,
      endpoint: `${url}/api/sync`,
      store,
      close: async () => {
        await app.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
