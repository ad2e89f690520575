/**
 * Relations of a FROM list: tables, subqueries, common tables, set-returning functions; and the names
 * under which each is known.
 */

import type { RangeSubselect, RangeVar } from '@pgsql/types';
import type { EdgeError } from '../../errors.ts';
import { OID } from '../../types/oids.ts';
import { PLAIN } from '../../types/storage.ts';
import { type Column, ROW_ID_COLUMN, type Table } from '../catalog/model.ts';
import { guardedTable } from '../isolate/guard.ts';
import { errorAt, uniqueName } from './analysis.ts';
import { plainType } from './build.ts';
import { type Node, namesOf, required } from './nodes.ts';
import { analyseQuery } from './recursion.ts';
import type { NamespaceColumn, NamespaceItem, Scope } from './scope.ts';
import type { ColumnExpr, CommonTable, Query, Relation, RelationColumn } from './tree.ts';

/** The SQLite name of a query's output column. */
export function outputName(index: number): string {
  return `c${index + 1}`;
}

/** A reference to a relation's column. */
export function columnExpr(
  relation: Relation,
  column: RelationColumn,
  location: number,
): ColumnExpr {
  return {
    kind: 'column',
    type: column.type,
    form: column.form,
    location,
    relation,
    column,
  };
}

function tableColumn(table: Table, column: Column): RelationColumn {
  return {
    name: column.name,
    printed: column.name,
    type: column.type,
    form: column.form,
    tableOid: table.oid,
    attnum: column.attnum,
  };
}

/**
 * Brings a table into scope, as its guard for merchants.
 * @throws EdgeError 42501 where a merchant may not read it
 */
export function addTable(scope: Scope, table: Table, alias: string | null): Relation {
  const { analysis } = scope;
  const { printed, tenantColumn } = guardedTable(table, analysis.environment.role);
  analysis.tables.add(table.baseName);
  const relation: Relation = {
    alias: uniqueName(analysis, 'r'),
    name: alias ?? table.name,
    columns: table.columns.map((column) => tableColumn(table, column)),
    source: { kind: 'table', printed },
    table,
    tenantColumn,
    nullable: false,
  };
  enter(scope, relation, 'public', alias === null ? null : table.name);
  return relation;
}

/** The row's identity, `helios_row`. */
export function rowIdentity(relation: Relation): ColumnExpr {
  return columnExpr(
    relation,
    {
      name: ROW_ID_COLUMN,
      printed: ROW_ID_COLUMN,
      type: plainType(OID.int8),
      form: PLAIN,
      tableOid: 0,
      attnum: 0,
    },
    -1,
  );
}

/** Puts a relation into the scope, under its name. */
export function enter(
  scope: Scope,
  relation: Relation,
  schema: string | null,
  aliasOf: string | null,
): NamespaceItem {
  scope.relations.add(relation);
  const item: NamespaceItem = {
    name: relation.name,
    schema,
    columns: relation.columns.map((column) => ({
      name: column.name,
      expr: columnExpr(relation, column, -1),
    })),
    columnsVisible: true,
    relationVisible: true,
    aliasOf,
  };
  scope.addItem(item);
  return item;
}

interface AliasNode {
  readonly aliasname?: string;
  readonly colnames?: readonly Node[];
}

/** Renames columns by an alias's list. @throws EdgeError 42P10 */
export function renameColumns(
  columns: readonly RelationColumn[],
  alias: AliasNode | undefined,
  location: number,
  what = 'table',
): readonly RelationColumn[] {
  const names = namesOf(alias?.colnames as Node[] | undefined);
  if (names.length > columns.length) {
    throw errorAt(
      'invalid_column_reference',
      `${what} "${alias?.aliasname ?? ''}" has ${columns.length} columns available but ${names.length} columns specified`,
      location,
    );
  }
  return columns.map((column, index) => {
    const name = names[index];
    return name === undefined ? column : { ...column, name };
  });
}

/** The columns that a query gives to the outside. */
export function queryColumns(query: Query): readonly RelationColumn[] {
  return query.targets
    .filter((target) => !target.hidden)
    .map((target, index) => ({
      name: target.name,
      printed: outputName(index),
      type: target.expr.type,
      form: target.expr.form,
      tableOid: target.expr.kind === 'column' ? target.expr.column.tableOid : 0,
      attnum: target.expr.kind === 'column' ? target.expr.column.attnum : 0,
    }));
}

