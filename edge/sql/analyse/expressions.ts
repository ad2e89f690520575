/**
 * Expressions: one handler for each node of the grammar, which gives it a type and a place in the tree.
 * What has no handler is refused by name, never passed through.
 */

import type {
  A_ArrayExpr,
  A_Const,
  A_Indirection,
  BoolExpr,
  BooleanTest,
  CaseExpr,
  CoalesceExpr,
  CollateClause,
  MinMaxExpr,
  NullTest,
  SQLValueFunction,
  TypeCast,
} from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { isArrayType, typeByOid, typeName } from '../../types/type-info.ts';
import {
  printArray,
  printExtreme,
  printSubscript,
  printTypmod,
  SQL_VALUE_FUNCTIONS,
} from '../functions/signatures.ts';
import { errorAt, nested, refuse } from './analysis.ts';
import { BOOL, connected, constant, joined, plainType, sqlExpr, toPlain, weave } from './build.ts';
import { analyseCall } from './calls.ts';
import {
  applyTypmod,
  castExplicitly,
  coerceAll,
  coerceTo,
  coerceToBoolean,
  settleUnknown,
  unifyForms,
  unifyTypes,
} from './coerce.ts';
import { numberLiteral } from './literals.ts';
import {
  asNode,
  bodyOf,
  locationOf,
  type Node,
  type NodeBody,
  type NodeTag,
  namesOf,
  required,
  tagOf,
} from './nodes.ts';
import { analyseOperator } from './operator-nodes.ts';
import { makeOperator } from './operators.ts';
import { tie } from './recursion.ts';
import type { Clause, Scope } from './scope.ts';
import { analyseSublink } from './sublinks.ts';
import type { Expr } from './tree.ts';
import { resolveTypeName } from './type-names.ts';

type Handler<Tag extends NodeTag> = (scope: Scope, body: NodeBody<Tag>, location: number) => Expr;

/** Types one expression. @throws EdgeError with position */
export function analyseExpression(scope: Scope, node: Node, clause?: Clause): Expr {
  if (clause !== undefined && clause !== scope.clause) {
    return scope.within(clause, () => analyseExpression(scope, node));
  }
  return nested(scope.analysis, () => {
    const tag = tagOf(node);
    const handler = HANDLERS[tag] as Handler<NodeTag> | undefined;
    if (handler === undefined) throw refuse(REFUSED[tag] ?? tag, locationOf(node));
    return handler(scope, bodyOf(node) as never, locationOf(node));
  });
}

/** A condition. @param what as messages name it: `WHERE`, `HAVING`, `JOIN/ON` */
export function analyseBoolean(scope: Scope, node: Node, what: string): Expr {
  return coerceToBoolean(scope.analysis, analyseExpression(scope, node), what);
}

const REFUSED: Partial<Record<NodeTag, string>> = {
  GroupingFunc: 'GROUPING',
  XmlExpr: 'XML',
  XmlSerialize: 'XML',
  CurrentOfExpr: 'WHERE CURRENT OF',
  JsonObjectConstructor: 'JSON_OBJECT',
  JsonArrayConstructor: 'JSON_ARRAY',
  JsonFuncExpr: 'SQL/JSON query functions',
  JsonIsPredicate: 'IS JSON',
  MultiAssignRef: 'assignment of a row',
};

function analyseConstant(_scope: Scope, body: A_Const, location: number): Expr {
  if (body.isnull === true) return constant(OID.unknown, null, location);
  if (body.ival !== undefined) return constant(OID.int4, BigInt(body.ival.ival ?? 0), location);
  if (body.fval !== undefined) return numberLiteral(body.fval.fval ?? '0', location);
  if (body.boolval !== undefined) {
    return constant(OID.bool, body.boolval.boolval === true ? 1n : 0n, location);
  }
  if (body.sval !== undefined) return constant(OID.unknown, body.sval.sval ?? '', location);
  throw refuse('a bit string', location);
}

