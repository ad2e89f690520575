/**
 * Body compression of both ends: zstd where this Node has it, else gzip, named by `content-encoding`.
 * Decompression is bounded, because the bytes come from outside.
 */
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { SyncError } from './sync-error.ts';

export type ContentEncoding = 'zstd' | 'gzip' | 'identity';

const gzip = promisify(zlib.gzip);
const gunzip = promisify(zlib.gunzip);
const zstdCompress = zlib.zstdCompress === undefined ? null : promisify(zlib.zstdCompress);
const zstdDecompress = zlib.zstdDecompress === undefined ? null : promisify(zlib.zstdDecompress);

/** Not the highest: at 12 a batch costs a few milliseconds of a pool thread, and 19 gains 2 %. */
const ZSTD_LEVEL = 12;
const GZIP_LEVEL = 9;

/** What this end prefers to send. */
export const PREFERRED_ENCODING: ContentEncoding = zstdCompress === null ? 'gzip' : 'zstd';

/** What this end can read, for `accept-encoding`. */
export const ACCEPTED_ENCODINGS = zstdDecompress === null ? 'gzip' : 'zstd, gzip';

/** Compresses on a pool thread. */
export async function compress(body: Uint8Array, encoding: ContentEncoding): Promise<Uint8Array> {
  if (encoding === 'zstd' && zstdCompress !== null) {
    // Without the size zstd prepares tables for the largest of bodies: half a second for a greeting.
    const options: zlib.ZstdOptions & { readonly pledgedSrcSize: number } = {
      params: { [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
      pledgedSrcSize: body.byteLength,
    };
    return zstdCompress(body, options);
  }
  return encoding === 'identity' ? body : gzip(body, { level: GZIP_LEVEL });
}

/**
 * Undoes `compress`.
 * @throws SyncError SYNC_TOO_LARGE beyond `bytesMax`, SYNC_MALFORMED for an unknown encoding or broken bytes
 */
export async function decompress(
  body: Uint8Array,
  encoding: string,
  bytesMax: number,
): Promise<Uint8Array> {
  try {
    switch (encoding.toLowerCase()) {
      case '':
      case 'identity':
        if (body.byteLength > bytesMax) throw tooLarge(bytesMax);
        return body;
      case 'gzip':
        return await gunzip(body, { maxOutputLength: bytesMax });
      case 'zstd':
        if (zstdDecompress === null) break;
        return await zstdDecompress(body, { maxOutputLength: bytesMax });
      default:
    }
  } catch (cause) {
    if (cause instanceof SyncError) throw cause;
    if (isTooLarge(cause)) throw tooLarge(bytesMax);
    throw new SyncError('SYNC_MALFORMED', 'the compressed body is broken', { cause });
  }
  throw new SyncError('SYNC_MALFORMED', `content-encoding "${encoding}" is not known`);
}

function tooLarge(bytesMax: number): SyncError {
  return new SyncError('SYNC_TOO_LARGE', `the body is larger than ${bytesMax} bytes`);
}

function isTooLarge(cause: unknown): boolean {
  return cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
}

/** The first encoding of an `accept-encoding` header that this end can make. */
export function chooseEncoding(accepted: string | undefined): ContentEncoding {
  const names = (accepted ?? '').split(',').map((part) => part.split(';')[0]?.trim().toLowerCase());
  if (zstdCompress !== null && names.includes('zstd')) return 'zstd';
  return names.includes('gzip') ? 'gzip' : 'identity';
}
