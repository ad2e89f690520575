/** pg_attrdef: DEFAULT expressions, as text. @see https://www.postgresql.org/docs/15/catalog-pg-attrdef.html */
import { OID } from '../../../types/oids.ts';
import { shownDefault } from './information-schema.ts';
import { type SystemRelationDefinition, visibleTables } from './system-relation.ts';

export const pgAttrdef: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_attrdef',
  oid: 2604,
  columns: [
    ['adrelid', OID.oid],
    ['adnum', OID.int2],
    ['adbin', OID.pg_node_tree],
  ],
  rows: (context) =>
    visibleTables(context).flatMap((table) =>
      table.columns.flatMap((column) => {
        const text = shownDefault(table, column);
        return text === null ? [] : [[BigInt(table.oid), BigInt(column.attnum), text]];
      }),
    ),
};
