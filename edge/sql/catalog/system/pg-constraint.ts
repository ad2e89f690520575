/** pg_constraint: keys, checks and foreign keys. @see https://www.postgresql.org/docs/15/catalog-pg-constraint.html */
import { OID } from '../../../types/oids.ts';
import type { SqlValue } from '../../../types/storage.ts';
import type { ForeignKey, ReferentialAction, Table } from '../model.ts';
import {
  attnumOf,
  FIXED,
  flag,
  integers,
  type SystemContext,
  type SystemRelationDefinition,
  visibleTables,
} from './system-relation.ts';

const ACTION_CODES: Readonly<Record<ReferentialAction, string>> = {
  'no action': 'a',
  restrict: 'r',
  cascade: 'c',
  'set null': 'n',
  'set default': 'd',
};

interface ConstraintRow {
  readonly oid: number;
  readonly name: string;
  readonly type: 'p' | 'u' | 'c' | 'f';
  readonly indexOid: number;
  readonly columns: readonly string[];
  readonly foreign: { readonly key: ForeignKey; readonly parent: Table } | null;
}

function toRow(table: Table, row: ConstraintRow): readonly SqlValue[] {
  const { foreign } = row;
  const keys = row.columns.map((name) => attnumOf(table, name));
  return [
    BigInt(row.oid),
    row.name,
    BigInt(FIXED.public),
    row.type,
    0n,
    0n,
    1n,
    BigInt(table.oid),
    0n,
    BigInt(row.indexOid),
    0n,
    BigInt(foreign?.parent.oid ?? 0),
    foreign === null ? ' ' : ACTION_CODES[foreign.key.onUpdate],
    foreign === null ? ' ' : ACTION_CODES[foreign.key.onDelete],
    foreign === null ? ' ' : 's',
    1n,
    0n,
    flag(row.type !== 'c'),
    keys.length === 0 ? null : integers(keys),
    foreign === null
      ? null
      : integers(foreign.key.referencedColumns.map((name) => attnumOf(foreign.parent, name))),
  ];
}

function rowsOf(context: SystemContext, table: Table): readonly (readonly SqlValue[])[] {
  const rows: ConstraintRow[] = [];
  for (const unique of table.uniques) {
    if (!unique.isConstraint) continue;
    const type = unique.kind === 'primary' ? 'p' : 'u';
    const { oid, name, columns } = unique;
    rows.push({ oid, name, type, indexOid: oid, columns, foreign: null });
  }
  for (const { oid, name, columns } of table.checks) {
    rows.push({ oid, name, type: 'c', indexOid: 0, columns, foreign: null });
  }
  for (const key of table.foreignKeys) {
    const parent = context.catalog.tables.get(key.referencedTable);
    if (parent === undefined) continue;
    const { oid, name, columns } = key;
    rows.push({ oid, name, type: 'f', indexOid: 0, columns, foreign: { key, parent } });
  }
  return rows.map((row) => toRow(table, row));
}

export const pgConstraint: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_constraint',
  oid: 2606,
  columns: [
    ['oid', OID.oid],
    ['conname', OID.name],
    ['connamespace', OID.oid],
    ['contype', OID.char],
    ['condeferrable', OID.bool],
    ['condeferred', OID.bool],
    ['convalidated', OID.bool],
    ['conrelid', OID.oid],
    ['contypid', OID.oid],
    ['conindid', OID.oid],
    ['conparentid', OID.oid],
    ['confrelid', OID.oid],
    ['confupdtype', OID.char],
    ['confdeltype', OID.char],
    ['confmatchtype', OID.char],
    ['conislocal', OID.bool],
    ['coninhcount', OID.int4],
    ['connoinherit', OID.bool],
    ['conkey', OID._int2],
    ['confkey', OID._int2],
  ],
  rows: (context) => visibleTables(context).flatMap((table) => rowsOf(context, table)),
};
