/**
 * Whether the rows that are there already obey a constraint that is being added, with the errors that
 * PostgreSQL has for it.
 */
import { EdgeError } from '../../errors.ts';
import type { Definition } from './definition.ts';
import { type BoundForeignKey, keyIsSet, parentExists } from './foreign-key-triggers.ts';
import { quoteName, storedKey } from './layout.ts';
import type { CheckConstraint, Column, Table, UniqueConstraint } from './model.ts';

/** @throws EdgeError 23502 */
export function verifyNotNull(definition: Definition, table: Table, column: Column): void {
  const found = definition.rows(
    `SELECT 1 FROM ${quoteName(table.baseName)} WHERE ${quoteName(column.name)} IS NULL LIMIT 1`,
  );
  if (found.length === 0) return;
  throw new EdgeError(
    'not_null_violation',
    `column "${column.name}" of relation "${table.name}" contains null values`,
    { schema: 'public', table: table.name, column: column.name },
  );
}

/** @throws EdgeError 23505 */
export function verifyUnique(
  definition: Definition,
  table: Table,
  unique: Pick<UniqueConstraint, 'name' | 'columns'>,
): void {
  const keys = storedKey(table, unique.columns).map(quoteName);
  const set = keys.map((key) => `${key} IS NOT NULL`).join(' AND ');
  const found = definition.rows(
    `SELECT 1 FROM ${quoteName(table.baseName)} WHERE ${set} ` +
      `GROUP BY ${keys.join(', ')} HAVING count(*) > 1 LIMIT 1`,
  );
  if (found.length === 0) return;
  throw new EdgeError('unique_violation', `could not create unique index "${unique.name}"`, {
    schema: 'public',
    table: table.name,
    constraint: unique.name,
  });
}

/** @returns the check's SQLite text. @throws EdgeError 23514 */
export function verifyCheck(definition: Definition, table: Table, check: CheckConstraint): string {
  const text = definition.options.expressions.printCheck(check, table, definition.catalog);
  const found = definition.rows(
    `SELECT 1 FROM ${quoteName(table.baseName)} WHERE NOT (${text}) LIMIT 1`,
  );
  if (found.length === 0) return text;
  throw new EdgeError(
    'check_violation',
    `check constraint "${check.name}" of relation "${table.name}" is violated by some row`,
    { schema: 'public', table: table.name, constraint: check.name },
  );
}

/** @throws EdgeError 23503 */
export function verifyForeignKey(definition: Definition, bound: BoundForeignKey): void {
  const { key, child } = bound;
  const found = definition.rows(
    `SELECT 1 FROM ${quoteName(child.baseName)} AS c WHERE ${keyIsSet(bound, 'c')} ` +
      `AND NOT ${parentExists(bound, 'c')} LIMIT 1`,
  );
  if (found.length === 0) return;
  throw new EdgeError(
    'foreign_key_violation',
    `insert or update on table "${child.name}" violates foreign key constraint "${key.name}"`,
    { schema: 'public', table: child.name, constraint: key.name },
  );
}
