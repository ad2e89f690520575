/** Small bundles and keys for the updater's tests. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BundleSources, makeBundle } from '../../scripts/bundle-file.ts';
import type { SigningKey } from '../../scripts/signing-key.ts';

export interface TestKey extends SigningKey {
  readonly publicKey: KeyObject;
}

export function newKey(): TestKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = createPublicKey(privateKey);
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return { privateKey, publicKey, publicPem, name: 'release' };
}

export class BundleShop implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'helios-bundle-'));
  readonly key = newKey();

  /** Makes a bundle; root and uki are told apart by the version in them. */
  async make(
    version: string,
    sources: Partial<BundleSources> & { readonly rootBytes?: number } = {},
  ): Promise<string> {
    const { rootBytes = 40_000, ...rest } = sources;
    const root = join(this.directory, `root-${version}`);
    const uki = join(this.directory, `uki-${version}`);
    writeFileSync(root, this.root(version, rootBytes));
    writeFileSync(uki, this.uki(version));
    const output = join(this.directory, `${version}.heliosupdate`);
    await makeBundle({
      root,
      uki,
      version,
      arch: 'x64',
      minFromVersion: '0.1.0',
      layout: 1,
      created: new Date('2026-11-01T00:00:00Z'),
      output,
      key: this.key,
      ...rest,
    });
    return output;
  }

  readonly #noise = randomBytes(16);

  root(version: string, bytes = 40_000): Buffer {
    const text = Buffer.concat([Buffer.from(`root of ${version} `), this.#noise]);
    return Buffer.alloc(bytes, text);
  }

  uki(version: string): Buffer {
    return Buffer.alloc(9_000, `kernel of ${version} `);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
