/**
 * nextval, currval, setval, lastval: sequences are the identity columns' own, one for each merchant. The
 * counters live in the main instance, so a statement with one of these takes the write lock and never runs
 * on the worker; what nextval gives is reserved in the file with the statement's commit.
 *
 * @see https://www.postgresql.org/docs/15/functions-sequence.html
 */
import { OID } from '../../types/oids.ts';
import { quoteIdentifier } from '../catalog/expression-text.ts';
import { sequenceOf, tableOfSequence } from '../catalog/table-sequence.ts';
import { errorAt, refuse } from './analysis.ts';
import { constant, plainType, sqlExpr } from './build.ts';
import { coerceTo } from './coerce.ts';
import type { Scope } from './scope.ts';
import type { Expr } from './tree.ts';

type SequenceFunction = (scope: Scope, args: readonly Expr[], location: number) => Expr | undefined;

/** A regclass, or text that names one when the statement runs. */
function sequenceArgument(scope: Scope, arg: Expr): Expr | null {
  const { analysis } = scope;
  const oid = coerceTo(analysis, arg, OID.regclass, 'implicit');
  if (oid === null) return coerceTo(analysis, arg, OID.text, 'implicit');
  if (oid.kind !== 'const' || typeof oid.value !== 'bigint') return oid;
  if (tableOfSequence(Number(oid.value)) !== null) return oid;
  const name = [...analysis.environment.catalog.tables.values()].find(
    (table) => BigInt(table.oid) === oid.value,
  )?.name;
  throw name === undefined
    ? errorAt('undefined_table', `could not open relation with OID ${oid.value}`, -1)
    : errorAt('wrong_object_type', `"${name}" is not a sequence`, -1);
}

function call(
  scope: Scope,
  name: string,
  pgName: string | null,
  args: readonly Expr[],
  location: number,
): Expr {
  const { analysis } = scope;
  analysis.takesWriteLock = true;
  if (pgName !== null) analysis.lockedFor ??= `${pgName}()`;
  const parts = args.flatMap((arg, index) => (index === 0 ? [arg] : [', ', arg]));
  return sqlExpr(plainType(OID.int8), [`${name}(`, ...parts, ')'], location, { volatile: true });
}

/** NULL in, NULL out, as all four are strict. */
function strictCall(
  scope: Scope,
  name: string,
  pgName: string | null,
  args: readonly Expr[],
  location: number,
): Expr {
  const inner = call(scope, name, pgName, args, location);
  const nulls = args.flatMap((arg, index) => (index === 0 ? [arg] : [' IS NULL OR ', arg]));
  const parts = ['CASE WHEN ', ...nulls, ' IS NULL THEN NULL ELSE ', inner, ' END'];
  return args.every((arg) => arg.kind === 'const' && arg.value !== null)
    ? inner
    : sqlExpr(inner.type, parts, location, { volatile: true });
}

const setValue: SequenceFunction = (scope, args, location) => {
  const [first, second, third] = args;
  if (first === undefined || second === undefined || args.length > 3) return undefined;
  const sequence = sequenceArgument(scope, first);
  const value = coerceTo(scope.analysis, second, OID.int8, 'implicit');
  const called = third === undefined ? null : coerceTo(scope.analysis, third, OID.bool, 'implicit');
  if (sequence === null || value === null || (third !== undefined && called === null)) {
    return undefined;
  }
  const all = called === null ? [sequence, value] : [sequence, value, called];
  return strictCall(scope, 'helios_setval', 'setval', all, location);
};

function ofOneSequence(name: string, pgName: string | null): SequenceFunction {
  return (scope, args, location) => {
    const [first] = args;
    if (first === undefined || args.length > 1) return undefined;
    const sequence = sequenceArgument(scope, first);
    return sequence === null ? undefined : strictCall(scope, name, pgName, [sequence], location);
  };
}

/** Known when the statement is analysed, where both names are. */
const serialSequence: SequenceFunction = (scope, args, location) => {
  const [table, column] = args.map(
    (arg) => coerceTo(scope.analysis, arg, OID.text, 'implicit') ?? undefined,
  );
  if (args.length !== 2 || table === undefined || column === undefined) return undefined;
  if (table.kind !== 'const' || column.kind !== 'const') {
    throw refuse('pg_get_serial_sequence of a name that is computed', location);
  }
  if (table.value === null || column.value === null) return constant(OID.text, null, location);
  const given = String(table.value);
  const name = given.replace(/^public\./, '').replace(/^"(.*)"$/, '$1');
  const found = scope.analysis.environment.catalog.tables.get(name);
  if (found === undefined) {
    throw errorAt('undefined_table', `relation "${given}" does not exist`, -1);
  }
  const wanted = found.columns.find((one) => one.name === column.value);
  if (wanted === undefined) {
    const message = `column "${String(column.value)}" of relation "${name}" does not exist`;
    throw errorAt('undefined_column', message, -1);
  }
  const sequence = sequenceOf(found);
  const text = sequence?.column === wanted.name ? `public.${quoteIdentifier(sequence.name)}` : null;
  return constant(OID.text, text, location);
};

/** By PostgreSQL's name. */
export const SEQUENCE_FUNCTIONS: Readonly<Record<string, SequenceFunction | undefined>> = {
  nextval: ofOneSequence('helios_sequence_next', 'nextval'),
  currval: ofOneSequence('helios_currval', null),
  lastval: (scope, args, location) =>
    args.length > 0 ? undefined : call(scope, 'helios_lastval', null, [], location),
  setval: setValue,
  pg_get_serial_sequence: serialSequence,
};
