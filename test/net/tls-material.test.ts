import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTlsMaterial, type TlsSources } from '../../edge/net/tls-material.ts';

function sources(rest: Partial<TlsSources> = {}): TlsSources {
  const dataDir = mkdtempSync(join(tmpdir(), 'helios-tls-'));
  return { dataDir, certFile: null, keyFile: null, names: ['box.shop', '10.1.2.3'], ...rest };
}

describe('loadTlsMaterial', () => {
  it('makes a certificate once, for every name, and keeps the key to itself', async () => {
    const from = sources();
    const made = await loadTlsMaterial(from);
    expect(made.isNew).toBe(true);
    const certificate = new X509Certificate(made.certificatePem);
    for (const name of ['localhost', 'box.shop']) expect(certificate.checkHost(name)).toBe(name);
    for (const ip of ['127.0.0.1', '10.1.2.3']) expect(certificate.checkIP(ip)).toBe(ip);
    expect(certificate.checkHost('other.shop')).toBeUndefined();
    expect(certificate.ca).toBe(false);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(statSync(join(from.dataDir, 'server.key')).mode & 0o777).toBe(0o600);
    const again = await loadTlsMaterial(from);
    expect(again.isNew).toBe(false);
    expect(again.fingerprint).toBe(made.fingerprint);
    expect(Buffer.from(again.endPointHash).equals(made.endPointHash)).toBe(true);
  });

  it('is valid whatever a box without a clock battery believes', async () => {
    const { certificatePem } = await loadTlsMaterial(sources());
    const { validFromDate, validToDate } = new X509Certificate(certificatePem);
    expect(validFromDate.getUTCFullYear()).toBeLessThanOrEqual(2000);
    expect(validToDate.getUTCFullYear()).toBeGreaterThanOrEqual(2099);
  });

  it('begins again when a first boot was cut short after the key', async () => {
    const from = sources();
    await loadTlsMaterial(from);
    rmSync(join(from.dataDir, 'server.crt'));
    expect((await loadTlsMaterial(from)).isNew).toBe(true);
  });

  it('takes the configured pair, and no other than a pair', async () => {
    const one = sources();
    const two = sources();
    await loadTlsMaterial(one);
    await loadTlsMaterial(two);
    const certFile = join(one.dataDir, 'server.crt');
    const keyFile = join(one.dataDir, 'server.key');
    const configured = await loadTlsMaterial(sources({ certFile, keyFile }));
    expect(configured.certificatePem).toBe(readFileSync(certFile, 'utf8'));
    await expect(
      loadTlsMaterial(sources({ certFile, keyFile: join(two.dataDir, 'server.key') })),
    ).rejects.toThrow('does not belong to its key');
    await expect(loadTlsMaterial(sources({ certFile }))).rejects.toThrow('must be set together');
    await expect(loadTlsMaterial(sources({ certFile: '/nonexistent', keyFile }))).rejects.toThrow(
      '/nonexistent',
    );
    const broken = join(one.dataDir, 'broken.crt');
    writeFileSync(broken, 'not a certificate');
    await expect(loadTlsMaterial(sources({ certFile: broken, keyFile }))).rejects.toThrow();
  });

  it('hashes with the hash of the certificate’s own signature', async () => {
    const { endPointHash } = await loadTlsMaterial(sources());
    expect(endPointHash).toHaveLength(32);
  });
});
