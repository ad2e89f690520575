/**
 * A database packed into one file that can still be read at any place: zstd frames of 128 KiB each, then the
 * manifest and the table of frames, both in frames that zstd skips. `zstd -d` therefore gives the database back even
 * without this program, and SQLite can open the packed file here without unpacking it.
 *
 * Every byte is covered: each frame has a checksum of its content, the manifest has the hash of all frames, of
 * the table and of the content, and stands behind a hash of its own.
 *
 * @see https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md
 */
import { createHash, type Hash } from 'node:crypto';
import * as fs from 'node:fs';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { StoredFile } from '../engine/vfs/stored-file.ts';
import { LIMITS } from '../limits.ts';
import { damaged } from './backup-error.ts';
import { type Manifest, parseManifest } from './manifest.ts';

/** Bytes of the database in one frame; a multiple of every page size. */
export const CHUNK_BYTES = 128 * 1024;

const LEVEL = 3;
/** "Skippable frame" numbers: the manifest's is ours, the table's is the format's. */
const MANIFEST_MAGIC = 0x184d2a57;
const TABLE_MAGIC = 0x184d2a5e;
const SEEKABLE_MAGIC = 0x8f92eab1;
const SKIPPABLE_HEAD_BYTES = 8;
const TABLE_ENTRY_BYTES = 8;
const TABLE_FOOT_BYTES = 9;
const HASH_BYTES = 32;
const CHUNKS_CACHED = 48;
const READ_BYTES = 4 * 1024 * 1024;

/** One chunk of the database, packed. */
export function packChunk(content: Uint8Array): Uint8Array {
  return zstdCompressSync(content, {
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });
}

function unpackChunk(frame: Uint8Array, contentBytes: number): Uint8Array {
  let content: Uint8Array;
  try {
    content = zstdDecompressSync(frame, { maxOutputLength: CHUNK_BYTES });
  } catch (cause) {
    throw damaged('a part of it cannot be unpacked', cause);
  }
  if (content.length !== contentBytes)
    throw damaged('a part of it has another length than it says');
  return content;
}

/** Where a frame lies, and how many bytes of the database it holds. */
export interface Frame {
  readonly offset: number;
  readonly bytes: number;
  readonly contentBytes: number;
}

/** Bytes at a place; anything less is a cut file. */
export function readExactly(fd: number, offset: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  let total = 0;
  while (total < bytes) {
    const count = fs.readSync(fd, buffer, total, bytes - total, offset + total);
    if (count === 0) throw damaged('it ends too early');
    total += count;
  }
  return buffer;
}

/** The table of frames, as the seekable format has it. */
export function encodeTable(frames: readonly Frame[]): Buffer {
  const body = frames.length * TABLE_ENTRY_BYTES + TABLE_FOOT_BYTES;
  const table = Buffer.alloc(SKIPPABLE_HEAD_BYTES + body);
  table.writeUInt32LE(TABLE_MAGIC, 0);
  table.writeUInt32LE(body, 4);
  let at = SKIPPABLE_HEAD_BYTES;
  for (const frame of frames) {
    table.writeUInt32LE(frame.bytes, at);
    table.writeUInt32LE(frame.contentBytes, at + 4);
    at += TABLE_ENTRY_BYTES;
  }
  table.writeUInt32LE(frames.length, at);
  table.writeUInt8(0, at + 4);
  table.writeUInt32LE(SEEKABLE_MAGIC, at + 5);
  return table;
}

/** The manifest's frame: a hash, and the JSON that it covers. */
export function encodeManifest(manifest: Manifest): Buffer {
  const json = Buffer.from(JSON.stringify(manifest));
  const head = Buffer.alloc(SKIPPABLE_HEAD_BYTES);
  head.writeUInt32LE(MANIFEST_MAGIC, 0);
  head.writeUInt32LE(HASH_BYTES + json.length, 4);
  return Buffer.concat([head, createHash('sha256').update(json).digest(), json]);
}

function decodeTable(fd: number, size: number): { frames: Frame[]; at: number; table: Buffer } {
  if (size < SKIPPABLE_HEAD_BYTES + TABLE_FOOT_BYTES) throw damaged('it is too short');
  const foot = readExactly(fd, size - TABLE_FOOT_BYTES, TABLE_FOOT_BYTES);
  if (foot.readUInt32LE(5) !== SEEKABLE_MAGIC || foot.readUInt8(4) !== 0) {
    throw damaged('its end is not that of a backup');
  }
  const body = foot.readUInt32LE(0) * TABLE_ENTRY_BYTES + TABLE_FOOT_BYTES;
  const at = size - SKIPPABLE_HEAD_BYTES - body;
  if (at < 0) throw damaged('its table of parts is longer than the file');
  const table = readExactly(fd, at, SKIPPABLE_HEAD_BYTES + body);
  if (table.readUInt32LE(0) !== TABLE_MAGIC || table.readUInt32LE(4) !== body) {
    throw damaged('its table of parts does not begin where it should');
  }
  const frames: Frame[] = [];
  let offset = 0;
  for (let entry = SKIPPABLE_HEAD_BYTES; entry < table.length - TABLE_FOOT_BYTES; ) {
    const bytes = table.readUInt32LE(entry);
    frames.push({ offset, bytes, contentBytes: table.readUInt32LE(entry + 4) });
    offset += bytes;
    entry += TABLE_ENTRY_BYTES;
  }
  return { frames, at, table };
}

