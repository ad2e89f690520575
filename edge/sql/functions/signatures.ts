/**
 * The one table that the analyser resolves names against. Lookups by name; which overload fits is the
 * analyser's to decide, by PostgreSQL's rules over `args`, `variadic` and `findCast`.
 *
 * How to print a resolved call: `printCall` (functions, operators), `printAggregate` (aggregates, window
 * functions), `printCast` and `printTypmod` (casts), `printKey` (ORDER BY, GROUP BY, DISTINCT, =), all in
 * `printing.ts`. varchar arguments match text signatures (binary-coercible, as in PostgreSQL).
 */
import type { Signature } from './signature.ts';
import { AGGREGATE_SIGNATURES, WINDOW_SIGNATURES } from './table-aggregates.ts';
import { JSON_SIGNATURES } from './table-json.ts';
import { NUMBER_SIGNATURES } from './table-numbers.ts';
import { TEXT_SIGNATURES } from './table-text.ts';
import { TIME_SIGNATURES } from './table-time.ts';

export type { CastContext } from './casts.ts';
export { findCast } from './casts.ts';
export * from './printing.ts';
export type { Signature } from './signature.ts';

/** Everything that a user's text can call. */
export const SIGNATURES: readonly Signature[] = [
  ...NUMBER_SIGNATURES,
  ...TEXT_SIGNATURES,
  ...TIME_SIGNATURES,
  ...JSON_SIGNATURES,
  ...AGGREGATE_SIGNATURES,
  ...WINDOW_SIGNATURES,
];

function group(kinds: ReadonlySet<string>): ReadonlyMap<string, readonly Signature[]> {
  const groups = new Map<string, Signature[]>();
  for (const signature of SIGNATURES) {
    if (!kinds.has(signature.kind)) continue;
    const list = groups.get(signature.name);
    if (list === undefined) groups.set(signature.name, [signature]);
    else list.push(signature);
  }
  return groups;
}

const FUNCTIONS = group(new Set(['function', 'aggregate', 'window']));
const OPERATORS = group(new Set(['operator']));
const NONE: readonly Signature[] = [];

/** All functions, aggregates and window functions of this (lower-case) name. */
export function functionsNamed(name: string): readonly Signature[] {
  return FUNCTIONS.get(name) ?? NONE;
}

/** All operators of this symbol: binary ones have two args, prefix ones one. */
export function operatorsNamed(symbol: string): readonly Signature[] {
  return OPERATORS.get(symbol) ?? NONE;
}
