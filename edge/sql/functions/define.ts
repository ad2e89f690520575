/**
 * How the files of this folder write their functions: strict ones answer NULL to NULL, and arguments come out of
 * their storage class without a cast at each place.
 */
import { EdgeError } from '../../errors.ts';
import type { Numeric } from '../../types/numeric.ts';
import { formatNumeric, numericOf, parseNumeric } from '../../types/numeric.ts';
import { numberToNumeric } from '../../types/numeric-stored.ts';
import type { SessionValues } from '../../types/session-values.ts';
import type { TypeSettings } from '../../types/settings.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';

export type Invoke = (args: readonly SqlValue[], session: SessionValues) => SqlValue;

/** A function that sees NULLs. */
export function scalar(name: string, argCount: number, invoke: Invoke): ScalarFunction {
  return { name: `helios_${name}`, argCount, deterministic: true, invoke };
}

/** A function that is NULL when any argument is. */
export function strict(name: string, argCount: number, invoke: Invoke): ScalarFunction {
  return scalar(name, argCount, (args, session) =>
    args.includes(null) ? null : invoke(args, session),
  );
}

/** A function with a new answer at each call. */
export function volatile(name: string, argCount: number, invoke: Invoke): ScalarFunction {
  return { name: `helios_${name}`, argCount, deterministic: false, invoke };
}

export function textAt(args: readonly SqlValue[], index: number): string {
  const value = args[index];
  return typeof value === 'string' ? value : String(value ?? '');
}

export function integerAt(args: readonly SqlValue[], index: number): bigint {
  const value = args[index];
  return typeof value === 'bigint' ? value : BigInt(Math.trunc(Number(value ?? 0)));
}

/** An int4 argument as a JS number. */
export function smallAt(args: readonly SqlValue[], index: number): number {
  return Number(args[index] ?? 0);
}

/** A float argument; NaN is stored as the text 'NaN'. */
export function realAt(args: readonly SqlValue[], index: number): number {
  const value = args[index];
  return typeof value === 'number' ? value : Number(value);
}

export function bytesAt(args: readonly SqlValue[], index: number): Uint8Array {
  const value = args[index];
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

export function toNumeric(value: SqlValue): Numeric {
  if (typeof value === 'bigint') return numericOf(value, 0);
  if (typeof value === 'number') return numberToNumeric(value, 15);
  return parseNumeric(String(value));
}

export function numericAt(args: readonly SqlValue[], index: number): Numeric {
  return toNumeric(args[index] ?? null);
}

/** A float result as it is stored. */
export function real(value: number): SqlValue {
  return Number.isNaN(value) ? 'NaN' : value;
}

export function bool(value: boolean): SqlValue {
  return value ? 1n : 0n;
}

export function numeric(value: Numeric): SqlValue {
  return formatNumeric(value);
}

export function typeSettings(session: SessionValues): TypeSettings {
  return { timeZone: session.timeZone, now: session.transactionTimestamp };
}

/** 22003 with PostgreSQL's words: `integer out of range`. */
export function outOfRange(typeName: string): EdgeError {
  return new EdgeError('numeric_value_out_of_range', `${typeName} out of range`);
}

/** 22023. */
export function invalidParameter(message: string): EdgeError {
  return new EdgeError('invalid_parameter_value', message);
}
