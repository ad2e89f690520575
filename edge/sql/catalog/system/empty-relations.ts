/**
 * Relations that drivers and tools join and that have no rows here: there are no ranges, enums, inheritance,
 * triggers, publications, extensions or policies of the user's own. Their columns are those that are asked for.
 *
 * @see https://www.postgresql.org/docs/15/catalogs.html
 */
import { OID } from '../../../types/oids.ts';
import type { SystemRelationDefinition } from './system-relation.ts';

function empty(
  name: string,
  oid: number,
  columns: SystemRelationDefinition['columns'],
): SystemRelationDefinition {
  return { schema: 'pg_catalog', name, oid, columns, rows: () => [] };
}

export const EMPTY_RELATIONS: readonly SystemRelationDefinition[] = [
  empty('pg_range', 3541, [
    ['rngtypid', OID.oid],
    ['rngsubtype', OID.oid],
    ['rngmultitypid', OID.oid],
    ['rngcollation', OID.oid],
    ['rngsubopc', OID.oid],
  ]),
  empty('pg_enum', 3501, [
    ['oid', OID.oid],
    ['enumtypid', OID.oid],
    ['enumsortorder', OID.float4],
    ['enumlabel', OID.name],
  ]),
  empty('pg_inherits', 2611, [
    ['inhrelid', OID.oid],
    ['inhparent', OID.oid],
    ['inhseqno', OID.int4],
    ['inhdetachpending', OID.bool],
  ]),
  empty('pg_auth_members', 1261, [
    ['roleid', OID.oid],
    ['member', OID.oid],
    ['grantor', OID.oid],
    ['admin_option', OID.bool],
  ]),
  empty('pg_policy', 3256, [
    ['oid', OID.oid],
    ['polname', OID.name],
    ['polrelid', OID.oid],
    ['polcmd', OID.char],
    ['polpermissive', OID.bool],
    ['polroles', OID._oid],
    ['polqual', OID.pg_node_tree],
    ['polwithcheck', OID.pg_node_tree],
  ]),
  empty('pg_statistic_ext', 3381, [
    ['oid', OID.oid],
    ['stxrelid', OID.oid],
    ['stxname', OID.name],
    ['stxnamespace', OID.oid],
    ['stxowner', OID.oid],
    ['stxstattarget', OID.int4],
    ['stxkind', OID._char],
  ]),
  empty('pg_publication', 6104, [
    ['oid', OID.oid],
    ['pubname', OID.name],
    ['pubowner', OID.oid],
    ['puballtables', OID.bool],
  ]),
  empty('pg_publication_rel', 6106, [
    ['oid', OID.oid],
    ['prpubid', OID.oid],
    ['prrelid', OID.oid],
    ['prqual', OID.pg_node_tree],
    ['prattrs', OID.int2vector],
  ]),
  empty('pg_publication_namespace', 6237, [
    ['oid', OID.oid],
    ['pnpubid', OID.oid],
    ['pnnspid', OID.oid],
  ]),
  empty('pg_trigger', 2620, [
    ['oid', OID.oid],
    ['tgrelid', OID.oid],
    ['tgparentid', OID.oid],
    ['tgname', OID.name],
    ['tgenabled', OID.char],
    ['tgisinternal', OID.bool],
  ]),
  empty('pg_extension', 3079, [
    ['oid', OID.oid],
    ['extname', OID.name],
    ['extowner', OID.oid],
    ['extnamespace', OID.oid],
    ['extversion', OID.text],
  ]),
];
