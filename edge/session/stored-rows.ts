/**
 * Rows of a suspended portal or cursor, copied out of the engine, so that a client that thinks about its
 * next FETCH holds no connection, no snapshot and no WAL. Bounded for each and for all together: beyond
 * that it is 54000, because a box with 512 MB has nowhere to put them.
 */
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { RowReader, SqlValue } from '../types/storage.ts';

/** What a JavaScript value and its place in an array take, about, bytes. */
const VALUE_BYTES = 24;
const ROW_BYTES = 48;

/** The memory that all sessions' stored rows share. */
export class StoredRowsBudget {
  readonly #bytesMax: number;
  #used = 0;

  constructor(bytesMax: number = LIMITS.portalBytesTotalMax) {
    this.#bytesMax = bytesMax;
  }

  get used(): number {
    return this.#used;
  }

  take(bytes: number): void {
    if (this.#used + bytes > this.#bytesMax) throw tooMany('all open cursors and portals');
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

function tooMany(what: string): EdgeError {
  return new EdgeError('program_limit_exceeded', `${what} hold too many rows`, {
    hint: 'Fetch fewer rows at once, or use LIMIT.',
  });
}

function sizeOf(value: SqlValue): number {
  if (typeof value === 'string') return VALUE_BYTES + value.length * 2;
  if (value instanceof Uint8Array) return VALUE_BYTES * 4 + value.length;
  return VALUE_BYTES;
}

export class StoredRows {
  readonly #budget: StoredRowsBudget;
  #rows: (readonly SqlValue[])[] = [];
  #bytes = 0;

  constructor(budget: StoredRowsBudget) {
    this.#budget = budget;
  }

  get length(): number {
    return this.#rows.length;
  }

  /** 0-based. */
  at(index: number): readonly SqlValue[] | undefined {
    return this.#rows[index];
  }

  addReader(row: RowReader): void {
    const values: SqlValue[] = [];
    for (let column = 0; column < row.columnCount; column++) values.push(row.value(column));
    this.add(values);
  }

  add(values: readonly SqlValue[]): void {
    let bytes = ROW_BYTES;
    for (const value of values) bytes += sizeOf(value);
    if (this.#bytes + bytes > LIMITS.portalBytesMax) throw tooMany('a cursor or portal would');
    this.#budget.take(bytes);
    this.#bytes += bytes;
    this.#rows.push(values);
  }

  /** Forgets the rows and gives their memory back; may be called twice. */
  release(): void {
    this.#budget.give(this.#bytes);
    this.#bytes = 0;
    this.#rows = [];
  }
}
