/**
 * The layout of an update bundle (`*.heliosupdate`), for whoever writes or reads one. No disk here.
 *
 *   16 bytes   "HELIOSUP", format (2), zero (2), length of the manifest (4); big-endian
 *   64 bytes   Ed25519 signature over a fixed text, the 16 bytes above and the manifest
 *   …          manifest, JSON
 *   …          the parts, each a zstd stream, in the manifest's order, with nothing between or behind
 *
 * The manifest holds length and SHA-256 of every part, packed and unpacked: the one signature covers
 * each byte of the file, and nothing of a part is unpacked before its packed hash is known to be right.
 * A bundle says nothing secret and is not encrypted.
 */
import { type KeyObject, sign, verify } from 'node:crypto';
import { OperationError } from '../admin/operations.ts';
import { LIMITS } from '../limits.ts';
import { isVersion } from './version-order.ts';

/** A bundle that is not what it must be: the message names the fault and the mend. */
export class BundleError extends OperationError {}

export type BundleArch = 'x64' | 'arm64';
export type PartName = 'root' | 'uki';

export interface BundlePart {
  readonly name: PartName;
  /** Unpacked. */
  readonly bytes: number;
  readonly sha256: string;
  /** As it lies in the bundle. */
  readonly packedBytes: number;
  readonly packedSha256: string;
}

export interface BundleManifest {
  readonly product: 'helios-edge';
  readonly version: string;
  readonly arch: BundleArch;
  /** The oldest version that may install this one. */
  readonly minFromVersion: string;
  /** Layout of the data file that this version writes; an older program opens no newer layout. */
  readonly layout: number;
  /** ISO 8601. */
  readonly created: string;
  readonly parts: readonly BundlePart[];
}

const MAGIC = Buffer.from('HELIOSUP');
const FORMAT = 1;
const HEADER_BYTES = 16;
const SIGNATURE_BYTES = 64;
/** Where the manifest begins. */
export const MANIFEST_OFFSET = HEADER_BYTES + SIGNATURE_BYTES;
/** A signature made for something else with the same key is worth nothing here. */
const DOMAIN = Buffer.from('helios-edge update bundle 1\n');
const PART_NAMES: readonly PartName[] = ['root', 'uki'];
const SHA256 = /^[0-9a-f]{64}$/;

/** Everything before the parts. */
export function encodeBundleHead(manifest: BundleManifest, key: KeyObject): Buffer {
  const text = Buffer.from(`${JSON.stringify(manifest)}\n`);
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt16BE(FORMAT, 8);
  header.writeUInt32BE(text.length, 12);
  const signature = sign(null, Buffer.concat([DOMAIN, header, text]), key);
  return Buffer.concat([header, signature, text]);
}

/**
 * Length of the manifest, from the first bytes of the file.
 * @throws BundleError when this is no bundle, or one of a newer format
 */
export function readManifestBytes(head: Uint8Array): number {
  const header = Buffer.from(head.buffer, head.byteOffset, HEADER_BYTES);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new BundleError('this is not an update bundle: take the *.heliosupdate file as it came');
  }
  const format = header.readUInt16BE(8);
  if (format !== FORMAT) {
    throw new BundleError(
      `the bundle has format ${format}, this version reads format ${FORMAT}: install an update in between`,
    );
  }
  const bytes = header.readUInt32BE(12);
  if (header.readUInt16BE(10) !== 0 || bytes === 0 || bytes > LIMITS.bundleManifestBytesMax) {
    throw new BundleError('the head of the bundle is damaged: copy it again');
  }
  return bytes;
}

/**
 * Checks the signature, and only then reads the manifest.
 * @param head header, signature and manifest, exactly
 * @throws BundleError
 */
export function openManifest(head: Uint8Array, keys: readonly KeyObject[]): BundleManifest {
  const header = head.subarray(0, HEADER_BYTES);
  const signature = head.subarray(HEADER_BYTES, MANIFEST_OFFSET);
  const text = head.subarray(MANIFEST_OFFSET);
  const signed = Buffer.concat([DOMAIN, header, text]);
  if (!keys.some((key) => verify(null, signed, key, signature))) {
    throw new BundleError(
      'the bundle is not signed by a key that this box trusts: it was changed, or made for other boxes',
    );
  }
  return parseManifest(Buffer.from(text).toString('utf8'));
}

/** Where a part lies in the file. */
export function partOffset(manifestBytes: number, parts: readonly BundlePart[], name: PartName) {
  let offset = MANIFEST_OFFSET + manifestBytes;
  for (const part of parts) {
    if (part.name === name) return { offset, part };
    offset += part.packedBytes;
  }
  throw new BundleError(`the bundle has no part "${name}"`);
}

/** A signed manifest can still be one of a later version, or made by a faulty script. */
function parseManifest(text: string): BundleManifest {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new BundleError('the manifest of the bundle is not JSON: make the bundle again', {
      cause,
    });
  }
  const { product, version, arch, minFromVersion, layout, created, parts } = value ?? {};
  const isSound =
    product === 'helios-edge' &&
    typeof version === 'string' &&
    isVersion(version) &&
    (arch === 'x64' || arch === 'arm64') &&
    typeof minFromVersion === 'string' &&
    isVersion(minFromVersion) &&
    isCount(layout, Number.MAX_SAFE_INTEGER) &&
    typeof created === 'string' &&
    !Number.isNaN(Date.parse(created)) &&
    Array.isArray(parts) &&
    parts.length === PART_NAMES.length &&
    parts.every(isPart) &&
    PART_NAMES.every((name) => parts.some((part) => part.name === name));
  if (!isSound) {
    throw new BundleError('the manifest of the bundle lacks a field: make the bundle again');
  }
  return { product, version, arch, minFromVersion, layout, created, parts };
}

function isPart(value: unknown): value is BundlePart {
  const part = (value ?? {}) as Record<string, unknown>;
  return (
    PART_NAMES.some((name) => name === part['name']) &&
    isCount(part['bytes'], LIMITS.bundlePartBytesMax) &&
    isCount(part['packedBytes'], LIMITS.bundlePartBytesMax) &&
    typeof part['sha256'] === 'string' &&
    SHA256.test(part['sha256']) &&
    typeof part['packedSha256'] === 'string' &&
    SHA256.test(part['packedSha256'])
  );
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value <= max;
}
