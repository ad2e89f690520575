/** pg_tables, PostgreSQL's view of tables. @see https://www.postgresql.org/docs/15/view-pg-tables.html */
import { OID } from '../../../types/oids.ts';
import { indexesOf } from './pg-class.ts';
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
