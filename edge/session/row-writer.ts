/**
 * Takes rows from the engine and writes DataRow messages; one for a session, set up anew for each statement.
 *
 * Rows beyond the client's limit are stored instead. RowDescription goes out with the first row, or at the
 * end, so that a statement that fails at once leaves only its error. `restart` takes back what was written: the
 * session hands nothing to the socket before the worker has begun.
 */
import type { RowSink } from '../engine/engine.ts';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { ResultColumn } from '../sql/plan.ts';
import type { ByteWriter } from '../types/byte-writer.ts';
import type { RowReader } from '../types/storage.ts';
import { beginDataRow, endDataRow, rowDescription } from '../wire/backend.ts';
import type { FormatCode } from '../wire/frontend.ts';
import type { RowEncoders } from './row-encoders.ts';
import type { StoredRows } from './stored-rows.ts';

const NO_ENCODERS: RowEncoders = [];
const NO_FORMATS: readonly FormatCode[] = [];

export class RowWriter implements RowSink {
  readonly #out: ByteWriter;
  #encoders: RowEncoders = NO_ENCODERS;
  #rowsMax = 0;
  #rest: StoredRows | null = null;
  #start = 0;
  /** Columns whose RowDescription has yet to be written. */
  #toDescribe: readonly ResultColumn[] | null = null;
  #columns: readonly ResultColumn[] | null = null;
  /** Rows written since `begin`. */
  written = 0;
  /** Asked between two batches from the worker; set by the session. */
  onReady: (() => Promise<void> | null) | null = null;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  /**
   * @param described columns for a RowDescription, or null where Describe gives it
   * @param rowsMax 0: all
   * @param rest where rows beyond the limit go
   */
  begin(
    encoders: RowEncoders,
    described: readonly ResultColumn[] | null,
    rowsMax: number,
    rest: StoredRows | null,
  ): void {
    this.#encoders = encoders;
    this.#rowsMax = rest === null ? 0 : rowsMax;
    this.#rest = rest;
    this.#columns = described;
    this.#toDescribe = described;
    this.written = 0;
  }

  /** Writes the RowDescription if no row did. */
  describe(): void {
    if (this.#toDescribe === null) return;
    rowDescription(this.#out, this.#toDescribe, NO_FORMATS);
    this.#toDescribe = null;
  }

  ready(): Promise<void> | null {
    return this.onReady === null ? null : this.onReady();
  }

  row(reader: RowReader): void {
    if (this.#rowsMax !== 0 && this.written === this.#rowsMax) {
      this.#rest?.addReader(reader);
      return;
    }
    if (this.written === 0) {
      this.#start = this.#out.length;
      this.describe();
    }
    this.write(reader);
  }

  write(reader: RowReader): void {
    const out = this.#out;
    const encoders = this.#encoders;
    const start = beginDataRow(out, encoders.length);
    for (let column = 0; column < encoders.length; column++) {
      encoders[column]?.(reader, column, out);
    }
    endDataRow(out, start);
    this.written++;
    if (out.length > LIMITS.answerBytesMax) {
      throw new EdgeError('program_limit_exceeded', 'the answer is too large', {
        hint: 'Use LIMIT, or a cursor outside a transaction that writes.',
      });
    }
  }

  restart(): void {
    if (this.written > 0) this.#out.truncate(this.#start);
    this.#rest?.release();
    this.#toDescribe = this.#columns;
    this.written = 0;
  }
}

/** Stores every row: cursors. */
export class StoringSink implements RowSink {
  readonly #rows: StoredRows;

  constructor(rows: StoredRows) {
    this.#rows = rows;
  }

  get written(): number {
    return this.#rows.length;
  }

  row(reader: RowReader): void {
    this.#rows.addReader(reader);
  }

  restart(): void {
    this.#rows.release();
  }
}
