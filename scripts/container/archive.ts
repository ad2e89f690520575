/**
 * Writes a container image as one archive: the layout of the Open Container Initiative, with the index
 * that `docker load` of older versions reads beside it. The same folder gives the same bytes.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
import { createHash } from 'node:crypto';
import { createWriteStream, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Arch } from '../build/node-runtime.ts';
import type { ImageSettings } from './dockerfile.ts';

const EPOCH = new Date(0);
const GZIP_LEVEL = 9;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

export interface ContainerImage {
  readonly name: string;
  readonly version: string;
  readonly arch: Arch;
  readonly settings: ImageSettings;
  /** One folder per layer, lowest first. */
  readonly layers: readonly string[];
  /** Paths that belong to the image's user; all else is root's. */
  readonly owned: Readonly<Record<string, number>>;
}

interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly bytes: Uint8Array;
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function blob(mediaType: string, bytes: Uint8Array): Blob {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength, bytes };
}

function descriptor({ mediaType, digest, size }: Blob): Record<string, unknown> {
  return { mediaType, digest, size };
}

/** A folder as a tar without times, in the order of names. */
async function layerTar(folder: string, owned: ContainerImage['owned']): Promise<Uint8Array> {
  const tar = pack();
  const chunks = (async () => {
    const all: Uint8Array[] = [];
    for await (const chunk of tar) all.push(chunk as Uint8Array);
    return Buffer.concat(all);
  })();
  for (const name of (readdirSync(folder, { recursive: true }) as string[]).sort()) {
    const path = join(folder, name);
    const { mode } = lstatSync(path);
    const id = owned[`/${name}`] ?? 0;
    const entry = { name, mode: mode & 0o7777, uid: id, gid: id, mtime: EPOCH };
    const kind = lstatSync(path);
    if (kind.isDirectory()) tar.entry({ ...entry, type: 'directory' });
    else if (kind.isSymbolicLink()) {
      tar.entry({ ...entry, type: 'symlink', linkname: readlinkSync(path) });
    } else tar.entry(entry, readFileSync(path));
  }
  tar.finalize();
  return chunks;
}

export interface WrittenArchive {
  /** What a registry would send: layers, settings and manifest. */
  readonly compressedBytes: number;
  readonly digest: string;
}

export async function writeArchive(image: ContainerImage, file: string): Promise<WrittenArchive> {
  const tars = await Promise.all(image.layers.map((folder) => layerTar(folder, image.owned)));
  const layers = tars.map((tar) => blob(LAYER, gzipSync(tar, { level: GZIP_LEVEL })));
  const config = blob(
    CONFIG,
    json({
      architecture: image.arch === 'x64' ? 'amd64' : 'arm64',
      os: 'linux',
      config: image.settings,
      rootfs: { type: 'layers', diff_ids: tars.map(digestOf) },
    }),
  );
  const manifest = blob(
    MANIFEST,
    json({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: descriptor(config),
      layers: layers.map(descriptor),
    }),
  );
  const tag = `${image.name}:${image.version}`;
  const annotations = { 'org.opencontainers.image.ref.name': image.version };
  const blobs = [...layers, config, manifest];
  const pathOf = ({ digest }: Blob): string => `blobs/${digest.replace(':', '/')}`;
  const files = new Map<string, Uint8Array>(blobs.map((one) => [pathOf(one), one.bytes]));
  files.set('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
  files.set(
    'index.json',
    json({ schemaVersion: 2, manifests: [{ ...descriptor(manifest), annotations }] }),
  );
  files.set(
    'manifest.json',
    json([{ Config: pathOf(config), RepoTags: [tag], Layers: layers.map(pathOf) }]),
  );
  await writeTar(files, file);
  const compressedBytes = blobs.reduce((sum, { size }) => sum + size, 0);
  return { compressedBytes, digest: manifest.digest };
}

async function writeTar(files: ReadonlyMap<string, Uint8Array>, file: string): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createWriteStream(file));
  for (const [name, bytes] of files)
    tar.entry({ name, mode: 0o644, mtime: EPOCH }, Buffer.from(bytes));
  tar.finalize();
  await written;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
