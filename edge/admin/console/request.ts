/**
 * One request to the box: same origin, JSON both ways, a time limit, and an error that can be shown as it is.
 */
import { heard, noteDate, session, unheard } from './link.ts';

const REQUEST_MS_MAX = 10_000;
const BASE = '/api/v1';

/** The box answered that it will not: the message is the box's own, with the mend. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  /** This box has no such part: an older version, or nothing of the kind on this machine. */
  get isAbsent(): boolean {
    return this.status === 404 || this.status === 501;
  }
}

/** No answer at all. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

export type Method = 'GET' | 'POST' | 'DELETE';

export interface Wish {
  readonly body?: unknown;
  /** Long work (a backup) takes longer than an ordinary request. */
  readonly millisecondsMax?: number;
}

/** @throws Refused, Unanswered */
export async function ask(method: Method, path: string, wish: Wish = {}): Promise<unknown> {
  const { body, millisecondsMax = REQUEST_MS_MAX } = wish;
  const askedMs = Date.now();
  const response = await fetch(BASE + path, {
    method,
    cache: 'no-store',
    credentials: 'same-origin',
    redirect: 'error',
    signal: AbortSignal.timeout(millisecondsMax),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  }).catch((cause: unknown) => {
    unheard();
    throw new Unanswered('the box does not answer', { cause });
  });
  heard();
  noteDate(response.headers.get('Date'), askedMs, Date.now());
  if (response.status === 401) session.set('out');
  const answer = await response.json().catch(() => undefined);
  if (!response.ok) throw new Refused(response.status, refusal(response.status, answer));
  return answer;
}

/** An upload tells how far it is, which `fetch` cannot. @throws Refused, Unanswered */
export function send(
  path: string,
  file: Blob,
  onProgress: (sentBytes: number) => void,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const request = new XMLHttpRequest();
  request.open('POST', BASE + path);
  request.responseType = 'json';
  request.setRequestHeader('Content-Type', 'application/octet-stream');
  request.upload.addEventListener('progress', (event) => onProgress(event.loaded));
  request.addEventListener('error', () => {
    unheard();
    reject(new Unanswered('the box did not take the file: the connection broke'));
  });
  request.addEventListener('load', () => {
    heard();
    const { status } = request;
    const answer: unknown = request.response;
    if (status >= 200 && status < 300) resolve(answer);
    else reject(new Refused(status, refusal(status, answer)));
  });
  request.send(file);
  return promise;
}

function refusal(status: number, answer: unknown): string {
  if (typeof answer === 'object' && answer !== null && 'error' in answer) {
    if (typeof answer.error === 'string') return answer.error;
  }
  return `the box answered ${status}`;
}

export function faultText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
