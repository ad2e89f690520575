/**
 * WITH: each query sees those before it (in WITH RECURSIVE all but itself and those that read it), and hides
 * tables of the same name for what follows.
 */

import type { CommonTableExpr, WithClause } from '@pgsql/types';
import { errorAt, refuse, uniqueName } from './analysis.ts';
import { asNode, type Node } from './nodes.ts';
import { analyseQuery } from './recursion.ts';
import { inOrderOfUse, isModification, refersTo } from './recursive-form.ts';
import { analyseRecursive } from './recursive-query.ts';
import { queryColumns, renameColumns } from './relations.ts';
import type { Scope } from './scope.ts';
import type { CommonTable } from './tree.ts';

const MATERIALIZED: Readonly<Record<string, boolean>> = {
  CTEMaterializeAlways: true,
  CTEMaterializeNever: false,
};

/** Reads a WITH clause into the scope. @throws EdgeError 0A000 for data-modifying ones */
export function analyseCommonTables(
  scope: Scope,
  clause: WithClause | undefined,
): readonly CommonTable[] {
  if (clause === undefined) return [];
  const listed = clause.ctes ?? [];
  checkNames(listed);
  const nodes = clause.recursive === true ? inOrderOfUse(listed) : listed;
  const names = nodes.map((node) => asNode(node, 'CommonTableExpr')?.ctename ?? '');
  const tables = nodes.map((node, index) => {
    const body = asNode(node, 'CommonTableExpr') ?? {};
    scope.laterTables = new Set(names.slice(index));
    const table = analyseCommonTable(scope, body, clause.recursive === true);
    scope.commonTables.set(table.name, table);
    return table;
  });
  scope.laterTables = new Set();
  return tables;
}

function checkNames(nodes: readonly Node[]): void {
  const seen = new Set<string>();
  for (const node of nodes) {
    const body = asNode(node, 'CommonTableExpr');
    const name = body?.ctename ?? '';
    const location = body?.location ?? 0;
    if (isModification(body?.ctequery as Node))
      throw refuse('a data-modifying WITH query', location);
    if (seen.has(name)) {
      throw errorAt(
        'duplicate_alias',
        `WITH query name "${name}" specified more than once`,
        location,
      );
    }
    seen.add(name);
  }
}

function analyseCommonTable(scope: Scope, body: CommonTableExpr, recursive: boolean): CommonTable {
  const name = body.ctename ?? '';
  const inner = body.ctequery as Node;
  const materialized = MATERIALIZED[body.ctematerialized ?? ''] ?? null;
  if (recursive && refersTo(inner, name)) return analyseRecursive(scope, body, materialized);
  const query = analyseQuery(scope.beside(), inner);
  const alias = {
    aliasname: name,
    ...(body.aliascolnames === undefined ? {} : { colnames: body.aliascolnames }),
  };
  return {
    name,
    printed: uniqueName(scope.analysis, 'w'),
    columns: renameColumns(queryColumns(query), alias, body.location ?? 0, 'WITH query'),
    query,
    materialized,
    recursive: false,
  };
}
