/**
 * pg_roles: who can log in. The administrator sees every merchant, a merchant only itself: names of the
 * others are not its business. @see https://www.postgresql.org/docs/15/view-pg-roles.html
 */
import { OID } from '../../../types/oids.ts';
import { quoteName } from '../layout.ts';
import { FIXED, type SystemContext, type SystemRelationDefinition } from './system-relation.ts';

function row(oid: string, name: string, isAdmin: 0 | 1): string {
  return (
    `${oid} AS oid, ${name} AS rolname, ${isAdmin} AS rolsuper, 1 AS rolinherit, ` +
    `${isAdmin} AS rolcreaterole, 0 AS rolcreatedb, 1 AS rolcanlogin, 0 AS rolreplication, ` +
    `-1 AS rolconnlimit, NULL AS rolvaliduntil, ${isAdmin} AS rolbypassrls`
  );
}

function rowsText(context: SystemContext): string {
  const admin = `SELECT ${row(String(FIXED.owner), "'admin'", 1)}`;
  const oid = (name: string): string => `helios_role_oid(${name})`;
  if (context.role === 'merchant') {
    return `${admin} UNION ALL SELECT ${row(oid('helios_user()'), 'helios_user()', 0)}`;
  }
  const merchants = context.catalog.tables.get('merchants');
  if (merchants?.builtin !== 'merchants') return admin;
  return `${admin} UNION ALL SELECT ${row(oid('id'), 'id', 0)} FROM ${quoteName(merchants.adminRelation)}`;
}

export const pgRoles: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_roles',
  oid: 12_001,
  columns: [
    ['oid', OID.oid],
    ['rolname', OID.name],
    ['rolsuper', OID.bool],
    ['rolinherit', OID.bool],
    ['rolcreaterole', OID.bool],
    ['rolcreatedb', OID.bool],
    ['rolcanlogin', OID.bool],
    ['rolreplication', OID.bool],
    ['rolconnlimit', OID.int4],
    ['rolvaliduntil', OID.timestamptz],
    ['rolbypassrls', OID.bool],
  ],
  rows: rowsText,
};
