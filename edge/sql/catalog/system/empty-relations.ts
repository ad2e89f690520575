/**
 * Relations that drivers join and that have no rows here: there are no ranges, enums or inheritance.
 */
import { OID } from '../../../types/oids.ts';
import type { SystemRelationDefinition } from './system-relation.ts';

/** @see https://www.postgresql.org/docs/15/catalog-pg-range.html */
export const pgRange: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_range',
  oid: 3541,
  columns: [
    ['rngtypid', OID.oid],
    ['rngsubtype', OID.oid],
    ['rngmultitypid', OID.oid],
    ['rngcollation', OID.oid],
    ['rngsubopc', OID.oid],
  ],
  rows: () => [],
};

/** @see https://www.postgresql.org/docs/15/catalog-pg-enum.html */
export const pgEnum: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_enum',
  oid: 3501,
  columns: [
    ['oid', OID.oid],
    ['enumtypid', OID.oid],
    ['enumsortorder', OID.float4],
    ['enumlabel', OID.name],
  ],
  rows: () => [],
};

/** @see https://www.postgresql.org/docs/15/catalog-pg-inherits.html */
export const pgInherits: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_inherits',
  oid: 2611,
  columns: [
    ['inhrelid', OID.oid],
    ['inhparent', OID.oid],
    ['inhseqno', OID.int4],
    ['inhdetachpending', OID.bool],
  ],
  rows: () => [],
};
