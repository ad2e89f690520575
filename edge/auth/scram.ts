/**
 * SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, the server's side (RFC 5802, RFC 7677, RFC 5929): bytes in, bytes
 * out, no socket. Complaints are PostgreSQL's own (auth-scram.c).
 *
 * A merchant's keys share salt and iteration count, because the server sends those before it has seen a
 * proof; each stored key is tried on the proof. The user name inside the SCRAM message is ignored, as
 * in PostgreSQL: who logs in is said by the start-up packet.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { EdgeError } from '../errors.ts';
import type { Credential, ScramKey } from './directory.ts';
import { KEYS_PER_MERCHANT_MAX } from './directory.ts';
import { saslPrep } from './sasl-prep.ts';

export const SCRAM_SHA_256 = 'SCRAM-SHA-256';
export const SCRAM_SHA_256_PLUS = 'SCRAM-SHA-256-PLUS';
export type ScramMechanism = typeof SCRAM_SHA_256 | typeof SCRAM_SHA_256_PLUS;

const KEY_BYTES = 32;
/** PostgreSQL's SCRAM_RAW_NONCE_LEN. */
const NONCE_BYTES = 18;
const CHANNEL_BINDING_TYPE = 'tls-server-end-point';

/** What is kept of a merchant key (RFC 5802 section 3). PBKDF2: a millisecond or two of this thread. */
export function makeVerifier(
  key: string,
  salt: Uint8Array,
  iterations: number,
): { readonly storedKey: Uint8Array; readonly serverKey: Uint8Array } {
  const salted = pbkdf2Sync(saslPrep(key), salt, iterations, KEY_BYTES, 'sha256');
  return { storedKey: sha256(hmac(salted, 'Client Key')), serverKey: hmac(salted, 'Server Key') };
}

export interface ScramOptions {
  readonly mechanism: ScramMechanism;
  /** Hash of the certificate that the client sees (RFC 5929 section 4); null without TLS. */
  readonly endPointHash: Uint8Array | null;
  /** For tests with known answers. */
  readonly nonce?: string;
}

export interface ScramResult {
  /** server-final-message. */
  readonly message: Uint8Array;
  /** The key whose proof it was. */
  readonly key: ScramKey;
}

/** One exchange; both methods are called once, in order. */
export class ScramServer {
  readonly #credential: Credential;
  readonly #options: ScramOptions;
  #gs2Header = '';
  #clientFirstBare = '';
  #serverFirst = '';
  #nonce = '';

  constructor(credential: Credential, options: ScramOptions) {
    this.#credential = credential;
    this.#options = options;
  }

  /**
   * client-first-message to server-first-message (RFC 5802 section 7).
   * @throws EdgeError FATAL 08P01, 0A000, 28000
   */
  first(message: Uint8Array): Uint8Array {
    const reader = new AttributeReader(messageText(message));
    this.#checkBindingFlag(reader);
    reader.comma();
    if (reader.peek() === 'a') {
      throw fatal(
        'feature_not_supported',
        'client uses authorization identity, but it is not supported',
      );
    }
    if (reader.peek() !== ',') {
      throw malformed(`Unexpected attribute "${reader.shown()}" in client-first-message.`);
    }
    reader.comma();
    this.#gs2Header = reader.before();
    this.#clientFirstBare = reader.rest();
    if (reader.peek() === 'm') {
      throw fatal('feature_not_supported', 'client requires an unsupported SCRAM extension');
    }
    reader.attribute('n');
    const clientNonce = reader.attribute('r');
    // RFC 5802 section 7: printable = %x21-2B / %x2D-7E.
    if (!/^[\x21-\x2B\x2D-\x7E]*$/.test(clientNonce)) {
      throw fatal('protocol_violation', 'non-printable characters in SCRAM nonce');
    }
    this.#nonce =
      clientNonce + (this.#options.nonce ?? randomBytes(NONCE_BYTES).toString('base64'));
    const salt = Buffer.from(this.#credential.salt).toString('base64');
    this.#serverFirst = `r=${this.#nonce},s=${salt},i=${this.#credential.iterations}`;
    return Buffer.from(this.#serverFirst, 'latin1');
  }

  /**
   * client-final-message to server-final-message, or null when no key fits the proof.
   * @throws EdgeError FATAL 08P01, 28000
   */
  final(message: Uint8Array): ScramResult | null {
    const text = messageText(message);
    const reader = new AttributeReader(text);
    this.#checkBinding(reader.attribute('c'));
    const nonce = reader.attribute('r');
    let withoutProof = text.slice(0, reader.start - 1);
    let [name, proof] = reader.anyAttribute();
    // Extensions may stand before the proof, which comes last (RFC 5802 section 7).
    while (name !== 'p') {
      withoutProof = text.slice(0, reader.start - 1);
      [name, proof] = reader.anyAttribute();
    }
    const proofBytes = decodeBase64(proof);
    if (proofBytes === null || proofBytes.length !== KEY_BYTES) {
      throw malformed('Malformed proof in client-final-message.');
    }
    if (!reader.atEnd) throw malformed('Garbage found at the end of client-final-message.');
    if (nonce !== this.#nonce) {
      throw fatal('protocol_violation', 'invalid SCRAM response', 'Nonce does not match.');
    }
    const authMessage = Buffer.from(
      `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`,
      'latin1',
    );
    const key = this.#findKey(authMessage, proofBytes);
    if (key === null) return null;
    const signature = hmac(key.serverKey, authMessage).toString('base64');
    return { message: Buffer.from(`v=${signature}`, 'latin1'), key };
  }

  /** gs2-cbind-flag (RFC 5802 section 6). */
  #checkBindingFlag(reader: AttributeReader): void {
    const binds = this.#options.mechanism === SCRAM_SHA_256_PLUS;
    const flag = reader.peek();
    if (flag === 'n' || flag === 'y') {
      if (binds) {
        throw malformed(
          'The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.',
        );
      }
      // "y": the client could bind and believes that we cannot. We can, so somebody cut our offer out.
      if (flag === 'y' && this.#options.endPointHash !== null) {
        throw fatal(
          'invalid_authorization_specification',
          'SCRAM channel binding negotiation error',
          'The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.',
        );
      }
      reader.skip();
      return;
    }
    if (flag !== 'p') throw malformed(`Unexpected channel-binding flag "${reader.shown()}".`);
    if (!binds) {
      throw malformed(
        'The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.',
      );
    }
    const type = reader.attribute('p', false);
    if (type !== CHANNEL_BINDING_TYPE) {
      throw fatal('protocol_violation', `unsupported SCRAM channel-binding type "${type}"`);
    }
  }

  /** The `c` attribute repeats the gs2 header and, with PLUS, adds the certificate's hash. */
  #checkBinding(given: string): void {
    const { mechanism, endPointHash } = this.#options;
    const header = Buffer.from(this.#gs2Header, 'latin1');
    if (mechanism === SCRAM_SHA_256_PLUS) {
      const expected = Buffer.concat([header, endPointHash ?? new Uint8Array(0)]);
      if (endPointHash !== null && given === expected.toString('base64')) return;
      throw fatal('invalid_authorization_specification', 'SCRAM channel binding check failed');
    }
    if (given === header.toString('base64')) return;
    throw fatal(
      'protocol_violation',
      'unexpected SCRAM channel-binding attribute in client-final-message',
    );
  }

  /** RFC 5802 section 3: ClientKey = ClientProof XOR ClientSignature; its hash must be StoredKey. */
  #findKey(authMessage: Uint8Array, proof: Uint8Array): ScramKey | null {
    const { keys, known } = this.#credential;
    let found: ScramKey | null = null;
    // A fixed number of rounds, without leaving early: how many keys there are must not show in the time.
    for (let index = 0; index < Math.max(KEYS_PER_MERCHANT_MAX, keys.length); index += 1) {
      const key = keys[index] ?? NO_KEY;
      const clientKey = hmac(key.storedKey, authMessage);
      for (let at = 0; at < KEY_BYTES; at += 1) {
        clientKey[at] = (clientKey[at] ?? 0) ^ (proof[at] ?? 0);
      }
      const fits = timingSafeEqual(sha256(clientKey), key.storedKey);
      if (fits && known && key !== NO_KEY) found = key;
    }
    return found;
  }
}

const NO_KEY: ScramKey = {
  name: '',
  storedKey: randomBytes(KEY_BYTES),
  serverKey: randomBytes(KEY_BYTES),
};

/** Reads `x=value` pairs. Text is latin1: one character a byte, so that hashes see what was sent. */
class AttributeReader {
  readonly #text: string;
  #at = 0;
  /** Where the attribute that is read next begins. */
  get start(): number {
    return this.#at;
  }

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at > this.#text.length;
  }

