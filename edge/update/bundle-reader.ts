/**
 * Reads bundles as streams: a verifier that takes a bundle's bytes in any pieces, and the unpacked
 * bytes of one part of a file that was verified before.
 *
 * The verifier holds one manifest in memory, whatever the bundle's size. It says nothing about whether
 * a bundle suits this box: `applicable.ts` does.
 */
import { createHash, type Hash, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createZstdDecompress } from 'node:zlib';
import {
  BundleError,
  type BundleManifest,
  type BundlePart,
  MANIFEST_OFFSET,
  openManifest,
  type PartName,
  partOffset,
  readManifestBytes,
} from './bundle-format.ts';

export interface VerifiedBundle {
  readonly manifest: BundleManifest;
  readonly manifestBytes: number;
}

const READ_BYTES = 1024 * 1024;

export class BundleVerifier {
  readonly #keys: readonly KeyObject[];
  readonly #onManifest: (manifest: BundleManifest) => void;
  #head: Buffer = Buffer.alloc(0);
  #verified: VerifiedBundle | null = null;
  #part = 0;
  #partBytes = 0;
  #hash: Hash = createHash('sha256');

  /** @param onManifest called once, when the signature is good; what it throws ends the reading */
  constructor(keys: readonly KeyObject[], onManifest: (manifest: BundleManifest) => void) {
    this.#keys = keys;
    this.#onManifest = onManifest;
  }

  /** Takes the next bytes. @throws BundleError at the first that cannot be right */
  push(chunk: Uint8Array): void {
    let rest = chunk;
    if (this.#verified === null) rest = this.#takeHead(rest);
    while (rest.length > 0) rest = this.#takePart(rest);
  }

  /** After the last byte. @throws BundleError when bytes are missing */
  end(): VerifiedBundle {
    const verified = this.#verified;
    if (verified === null || this.#part < verified.manifest.parts.length) {
      throw new BundleError('the bundle ends too early: copy it again');
    }
    return verified;
  }

  /** Returns what lies behind the manifest. */
  #takeHead(chunk: Uint8Array): Uint8Array {
    this.#head = Buffer.concat([this.#head, chunk]);
    const head = this.#head;
    if (head.length < MANIFEST_OFFSET) return chunk.subarray(chunk.length);
    const manifestBytes = readManifestBytes(head);
    const end = MANIFEST_OFFSET + manifestBytes;
    if (head.length < end) return chunk.subarray(chunk.length);
    const manifest = openManifest(head.subarray(0, end), this.#keys);
    this.#onManifest(manifest);
    this.#verified = { manifest, manifestBytes };
    this.#head = Buffer.alloc(0);
    return head.subarray(end);
  }

  /** Returns what lies behind the current part. */
  #takePart(chunk: Uint8Array): Uint8Array {
    const part = this.#verified?.manifest.parts[this.#part];
    if (part === undefined) {
      throw new BundleError('the bundle has bytes behind its end: copy it again');
    }
    const taken = chunk.subarray(0, part.packedBytes - this.#partBytes);
    this.#hash.update(taken);
    this.#partBytes += taken.length;
    if (this.#partBytes === part.packedBytes) {
      if (this.#hash.digest('hex') !== part.packedSha256) throw damaged(part);
      this.#part++;
      this.#partBytes = 0;
      this.#hash = createHash('sha256');
    }
    return chunk.subarray(taken.length);
  }
}

/** Verifies a whole file. @throws BundleError */
export async function verifyBundleFile(
  path: string,
  keys: readonly KeyObject[],
  onManifest: (manifest: BundleManifest) => void = () => undefined,
): Promise<VerifiedBundle> {
  const verifier = new BundleVerifier(keys, onManifest);
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
    verifier.push(chunk as Buffer);
  }
  return verifier.end();
}

/**
 * The unpacked bytes of one part of a file that was verified and that nobody else can write.
 * Length and hash are checked at the end: until then nothing may be relied upon.
 * @throws BundleError
 */
export async function* readPart(
  path: string,
  bundle: VerifiedBundle,
  name: PartName,
): AsyncGenerator<Buffer> {
  const { offset, part } = partOffset(bundle.manifestBytes, bundle.manifest.parts, name);
  const packed = createReadStream(path, {
    start: offset,
    end: offset + part.packedBytes - 1,
    highWaterMark: READ_BYTES,
  });
  const unpacked = packed.pipe(createZstdDecompress());
  packed.on('error', (error) => unpacked.destroy(error));
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > part.bytes) throw damaged(part);
      hash.update(chunk);
      yield chunk;
    }
  } finally {
    packed.destroy();
  }
  if (bytes !== part.bytes || hash.digest('hex') !== part.sha256) throw damaged(part);
}

function damaged(part: BundlePart): BundleError {
  return new BundleError(`the part "${part.name}" of the bundle is damaged: copy it again`);
}