function decodeManifest(fd: number, from: number, to: number): Manifest {
  const bytes = to - from;
  if (bytes < SKIPPABLE_HEAD_BYTES + HASH_BYTES || bytes > LIMITS.backupManifestBytesMax) {
    throw damaged('its manifest is missing');
  }
  const frame = readExactly(fd, from, bytes);
  const json = frame.subarray(SKIPPABLE_HEAD_BYTES + HASH_BYTES);
  const hash = frame.subarray(SKIPPABLE_HEAD_BYTES, SKIPPABLE_HEAD_BYTES + HASH_BYTES);
  const isOurs =
    frame.readUInt32LE(0) === MANIFEST_MAGIC &&
    frame.readUInt32LE(4) === bytes - SKIPPABLE_HEAD_BYTES;
  if (!isOurs || !createHash('sha256').update(json).digest().equals(hash)) {
    throw damaged('its manifest does not match its checksum');
  }
  return parseManifest(json.toString('utf8'));
}

/** A packed database, read as if it were not packed. */
export class PackedFile implements StoredFile {
  readonly frames: readonly Frame[];
  readonly #fd: number;
  readonly #ownsFd: boolean;
  readonly #size: number;
  /** Latest used last. */
  readonly #cache = new Map<number, Uint8Array>();

  constructor(fd: number, frames: readonly Frame[], ownsFd: boolean) {
    this.#fd = fd;
    this.frames = frames;
    this.#ownsFd = ownsFd;
    this.#size = frames.reduce((sum, frame) => sum + frame.contentBytes, 0);
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    const available = Math.max(0, Math.min(length, this.#size - position));
    let done = 0;
    while (done < available) {
      const at = position + done;
      const chunk = this.chunk(Math.floor(at / CHUNK_BYTES));
      const from = at % CHUNK_BYTES;
      const piece = chunk.subarray(from, Math.min(chunk.length, from + available - done));
      target.set(piece, start + done);
      done += piece.length;
    }
    return done;
  }

  /** The content of one frame. */
  chunk(index: number): Uint8Array {
    const known = this.#cache.get(index);
    if (known !== undefined) {
      this.#cache.delete(index);
      this.#cache.set(index, known);
      return known;
    }
    const frame = this.frames[index];
    if (frame === undefined) throw damaged('a part of it is missing');
    const content = unpackChunk(
      readExactly(this.#fd, frame.offset, frame.bytes),
      frame.contentBytes,
    );
    this.#cache.set(index, content);
    if (this.#cache.size > CHUNKS_CACHED) {
      for (const oldest of this.#cache.keys()) {
        this.#cache.delete(oldest);
        break;
      }
    }
    return content;
  }

  size(): number {
    return this.#size;
  }

  write(): void {
    throw new Error('a backup is not written to');
  }

  truncate(): void {
    throw new Error('a backup is not written to');
  }

  syncNow(): void {}

  sync(): Promise<void> {
    return Promise.resolve();
  }

  isAtItsPath(): boolean {
    return true;
  }

  close(): void {
    if (this.#ownsFd) fs.closeSync(this.#fd);
  }
}

/** A backup file, opened: its manifest has been read and matches its checksum, the rest has not been looked at. */
export class BackupFile implements Disposable {
  readonly path: string;
  readonly manifest: Manifest;
  readonly bytes: number;
  readonly packed: PackedFile;
  readonly #fd: number;

  /** @throws BackupError when it is no backup, is cut off, or was made by a newer version */
  constructor(path: string) {
    this.path = path;
    // A pipe that lies among the backups must not hold the box until somebody writes to it.
    this.#fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const stat = fs.fstatSync(this.#fd);
      if (!stat.isFile()) throw damaged('it is not a regular file');
      this.bytes = stat.size;
      const { frames, at, table } = decodeTable(this.#fd, this.bytes);
      const last = frames.at(-1);
      const packedBytes = last === undefined ? 0 : last.offset + last.bytes;
      this.manifest = decodeManifest(this.#fd, packedBytes, at);
      this.packed = new PackedFile(this.#fd, frames, false);
      const { manifest } = this;
      const fits =
        manifest.packedBytes === packedBytes &&
        manifest.contentBytes === this.packed.size() &&
        manifest.tableSha256 === sha256(table);
      if (!fits) throw damaged('its table of parts does not match its manifest');
    } catch (error) {
      fs.closeSync(this.#fd);
      throw error;
    }
  }

  /**
   * Reads every byte and compares the hashes.
   * @param onContent gets the database's bytes in order
   * @throws BackupError when a byte is not as it was written
   */
  verifyBytes(onContent: (chunk: Uint8Array) => void = () => undefined): void {
    const { manifest } = this;
    if (hashRange(this.#fd, manifest.packedBytes) !== manifest.packedSha256) {
      throw damaged('its bytes do not match its checksum');
    }
    const content: Hash = createHash('sha256');
    for (let index = 0; index < this.packed.frames.length; index += 1) {
      const chunk = this.packed.chunk(index);
      content.update(chunk);
      onContent(chunk);
    }
    if (content.digest('hex') !== manifest.contentSha256) {
      throw damaged('the database in it does not match its checksum');
    }
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#fd);
  }
}

function hashRange(fd: number, bytes: number): string {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes; at += READ_BYTES) {
    hash.update(readExactly(fd, at, Math.min(READ_BYTES, bytes - at)));
  }
  return hash.digest('hex');
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
