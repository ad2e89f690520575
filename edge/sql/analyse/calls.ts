/**
 * Function calls, aggregates and window calls.
 */

import type { FuncCall, WindowDef } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { PLAIN } from '../../types/storage.ts';
import { typeByName, typeName } from '../../types/type-info.ts';
import { functionsNamed, isComparable, type Signature } from '../functions/signatures.ts';
import { type Analysis, errorAt, refuse } from './analysis.ts';
import { callExpr, constant, plainType, sameExpr, toPlain } from './build.ts';
import { callArguments, functionMissing } from './call-arguments.ts';
import { CATALOG_FUNCTIONS } from './catalog-functions.ts';
import { AGGREGATES_REFUSED, WINDOWS_REFUSED } from './clauses.ts';
import { castExplicitly, coerceArgument, coerceTo } from './coerce.ts';
import { type Node, namesOf } from './nodes.ts';
import { analyseBoolean } from './recursion.ts';
import { type Resolved, resolveFunction } from './resolve.ts';
import type { Scope } from './scope.ts';
import { SEQUENCE_FUNCTIONS } from './sequence-functions.ts';
import { setReturningTarget } from './set-functions.ts';
import { analyseSortBy } from './sort.ts';
import type { AggregateExpr, Expr, SortKey, WindowSpec } from './tree.ts';
import { contains, hasWindowCall } from './walk.ts';
import { analyseWindow } from './windows.ts';

function wrongKind(what: string, name: string, problem: string, location: number): Error {
  return errorAt('wrong_object_type', `${what}, but ${name} ${problem}`, location);
}

function checkPlainFunction(call: FuncCall, name: string, location: number): void {
  const problem = 'is not an aggregate function';
  if (call.agg_star === true) throw wrongKind(`${name}(*) specified`, name, problem, location);
  if (call.agg_distinct === true) throw wrongKind('DISTINCT specified', name, problem, location);
  if ((call.agg_order ?? []).length > 0) {
    throw wrongKind('ORDER BY specified', name, problem, location);
  }
  if (call.agg_filter !== undefined) throw wrongKind('FILTER specified', name, problem, location);
  if (call.over !== undefined) {
    throw wrongKind(
      'OVER specified',
      name,
      'is not a window function nor an aggregate function',
      location,
    );
  }
}

/** `int4(x)`, `text(x)`, `date(x)`: a type's name used as a function is a cast. */
function castByName(
  analysis: Analysis,
  name: string,
  args: readonly Expr[],
  location: number,
): Expr | null {
  const [arg] = args;
  const info = typeByName(name);
  if (arg === undefined || args.length !== 1 || info === undefined || info.name !== name)
    return null;
  const type = plainType(info.oid);
  if (arg.type.oid === OID.unknown) return castExplicitly(analysis, arg, type, location);
  return coerceTo(analysis, arg, info.oid, 'explicit');
}

/** Any FuncCall node. */
export function analyseCall(scope: Scope, call: FuncCall, location: number): Expr {
  const names = namesOf(call.funcname);
  const name = names.at(-1) ?? '';
  if (call.agg_within_group === true) throw refuse('WITHIN GROUP', location);
  const schema = names.length > 1 ? names[0] : undefined;
  const inCatalog = schema === undefined || schema === 'pg_catalog';
  const known = inCatalog ? functionsNamed(name) : [];
  const aggregate = known.some((signature) => signature.kind === 'aggregate');
  const args = aggregate
    ? aggregateArguments(scope, call, name, location)
    : callArguments(scope, call);
  const special = inCatalog ? SPECIAL[name]?.(scope, args, location) : undefined;
  if (special !== undefined) return special;
  const types = args.map((arg) => arg.type.oid);
  const resolution = resolveFunction(known, types);
  if (resolution === 'none') {
    const cast = call.over === undefined ? castByName(scope.analysis, name, args, location) : null;
    if (cast !== null) return { ...cast, location };
  }
  if (resolution === 'none' || resolution === 'ambiguous') {
    throw functionMissing(resolution, names.join('.'), types, location);
  }
  return finishCall(scope, call, name, resolution, args, location);
}

