/**
 * The client's side of SCRAM-SHA-256, written from RFC 5802 and independent of the product's code, for
 * tests that speak raw protocol.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

export interface ScramClientOptions {
  /** gs2 header; `n,,` unless told. */
  readonly header?: string;
  /** Channel binding data behind the header. */
  readonly binding?: Uint8Array;
  readonly user?: string;
  readonly nonce?: string;
}

const hmac = (key: Uint8Array, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

export class ScramClient {
  readonly #password: string;
  readonly #options: ScramClientOptions;
  readonly #bare: string;
  #serverSignature = '';

  constructor(password: string, options: ScramClientOptions = {}) {
    this.#password = password;
    this.#options = options;
    const nonce = options.nonce ?? randomBytes(18).toString('base64');
    this.#bare = `n=${options.user ?? ''},r=${nonce}`;
  }

  get #header(): string {
    return this.#options.header ?? 'n,,';
  }

  first(): Buffer {
    return Buffer.from(this.#header + this.#bare);
  }

  final(serverFirst: Uint8Array): Buffer {
    const text = Buffer.from(serverFirst).toString();
    const match = /^r=([^,]*),s=([^,]*),i=(\d+)$/.exec(text);
    if (match === null) throw new Error(`not a server-first-message: ${text}`);
    const [, nonce, salt = '', iterations] = match;
    const salted = pbkdf2Sync(
      this.#password,
      Buffer.from(salt, 'base64'),
      Number(iterations),
      32,
      'sha256',
    );
    const binding = Buffer.concat([
      Buffer.from(this.#header),
      this.#options.binding ?? Buffer.alloc(0),
    ]).toString('base64');
    const withoutProof = `c=${binding},r=${nonce}`;
    const authMessage = `${this.#bare},${text},${withoutProof}`;
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const signature = hmac(storedKey, authMessage);
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage).toString('base64');
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`);
  }

  /** Whether the server knows the key, too. */
  accepts(serverFinal: Uint8Array): boolean {
    return Buffer.from(serverFinal).toString() === `v=${this.#serverSignature}`;
  }
}
