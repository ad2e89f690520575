/**
 * What a base table wears: the guard and the administrator's view, the triggers of wall 3, of foreign keys
 * and of change capture, and the indexes that foreign keys need.
 *
 * ALTER TABLE takes it all off, changes the base, and puts it on again: SQLite refuses to drop a column that
 * a view names, and would rewrite trigger texts by rules of its own. Within the transaction nobody sees
 * the table undressed.
 */
import type { Definition } from './definition.ts';
import {
  type BoundForeignKey,
  childTriggers,
  type DefaultPrinter,
  foreignKeyTriggers,
  keyPairs,
  parentTriggers,
} from './foreign-key-triggers.ts';
import { indexText, quoteName, storedKey, uniqueIndexText, viewTexts } from './layout.ts';
import { merchantKeyTriggers } from './merchants-table.ts';
import type { Table } from './model.ts';
import { wallTriggers } from './wall-triggers.ts';

function namesOf(definition: Definition, type: string, tableName: string): readonly string[] {
  return definition
    .rows('SELECT name FROM sqlite_schema WHERE type = ?1 AND lower(tbl_name) = lower(?2)', [
      type,
      tableName,
    ])
    .map(([name]) => String(name));
}

/** Takes views and triggers off a base table. */
export function undress(definition: Definition, table: Table): void {
  for (const name of namesOf(definition, 'trigger', table.baseName)) {
    definition.run(`DROP TRIGGER ${quoteName(name)}`);
  }
  for (const view of [table.guardName, table.adminRelation]) {
    if (view !== null && view !== table.baseName) {
      definition.run(`DROP VIEW IF EXISTS ${quoteName(view)}`);
    }
  }
}

/** A foreign key with its tables, as the draft has them now. */
export function bindForeignKey(
  definition: Definition,
  child: Table,
  key: Table['foreignKeys'][number],
): BoundForeignKey {
  return { key, child, parent: definition.table(key.referencedTable) };
}

function defaultPrinter(definition: Definition): DefaultPrinter {
  return (table, columnName) => {
    const column = table.columns.find((candidate) => candidate.name === columnName);
    if (column === undefined || column.defaultText === null) return 'NULL';
    return definition.options.expressions.printDefault(column, table, definition.catalog);
  };
}

/**
 * Puts views and triggers on. The foreign keys of the table and those that reference it get theirs on both
 * sides: dropping a table's triggers took those too.
 */
export function dress(definition: Definition, table: Table): void {
  const { capture } = definition.options;
  for (const text of viewTexts(table, capture)) definition.run(text);
  for (const text of wallTriggers(table)) definition.run(text);
  for (const text of merchantKeyTriggers(table)) definition.run(text);
  if (table.sync !== 'none') {
    for (const text of capture.triggers(table)) definition.run(text);
  }
  const own = table.foreignKeys.map((key) => ({ child: table, key }));
  const others = definition
    .referencing(table.name)
    .filter(({ child }) => child.name !== table.name);
  for (const { child, key } of [...own, ...others]) {
    putForeignKey(definition, bindForeignKey(definition, child, key));
  }
}

/** Everything that a table is to wear, as texts. */
function wardrobe(definition: Definition, table: Table): readonly string[] {
  const { capture } = definition.options;
  const print = defaultPrinter(definition);
  const own = table.foreignKeys.map((key) => bindForeignKey(definition, table, key));
  const theirs = definition
    .referencing(table.name)
    .map(({ child, key }) => bindForeignKey(definition, child, key));
  return [
    ...viewTexts(table, capture),
    ...wallTriggers(table),
    ...merchantKeyTriggers(table),
    ...(table.sync === 'none' ? [] : capture.triggers(table)),
    ...own.flatMap(childTriggers),
    ...theirs.flatMap((bound) => parentTriggers(bound, print)),
  ];
}

/**
 * Makes sure that a table wears what this version and configuration would give it. At each start: a trigger
 * that someone has dropped from outside is back, and an unchanged file is not written.
 */
export function redress(definition: Definition, table: Table): void {
  const wanted = wardrobe(definition, table);
  const worn = definition
    .rows(
      "SELECT sql FROM sqlite_schema WHERE (type = 'trigger' AND lower(tbl_name) = lower(?1)) " +
        "OR (type = 'view' AND name IN (?2, ?3))",
      [table.baseName, table.guardName, table.adminRelation],
    )
    .map(([sql]) => String(sql));
  if (worn.length === wanted.length && wanted.every((text) => worn.includes(text))) return;
  undress(definition, table);
  for (const text of wanted) definition.run(text);
}

/** (Re)creates the triggers of one foreign key on both of its tables. */
export function putForeignKey(definition: Definition, bound: BoundForeignKey): void {
  takeForeignKey(definition, bound.key.oid);
  for (const text of foreignKeyTriggers(bound, defaultPrinter(definition))) definition.run(text);
}

/** Removes the triggers of one foreign key from both of its tables. */
export function takeForeignKey(definition: Definition, oid: number): void {
  for (const label of ['insert', 'update', 'parent_delete', 'parent_update']) {
    definition.run(`DROP TRIGGER IF EXISTS ${quoteName(`f$${oid}_${label}`)}`);
  }
}

/** Creates the index of every unique key and every index of a table. */
export function createIndexes(definition: Definition, table: Table): void {
  for (const unique of table.uniques) definition.run(uniqueIndexText(table, unique));
  for (const index of table.indexes) {
    if (!index.unique) definition.run(indexText(table, index));
  }
  refreshForeignKeyIndexes(definition, table);
}

/** Drops every index of a base table that is ours. */
export function dropIndexes(definition: Definition, table: Table): void {
  for (const name of namesOf(definition, 'index', table.baseName)) {
    if (!name.startsWith('sqlite_')) definition.run(`DROP INDEX ${quoteName(name)}`);
  }
}

/** Name of the index that serves a foreign key when no index of the user's does. */
function foreignKeyIndexName(oid: number): string {
  return quoteName(`f$${oid}_idx`);
}

/** True when an index of the table starts with these columns, in any order. */
function isCovered(table: Table, columns: readonly string[]): boolean {
  const keys = [
    ...table.uniques.map((unique) => storedKey(table, unique.columns)),
    ...table.indexes.map((index) =>
      storedKey(
        table,
        index.columns.map((key) => key.name),
      ),
    ),
  ];
  const computed = new Set(
    table.columns.filter((column) => column.computed !== null).map((column) => column.name),
  );
  return keys.some((key) => {
    const stored = key.filter((name) => !computed.has(name));
    const prefix = new Set(stored.slice(0, columns.length));
    return columns.every((column) => prefix.has(column));
  });
}

/** Deleting a parent row must not scan the child: gives each foreign key an index unless it has one. */
export function refreshForeignKeyIndexes(definition: Definition, table: Table): void {
  for (const key of table.foreignKeys) {
    const bound = bindForeignKey(definition, table, key);
    const columns = [...new Set(keyPairs(bound).map((pair) => pair.child))];
    const stored = storedKey(table, columns);
    definition.run(`DROP INDEX IF EXISTS ${foreignKeyIndexName(key.oid)}`);
    if (isCovered(table, stored)) continue;
    definition.run(
      `CREATE INDEX ${foreignKeyIndexName(key.oid)} ON ${quoteName(table.baseName)} ` +
        `(${stored.map(quoteName).join(', ')})`,
    );
  }
}
