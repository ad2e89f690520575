/**
 * DROP TABLE and TRUNCATE. A dropped table's rows leave no tombstones; TRUNCATE is told to change capture
 * row by row.
 */
import type { DropStmt, TruncateStmt } from '@pgsql/types';
import { EdgeError } from '../../errors.ts';
import { type Definition, type ForeignKeyOwner, refuseBuiltin } from './definition.ts';
import { dress, takeForeignKey, undress } from './dressing.ts';
import { quoteName } from './layout.ts';
import type { Table } from './model.ts';
import { listedRange, relationName } from './node.ts';
import { ROW_NUMBERS } from './sequences.ts';

function findTables(definition: Definition, statement: DropStmt): readonly Table[] {
  return (statement.objects ?? []).flatMap((object) => {
    const name = relationName(listedRange(object));
    const table = definition.find(name);
    if (table !== undefined) return [table];
    if (definition.relationExists(name)) {
      throw new EdgeError('wrong_object_type', `"${name}" is not a table`, {
        hint: 'Use DROP INDEX to remove an index.',
      });
    }
    if (statement.missing_ok !== true) {
      throw new EdgeError('undefined_table', `table "${name}" does not exist`);
    }
    definition.notice('successful_completion', `table "${name}" does not exist, skipping`);
    return [];
  });
}

function dependents(definition: Definition, tables: readonly Table[]): readonly ForeignKeyOwner[] {
  const names = new Set(tables.map((table) => table.name));
  return tables.flatMap((table) =>
    definition.referencing(table.name).filter(({ child }) => !names.has(child.name)),
  );
}

/** DROP TABLE. @throws EdgeError 42P01, 2BP01 */
export function dropTable(definition: Definition, statement: DropStmt): string {
  const tables = findTables(definition, statement);
  for (const table of tables) refuseBuiltin(table);
  const users = dependents(definition, tables);
  if (users.length > 0 && statement.behavior !== 'DROP_CASCADE') {
    const lines = users.map(
      ({ child, key }) =>
        `constraint ${key.name} on table ${child.name} depends on table ${key.referencedTable}`,
    );
    const [first] = tables;
    throw new EdgeError(
      'dependent_objects_still_exist',
      tables.length === 1 && first !== undefined
        ? `cannot drop table ${first.name} because other objects depend on it`
        : 'cannot drop desired object(s) because other objects depend on them',
      {
        detail: lines.join('\n'),
        hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
      },
    );
  }
  dropUsers(definition, users);
  for (const table of tables) undress(definition, table);
  for (const table of tables) {
    for (const key of table.foreignKeys) takeForeignKey(definition, key.oid);
    definition.run(`DROP TABLE ${quoteName(table.baseName)}`);
    definition.run('DELETE FROM helios_sequence WHERE table_oid = ?1', [BigInt(table.oid)]);
    definition.remove(table);
  }
  return 'DROP TABLE';
}

function dropUsers(definition: Definition, users: readonly ForeignKeyOwner[]): void {
  const lines: string[] = [];
  for (const { child, key } of users) {
    lines.push(`drop cascades to constraint ${key.name} on table ${child.name}`);
    takeForeignKey(definition, key.oid);
    const current = definition.table(child.name);
    definition.put({
      ...current,
      foreignKeys: current.foreignKeys.filter((own) => own.oid !== key.oid),
    });
  }
  const [only] = lines;
  if (only === undefined) return;
  if (lines.length === 1) definition.notice('successful_completion', only);
  else {
    definition.notice(
      'successful_completion',
      `drop cascades to ${lines.length} other objects`,
      lines.join('\n'),
    );
  }
}

function truncatedTables(definition: Definition, statement: TruncateStmt): readonly Table[] {
  const found = new Map<string, Table>();
  for (const node of statement.relations ?? []) {
    if (!('RangeVar' in node)) continue;
    const table = definition.table(relationName(node.RangeVar));
    refuseBuiltin(table);
    found.set(table.name, table);
  }
  const cascade = statement.behavior === 'DROP_CASCADE';
  // The map grows while it is walked: tables that reference a cascaded one are visited too.
  for (const table of found.values()) {
    for (const { child } of definition.referencing(table.name)) {
      if (found.has(child.name)) continue;
      if (!cascade) {
        throw new EdgeError(
          'feature_not_supported',
          'cannot truncate a table referenced in a foreign key constraint',
          {
            detail: `Table "${child.name}" references "${table.name}".`,
            hint: `Truncate table "${child.name}" at the same time, or use TRUNCATE ... CASCADE.`,
          },
        );
      }
      definition.notice('successful_completion', `truncate cascades to table "${child.name}"`);
      found.set(child.name, child);
    }
  }
  return [...found.values()];
}

/** TRUNCATE. @throws EdgeError 42P01, 0A000 for a referenced table */
export function truncate(definition: Definition, statement: TruncateStmt): string {
  const { capture, sequences } = definition.options;
  const tables = truncatedTables(definition, statement);
  // Foreign keys do not watch TRUNCATE; change capture does.
  for (const table of tables) undress(definition, table);
  for (const table of tables) {
    if (table.sync !== 'none') {
      for (const text of capture.triggers(table)) definition.run(text);
    }
    definition.run(`DELETE FROM ${quoteName(table.baseName)}`);
    definition.transaction.touch(table.baseName, null);
    undress(definition, table);
    if (statement.restart_seqs !== true) continue;
    sequences.restart(table.oid, () => definition.transaction.finished);
    definition.run('DELETE FROM helios_sequence WHERE table_oid = ?1 AND merchant <> ?2', [
      BigInt(table.oid),
      ROW_NUMBERS,
    ]);
  }
  for (const table of tables) dress(definition, table);
  return 'TRUNCATE TABLE';
}
