/** The catalog's life: the brief's schema, restarts, rollbacks, versions. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCaptureSupport } from '../../../cloud-sync/capture.ts';
import { BRIEF_SCHEMA } from '../../../edge/demo/schema.ts';
import { EdgeError } from '../../../edge/errors.ts';
import { openRig, type Rig, removeRigFiles, sessionOf } from './catalog-rig.ts';

const BRIEF = BRIEF_SCHEMA.join(';\n');

let rig: Rig;
afterAll(removeRigFiles);

async function failure(run: Promise<unknown>): Promise<EdgeError> {
  const error = await run.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EdgeError);
  return error as EdgeError;
}

describe('CatalogStore', () => {
  beforeEach(async () => {
    rig = await openRig();
  });
  afterEach(() => rig.close());

  test('applyDefinition takes the brief as written', async () => {
    const results = await rig.define(BRIEF);
    expect(results.map((result) => result.tag)).toEqual([
      'CREATE TABLE',
      'CREATE TABLE',
      'CREATE INDEX',
      'CREATE INDEX',
    ]);
    expect(results[0]?.notices).toEqual([
      {
        severity: 'NOTICE',
        condition: 'duplicate_table',
        message: 'relation "merchants" already exists, skipping',
      },
    ]);
    const table = rig.store.current.tables.get('transactions');
    expect(table).toMatchObject({
      baseName: 'transactions',
      guardName: 'transactions$guard',
      tenantColumn: 'merchant_id',
    });
    expect(table?.columns[0]).toMatchObject({ name: 'id', identity: 'default', notNull: true });
    expect(table?.uniques[0]).toMatchObject({ name: 'transactions_pkey', columns: ['id'] });
    expect(table?.foreignKeys[0]).toMatchObject({ name: 'transactions_merchant_id_fkey' });
    const again = await rig.define(BRIEF);
    expect(again.flatMap((result) => result.notices)).toHaveLength(4);
  });

  test('open finds the tables of the last run, and goes on with their numbers', async () => {
    await rig.define(BRIEF);
    const before = rig.store.current.tables.get('transactions');
    await rig.close();
    rig = await openRig({ path: rig.path });
    expect(rig.store.current.tables.get('transactions')).toEqual(before);
    await rig.define('CREATE TABLE other (id int)');
    expect(rig.store.current.tables.get('other')?.oid).toBeGreaterThan(before?.oid ?? 0);
  });

  test('applyDefinition is undone by rollback, and never gives a version twice', async () => {
    const [first] = await rig.attempt('CREATE TABLE t (id int)');
    expect(rig.store.current.tables.has('t')).toBe(false);
    const [second] = await rig.define('CREATE TABLE t (id int, other text)');
    expect(second?.catalog.version).not.toBe(first?.catalog.version);
    expect(rig.store.current.tables.get('t')?.columns).toHaveLength(2);
  });

  test('open puts back what was dropped from outside, and writes nothing otherwise', async () => {
    await rig.define(BRIEF);
    const schema = 'SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2';
    const version = 'PRAGMA schema_version';
    const before = await rig.run(schema);
    const table = rig.store.current.tables.get('transactions');
    await rig.run(`DROP TRIGGER IF EXISTS "w$${table?.oid}_update"`);
    await rig.run('DROP VIEW "transactions$guard"');
    await rig.close();
    rig = await openRig({ path: rig.path });
    expect(await rig.run(schema)).toEqual(before);
    const unchanged = await rig.run(version);
    await rig.close();
    rig = await openRig({ path: rig.path });
    expect(await rig.run(version)).toEqual(unchanged);
  });

  test('applyDefinition takes two-way tables by the key that stands behind the columns', async () => {
    await rig.close();
    const capture = createCaptureSupport({ push: [], twoWay: ['products'] });
    rig = await openRig({ options: { capture } });
    await rig.define(
      'CREATE TABLE products (sku text, merchant_id text, synced boolean, PRIMARY KEY (sku))',
    );
    expect(rig.store.current.tables.get('products')).toMatchObject({
      sync: 'both',
      adminRelation: 'products$all',
    });
    const keyless = await failure(
      rig.define(
        'DROP TABLE products; CREATE TABLE products (id serial PRIMARY KEY, merchant_id text)',
      ),
    );
    expect(keyless.sqlstate).toBe('42P16');
    const computed = await failure(
      rig.define(
        'DROP TABLE products; CREATE TABLE products (sku text PRIMARY KEY, merchant_id text, synced boolean CHECK (synced))',
      ),
    );
    expect(computed.message).toBe(
      'constraint "products_synced_check" over column "synced", which the box computes, is not supported',
    );
  });

  test('open refuses another merchant column than the tables lie by', async () => {
    await rig.define('CREATE TABLE t (merchant_id text, shop text)');
    await rig.close();
    const path = rig.path;
    await expect(openRig({ path, options: { defaultTenantColumn: 'shop' } })).rejects.toThrow(
      /made with merchant column "merchant_id"/,
    );
    rig = await openRig();
  });

  test('applyDefinition lays tables whose names meet in SQLite apart', async () => {
    await rig.define(
      'CREATE TABLE "Sales" (a int); CREATE TABLE sales (a int); CREATE TABLE "sales$guard" (a int)',
    );
    const bases = ['Sales', 'sales', 'sales$guard'].map((name) =>
      rig.store.current.tables.get(name)?.baseName.toLowerCase(),
    );
    expect(new Set(bases).size).toBe(3);
    expect(bases).not.toContain('sales$guard');
  });

  test('the computed column is read through guard and administrator view', async () => {
    await rig.define('CREATE TABLE sales (id int, merchant_id text, synced boolean)');
    const table = rig.store.current.tables.get('sales');
    expect(table?.adminRelation).toBe('sales$all');
    await rig.run(
      "INSERT INTO sales (helios_row, id, merchant_id) VALUES (1, 10, 'A'), (2, 11, 'A'), (3, 12, 'B')",
    );
    expect(
      await rig.read(
        'SELECT id, synced FROM "sales$guard" ORDER BY id',
        sessionOf('A'),
        'merchant',
      ),
    ).toEqual([
      [10n, 0n],
      [11n, 1n],
    ]);
    expect(await rig.read('SELECT count(*) FROM "sales$all"', sessionOf(null), 'admin')).toEqual([
      [3n],
    ]);
  });
});

describe('applyDefinition', () => {
  beforeAll(async () => {
    rig = await openRig();
  });
  afterAll(() => rig.close());

  test.each([
    ['CREATE TABLE t (id int, id text)', '42701', 'column "id" specified more than once'],
    ['CREATE TABLE t (id foo)', '42704', 'type "foo" does not exist'],
    [
      'CREATE TABLE t (id int PRIMARY KEY, n int PRIMARY KEY)',
      '42P16',
      'multiple primary keys for table "t" are not allowed',
    ],
    [
      'CREATE TABLE t (id int, PRIMARY KEY (nope))',
      '42703',
      'column "nope" named in key does not exist',
    ],
    [
      'CREATE TABLE t (id int, UNIQUE (id, id))',
      '42701',
      'column "id" appears twice in unique constraint',
    ],
    [
      'CREATE TABLE t (id int NULL NOT NULL)',
      '42601',
      'conflicting NULL/NOT NULL declarations for column "id" of table "t"',
    ],
    [
      'CREATE TABLE t (id int DEFAULT 1 DEFAULT 2)',
      '42601',
      'multiple default values specified for column "id" of table "t"',
    ],
    [
      'CREATE TABLE t (id text GENERATED ALWAYS AS IDENTITY)',
      '22023',
      'identity column type must be smallint, integer, or bigint',
    ],
    ['CREATE TABLE t (id int REFERENCES nope)', '42P01', 'relation "nope" does not exist'],
    [
      'CREATE TABLE t (xmin int)',
      '42701',
      'column name "xmin" conflicts with a system column name',
    ],
    ['CREATE TABLE t (v varchar(0))', '22023', 'length for type varchar must be at least 1'],
    ['CREATE TABLE t (v numeric(0))', '22023', 'NUMERIC precision 0 must be between 1 and 1000'],
    ['CREATE TABLE x.t (v int)', '3F000', 'schema "x" does not exist'],
    ['CREATE TABLE merchants (id int)', '42P07', 'relation "merchants" already exists'],
    ['CREATE TABLE t (v int[])', '0A000', 'a column of an array type is not supported'],
    [
      'CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED)',
      '0A000',
      'a generated column is not supported',
    ],
    ['CREATE TEMP TABLE t (a int)', '0A000', 'CREATE TEMPORARY TABLE is not supported'],
    ['CREATE TABLE t (a int) PARTITION BY RANGE (a)', '0A000', 'PARTITION BY is not supported'],
    ['CREATE VIEW v AS SELECT 1', '0A000', 'CREATE VIEW is not supported'],
    ['DROP VIEW v', '0A000', 'DROP VIEW is not supported'],
    ['CREATE TABLE helios_x (a int)', '42939', 'relation name "helios_x" is reserved for the box'],
    [
      'CREATE TABLE t (merchant_id int)',
      '0A000',
      'a merchant column ("merchant_id") of another type than text is not supported',
    ],
    ['DROP TABLE nope', '42P01', 'table "nope" does not exist'],
    ['DROP INDEX nope', '42704', 'index "nope" does not exist'],
    ['ALTER TABLE nope ADD COLUMN a int', '42P01', 'relation "nope" does not exist'],
    [
      'ALTER TABLE merchants ADD COLUMN a int',
      '42501',
      'permission denied: "merchants" is kept by the box',
    ],
    ['DROP TABLE merchants', '42501', 'permission denied: "merchants" is kept by the box'],
    ['TRUNCATE merchants', '42501', 'permission denied: "merchants" is kept by the box'],
  ])('refuses %s', async (text, sqlstate, message) => {
    const error = await failure(rig.define(text));
    expect({ sqlstate: error.sqlstate, message: error.message }).toEqual({ sqlstate, message });
  });
});
