/** pg_database: the one database. @see https://www.postgresql.org/docs/15/catalog-pg-database.html */
import { OID } from '../../../types/oids.ts';
import { DATABASE_NAME, FIXED, type SystemRelationDefinition } from './system-relation.ts';

const UTF8 = 6n;

export const pgDatabase: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_database',
  oid: 1262,
  columns: [
    ['oid', OID.oid],
    ['datname', OID.name],
    ['datdba', OID.oid],
    ['encoding', OID.int4],
    ['datistemplate', OID.bool],
    ['datallowconn', OID.bool],
    ['datconnlimit', OID.int4],
    ['datcollate', OID.text],
    ['datctype', OID.text],
    ['datlocprovider', OID.char],
    ['daticulocale', OID.text],
    ['datacl', OID._aclitem],
  ],
  rows: () => [
    [
      BigInt(FIXED.database),
      DATABASE_NAME,
      BigInt(FIXED.owner),
      UTF8,
      0n,
      1n,
      -1n,
      'C.UTF-8',
      'C.UTF-8',
      'c',
      null,
      null,
    ],
  ],
};
