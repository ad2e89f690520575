/**
 * What every kind of call needs: its arguments, and PostgreSQL's words for a function that is not there.
 */
import type { FuncCall } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { typeName } from '../../types/type-info.ts';
import { functionsNamed } from '../functions/signatures.ts';
import { errorAt, refuse } from './analysis.ts';
import { constant } from './build.ts';
import { isKnownFunction } from './known-functions.ts';
import { asNode, type Node, namesOf, required } from './nodes.ts';
import { analyseExpression } from './recursion.ts';
import type { Scope } from './scope.ts';
import type { Expr } from './tree.ts';

/** The arguments of a call, typed; `*` gives none. */
export function callArguments(scope: Scope, call: FuncCall): readonly Expr[] {
  if (call.func_variadic === true) throw refuse('VARIADIC in a call', call.location ?? 0);
  const nodes = call.args ?? [];
  const named = nodes.some((arg) => asNode(arg, 'NamedArgExpr') !== undefined);
  return named
    ? namedArguments(scope, call, nodes)
    : nodes.map((arg) => analyseExpression(scope, arg));
}

/** Functions whose arguments are everyday called by name; all of them are 0 where they are left out. */
const PARAMETERS: Readonly<Record<string, readonly string[] | undefined>> = {
  make_interval: ['years', 'months', 'weeks', 'days', 'hours', 'mins', 'secs'],
};

/** `make_interval(days => 2)`: the arguments in their places, with those that were left out. */
function namedArguments(scope: Scope, call: FuncCall, nodes: readonly Node[]): readonly Expr[] {
  const location = call.location ?? 0;
  const names = PARAMETERS[namesOf(call.funcname).at(-1) ?? ''];
  if (names === undefined) throw refuse('a named argument', location);
  const given = new Map<string, Expr>();
  nodes.forEach((node, index) => {
    const named = asNode(node, 'NamedArgExpr');
    const name = named === undefined ? names[index] : named.name;
    if (name === undefined || !names.includes(name) || given.has(name)) {
      throw refuse('this use of named arguments', location);
    }
    given.set(name, analyseExpression(scope, named === undefined ? node : required(named.arg)));
  });
  return names.map(
    (name) =>
      given.get(name) ??
      (name === 'secs' ? constant(OID.float8, 0, location) : constant(OID.int4, 0n, location)),
  );
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
