/**
 * The tables that the analyser's tests know, as a catalog and as PostgreSQL's own DDL.
 */
import type { Catalog, Column, Table } from '../../../edge/sql/catalog/model.ts';
import { OID } from '../../../edge/types/oids.ts';
import {
  encodeLengthTypmod,
  encodeNumericTypmod,
  storageForm,
} from '../../../edge/types/type-info.ts';

type ColumnSpec = readonly [name: string, oid: number, typmod?: number, notNull?: boolean];

function column([name, oid, typmod = -1, notNull = false]: ColumnSpec, index: number): Column {
  return {
    name,
    attnum: index + 1,
    type: { oid, typmod },
    form: storageForm({ oid, typmod }),
    notNull,
    defaultText: null,
    identity: null,
    computed: null,
  };
}

function table(
  oid: number,
  name: string,
  specs: readonly ColumnSpec[],
  tenant: string | null,
  exempt = false,
): Table {
  const key = tenant === null ? [] : ['id'];
  return {
    oid,
    name,
    baseName: name,
    guardName: tenant === null ? null : `${name}$guard`,
    adminRelation: name,
    tenantColumn: tenant,
    exempt,
    builtin: null,
    columns: specs.map(column),
    uniques:
      key.length === 0
        ? []
        : [
            {
              kind: 'primary',
              name: `${name}_pkey`,
              columns: key,
              isConstraint: true,
              oid: oid + 1,
            },
          ],
    checks: [],
    foreignKeys: [],
    indexes: [],
    sync: 'none',
    nextAttnum: specs.length + 1,
  };
}

const MONEY = encodeNumericTypmod(10, 2);

const TABLES: readonly Table[] = [
  table(
    16400,
    'sales',
    [
      ['id', OID.int8, -1, true],
      ['merchant_id', OID.text, -1, true],
      ['amount', OID.numeric, MONEY],
      ['note', OID.text],
      ['at', OID.timestamptz],
      ['qty', OID.int4],
      ['rate', OID.numeric],
      ['uid', OID.uuid],
      ['meta', OID.jsonb],
      ['day', OID.date],
      ['ok', OID.bool],
      ['ratio', OID.float8],
      ['code', OID.varchar, encodeLengthTypmod(10)],
      ['local', OID.timestamp],
      ['raw', OID.bytea],
      ['doc', OID.json],
      ['small', OID.int2],
    ],
    'merchant_id',
  ),
  table(
    16500,
    'products',
    [
      ['id', OID.int8, -1, true],
      ['merchant_id', OID.text, -1, true],
      ['name', OID.text],
      ['price', OID.numeric, MONEY],
      ['tags', OID.text],
    ],
    'merchant_id',
  ),
  table(
    16600,
    'rates',
    [
      ['id', OID.int4],
      ['v', OID.float8],
    ],
    null,
    true,
  ),
  table(16700, 'secret', [['id', OID.int4]], null),
];

/** Tenant tables sales and products, exempt rates, and secret, which merchants may not see. */
export const CATALOG: Catalog = {
  version: 1,
  tables: new Map(TABLES.map((one) => [one.name, one])),
};

/** The same for PostgreSQL. */
export const POSTGRES_DDL = `
  create table sales(id bigint not null primary key, merchant_id text not null, amount numeric(10,2),
    note text, at timestamptz, qty integer, rate numeric, uid uuid, meta jsonb, day date, ok boolean,
    ratio float8, code varchar(10), local timestamp, raw bytea, doc json, small smallint);
  create table products(id bigint not null primary key, merchant_id text not null, name text,
    price numeric(10,2), tags text);
  create table rates(id integer, v float8);
  create table secret(id int);
`;
