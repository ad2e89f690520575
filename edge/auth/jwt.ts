/**
 * `auth.mode = "jwt"`: the password is a token, signed with HS256 by a secret that the box shares with
 * whoever issues tokens.
 *
 * The algorithm is pinned here and never taken from the token. Claims that name somebody must be
 * strings: an array or a number that turns into the right text is refused. Nothing is cached, so an
 * expired token is refused at the next login; a session that is open when its token expires goes on.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8725 (JSON Web Token best current practices)
 */
import { errors, jwtVerify } from 'jose';
import type { Clock } from '../clock.ts';

/** RFC 7518 section 3.2: a key of the hash's size or larger. */
export const JWT_SECRET_BYTES_MIN = 32;

export interface TokenSettings {
  readonly secret: string;
  /** Claim that holds the merchant id. */
  readonly tenantClaim: string;
  /** Claim that holds the terminal or the person; may be absent from the token. */
  readonly userClaim: string;
  readonly clock: Clock;
}

export interface TokenIdentity {
  readonly merchant: string;
  readonly user: string | null;
}

export interface TokenVerifier {
  /** Who the token is about, or null: the reason is for the log, not for the client. */
  verify(token: string): Promise<TokenIdentity | null>;
}

const MICROS_PER_MS = 1000n;

/** @throws Error when the secret is too short to sign with */
export function createTokenVerifier(settings: TokenSettings): TokenVerifier {
  const key = new TextEncoder().encode(settings.secret);
  if (key.length < JWT_SECRET_BYTES_MIN) {
    throw new Error(
      `proxy.auth.jwt_secret has ${key.length} bytes and needs at least ${JWT_SECRET_BYTES_MIN}; make one with: openssl rand -base64 32`,
    );
  }
  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          requiredClaims: ['exp', settings.tenantClaim],
          currentDate: new Date(Number(settings.clock.wallMicros() / MICROS_PER_MS)),
        });
        return identityOf(payload, settings);
      } catch (error) {
        if (error instanceof errors.JOSEError) return null;
        throw error;
      }
    },
  };
}

function identityOf(
  payload: Readonly<Record<string, unknown>>,
  settings: TokenSettings,
): TokenIdentity | null {
  const merchant = payload[settings.tenantClaim];
  const user = payload[settings.userClaim];
  if (typeof merchant !== 'string' || merchant === '') return null;
  if (user === undefined) return { merchant, user: null };
  if (typeof user !== 'string' || user === '') return null;
  return { merchant, user };
}
