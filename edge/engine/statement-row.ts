/**
 * One result row, read straight from the running SQLite statement. Valid only while the row's callback
 * runs; views go stale with the next step.
 */
import { KIND, type RowReader, type SqlValue } from '../types/storage.ts';
import type { Pointer, SqliteExports } from './sqlite/exports.ts';
import type { WasmHeap } from './sqlite/wasm-heap.ts';

export class StatementRow implements RowReader {
  readonly #exports: SqliteExports;
  readonly #heap: WasmHeap;
  readonly #statement: Pointer;
  columnCount: number;

  constructor(heap: WasmHeap, statement: Pointer) {
    this.#heap = heap;
    this.#exports = heap.exports;
    this.#statement = statement;
    this.columnCount = this.#exports.sqlite3_column_count(statement);
  }

  /** After a schema change SQLite may have prepared the statement anew, with more columns. */
  refresh(): void {
    this.columnCount = this.#exports.sqlite3_column_count(this.#statement);
  }

  kind(column: number): number {
    return this.#exports.sqlite3_column_type(this.#statement, column);
  }

  int64(column: number): bigint {
    return this.#exports.sqlite3_column_int64(this.#statement, column);
  }

  integer(column: number): number {
    // As a double: exact within 2^53, and cheaper than a bigint.
    return this.#exports.sqlite3_column_double(this.#statement, column);
  }

  real(column: number): number {
    return this.#exports.sqlite3_column_double(this.#statement, column);
  }

  bytes(column: number): Uint8Array {
    const pointer = this.#exports.sqlite3_column_blob(this.#statement, column);
    const count = this.#exports.sqlite3_column_bytes(this.#statement, column);
    return this.#heap.bytes.subarray(pointer, pointer + count);
  }

  text(column: number): string {
    // All text is UTF-8, so that the blob of a text is its bytes.
    const pointer = this.#exports.sqlite3_column_blob(this.#statement, column);
    return this.#heap.utf8(pointer, this.#exports.sqlite3_column_bytes(this.#statement, column));
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
        return this.bytes(column).slice();
      default:
        return null;
    }
  }
}
