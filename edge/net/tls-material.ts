/**
 * The box's certificate: the configured one, or one made on first boot and kept in the data directory.
 *
 * The made one is valid from 2000 to 2099, whatever the clock says: a box without a battery may boot in
 * 1970, and nobody in the shop renews certificates. Clients that want to be sure of the box pin it, or
 * use SCRAM's channel binding, which proves the certificate by the merchant key.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5929#section-4 (tls-server-end-point)
 */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';

export interface TlsMaterial {
  readonly secureContext: SecureContext;
  /** What channel binding compares: hash of the certificate's DER form. */
  readonly endPointHash: Uint8Array;
  readonly certificatePem: string;
  /** SHA-256, colon-separated hex: what a person compares. */
  readonly fingerprint: string;
  /** True when it was made just now. */
  readonly isNew: boolean;
}

export interface TlsSources {
  readonly dataDir: string;
  /** Both or neither. */
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** Host names and addresses that go into a new certificate, besides localhost. */
  readonly names: readonly string[];
}

const CERTIFICATE_NAME = 'server.crt';
const KEY_NAME = 'server.key';
const NOT_BEFORE = new Date('2000-01-01T00:00:00Z');
const NOT_AFTER = new Date('2099-12-31T23:59:59Z');
const KEY_MODE = 0o600;
const CERTIFICATE_MODE = 0o644;

/**
 * Loads or makes the certificate.
 * @throws Error naming the file and the mend when the configured files cannot be used
 */
export async function loadTlsMaterial(sources: TlsSources): Promise<TlsMaterial> {
  const { certFile, keyFile, dataDir } = sources;
  if ((certFile === null) !== (keyFile === null)) {
    throw new Error('proxy.tls.cert_file and proxy.tls.key_file must be set together');
  }
  if (certFile !== null && keyFile !== null) {
    return material(
      await readFile(certFile, 'utf8'),
      await readFile(keyFile, 'utf8'),
      certFile,
      false,
    );
  }
  const certPath = join(dataDir, CERTIFICATE_NAME);
  const keyPath = join(dataDir, KEY_NAME);
  // The certificate is written last: without it, a key alone is the rest of a first boot cut short.
  if (existsSync(certPath)) {
    return material(
      await readFile(certPath, 'utf8'),
      await readFile(keyPath, 'utf8'),
      certPath,
      false,
    );
  }
  const made = await makeCertificate(sources.names);
  await mkdir(dataDir, { recursive: true });
  await writeDurably(keyPath, made.key, KEY_MODE);
  await writeDurably(certPath, made.certificate, CERTIFICATE_MODE);
  return material(made.certificate, made.key, certPath, true);
}

function material(
  certificatePem: string,
  keyPem: string,
  file: string,
  isNew: boolean,
): TlsMaterial {
  const certificate = new X509Certificate(certificatePem);
  if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) {
    throw new Error(`${file} does not belong to its key: install the pair again, or remove both`);
  }
  return {
    secureContext: createSecureContext({
      cert: certificatePem,
      key: keyPem,
      minVersion: 'TLSv1.2',
    }),
    endPointHash: endPointHash(certificate),
    certificatePem,
    fingerprint: certificate.fingerprint256,
    isNew,
  };
}

/** RFC 5929 section 4.1: the hash of the certificate's signature; SHA-256 in place of MD5 and SHA-1. */
function endPointHash(certificate: X509Certificate): Uint8Array {
  const algorithm = /sha-?(384|512)/i.exec(certificate.signatureAlgorithm ?? '');
  return createHash(`sha${algorithm?.[1] ?? '256'}`)
    .update(certificate.raw)
    .digest();
}

async function makeCertificate(
  names: readonly string[],
): Promise<{ readonly certificate: string; readonly key: string }> {
  const all = [...new Set(['localhost', '127.0.0.1', '::1', ...names])];
  const altNames = all.map((name) =>
    isIP(name) === 0 ? ({ type: 2, value: name } as const) : ({ type: 7, ip: name } as const),
  );
  // Needed on first boot only, and a tenth of a second to load.
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: 'helios-edge' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: NOT_BEFORE,
    notAfterDate: NOT_AFTER,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  return { certificate: made.cert, key: made.private };
}

/** A power cut leaves the whole file or none. */
async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
