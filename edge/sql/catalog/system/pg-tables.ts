/**
 * pg_tables and pg_indexes, PostgreSQL's views of tables and indexes.
 * @see https://www.postgresql.org/docs/15/view-pg-tables.html
 */
import { OID } from '../../../types/oids.ts';
import { indexTexts } from './definition-texts.ts';
import { indexesOf } from './index-keys.ts';
import { flag, type SystemRelationDefinition, visibleTables } from './system-relation.ts';

export const pgTables: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_tables',
  oid: 12_183,
  columns: [
    ['schemaname', OID.name],
    ['tablename', OID.name],
    ['tableowner', OID.name],
    ['tablespace', OID.name],
    ['hasindexes', OID.bool],
    ['hasrules', OID.bool],
    ['hastriggers', OID.bool],
    ['rowsecurity', OID.bool],
  ],
  rows: (context) =>
    visibleTables(context).map((table) => [
      'public',
      table.name,
      'admin',
      null,
      flag(indexesOf(table).length > 0),
      0n,
      0n,
      flag(table.tenantColumn !== null),
    ]),
};

export const pgIndexes: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_indexes',
  oid: 12_191,
  columns: [
    ['schemaname', OID.name],
    ['tablename', OID.name],
    ['indexname', OID.name],
    ['tablespace', OID.name],
    ['indexdef', OID.text],
  ],
  rows: (context) =>
    visibleTables(context).flatMap((table) => {
      const texts = new Map(indexTexts(table).map(({ oid, full }) => [oid, full]));
      return indexesOf(table).map(({ oid, name }) => [
        'public',
        table.name,
        name,
        null,
        texts.get(oid) ?? null,
      ]);
    }),
};
