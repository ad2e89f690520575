/**
 * A merchant's key and what is kept of it. The key itself is shown once and stored nowhere; what lies in the
 * file is a text of three parts after the mechanism:
 *
 *   SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>$<digest>
 *
 * The digest is an HMAC of the key under the box's secret. It finds the merchant of a key that comes without
 * a name (library, HTTP) and sees that no two merchants have the same key. A fast hash is enough there,
 * because keys have at least 128 random bits: that is why shorter ones are refused.
 */
import { Buffer } from 'node:buffer';
import { createHmac, randomBytes } from 'node:crypto';
import { SCRAM_ITERATIONS, type ScramKey, unknownCredential } from '../auth/directory.ts';
import { makeVerifier, SCRAM_SHA_256 } from '../auth/scram.ts';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';

/** 256 bits. */
const KEY_BYTES = 32;
/** Characters that hold 128 random bits. */
const HEX_CHARACTERS_MIN = 32;
const BASE64_CHARACTERS_MIN = 22;
/** A text of so few different characters was not drawn at random. */
const DISTINCT_CHARACTERS_MIN = 6;

/** A fresh key. */
export function generateKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url');
}

function weakKey(message: string): EdgeError {
  return new EdgeError('invalid_parameter_value', message, {
    hint: 'Leave the key out to have one made, or make one with: openssl rand -hex 32',
  });
}

/** @throws EdgeError 22023 for a key of less than 128 bits, or one that no client can type */
export function checkKeyStrength(key: string): void {
  if (!/^[\x21-\x7e]*$/.test(key) || key.length > LIMITS.merchantKeyCharactersMax) {
    throw weakKey('a merchant key may hold printable ASCII characters only');
  }
  const needed = /^[0-9a-fA-F]*$/.test(key) ? HEX_CHARACTERS_MIN : BASE64_CHARACTERS_MIN;
  if (key.length < needed || new Set(key).size < DISTINCT_CHARACTERS_MIN) {
    throw weakKey('a merchant key must hold at least 128 random bits');
  }
}

/** Ids are start-up user names: no slash (it begins the terminal's name), no control characters. */
export function checkMerchantId(id: string): void {
  const bytes = Buffer.byteLength(id);
  const wrong =
    bytes === 0 ||
    bytes > LIMITS.identifierBytesMax ||
    id === 'admin' ||
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f/]/.test(id) ||
    id !== id.trim();
  if (!wrong) return;
  throw new EdgeError('invalid_parameter_value', `invalid merchant id: "${id}"`, {
    hint: 'Use 1 to 63 bytes without "/", control characters or spaces at the ends; "admin" is taken.',
  });
}

/** Finds a key's merchant without trying every verifier. */
export function keyDigest(secret: Uint8Array, key: string): string {
  return createHmac('sha256', secret).update('digest\0').update(key).digest('base64url');
}

/**
 * What is stored for a key. All keys of one merchant share the salt, which its name alone decides: a name has
 * the same salt before and after a merchant bears it.
 */
export function hashKey(secret: Uint8Array, merchant: string, key: string): string {
  const { salt } = unknownCredential(secret, merchant);
  const { storedKey, serverKey } = makeVerifier(key, salt, SCRAM_ITERATIONS);
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return [
    SCRAM_SHA_256,
    `${SCRAM_ITERATIONS}:${base64(salt)}`,
    `${base64(storedKey)}:${base64(serverKey)}`,
    keyDigest(secret, key),
  ].join('$');
}

export interface StoredVerifier {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly key: ScramKey;
  readonly digest: string;
}

/** Reads what `hashKey` made; null for any other text. */
export function parseVerifier(name: string, text: string): StoredVerifier | null {
  const match = /^SCRAM-SHA-256\$(\d+):([^$:]+)\$([^$:]+):([^$:]+)\$([^$:]+)$/.exec(text);
  if (match === null) return null;
  const [, iterations = '0', salt = '', storedKey = '', serverKey = '', digest = ''] = match;
  const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');
  return {
    salt: bytes(salt),
    iterations: Number(iterations),
    key: { name, storedKey: bytes(storedKey), serverKey: bytes(serverKey) },
    digest,
  };
}
