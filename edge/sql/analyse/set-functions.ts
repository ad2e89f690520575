/**
 * Set-returning functions: each gives a JSON array (see `functions/table-json.ts`) that SQLite's json_each
 * turns into rows. In FROM they are relations; in the select list one of them is joined to FROM, which is
 * what PostgreSQL's rows come out as; several in step are refused.
 */

import type { RangeFunction } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { type PgType, PLAIN } from '../../types/storage.ts';
import { functionsNamed, printCall, printElement } from '../functions/signatures.ts';
import { refuse, uniqueName } from './analysis.ts';
import { callExpr, plainType, sqlExpr, weave } from './build.ts';
import { callArguments, functionMissing } from './call-arguments.ts';
import { coerceArgument } from './coerce.ts';
import { asNode, namesOf } from './nodes.ts';
import { columnExpr, enter, renameColumns } from './relations.ts';
import { resolveFunction } from './resolve.ts';
import type { Scope } from './scope.ts';
import type { CallExpr, Expr, Relation, RelationColumn } from './tree.ts';
import { contains } from './walk.ts';

/** The function's rows as a JSON array. */
function elementsOf(call: CallExpr): Expr {
  return sqlExpr(
    plainType(OID.json),
    weave(call.args, (...texts) =>
      printCall(
        call.signature,
        texts.map((sql, index) => ({ sql, oid: call.args[index]?.type.oid ?? 0 })),
      ),
    ),
    call.location,
    { leakproof: call.signature.leakproof },
  );
}

function isNativeValue(call: CallExpr): boolean {
  return printElement(call.type.oid, 'value') === 'value';
}

/** A function of a FROM list. */
export function addFunction(scope: Scope, node: RangeFunction): Relation {
  const functions = node.functions ?? [];
  if (functions.length !== 1 || node.is_rowsfrom === true) throw refuse('ROWS FROM', -1);
  const body = asNode(asNode(functions[0], 'List')?.items?.[0], 'FuncCall');
  if (body === undefined) throw refuse('this function in FROM', -1);
  const location = body.location ?? 0;
  if ((node.coldeflist ?? []).length > 0) throw refuse('a column definition list', location);
  const name = namesOf(body.funcname).at(-1) ?? '';
  const args = scope.within('functions in FROM', () => callArguments(scope, body));
  const types = args.map((arg) => arg.type.oid);
  const resolution = resolveFunction(functionsNamed(name), types);
  if (resolution === 'none' || resolution === 'ambiguous') {
    throw functionMissing(resolution, name, types, location);
  }
  if (resolution.signature.kind !== 'function') throw refuse(`${name} in FROM`, location);
  const coerced = args.map((arg, index) =>
    coerceArgument(scope.analysis, arg, resolution.args[index] ?? 0),
  );
  const call = callExpr(resolution, coerced, location);
  return enterFunction(scope, node, rowsOf(scope, call, node.ordinality === true), call, name);
}

function rowsOf(scope: Scope, call: CallExpr, ordinality: boolean): readonly (string | Expr)[] {
  const set = call.signature.returnsSet;
  if (call.type.oid === OID.record && ordinality) {
    throw refuse(`${call.signature.name}() WITH ORDINALITY`, call.location);
  }
  if (set && !ordinality && isNativeValue(call)) return ['json_each(', elementsOf(call), ')'];
  // What follows is a sub-select, which SQLite cannot correlate with its siblings.
  if (contains(call, (expr) => expr.kind === 'column' && scope.relations.has(expr.relation))) {
    throw refuse('a LATERAL reference', call.location);
  }
  // A plain function in FROM is one row.
  if (!set) return ['(SELECT ', call, ' AS value, 1 AS ordinal)'];
  const value = printElement(call.type.oid, 'value');
  return [`(SELECT ${value} AS value, key + 1 AS ordinal FROM json_each(`, elementsOf(call), '))'];
}

/** The column that the function itself names (an OUT parameter), where it does. */
function outputColumn(name: string): string | null {
  return /^jsonb?_(array_elements|each)(_text)?$/.test(name) ? 'value' : null;
}

/** Of jsonb_each() and its like the members' type, else the element's. */
function memberType(call: CallExpr): PgType {
  if (call.type.oid !== OID.record) return call.type;
  const [source] = call.args;
  return call.signature.name.endsWith('_text') || source === undefined
    ? plainType(OID.text)
    : source.type;
}

function functionRelation(
  scope: Scope,
  name: string,
  columns: readonly RelationColumn[],
  parts: readonly (string | Expr)[],
): Relation {
  return {
    alias: uniqueName(scope.analysis, 'r'),
    name,
    columns,
    source: { kind: 'sql', parts },
    table: null,
    tenantColumn: null,
    nullable: false,
  };
}

function enterFunction(
  scope: Scope,
  node: RangeFunction,
  parts: readonly (string | Expr)[],
  call: CallExpr,
  functionName: string,
): Relation {
  const relationName = node.alias?.aliasname ?? functionName;
  const name = outputColumn(functionName) ?? relationName;
  const base = { form: PLAIN, tableOid: 0, attnum: 0 };
  const columns: RelationColumn[] = [{ ...base, name, printed: 'value', type: memberType(call) }];
  if (call.type.oid === OID.record) {
    columns.unshift({ ...base, name: 'key', printed: 'key', type: plainType(OID.text) });
  }
  if (node.ordinality === true) {
    columns.push({ ...base, name: 'ordinality', printed: 'ordinal', type: plainType(OID.int8) });
  }
  const renamed = renameColumns(columns, node.alias, call.location);
  const relation = functionRelation(scope, relationName, renamed, parts);
  const item = enter(scope, relation, null, null);
  const [value] = renamed;
  if (renamed.length === 1 && value !== undefined) item.whole = columnExpr(relation, value, -1);
  return relation;
}

/** A set-returning function of the select list: its rows are joined to FROM. */
export function setReturningTarget(scope: Scope, call: CallExpr): Expr {
  if (call.type.oid === OID.record) {
    throw refuse(`${call.signature.name}() in a select list`, call.location);
  }
  if (scope.setReturning.length > 0) {
    throw refuse('more than one set-returning function in a select list', call.location);
  }
  const column: RelationColumn = {
    name: call.signature.name,
    printed: 'value',
    type: call.type,
    form: PLAIN,
    tableOid: 0,
    attnum: 0,
  };
  const parts = ['json_each(', elementsOf(call), ')'];
  const relation = functionRelation(scope, call.signature.name, [column], parts);
  scope.setReturning.push(relation);
  const value = columnExpr(relation, column, call.location);
  if (isNativeValue(call)) return value;
  return sqlExpr(
    call.type,
    weave([value], (text = '') => printElement(call.type.oid, text)),
    call.location,
    { leakproof: true },
  );
}
