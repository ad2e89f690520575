/**
 * ALTER TABLE ADD COLUMN. A DEFAULT that is the same for every row is evaluated once and becomes SQLite's
 * own default of the column, so that no row is rewritten; a volatile one is computed row by row.
 *
 * SQLite's default serves the rows that are there: whoever inserts must name every stored column. Rows that
 * get the new column this way are not sent to the cloud again.
 */
import { Buffer } from 'node:buffer';
import type { AlterTableCmd } from '@pgsql/types';
import { EdgeError, notSupported } from '../../errors.ts';
import type { SqlValue } from '../../types/storage.ts';
import { addDrafts } from './add-constraints.ts';
import { verifyNotNull } from './constraint-checks.ts';
import { checkDefault, completeTable, sequenceOf } from './create-table.ts';
import type { Definition } from './definition.ts';
import { columnDefinition, quoteName, quoteText } from './layout.ts';
import { type Column, ROW_ID_COLUMN, type Table } from './model.ts';
import { checkDistinctColumns, emptyDrafts, readColumn } from './table-draft.ts';

function literal(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return quoteText(value);
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex')}'`;
  if (typeof value === 'number' && Number.isInteger(value)) return value.toFixed(1);
  return String(value);
}

/** The value that rows which are there get; undefined when each gets its own. */
function constantDefault(
  definition: Definition,
  table: Table,
  column: Column,
): SqlValue | undefined {
  if (column.defaultText === null) return null;
  const { expressions } = definition.options;
  const text = expressions.printDefault(column, table, definition.catalog);
  if (expressions.isVolatile(column.defaultText)) return undefined;
  return definition.rows(`SELECT ${text}`)[0]?.[0] ?? null;
}

function fillColumn(definition: Definition, table: Table, column: Column): void {
  const base = quoteName(table.baseName);
  if (column.identity !== null) {
    const owner = table.tenantColumn === null ? `''` : quoteName(table.tenantColumn);
    for (const [row] of definition.rows(`SELECT ${ROW_ID_COLUMN} FROM ${base} ORDER BY 1`)) {
      definition.run(
        `UPDATE ${base} SET ${quoteName(column.name)} = helios_nextval(${table.oid}, ${owner}) ` +
          `WHERE ${ROW_ID_COLUMN} = ?1`,
        [row ?? null],
      );
    }
    return;
  }
  const text = definition.options.expressions.printDefault(column, table, definition.catalog);
  definition.run(`UPDATE ${base} SET ${quoteName(column.name)} = ${text}`);
}

/** Adds the column to the base and fills it. */
function addStored(definition: Definition, table: Table, column: Column): void {
  const base = quoteName(table.baseName);
  const value = column.identity === null ? constantDefault(definition, table, column) : undefined;
  const nullable = columnDefinition({ ...column, notNull: false });
  const constant = value === undefined || value === null ? '' : ` DEFAULT ${literal(value)}`;
  definition.run(`ALTER TABLE ${base} ADD COLUMN ${nullable}${constant}`);
  if (value === undefined) fillColumn(definition, table, column);
  if (!column.notNull) return;
  verifyNotNull(definition, table, column);
  definition.run(`ALTER TABLE ${base} ALTER COLUMN ${quoteName(column.name)} SET NOT NULL`);
}

/** One ADD COLUMN command over an undressed base. */
export function addColumn(definition: Definition, table: Table, command: AlterTableCmd): Table {
  if (command.def === undefined || !('ColumnDef' in command.def)) throw notSupported('this column');
  const drafts = emptyDrafts();
  const draft = readColumn(command.def.ColumnDef, table.name, drafts);
  const { column: read } = draft;
  const names = table.columns.map((column) => column.name);
  if (names.includes(read.name)) {
    const text = `column "${read.name}" of relation "${table.name}" already exists`;
    if (command.missing_ok !== true) throw new EdgeError('duplicate_column', text);
    definition.notice('duplicate_column', `${text}, skipping`);
    return table;
  }
  checkDistinctColumns([...names, read.name], (name) => new EdgeError('duplicate_column', name));
  if (read.identity !== null && table.columns.some((column) => column.identity !== null)) {
    throw notSupported('a second identity column in one table');
  }
  const added: Table = {
    ...table,
    columns: [...table.columns, { ...read, attnum: table.nextAttnum }],
    nextAttnum: table.nextAttnum + 1,
  };
  const completed = completeTable(definition, added);
  const column = completed.columns.at(-1);
  if (column === undefined) return table;
  const sequence = sequenceOf(completed);
  if (sequence !== null) definition.options.sequences.define(sequence);
  checkDefault(definition, completed, column, { ...draft, defaultPosition: undefined });
  if (column.computed === null) addStored(definition, completed, column);
  const withColumn = { ...added, columns: completed.columns };
  return addDrafts(definition, withColumn, drafts);
}
