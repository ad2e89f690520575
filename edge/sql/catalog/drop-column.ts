/**
 * ALTER TABLE DROP COLUMN: takes the keys, indexes, checks and foreign keys that use the column with it, as
 * PostgreSQL does; another table's foreign key needs CASCADE.
 */
import type { AlterTableCmd } from '@pgsql/types';
import { EdgeError, notSupported } from '../../errors.ts';
import type { Definition, ForeignKeyOwner } from './definition.ts';
import { createIndexes, dropIndexes, takeForeignKey } from './dressing.ts';
import { quoteName } from './layout.ts';
import type { Table } from './model.ts';

function refuseDependents(table: Table, name: string, users: readonly ForeignKeyOwner[]): never {
  const lines = users.map(
    ({ child, key }) =>
      `constraint ${key.name} on table ${child.name} depends on column ${name} of table ${table.name}`,
  );
  throw new EdgeError(
    'dependent_objects_still_exist',
    `cannot drop column ${name} of table ${table.name} because other objects depend on it`,
    {
      detail: lines.join('\n'),
      hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
    },
  );
}

function dropUsers(definition: Definition, users: readonly ForeignKeyOwner[]): void {
  for (const { child, key } of users) {
    definition.notice(
      'successful_completion',
      `drop cascades to constraint ${key.name} on table ${child.name}`,
    );
    takeForeignKey(definition, key.oid);
    definition.put({
      ...child,
      foreignKeys: child.foreignKeys.filter((own) => own.oid !== key.oid),
    });
  }
}

/** One DROP COLUMN command over an undressed base. */
export function dropColumn(definition: Definition, table: Table, command: AlterTableCmd): Table {
  const name = command.name ?? '';
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    const text = `column "${name}" of relation "${table.name}" does not exist`;
    if (command.missing_ok !== true) throw new EdgeError('undefined_column', text);
    definition.notice('successful_completion', `${text}, skipping`);
    return table;
  }
  if (name === table.tenantColumn) throw notSupported(`dropping the merchant column "${name}"`);
  const users = definition
    .referencing(table.name)
    .filter(({ child, key }) => child.name !== table.name && key.referencedColumns.includes(name));
  if (users.length > 0 && command.behavior !== 'DROP_CASCADE') refuseDependents(table, name, users);
  dropUsers(definition, users);
  const goneChecks = table.checks.filter((check) => check.columns.includes(name));
  const goneKeys = table.foreignKeys.filter(
    (key) =>
      key.columns.includes(name) ||
      (key.referencedTable === table.name && key.referencedColumns.includes(name)),
  );
  const base = quoteName(table.baseName);
  for (const check of goneChecks) {
    definition.run(`ALTER TABLE ${base} DROP CONSTRAINT ${quoteName(check.name)}`);
  }
  for (const key of goneKeys) takeForeignKey(definition, key.oid);
  const changed: Table = {
    ...table,
    columns: table.columns.filter((candidate) => candidate.name !== name),
    uniques: table.uniques.filter((unique) => !unique.columns.includes(name)),
    indexes: table.indexes.filter((index) => !index.columns.some((key) => key.name === name)),
    checks: table.checks.filter((check) => !goneChecks.includes(check)),
    foreignKeys: table.foreignKeys.filter((key) => !goneKeys.includes(key)),
  };
  dropIndexes(definition, table);
  if (column.computed === null)
    definition.run(`ALTER TABLE ${base} DROP COLUMN ${quoteName(name)}`);
  definition.put(changed);
  createIndexes(definition, changed);
  return changed;
}
