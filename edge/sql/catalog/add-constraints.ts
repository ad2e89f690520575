/**
 * Constraints added to a table that has rows: each is verified first, then made in the file.
 */

import { verifyCheck, verifyForeignKey, verifyNotNull, verifyUnique } from './constraint-checks.ts';
import { addCheck, addForeignKey, addKey } from './constraints.ts';
import { atPosition, columnOf, type Definition } from './definition.ts';
import { bindForeignKey } from './dressing.ts';
import { checkClause, quoteName, uniqueIndexText } from './layout.ts';
import type { Column, Table } from './model.ts';
import type { ConstraintDrafts } from './table-draft.ts';

/** The table with one column changed. */
export function replaceColumn(
  table: Table,
  name: string,
  change: (column: Column) => Column,
): Table {
  const columns = table.columns.map((column) => (column.name === name ? change(column) : column));
  return { ...table, columns };
}

/** ALTER COLUMN SET NOT NULL over an undressed base. @throws EdgeError 23502 */
export function setNotNull(definition: Definition, table: Table, name: string): Table {
  const column = columnOf(table, name);
  if (column.notNull || column.computed !== null) return table;
  verifyNotNull(definition, table, column);
  definition.run(
    `ALTER TABLE ${quoteName(table.baseName)} ALTER COLUMN ${quoteName(name)} SET NOT NULL`,
  );
  return replaceColumn(table, name, (found) => ({ ...found, notNull: true }));
}

/**
 * Adds what the drafts hold to a base that exists, and verifies its rows. Errors bear no position, as
 * PostgreSQL has it in ALTER TABLE.
 */
export function addDrafts(definition: Definition, before: Table, drafts: ConstraintDrafts): Table {
  return atPosition(undefined, () => addEach(definition, before, drafts));
}

function addEach(definition: Definition, before: Table, drafts: ConstraintDrafts): Table {
  let table = before;
  for (const draft of drafts.keys) {
    const known = new Set(table.uniques.map((unique) => unique.oid));
    table = addKey(definition, table, draft);
    for (const unique of table.uniques) {
      if (known.has(unique.oid)) continue;
      if (unique.kind === 'primary') table = keyNotNull(definition, before, table, unique.columns);
      verifyUnique(definition, table, unique);
      definition.run(uniqueIndexText(table, unique));
    }
  }
  for (const draft of drafts.checks) {
    table = addCheck(definition, table, draft);
    const check = table.checks.at(-1);
    if (check !== undefined) {
      const text = verifyCheck(definition, table, check);
      const base = quoteName(table.baseName);
      definition.run(`ALTER TABLE ${base} ADD ${checkClause(check.name, text)}`);
    }
  }
  for (const draft of drafts.foreignKeys) {
    table = addForeignKey(definition, table, draft);
    definition.put(table);
    const key = table.foreignKeys.at(-1);
    if (key !== undefined) verifyForeignKey(definition, bindForeignKey(definition, table, key));
  }
  return table;
}

/** The columns of a new primary key become NOT NULL in the file as well. */
function keyNotNull(
  definition: Definition,
  before: Table,
  table: Table,
  names: readonly string[],
): Table {
  let changed = table;
  for (const name of names) {
    const earlier = before.columns.find((column) => column.name === name);
    if (earlier === undefined || earlier.notNull) continue;
    changed = replaceColumn(changed, name, (column) => ({ ...column, notNull: false }));
    changed = setNotNull(definition, changed, name);
  }
  return changed;
}
