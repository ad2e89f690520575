/**
 * One login, without its socket: start-up parameters and `p` messages in, authentication messages out,
 * an identity at the end. Order and texts of refusals are PostgreSQL's: who may come from where first
 * (28000), then the proof (28P01), then whether the role may log in (28000), then the database (3D000).
 *
 * Every error it throws is FATAL.
 */
import { ADMIN_USER, type Credential, type CredentialDirectory } from '../auth/directory.ts';
import type { TokenVerifier } from '../auth/jwt.ts';
import {
  SCRAM_SHA_256,
  SCRAM_SHA_256_PLUS,
  type ScramMechanism,
  ScramServer,
} from '../auth/scram.ts';
import { EdgeError } from '../errors.ts';
import type { ByteWriter } from '../types/byte-writer.ts';
import {
  authenticationCleartextPassword,
  authenticationOk,
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
} from '../wire/backend.ts';
import { parsePasswordMessage, parseSaslInitialResponse } from '../wire/login-messages.ts';
import { parseStartupOptions } from '../wire/startup-options.ts';
import type { StartupParameters } from '../wire/startup-packet.ts';

export interface LoginPolicy {
  readonly directory: CredentialDirectory;
  readonly mode: 'api_key' | 'jwt';
  /** Needed in mode jwt. */
  readonly tokens: TokenVerifier | null;
  /** `[proxy.tls] required`: plain connections only from this machine. */
  readonly isTlsRequired: boolean;
  /** The only database. */
  readonly database: string;
}

/** Where a connection comes from. */
export interface Peer {
  /** Numeric address; `[local]` for the Unix socket, as PostgreSQL's texts say. */
  readonly address: string;
  readonly isUnixSocket: boolean;
  readonly isLoopback: boolean;
}

export interface LoginSecurity {
  readonly isTls: boolean;
  readonly endPointHash: Uint8Array | null;
}

/** A login that succeeded. */
export interface LoginResult {
  readonly user: string;
  readonly merchant: string | null;
  readonly role: 'merchant' | 'admin';
  readonly database: string;
  /** Settings of `options`, overridden by those of the packet itself. */
  readonly parameters: ReadonlyMap<string, string>;
}

type Step = 'sasl-first' | 'sasl-final' | 'token';

export class Login {
  readonly #startup: StartupParameters;
  readonly #peer: Peer;
  readonly #security: LoginSecurity;
  readonly #policy: LoginPolicy;
  readonly #out: ByteWriter;
  readonly #credential: Credential;
  readonly #name: string;
  #step: Step = 'sasl-first';
  #scram: ScramServer | null = null;

  constructor(
    startup: StartupParameters,
    peer: Peer,
    security: LoginSecurity,
    policy: LoginPolicy,
    out: ByteWriter,
  ) {
    this.#startup = startup;
    this.#peer = peer;
    this.#security = security;
    this.#policy = policy;
    this.#out = out;
    this.#name = startup.user.split('/', 1)[0] ?? '';
    this.#credential = policy.directory.lookup(this.#name);
  }

  /** The role that this user name would have: which kind of slot it needs. */
  get role(): 'merchant' | 'admin' {
    return this.#name === ADMIN_USER ? 'admin' : 'merchant';
  }

  /** What the next message must be, for the complaint when it is something else. */
  get expects(): 'SASL' | 'password' {
    return this.#step === 'token' ? 'password' : 'SASL';
  }

  /**
   * Asks for the proof.
   * @throws EdgeError 0A000, 22023, 28000
   */
  begin(): void {
    this.#refuseReplication();
    this.#checkOrigin();
    if (this.#usesToken) {
      this.#step = 'token';
      authenticationCleartextPassword(this.#out);
      return;
    }
    authenticationSasl(this.#out, this.#mechanisms());
  }

  /**
   * One `p` message; null while more are needed.
   * @throws EdgeError 08P01, 28P01, 28000, 3D000, 42601
   */
  receive(body: Uint8Array): LoginResult | null | Promise<LoginResult> {
    try {
      switch (this.#step) {
        case 'sasl-first':
          return this.#saslFirst(body);
        case 'sasl-final':
          return this.#saslFinal(body);
        case 'token':
          return this.#token(parsePasswordMessage(body));
      }
    } catch (error) {
      if (error instanceof EdgeError) throw error.with({ severity: 'FATAL' });
      throw error;
    }
  }

  get #usesToken(): boolean {
    return this.#policy.mode === 'jwt' && this.role === 'merchant';
  }

  #mechanisms(): readonly ScramMechanism[] {
    const canBind = this.#security.endPointHash !== null;
    return canBind ? [SCRAM_SHA_256_PLUS, SCRAM_SHA_256] : [SCRAM_SHA_256];
  }

