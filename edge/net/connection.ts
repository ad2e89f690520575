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
import type { Clock } from '../clock.ts';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { LoginInfo, SessionOutput, SessionPort } from '../session/session-port.ts';
import { errorResponse } from '../wire/backend.ts';
import { type Frame, FrameReader } from '../wire/frame-reader.ts';
import { parseFrontendMessage, sessionFrameCap } from '../wire/frontend.ts';
import {
  asUnsupported,
  errorResponseV2,
  PROTOCOL_MAJOR,
  parseStartup,
  type StartupParameters,
  unsupportedProtocol,
} from '../wire/startup-packet.ts';
import type { ConnectionView, Registrant } from './connection-registry.ts';
import type { LoginResult, Peer } from './login.ts';
import { type LoginContext, LoginStage } from './login-stage.ts';
import { SocketOutput } from './socket-output.ts';
import type { TlsMaterial } from './tls-material.ts';

export type SessionFactory = (login: LoginInfo, output: SessionOutput) => SessionPort;

/** What all connections share. */
export interface ConnectionContext extends LoginContext {
  readonly tls: TlsMaterial;
  readonly createSession: SessionFactory;
  readonly clock: Clock;
  readonly loginMsMax: number;
}

type Phase = 'startup' | 'handshake' | 'login' | 'session' | 'closed';

/** ALPN name of the protocol (RFC 7301). */
const ALPN = 'postgresql';
const TLS_HANDSHAKE_BYTE = 0x16;
const ACCEPT_TLS = 'S';
const REFUSE_GSSENC = 'N';
/** Protocol 3.2 made room for long cancel secrets. */
const LONG_SECRET_MINOR = 2;

export class Connection implements Registrant {
  readonly #context: ConnectionContext;
  readonly #peer: Peer;
  readonly #output: SocketOutput;
  #socket: Socket;
  #reader = new FrameReader();
  #phase: Phase = 'startup';
  #isTls = false;
  #isGssAsked = false;
  #login: LoginStage | null = null;
  #session: SessionPort | null = null;
  /** Who is logged in, and since when by the monotonic clock. */
  #user = '';
  #sinceMs = 0;
  /** A message is being waited for. */
  #isWaiting = false;
  /** The client has closed its sending side. */
  #hasEnded = false;
  #timer: NodeJS.Timeout | null = null;
  /** Bytes of the message being handled, and bytes counted with the registry. */
  #messageBytes = 0;
  #heldBytes = 0;

  constructor(socket: Socket, peer: Peer, context: ConnectionContext) {
    this.#context = context;
    this.#peer = peer;
    this.#socket = socket;
    this.#output = new SocketOutput(
      socket,
      () => this.#finish(),
      () => this.#guard(() => this.destroy()),
    );
    // On the innermost socket for good: an error event without a listener would end the process.
    socket.on('error', (error) => this.#lost(error));
    socket.on('close', () => this.#closed());
    this.#listen();
    this.#after(context.loginMsMax, () => this.#loginTimedOut());
  }

  view(): ConnectionView | null {
    if (this.#session === null) return null;
    return {
      ...this.#session.view(),
      user: this.#user,
      address: this.#peer.address,
      isTls: this.#isTls,
      sinceMs: this.#sinceMs,
    };
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
    if (!this.#holdInput()) return;
    if (!this.#isWaiting) this.#turn();
    else if (this.#reader.pendingBytes > LIMITS.inputBacklogBytesMax) this.#socket.pause();
  }

  /** Counts what is large with the registry; false when there is too much of it, and this one goes. */
  #holdInput(): boolean {
    const bytes = this.#reader.pendingBytes + this.#messageBytes;
    const held = bytes > LIMITS.inputBacklogBytesMax ? bytes : 0;
    if (held === this.#heldBytes) return true;
    try {
      this.#context.registry.holdInput(held - this.#heldBytes);
      this.#heldBytes = held;
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Works through the frames at hand until one must be waited for. */
  #turn(): void {
    const { clock } = this.#context;
    const endMs = clock.monotonicMs() + LIMITS.connectionTurnMsMax;
    this.#messageBytes = 0;
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
    if (this.#phase === 'closed') return;
    if (!this.#isWaiting) this.#messageBytes = 0;
    if (!this.#holdInput() || this.#isWaiting) return;
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
        return this.#login?.next() ?? null;
      case 'session': {
        const frame = this.#reader.next();
        return frame === null ? 'idle' : this.#receive(frame);
      }
      case 'handshake':
      case 'closed':
        return 'idle';
    }
  }

  #receive(frame: Frame): Promise<void> | null {
    this.#messageBytes = frame.body.length;
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
    const endPointHash = this.#isTls ? this.#context.tls.endPointHash : null;
    const login = new LoginStage(startup, this.#context, {
      peer: this.#peer,
      security: { isTls: this.#isTls, endPointHash },
      reader: this.#reader,
      output: this.#output,
      onSuccess: (result) => this.#beginSession(result, startup.minor),
    });
    login.begin();
    this.#login = login;
    this.#phase = 'login';
  }

  #beginSession(result: LoginResult, minor: number): void {
    if (this.#phase !== 'login') return;
    const { registry, throttle, createSession } = this.#context;
    const { pid, secret } = registry.admit(this, result.merchant, minor >= LONG_SECRET_MINOR);
    throttle.succeeded(this.#peer.address);
    this.#after(null, null);
    this.#output.flush();
    this.#phase = 'session';
    this.#user = result.user;
    this.#sinceMs = this.#context.clock.monotonicMs();
    this.#login = null;
    this.#reader.expectTyped(sessionFrameCap);
    const login: LoginInfo = { ...result, backendPid: pid, backendSecret: secret };
    this.#session = createSession(login, this.#output);
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
    this.#linger();
  }

  /** Cuts the socket when the client neither closes its side nor takes what is still unsent. */
  #linger(): void {
    const unsentBytes = this.#socket.writableLength;
    this.#after(LIMITS.closeLingerMsMax, () => {
      if (this.#socket.writableLength < unsentBytes) this.#linger();
      else this.#socket.destroy();
    });
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
    this.#context.registry.holdInput(-this.#heldBytes);
    this.#heldBytes = 0;
    this.#messageBytes = 0;
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