function analyseColumn(scope: Scope, body: NodeBody<'ColumnRef'>, location: number): Expr {
  const fields = body.fields ?? [];
  if (fields.some((field) => asNode(field, 'A_Star') !== undefined)) {
    if (scope.clause === 'SELECT') throw refuse('a reference to a whole row', location);
    throw errorAt('syntax_error', 'row expansion via "*" is not supported here', location);
  }
  return scope.resolve(namesOf(fields), location);
}

function analyseParameter(scope: Scope, body: NodeBody<'ParamRef'>, location: number): Expr {
  const index = body.number ?? 0;
  const oid = scope.analysis.parameters.see(index, location);
  return { kind: 'param', index, type: plainType(oid), form: { kind: 'plain' }, location };
}

function analyseBoolExpr(scope: Scope, body: BoolExpr, location: number): Expr {
  const what = body.boolop === 'OR_EXPR' ? 'OR' : body.boolop === 'NOT_EXPR' ? 'NOT' : 'AND';
  const args = (body.args ?? []).map((arg) => analyseBoolean(scope, arg, what));
  if (what === 'NOT') return joined(BOOL, '(NOT ', args, '', ')', location);
  return connected(what, args, location);
}

function analyseNullTest(scope: Scope, body: NullTest, location: number): Expr {
  const is = body.nulltesttype === 'IS_NOT_NULL' ? 'IS NOT NULL' : 'IS NULL';
  const row = asNode(body.arg, 'RowExpr');
  if (row !== undefined) {
    const tests = (row.args ?? []).map((arg) =>
      sqlExpr(
        BOOL,
        ['(', settleUnknown(scope.analysis, analyseExpression(scope, arg)), ` ${is})`],
        location,
        {
          leakproof: true,
        },
      ),
    );
    return joined(BOOL, '(', tests, ' AND ', ')', location);
  }
  const arg = analyseExpression(scope, required(body.arg));
  return sqlExpr(BOOL, ['(', arg, ` ${is})`], location, { leakproof: true });
}

const BOOLEAN_TESTS: Readonly<Record<string, readonly [string, string]>> = {
  IS_TRUE: ['IS TRUE', 'IS 1'],
  IS_NOT_TRUE: ['IS NOT TRUE', 'IS NOT 1'],
  IS_FALSE: ['IS FALSE', 'IS 0'],
  IS_NOT_FALSE: ['IS NOT FALSE', 'IS NOT 0'],
  IS_UNKNOWN: ['IS UNKNOWN', 'IS NULL'],
  IS_NOT_UNKNOWN: ['IS NOT UNKNOWN', 'IS NOT NULL'],
};

function analyseBooleanTest(scope: Scope, body: BooleanTest, location: number): Expr {
  const [what, test] = BOOLEAN_TESTS[body.booltesttype ?? 'IS_TRUE'] ?? ['IS TRUE', 'IS 1'];
  const arg = analyseBoolean(scope, required(body.arg), what);
  return sqlExpr(BOOL, ['(', arg, ` ${test})`], location, { leakproof: true });
}

function analyseCase(scope: Scope, body: CaseExpr, location: number): Expr {
  const { analysis } = scope;
  const subject =
    body.arg === undefined ? null : settleUnknown(analysis, analyseExpression(scope, body.arg));
  const conditions: Expr[] = [];
  const results: Expr[] = [];
  for (const node of body.args ?? []) {
    const when = asNode(node, 'CaseWhen');
    const test = required(when?.expr);
    conditions.push(
      subject === null
        ? analyseBoolean(scope, test, 'CASE/WHEN')
        : makeOperator(
            analysis,
            '=',
            subject,
            analyseExpression(scope, test),
            when?.location ?? location,
          ),
    );
    results.push(analyseExpression(scope, required(when?.result)));
  }
  const otherwise =
    body.defresult === undefined
      ? constant(OID.unknown, null, location)
      : analyseExpression(scope, body.defresult);
  // The ELSE weighs most in finding the type, as in PostgreSQL.
  const all = [otherwise, ...results];
  const oid = unifyTypes(all, 'CASE');
  const { exprs, form, typmod } = unifyForms(coerceAll(analysis, all, oid, 'CASE'));
  const parts: (string | Expr)[] = ['(CASE'];
  conditions.forEach((condition, index) => {
    parts.push(' WHEN ', condition, ' THEN ', exprs[index + 1] ?? otherwise);
  });
  parts.push(' ELSE ', exprs[0] ?? otherwise, ' END)');
  return sqlExpr({ oid, typmod }, parts, location, { leakproof: true, form });
}

