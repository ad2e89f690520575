/**
 * Takes a bundle from wherever it lies into root's own directory, verified on the way. What was verified is
 * the copy, and only the copy is used afterwards: whoever can write the original can change it at any time.
 */

import type { KeyObject } from 'node:crypto';
import { closeSync, createReadStream, statfsSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { OperationError } from '../admin/operations.ts';
import { LIMITS } from '../limits.ts';
import { type RunningSystem, requireApplicable } from './applicable.ts';
import { BundleError, type BundleManifest } from './bundle-format.ts';
import { BundleVerifier, type VerifiedBundle } from './bundle-reader.ts';
import type { SafeDirectory } from './safe-directory.ts';
import { SafeDirectory as Directory } from './safe-directory.ts';
import { compareVersions } from './version-order.ts';

export const BUNDLE_SUFFIX = '.heliosupdate';
const STAGED = `staged${BUNDLE_SUFFIX}`;
const READ_BYTES = 1024 * 1024;
/** Left free for the box beside the copy. */
const FREE_BYTES_MIN = 64 * 1024 * 1024;

export interface StagedBundle {
  readonly path: string;
  readonly bundle: VerifiedBundle;
}

export interface StageOptions {
  readonly state: SafeDirectory;
  readonly keys: readonly KeyObject[];
  readonly running: RunningSystem;
  readonly isDowngradeForced: boolean;
}

/**
 * @param source a bundle, or a directory in which the newest one that suits this box is looked for
 * @throws BundleError saying why it is refused
 */
export async function stageBundle(source: string, options: StageOptions): Promise<StagedBundle> {
  const place = resolve(source);
  if (!statSync(place).isDirectory()) {
    using directory = Directory.open(dirname(place));
    return await copy(directory, basename(place), options);
  }
  using directory = Directory.open(place);
  return await copy(directory, await newest(directory, options), options);
}

export function removeStaged(state: SafeDirectory): void {
  state.remove(STAGED);
}

async function copy(
  from: SafeDirectory,
  name: string,
  options: StageOptions,
): Promise<StagedBundle> {
  const { state, keys, running, isDowngradeForced } = options;
  const source = open(from, name);
  const target = state.createFile(STAGED);
  try {
    const verifier = new BundleVerifier(keys, (manifest) => {
      requireApplicable(manifest, running, isDowngradeForced);
      requireRoom(state, manifest);
    });
    for await (const chunk of pieces(source)) {
      verifier.push(chunk);
      for (let at = 0; at < chunk.length; ) at += writeSync(target, chunk, at);
    }
    return { path: state.path(STAGED), bundle: verifier.end() };
  } catch (error) {
    removeStaged(state);
    throw error;
  } finally {
    closeSync(target);
    closeSync(source);
  }
}

/** Reads only the signed heads. @throws BundleError with the reason of the last that was refused */
async function newest(directory: SafeDirectory, options: StageOptions): Promise<string> {
  const { keys, running, isDowngradeForced } = options;
  let best: { readonly name: string; readonly version: string } | null = null;
  let refusal: unknown = new BundleError(`there is no *${BUNDLE_SUFFIX} in ${directory.name}`);
  for (const name of directory.names().filter((file) => file.endsWith(BUNDLE_SUFFIX))) {
    try {
      const { version } = await readHead(directory, name, keys, (manifest) =>
        requireApplicable(manifest, running, isDowngradeForced),
      );
      if (best === null || compareVersions(version, best.version) > 0) best = { name, version };
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      refusal = error;
    }
  }
  if (best === null) throw refusal;
  return best.name;
}

async function readHead(
  directory: SafeDirectory,
  name: string,
  keys: readonly KeyObject[],
  check: (manifest: BundleManifest) => void,
): Promise<BundleManifest> {
  const source = open(directory, name);
  let found: BundleManifest | null = null;
  const verifier = new BundleVerifier(keys, (manifest) => {
    check(manifest);
    found = manifest;
  });
  try {
    for await (const chunk of pieces(source)) {
      verifier.push(chunk);
      if (found !== null) return found;
    }
    return verifier.end().manifest;
  } finally {
    closeSync(source);
  }
}

function open(directory: SafeDirectory, name: string): number {
  const fd = directory.openFile(name);
  if (fd === null) throw new BundleError(`${directory.name}/${name} does not exist`);
  return fd;
}

function pieces(fd: number): AsyncIterable<Buffer> {
  return createReadStream('', { fd, autoClose: false, start: 0, highWaterMark: READ_BYTES });
}

function requireRoom(state: SafeDirectory, manifest: BundleManifest): void {
  const bytes = manifest.parts.reduce((sum, part) => sum + part.packedBytes, 0);
  if (bytes > LIMITS.bundleBytesMax) {
    throw new BundleError(`the bundle is larger than ${LIMITS.bundleBytesMax} bytes`);
  }
  const { bavail, bsize } = statfsSync(state.path('.'));
  if (bavail * bsize >= bytes + FREE_BYTES_MIN) return;
  throw new OperationError(
    'the data partition has no room for the bundle: remove old backups, then try again',
  );
}
