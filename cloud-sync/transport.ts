/**
 * One exchange with the cloud: POST, time-limited and size-limited, and the verdict on what came back.
 *
 * Only an answer of a receiver counts: our content type, our magic field, the echo of this batch's random
 * id, the digest of its row versions. A captive portal's page, a redirect, a proxy's error and a truncated body
 * all mean "offline": they never clear, never set aside and never apply anything. Redirects are not
 * followed: a portal uses them, a receiver does not.
 */
import type { Agent, Dispatcher } from 'undici';
import { decodeAnswer, decodeRefusal } from './answer-codec.ts';
import { ACCEPTED_ENCODINGS, compress, decompress, PREFERRED_ENCODING } from './compression.ts';
import { CONTENT_TYPE, type SyncAnswer, type SyncRequest } from './protocol.ts';
import { encodeRequest } from './request-codec.ts';
import { SyncError } from './sync-error.ts';
import { SYNC_LIMITS } from './sync-limits.ts';

export interface TransportSettings {
  readonly endpoint: string;
  /** Bearer token, or null. */
  readonly token: string | null;
  readonly requestMsMax: number;
}

/** Bodies that went over the line, without HTTP headers. */
export interface TransferCounters {
  readonly requests: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** The worker's way to the cloud; tests put their own in its place. */
export interface Transport {
  /** @throws SyncError */
  exchange(request: SyncRequest, signal: AbortSignal): Promise<SyncAnswer>;
  counters(): TransferCounters;
  close(): Promise<void>;
}

interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** `undici` over a small pool of kept connections; loaded at the first exchange, after the terminals are served. */
export class HttpTransport implements Transport {
  readonly #settings: TransportSettings;
  #agent: Agent | null = null;
  #requests = 0;
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(settings: TransportSettings) {
    this.#settings = settings;
  }

  async exchange(request: SyncRequest, signal: AbortSignal): Promise<SyncAnswer> {
    const body = await compress(encodeRequest(request), PREFERRED_ENCODING);
    const answer = await this.#post(body, signal);
    return judgeAnswer(answer, request);
  }

  counters(): TransferCounters {
    return {
      requests: this.#requests,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
    };
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
  }

  async #post(body: Uint8Array, signal: AbortSignal): Promise<RawAnswer> {
    const { endpoint, token, requestMsMax } = this.#settings;
    this.#requests += 1;
    this.#bytesSent += body.byteLength;
    const undici = await import('undici');
    this.#agent ??= new undici.Agent(agentOptions(requestMsMax));
    try {
      const response = await undici.request(endpoint, {
        dispatcher: this.#agent,
        method: 'POST',
        headers: {
          'content-type': CONTENT_TYPE,
          'content-encoding': PREFERRED_ENCODING,
          accept: CONTENT_TYPE,
          'accept-encoding': ACCEPTED_ENCODINGS,
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(requestMsMax)]),
      });
      return await this.#read(response);
    } catch (cause) {
      if (cause instanceof SyncError) throw cause;
      throw new SyncError('SYNC_OFFLINE', offlineText(cause), { cause });
    }
  }

  async #read(response: Dispatcher.ResponseData): Promise<RawAnswer> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body) {
      length += (chunk as Uint8Array).byteLength;
      if (length > SYNC_LIMITS.answerBytesMax) {
        response.body.destroy();
        throw new SyncError('SYNC_OFFLINE', 'the answer is too large to be a receiver’s');
      }
      chunks.push(chunk as Uint8Array);
    }
    this.#bytesReceived += length;
    const contentType = oneHeader(response.headers['content-type']);
    const raw = Buffer.concat(chunks, length);
    if (!isOurs(contentType)) return { status: response.statusCode, contentType, body: raw };
    const encoding = oneHeader(response.headers['content-encoding']);
    const body = await decompress(raw, encoding, SYNC_LIMITS.answerBytesMax);
    return { status: response.statusCode, contentType, body };
  }
}

function agentOptions(requestMsMax: number): Agent.Options {
  return {
    connect: {
      timeout: Math.min(SYNC_LIMITS.connectMsMax, requestMsMax),
      keepAlive: true,
      keepAliveInitialDelay: 25_000,
    },
    connections: 2,
    headersTimeout: requestMsMax,
    bodyTimeout: requestMsMax,
    keepAliveTimeout: 10_000,
  };
}

function oneHeader(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

function isOurs(contentType: string): boolean {
  return contentType.split(';')[0]?.trim().toLowerCase() === CONTENT_TYPE;
}

function offlineText(cause: unknown): string {
  if (!(cause instanceof Error)) return 'the cloud does not answer';
  if (cause.name === 'TimeoutError') return 'the cloud did not answer in time';
  const code = 'code' in cause ? String(cause.code) : cause.name;
  return `the cloud does not answer (${code})`;
}

/** The verdict on an answer: an answer to this batch, or the reason why it is none. */
function judgeAnswer(raw: RawAnswer, request: SyncRequest): SyncAnswer {
  if (!isOurs(raw.contentType)) throw untypedError(raw);
  if (raw.status !== 200) throw typedError(raw, request);
  try {
    return decodeAnswer(raw.body, request);
  } catch (cause) {
    // Typed, 200, and yet no answer to this batch: a stale cache or a broken receiver. Nothing counts.
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw new SyncError('SYNC_OFFLINE', `the answer does not fit the batch (${reason})`, { cause });
  }
}

function untypedError(raw: RawAnswer): SyncError {
  const what = `${raw.status} ${raw.contentType.slice(0, 80)}`.trim();
  switch (raw.status) {
    case 401:
    case 403:
      return new SyncError('SYNC_DENIED', `refused before the receiver (${what})`);
    case 413:
      return new SyncError('SYNC_TOO_LARGE', `too large for something on the way (${what})`);
    default:
      return new SyncError('SYNC_OFFLINE', `not the receiver that answered (${what})`);
  }
}

function typedError(raw: RawAnswer, request: SyncRequest): SyncError {
  let refusal: ReturnType<typeof decodeRefusal>;
  try {
    refusal = decodeRefusal(raw.body);
  } catch (cause) {
    return new SyncError('SYNC_OFFLINE', `unreadable refusal (${raw.status})`, { cause });
  }
  const text = `${refusal.code}: ${refusal.message}`;
  const typed = refusal.batch === request.batch;
  switch (refusal.code) {
    case 'unauthorized':
    case 'forbidden':
      return new SyncError('SYNC_DENIED', text);
    case 'unsupported_protocol':
      return new SyncError('SYNC_PROTOCOL', text);
    case 'too_large':
      // The body was not read, so its id cannot be echoed: it counts as typed without.
      return new SyncError('SYNC_TOO_LARGE', text, { typed: true });
    case 'batch_refused':
    case 'malformed':
      // Believed only with the echo: a refusal of another batch says nothing about these rows.
      if (typed) return new SyncError('SYNC_BATCH_REFUSED', text, { typed, retryable: false });
      return new SyncError('SYNC_OFFLINE', text);
    default:
      return new SyncError('SYNC_BUSY', text);
  }
}
