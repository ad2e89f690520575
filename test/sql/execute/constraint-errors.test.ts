/**
 * The face that a broken constraint gets, from SQLite's text alone: without a database, so that names which
 * could confuse one constraint with another can be tried.
 */
import { describe, expect, it } from 'vitest';
import { SqliteConstraintError } from '../../../edge/engine/constraint-error.ts';
import { EdgeError } from '../../../edge/errors.ts';
import type { Catalog, Column, Table } from '../../../edge/sql/catalog/model.ts';
import { constraintError } from '../../../edge/sql/execute/constraint-errors.ts';
import { OID } from '../../../edge/types/oids.ts';
import { PLAIN, type SqlValue } from '../../../edge/types/storage.ts';

function column(name: string, attnum: number, extra: Partial<Column> = {}): Column {
  return {
    name,
    attnum,
    type: { oid: OID.text, typmod: -1 },
    form: PLAIN,
    notNull: true,
    defaultText: null,
    identity: null,
    computed: null,
    ...extra,
  };
}

function table(name: string, oid: number, columns: readonly Column[]): Table {
  return {
    oid,
    name,
    baseName: name,
    guardName: `${name}$guard`,
    adminRelation: name,
    tenantColumn: 'merchant_id',
    exempt: false,
    builtin: null,
    columns,
    uniques: [
      { kind: 'primary', name: `${name}_pkey`, columns: ['id'], isConstraint: true, oid: oid + 1 },
      {
        kind: 'unique',
        name: `${name}_odd`,
        columns: ['a, b', 'id'],
        isConstraint: true,
        oid: oid + 2,
      },
    ],
    checks: [{ name: `${name}_check`, text: 'true', columns: [], oid: oid + 3 }],
    foreignKeys: [],
    indexes: [],
    sync: 'none',
    nextAttnum: columns.length + 1,
  };
}

const COLUMNS = [
  column('id', 1),
  column('merchant_id', 2),
  column('a, b', 3),
  column('key', 4, { writeOnly: 'key' }),
];
const SALES = table('sales', 100, COLUMNS);
const OTHER = table('other', 200, COLUMNS);
const CATALOG: Catalog = {
  version: 1,
  tables: new Map([
    ['sales', SALES],
    ['other', OTHER],
  ]),
};
const ROW: readonly SqlValue[] = ['1', 'A', 'x', 'the key'];

function explain(
  code: number,
  message: string,
  values: readonly SqlValue[] | null = ROW,
): EdgeError {
  const error = constraintError(new SqliteConstraintError(code, message), {
    table: SALES,
    catalog: CATALOG,
    print: (value) => String(value),
    values: () => values,
    takenKey: () => null,
  });
  expect(error).toBeInstanceOf(EdgeError);
  return error as EdgeError;
}

describe('constraintError', () => {
  it('shows the user’s key, never the merchant', () => {
    const error = explain(2067, 'UNIQUE constraint failed: sales.merchant_id, sales.id');
    expect(error.message).toBe('duplicate key value violates unique constraint "sales_pkey"');
    expect(error.fields).toMatchObject({
      detail: 'Key (id)=(1) already exists.',
      schema: 'public',
      table: 'sales',
      constraint: 'sales_pkey',
    });
  });

  it('is not confused by separators in names', () => {
    const error = explain(
      2067,
      'UNIQUE constraint failed: sales.merchant_id, sales.a, b, sales.id',
    );
    expect(error.fields.constraint).toBe('sales_odd');
  });

  it('masks a write-only column in the failing row', () => {
    const error = explain(1299, 'NOT NULL constraint failed: sales.a, b');
    expect(error.fields.column).toBe('a, b');
    expect(error.fields.detail).toBe('Failing row contains (1, A, x, ********).');
  });

  it('cuts long values at a character’s edge', () => {
    const error = explain(275, 'CHECK constraint failed: sales_check', [
      '1',
      'A',
      `x${'é'.repeat(40)}`,
      null,
    ]);
    expect(error.fields.detail).toBe(`Failing row contains (1, A, x${'é'.repeat(31)}..., null).`);
  });

  it('shows no row of a table that a cascade reached', () => {
    const error = explain(1299, 'NOT NULL constraint failed: other.id');
    expect(error.message).toBe(
      'null value in column "id" of relation "other" violates not-null constraint',
    );
    expect(error.fields.detail).toBeUndefined();
  });

  it('tells a foreign row as the policy does', () => {
    const error = explain(1811, 'helios:tenant:100');
    expect(error.sqlstate).toBe('42501');
    expect(error.message).toBe('new row violates row-level security policy for table "sales"');
  });

  it('leaves what is not the catalog’s alone', () => {
    const raw = new SqliteConstraintError(2579, 'UNIQUE constraint failed: sales.helios_row');
    const same = constraintError(raw, {
      table: SALES,
      catalog: CATALOG,
      print: String,
      values: () => null,
      takenKey: () => null,
    });
    expect(same).toBe(raw);
  });
});
