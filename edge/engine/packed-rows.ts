/**
 * Rows on their way from a read worker: many rows in one buffer that changes hands without a copy.
 *
 * A batch is: column count and row count (uint32), then for each value its kind (one byte) and, little-endian,
 * 8 bytes of INTEGER or REAL, or a uint32 length and the bytes of TEXT or BLOB. It never leaves the process.
 */
import { Buffer } from 'node:buffer';
import { KIND, type RowReader, type SqlValue } from '../types/storage.ts';

const HEADER_BYTES = 8;
const NUMBER_BYTES = 8;
const LENGTH_BYTES = 4;
const BATCH_BYTES_INITIAL = 64 * 1024;
/** A batch is sent when it has grown to this. */
export const BATCH_BYTES_FULL = 60 * 1024;

export class RowPacker {
  #buffer = Buffer.allocUnsafeSlow(BATCH_BYTES_INITIAL);
  #length = HEADER_BYTES;
  #rows = 0;
  #columns = 0;

  get length(): number {
    return this.#length;
  }

  get rows(): number {
    return this.#rows;
  }

  add(row: RowReader): void {
    this.#columns = row.columnCount;
    this.#rows += 1;
    for (let column = 0; column < row.columnCount; column += 1) this.#addValue(row, column);
  }

  /** Hands the batch over and starts the next. */
  take(): ArrayBuffer {
    this.#buffer.writeUInt32LE(this.#columns, 0);
    this.#buffer.writeUInt32LE(this.#rows, 4);
    const taken = this.#buffer.buffer;
    this.#buffer = Buffer.allocUnsafeSlow(BATCH_BYTES_INITIAL);
    this.#length = HEADER_BYTES;
    this.#rows = 0;
    return taken;
  }

  #addValue(row: RowReader, column: number): void {
    const kind = row.kind(column);
    this.#reserve(1 + NUMBER_BYTES);
    this.#buffer[this.#length] = kind;
    this.#length += 1;
    if (kind === KIND.integer) {
      this.#length = this.#buffer.writeBigInt64LE(row.int64(column), this.#length);
    } else if (kind === KIND.real) {
      this.#length = this.#buffer.writeDoubleLE(row.real(column), this.#length);
    } else if (kind !== KIND.null) {
      const bytes = row.bytes(column);
      this.#reserve(LENGTH_BYTES + bytes.length);
      this.#length = this.#buffer.writeUInt32LE(bytes.length, this.#length);
      this.#buffer.set(bytes, this.#length);
      this.#length += bytes.length;
    }
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Walks a batch, being the reader of one row after another. */
export class PackedRows implements RowReader {
  readonly #buffer: Buffer;
  readonly columnCount: number;
  readonly rowCount: number;
  /** Where the value of each column of the current row begins, behind its kind. */
  readonly #offsets: number[];
  readonly #kinds: number[];
  #end = HEADER_BYTES;

  constructor(batch: ArrayBuffer) {
    this.#buffer = Buffer.from(batch);
    this.columnCount = this.#buffer.readUInt32LE(0);
    this.rowCount = this.#buffer.readUInt32LE(4);
    this.#offsets = new Array<number>(this.columnCount).fill(0);
    this.#kinds = new Array<number>(this.columnCount).fill(KIND.null);
  }

  /** Moves to the next row; call it `rowCount` times. */
  next(): void {
    let offset = this.#end;
    for (let column = 0; column < this.columnCount; column += 1) {
      const kind = this.#buffer[offset] ?? KIND.null;
      offset += 1;
      this.#kinds[column] = kind;
      this.#offsets[column] = offset;
      if (kind === KIND.integer || kind === KIND.real) offset += NUMBER_BYTES;
      else if (kind !== KIND.null) offset += LENGTH_BYTES + this.#buffer.readUInt32LE(offset);
    }
    this.#end = offset;
  }

  kind(column: number): number {
    return this.#kinds[column] ?? KIND.null;
  }

  int64(column: number): bigint {
    if (this.kind(column) !== KIND.integer) return BigInt(Math.trunc(this.real(column)));
    return this.#buffer.readBigInt64LE(this.#offset(column));
  }

  integer(column: number): number {
    return this.real(column);
  }

  real(column: number): number {
    const kind = this.kind(column);
    if (kind === KIND.real) return this.#buffer.readDoubleLE(this.#offset(column));
    return kind === KIND.integer ? Number(this.#buffer.readBigInt64LE(this.#offset(column))) : 0;
  }

  bytes(column: number): Uint8Array {
    const kind = this.kind(column);
    if (kind !== KIND.text && kind !== KIND.blob) return new Uint8Array(0);
    const start = this.#offset(column) + LENGTH_BYTES;
    return this.#buffer.subarray(start, start + this.#buffer.readUInt32LE(start - LENGTH_BYTES));
  }

  text(column: number): string {
    const start = this.#offset(column) + LENGTH_BYTES;
    const kind = this.kind(column);
    if (kind !== KIND.text && kind !== KIND.blob) return '';
    const length = this.#buffer.readUInt32LE(start - LENGTH_BYTES);
    return this.#buffer.toString('utf8', start, start + length);
  }

  value(column: number): SqlValue {
    switch (this.kind(column)) {
      case KIND.integer:
        return this.int64(column);
      case KIND.real:
        return this.real(column);
      case KIND.text:
        return this.text(column);
      case KIND.blob:
        // A plain Uint8Array, as everywhere: Buffer's slice would be a view.
        return new Uint8Array(this.bytes(column));
      default:
        return null;
    }
  }

  #offset(column: number): number {
    return this.#offsets[column] ?? 0;
  }
}
