/**
 * WITH: each query sees those before it, and hides tables of the same name for what follows.
 */

import type { WithClause } from '@pgsql/types';
import { errorAt, refuse, uniqueName } from './analysis.ts';
import { asNode, type Node, tagOf } from './nodes.ts';
import { analyseQuery } from './recursion.ts';
import { queryColumns, renameColumns } from './relations.ts';
import type { Scope } from './scope.ts';
import type { CommonTable } from './tree.ts';

const MATERIALIZED: Readonly<Record<string, boolean>> = {
  CTEMaterializeAlways: true,
  CTEMaterializeNever: false,
};

/** Reads a WITH clause into the scope. @throws EdgeError 0A000 for recursive and data-modifying ones */
export function analyseCommonTables(
  scope: Scope,
  clause: WithClause | undefined,
): readonly CommonTable[] {
  if (clause === undefined) return [];
  const tables: CommonTable[] = [];
  for (const node of clause.ctes ?? []) {
    const body = asNode(node, 'CommonTableExpr');
    const name = body?.ctename ?? '';
    const location = body?.location ?? 0;
    const inner = body?.ctequery as Node;
    if (tagOf(inner) !== 'SelectStmt') throw refuse('a data-modifying WITH query', location);
    if (clause.recursive === true && mentions(inner, name)) {
      throw refuse('WITH RECURSIVE', location);
    }
    if (tables.some((table) => table.name === name)) {
      throw errorAt(
        'duplicate_alias',
        `WITH query name "${name}" specified more than once`,
        location,
      );
    }
    const query = analyseQuery(scope.beside(), inner);
    const table: CommonTable = {
      name,
      printed: uniqueName(scope.analysis, 'w'),
      columns: renameColumns(
        queryColumns(query),
        {
          aliasname: name,
          ...(body?.aliascolnames === undefined ? {} : { colnames: body.aliascolnames }),
        },
        location,
        'WITH query',
      ),
      query,
      materialized: MATERIALIZED[body?.ctematerialized ?? ''] ?? null,
    };
    tables.push(table);
    scope.commonTables.set(name, table);
  }
  return tables;
}

/** True where the query could refer to the name: then RECURSIVE means what it says. */
function mentions(value: unknown, name: string): boolean {
  if (Array.isArray(value)) return value.some((item) => mentions(item, name));
  if (typeof value !== 'object' || value === null) return false;
  const table = (value as { RangeVar?: { relname?: string; schemaname?: string } }).RangeVar;
  if (table?.relname === name && table.schemaname === undefined) return true;
  return Object.values(value).some((item) => mentions(item, name));
}
