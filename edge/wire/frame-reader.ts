/**
 * Cuts a byte stream into frames. A start-up frame is a length and a body; every later frame has a type
 * byte in front. Chunks may be cut anywhere.
 *
 * Views, not copies: the body of a frame that lies whole in one chunk is a view of that chunk, and a
 * frame that spans chunks is gathered in a buffer of its own. Bytes handed out are never written again,
 * so a view stays true for as long as somebody keeps it. A gathering buffer grows with what arrived,
 * not with what the length field claims: a liar costs no memory.
 *
 * It does not look into bodies, and after an error it must not be used again.
 *
 * @see https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-MESSAGE-CONCEPTS
 */
import { Buffer } from 'node:buffer';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';

/** One message as it came: its type byte (0 in start-up frames) and what follows the length. */
export interface Frame {
  readonly type: number;
  readonly body: Uint8Array;
}

const LENGTH_BYTES = 4;
const EMPTY: Uint8Array = new Uint8Array(0);

/** Most body bytes of a frame with this type byte; 0 where no such message exists. */
export type FrameCap = (type: number) => number;

export class FrameReader {
  /** Received and not yet handed out; `#offset` bytes of it are used up. */
  #buffer: Uint8Array = EMPTY;
  #offset = 0;
  #end = 0;
  /** True when `#buffer` is ours to append to. */
  #owned = false;
  #cap: FrameCap | null = null;

  /** From the next frame on: frames with a type byte, capped by type. */
  expectTyped(cap: FrameCap): void {
    this.#cap = cap;
  }

  /** Bytes received and not yet handed out. */
  get pendingBytes(): number {
    return this.#end - this.#offset;
  }

  /** First byte not yet handed out, or -1: a TLS ClientHello is told from a start-up packet by it. */
  peek(): number {
    return this.pendingBytes === 0 ? -1 : (this.#buffer[this.#offset] ?? -1);
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.pendingBytes === 0) {
      this.#buffer = chunk;
      this.#offset = 0;
      this.#end = chunk.length;
      this.#owned = false;
      return;
    }
    this.#append(chunk);
  }

  /** Everything not yet handed out, and forgets it. */
  drain(): Uint8Array {
    const rest = this.#buffer.subarray(this.#offset, this.#end);
    this.#release();
    return rest;
  }

  /**
   * The next whole frame, or null when more bytes are needed.
   * @throws EdgeError 08P01 for a length that cannot be, or an unknown type byte
   */
  next(): Frame | null {
    const headerBytes = this.#cap === null ? LENGTH_BYTES : LENGTH_BYTES + 1;
    const available = this.pendingBytes;
    const type = this.#cap === null ? 0 : this.peek();
    if (available > 0 && this.#cap !== null && this.#cap(type) === 0) throw unknownType(type);
    if (available < headerBytes) return null;
    const lengthAt = this.#offset + headerBytes - LENGTH_BYTES;
    const bodyBytes = readInt32(this.#buffer, lengthAt) - LENGTH_BYTES;
    const capBytes = this.#cap === null ? LIMITS.startupFrameBytesMax : this.#cap(type);
    if (bodyBytes < 0 || bodyBytes > capBytes) throw invalidLength(this.#cap === null);
    if (available < headerBytes + bodyBytes) return null;
    const start = this.#offset + headerBytes;
    const body = this.#buffer.subarray(start, start + bodyBytes);
    this.#offset = start + bodyBytes;
    if (this.#offset === this.#end) this.#release();
    // The owned buffer has frames handed out of it: it may be read further, never moved or grown in place.
    return { type, body };
  }

  #append(chunk: Uint8Array): void {
    const pending = this.pendingBytes;
    if (this.#owned && this.#end + chunk.length <= this.#buffer.length) {
      this.#buffer.set(chunk, this.#end);
      this.#end += chunk.length;
      return;
    }
    const grown = Buffer.allocUnsafeSlow(Math.max((pending + chunk.length) * 2, 1024));
    grown.set(this.#buffer.subarray(this.#offset, this.#end), 0);
    grown.set(chunk, pending);
    this.#buffer = grown;
    this.#offset = 0;
    this.#end = pending + chunk.length;
    this.#owned = true;
  }

  #release(): void {
    this.#buffer = EMPTY;
    this.#offset = 0;
    this.#end = 0;
    this.#owned = false;
  }
}

function readInt32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] ?? 0) << 24) |
    ((bytes[offset + 1] ?? 0) << 16) |
    ((bytes[offset + 2] ?? 0) << 8) |
    (bytes[offset + 3] ?? 0)
  );
}

function unknownType(type: number): EdgeError {
  return new EdgeError('protocol_violation', `invalid frontend message type ${type}`, {
    severity: 'FATAL',
  });
}

function invalidLength(startup: boolean): EdgeError {
  const message = startup ? 'invalid length of startup packet' : 'invalid message length';
  return new EdgeError('protocol_violation', message, { severity: 'FATAL' });
}
