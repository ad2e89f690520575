/**
 * OVER clauses: named windows and the frame.
 *
 * @see https://www.postgresql.org/docs/current/sql-expressions.html#SYNTAX-WINDOW-FUNCTIONS
 */

import type { WindowDef } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import { errorAt, refuse } from './analysis.ts';
import { coerceTo, settleUnknown } from './coerce.ts';
import type { Node } from './nodes.ts';
import { analyseExpression } from './recursion.ts';
import type { Scope } from './scope.ts';
import { analyseSortBy } from './sort.ts';
import type { Expr, SortKey, WindowSpec } from './tree.ts';
import { contains } from './walk.ts';

/** Bits of WindowDef.frameOptions, as nodes/parsenodes.h names them. */
const FRAME = {
  nonDefault: 0x00001,
  range: 0x00002,
  rows: 0x00004,
  groups: 0x00008,
  startUnboundedPreceding: 0x00020,
  endUnboundedFollowing: 0x00100,
  startCurrentRow: 0x00200,
  endCurrentRow: 0x00400,
  startOffsetPreceding: 0x00800,
  endOffsetPreceding: 0x01000,
  startOffsetFollowing: 0x02000,
  endOffsetFollowing: 0x04000,
  excludeCurrentRow: 0x08000,
  excludeGroup: 0x10000,
  excludeTies: 0x20000,
} as const;

interface Layers {
  readonly partition: readonly Node[];
  readonly order: readonly Node[];
}

function namedWindow(scope: Scope, name: string, location: number): WindowDef {
  const found = scope.windows.get(name);
  if (found === undefined) {
    throw errorAt('undefined_object', `window "${name}" does not exist`, location);
  }
  return found;
}

function layersOf(scope: Scope, node: WindowDef, location: number): Layers {
  if (node.refname === undefined || node.refname === '') {
    return { partition: node.partitionClause ?? [], order: node.orderClause ?? [] };
  }
  const base = namedWindow(scope, node.refname, location);
  const inherited = layersOf(scope, base, location);
  if ((node.partitionClause ?? []).length > 0) {
    throw errorAt(
      'windowing_error',
      `cannot override PARTITION BY clause of window "${node.refname}"`,
      location,
    );
  }
  if ((node.orderClause ?? []).length > 0 && inherited.order.length > 0) {
    throw errorAt(
      'windowing_error',
      `cannot override ORDER BY clause of window "${node.refname}"`,
      location,
    );
  }
  if (((base.frameOptions ?? 0) & FRAME.nonDefault) !== 0) {
    throw errorAt(
      'windowing_error',
      `cannot copy window "${node.refname}" because it has a frame clause`,
      location,
    );
  }
  const own = node.orderClause ?? [];
  return { partition: inherited.partition, order: own.length > 0 ? own : inherited.order };
}

/** The window that a call's OVER means. */
export function analyseWindow(scope: Scope, node: WindowDef): WindowSpec {
  const location = node.location ?? -1;
  if (node.name !== undefined && node.name !== '') {
    return analyseWindow(scope, namedWindow(scope, node.name, location));
  }
  const layers = layersOf(scope, node, location);
  const partitionBy = layers.partition.map((item) =>
    settleUnknown(scope.analysis, analyseExpression(scope, item)),
  );
  const orderBy = layers.order.map((item) => analyseSortBy(scope, item));
  return { partitionBy, orderBy, frame: frameOf(scope, node, orderBy, location) };
}

function frameOf(
  scope: Scope,
  node: WindowDef,
  orderBy: readonly SortKey[],
  location: number,
): readonly (string | Expr)[] {
  const bits = node.frameOptions ?? 0;
  if ((bits & FRAME.nonDefault) === 0) return [];
  const mode =
    (bits & FRAME.rows) !== 0 ? 'ROWS' : (bits & FRAME.groups) !== 0 ? 'GROUPS' : 'RANGE';
  if (mode === 'GROUPS' && orderBy.length === 0) {
    throw errorAt('windowing_error', 'GROUPS mode requires an ORDER BY clause', location);
  }
  const start =
    (bits & FRAME.startUnboundedPreceding) !== 0
      ? ['UNBOUNDED PRECEDING']
      : (bits & FRAME.startCurrentRow) !== 0
        ? ['CURRENT ROW']
        : [
            offsetOf(scope, node.startOffset, mode, orderBy, location),
            (bits & FRAME.startOffsetPreceding) !== 0 ? ' PRECEDING' : ' FOLLOWING',
          ];
  const end =
    (bits & FRAME.endUnboundedFollowing) !== 0
      ? ['UNBOUNDED FOLLOWING']
      : (bits & FRAME.endCurrentRow) !== 0
        ? ['CURRENT ROW']
        : [
            offsetOf(scope, node.endOffset, mode, orderBy, location),
            (bits & FRAME.endOffsetPreceding) !== 0 ? ' PRECEDING' : ' FOLLOWING',
          ];
  return [` ${mode} BETWEEN `, ...start, ' AND ', ...end, exclusionOf(bits)];
}

function exclusionOf(bits: number): string {
  if ((bits & FRAME.excludeCurrentRow) !== 0) return ' EXCLUDE CURRENT ROW';
  if ((bits & FRAME.excludeGroup) !== 0) return ' EXCLUDE GROUP';
  return (bits & FRAME.excludeTies) !== 0 ? ' EXCLUDE TIES' : '';
}

const INTEGERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8]);

function offsetOf(
  scope: Scope,
  node: Node | undefined,
  mode: string,
  orderBy: readonly SortKey[],
  location: number,
): Expr {
  if (node === undefined) throw new Error('a frame bound without its offset');
  const expr = analyseExpression(scope, node);
  if (contains(expr, (part) => part.kind === 'column' && scope.relations.has(part.relation))) {
    throw errorAt(
      'invalid_column_reference',
      `argument of ${mode} must not contain variables`,
      expr.location,
    );
  }
  const [key] = orderBy;
  if (mode === 'RANGE') {
    if (orderBy.length !== 1 || key === undefined) {
      throw errorAt(
        'windowing_error',
        'RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column',
        location,
      );
    }
    if (!INTEGERS.has(key.expr.type.oid))
      throw refuse('RANGE with an offset over this type', location);
  }
  const coerced = coerceTo(scope.analysis, expr, OID.int8, 'implicit');
  if (coerced === null) {
    throw errorAt('datatype_mismatch', `argument of ${mode} must be type bigint`, expr.location);
  }
  return coerced;
}