function analyseCoalesce(scope: Scope, body: CoalesceExpr, location: number): Expr {
  const args = (body.args ?? []).map((arg) => analyseExpression(scope, arg));
  const oid = unifyTypes(args, 'COALESCE');
  const { exprs, form, typmod } = unifyForms(coerceAll(scope.analysis, args, oid, 'COALESCE'));
  const [only] = exprs;
  if (exprs.length === 1 && only !== undefined) return { ...only, location };
  return joined({ oid, typmod }, 'coalesce(', exprs, ', ', ')', location, {
    leakproof: true,
    form,
  });
}

function analyseMinMax(scope: Scope, body: MinMaxExpr, location: number): Expr {
  const which = body.op === 'IS_LEAST' ? 'least' : 'greatest';
  const args = (body.args ?? []).map((arg) => analyseExpression(scope, arg));
  const oid = unifyTypes(args, which.toUpperCase());
  const exprs = coerceAll(scope.analysis, args, oid, which.toUpperCase()).map(toPlain);
  return sqlExpr(
    plainType(oid),
    weave(exprs, (...texts) => printExtreme(which, oid, texts)),
    location,
    { leakproof: true },
  );
}

function analyseArray(scope: Scope, body: A_ArrayExpr, location: number): Expr {
  return analyseArrayAs(scope, body, location, null);
}

/** ARRAY[...]; `elementOid` where a cast around it says what the elements are. */
function analyseArrayAs(
  scope: Scope,
  body: A_ArrayExpr,
  location: number,
  elementOid: number | null,
): Expr {
  const elements = (body.elements ?? []).map((node) => {
    if (asNode(node, 'A_ArrayExpr') !== undefined) {
      throw refuse('a multidimensional array', locationOf(node));
    }
    return analyseExpression(scope, node);
  });
  if (elements.length === 0 && elementOid === null) {
    throw errorAt('indeterminate_datatype', 'cannot determine type of empty array', location, {
      hint: 'Explicitly cast to the desired type, for example ARRAY[]::integer[].',
    });
  }
  const oid = elementOid ?? unifyTypes(elements, 'ARRAY');
  const arrayOid = typeByOid(oid)?.arrayOid ?? 0;
  if (arrayOid === 0 || isArrayType(oid)) throw refuse('a multidimensional array', location);
  const { analysis } = scope;
  const exprs = (
    elementOid === null
      ? coerceAll(analysis, elements, oid, 'ARRAY')
      : elements.map((one) => castExplicitly(analysis, one, plainType(oid), one.location))
  ).map(toPlain);
  return sqlExpr(
    plainType(arrayOid),
    weave(exprs, (...texts) => printArray(oid, texts)),
    location,
    { leakproof: true },
  );
}

function analyseCast(scope: Scope, body: TypeCast, location: number): Expr {
  const type = resolveTypeName(body.typeName ?? {});
  const array = asNode(body.arg, 'A_ArrayExpr');
  if (array !== undefined && isArrayType(type.oid)) {
    const element = typeByOid(type.oid)?.elementOid ?? 0;
    return applyTypmod(analyseArrayAs(scope, array, location, element), type, true);
  }
  return castExplicitly(
    scope.analysis,
    analyseExpression(scope, required(body.arg)),
    type,
    location,
  );
}

