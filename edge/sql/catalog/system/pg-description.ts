/** pg_description: comments on tables and columns. @see https://www.postgresql.org/docs/15/catalog-pg-description.html */
import { OID } from '../../../types/oids.ts';
import { type SystemRelationDefinition, visibleTables } from './system-relation.ts';

const PG_CLASS = 1259n;

export const pgDescription: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_description',
  oid: 2609,
  columns: [
    ['objoid', OID.oid],
    ['classoid', OID.oid],
    ['objsubid', OID.int4],
    ['description', OID.text],
  ],
  rows: (context) =>
    visibleTables(context).flatMap((table) =>
      [...(table.comments ?? [])].map(([attnum, text]) => [
        BigInt(table.oid),
        PG_CLASS,
        BigInt(attnum),
        text,
      ]),
    ),
};
