/**
 * ALTER TABLE RENAME: tables, columns, constraints and indexes. Kept expressions that name a renamed column
 * are printed anew.
 */
import type { RenameStmt } from '@pgsql/types';
import { EdgeError, notSupported } from '../../errors.ts';
import { settle } from './alter-table.ts';
import { findConstraint } from './constraints.ts';
import { checkRelationName, checkTexts, freeBaseName, sequenceOf } from './create-table.ts';
import { type Definition, refuseBuiltin } from './definition.ts';
import { undress } from './dressing.ts';
import { expressionNode } from './expression-node.ts';
import { expressionText } from './expression-text.ts';
import { checkClause, quoteName } from './layout.ts';
import type { Table } from './model.ts';
import { relationName } from './node.ts';

function renameIn(names: readonly string[], from: string, to: string): readonly string[] {
  return names.map((name) => (name === from ? to : name));
}

function withRenamedColumn(definition: Definition, table: Table, from: string, to: string): Table {
  const naming = (name: string): string => (name === from ? to : name);
  const text = (kept: string): string =>
    expressionText(expressionNode(definition.options.expressions, kept), naming);
  return {
    ...table,
    columns: table.columns.map((column) =>
      column.name === from ? { ...column, name: to } : column,
    ),
    uniques: table.uniques.map((unique) => ({
      ...unique,
      columns: renameIn(unique.columns, from, to),
    })),
    checks: table.checks.map((check) => ({
      ...check,
      text: text(check.text),
      columns: renameIn(check.columns, from, to),
    })),
    foreignKeys: table.foreignKeys.map((key) => ({
      ...key,
      columns: renameIn(key.columns, from, to),
      referencedColumns:
        key.referencedTable === table.name
          ? renameIn(key.referencedColumns, from, to)
          : key.referencedColumns,
    })),
    indexes: table.indexes.map((index) => ({
      ...index,
      columns: index.columns.map((key) => ({ ...key, name: naming(key.name) })),
    })),
  };
}

function renameColumn(definition: Definition, table: Table, statement: RenameStmt): void {
  const from = statement.subname ?? '';
  const to = statement.newname ?? '';
  const column = table.columns.find((candidate) => candidate.name === from);
  if (column === undefined) {
    throw new EdgeError('undefined_column', `column "${from}" does not exist`);
  }
  const folded = to.toLowerCase();
  if (table.columns.some((other) => other.name === to)) {
    throw new EdgeError(
      'duplicate_column',
      `column "${to}" of relation "${table.name}" already exists`,
    );
  }
  if (table.columns.some((other) => other !== column && other.name.toLowerCase() === folded)) {
    throw notSupported(`a table whose columns differ only in case ("${to}")`);
  }
  if (folded.startsWith('helios_')) {
    throw new EdgeError('reserved_name', `column name "${to}" is reserved for the box`);
  }
  if (from === table.tenantColumn) throw notSupported(`renaming the merchant column "${from}"`);
  if (column.computed !== null) throw notSupported(`renaming column "${from}", which is computed,`);
  undress(definition, table);
  const base = quoteName(table.baseName);
  definition.run(`ALTER TABLE ${base} RENAME COLUMN ${quoteName(from)} TO ${quoteName(to)}`);
  for (const { child, key } of definition.referencing(table.name)) {
    if (child.name === table.name) continue;
    definition.put({
      ...child,
      foreignKeys: child.foreignKeys.map((own) =>
        own.oid === key.oid
          ? { ...own, referencedColumns: renameIn(own.referencedColumns, from, to) }
          : own,
      ),
    });
  }
  const changed = withRenamedColumn(definition, table, from, to);
  definition.put(changed);
  settle(definition, table, changed);
  const sequence = sequenceOf(changed);
  if (sequence !== null) definition.options.sequences.define(sequence);
}

