/**
 * pg_class: tables, their indexes and sequences. Row estimates are -1 ("never vacuumed"): a true count would tell one
 * merchant how much the others have. @see https://www.postgresql.org/docs/15/catalog-pg-class.html
 */
import { OID } from '../../../types/oids.ts';
import type { SqlValue } from '../../../types/storage.ts';
import type { Table } from '../model.ts';
import { sequenceOf } from '../table-sequence.ts';
import { indexesOf } from './index-keys.ts';
import { FIXED, flag, type SystemRelationDefinition, visibleTables } from './system-relation.ts';

interface ClassRow {
  readonly oid: number;
  readonly name: string;
  readonly kind: 'r' | 'i' | 'S';
  readonly columns: number;
  readonly checks: number;
  readonly hasIndex: boolean;
  readonly rowSecurity: boolean;
}

const ACCESS_METHODS = { r: FIXED.heap, i: FIXED.btree, S: 0 } as const;
/** last_value, log_cnt, is_called. */
const SEQUENCE_COLUMNS = 3;

function toRow(row: ClassRow): readonly SqlValue[] {
  const table = row.kind === 'r';
  return [
    BigInt(row.oid),
    row.name,
    BigInt(FIXED.public),
    // No type stands for the rows of a table.
    0n,
    0n,
    BigInt(FIXED.owner),
    BigInt(ACCESS_METHODS[row.kind]),
    0n,
    0n,
    -1,
    0n,
    flag(row.hasIndex),
    0n,
    'p',
    row.kind,
    BigInt(row.columns),
    BigInt(row.checks),
    0n,
    0n,
    0n,
    flag(row.rowSecurity),
    flag(row.rowSecurity),
    1n,
    table ? 'd' : 'n',
    0n,
    null,
    null,
    null,
  ];
}

function rowsOf(table: Table): readonly (readonly SqlValue[])[] {
  const indexes = indexesOf(table);
  const sequence = sequenceOf(table);
  return [
    toRow({
      oid: table.oid,
      name: table.name,
      kind: 'r',
      // PostgreSQL counts dropped columns too.
      columns: table.nextAttnum - 1,
      checks: table.checks.length,
      hasIndex: indexes.length > 0,
      rowSecurity: table.tenantColumn !== null,
    }),
    ...indexes.map((index) =>
      toRow({
        oid: index.oid,
        name: index.name,
        kind: 'i',
        columns: index.keys.length,
        checks: 0,
        hasIndex: false,
        rowSecurity: false,
      }),
    ),
    ...(sequence === null
      ? []
      : [
          toRow({
            oid: sequence.oid,
            name: sequence.name,
            kind: 'S',
            columns: SEQUENCE_COLUMNS,
            checks: 0,
            hasIndex: false,
            rowSecurity: false,
          }),
        ]),
  ];
}

export const pgClass: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_class',
  oid: 1259,
  columns: [
    ['oid', OID.oid],
    ['relname', OID.name],
    ['relnamespace', OID.oid],
    ['reltype', OID.oid],
    ['reloftype', OID.oid],
    ['relowner', OID.oid],
    ['relam', OID.oid],
    ['reltablespace', OID.oid],
    ['relpages', OID.int4],
    ['reltuples', OID.float4],
    ['reltoastrelid', OID.oid],
    ['relhasindex', OID.bool],
    ['relisshared', OID.bool],
    ['relpersistence', OID.char],
    ['relkind', OID.char],
    ['relnatts', OID.int2],
    ['relchecks', OID.int2],
    ['relhasrules', OID.bool],
    ['relhastriggers', OID.bool],
    ['relhassubclass', OID.bool],
    ['relrowsecurity', OID.bool],
    ['relforcerowsecurity', OID.bool],
    ['relispopulated', OID.bool],
    ['relreplident', OID.char],
    ['relispartition', OID.bool],
    ['relacl', OID._aclitem],
    ['reloptions', OID._text],
    ['relpartbound', OID.pg_node_tree],
  ],
  rows: (context) => visibleTables(context).flatMap(rowsOf),
};
