/**
 * Wall 3: triggers that abort any row written or removed for another merchant, whoever printed the
 * statement. They stand on the base table and do not trust the two walls before them.
 *
 * They hold for REPLACE as well: it removes a row without a delete trigger unless `recursive_triggers` is
 * on, so the insert trigger looks at the row whose identity it would take. (All other unique keys of a
 * tenant table start with the merchant, so REPLACE reaches no other merchant through them.)
 */
import { quoteName, quoteText } from './layout.ts';
import { ROW_ID_COLUMN, type Table } from './model.ts';
import { errorFailure, tenantFailure } from './trigger-failure.ts';

function trigger(
  table: Table,
  label: string,
  event: string,
  when: string,
  failure: string,
): string {
  return (
    `CREATE TRIGGER ${quoteName(`w$${table.oid}_${label}`)} BEFORE ${event} ` +
    `ON ${quoteName(table.baseName)} BEGIN ` +
    `SELECT RAISE(ABORT, ${quoteText(failure)}) WHERE ${when}; END`
  );
}

/** A row of the merchant's own: text, and the session may write it. */
function foreign(row: 'NEW' | 'OLD', tenantColumn: string): string {
  const value = `${row}.${quoteName(tenantColumn)}`;
  return `typeof(${value}) <> 'text' OR NOT helios_may_write(${value})`;
}

/** The triggers of wall 3; empty for a table without a merchant column, which no merchant may write. */
export function wallTriggers(table: Table): readonly string[] {
  if (table.builtin === 'merchants') return merchantsTriggers(table);
  const tenant = table.tenantColumn;
  if (tenant === null) return [];
  const failure = tenantFailure(table.oid);
  const taken =
    `EXISTS (SELECT 1 FROM ${quoteName(table.baseName)} AS o WHERE o.${ROW_ID_COLUMN} = NEW.${ROW_ID_COLUMN} ` +
    `AND NOT helios_may_write(o.${quoteName(tenant)}))`;
  const moved = `NEW.${ROW_ID_COLUMN} IS NOT OLD.${ROW_ID_COLUMN}`;
  return [
    trigger(table, 'insert', 'INSERT', `${foreign('NEW', tenant)} OR ${taken}`, failure),
    trigger(
      table,
      'update',
      'UPDATE',
      `${foreign('OLD', tenant)} OR ${foreign('NEW', tenant)} OR ${moved}`,
      failure,
    ),
    trigger(table, 'delete', 'DELETE', foreign('OLD', tenant), failure),
  ];
}

/** `merchants` is written by the administrator and the box; a merchant only sees its own row. */
function merchantsTriggers(table: Table): readonly string[] {
  const closed = 'NOT helios_may_write(NULL)';
  const failure = errorFailure('insufficient_privilege', 'permission denied for table merchants');
  const renamed = errorFailure(
    'feature_not_supported',
    "changing a merchant's id is not supported",
  );
  return [
    trigger(table, 'insert', 'INSERT', closed, failure),
    trigger(table, 'update', 'UPDATE', closed, failure),
    trigger(table, 'delete', 'DELETE', closed, failure),
    trigger(table, 'renamed', 'UPDATE OF id', 'NEW.id IS NOT OLD.id', renamed),
  ];
}
