/**
 * A connection between its start-up packet and its session: carries `p` frames to a `Login`, holds the
 * refusals of an address that guesses, and says when somebody is in.
 */
import type { LoginThrottle } from '../auth/login-throttle.ts';
import { EdgeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { negotiateProtocolVersion } from '../wire/backend.ts';
import type { FrameReader } from '../wire/frame-reader.ts';
import { FRONTEND } from '../wire/frontend.ts';
import { loginFrameCap } from '../wire/login-messages.ts';
import {
  PROTOCOL_MAJOR,
  PROTOCOL_MINOR_MAX,
  type StartupParameters,
} from '../wire/startup-packet.ts';
import type { ConnectionRegistry } from './connection-registry.ts';
import {
  Login,
  type LoginPolicy,
  type LoginResult,
  type LoginSecurity,
  type Peer,
} from './login.ts';
import type { SocketOutput } from './socket-output.ts';

export interface LoginContext {
  readonly policy: LoginPolicy;
  readonly registry: ConnectionRegistry;
  readonly throttle: LoginThrottle;
  readonly log: Log;
  /** Told of each login, accepted or refused. */
  readonly onLogin: (event: LoginEvent) => void;
}

export interface LoginEvent {
  /** As given at start-up. */
  readonly user: string;
  readonly address: string;
  readonly accepted: boolean;
}

/** The connection's own parts that a login works with. */
export interface LoginLine {
  readonly peer: Peer;
  readonly security: LoginSecurity;
  readonly reader: FrameReader;
  readonly output: SocketOutput;
  /** AuthenticationOk is written; everything else is the session's. */
  readonly onSuccess: (result: LoginResult) => void;
}

const USER_LENGTH_LOGGED_MAX = 100;

export class LoginStage {
  readonly #context: LoginContext;
  readonly #line: LoginLine;
  readonly #startup: StartupParameters;
  readonly #login: Login;

  constructor(startup: StartupParameters, context: LoginContext, line: LoginLine) {
    const { peer, security, output } = line;
    this.#startup = startup;
    this.#context = context;
    this.#line = line;
    this.#login = new Login(startup, peer, security, context.policy, output.writer);
  }

  /**
   * Settles the protocol version and asks for the proof.
   * @throws EdgeError FATAL: see `Login.begin`, and 53300 when no slot is free
   */
  begin(): void {
    const { output, reader } = this.#line;
    const { minor, protocolOptions } = this.#startup;
    if (minor > PROTOCOL_MINOR_MAX || protocolOptions.length > 0) {
      const version = (PROTOCOL_MAJOR << 16) | Math.min(minor, PROTOCOL_MINOR_MAX);
      negotiateProtocolVersion(output.writer, version, protocolOptions);
    }
    this.#context.registry.requireSlot(this.#login.role);
    this.#login.begin();
    output.flush();
    reader.expectTyped(loginFrameCap);
  }

  /**
   * Handles the next frame: `idle` when none is whole, a promise when it must be waited for.
   * @throws EdgeError FATAL: see `Login.receive`
   */
  next(): Promise<void> | null | 'idle' {
    const { reader, output, onSuccess } = this.#line;
    const type = reader.peek();
    if (type < 0) return 'idle';
    if (type !== FRONTEND.password) {
      throw new EdgeError(
        'protocol_violation',
        `expected ${this.#login.expects} response, got message type ${type}`,
        { severity: 'FATAL' },
      );
    }
    const frame = reader.next();
    if (frame === null) return 'idle';
    let outcome: ReturnType<Login['receive']>;
    try {
      outcome = this.#login.receive(frame.body);
    } catch (error) {
      return this.#refuse(error);
    }
    const succeed = (result: LoginResult): void => {
      this.#tell(true);
      onSuccess(result);
    };
    if (outcome instanceof Promise) return outcome.then(succeed, (error) => this.#refuse(error));
    if (outcome === null) output.flush();
    else succeed(outcome);
    return null;
  }

  #tell(accepted: boolean): void {
    const user = this.#startup.user.slice(0, USER_LENGTH_LOGGED_MAX);
    this.#context.onLogin({ user, address: this.#line.peer.address, accepted });
  }

  /** A refusal is held back when the address has failed too often; the error then leaves as any other. */
  async #refuse(error: unknown): Promise<never> {
    if (error instanceof EdgeError && error.condition === 'invalid_password') {
      const { throttle } = this.#context;
      const { address, isUnixSocket } = this.#line.peer;
      this.#tell(false);
      const delayMs = isUnixSocket ? 0 : throttle.failed(address);
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
    }
    throw error;
  }
}