  #saslFirst(body: Uint8Array): null {
    const { mechanism, data } = parseSaslInitialResponse(body);
    const chosen = this.#mechanisms().find((offered) => offered === mechanism);
    if (chosen === undefined) {
      throw new EdgeError(
        'protocol_violation',
        'client selected an invalid SASL authentication mechanism',
      );
    }
    this.#scram = new ScramServer(this.#credential, {
      mechanism: chosen,
      endPointHash: this.#security.endPointHash,
    });
    authenticationSaslContinue(this.#out, this.#scram.first(data));
    this.#step = 'sasl-final';
    return null;
  }

  #saslFinal(body: Uint8Array): LoginResult {
    const result = this.#scram?.final(body) ?? null;
    if (result === null) throw this.#refusal();
    authenticationSaslFinal(this.#out, result.message);
    return this.#succeed(this.#credential, this.#startup.user);
  }

  async #token(token: string): Promise<LoginResult> {
    const identity = (await this.#policy.tokens?.verify(token)) ?? null;
    // The name at start-up must be the token's own: otherwise one merchant's log would show another's name.
    if (identity === null || identity.merchant !== this.#name) throw this.#refusal();
    if (!this.#credential.known || this.#credential.role !== 'merchant') throw this.#refusal();
    const named = `${identity.merchant}/${identity.user ?? ''}`;
    const { user } = this.#startup;
    if (identity.user === null) return this.#succeed(this.#credential, user);
    if (user !== identity.merchant && user !== named) throw this.#refusal();
    return this.#succeed(this.#credential, named);
  }

  #succeed(credential: Credential, user: string): LoginResult {
    authenticationOk(this.#out);
    if (credential.suspended) {
      throw fatal(
        'invalid_authorization_specification',
        `role "${this.#startup.user}" is not permitted to log in`,
        `The merchant "${this.#name}" is suspended.`,
      );
    }
    const { database, parameters, options } = this.#startup;
    if (database !== this.#policy.database) {
      throw fatal('invalid_catalog_name', `database "${database}" does not exist`);
    }
    const settings = new Map([...parseStartupOptions(options), ...parameters]);
    const { merchant, role } = credential;
    return { user, merchant, role, database, parameters: settings };
  }

  #refuseReplication(): void {
    const { replication } = this.#startup;
    if (replication === null) return;
    const value = replication.toLowerCase();
    if (['false', 'off', 'no', '0'].includes(value)) return;
    if (['true', 'on', 'yes', '1', 'database'].includes(value)) {
      throw fatal('feature_not_supported', 'replication connections are not supported');
    }
    throw new EdgeError(
      'invalid_parameter_value',
      `invalid value for parameter "replication": "${replication}"`,
      { severity: 'FATAL', hint: 'Valid values are: "false", 0, "true", 1, "database".' },
    );
  }

  /** What pg_hba.conf decides in PostgreSQL. A token never crosses a plain connection, not even a local one. */
  #checkOrigin(): void {
    const isLocal = this.#peer.isUnixSocket || this.#peer.isLoopback;
    const { isTls } = this.#security;
    const isRefused =
      (this.role === 'admin' && !isLocal) ||
      (this.#policy.isTlsRequired && !isTls && !isLocal) ||
      (this.#usesToken && !isTls);
    if (!isRefused) return;
    const { user, database } = this.#startup;
    const encryption = isTls ? 'SSL encryption' : 'no encryption';
    throw fatal(
      'invalid_authorization_specification',
      `no pg_hba.conf entry for host "${this.#peer.address}", user "${user}", database "${database}", ${encryption}`,
    );
  }

  #refusal(): EdgeError {
    return fatal(
      'invalid_password',
      `password authentication failed for user "${this.#startup.user}"`,
    );
  }
}

function fatal(
  condition:
    | 'invalid_authorization_specification'
    | 'invalid_password'
    | 'invalid_catalog_name'
    | 'feature_not_supported',
  message: string,
  detail?: string,
): EdgeError {
  return new EdgeError(condition, message, {
    severity: 'FATAL',
    ...(detail === undefined ? {} : { detail }),
  });
}
