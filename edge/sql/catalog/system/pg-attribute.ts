/**
 * pg_attribute: the columns of tables. Dropped columns leave no row.
 * @see https://www.postgresql.org/docs/15/catalog-pg-attribute.html
 */
import { OID } from '../../../types/oids.ts';
import type { SqlValue } from '../../../types/storage.ts';
import { typeByOid } from '../../../types/type-info.ts';
import type { Column, Table } from '../model.ts';
import { FIXED, flag, type SystemRelationDefinition, visibleTables } from './system-relation.ts';

const COLLATABLE: ReadonlySet<number> = new Set([OID.text, OID.varchar, OID.bpchar]);

function identityCode(column: Column): string {
  if (column.identity === null || column.serial === true) return '';
  return column.identity === 'always' ? 'a' : 'd';
}

/** PostgreSQL's default for the type. */
function storageCode(column: Column): string {
  if (typeByOid(column.type.oid)?.length !== -1) return 'p';
  return column.type.oid === OID.numeric ? 'm' : 'x';
}

function rowOf(table: Table, column: Column): readonly SqlValue[] {
  return [
    BigInt(table.oid),
    column.name,
    BigInt(column.type.oid),
    -1n,
    BigInt(typeByOid(column.type.oid)?.length ?? -1),
    BigInt(column.attnum),
    0n,
    BigInt(column.type.typmod),
    flag(column.notNull),
    flag(column.defaultText !== null || column.serial === true),
    identityCode(column),
    '',
    0n,
    1n,
    0n,
    BigInt(COLLATABLE.has(column.type.oid) ? FIXED.defaultCollation : 0),
    storageCode(column),
    '',
    null,
  ];
}

export const pgAttribute: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_attribute',
  oid: 1249,
  columns: [
    ['attrelid', OID.oid],
    ['attname', OID.name],
    ['atttypid', OID.oid],
    ['attstattarget', OID.int4],
    ['attlen', OID.int2],
    ['attnum', OID.int2],
    ['attndims', OID.int4],
    ['atttypmod', OID.int4],
    ['attnotnull', OID.bool],
    ['atthasdef', OID.bool],
    ['attidentity', OID.char],
    ['attgenerated', OID.char],
    ['attisdropped', OID.bool],
    ['attislocal', OID.bool],
    ['attinhcount', OID.int4],
    ['attcollation', OID.oid],
    ['attstorage', OID.char],
    ['attcompression', OID.char],
    ['attacl', OID._aclitem],
  ],
  rows: (context) =>
    visibleTables(context).flatMap((table) => table.columns.map((column) => rowOf(table, column))),
};
