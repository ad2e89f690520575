/** Relations whose rows are the same on every box: access methods and collations. */
import { OID } from '../../../types/oids.ts';
import { FIXED, type SystemRelationDefinition } from './system-relation.ts';

const UTF8_ONLY = -1n;

/** @see https://www.postgresql.org/docs/15/catalog-pg-am.html */
export const pgAm: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_am',
  oid: 2601,
  columns: [
    ['oid', OID.oid],
    ['amname', OID.name],
    ['amtype', OID.char],
  ],
  rows: () => [
    [BigInt(FIXED.heap), 'heap', 't'],
    [BigInt(FIXED.btree), 'btree', 'i'],
  ],
};

/** @see https://www.postgresql.org/docs/15/catalog-pg-collation.html */
export const pgCollation: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_collation',
  oid: 3456,
  columns: [
    ['oid', OID.oid],
    ['collname', OID.name],
    ['collnamespace', OID.oid],
    ['collowner', OID.oid],
    ['collprovider', OID.char],
    ['collisdeterministic', OID.bool],
    ['collencoding', OID.int4],
    ['collcollate', OID.text],
    ['collctype', OID.text],
  ],
  rows: () => {
    const row = (oid: number, name: string, provider: string, locale: string | null) => [
      BigInt(oid),
      name,
      BigInt(FIXED.pgCatalog),
      BigInt(FIXED.owner),
      provider,
      1n,
      UTF8_ONLY,
      locale,
      locale,
    ];
    return [
      row(FIXED.defaultCollation, 'default', 'd', null),
      row(FIXED.cCollation, 'C', 'c', 'C'),
    ];
  },
};
