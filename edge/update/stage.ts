/**
 * Takes a bundle from wherever it lies into root's own directory, verified on the way. What was verified is
 * the copy, and only the copy is used afterwards: whoever can write the original can change it at any time.
 */

import type { KeyObject } from 'node:crypto';
import { closeSync, readSync, statfsSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { OperationError } from '../admin/operations.ts';
import { LIMITS } from '../limits.ts';
import { type RunningSystem, requireApplicable } from './applicable.ts';
import { BundleError, type BundleManifest } from './bundle-format.ts';
import { BundleVerifier, type VerifiedBundle } from './bundle-reader.ts';
import { SafeDirectory } from './safe-directory.ts';
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
  /** Versions that are not taken, whatever is said for them. */
  readonly givenUp: readonly string[];
}

/**
 * @param source a bundle, or a directory in which the newest one that suits this box is looked for
 * @throws BundleError saying why it is refused
 */
export function stageBundle(source: string, options: StageOptions): StagedBundle {
  const place = resolve(source);
  if (!statSync(place).isDirectory()) {
    using directory = SafeDirectory.open(dirname(place));
    return copy(directory, basename(place), options);
  }
  using directory = SafeDirectory.open(place);
  return copy(directory, newest(directory, options), options);
}

export function removeStaged(state: SafeDirectory): void {
  state.remove(STAGED);
}

function copy(from: SafeDirectory, name: string, options: StageOptions): StagedBundle {
  const { state, keys } = options;
  const source = open(from, name);
  const target = state.createFile(STAGED);
  try {
    const verifier = new BundleVerifier(keys, (manifest) => {
      check(manifest, options);
      requireRoom(state.path('.'), manifest);
    });
    for (const chunk of pieces(source)) {
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

function check(manifest: BundleManifest, options: StageOptions): void {
  requireApplicable(manifest, options.running, options.isDowngradeForced);
  if (!options.givenUp.includes(manifest.version)) return;
  throw new BundleError(
    `version ${manifest.version} was tried and given up: "helios-edge update install" tries it again`,
  );
}

/** Reads only the signed heads. @throws BundleError with the reason of the last that was refused */
function newest(directory: SafeDirectory, options: StageOptions): string {
  const { keys } = options;
  let best: { readonly name: string; readonly version: string } | null = null;
  let refusal: unknown = new BundleError(`there is no *${BUNDLE_SUFFIX} in ${directory.name}`);
  for (const name of directory.names().filter((file) => file.endsWith(BUNDLE_SUFFIX))) {
    try {
      const { version } = readHead(directory, name, keys, (manifest) => check(manifest, options));
      if (best === null || compareVersions(version, best.version) > 0) best = { name, version };
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      refusal = error;
    }
  }
  if (best === null) throw refusal;
  return best.name;
}

function readHead(
  directory: SafeDirectory,
  name: string,
  keys: readonly KeyObject[],
  onManifest: (manifest: BundleManifest) => void,
): BundleManifest {
  const source = open(directory, name);
  let found: BundleManifest | null = null;
  const verifier = new BundleVerifier(keys, (manifest) => {
    onManifest(manifest);
    found = manifest;
  });
  try {
    for (const chunk of pieces(source)) {
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

/** A stream would close the descriptor by itself, and what is closed twice may be somebody else's. */
function* pieces(fd: number): Generator<Buffer> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const bytes = readSync(fd, buffer);
    if (bytes === 0) return;
    yield buffer.subarray(0, bytes);
  }
}

/** @throws OperationError where the bundle would leave too little for sales */
export function requireRoom(directory: string, manifest: BundleManifest): void {
  const bytes = manifest.parts.reduce((sum, part) => sum + part.packedBytes, 0);
  if (bytes > LIMITS.bundleBytesMax) {
    throw new BundleError(`the bundle is larger than ${LIMITS.bundleBytesMax} bytes`);
  }
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize >= bytes + FREE_BYTES_MIN) return;
  throw new OperationError(
    'the data partition has no room for the bundle: remove old backups, then try again',
  );
}
