/**
 * Who may ask what of the admin interface. Every route is closed unless it says `config: { isOpen: true }`.
 *
 * - In: the admin key as a bearer token, or a session's cookie. A cookie counts for a request that changes
 *   something only when the browser says that it comes from our own page (Origin, or Sec-Fetch-Site).
 * - Plain HTTP from another machine gets the two probes and is sent to https for everything else: no key is
 *   ever asked for there, and none is looked at.
 * - Whoever guesses waits longer and longer. Refusals are the same for whatever was asked, known or not.
 * - Only an administrator may take long to send something: a stranger who does is cut off.
 */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoginThrottle } from '../auth/login-throttle.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import type { AdminKeyCheck } from '../tenants/admin-key.ts';
import type { AdminSessions } from './admin-sessions.ts';
import { isLoopbackAddress } from './http-front.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered without a key, to anybody who can reach the port. */
    readonly isOpen?: boolean;
    /** Answered over plain HTTP from other machines too. */
    readonly isPlain?: boolean;
  }
}

export interface AdminGateParts {
  readonly isKey: AdminKeyCheck;
  readonly sessions: AdminSessions;
  readonly throttle: LoginThrottle;
  readonly log: Log;
}

const SECURE_COOKIE = '__Host-helios_session';
const PLAIN_COOKIE = 'helios_session';
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const HOST = /^(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z.-]+)(:\d{1,5})?$/;

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
};

export class AdminGate {
  readonly #parts: AdminGateParts;
  /** Of requests that still send something and of which nobody knows yet whose they are. */
  readonly #deadlines = new WeakMap<IncomingMessage, NodeJS.Timeout>();

  constructor(parts: AdminGateParts) {
    this.#parts = parts;
  }

  /** To be told of each request before it is routed: what a stranger sends must have come soon. */
  meet(raw: IncomingMessage): void {
    const { 'content-length': length, 'transfer-encoding': encoding } = raw.headers;
    if (length === undefined && encoding === undefined) return;
    const deadline = setTimeout(() => raw.destroy(), LIMITS.adminStrangerMsMax);
    this.#deadlines.set(raw, deadline);
    raw.once('close', () => clearTimeout(deadline));
  }

  /** Stands before every route of the server, those that do not exist included. */
  guard(app: FastifyInstance): void {
    app.addHook('onRequest', async (request, reply) => {
      reply.headers(HEADERS);
      const { isOpen = false, isPlain = false } = request.routeOptions.config;
      if (!isEncrypted(request) && !isLoopbackAddress(request.ip) && !isPlain) {
        return sendToHttps(request, reply);
      }
      const { authorization } = request.headers;
      // A key that is given is looked at: an open route must not be a place to guess at leisure.
      if (isOpen && (isPlain || authorization === undefined)) return undefined;
      if (authorization !== undefined) return this.#byKey(authorization, request, reply);
      return this.#byCookie(request, reply);
    });
  }

  /** Exchanges the key for a session's cookie. False, with the refusal sent, for any other text. */
  async login(key: string, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    if (!isOwnOrigin(request, true)) {
      reply.code(403).send({ error: 'log in from the page of this box' });
      return false;
    }
    if (!(await this.#check(key, request))) {
      reply.code(401).send({ error: 'this is not the admin key of this box' });
      return false;
    }
    const token = this.#parts.sessions.begin();
    reply.header('set-cookie', cookie(request, token, ''));
    this.#parts.log.info({ address: request.ip }, 'the administrator has logged in over HTTP');
    return true;
  }

  logout(request: FastifyRequest, reply: FastifyReply): void {
    const token = tokenOf(request);
    if (token !== null) this.#parts.sessions.end(token);
    reply.header('set-cookie', cookie(request, '', '; Max-Age=0'));
  }

  /** False for strangers, on open routes; on others, once the session that asked has ended. */
  isIn(request: FastifyRequest): boolean {
    if (request.headers.authorization !== undefined) return true;
    const token = tokenOf(request);
    return token !== null && this.#parts.sessions.use(token);
  }

  /** True where the browser says that the request comes from our own page, or no browser sent it. */
  isFromOwnPage(request: FastifyRequest): boolean {
    return isOwnOrigin(request, true);
  }

  async #byKey(authorization: string, request: FastifyRequest, reply: FastifyReply) {
    const [, key = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    if (!(await this.#check(key, request))) return refuse(reply);
    clearTimeout(this.#deadlines.get(request.raw));
    return undefined;
  }

  async #byCookie(request: FastifyRequest, reply: FastifyReply) {
    const token = tokenOf(request);
    if (token === null || !this.#parts.sessions.use(token)) return refuse(reply);
    if (!SAFE_METHODS.has(request.method) && !isOwnOrigin(request, false)) {
      return reply.code(403).send({ error: 'this request did not come from the page of this box' });
    }
    clearTimeout(this.#deadlines.get(request.raw));
    return undefined;
  }

  /** Holds the refusal back where an address keeps guessing. */
  async #check(key: string, request: FastifyRequest): Promise<boolean> {
    const { isKey, throttle, log } = this.#parts;
    if (isKey(key)) {
      throttle.succeeded(request.ip);
      return true;
    }
    const delayMs = throttle.failed(request.ip);
    log.warn({ address: request.ip }, 'a wrong admin key was given over HTTP');
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    return false;
  }
}

function refuse(reply: FastifyReply): FastifyReply {
  reply.header('www-authenticate', 'Bearer realm="helios-edge"');
  return reply.code(401).send({ error: 'log in with the admin key of this box' });
}

function isEncrypted(request: FastifyRequest): boolean {
  return (request.raw.socket as Partial<TLSSocket>).encrypted === true;
}

function sendToHttps(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const host = request.headers.host ?? '';
  if (!SAFE_METHODS.has(request.method) || !HOST.test(host)) {
    return reply.code(403).send({ error: 'use https: nothing secret travels plain' });
  }
  return reply.redirect(`https://${host}${request.raw.url ?? '/'}`, 308);
}

/** What the browser says of the page that asks. @param isAbsentFine programs other than browsers say nothing */
function isOwnOrigin(request: FastifyRequest, isAbsentFine: boolean): boolean {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined) {
    return origin === `${isEncrypted(request) ? 'https' : 'http'}://${host ?? ''}`;
  }
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return isAbsentFine;
}

function tokenOf(request: FastifyRequest): string | null {
  const wanted = isEncrypted(request) ? SECURE_COOKIE : PLAIN_COOKIE;
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === wanted) return part.slice(equals + 1).trim();
  }
  return null;
}

function cookie(request: FastifyRequest, token: string, ending: string): string {
  const isSecure = isEncrypted(request);
  const name = isSecure ? SECURE_COOKIE : PLAIN_COOKIE;
  return `${name}=${token}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}${ending}`;
}
