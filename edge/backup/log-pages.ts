/**
 * Reads SQLite's write-ahead log the way recovery does: frame by frame, each checksum following from the one
 * before, up to the last frame that commits. What lies behind it, or does not fit, is not part of the database.
 *
 * @see https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
import * as fs from 'node:fs';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE = 0x377f0682;
const MAGIC_BIG = 0x377f0683;

/** The pages that the log holds in their last committed state. */
export interface LogPages {
  /** Page number (from 1) to where its bytes begin in the log. */
  readonly offsets: ReadonlyMap<number, number>;
  /** Size of the database after the last commit in pages, or null: the log holds no commit. */
  readonly databasePages: number | null;
}

const NOTHING: LogPages = { offsets: new Map(), databasePages: null };

/** @param bytes how much of the log counts */
export function readLogPages(fd: number, bytes: number, pageSize: number): LogPages {
  if (bytes < HEADER_BYTES) return NOTHING;
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  if (fs.readSync(fd, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return NOTHING;
  const magic = header.readUInt32BE(0);
  if (magic !== MAGIC_LITTLE && magic !== MAGIC_BIG) return NOTHING;
  const isBig = magic === MAGIC_BIG;
  let sums = checksum(header.subarray(0, 24), isBig, [0, 0]);
  const fits = sums[0] === header.readUInt32BE(24) && sums[1] === header.readUInt32BE(28);
  if (!fits || header.readUInt32BE(8) !== pageSize) return NOTHING;
  const salts = header.subarray(16, 24);
  const committed = new Map<number, number>();
  let databasePages: number | null = null;
  const open = new Map<number, number>();
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + pageSize);
  for (let at = HEADER_BYTES; at + frame.length <= bytes; at += frame.length) {
    if (fs.readSync(fd, frame, 0, frame.length, at) < frame.length) break;
    if (!frame.subarray(8, 16).equals(salts)) break;
    sums = checksum(frame.subarray(0, 8), isBig, sums);
    sums = checksum(frame.subarray(FRAME_HEADER_BYTES), isBig, sums);
    if (sums[0] !== frame.readUInt32BE(16) || sums[1] !== frame.readUInt32BE(20)) break;
    open.set(frame.readUInt32BE(0), at + FRAME_HEADER_BYTES);
    const sizeAfter = frame.readUInt32BE(4);
    if (sizeAfter === 0) continue;
    for (const [page, offset] of open) committed.set(page, offset);
    open.clear();
    databasePages = sizeAfter;
  }
  return { offsets: committed, databasePages };
}

type Sums = readonly [number, number];

function checksum(bytes: Buffer, isBig: boolean, from: Sums): Sums {
  let [first, second] = from;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + view.getUint32(at, !isBig) + second) >>> 0;
    second = (second + view.getUint32(at + 4, !isBig) + first) >>> 0;
  }
  return [first, second];
}
