/**
 * What every kind of call needs: its arguments, and PostgreSQL's words for a function that is not there.
 */
import type { FuncCall } from '@pgsql/types';
import { typeName } from '../../types/type-info.ts';
import { functionsNamed } from '../functions/signatures.ts';
import { errorAt, refuse } from './analysis.ts';
import { isKnownFunction } from './known-functions.ts';
import { asNode } from './nodes.ts';
import { analyseExpression } from './recursion.ts';
import type { Scope } from './scope.ts';
import type { Expr } from './tree.ts';

/** The arguments of a call, typed; `*` gives none. */
export function callArguments(scope: Scope, call: FuncCall): readonly Expr[] {
  if (call.func_variadic === true) throw refuse('VARIADIC in a call', call.location ?? 0);
  return (call.args ?? []).map((arg) => {
    if (asNode(arg, 'NamedArgExpr') !== undefined) {
      throw refuse('a named argument', call.location ?? 0);
    }
    return analyseExpression(scope, arg);
  });
}

/** PostgreSQL's error for a function that is not there, or not the only one. */
export function functionMissing(
  resolution: 'none' | 'ambiguous',
  name: string,
  types: readonly number[],
  location: number,
): Error {
  const call = `${name}(${types.map(typeName).join(', ')})`;
  if (resolution === 'ambiguous') {
    return errorAt('ambiguous_function', `function ${call} is not unique`, location, {
      hint: 'Could not choose a best candidate function. You might need to add explicit type casts.',
    });
  }
  const bare = name.replace(/^pg_catalog\./, '');
  if (functionsNamed(bare).length === 0 && isKnownFunction(bare)) {
    return refuse(`function ${bare}`, location);
  }
  return errorAt('undefined_function', `function ${call} does not exist`, location, {
    hint: 'No function matches the given name and argument types. You might need to add explicit type casts.',
  });
}
