/**
 * The shape of one callable thing (function, operator, aggregate, window function, cast), the small
 * notation that the tables are written in, and the printer that turns a resolved call into SQLite text.
 *
 * Notation, one a line: `name(argument types) => result flags | template` for functions,
 * `left op right => result flags | template` for operators (`op right` for prefix ones). Flags: `!` cannot
 * raise and calls nothing out (may be evaluated before the tenant filter), `nonstrict` (sees NULLs),
 * `stable`, `volatile`, `retset` (set-returning: only as printed by the analyser).
 *
 * Every template takes and gives PLAIN storage forms. Scaled numerics are turned by the caller
 * (`printScaledToPlain`), except where `printing.ts` has a shorter way.
 *
 * Placeholders: `$1`.. the arguments' SQL texts; `$*` all of them; `$o1`, `$o*` an argument in its text output
 * form; `$x1` an argument cast to text; `$t1` the OID of its type, `$e1` of its element type; `$p*` pairs "OID, value" of all arguments;
 * `@` (aggregates and window functions) where FILTER and OVER go; `$D` where DISTINCT goes, `$O` where an inner
 * ORDER BY goes.
 */
import type { OidName } from '../../types/oids.ts';
import { OID } from '../../types/oids.ts';

export type SignatureKind = 'function' | 'operator' | 'aggregate' | 'window';
export type Volatility = 'immutable' | 'stable' | 'volatile';

export interface Signature {
  /** PostgreSQL's name, or the operator's symbol. */
  readonly name: string;
  readonly kind: SignatureKind;
  /** Type OIDs; pseudo-types (any, anyelement, anyarray, anynonarray) match as in PostgreSQL. A prefix operator has one. */
  readonly args: readonly number[];
  /** Type OID of any number (at least one) of further arguments, 0 where there are none. */
  readonly variadic: number;
  /** Type OID; anyelement and anyarray follow the arguments. */
  readonly result: number;
  /** NULL in any argument gives NULL; the template does so by itself. */
  readonly strict: boolean;
  readonly volatility: Volatility;
  /** Cannot raise, so it may run on rows that the tenant filter has not passed. */
  readonly leakproof: boolean;
  readonly returnsSet: boolean;
  /** Template of the SQLite text. */
  readonly helios: string;
}

/** OID of a type by its typname; `anyelement` and the other pseudo-types included. */
function oidOf(name: string): number {
  const oid = OID[name as OidName];
  if (oid === undefined) throw new Error(`no such type in a signature: ${name}`);
  return oid;
}

interface Head {
  readonly name: string;
  readonly args: readonly number[];
  readonly variadic: number;
  readonly operator: boolean;
}

function parseHead(text: string): Head {
  const call = /^([a-z_0-9]+)\((.*)\)$/.exec(text);
  if (call === null) {
    const parts = text.split(/\s+/);
    const [first, second, third] = parts;
    if (third === undefined) {
      return { name: first ?? '', args: [oidOf(second ?? '')], variadic: 0, operator: true };
    }
    return {
      name: second ?? '',
      args: [oidOf(first ?? ''), oidOf(third)],
      variadic: 0,
      operator: true,
    };
  }
  const args: number[] = [];
  let variadic = 0;
  for (const part of (call[2] ?? '').split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    if (part.startsWith('variadic ')) variadic = oidOf(part.slice('variadic '.length));
    else args.push(oidOf(part));
  }
  return { name: call[1] ?? '', args, variadic, operator: false };
}

function parseLine(line: string, kind: SignatureKind): Signature {
  const arrow = line.indexOf(' => ');
  const bar = line.indexOf(' | ', arrow);
  if (arrow < 0 || bar < 0) throw new Error(`bad signature: ${line}`);
  const head = parseHead(line.slice(0, arrow).trim());
  const [result = '', ...flags] = line
    .slice(arrow + 4, bar)
    .trim()
    .split(/\s+/);
  return {
    name: head.name,
    kind: head.operator ? 'operator' : kind,
    args: head.args,
    variadic: head.variadic,
    result: oidOf(result),
    strict: !flags.includes('nonstrict'),
    volatility: flags.includes('volatile')
      ? 'volatile'
      : flags.includes('stable')
        ? 'stable'
        : 'immutable',
    leakproof: flags.includes('!'),
    returnsSet: flags.includes('retset'),
    helios: line.slice(bar + 3).trim(),
  };
}

/** Reads a table in the notation above. Empty lines and lines that start with `--` are skipped. */
export function readSignatures(
  table: string,
  kind: SignatureKind = 'function',
): readonly Signature[] {
  return table
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('--'))
    .map((line) => parseLine(line, kind));
}

/** The six comparisons of two types. `%` in the template stands for the operator. */
export function comparisons(left: string, right: string, template: string, flags = ''): string {
  return ['<', '<=', '=', '>=', '>', '<>']
    .map((name) => `${left} ${name} ${right} => bool ${flags} | ${template.replace('%', name)}`)
    .join('\n');
}