const NO_COLLATION: ReadonlySet<string> = new Set([
  'default',
  'C',
  'POSIX',
  'C.UTF-8',
  'C.utf8',
  'ucs_basic',
]);
const COLLATABLE: ReadonlySet<number> = new Set([OID.text, OID.varchar, OID.bpchar, OID.name]);

function analyseCollate(scope: Scope, body: CollateClause, location: number): Expr {
  const arg = settleUnknown(scope.analysis, analyseExpression(scope, required(body.arg)));
  if (!COLLATABLE.has(arg.type.oid)) {
    throw errorAt(
      'datatype_mismatch',
      `collations are not supported by type ${typeName(arg.type.oid)}`,
      location,
    );
  }
  const name = namesOf(body.collname).at(-1) ?? '';
  if (!NO_COLLATION.has(name)) {
    throw errorAt(
      'undefined_object',
      `collation "${name}" for encoding "UTF8" does not exist`,
      location,
    );
  }
  return { ...arg, location };
}

function analyseValueFunction(_scope: Scope, body: SQLValueFunction, location: number): Expr {
  const op = (body.op ?? '').replace('SVFOP_', '');
  const known = SQL_VALUE_FUNCTIONS[op];
  if (known === undefined) throw refuse(op, location);
  const type = plainType(known.result);
  if (!op.endsWith('_N')) return sqlExpr(type, [known.helios], location, { leakproof: true });
  const precise = { oid: known.result, typmod: Math.min(body.typmod ?? 6, 6) };
  return sqlExpr(precise, [printTypmod(precise, known.helios, true)], location, {
    leakproof: true,
  });
}

function analyseIndirection(scope: Scope, body: A_Indirection, location: number): Expr {
  let expr = analyseExpression(scope, required(body.arg));
  for (const step of body.indirection ?? []) {
    const indices = asNode(step, 'A_Indices');
    if (indices === undefined) throw refuse('selection of a field from a row', location);
    if (indices.is_slice === true) throw refuse('an array slice', location);
    if (expr.type.oid === OID.jsonb) throw refuse('subscripting of jsonb', location);
    const element = typeByOid(expr.type.oid)?.elementOid ?? 0;
    if (element === 0 || typeByOid(expr.type.oid)?.category !== 'A') {
      throw errorAt(
        'datatype_mismatch',
        `cannot subscript type ${typeName(expr.type.oid)} because it does not support subscripting`,
        locationOf(body.arg),
      );
    }
    const index = coerceTo(
      scope.analysis,
      analyseExpression(scope, required(indices.uidx)),
      OID.int4,
      'assignment',
    );
    if (index === null) {
      throw errorAt('datatype_mismatch', 'array subscript must have type integer', location);
    }
    const array = expr;
    expr = sqlExpr(
      plainType(element),
      weave([array, index], (left = '', right = '') => printSubscript(element, left, right)),
      location,
      { leakproof: true },
    );
  }
  return expr;
}

const HANDLERS: { readonly [Tag in NodeTag]?: Handler<Tag> } = {
  A_Const: analyseConstant,
  ColumnRef: analyseColumn,
  ParamRef: analyseParameter,
  A_Expr: analyseOperator,
  BoolExpr: analyseBoolExpr,
  NullTest: analyseNullTest,
  BooleanTest: analyseBooleanTest,
  CaseExpr: analyseCase,
  CoalesceExpr: analyseCoalesce,
  MinMaxExpr: analyseMinMax,
  A_ArrayExpr: analyseArray,
  A_Indirection: analyseIndirection,
  TypeCast: analyseCast,
  CollateClause: analyseCollate,
  FuncCall: analyseCall,
  SQLValueFunction: analyseValueFunction,
  SubLink: analyseSublink,
  RowExpr: (_scope, _body, location) => {
    throw refuse('a row value outside of a comparison', location);
  },
  SetToDefault: (_scope, _body, location) => {
    throw errorAt('syntax_error', 'DEFAULT is not allowed in this context', location);
  },
};

tie({ expression: analyseExpression, boolean: analyseBoolean });