function renameTable(definition: Definition, table: Table, to: string): void {
  if (definition.relationExists(to)) {
    throw new EdgeError('duplicate_table', `relation "${to}" already exists`);
  }
  checkRelationName(to);
  undress(definition, table);
  const baseName = freeBaseName(definition, to, table.oid);
  if (baseName !== table.baseName) {
    definition.run(`ALTER TABLE ${quoteName(table.baseName)} RENAME TO ${quoteName(baseName)}`);
  }
  const rename = (name: string): string => (name === table.name ? to : name);
  const changed: Table = {
    ...table,
    name: to,
    baseName,
    foreignKeys: table.foreignKeys.map((key) => ({
      ...key,
      referencedTable: rename(key.referencedTable),
    })),
  };
  for (const { child } of definition.referencing(table.name)) {
    if (child.name === table.name) continue;
    definition.put({
      ...child,
      foreignKeys: child.foreignKeys.map((key) => ({
        ...key,
        referencedTable: rename(key.referencedTable),
      })),
    });
  }
  definition.put(changed, table.name);
  settle(definition, table, changed);
  const sequence = sequenceOf(changed);
  if (sequence !== null) definition.options.sequences.define(sequence);
}

function renameConstraint(definition: Definition, table: Table, from: string, to: string): void {
  const found = findConstraint(table, from);
  if (found === undefined) {
    throw new EdgeError(
      'undefined_object',
      `constraint "${from}" for table "${table.name}" does not exist`,
    );
  }
  if (findConstraint(table, to) !== undefined) {
    throw new EdgeError(
      'duplicate_object',
      `constraint "${to}" for relation "${table.name}" already exists`,
    );
  }
  const rename = <T extends { readonly name: string }>(items: readonly T[]): readonly T[] =>
    items.map((item) => (item.name === from ? { ...item, name: to } : item));
  if (found.kind === 'check') {
    const base = quoteName(table.baseName);
    definition.run(`ALTER TABLE ${base} DROP CONSTRAINT ${quoteName(from)}`);
    const text = checkTexts(definition, table).get(from) ?? '1';
    definition.run(`ALTER TABLE ${base} ADD ${checkClause(to, text)}`);
  }
  definition.put({
    ...table,
    uniques: rename(table.uniques),
    checks: rename(table.checks),
    foreignKeys: rename(table.foreignKeys),
    indexes: rename(table.indexes),
  });
}

function renameIndex(definition: Definition, statement: RenameStmt): void {
  const from = relationName(statement.relation);
  const to = statement.newname ?? '';
  const owner = definition
    .tables()
    .find((table) => [...table.indexes, ...table.uniques].some((index) => index.name === from));
  if (owner === undefined) {
    throw new EdgeError('undefined_table', `relation "${from}" does not exist`);
  }
  refuseBuiltin(owner);
  if (definition.relationExists(to)) {
    throw new EdgeError('duplicate_table', `relation "${to}" already exists`);
  }
  const rename = <T extends { readonly name: string }>(items: readonly T[]): readonly T[] =>
    items.map((item) => (item.name === from ? { ...item, name: to } : item));
  definition.put({ ...owner, uniques: rename(owner.uniques), indexes: rename(owner.indexes) });
}

/** ALTER ... RENAME. @throws EdgeError with PostgreSQL's conditions */
export function rename(definition: Definition, statement: RenameStmt): string {
  if (statement.renameType === 'OBJECT_INDEX') {
    renameIndex(definition, statement);
    return 'ALTER INDEX';
  }
  const tag = 'ALTER TABLE';
  const name = relationName(statement.relation);
  const found = definition.find(name);
  if (found === undefined && statement.missing_ok === true) {
    definition.notice('successful_completion', `relation "${name}" does not exist, skipping`);
    return tag;
  }
  const table = found ?? definition.table(name);
  refuseBuiltin(table);
  if (statement.renameType === 'OBJECT_COLUMN') renameColumn(definition, table, statement);
  else if (statement.renameType === 'OBJECT_TABLE') {
    renameTable(definition, table, statement.newname ?? '');
  } else if (statement.renameType === 'OBJECT_TABCONSTRAINT') {
    renameConstraint(definition, table, statement.subname ?? '', statement.newname ?? '');
  } else throw notSupported('this RENAME');
  return tag;
}
