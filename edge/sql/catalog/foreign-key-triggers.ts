/**
 * Foreign keys as triggers. SQLite's own would null the merchant column on SET NULL, and could not be
 * composite with a merchant that the user never wrote; these are: between two tenant tables a key always
 * holds within one merchant.
 *
 * They check row by row, at once. PostgreSQL checks NO ACTION at the end of the statement: a statement that
 * removes a row before the row that references it, in the same table, is refused here and not there.
 */

import { quoteName, quoteText } from './layout.ts';
import { type ForeignKey, type ReferentialAction, ROW_ID_COLUMN, type Table } from './model.ts';
import { foreignKeyFailure } from './trigger-failure.ts';

/** A foreign key with both of its tables at hand. */
export interface BoundForeignKey {
  readonly key: ForeignKey;
  readonly child: Table;
  readonly parent: Table;
}

/** SQLite text that fills a column with its DEFAULT; `NULL` where there is none. */
export type DefaultPrinter = (table: Table, columnName: string) => string;

interface Pair {
  readonly child: string;
  readonly parent: string;
}

/** Column pairs that must be equal: the user's, and the merchants' where both tables have one. */
export function keyPairs(bound: BoundForeignKey): readonly Pair[] {
  const { key, child, parent } = bound;
  const pairs = key.columns.map((name, index) => ({
    child: name,
    parent: key.referencedColumns[index] ?? name,
  }));
  if (child.tenantColumn === null || parent.tenantColumn === null) return pairs;
  const tenants = { child: child.tenantColumn, parent: parent.tenantColumn };
  const present = pairs.some(
    (pair) => pair.child === tenants.child && pair.parent === tenants.parent,
  );
  return present ? pairs : [tenants, ...pairs];
}

function literals(row: 'NEW' | 'OLD', columns: readonly string[]): string {
  return `json_array(${columns.map((name) => `quote(${row}.${quoteName(name)})`).join(', ')})`;
}

function raise(side: 'child' | 'parent', bound: BoundForeignKey): string {
  const { key } = bound;
  const values =
    side === 'child' ? literals('NEW', key.columns) : literals('OLD', key.referencedColumns);
  return `RAISE(ABORT, ${quoteText(foreignKeyFailure(side, key.oid))} || ${values})`;
}

/** Condition that a parent row exists for these child values (`NEW` or a table alias). */
export function parentExists(bound: BoundForeignKey, childRow: string): string {
  const equal = keyPairs(bound).map(
    (pair) => `p.${quoteName(pair.parent)} = ${childRow}.${quoteName(pair.child)}`,
  );
  return `EXISTS (SELECT 1 FROM ${quoteName(bound.parent.baseName)} AS p WHERE ${equal.join(' AND ')})`;
}

/** MATCH SIMPLE: a key with a NULL in it references nothing. */
export function keyIsSet(bound: BoundForeignKey, childRow: string): string {
  return bound.key.columns
    .map((name) => `${childRow}.${quoteName(name)} IS NOT NULL`)
    .join(' AND ');
}

/** The two that stand on the child. */
export function childTriggers(bound: BoundForeignKey): readonly string[] {
  const { key, child } = bound;
  const columns = [...new Set(keyPairs(bound).map((pair) => pair.child))].map(quoteName);
  const body = `SELECT ${raise('child', bound)} WHERE NOT ${parentExists(bound, 'NEW')}`;
  const base = quoteName(child.baseName);
  const when = keyIsSet(bound, 'NEW');
  return [
    `CREATE TRIGGER ${quoteName(`f$${key.oid}_insert`)} AFTER INSERT ON ${base} ` +
      `WHEN ${when} BEGIN ${body}; END`,
    `CREATE TRIGGER ${quoteName(`f$${key.oid}_update`)} AFTER UPDATE OF ${columns.join(', ')} ON ${base} ` +
      `WHEN ${when} BEGIN ${body}; END`,
  ];
}

/** The child rows of the parent row that goes or changes. */
function referencing(bound: BoundForeignKey): string {
  return keyPairs(bound)
    .map((pair) => `${quoteName(pair.child)} = OLD.${quoteName(pair.parent)}`)
    .join(' AND ');
}

function actionText(
  bound: BoundForeignKey,
  action: ReferentialAction,
  event: 'update' | 'delete',
  printDefault: DefaultPrinter,
): string {
  const { key, child } = bound;
  const base = quoteName(child.baseName);
  const where = referencing(bound);
  const set = (value: (name: string, index: number) => string): string =>
    `UPDATE ${base} SET ` +
    key.columns.map((name, index) => `${quoteName(name)} = ${value(name, index)}`).join(', ') +
    ` WHERE ${where}`;
  switch (action) {
    case 'no action':
    case 'restrict':
      return `SELECT ${raise('parent', bound)} WHERE EXISTS (SELECT ${ROW_ID_COLUMN} FROM ${base} WHERE ${where})`;
    case 'cascade':
      if (event === 'delete') return `DELETE FROM ${base} WHERE ${where}`;
      return set((_name, index) => `NEW.${quoteName(key.referencedColumns[index] ?? '')}`);
    case 'set null':
      return set(() => 'NULL');
    case 'set default':
      return set((name) => printDefault(child, name));
  }
}

/** The two that stand on the parent. */
export function parentTriggers(
  bound: BoundForeignKey,
  printDefault: DefaultPrinter,
): readonly string[] {
  const { key, parent } = bound;
  const base = quoteName(parent.baseName);
  const columns = [...new Set(keyPairs(bound).map((pair) => pair.parent))].map(quoteName);
  const changed = columns.map((name) => `NEW.${name} IS NOT OLD.${name}`).join(' OR ');
  return [
    `CREATE TRIGGER ${quoteName(`f$${key.oid}_parent_delete`)} AFTER DELETE ON ${base} ` +
      `BEGIN ${actionText(bound, key.onDelete, 'delete', printDefault)}; END`,
    `CREATE TRIGGER ${quoteName(`f$${key.oid}_parent_update`)} AFTER UPDATE OF ${columns.join(', ')} ON ${base} ` +
      `WHEN ${changed} BEGIN ${actionText(bound, key.onUpdate, 'update', printDefault)}; END`,
  ];
}

/** All triggers of one foreign key: two on the child, two on the parent. */
export function foreignKeyTriggers(
  bound: BoundForeignKey,
  printDefault: DefaultPrinter,
): readonly string[] {
  return [...childTriggers(bound), ...parentTriggers(bound, printDefault)];
}
