/** pg_index: what each index of pg_class is over. @see https://www.postgresql.org/docs/15/catalog-pg-index.html */
import { OID } from '../../../types/oids.ts';
import type { SqlValue } from '../../../types/storage.ts';
import type { Table } from '../model.ts';
import { type IndexKey, indexesOf } from './index-keys.ts';
import {
  attnumOf,
  flag,
  integers,
  type SystemRelationDefinition,
  visibleTables,
} from './system-relation.ts';

const DESCENDING = 1;
const NULLS_FIRST = 2;

function optionOf(key: IndexKey): number {
  return (key.descending ? DESCENDING : 0) + (key.nullsFirst ? NULLS_FIRST : 0);
}

function rowsOf(table: Table): readonly (readonly SqlValue[])[] {
  return indexesOf(table).map((index) => [
    BigInt(index.oid),
    BigInt(table.oid),
    BigInt(index.keys.length),
    BigInt(index.keys.length),
    flag(index.unique),
    0n,
    flag(index.constraint === 'primary'),
    0n,
    1n,
    0n,
    1n,
    0n,
    1n,
    1n,
    0n,
    integers(index.keys.map((key) => attnumOf(table, key.name))),
    integers(index.keys.map(optionOf)),
    null,
    null,
  ]);
}

export const pgIndex: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_index',
  oid: 2610,
  columns: [
    ['indexrelid', OID.oid],
    ['indrelid', OID.oid],
    ['indnatts', OID.int2],
    ['indnkeyatts', OID.int2],
    ['indisunique', OID.bool],
    ['indnullsnotdistinct', OID.bool],
    ['indisprimary', OID.bool],
    ['indisexclusion', OID.bool],
    ['indimmediate', OID.bool],
    ['indisclustered', OID.bool],
    ['indisvalid', OID.bool],
    ['indcheckxmin', OID.bool],
    ['indisready', OID.bool],
    ['indislive', OID.bool],
    ['indisreplident', OID.bool],
    ['indkey', OID.int2vector],
    ['indoption', OID.int2vector],
    ['indexprs', OID.pg_node_tree],
    ['indpred', OID.pg_node_tree],
  ],
  rows: (context) => visibleTables(context).flatMap(rowsOf),
};
