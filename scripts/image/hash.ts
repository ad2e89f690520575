/** SHA-256 of texts and files, in hexadecimal, and identifiers derived from a name. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 1024 * 1024;

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function hashOfFile(path: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const file = openSync(path, 'r');
  try {
    for (let count = -1; count !== 0; ) {
      count = readSync(file, chunk);
      hash.update(chunk.subarray(0, count));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

/** A UUID (version 8: own scheme) that is the same for the same name. */
export function uuidOf(name: string): string {
  const hex = hashOf(`helios-edge image ${name}`);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
