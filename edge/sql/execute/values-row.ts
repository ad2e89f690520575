/**
 * A row that lies in JavaScript, read through the same face as one that lies in SQLite: RETURNING of plain
 * columns needs no statement of its own, because every value of the row is known already.
 */
import { Buffer } from 'node:buffer';
import { KIND, type RowReader, type SqlValue } from '../../types/storage.ts';

/** Reads an array of stored values. */
export class ValuesRow implements RowReader {
  readonly #values: readonly SqlValue[];

  constructor(values: readonly SqlValue[]) {
    this.#values = values;
  }

  get columnCount(): number {
    return this.#values.length;
  }

  kind(column: number): number {
    const value = this.value(column);
    if (value === null) return KIND.null;
    if (typeof value === 'bigint') return KIND.integer;
    if (typeof value === 'number') return KIND.real;
    return typeof value === 'string' ? KIND.text : KIND.blob;
  }

  int64(column: number): bigint {
    const value = this.value(column);
    return typeof value === 'bigint' ? value : 0n;
  }

  integer(column: number): number {
    return Number(this.int64(column));
  }

  real(column: number): number {
    const value = this.value(column);
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
  }

  bytes(column: number): Uint8Array {
    const value = this.value(column);
    if (value instanceof Uint8Array) return value;
    return Buffer.from(typeof value === 'string' ? value : '', 'utf8');
  }

  text(column: number): string {
    const value = this.value(column);
    if (typeof value === 'string') return value;
    return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : '';
  }

  value(column: number): SqlValue {
    return this.#values[column] ?? null;
  }
}

/** Copies a row out, so that it outlives its callback. */
export function copyRow(row: RowReader): SqlValue[] {
  const values: SqlValue[] = [];
  for (let column = 0; column < row.columnCount; column++) values.push(row.value(column));
  return values;
}
