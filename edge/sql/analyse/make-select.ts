/**
 * Queries made by hand: for subqueries that the analyser adds, and for the DML builder.
 */
import type { SelectQuery } from './tree.ts';

/** A SELECT with everything optional left out. */
export function makeSelect(
  parts: Pick<SelectQuery, 'targets'> & Partial<Omit<SelectQuery, 'kind' | 'targets'>>,
): SelectQuery {
  return {
    kind: 'select',
    commonTables: [],
    distinct: false,
    distinctOn: [],
    from: [],
    where: [],
    groupBy: [],
    having: [],
    grouped: false,
    orderBy: [],
    limit: null,
    offset: null,
    ...parts,
  };
}
