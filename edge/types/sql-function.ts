/**
 * The shape of SQL functions and collations that are installed into every SQLite connection, on the
 * main instance and in the worker. Defined here so that `sql/functions` can write them and `engine`
 * can install them without knowing each other.
 */
import type { SessionValues } from './session-values.ts';
import type { SqlValue } from './storage.ts';

export interface ScalarFunction {
  /** SQLite name; ours all start with `helios_`. */
  readonly name: string;
  /** Number of arguments, -1 for any. */
  readonly argCount: number;
  /** Same arguments, same answer, for the length of one statement: lets SQLite factor the call out. */
  readonly deterministic: boolean;
  /** May throw EdgeError: the statement fails with exactly that error. */
  readonly invoke: (args: readonly SqlValue[], session: SessionValues) => SqlValue;
}

export interface AggregateFunction {
  readonly name: string;
  readonly argCount: number;
  /** A fresh accumulator. */
  readonly create: () => unknown;
  readonly step: (accumulator: unknown, args: readonly SqlValue[], session: SessionValues) => void;
  /** Present where it may be used as a sliding window aggregate. */
  readonly inverse?: (accumulator: unknown, args: readonly SqlValue[]) => void;
  /** The value so far; also the final value. */
  readonly value: (accumulator: unknown, session: SessionValues) => SqlValue;
}

export interface Collation {
  readonly name: string;
  readonly compare: (left: string, right: string) => number;
}

export interface FunctionLibrary {
  readonly scalars: readonly ScalarFunction[];
  readonly aggregates: readonly AggregateFunction[];
  readonly collations: readonly Collation[];
}