function finishCall(
  scope: Scope,
  call: FuncCall,
  name: string,
  resolved: Resolved,
  args: readonly Expr[],
  location: number,
): Expr {
  const { kind, returnsSet } = resolved.signature;
  const coerced = args.map((arg, index) =>
    coerceArgument(scope.analysis, arg, resolved.args[index] ?? 0),
  );
  if (kind === 'aggregate') return finishAggregate(scope, call, resolved, coerced, location);
  if (kind === 'window') return finishWindow(scope, call, name, resolved, coerced, location);
  checkPlainFunction(call, name, location);
  const plain = callExpr(resolved, coerced, location);
  if (!returnsSet) return plain;
  if (scope.clause === 'SELECT') return setReturningTarget(scope, plain);
  throw errorAt(
    'feature_not_supported',
    `set-returning functions are not allowed in ${scope.clause}`,
    location,
  );
}

/** Functions whose answer the analyser knows. */
const SPECIAL: Readonly<
  Record<
    string,
    ((scope: Scope, args: readonly Expr[], location: number) => Expr | undefined) | undefined
  >
> = {
  pg_typeof: (_scope, [arg, ...rest], location) =>
    arg === undefined || rest.length > 0
      ? undefined
      : { ...constant(OID.regtype, BigInt(arg.type.oid), location) },
  ...CATALOG_FUNCTIONS,
  ...SEQUENCE_FUNCTIONS,
};

function aggregateArguments(
  scope: Scope,
  call: FuncCall,
  name: string,
  location: number,
): readonly Expr[] {
  if (call.over === undefined) {
    if (AGGREGATES_REFUSED.has(scope.clause)) {
      throw errorAt(
        'grouping_error',
        `aggregate functions are not allowed in ${scope.clause}`,
        location,
      );
    }
    if (scope.inside === 'aggregate') {
      throw errorAt('grouping_error', 'aggregate function calls cannot be nested', location);
    }
  } else checkWindowPlace(scope, location);
  if (call.agg_star === true && name !== 'count') {
    throw functionMissing('none', name, [], location);
  }
  if (call.agg_star !== true && (call.args ?? []).length === 0) {
    throw errorAt(
      'wrong_object_type',
      `${name}(*) must be used to call a parameterless aggregate function`,
      location,
    );
  }
  return insideOf(scope, call.over === undefined ? 'aggregate' : 'window', () =>
    callArguments(scope, call),
  );
}

function insideOf<Result>(scope: Scope, what: 'aggregate' | 'window', run: () => Result): Result {
  const before = scope.inside;
  // An aggregate may stand inside a window call: sum(sum(x)) OVER ().
  scope.inside = what;
  try {
    return run();
  } finally {
    scope.inside = before;
  }
}

function checkWindowPlace(scope: Scope, location: number): void {
  if (WINDOWS_REFUSED.has(scope.clause)) {
    throw errorAt(
      'windowing_error',
      `window functions are not allowed in ${scope.clause}`,
      location,
    );
  }
  if (scope.inside === 'aggregate') {
    throw errorAt(
      'grouping_error',
      'aggregate function calls cannot contain window function calls',
      location,
    );
  }
  if (scope.inside === 'window') {
    throw errorAt('windowing_error', 'window function calls cannot be nested', location);
  }
}

const SCALED_SHORT: ReadonlySet<string> = new Set(['sum', 'avg', 'min', 'max', 'count']);

function finishAggregate(
  scope: Scope,
  call: FuncCall,
  resolved: Resolved,
  args: readonly Expr[],
  location: number,
): Expr {
  const { signature } = resolved;
  const distinct = call.agg_distinct === true;
  if (distinct && args.some((arg) => !isComparable(arg.type.oid))) {
    const [arg] = args;
    throw errorAt(
      'undefined_function',
      `could not identify an equality operator for type ${typeName(arg?.type.oid ?? 0)}`,
      location,
    );
  }
  const orderBy = insideOf(scope, 'aggregate', () =>
    (call.agg_order ?? []).map((node) => analyseSortBy(scope, node)),
  );
  if (distinct) checkDistinctOrder(args, orderBy);
  const filter = call.agg_filter === undefined ? null : analyseFilter(scope, call.agg_filter);
  const over = call.over === undefined ? null : windowOf(scope, call.over);
  if (over !== null && (distinct || orderBy.length > 0)) {
    throw errorAt(
      'feature_not_supported',
      distinct
        ? 'DISTINCT is not implemented for window functions'
        : 'aggregate ORDER BY is not implemented for window functions',
      location,
    );
  }
  if (over === null) noteAggregate(scope, args, location);
  else scope.windowCalls = true;
  return makeAggregate(resolved, args, { signature, distinct, orderBy, filter, over }, location);
}

