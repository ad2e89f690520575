/**
 * The line between box and receiver, as an HTTP relay that misbehaves to order: it swallows answers, speaks
 * for a captive portal, fails, stalls, repeats. What it does is decided for each request by a function.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request as httpRequest } from 'undici';

export type Behaviour =
  | { readonly kind: 'pass' }
  /** The request reaches nobody. */
  | { readonly kind: 'cut before' }
  /** The receiver does its work, the answer is lost. */
  | { readonly kind: 'cut after' }
  /** The receiver gets the request twice; the second answer is passed on. */
  | { readonly kind: 'repeat' }
  /** Something else answers. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly type: string;
      readonly body: string;
      readonly location?: string;
    }
  /** The receiver's own answer, changed on its way. */
  | { readonly kind: 'alter'; readonly alter: (body: Buffer) => Buffer }
  /** Never answers. */
  | { readonly kind: 'silence' };

export interface UnrulyLink {
  readonly endpoint: string;
  /** Decides about the next requests; the number counts them from 0. */
  behave(decide: (request: number) => Behaviour): void;
  /** Runs after the receiver has answered and before the box hears of it. */
  beforeAnswer(work: () => Promise<void>): void;
  readonly requests: number;
  readonly bytesUp: number;
  close(): Promise<void>;
}

export const PASS: Behaviour = { kind: 'pass' };

export const PORTAL: Behaviour = {
  kind: 'answer',
  status: 200,
  type: 'text/html',
  body: '<html><title>Free WiFi: please accept the terms</title></html>',
};

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface Forwarded {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

export async function openUnrulyLink(target: string): Promise<UnrulyLink> {
  let decide: (request: number) => Behaviour = () => PASS;
  let between: () => Promise<void> = () => Promise.resolve();
  let requests = 0;
  let bytesUp = 0;

  const forward = async (source: IncomingMessage, body: Buffer): Promise<Forwarded> => {
    const headers: Record<string, string> = {};
    for (const name of ['content-type', 'content-encoding', 'accept-encoding', 'authorization']) {
      const value = source.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    const answer = await httpRequest(target, { method: 'POST', headers, body });
    const passed: Record<string, string> = {};
    for (const name of ['content-type', 'content-encoding']) {
      const value = answer.headers[name];
      if (typeof value === 'string') passed[name] = value;
    }
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    return { status: answer.statusCode, headers: passed, body: bytes };
  };

  const serve = async (source: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const behaviour = decide(requests);
    requests += 1;
    const body = await bodyOf(source);
    bytesUp += body.byteLength;
    switch (behaviour.kind) {
      case 'cut before':
        source.socket.destroy();
        return;
      case 'silence':
        return;
      case 'answer':
        reply.writeHead(behaviour.status, {
          'content-type': behaviour.type,
          ...(behaviour.location === undefined ? {} : { location: behaviour.location }),
        });
        reply.end(behaviour.body);
        return;
      case 'pass':
      case 'cut after':
      case 'repeat':
      case 'alter':
        break;
    }
    if (behaviour.kind === 'repeat') await forward(source, body);
    const answer = await forward(source, body);
    await between();
    if (behaviour.kind === 'cut after') {
      source.socket.destroy();
      return;
    }
    const bytes = behaviour.kind === 'alter' ? behaviour.alter(answer.body) : answer.body;
    reply.writeHead(answer.status, answer.headers);
    reply.end(bytes);
  };

  const server = createServer((source, reply) => {
    serve(source, reply).catch(() => source.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/api/sync`,
    behave: (next) => {
      decide = next;
      requests = 0;
    },
    beforeAnswer: (work) => {
      between = work;
    },
    get requests() {
      return requests;
    },
    get bytesUp() {
      return bytesUp;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
