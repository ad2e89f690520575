/**
 * What is assigned to which column: SET lists of UPDATE and ON CONFLICT DO UPDATE, and what DEFAULT means for
 * each column. Expressions are typed and fitted to their columns here; nothing is printed.
 */
import type { ResTarget } from '@pgsql/types';
import { EdgeError } from '../../errors.ts';
import { type Analysis, errorAt, refuse } from '../analyse/analysis.ts';
import { sqlExpr } from '../analyse/build.ts';
import { coerceForAssignment } from '../analyse/coerce.ts';
import { analyseExpression } from '../analyse/expressions.ts';
import { asNode, locationOf, type Node } from '../analyse/nodes.ts';
import type { Scope } from '../analyse/scope.ts';
import type { Expr } from '../analyse/tree.ts';
import type { ExpressionSupport } from '../catalog/expression-support.ts';
import type { Column, Table } from '../catalog/model.ts';
import { NULL_SOURCE, type ValueSource } from './steps.ts';
import { columnAt, columnIndex } from './target.ts';

/** What DEFAULT stands for: an expression, or a value that the executor knows. */
export type DefaultValue = Expr | ValueSource;

/** Prints stored DEFAULT expressions; the catalog's own seam to the analyser. */
export type DefaultSupport = Pick<ExpressionSupport, 'printDefault' | 'isVolatile'>;

export function isExpr(value: DefaultValue): value is Expr {
  return 'type' in value;
}

/** The DEFAULT of a column, for this role. */
export function defaultOf(
  analysis: Analysis,
  table: Table,
  column: Column,
  support: DefaultSupport,
): DefaultValue {
  const { role, catalog } = analysis.environment;
  if (column.name === table.tenantColumn && role === 'merchant') return { kind: 'merchant' };
  if (column.identity !== null) return { kind: 'identity' };
  if (column.computed !== null || column.defaultText === null) return NULL_SOURCE;
  const text = support.printDefault(column, table, catalog);
  return sqlExpr(column.type, [text], -1, {
    form: column.form,
    volatile: support.isVolatile(column.defaultText),
  });
}

/** Fits a typed expression to a column. */
export function fitValue(analysis: Analysis, expr: Expr, column: Column): Expr {
  return coerceForAssignment(analysis, expr, column.type, column.form, column.name);
}

/** One item of a SET list; `null` is DEFAULT. */
export interface SetItem {
  readonly column: number;
  readonly value: Expr | null;
}

/** The item's value node, whether it stands alone or in a row. */
function valueNode(item: ResTarget): Node | undefined {
  const multiple = asNode(item.val, 'MultiAssignRef');
  if (multiple === undefined) return item.val;
  const row = asNode(multiple.source, 'RowExpr');
  if (row === undefined) {
    if (asNode(multiple.source, 'SubLink') !== undefined) {
      throw refuse('assignment of a subquery to several columns', locationOf(multiple.source));
    }
    throw errorAt(
      'feature_not_supported',
      'source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression',
      locationOf(multiple.source),
    );
  }
  if ((row.args ?? []).length !== multiple.ncolumns) {
    throw errorAt(
      'syntax_error',
      'number of columns does not match number of values',
      locationOf(multiple.source),
    );
  }
  return row.args?.[(multiple.colno ?? 1) - 1];
}

/** Types a SET list. @throws EdgeError 42703, 42804, 42601, 428C9 */
export function analyseSetList(
  scope: Scope,
  table: Table,
  nodes: readonly Node[],
): readonly SetItem[] {
  const items = nodes.map((node): SetItem => {
    const item = asNode(node, 'ResTarget') ?? {};
    const node0 = valueNode(item);
    const isDefault = asNode(node0, 'SetToDefault') !== undefined;
    // PostgreSQL types the value before it looks the column up.
    const expr =
      node0 === undefined || isDefault ? null : analyseExpression(scope, node0, 'UPDATE');
    const location = item.location ?? 0;
    const column = columnIndex(table, item.name ?? '', location);
    if ((item.indirection ?? []).length > 0)
      throw refuse('assignment to a part of a column', location);
    return {
      column,
      value: expr === null ? null : fitValue(scope.analysis, expr, columnAt(table, column)),
    };
  });
  checkSetList(table, items);
  return items;
}

function checkSetList(table: Table, items: readonly SetItem[]): void {
  const seen = new Set<number>();
  for (const { column: index, value } of items) {
    const column = columnAt(table, index);
    if (seen.has(index)) {
      throw new EdgeError('syntax_error', `multiple assignments to same column "${column.name}"`);
    }
    seen.add(index);
    if (column.identity === 'always' && value !== null) {
      throw new EdgeError(
        'generated_always',
        `column "${column.name}" can only be updated to DEFAULT`,
        { detail: `Column "${column.name}" is an identity column defined as GENERATED ALWAYS.` },
      );
    }
  }
}

/** Collects the columns of a compute text. */
export class Outputs {
  readonly exprs: Expr[] = [];

  /** Adds a column. @returns its index */
  add(expr: Expr): number {
    return this.exprs.push(expr) - 1;
  }

  /** Where the executor finds a value that is an expression, or that it knows itself. */
  source(value: DefaultValue): ValueSource {
    return isExpr(value) ? { kind: 'output', index: this.add(value) } : value;
  }
}
