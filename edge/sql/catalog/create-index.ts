/**
 * CREATE INDEX and DROP INDEX. On a tenant table the stored index starts with the merchant; the catalog
 * shows the user's form.
 */
import type { DropStmt, IndexElem, IndexStmt } from '@pgsql/types';
import { EdgeError, notSupported } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { verifyUnique } from './constraint-checks.ts';
import { checkRelationName } from './create-table.ts';
import { type Definition, refuseBuiltin } from './definition.ts';
import { refreshForeignKeyIndexes } from './dressing.ts';
import { indexText, physicalIndexName, quoteName, uniqueIndexText } from './layout.ts';
import type { Index, Table } from './model.ts';
import { listedRange, relationName } from './node.ts';
import { chooseName, joinColumnNames } from './object-names.ts';

function refuseForms(statement: IndexStmt): void {
  const method = statement.accessMethod;
  if (method !== undefined && method !== 'btree') throw notSupported(`index method "${method}"`);
  if (statement.whereClause !== undefined) throw notSupported('a partial index');
  if ((statement.indexIncludingParams ?? []).length > 0) throw notSupported('INCLUDE');
  if ((statement.options ?? []).length > 0) throw notSupported('storage parameters of an index');
  if (statement.tableSpace !== undefined) throw notSupported('TABLESPACE');
  if (statement.nulls_not_distinct === true) throw notSupported('NULLS NOT DISTINCT');
}

function readKey(table: Table, element: IndexElem): Index['columns'][number] {
  if (element.expr !== undefined || element.name === undefined) {
    throw notSupported('an index over an expression');
  }
  if ((element.collation ?? []).length > 0) throw notSupported('COLLATE of an index column');
  if ((element.opclass ?? []).length > 0) throw notSupported('an operator class');
  const column = table.columns.find((candidate) => candidate.name === element.name);
  if (column === undefined) {
    throw new EdgeError('undefined_column', `column "${element.name}" does not exist`);
  }
  const descending = element.ordering === 'SORTBY_DESC';
  const nullsFirst =
    element.nulls_ordering === 'SORTBY_NULLS_FIRST' ||
    (descending && element.nulls_ordering !== 'SORTBY_NULLS_LAST');
  return { name: column.name, descending, nullsFirst };
}

/** CREATE [UNIQUE] INDEX. @throws EdgeError with PostgreSQL's conditions */
export function createIndex(definition: Definition, statement: IndexStmt): string {
  const tag = 'CREATE INDEX';
  const table = definition.table(relationName(statement.relation));
  const given = statement.idxname;
  if (given !== undefined && definition.relationExists(given)) {
    if (statement.if_not_exists !== true) {
      throw new EdgeError('duplicate_table', `relation "${given}" already exists`);
    }
    definition.notice('duplicate_table', `relation "${given}" already exists, skipping`);
    return tag;
  }
  refuseForms(statement);
  if (given !== undefined) checkRelationName(given);
  const columns = (statement.indexParams ?? []).flatMap((node) =>
    'IndexElem' in node ? [readKey(table, node.IndexElem)] : [],
  );
  if (columns.length > LIMITS.columnsPerIndexMax) {
    throw new EdgeError(
      'too_many_columns',
      `cannot use more than ${LIMITS.columnsPerIndexMax} columns in an index`,
    );
  }
  const names = columns.map((key) => key.name);
  const name =
    given ??
    chooseName(table.name, joinColumnNames(names), 'idx', (taken) =>
      definition.relationExists(taken),
    );
  const unique = statement.unique === true;
  const index: Index = { name, columns, unique, oid: definition.newOid() };
  if (unique) addUniqueIndex(definition, table, index);
  else {
    definition.run(indexText(table, index));
    const changed = { ...table, indexes: [...table.indexes, index] };
    definition.put(changed);
    refreshForeignKeyIndexes(definition, changed);
  }
  return tag;
}

/** A unique index is a key that pg_constraint does not show: ON CONFLICT may name its columns. */
function addUniqueIndex(definition: Definition, table: Table, index: Index): void {
  const columns = index.columns.map((key) => key.name);
  const computed = table.columns.find(
    (column) => column.computed !== null && columns.includes(column.name),
  );
  if (computed !== undefined) {
    throw notSupported(`a key over column "${computed.name}", which the box computes,`);
  }
  if (
    table.columns.some((column) => column.writeOnly !== undefined && columns.includes(column.name))
  ) {
    throw notSupported('a unique index over a key column');
  }
  const unique = {
    kind: 'unique' as const,
    name: index.name,
    columns,
    isConstraint: false,
    oid: index.oid,
  };
  verifyUnique(definition, table, unique);
  definition.run(uniqueIndexText(table, unique));
  const changed = {
    ...table,
    uniques: [...table.uniques, unique],
    indexes: [...table.indexes, index],
  };
  definition.put(changed);
  refreshForeignKeyIndexes(definition, changed);
}

function refuseIfRequired(definition: Definition, table: Table, name: string): void {
  const constraint = table.uniques.find((unique) => unique.name === name);
  if (constraint?.isConstraint === true) {
    throw new EdgeError(
      'dependent_objects_still_exist',
      `cannot drop index ${name} because constraint ${name} on table ${table.name} requires it`,
      { hint: `You can drop constraint ${name} on table ${table.name} instead.` },
    );
  }
  if (constraint === undefined) return;
  const users = definition
    .referencing(table.name)
    .filter(({ key }) =>
      key.referencedColumns.every((column) => constraint.columns.includes(column)),
    );
  const [user] = users;
  if (user === undefined) return;
  throw new EdgeError(
    'dependent_objects_still_exist',
    `cannot drop index ${name} because other objects depend on it`,
    {
      detail: `constraint ${user.key.name} on table ${user.child.name} depends on index ${name}`,
      hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
    },
  );
}

/** DROP INDEX. @throws EdgeError 42704, 2BP01 */
export function dropIndex(definition: Definition, statement: DropStmt): string {
  for (const object of statement.objects ?? []) {
    const name = relationName(listedRange(object));
    const owner = definition
      .tables()
      .find((table) => [...table.indexes, ...table.uniques].some((index) => index.name === name));
    if (owner === undefined) {
      if (definition.find(name) !== undefined) {
        throw new EdgeError('wrong_object_type', `"${name}" is not an index`, {
          hint: 'Use DROP TABLE to remove a table.',
        });
      }
      if (statement.missing_ok !== true) {
        throw new EdgeError('undefined_object', `index "${name}" does not exist`);
      }
      definition.notice('successful_completion', `index "${name}" does not exist, skipping`);
      continue;
    }
    refuseBuiltinKey(owner, name);
    refuseIfRequired(definition, owner, name);
    const index = owner.indexes.find((candidate) => candidate.name === name);
    if (index === undefined) continue;
    definition.run(`DROP INDEX ${quoteName(physicalIndexName(index))}`);
    const changed = {
      ...owner,
      indexes: owner.indexes.filter((candidate) => candidate.name !== name),
      uniques: owner.uniques.filter((unique) => unique.oid !== index.oid),
    };
    definition.put(changed);
    refreshForeignKeyIndexes(definition, changed);
  }
  return 'DROP INDEX';
}

function refuseBuiltinKey(table: Table, name: string): void {
  if (table.uniques.some((unique) => unique.name === name && unique.isConstraint)) {
    refuseBuiltin(table);
  }
}
