/** The record of one built image, signed: what it was made of, and the hash of each file made. */
import { sign } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { PackageSet } from './apt.ts';
import { hashOfFile } from './hash.ts';
import type { ImagePlan } from './plan.ts';

export interface MadeFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly product: 'helios-edge';
  readonly version: string;
  readonly arch: string;
  readonly commit: string;
  /** Seconds since 1970 that stand as the time of every file inside. */
  readonly epoch: number;
  readonly kernel: string;
  /** Hash over everything that the image was made from. */
  readonly inputs: string;
  readonly signingKey: 'development' | 'release';
  readonly files: readonly MadeFile[];
  readonly packages: readonly { name: string; version: string; sha256: string }[];
}

const MANIFEST = 'manifest.json';

export function writeManifest(
  plan: ImagePlan,
  facts: { readonly kernel: string; readonly inputs: string; readonly set: PackageSet },
  files: readonly string[],
): Manifest {
  const manifest: Manifest = {
    product: 'helios-edge',
    version: plan.version,
    arch: plan.arch,
    commit: plan.commit,
    epoch: plan.epoch,
    kernel: facts.kernel,
    inputs: facts.inputs,
    signingKey: plan.key.name,
    files: files.map((path) => ({
      name: basename(path),
      bytes: statSync(path).size,
      sha256: hashOfFile(path),
    })),
    packages: facts.set.packages.map(({ name, version, sha256 }) => ({ name, version, sha256 })),
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const signature = sign(null, Buffer.from(text), plan.key.privateKey);
  writeFileSync(join(plan.output, MANIFEST), text);
  writeFileSync(join(plan.output, `${MANIFEST}.sig`), `${signature.toString('base64')}\n`);
  return manifest;
}

/** The manifest of an earlier build whose files are all there, or null. */
export function readManifest(folder: string): Manifest | null {
  const path = join(folder, MANIFEST);
  if (!existsSync(path)) return null;
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  const isWhole = manifest.files.every(({ name, bytes }) => {
    const file = join(folder, name);
    return existsSync(file) && statSync(file).size === bytes;
  });
  return isWhole ? manifest : null;
}
