/**
 * SQLite spellings that are safe for any content: identifiers in double quotes, literals, parameters.
 */
import type { SqlValue } from '../../types/storage.ts';

/** A SQLite identifier. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A SQLite literal that reads back as exactly this value. */
export function printLiteral(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'bigint') return value < 0n ? `(${value})` : value.toString();
  if (typeof value === 'number') return printReal(value);
  if (typeof value === 'string') return printText(value);
  return `x'${[...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')}'`;
}

function printReal(value: number): string {
  if (Number.isNaN(value)) return "'NaN'";
  if (value === Number.POSITIVE_INFINITY) return '9e999';
  if (value === Number.NEGATIVE_INFINITY) return '(-9e999)';
  const text = value.toString();
  const real = /[.e]/.test(text) ? text : `${text}.0`;
  return value < 0 || Object.is(value, -0) ? `(${real})` : real;
}

function printText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The n-th parameter. */
export function printParameter(index: number): string {
  return `?${index}`;
}
