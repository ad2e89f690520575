/** pg_type: the built-in types, and no others. @see https://www.postgresql.org/docs/15/catalog-pg-type.html */
import { OID } from '../../../types/oids.ts';
import { allTypes } from '../../../types/type-info.ts';
import { FIXED, flag, type SystemRelationDefinition } from './system-relation.ts';

const COLLATIONS: ReadonlyMap<number, number> = new Map([
  [OID.text, FIXED.defaultCollation],
  [OID.varchar, FIXED.defaultCollation],
  [OID.bpchar, FIXED.defaultCollation],
  [OID.name, FIXED.cCollation],
]);
const COMMA = ',';

export const pgType: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_type',
  oid: 1247,
  columns: [
    ['oid', OID.oid],
    ['typname', OID.name],
    ['typnamespace', OID.oid],
    ['typowner', OID.oid],
    ['typlen', OID.int2],
    ['typtype', OID.char],
    ['typcategory', OID.char],
    ['typispreferred', OID.bool],
    ['typisdefined', OID.bool],
    ['typdelim', OID.char],
    ['typrelid', OID.oid],
    ['typelem', OID.oid],
    ['typarray', OID.oid],
    ['typnotnull', OID.bool],
    ['typbasetype', OID.oid],
    ['typtypmod', OID.int4],
    ['typndims', OID.int4],
    ['typcollation', OID.oid],
    ['typdefault', OID.text],
  ],
  rows: () =>
    allTypes().map((type) => [
      BigInt(type.oid),
      type.name,
      BigInt(FIXED.pgCatalog),
      BigInt(FIXED.owner),
      BigInt(type.length),
      type.kind,
      type.category,
      flag(type.preferred),
      1n,
      COMMA,
      0n,
      BigInt(type.elementOid),
      BigInt(type.arrayOid),
      0n,
      0n,
      -1n,
      0n,
      BigInt(COLLATIONS.get(type.oid) ?? COLLATIONS.get(type.elementOid) ?? 0),
      null,
    ]),
};
