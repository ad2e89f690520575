/**
 * Reads the fields of one message body, with PostgreSQL's own complaints (pqformat.c). Every read is
 * bounds-checked; bytes are views of the frame.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-types.html
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { EdgeError } from '../errors.ts';

export class BodyReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(body: Uint8Array) {
    this.#bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }

  byte(): number {
    const value = this.#bytes[this.#offset];
    if (value === undefined) throw violation('no data left in message');
    this.#offset += 1;
    return value;
  }

  uint16(): number {
    this.#need(2);
    const value = this.#bytes.readUInt16BE(this.#offset);
    this.#offset += 2;
    return value;
  }

  int32(): number {
    this.#need(4);
    const value = this.#bytes.readInt32BE(this.#offset);
    this.#offset += 4;
    return value;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** A view; a negative count is as wrong as one that is too large. */
  bytes(count: number): Uint8Array {
    if (count < 0) throw violation('insufficient data left in message');
    this.#need(count);
    const view = this.#bytes.subarray(this.#offset, this.#offset + count);
    this.#offset += count;
    return view;
  }

  /** The bytes up to the terminating zero, as text. @throws EdgeError 08P01, 22021 */
  string(): string {
    const end = this.#bytes.indexOf(0, this.#offset);
    if (end < 0) throw violation('invalid string in message');
    const view = this.#bytes.subarray(this.#offset, end);
    this.#offset = end + 1;
    return decodeUtf8(view);
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Nothing may be left over. */
  end(): void {
    if (this.remaining !== 0) throw violation('invalid message format');
  }

  #need(count: number): void {
    if (this.remaining < count) throw violation('insufficient data left in message');
  }
}

/** 08P01 as an ERROR: the message is refused, the connection lives on. */
export function violation(message: string, detail?: string): EdgeError {
  return new EdgeError('protocol_violation', message, detail === undefined ? {} : { detail });
}

/** Text of UTF-8 bytes. @throws EdgeError 22021 naming the first wrong bytes, as PostgreSQL does */
export function decodeUtf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw invalidUtf8(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** Bytes in a sequence, by its first byte (pg_utf_mblen). */
function sequenceBytes(first: number): number {
  if (first >= 0xf0 && first < 0xf8) return 4;
  if (first >= 0xe0 && first < 0xf0) return 3;
  if (first >= 0xc0 && first < 0xe0) return 2;
  return 1;
}

function invalidUtf8(bytes: Uint8Array): EdgeError {
  let offset = 0;
  let shown = bytes.subarray(0, 1);
  while (offset < bytes.length) {
    shown = bytes.subarray(offset, offset + sequenceBytes(bytes[offset] ?? 0));
    if (!isUtf8(shown)) break;
    offset += shown.length;
  }
  const hex = Array.from(shown, (byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(' ');
  return new EdgeError(
    'character_not_in_repertoire',
    `invalid byte sequence for encoding "UTF8": ${hex}`,
  );
}
