/**
 * Who may log in, as the login sees it: verifiers, never keys. `tenants/` implements it from its store;
 * tests from a map.
 *
 * A name that nobody has gets a credential too: its salt is an HMAC of the name, so that it stays the
 * same from login to login, and its keys fit nothing. Whoever does not know a key cannot tell such a
 * name from a merchant's (RFC 5802 section 9 leaves this to the server; PostgreSQL does the same).
 */
import { createHmac } from 'node:crypto';

/** PostgreSQL's SCRAM_DEFAULT_ITERATIONS. One cost for all, or a guess at a name would show in it. */
export const SCRAM_ITERATIONS = 4096;
export const SCRAM_SALT_BYTES = 16;
/** Keys that one merchant may have at a time. All are tried at each login, known or not. */
export const KEYS_PER_MERCHANT_MAX = 5;
/** The administrator's user name. */
export const ADMIN_USER = 'admin';

/** What SCRAM keeps of one merchant key (RFC 5802 section 3: StoredKey, ServerKey). */
export interface ScramKey {
  /** Name of the key, for the audit. */
  readonly name: string;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export interface Credential {
  /** False: nobody has this name, and no proof is good. */
  readonly known: boolean;
  /** null for the administrator. */
  readonly merchant: string | null;
  readonly role: 'merchant' | 'admin';
  /** Shared by all keys of a merchant: SCRAM sends it before it sees the proof. */
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** Keys that are good now: expired and revoked ones are left out. */
  readonly keys: readonly ScramKey[];
  /** Told only to those who have a good key. */
  readonly suspended: boolean;
}

export interface CredentialDirectory {
  /**
   * @param name merchant id, without `/terminal`, or `admin`. Never fails: see `unknownCredential`.
   */
  lookup(name: string): Credential;
}

/** The credential of a name that nobody has. @param secret of this box, at least 32 random bytes */
export function unknownCredential(secret: Uint8Array, name: string): Credential {
  const derive = (label: string): Buffer =>
    createHmac('sha256', secret).update(label).update('\0').update(name).digest();
  return {
    known: false,
    merchant: null,
    role: 'merchant',
    salt: derive('salt').subarray(0, SCRAM_SALT_BYTES),
    iterations: SCRAM_ITERATIONS,
    keys: [{ name: '', storedKey: derive('stored'), serverKey: derive('server') }],
    suspended: false,
  };
}