  peek(): string {
    return this.#text.charAt(this.#at);
  }

  shown(): string {
    const character = this.peek();
    if (/^[\x21-\x7E]$/.test(character)) return character;
    const code = character === '' ? 0 : character.charCodeAt(0);
    return `0x${code.toString(16).padStart(2, '0')}`;
  }

  skip(): void {
    this.#at += 1;
  }

  comma(): void {
    if (this.peek() !== ',')
      throw malformed(`Comma expected, but found character "${this.shown()}".`);
    this.#at += 1;
  }

  before(): string {
    return this.#text.slice(0, this.#at);
  }

  rest(): string {
    return this.#text.slice(this.#at);
  }

  /** The value of exactly this attribute. @param takesComma also passes the comma behind it */
  attribute(name: string, takesComma = true): string {
    if (this.peek() !== name) {
      throw malformed(`Expected attribute "${name}" but found "${this.shown()}".`);
    }
    return this.#value(name, takesComma);
  }

  anyAttribute(): readonly [name: string, value: string] {
    const name = this.peek();
    if (!/^[A-Za-z]$/.test(name)) {
      throw malformed(`Attribute expected, but found invalid character "${this.shown()}".`);
    }
    return [name, this.#value(name, true)];
  }

  #value(name: string, takesComma: boolean): string {
    this.#at += 1;
    if (this.peek() !== '=') throw malformed(`Expected character "=" for attribute "${name}".`);
    this.#at += 1;
    const comma = this.#text.indexOf(',', this.#at);
    const end = comma < 0 ? this.#text.length : comma;
    const value = this.#text.slice(this.#at, end);
    // At the end the position goes one beyond it, so that `atEnd` tells it from an empty attribute.
    this.#at = comma >= 0 && !takesComma ? end : end + 1;
    return value;
  }
}

function messageText(message: Uint8Array): string {
  if (message.length === 0) throw malformed('The message is empty.');
  if (message.includes(0)) throw malformed('Message length does not match input length.');
  return Buffer.from(message).toString('latin1');
}

function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  // Node skips what it does not know; the round trip refuses every other spelling.
  return bytes.toString('base64') === text ? bytes : null;
}

function malformed(detail: string): EdgeError {
  return fatal('protocol_violation', 'malformed SCRAM message', detail);
}

function fatal(
  condition: 'protocol_violation' | 'feature_not_supported' | 'invalid_authorization_specification',
  message: string,
  detail?: string,
): EdgeError {
  const fields = detail === undefined ? {} : { detail };
  return new EdgeError(condition, message, { severity: 'FATAL', ...fields });
}

function hmac(key: Uint8Array, data: Uint8Array | string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}
