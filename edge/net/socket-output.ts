/**
 * A session's way out: replies gather in a writer and leave in as few socket writes as possible.
 *
 * `flush` is a permission: what was written before it may leave, what comes after it may not yet (it may
 * still wait for the disk). While the connection works through requests that are at hand, permitted
 * bytes are kept back until the turn ends, so that a pipeline of a hundred requests costs one write.
 */
import type { Socket } from 'node:net';
import { LIMITS } from '../limits.ts';
import type { SessionOutput } from '../session/session-port.ts';
import { ByteWriter } from '../types/byte-writer.ts';

/** First size of a writer: thousands of terminals are idle. */
const WRITER_BYTES_MIN = 256;
/** Answers up to here are copied out of the writer, larger ones handed over with its buffer. */
const COPY_BYTES_MAX = 2_048;

export class SocketOutput implements SessionOutput {
  readonly writer = new ByteWriter(WRITER_BYTES_MIN);
  /** True during the connection's turn: `flush` then only marks. */
  isBatching = false;
  #socket: Socket;
  readonly #onClose: () => void;
  readonly #onDeaf: () => void;
  /** Bytes of the writer that the socket has already, and bytes that it may have. */
  #sent = 0;
  #permitted = 0;
  #drained: PromiseWithResolvers<void> | null = null;
  #deafTimer: NodeJS.Timeout | null = null;
  #isOpen = true;

  /**
   * @param onClose ends the connection, after what was written has been handed to the socket
   * @param onDeaf cuts the connection: the client has long taken nothing, and somebody waits for it
   */
  constructor(socket: Socket, onClose: () => void, onDeaf: () => void) {
    this.#socket = socket;
    this.#onClose = onClose;
    this.#onDeaf = onDeaf;
  }

  /** The same stream goes on inside TLS. */
  moveTo(socket: Socket): void {
    this.#socket = socket;
  }

  flush(): void {
    this.#permitted = this.writer.length;
    if (!this.isBatching || this.#permitted - this.#sent >= LIMITS.flushBytesMin) this.send();
  }

  /** Hands every permitted byte to the socket. */
  send(): void {
    if (this.#permitted <= this.#sent) return;
    const bytes = this.#takePermitted();
    if (this.#isOpen && this.#socket.writable) this.#socket.write(bytes);
  }

  #takePermitted(): Uint8Array {
    const { writer } = this;
    const start = this.#sent;
    const end = this.#permitted;
    if (end < writer.length) {
      // What was not permitted stays where it is: the session may hold offsets into it.
      this.#sent = end;
      return writer.view().subarray(start, end);
    }
    this.#sent = 0;
    this.#permitted = 0;
    if (end > COPY_BYTES_MAX) return writer.take().subarray(start);
    // Into Node's pool: most answers are small, and handing the writer's own buffer over costs a new one.
    const copy = Buffer.from(writer.view().subarray(start));
    writer.truncate(0);
    return copy;
  }

  drained(): Promise<void> | null {
    if (!this.#isOpen || this.#socket.writableLength <= LIMITS.socketBacklogBytesMax) return null;
    if (this.#drained === null) {
      this.#drained = Promise.withResolvers<void>();
      this.#watch(this.#socket.writableLength);
    }
    return this.#drained.promise;
  }

  /** Looks now and then whether the client takes anything. */
  #watch(unsentBytes: number): void {
    this.#deafTimer = setTimeout(() => {
      const stillUnsent = this.#socket.writableLength;
      if (stillUnsent < unsentBytes) this.#watch(stillUnsent);
      else this.#onDeaf();
    }, LIMITS.deafClientMsMax).unref();
  }

  /** The socket has taken everything. */
  onDrain(): void {
    if (this.#deafTimer !== null) clearTimeout(this.#deafTimer);
    this.#deafTimer = null;
    this.#drained?.resolve();
    this.#drained = null;
  }

  close(): void {
    this.#permitted = this.writer.length;
    this.#onClose();
  }

  /** Forgets what was not permitted: the disk failed, or a message for a fault of our own. */
  discard(): void {
    this.writer.truncate(Math.max(this.#permitted, this.#sent));
  }

  /** What is permitted leaves, then nothing more. */
  finish(): void {
    this.send();
    this.abandon();
  }

  /** The socket is gone: whoever waits for it goes on, and finds out by `close`. */
  abandon(): void {
    this.#isOpen = false;
    this.onDrain();
  }
}
