/**
 * A constraint that SQLite saw broken, told as PostgreSQL tells it: condition, exact text, DETAIL, and the
 * names of schema, table, column and constraint.
 *
 * DETAIL shows the session's own values only: the key is the user's, without the merchant column, and a
 * row is shown only where the executor has it at hand, never read back from a table that a trigger
 * reached. Keys are per merchant, so that no other merchant's row can be what is in the way.
 */
import { Buffer } from 'node:buffer';
import type { SqliteConstraintError } from '../../engine/constraint-error.ts';
import { EdgeError } from '../../errors.ts';
import type { SqlValue } from '../../types/storage.ts';
import { KEY_MASK, storedKey } from '../catalog/layout.ts';
import type { Catalog, Column, Table, UniqueConstraint } from '../catalog/model.ts';
import { triggerFailure, type ValuePrinter } from '../catalog/trigger-failure.ts';

/** SQLITE_CONSTRAINT_CHECK, _NOTNULL, _TRIGGER, and those of unique keys. */
const CODE = { check: 275, notNull: 1299, trigger: 1811, unique: 2067, primaryKey: 1555 } as const;

/** PostgreSQL cuts each value of a shown row at this many bytes. */
const SHOWN_VALUE_BYTES_MAX = 64;

/** What the executor knows of the row that failed. */
export interface FailedRow {
  readonly table: Table;
  readonly catalog: Catalog;
  readonly print: ValuePrinter;
  /** The row as it would have been, by index into table.columns; null where it cannot be told. */
  values(): readonly SqlValue[] | null;
  /** The first unique constraint, in PostgreSQL's order, that another row holds; null: ask SQLite's text. */
  takenKey(values: readonly SqlValue[]): UniqueConstraint | null;
}

function shownValue(value: SqlValue, column: Column, print: ValuePrinter): string {
  if (column.computed === 'synced') return 'f';
  if (column.writeOnly !== undefined && value !== null) return KEY_MASK;
  if (value === null) return 'null';
  const text = print(value, column);
  if (Buffer.byteLength(text, 'utf8') <= SHOWN_VALUE_BYTES_MAX) return text;
  const bytes = Buffer.from(text, 'utf8');
  let end = SHOWN_VALUE_BYTES_MAX;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString('utf8', 0, end)}...`;
}

function failingRow(table: Table, values: readonly SqlValue[], print: ValuePrinter): string {
  const shown = table.columns.map((column, index) =>
    shownValue(values[index] ?? null, column, print),
  );
  return `Failing row contains (${shown.join(', ')}).`;
}

/** 23502 as PostgreSQL says it. */
export function notNullError(
  table: Table,
  column: Column,
  values: readonly SqlValue[] | null,
  print: ValuePrinter,
): EdgeError {
  return new EdgeError(
    'not_null_violation',
    `null value in column "${column.name}" of relation "${table.name}" violates not-null constraint`,
    {
      ...(values === null ? {} : { detail: failingRow(table, values, print) }),
      schema: 'public',
      table: table.name,
      column: column.name,
    },
  );
}

function checkError(
  table: Table,
  constraint: string,
  values: readonly SqlValue[] | null,
  print: ValuePrinter,
): EdgeError {
  return new EdgeError(
    'check_violation',
    `new row for relation "${table.name}" violates check constraint "${constraint}"`,
    {
      ...(values === null ? {} : { detail: failingRow(table, values, print) }),
      schema: 'public',
      table: table.name,
      constraint,
    },
  );
}

function uniqueError(
  table: Table,
  unique: UniqueConstraint,
  values: readonly SqlValue[] | null,
  print: ValuePrinter,
): EdgeError {
  let detail: string | null = null;
  if (values !== null) {
    const shown = unique.columns.map((name) => {
      const index = table.columns.findIndex((column) => column.name === name);
      const column = table.columns[index];
      const value = values[index] ?? null;
      if (column === undefined || value === null) return 'null';
      return column.writeOnly === undefined ? print(value, column) : KEY_MASK;
    });
    detail = `Key (${unique.columns.join(', ')})=(${shown.join(', ')}) already exists.`;
  }
  return new EdgeError(
    'unique_violation',
    `duplicate key value violates unique constraint "${unique.name}"`,
    {
      ...(detail === null ? {} : { detail }),
      schema: 'public',
      table: table.name,
      constraint: unique.name,
    },
  );
}

/** SQLite's list of the columns of a unique key, as its message has it. */
function keyText(table: Table, unique: UniqueConstraint): string {
  return storedKey(table, unique.columns)
    .map((column) => `${table.baseName}.${column}`)
    .join(', ');
}

function describe(
  code: number,
  subject: string,
  table: Table,
  values: readonly SqlValue[] | null,
  print: ValuePrinter,
): EdgeError | null {
  switch (code) {
    case CODE.notNull: {
      const column = table.columns.find((one) => `${table.baseName}.${one.name}` === subject);
      return column === undefined ? null : notNullError(table, column, values, print);
    }
    case CODE.check: {
      const check = table.checks.find((one) => one.name === subject);
      return check === undefined ? null : checkError(table, check.name, values, print);
    }
    case CODE.unique:
    case CODE.primaryKey: {
      const unique = table.uniques.find((one) => keyText(table, one) === subject);
      return unique === undefined ? null : uniqueError(table, unique, values, print);
    }
    default:
      return null;
  }
}

/**
 * The client's error for a broken constraint.
 * @returns the same error where it is none of the catalog's: a fault of our own
 */
export function constraintError(error: SqliteConstraintError, failed: FailedRow): Error {
  const { table, catalog, print } = failed;
  if (error.extendedCode === CODE.trigger) {
    return triggerFailure(error.message, catalog, print) ?? error;
  }
  const colon = error.message.indexOf('constraint failed: ');
  const subject = colon < 0 ? '' : error.message.slice(colon + 'constraint failed: '.length);
  const values = failed.values();
  if (error.extendedCode === CODE.unique && values !== null) {
    const taken = failed.takenKey(values);
    if (taken !== null) return uniqueError(table, taken, values, print);
  }
  const own = describe(error.extendedCode, subject, table, values, print);
  if (own !== null) return own;
  // A foreign key's action broke a constraint of the other table; its row is not ours to show.
  for (const other of catalog.tables.values()) {
    if (other.oid === table.oid) continue;
    const found = describe(error.extendedCode, subject, other, null, print);
    if (found !== null) return found;
  }
  return error;
}
