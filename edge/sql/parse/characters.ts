/**
 * The grammar counts bytes, PostgreSQL's error positions count characters, JavaScript counts UTF-16
 * units. This turns the first into the other two. Texts in plain ASCII, nearly all, cost one scan.
 */
import { Buffer } from 'node:buffer';

export interface Characters {
  /** Characters before this byte. */
  fromByte(byte: number): number;
  /** The text between two byte offsets. */
  slice(startByte: number, endByte: number): string;
  readonly byteLength: number;
  readonly ascii: boolean;
}

const CONTINUATION_MASK = 0xc0;
const CONTINUATION = 0x80;

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}

/** Counts the characters of a query text. */
export function charactersOf(text: string): Characters {
  if (isAscii(text)) {
    return {
      fromByte: (byte) => byte,
      slice: (start, end) => text.slice(start, end),
      byteLength: text.length,
      ascii: true,
    };
  }
  const bytes = Buffer.from(text, 'utf8');
  const counts = new Uint32Array(bytes.length + 1);
  for (let index = 0; index < bytes.length; index++) {
    const starts = ((bytes[index] ?? 0) & CONTINUATION_MASK) !== CONTINUATION;
    counts[index + 1] = (counts[index] ?? 0) + (starts ? 1 : 0);
  }
  return {
    fromByte: (byte) => counts[Math.min(byte, bytes.length)] ?? 0,
    slice: (start, end) => bytes.toString('utf8', start, end),
    byteLength: bytes.length,
    ascii: false,
  };
}
