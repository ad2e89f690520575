/**
 * The Ed25519 key that signs update bundles and image manifests, shared by `scripts/bundle.ts` and
 * `scripts/image.ts` so that an image trusts the bundles of the same checkout.
 *
 * HELIOS_SIGNING_KEY names a release's key (PEM, PKCS #8; `openssl genpkey -algorithm ed25519` makes one).
 * Without it a development key is made once under `.cache/keys`: whoever has the checkout can sign with
 * it, so an image that trusts it is not for a shop, and the scripts say so.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const DEVELOPMENT_KEY = join(import.meta.dirname, '../.cache/keys/development.key');

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** PEM (SPKI): what lies on the image in `/usr/share/helios-edge/update-keys/<name>.pub`. */
  readonly publicPem: string;
  /** File name of the public key on the image, without `.pub`. */
  readonly name: 'development' | 'release';
}

/** @throws Error naming the file when it holds no Ed25519 key */
export function loadSigningKey(
  file: string | undefined = process.env['HELIOS_SIGNING_KEY'],
): SigningKey {
  const isRelease = file !== undefined && file !== '';
  const path = isRelease ? file : developmentKey();
  const privateKey = createPrivateKey(readFileSync(path));
  if (privateKey.asymmetricKeyType !== 'ed25519') {
    throw new Error(`${path} is not an Ed25519 key; make one: openssl genpkey -algorithm ed25519`);
  }
  const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  return { privateKey, publicPem, name: isRelease ? 'release' : 'development' };
}

function developmentKey(): string {
  if (existsSync(DEVELOPMENT_KEY)) return DEVELOPMENT_KEY;
  mkdirSync(dirname(DEVELOPMENT_KEY), { recursive: true });
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  try {
    writeFileSync(DEVELOPMENT_KEY, pem, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    // Another script made it at the same time: that one counts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return DEVELOPMENT_KEY;
}
