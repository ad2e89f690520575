/**
 * Where a recursive query may name itself: PostgreSQL's own checks (42P19), on the raw parse tree. It says
 * nothing of types, nor of what SQLite can run.
 *
 * @see https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-RECURSIVE
 */
import type { CommonTableExpr, SelectStmt, WithClause } from '@pgsql/types';
import type { EdgeError } from '../../errors.ts';
import { errorAt } from './analysis.ts';
import { asNode, locationOf, type Node, tagOf } from './nodes.ts';

/** Why a reference may not stand where it stands; null where it may. */
type Place = string | null;

const NON_RECURSIVE = 'within its non-recursive term';
const SUBQUERY = 'within a subquery';
const OUTER_JOIN = 'within an outer join';

type Visit = (location: number, place: Place) => void;

/** Calls `visit` for each reference to the name, with where it stands. */
function visitReferences(value: unknown, name: string, place: Place, visit: Visit): void {
  if (Array.isArray(value)) {
    for (const item of value) visitReferences(item, name, place, visit);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, body] of Object.entries(value)) visitNode(key, body, name, place, visit);
}

function visitNode(key: string, body: unknown, name: string, place: Place, visit: Visit): void {
  switch (key) {
    case 'RangeVar': {
      const table = body as { relname?: string; schemaname?: string; location?: number };
      if (table.relname === name && table.schemaname === undefined) {
        visit(table.location ?? 0, place);
      }
      return;
    }
    case 'SelectStmt':
    case 'larg':
    case 'rarg': {
      const select = body as SelectStmt & { readonly fromClause?: unknown };
      // In a join these two are nodes of any kind.
      if (key !== 'SelectStmt' && !isSelect(select)) visitReferences(body, name, place, visit);
      else visitSelect(select, name, place, visit);
      return;
    }
    case 'SubLink': {
      const link = body as { testexpr?: unknown; subselect?: unknown };
      visitReferences(link.testexpr, name, place, visit);
      visitReferences(link.subselect, name, place ?? SUBQUERY, visit);
      return;
    }
    case 'JoinExpr':
      visitJoin(body as JoinParts, name, place, visit);
      return;
    default:
      visitReferences(body, name, place, visit);
  }
}

function isSelect(value: object): boolean {
  return 'op' in value || 'targetList' in value || 'valuesLists' in value;
}

interface JoinParts {
  readonly jointype?: string;
  readonly larg?: unknown;
  readonly rarg?: unknown;
  readonly quals?: unknown;
}

function visitJoin(join: JoinParts, name: string, place: Place, visit: Visit): void {
  const outer = place ?? OUTER_JOIN;
  const { jointype } = join;
  const left = jointype === 'JOIN_RIGHT' || jointype === 'JOIN_FULL' ? outer : place;
  const right = jointype === 'JOIN_LEFT' || jointype === 'JOIN_FULL' ? outer : place;
  visitReferences(join.larg, name, left, visit);
  visitReferences(join.rarg, name, right, visit);
  visitReferences(join.quals, name, place, visit);
}

/** True where an inner WITH gives the name another meaning. */
function hides(clause: WithClause | undefined, name: string): boolean {
  return (clause?.ctes ?? []).some((node) => asNode(node, 'CommonTableExpr')?.ctename === name);
}

function visitSelect(select: SelectStmt, name: string, place: Place, visit: Visit): void {
  if (hides(select.withClause, name)) return;
  const { larg, rarg, op, ...rest } = select;
  const all = select.all === true;
  const both = op === 'SETOP_INTERSECT' && all ? (place ?? 'within INTERSECT') : place;
  const except = op === 'SETOP_EXCEPT' ? (place ?? 'within EXCEPT') : both;
  if (larg !== undefined) visitSelect(larg, name, all ? except : both, visit);
  if (rarg !== undefined) visitSelect(rarg, name, except, visit);
  for (const part of Object.values(rest)) visitReferences(part, name, place, visit);
}

/** True where the query refers to the name: then RECURSIVE means what it says. */
export function refersTo(node: Node, name: string): boolean {
  let found = false;
  visitReferences(node, name, null, () => {
    found = true;
  });
  return found;
}

function notImplemented(what: string, location: number): EdgeError {
  return errorAt(
    'feature_not_supported',
    `${what} in a recursive query is not implemented`,
    location,
  );
}

function refuseDecorations(select: SelectStmt): void {
  const [sort] = select.sortClause ?? [];
  if (sort !== undefined) {
    throw notImplemented('ORDER BY', locationOf(asNode(sort, 'SortBy')?.node));
  }
  if (select.limitOffset !== undefined) {
    throw notImplemented('OFFSET', locationOf(select.limitOffset));
  }
  if (select.limitCount !== undefined) {
    throw notImplemented('LIMIT', locationOf(select.limitCount));
  }
  const [lock] = select.lockingClause ?? [];
  if (lock !== undefined) throw notImplemented('FOR UPDATE/SHARE', -1);
}

/** The UNION of a query that reads itself. @throws EdgeError 42P19, 0A000 */
export function checkRecursiveForm(
  body: CommonTableExpr,
  select: SelectStmt | undefined,
): SelectStmt {
  const name = body.ctename ?? '';
  const location = body.location ?? 0;
  if (select?.op !== 'SETOP_UNION') {
    throw errorAt(
      'invalid_recursion',
      `recursive query "${name}" does not have the form non-recursive-term UNION [ALL] recursive-term`,
      location,
    );
  }
  const wrong = (at: number, where: string): EdgeError =>
    errorAt(
      'invalid_recursion',
      `recursive reference to query "${name}" must not appear ${where}`,
      at,
    );
  const check = (part: SelectStmt | undefined, place: Place): number => {
    let count = 0;
    visitSelect(part ?? {}, name, place, (at, where) => {
      if (where !== null) throw wrong(at, where);
      count++;
      if (count > 1) throw wrong(at, 'more than once');
    });
    return count;
  };
  check(select.larg, NON_RECURSIVE);
  check(select.rarg, null);
  refuseDecorations(select);
  return select;
}

/** Puts the queries of WITH RECURSIVE after those that they read. @throws EdgeError 0A000 for mutual recursion */
export function inOrderOfUse(nodes: readonly Node[]): readonly Node[] {
  const done: Node[] = [];
  const open = new Set<Node>();
  const place = (node: Node): void => {
    if (done.includes(node)) return;
    if (open.has(node)) {
      throw errorAt(
        'feature_not_supported',
        'mutual recursion between WITH items is not implemented',
        locationOf(node),
      );
    }
    open.add(node);
    const inner = asNode(node, 'CommonTableExpr')?.ctequery;
    for (const other of nodes) {
      const name = asNode(other, 'CommonTableExpr')?.ctename ?? '';
      if (other !== node && inner !== undefined && refersTo(inner, name)) place(other);
    }
    open.delete(node);
    done.push(node);
  };
  for (const node of nodes) place(node);
  return done;
}

/** True for a query that changes rows. */
export function isModification(node: Node): boolean {
  return tagOf(node) !== 'SelectStmt';
}
