/** pg_namespace: the three schemas. @see https://www.postgresql.org/docs/15/catalog-pg-namespace.html */
import { OID } from '../../../types/oids.ts';
import { FIXED, type SystemRelationDefinition } from './system-relation.ts';

export const pgNamespace: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_namespace',
  oid: 2615,
  columns: [
    ['oid', OID.oid],
    ['nspname', OID.name],
    ['nspowner', OID.oid],
    ['nspacl', OID._aclitem],
  ],
  rows: () => [
    [BigInt(FIXED.pgCatalog), 'pg_catalog', BigInt(FIXED.owner), null],
    [BigInt(FIXED.public), 'public', BigInt(FIXED.owner), null],
    [BigInt(FIXED.informationSchema), 'information_schema', BigInt(FIXED.owner), null],
  ],
};
