/**
 * The box's end of an upload: takes a bundle from the console into the data directory, where the updater (root,
 * another process) finds it. It is verified here so that the person hears at once what is wrong with it; the
 * updater trusts none of that and verifies its own copy.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../admin/operations.ts';
import { LIMITS } from '../limits.ts';
import { requireApplicable } from './applicable.ts';
import type { BundleManifest } from './bundle-format.ts';
import { BundleVerifier } from './bundle-reader.ts';
import { OWNER_ONLY } from './safe-directory.ts';
import { BUNDLE_SUFFIX, requireRoom } from './stage.ts';
import { loadUpdateKeys } from './update-keys.ts';
import { readStatus, UPDATE_FOLDER } from './update-record.ts';

const DRAFT = 'incoming.part';
/** What `helios-update.path` waits for. */
export const INCOMING = `incoming${BUNDLE_SUFFIX}`;
const DIRECTORY_MODE = 0o700;

export interface UploadOptions {
  readonly dataDir: string;
  /** Version of this program, where the updater has not yet said which system runs. */
  readonly version: string;
  readonly keysHome?: string;
}

export class UpdateUploads {
  readonly #options: UploadOptions;
  #isBusy = false;

  constructor(options: UploadOptions) {
    this.#options = options;
    // Of a box whose plug was pulled: as much as a bundle, and nobody else takes it away.
    rmSync(join(options.dataDir, UPDATE_FOLDER, DRAFT), { force: true });
  }

  /**
   * Resolves when the bundle lies whole on the disk and the updater may begin.
   * @throws OperationError saying why it is refused
   */
  async take(content: AsyncIterable<Uint8Array>): Promise<BundleManifest> {
    const { dataDir, version, keysHome } = this.#options;
    const status = readStatus(dataDir, version);
    if (!status.supported) {
      throw new OperationError(
        'this box is not an appliance image: update it the way it was installed',
      );
    }
    const folder = join(dataDir, UPDATE_FOLDER);
    const incoming = join(folder, INCOMING);
    if (this.#isBusy || existsSync(incoming)) {
      throw new OperationError('an update is being taken in already: wait until it is done');
    }
    const keys = loadUpdateKeys(keysHome);
    this.#isBusy = true;
    const draft = join(folder, DRAFT);
    try {
      mkdirSync(folder, { recursive: true, mode: DIRECTORY_MODE });
      const verifier = new BundleVerifier(keys, (manifest) => {
        requireApplicable(manifest, { version: status.running, arch: process.arch }, false);
        requireRoom(folder, manifest);
      });
      await receive(content, draft, verifier);
      const { manifest } = verifier.end();
      await rename(draft, incoming);
      return manifest;
    } finally {
      await rm(draft, { force: true });
      this.#isBusy = false;
    }
  }
}

async function receive(
  content: AsyncIterable<Uint8Array>,
  draft: string,
  verifier: BundleVerifier,
): Promise<void> {
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', OWNER_ONLY);
  try {
    let bytes = 0;
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > LIMITS.bundleBytesMax) throw new OperationError('the bundle is too large');
      verifier.push(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
