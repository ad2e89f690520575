/**
 * One client connection, and the only owner of its socket: start-up, TLS, login, then one message after
 * another to the session, with limits on what may pile up in either direction.
 *
 * Messages are handled strictly in order; the next is looked at only when the one before is done. A turn
 * works through what has arrived, then all permitted replies leave in one write. While a message is
 * being waited for, the socket is read up to a limit, so that a client which has gone is noticed.
 *
 * Nothing that a client sends may throw out of a callback: every entry point is guarded.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { LoginThrottle } from '../auth/login-throttle.ts';
import type { Clock } from '../clock.ts';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import type { LoginInfo, SessionOutput, SessionPort } from '../session/session-port.ts';
import { errorResponse, negotiateProtocolVersion } from '../wire/backend.ts';
import { type Frame, FrameReader } from '../wire/frame-reader.ts';
import { FRONTEND, parseFrontendMessage, sessionFrameCap } from '../wire/frontend.ts';
import { loginFrameCap } from '../wire/login-messages.ts';
import {
  asUnsupported,
  errorResponseV2,
  PROTOCOL_MAJOR,
  PROTOCOL_MINOR_MAX,
  parseStartup,
  type StartupParameters,
  unsupportedProtocol,
} from '../wire/startup-packet.ts';
import type { ConnectionRegistry, Registrant } from './connection-registry.ts';
import { Login, type LoginPolicy, type LoginResult, type Peer } from './login.ts';
import { SocketOutput } from './socket-output.ts';
import type { TlsMaterial } from './tls-material.ts';

export type SessionFactory = (login: LoginInfo, output: SessionOutput) => SessionPort;

/** What all connections share. */
export interface ConnectionContext {
  readonly policy: LoginPolicy;
  readonly tls: TlsMaterial;
  readonly registry: ConnectionRegistry;
  readonly throttle: LoginThrottle;
  readonly createSession: SessionFactory;
  readonly clock: Clock;
  readonly log: Log;
  readonly loginMsMax: number;
}

type Phase = 'startup' | 'handshake' | 'login' | 'session' | 'closed';

/** ALPN name of the protocol (RFC 7301). */
const ALPN = 'postgresql';
const TLS_HANDSHAKE_BYTE = 0x16;
const ACCEPT_TLS = 'S';
const REFUSE_GSSENC = 'N';
const NAME_LENGTH_SHOWN = 100;

export class Connection implements Registrant {
  readonly #context: ConnectionContext;
  readonly #peer: Peer;
  readonly #output: SocketOutput;
  #socket: Socket;
  #reader = new FrameReader();
  #phase: Phase = 'startup';
  #isTls = false;
  #isGssAsked = false;
  #startup: StartupParameters | null = null;
  #login: Login | null = null;
  #session: SessionPort | null = null;
  /** A message is being waited for. */
  #isWaiting = false;
  /** The client has closed its sending side. */
  #hasEnded = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(socket: Socket, peer: Peer, context: ConnectionContext) {
    this.#context = context;
    this.#peer = peer;
    this.#socket = socket;
    this.#output = new SocketOutput(socket, () => this.#finish());
    // On the innermost socket for good: an error event without a listener would end the process.
    socket.on('error', (error) => this.#lost(error));
    socket.on('close', () => this.#closed());
    this.#listen();
    this.#after(context.loginMsMax, () => this.#loginTimedOut());
  }

  cancel(): void {
    this.#guard(() => this.#session?.cancel());
  }

  shutdown(): void {
    this.#guard(() => {
      if (this.#session !== null) this.#session.shutdown();
      else this.#fail(adminShutdown());
    });
  }

