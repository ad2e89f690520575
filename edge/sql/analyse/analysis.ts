/**
 * What one statement's analysis shares: the environment, the parameters' types, the names given to
 * relations, the tables read, and how deep the nesting is. One object for each statement, thrown away
 * with it.
 */
import type { Condition } from '../../errors.ts';
import { EdgeError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { OID } from '../../types/oids.ts';
import { typeName } from '../../types/type-info.ts';
import type { CompileEnvironment } from '../compiler.ts';
import type { RelationColumn } from './tree.ts';

/** Looks a relation of pg_catalog or information_schema up, as this role may see it; the catalog part supplies it. */
export type ResolveSystemRelation = (
  schema: string,
  name: string,
  environment: CompileEnvironment,
) => SystemRelation | null;

/** A system relation: a SQLite text usable in FROM (a parenthesised SELECT or a view's name) and its columns. */
export interface SystemRelation {
  readonly sql: string;
  readonly oid: number;
  readonly columns: readonly RelationColumn[];
}

export interface Analysis {
  readonly environment: CompileEnvironment;
  readonly parameters: ParameterTypes;
  readonly resolveSystemRelation: ResolveSystemRelation;
  /** Base names of the tables read. */
  readonly tables: Set<string>;
  takesWriteLock: boolean;
  /** The function that may not run in a read-only transaction, for the message; else null. */
  lockedFor: string | null;
  /** Present nesting of expressions and queries. */
  depth: number;
  /** Relations and common tables named so far. */
  aliases: number;
}

/** Starts the analysis of one statement. */
export function createAnalysis(
  environment: CompileEnvironment,
  parameterTypes: readonly number[],
  resolveSystemRelation: ResolveSystemRelation = () => null,
): Analysis {
  return {
    environment,
    parameters: new ParameterTypes(parameterTypes),
    resolveSystemRelation,
    tables: new Set(),
    takesWriteLock: false,
    lockedFor: null,
    depth: 0,
    aliases: 0,
  };
}

/** An error with a position, from a 0-based location (-1: none). */
export function errorAt(
  condition: Condition,
  message: string,
  location: number,
  fields: { readonly detail?: string; readonly hint?: string } = {},
): EdgeError {
  return new EdgeError(
    condition,
    message,
    location < 0 ? fields : { ...fields, position: location + 1 },
  );
}

/** `0A000` naming the construct. */
export function refuse(what: string, location: number): EdgeError {
  return errorAt('feature_not_supported', `${what} is not supported`, location);
}

/** Runs one level deeper. @throws EdgeError 54001 */
export function nested<Result>(analysis: Analysis, run: () => Result): Result {
  if (analysis.depth >= LIMITS.nestingMax) {
    throw new EdgeError('statement_too_complex', 'stack depth limit exceeded', {
      hint: `Expressions and subqueries may be nested ${LIMITS.nestingMax} deep.`,
    });
  }
  analysis.depth++;
  try {
    return run();
  } finally {
    analysis.depth--;
  }
}

/** A SQLite name that nothing else in the statement has. */
export function uniqueName(analysis: Analysis, prefix: string): string {
  return `${prefix}${++analysis.aliases}`;
}

/**
 * Types of `$1`, `$2`, ...: given by the client, or settled by the first use that needs one, as
 * PostgreSQL's variable parameters are.
 */
export class ParameterTypes {
  readonly #types: number[];

  constructor(declared: readonly number[]) {
    this.#types = declared.map((oid) => (oid === OID.unknown ? 0 : oid));
  }

  /** Type OID so far; `unknown` where no use has settled it. */
  see(index: number, location: number): number {
    if (index < 1 || index > LIMITS.parametersMax) {
      throw errorAt('undefined_parameter', `there is no parameter $${index}`, location);
    }
    while (this.#types.length < index) this.#types.push(0);
    const type = this.#types[index - 1] ?? 0;
    return type === 0 ? OID.unknown : type;
  }

  /** Gives an open parameter its type. @returns the type it has now */
  settle(index: number, oid: number, location: number): number {
    const known = this.#types[index - 1] ?? 0;
    if (known === 0) {
      this.#types[index - 1] = oid;
      return oid;
    }
    if (known === oid) return oid;
    throw errorAt(
      'ambiguous_parameter',
      `inconsistent types deduced for parameter $${index}`,
      location,
      { detail: `${typeName(known)} versus ${typeName(oid)}` },
    );
  }

  /** All types. @throws EdgeError 42P18 where one is still open */
  finish(): readonly number[] {
    this.#types.forEach((oid, index) => {
      if (oid !== 0) return;
      throw new EdgeError(
        'indeterminate_datatype',
        `could not determine data type of parameter $${index + 1}`,
      );
    });
    return [...this.#types];
  }
}

/** Final types of all parameters. @throws EdgeError 42P18 */
export function settleParameters(analysis: Analysis): readonly number[] {
  return analysis.parameters.finish();
}
