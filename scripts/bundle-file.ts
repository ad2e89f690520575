/**
 * Makes one update bundle from a system image (raw erofs) and its unified kernel image. The same inputs,
 * time and key give the same bytes.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import {
  type BundleArch,
  type BundlePart,
  encodeBundleHead,
  type PartName,
} from '../edge/update/bundle-format.ts';
import type { SigningKey } from './signing-key.ts';

export interface BundleSources {
  readonly root: string;
  readonly uki: string;
  readonly version: string;
  readonly arch: BundleArch;
  readonly minFromVersion: string;
  /** Layout of the data file that the version writes. */
  readonly layout: number;
  readonly created: Date;
  readonly output: string;
  readonly key: SigningKey;
  /** zstd's; the system is compressed already, so a high one buys little. */
  readonly level?: number;
}

const LEVEL = 6;
const READ_BYTES = 1024 * 1024;

/** Writes the bundle, whole or not at all. */
export async function makeBundle(sources: BundleSources): Promise<void> {
  const { output, key, version, arch, minFromVersion, layout } = sources;
  const work = mkdtempSync(join(dirname(output), '.bundle-'));
  try {
    const level = sources.level ?? LEVEL;
    const parts = [
      await pack('root', sources.root, work, level),
      await pack('uki', sources.uki, work, level),
    ];
    const head = encodeBundleHead(
      {
        product: 'helios-edge',
        version,
        arch,
        minFromVersion,
        layout,
        created: sources.created.toISOString(),
        parts,
      },
      key.privateKey,
    );
    const draft = join(work, 'bundle');
    const file = openSync(draft, 'w');
    writeSync(file, head);
    closeSync(file);
    for (const { name } of parts) {
      const target = createWriteStream(draft, { flags: 'a' });
      await pipeline(createReadStream(join(work, name)), target);
    }
    renameSync(draft, output);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function pack(
  name: PartName,
  source: string,
  work: string,
  level: number,
): Promise<BundlePart> {
  const packed = join(work, name);
  const raw = createHash('sha256');
  const packedHash = createHash('sha256');
  await pipeline(
    createReadStream(source, { highWaterMark: READ_BYTES }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        raw.update(chunk);
        yield chunk;
      }
    },
    createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        packedHash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(packed),
  );
  return {
    name,
    bytes: statSync(source).size,
    sha256: raw.digest('hex'),
    packedBytes: statSync(packed).size,
    packedSha256: packedHash.digest('hex'),
  };
}