  destroy(): void {
    this.#socket.destroy();
    this.#closed();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Uint8Array) => this.#guard(() => this.#received(chunk)));
    socket.on('end', () => this.#guard(() => this.#ended()));
    socket.on('drain', () => this.#guard(() => this.#output.onDrain()));
  }

  #received(chunk: Uint8Array): void {
    // After our last word the rest is read and dropped: an unread byte would make the kernel cut the
    // connection before the client has read why.
    if (this.#phase === 'closed') return;
    this.#reader.push(chunk);
    if (!this.#isWaiting) this.#turn();
    else if (this.#reader.pendingBytes > LIMITS.inputBacklogBytesMax) this.#socket.pause();
  }

  /** Works through the frames at hand until one must be waited for. */
  #turn(): void {
    const { clock } = this.#context;
    const endMs = clock.monotonicMs() + LIMITS.connectionTurnMsMax;
    this.#output.isBatching = true;
    try {
      while (this.#phase !== 'closed' && !this.#isWaiting) {
        const pending = this.#next();
        if (pending === 'idle') break;
        const wait = pending ?? this.#output.drained();
        if (wait !== null) this.#wait(wait);
        else if (clock.monotonicMs() > endMs) this.#wait(nextTurn());
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#output.isBatching = false;
      this.#output.send();
    }
    if (this.#phase === 'closed' || this.#isWaiting) return;
    if (this.#hasEnded) this.#finish();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #wait(pending: Promise<void>): void {
    this.#isWaiting = true;
    pending.then(
      () => {
        this.#isWaiting = false;
        this.#guard(() => this.#turn());
      },
      (error: unknown) => {
        this.#isWaiting = false;
        this.#guard(() => this.#fail(error));
      },
    );
  }

  /** Handles the next frame: `idle` when none is whole, a promise when it must be waited for. */
  #next(): Promise<void> | null | 'idle' {
    switch (this.#phase) {
      case 'startup':
        return this.#nextStartup();
      case 'login':
        return this.#nextLogin();
      case 'session': {
        const frame = this.#reader.next();
        return frame === null ? 'idle' : this.#receive(frame);
      }
      default:
        return 'idle';
    }
  }

  #receive(frame: Frame): Promise<void> | null {
    const message = parseFrontendMessage(frame);
    const pending = this.#session?.receive(message) ?? null;
    if (message.kind !== 'terminate') return pending;
    if (pending !== null) return pending.then(() => this.#finish());
    this.#finish();
    return null;
  }

  #nextStartup(): null | 'idle' {
    if (this.#reader.peek() === TLS_HANDSHAKE_BYTE && !this.#isTls && !this.#peer.isUnixSocket) {
      this.#upgrade('direct');
      return 'idle';
    }
    let frame: Frame | null;
    try {
      frame = this.#reader.next();
    } catch (error) {
      // A length that cannot be is somebody else's protocol. PostgreSQL hangs up without a word, too.
      this.#hangUp(error);
      return 'idle';
    }
    if (frame === null) return 'idle';
    this.#start(frame.body);
    return null;
  }

  #start(body: Uint8Array): void {
    const request = parseStartup(body);
    switch (request.kind) {
      case 'garbage':
        return this.#hangUp('garbage at start-up');
      case 'cancel':
        this.#context.registry.cancel(request.pid, request.secret);
        return this.#hangUp('cancel request');
      case 'ssl':
        if (this.#isTls) return this.#unsupported(asUnsupported('ssl'));
        if (!this.#peer.isUnixSocket) return this.#upgrade('negotiated');
        return this.#answerByte(REFUSE_GSSENC);
      case 'gssenc':
        if (this.#isTls || this.#isGssAsked) return this.#unsupported(asUnsupported('gssenc'));
        this.#isGssAsked = true;
        return this.#answerByte(REFUSE_GSSENC);
      case 'unsupported':
        return this.#unsupported(request);
      case 'startup':
        return this.#beginLogin(request);
    }
  }

  #answerByte(letter: string): void {
    this.#socket.write(letter);
  }

  #unsupported(version: { readonly major: number; readonly minor: number }): void {
    const error = unsupportedProtocol(version.major, version.minor);
    if (version.major >= PROTOCOL_MAJOR) throw error;
    errorResponseV2(this.#output.writer, error);
    this.#output.flush();
    this.#finish();
  }

  /**
   * Goes on inside TLS. Bytes that came behind an SSLRequest were sent before the client knew our answer:
   * they are not part of the handshake, and not to be believed (CVE-2021-23214).
   */
  #upgrade(how: 'direct' | 'negotiated'): void {
    const raw = this.#socket;
    const rest = this.#reader.drain();
    const isInjected = how === 'negotiated' && rest.length > 0;
    this.#phase = 'handshake';
    raw.removeAllListeners('data');
    raw.removeAllListeners('end');
    raw.removeAllListeners('drain');
    raw.pause();
    if (how === 'direct') raw.unshift(rest);
    else raw.write(ACCEPT_TLS);
    const socket = new TLSSocket(raw, {
      isServer: true,
      secureContext: this.#context.tls.secureContext,
      ALPNProtocols: [ALPN],
    });
    socket.on('error', (error) => this.#lost(error));
    socket.on('_tlsError', (error: Error) => this.#lost(error));
    socket.on('close', () => this.#closed());
    socket.on('secure', () => this.#guard(() => this.#secured(socket, how, isInjected)));
    this.#socket = socket;
    this.#output.moveTo(socket);
    this.#reader = new FrameReader();
    this.#listen();
  }

  #secured(socket: TLSSocket, how: 'direct' | 'negotiated', isInjected: boolean): void {
    if (this.#phase !== 'handshake') return;
    if (how === 'direct' && socket.alpnProtocol !== ALPN) {
      this.#hangUp('direct TLS without ALPN');
      return;
    }
    this.#isTls = true;
    this.#phase = 'startup';
    if (isInjected) {
      this.#fail(
        new EdgeError('protocol_violation', 'received unencrypted data after SSL request', {
          severity: 'FATAL',
          detail:
            'This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.',
        }),
      );
      return;
    }
    this.#turn();
  }

  #beginLogin(startup: StartupParameters): void {
    const { registry, policy, tls } = this.#context;
    const { writer } = this.#output;
    if (startup.minor > PROTOCOL_MINOR_MAX || startup.protocolOptions.length > 0) {
      const minor = Math.min(startup.minor, PROTOCOL_MINOR_MAX);
      negotiateProtocolVersion(writer, (PROTOCOL_MAJOR << 16) | minor, startup.protocolOptions);
    }
    const security = { isTls: this.#isTls, endPointHash: this.#isTls ? tls.endPointHash : null };
    const login = new Login(startup, this.#peer, security, policy, writer);
    registry.requireSlot(login.role);
    login.begin();
    this.#output.flush();
    this.#startup = startup;
    this.#login = login;
    this.#phase = 'login';
    this.#reader.expectTyped(loginFrameCap);
  }

  #nextLogin(): Promise<void> | null | 'idle' {
    const login = this.#login;
    const type = this.#reader.peek();
    if (login === null || type < 0) return 'idle';
    if (type !== FRONTEND.password) {
      throw new EdgeError(
        'protocol_violation',
        `expected ${login.expects} response, got message type ${type}`,
        { severity: 'FATAL' },
      );
    }
    const frame = this.#reader.next();
    if (frame === null) return 'idle';
    try {
      const outcome = login.receive(frame.body);
      if (outcome instanceof Promise) return this.#awaitLogin(outcome);
      if (outcome === null) this.#output.flush();
      else this.#beginSession(outcome);
      return null;
    } catch (error) {
      return this.#refuse(error);
    }
  }

  async #awaitLogin(outcome: Promise<LoginResult>): Promise<void> {
    try {
      const result = await outcome;
      if (this.#phase === 'login') this.#beginSession(result);
    } catch (error) {
      await this.#refuse(error);
    }
  }

  /** A refusal is held back when the address has failed too often; the error then leaves as any other. */
  async #refuse(error: unknown): Promise<never> {
    if (error instanceof EdgeError && error.condition === 'invalid_password') {
      const { address } = this.#peer;
      const user = this.#startup?.user.slice(0, NAME_LENGTH_SHOWN);
      this.#context.log.warn({ user, address }, 'login refused');
      const delayMs = this.#peer.isUnixSocket ? 0 : this.#context.throttle.failed(address);
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
    }
    throw error;
  }

  #beginSession(result: LoginResult): void {
    const { registry, throttle, createSession } = this.#context;
    const hasLongSecret = (this.#startup?.minor ?? 0) >= 2;
    const { pid, secret } = registry.admit(this, result.role, hasLongSecret);
    throttle.succeeded(this.#peer.address);
    this.#after(null, null);
    this.#output.flush();
    this.#phase = 'session';
    this.#login = null;
    this.#startup = null;
    this.#reader.expectTyped(sessionFrameCap);
    this.#session = createSession(
      { ...result, backendPid: pid, backendSecret: secret },
      this.#output,
    );
    this.#session.start();
  }

  /** The client sends no more. What it sent is still answered, but not for ever. */
  #ended(): void {
    this.#hasEnded = true;
    if (this.#phase === 'closed') return;
    if (this.#isWaiting) this.#after(LIMITS.halfOpenMsMax, () => this.destroy());
    else this.#finish();
  }

  #loginTimedOut(): void {
    if (this.#phase !== 'login') {
      this.#hangUp('login took too long');
      return;
    }
    this.#fail(
      new EdgeError('query_canceled', 'canceling authentication due to timeout', {
        severity: 'FATAL',
      }),
    );
  }

  /** The last word to the client, then the end. */
  #fail(error: unknown): void {
    if (this.#phase === 'closed') return;
    const isOurs = !(error instanceof EdgeError);
    if (isOurs) this.#context.log.error({ err: error }, 'connection failed');
    const told = isOurs ? new EdgeError('internal_error', 'internal error') : error;
    if (this.#phase === 'session') this.#output.discard();
    errorResponse(this.#output.writer, asFatal(told));
    this.#output.flush();
    this.#finish();
  }

  #hangUp(reason: unknown): void {
    this.#context.log.debug({ reason, address: this.#peer.address }, 'connection dropped');
    this.#finish();
  }

  /** Sends what is written and closes our side; the socket is cut when the client does not close its own. */
  #finish(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#output.finish();
    this.#release();
    this.#reader.drain();
    this.#socket.end();
    this.#socket.resume();
    this.#after(LIMITS.closeLingerMsMax, () => this.#socket.destroy());
  }

  #lost(error: Error): void {
    this.#context.log.debug({ err: error, address: this.#peer.address }, 'connection lost');
    this.destroy();
  }

  /** The socket is gone. */
  #closed(): void {
    this.#phase = 'closed';
    this.#after(null, null);
    this.#output.abandon();
    this.#release();
    this.#context.registry.remove(this);
  }

  #release(): void {
    const session = this.#session;
    this.#session = null;
    this.#login = null;
    if (session === null) return;
    try {
      session.close();
    } catch (error) {
      this.#context.log.error({ err: error }, 'session could not be closed');
    }
  }

  /** One timer at a time: login, half-open, linger. */
  #after(delayMs: number | null, act: (() => void) | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer =
      delayMs === null || act === null ? null : setTimeout(() => this.#guard(act), delayMs).unref();
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#context.log.error({ err: error }, 'connection handler failed');
      this.destroy();
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function asFatal(error: EdgeError): EdgeError {
  if (error.severity !== 'ERROR') return error;
  const { severity: _, ...fields } = error.fields;
  return new EdgeError(error.condition, error.message, { ...fields, severity: 'FATAL' });
}

function adminShutdown(): EdgeError {
  return new EdgeError('admin_shutdown', 'terminating connection due to administrator command', {
    severity: 'FATAL',
  });
}
