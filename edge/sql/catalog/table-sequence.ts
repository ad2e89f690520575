/**
 * The sequence behind a table's identity column, as the user names it. It has no row of its own in the
 * catalog: its name comes from the column, its OID from the table's.
 */
import { sequenceName } from './definition.ts';
import type { Table } from './model.ts';

/** OIDs of tables are counted up from 16384 and never come near. */
const SEQUENCE_OID_MIN = 2 ** 31;

export interface TableSequence {
  readonly oid: number;
  readonly name: string;
  readonly column: string;
}

/** Null for a table without an identity column. */
export function sequenceOf(table: Table): TableSequence | null {
  const column = table.columns.find((one) => one.identity !== null);
  if (column === undefined) return null;
  return {
    oid: SEQUENCE_OID_MIN + table.oid,
    name: sequenceName(table.name, column.name),
    column: column.name,
  };
}

/** OID of the table that this sequence counts for, or null where the OID is no sequence's. */
export function tableOfSequence(oid: number): number | null {
  return oid < SEQUENCE_OID_MIN ? null : oid - SEQUENCE_OID_MIN;
}