function checkDistinctOrder(args: readonly Expr[], orderBy: readonly SortKey[]): void {
  for (const key of orderBy) {
    if (args.some((arg) => sameExpr(arg, key.expr))) continue;
    throw errorAt(
      'invalid_column_reference',
      'in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list',
      key.expr.location,
    );
  }
}

function analyseFilter(scope: Scope, node: Node): Expr {
  return scope.within('FILTER', () => analyseBoolean(scope, node, 'FILTER'));
}

/** An aggregate over columns of an outer query only belongs to that query in SQL; we keep to our own. */
function noteAggregate(scope: Scope, args: readonly Expr[], location: number): void {
  let local = args.length === 0;
  let outer = false;
  for (const arg of args) {
    contains(arg, (expr) => {
      if (expr.kind === 'column') {
        if (scope.relations.has(expr.relation)) local = true;
        else if (isVisibleOutside(scope, expr)) outer = true;
      }
      return false;
    });
    if (hasWindowCall(arg)) {
      throw errorAt(
        'grouping_error',
        'aggregate function calls cannot contain window function calls',
        location,
      );
    }
  }
  if (outer && !local) throw refuse('an aggregate of an outer query', location);
  scope.aggregates = true;
}

function isVisibleOutside(scope: Scope, expr: Expr & { readonly kind: 'column' }): boolean {
  for (let outer = scope.parent; outer !== null; outer = outer.parent) {
    if (outer.relations.has(expr.relation)) return true;
  }
  return false;
}

interface AggregateParts {
  readonly signature: Signature;
  readonly distinct: boolean;
  readonly orderBy: readonly SortKey[];
  readonly filter: Expr | null;
  readonly over: WindowSpec | null;
}

function makeAggregate(
  resolved: Resolved,
  args: readonly Expr[],
  parts: AggregateParts,
  location: number,
): AggregateExpr {
  const [first] = args;
  const { name } = resolved.signature;
  const short =
    first !== undefined &&
    args.length === 1 &&
    first.form.kind === 'scaled' &&
    SCALED_SHORT.has(name) &&
    !(parts.distinct && (name === 'sum' || name === 'avg'));
  const keepsForm = short && (name === 'min' || name === 'max');
  return {
    kind: 'aggregate',
    type: plainType(resolved.result),
    form: keepsForm ? first.form : PLAIN,
    location,
    args: short ? args : args.map(toPlain),
    ...parts,
  };
}

function windowOf(scope: Scope, node: WindowDef): WindowSpec {
  return insideOf(scope, 'window', () => analyseWindow(scope, node));
}

function finishWindow(
  scope: Scope,
  call: FuncCall,
  name: string,
  resolved: Resolved,
  args: readonly Expr[],
  location: number,
): Expr {
  if (call.over === undefined) {
    throw errorAt('wrong_object_type', `window function ${name} requires an OVER clause`, location);
  }
  checkWindowPlace(scope, location);
  if (call.agg_distinct === true) {
    throw refuse('DISTINCT in a window function', location);
  }
  if (call.agg_filter !== undefined) {
    throw errorAt(
      'feature_not_supported',
      'FILTER is not implemented for non-aggregate window functions',
      location,
    );
  }
  if ((call.agg_order ?? []).length > 0) throw refuse('ORDER BY in a window function', location);
  const over = windowOf(scope, call.over);
  scope.windowCalls = true;
  // lag(x), first_value(x)...: the value passes through, so its storage form may stay.
  const [first] = args;
  const passes = first !== undefined && first.form.kind === 'scaled' && name !== 'ntile';
  const rest = args.slice(1).map(toPlain);
  const onlyOne = args.length === 1 || (name === 'nth_value' && args.length === 2);
  const kept = passes && onlyOne;
  return {
    kind: 'aggregate',
    type: plainType(resolved.result),
    form: kept ? first.form : PLAIN,
    location,
    signature: resolved.signature,
    args: kept ? [first, ...rest] : args.map(toPlain),
    distinct: false,
    orderBy: [],
    filter: null,
    over,
  };
}
