/**
 * Wall 1 of the isolation: what a reference to a table is printed as. A merchant reaches a tenant table
 * through its guard only; a table without the tenant column is refused unless it is exempt. The
 * administrator reads every row.
 */
import { EdgeError } from '../../errors.ts';
import type { Table } from '../catalog/model.ts';

export interface GuardedTable {
  /** SQLite name to read. */
  readonly printed: string;
  /** Column that the barrier compares with the session's merchant, or null where nothing is guarded. */
  readonly tenantColumn: string | null;
}

/** @throws EdgeError 42501 where a merchant has no business with the table */
export function guardedTable(table: Table, role: 'merchant' | 'admin'): GuardedTable {
  if (role === 'admin') return { printed: table.adminRelation, tenantColumn: null };
  if (table.guardName !== null && table.tenantColumn !== null) {
    return { printed: table.guardName, tenantColumn: table.tenantColumn };
  }
  if (table.guardName === null && table.exempt) {
    return { printed: table.adminRelation, tenantColumn: null };
  }
  throw new EdgeError('insufficient_privilege', `permission denied for table ${table.name}`);
}
