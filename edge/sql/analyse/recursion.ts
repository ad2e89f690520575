/**
 * The knot of the analyser: expressions hold queries and queries hold expressions. The files that need the one or the
 * other call it through here; `expressions.ts` and `select.ts` tie themselves in when they are loaded, so
 * that imports point one way.
 */
import type { SelectStmt } from '@pgsql/types';
import type { Node } from './nodes.ts';
import type { Clause, Scope } from './scope.ts';
import type { Expr, Query } from './tree.ts';

type ExpressionAnalyser = (scope: Scope, node: Node, clause?: Clause) => Expr;
type BooleanAnalyser = (scope: Scope, node: Node, what: string) => Expr;
type SelectAnalyser = (scope: Scope, select: SelectStmt, settle?: boolean) => Query;
type QueryAnalyser = (scope: Scope, node: Node, settle?: boolean) => Query;

interface Knot {
  expression: ExpressionAnalyser | null;
  boolean: BooleanAnalyser | null;
  select: SelectAnalyser | null;
  query: QueryAnalyser | null;
}

const knot: Knot = { expression: null, boolean: null, select: null, query: null };

/** Ties the analyser's halves in; called once by each as it is loaded. */
export function tie(part: Partial<Knot>): void {
  Object.assign(knot, part);
}

function tied<Part>(part: Part | null): Part {
  if (part === null) throw new Error('a half of the analyser is not loaded');
  return part;
}

/** Types one expression. @throws EdgeError with position */
export const analyseExpression: ExpressionAnalyser = (scope, node, clause) =>
  tied(knot.expression)(scope, node, clause);

/** A condition. @param what as messages name it: `WHERE`, `HAVING`, `JOIN/ON` */
export const analyseBoolean: BooleanAnalyser = (scope, node, what) =>
  tied(knot.boolean)(scope, node, what);

/** A SELECT statement's node. */
export const analyseSelect: SelectAnalyser = (scope, select, settle) =>
  tied(knot.select)(scope, select, settle);

/** Any query node. */
export const analyseQuery: QueryAnalyser = (scope, node, settle) =>
  tied(knot.query)(scope, node, settle);
