/**
 * The table that a statement changes: found by name, closed to merchants where it is not theirs, its columns
 * looked up, and the fixed SQLite texts that change its rows.
 *
 * Those texts hold binds only. For a merchant they say once more that the row is its own, although the row's
 * identity came out of the guard already.
 */
import type { RangeVar } from '@pgsql/types';
import { EdgeError } from '../../errors.ts';
import { type Analysis, errorAt } from '../analyse/analysis.ts';
import { quoteName, storedKey, storedValue } from '../catalog/layout.ts';
import {
  type Catalog,
  type Column,
  ROW_ID_COLUMN,
  type Table,
  type UniqueConstraint,
} from '../catalog/model.ts';
import type { TargetSteps } from './steps.ts';

/** The catalog's table that a statement names as its target. @throws EdgeError 42P01, 42501 */
export function targetTable(analysis: Analysis, range: RangeVar | undefined): Table {
  const location = range?.location ?? 0;
  const name = range?.relname ?? '';
  const schema = range?.schemaname;
  if (range?.catalogname !== undefined) {
    throw errorAt(
      'feature_not_supported',
      `cross-database references are not implemented: "${range.catalogname}.${schema}.${name}"`,
      location,
    );
  }
  const { catalog, role } = analysis.environment;
  const table = schema === undefined || schema === 'public' ? catalog.tables.get(name) : undefined;
  if (table === undefined) {
    if (analysis.resolveSystemRelation(schema ?? 'pg_catalog', name, analysis.environment) !== null)
      throw denied(name);
    const shown = schema === undefined ? name : `${schema}.${name}`;
    throw errorAt('undefined_table', `relation "${shown}" does not exist`, location);
  }
  const closed = table.guardName === null || table.tenantColumn === null || table.builtin !== null;
  if (role === 'merchant' && closed) throw denied(table.name);
  return table;
}

function denied(tableName: string): EdgeError {
  return new EdgeError('insufficient_privilege', `permission denied for table ${tableName}`);
}

/** Index into table.columns. @throws EdgeError 42703 */
export function columnIndex(table: Table, name: string, location: number): number {
  const index = table.columns.findIndex((column) => column.name === name);
  if (index >= 0) return index;
  throw errorAt(
    'undefined_column',
    `column "${name}" of relation "${table.name}" does not exist`,
    location,
  );
}

/** The column at an index that is known to be one. */
export function columnAt(table: Table, index: number): Column {
  const column = table.columns[index];
  if (column === undefined) throw new Error(`${table.name} has no column ${index}`);
  return column;
}

/** What the steps of every kind of change say of their target. */
export function targetSteps(
  catalog: Catalog,
  table: Table,
): Pick<TargetSteps, 'table' | 'cascadesTo' | 'selfReferencing'> {
  const reached = new Set<Table>();
  const follow = (parent: Table): void => {
    for (const child of catalog.tables.values()) {
      const acts = child.foreignKeys.some(
        (key) =>
          key.referencedTable === parent.name && (acting(key.onDelete) || acting(key.onUpdate)),
      );
      if (!acts || reached.has(child)) continue;
      reached.add(child);
      follow(child);
    }
  };
  follow(table);
  return {
    table,
    cascadesTo: [...reached].map((child) => child.baseName),
    selfReferencing: table.foreignKeys.some((key) => key.referencedTable === table.name),
  };
}

function acting(action: string): boolean {
  return action !== 'no action' && action !== 'restrict';
}

/** Indexes into table.columns of the columns that are stored. */
export function storedIndexes(table: Table): readonly number[] {
  return table.columns.flatMap((column, index) => (column.computed === null ? [index] : []));
}

/** `INSERT INTO base (…) VALUES (…)`; `value` gives the text of each stored column. */
export function insertText(
  table: Table,
  stored: readonly number[],
  value: (index: number) => string,
): string {
  const columns = stored.map((index) => columnAt(table, index));
  const textOf = (name: string): string =>
    value(table.columns.findIndex((column) => column.name === name));
  const values = stored.map((index) =>
    storedValue(table, columnAt(table, index), value(index), textOf),
  );
  return (
    `INSERT INTO ${quoteName(table.baseName)} ` +
    `(${[ROW_ID_COLUMN, ...columns.map((column) => quoteName(column.name))].join(', ')}) ` +
    `VALUES (${[`helios_next_row(${table.oid})`, ...values].join(', ')})`
  );
}

function ownRow(table: Table, merchant: boolean): string {
  const own =
    merchant && table.tenantColumn !== null
      ? ` AND ${quoteName(table.tenantColumn)} = helios_merchant()`
      : '';
  return `${ROW_ID_COLUMN} = ?1${own}`;
}

/** `UPDATE base SET … WHERE helios_row = ?1`, binds ?2.. for these columns; null for none. */
export function updateText(
  table: Table,
  stored: readonly number[],
  merchant: boolean,
): string | null {
  if (stored.length === 0) return null;
  const textOf = (name: string): string => {
    const at = stored.findIndex((index) => columnAt(table, index).name === name);
    return at < 0 ? quoteName(name) : `?${at + 2}`;
  };
  const sets = stored.map((index, at) => {
    const column = columnAt(table, index);
    return `${quoteName(column.name)} = ${storedValue(table, column, `?${at + 2}`, textOf)}`;
  });
  return `UPDATE ${quoteName(table.baseName)} SET ${sets.join(', ')} WHERE ${ownRow(table, merchant)}`;
}

/** `DELETE FROM base WHERE helios_row = ?1`. */
export function deleteText(table: Table, merchant: boolean): string {
  return `DELETE FROM ${quoteName(table.baseName)} WHERE ${ownRow(table, merchant)}`;
}

/** Reads the row that holds a unique key, through the user's own view of the table. */
export function findText(table: Table, key: readonly string[], merchant: boolean): string {
  const relation = merchant ? (table.guardName ?? table.baseName) : table.adminRelation;
  const columns = table.columns.map((column) => quoteName(column.name));
  const where = key.map((name, index) => `${quoteName(name)} = ?${index + 1}`);
  return (
    `SELECT ${[ROW_ID_COLUMN, ...columns].join(', ')} FROM ${quoteName(relation)} ` +
    `WHERE ${where.join(' AND ')}`
  );
}

/** `ON CONFLICT (…) DO NOTHING` for each of these keys, as they are stored. */
export function conflictText(table: Table, arbiters: readonly UniqueConstraint[]): string {
  return arbiters
    .map((unique) => {
      const key = storedKey(table, unique.columns).map(quoteName).join(', ');
      return ` ON CONFLICT (${key}) DO NOTHING`;
    })
    .join('');
}
