/**
 * A growing byte buffer with PostgreSQL's integer encodings (big-endian). One writer lives as long as
 * its connection and is cleared after each send, so that the hot path allocates nothing per row.
 */
import { Buffer } from 'node:buffer';

const INITIAL_BYTES = 4096;

export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  int8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value & 0xff;
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#length = this.#buffer.writeInt16BE((value << 16) >> 16, this.#length);
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeInt32BE(value | 0, this.#length);
  }

  int64(value: bigint): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigInt64BE(value, this.#length);
  }

  float32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeFloatBE(value, this.#length);
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
  }

  /** Copies the bytes; the view may change afterwards. */
  bytes(view: Uint8Array): void {
    this.#reserve(view.length);
    this.#buffer.set(view, this.#length);
    this.#length += view.length;
  }

  /** UTF-8, without terminator or length. */
  utf8(text: string): void {
    // 3 bytes is the most that one UTF-16 unit becomes.
    this.#reserve(text.length * 3);
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  /** UTF-8 with the terminating zero of the protocol's String type. */
  cstring(text: string): void {
    this.utf8(text);
    this.int8(0);
  }

  /** int32 byte length, then the UTF-8 bytes: a text value of a DataRow. */
  sizedUtf8(text: string): void {
    const start = this.beginSized();
    this.utf8(text);
    this.endSized(start);
  }

  /** int32 byte length, then the bytes: a value of a DataRow. */
  sizedBytes(view: Uint8Array): void {
    this.int32(view.length);
    this.bytes(view);
  }

  /** Leaves room for an int32 length that does not count itself. */
  beginSized(): number {
    this.int32(0);
    return this.#length;
  }

  endSized(start: number): void {
    this.#buffer.writeInt32BE(this.#length - start, start - 4);
  }

  /** Overwrites an int32 that was written earlier. */
  patchInt32(offset: number, value: number): void {
    this.#buffer.writeInt32BE(value, offset);
  }

  patchInt16(offset: number, value: number): void {
    this.#buffer.writeInt16BE(value, offset);
  }

  /** Forgets what was written after this length. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** What was written so far, as a view that the next write may change. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** What was written so far, handed over: the writer starts afresh and never touches it again. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.allocUnsafe(INITIAL_BYTES);
    this.#length = 0;
    return taken;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