/** A query as a relation, without a name in any scope. */
export function queryRelation(
  scope: Scope,
  query: Query,
  name: string | null,
  columns: readonly RelationColumn[] = queryColumns(query),
): Relation {
  return {
    alias: uniqueName(scope.analysis, 'r'),
    name,
    columns,
    source: { kind: 'query', query },
    table: null,
    tenantColumn: null,
    nullable: false,
  };
}

function missingRelation(scope: Scope, node: RangeVar, location: number): EdgeError {
  const name = [node.schemaname, node.relname].filter((part) => part !== undefined).join('.');
  const later = node.schemaname === undefined && scope.hasLaterTable(name);
  return errorAt(
    'undefined_table',
    `relation "${name}" does not exist`,
    location,
    later
      ? {
          detail: `There is a WITH item named "${name}", but it cannot be referenced from this part of the query.`,
          hint: 'Use WITH RECURSIVE, or re-order the WITH items to remove forward references.',
        }
      : {},
  );
}

function commonRelation(
  scope: Scope,
  table: CommonTable,
  node: RangeVar,
  location: number,
): Relation {
  const columns = renameColumns(table.columns, node.alias, location);
  return {
    alias: uniqueName(scope.analysis, 'r'),
    name: node.alias?.aliasname ?? table.name,
    columns,
    source: { kind: 'cte', cte: table },
    table: null,
    tenantColumn: null,
    nullable: false,
  };
}

function systemRelation(scope: Scope, node: RangeVar, location: number): Relation | null {
  const name = node.relname ?? '';
  const schemas = node.schemaname === undefined ? ['pg_catalog'] : [node.schemaname];
  for (const schema of schemas) {
    if (schema !== 'pg_catalog' && schema !== 'information_schema') continue;
    const found = scope.analysis.resolveSystemRelation(schema, name, scope.analysis.environment);
    if (found === null) continue;
    return {
      alias: uniqueName(scope.analysis, 'r'),
      name: node.alias?.aliasname ?? name,
      columns: renameColumns(found.columns, node.alias, location),
      source: { kind: 'sql', parts: [found.sql] },
      table: null,
      tenantColumn: null,
      nullable: false,
    };
  }
  return null;
}

/** The user's table that a RangeVar names, or null. */
export function findTable(scope: Scope, node: RangeVar): Table | null {
  if (node.schemaname !== undefined && node.schemaname !== 'public') return null;
  return scope.analysis.environment.catalog.tables.get(node.relname ?? '') ?? null;
}

/** A table, common table or system relation of a FROM list. @throws EdgeError 42P01, 42501 */
export function addRangeVar(scope: Scope, node: RangeVar): Relation {
  const location = node.location ?? 0;
  if (node.catalogname !== undefined) {
    throw errorAt(
      'feature_not_supported',
      `cross-database references are not implemented: "${node.catalogname}.${node.schemaname}.${node.relname}"`,
      location,
    );
  }
  const alias = node.alias?.aliasname ?? null;
  if (node.schemaname === undefined) {
    const common = scope.findCommonTable(node.relname ?? '');
    if (common !== undefined) {
      const relation = commonRelation(scope, common, node, location);
      enter(scope, relation, null, alias === null ? null : common.name);
      return relation;
    }
  }
  const system = systemRelation(scope, node, location);
  if (system !== null) {
    const schema = node.schemaname ?? 'pg_catalog';
    enter(scope, system, schema, alias === null ? null : (node.relname ?? null));
    return system;
  }
  const table = findTable(scope, node);
  if (table === null) throw missingRelation(scope, node, location);
  return addRenamedTable(scope, table, node, location);
}

function addRenamedTable(scope: Scope, table: Table, node: RangeVar, location: number): Relation {
  const relation = addTable(scope, table, node.alias?.aliasname ?? null);
  if ((node.alias?.colnames ?? []).length === 0) return relation;
  const columns = renameColumns(relation.columns, node.alias, location);
  const item = scope.items.pop();
  scope.relations.delete(relation);
  const renamed: Relation = { ...relation, columns };
  enter(scope, renamed, 'public', item?.aliasOf ?? null);
  return renamed;
}

/** A subquery of a FROM list. */
export function addSubselect(scope: Scope, node: RangeSubselect): Relation {
  const query = analyseQuery(scope.beside(), required(node.subquery));
  const columns = renameColumns(queryColumns(query), node.alias, -1);
  const relation = queryRelation(scope, query, node.alias?.aliasname ?? null, columns);
  enter(scope, relation, null, null);
  return relation;
}

/** The columns by which a FROM entry is seen. */
export function columnsOf(relation: Relation): readonly NamespaceColumn[] {
  return relation.columns.map((column) => ({
    name: column.name,
    expr: columnExpr(relation, column, -1),
  }));
}
