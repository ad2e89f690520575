/** Wall 2 alone: hostile texts under a merchant's authority, as if every other wall had failed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Authority } from '../../edge/engine/engine.ts';
import type { SqlValue } from '../../edge/types/storage.ts';
import {
  type EngineFixture,
  openFixture,
  type Rows,
  readRequest,
  session,
  statement,
  write,
} from './support/engine-fixture.ts';

describe('authorizer', () => {
  let fixture: EngineFixture;

  beforeAll(async () => {
    fixture = await openFixture();
    const { engine } = fixture;
    await write(
      engine,
      'CREATE TABLE sales (helios_row INTEGER PRIMARY KEY, merchant_id TEXT NOT NULL, note TEXT)',
    );
    await write(
      engine,
      'CREATE VIEW sales$guard AS SELECT helios_row, merchant_id, note FROM sales WHERE merchant_id = helios_merchant()',
    );
    await write(engine, 'CREATE VIEW sales$all AS SELECT * FROM sales');
    await write(engine, 'CREATE TABLE rates (id INTEGER PRIMARY KEY, rate TEXT)');
    await write(
      engine,
      "INSERT INTO sales (merchant_id, note) VALUES ('A', 'mine'), ('B', 'secretB')",
    );
    await write(engine, "INSERT INTO rates VALUES (1, '0.19')");
    engine.protect(new Map([['sales', { guard: 'sales$guard' }]]));
  });

  afterAll(() => fixture[Symbol.asyncDispose]());

  function as(
    authority: Authority,
    merchant: string | null,
    sql: string,
    binds: SqlValue[] = [],
  ): Rows {
    const rows: Rows = [];
    const request = readRequest(statement(sql, binds, authority), rows, {
      session: session(merchant),
    });
    fixture.engine.readNow(request);
    return rows;
  }

  it.each([
    ['the guard', 'SELECT note FROM sales$guard', [['mine']]],
    [
      'the guard inside other texts',
      'WITH g AS (SELECT * FROM sales$guard) SELECT count(*) FROM g',
      [[1n]],
    ],
    ['tables that are not protected', 'SELECT rate FROM rates', [['0.19']]],
    ['json_each', "SELECT value FROM json_each('[1,2]')", [[1n], [2n]]],
  ])('lets a merchant read %s', (_what, sql, rows) => {
    expect(as('merchant', 'A', sql)).toEqual(rows);
  });

  it.each([
    'SELECT note FROM sales',
    'SELECT note FROM main.sales',
    'SELECT note FROM "SALES"',
    'SELECT 1 FROM sales',
    'SELECT count(*) FROM sales',
    "SELECT EXISTS (SELECT 1 FROM sales WHERE note LIKE 's%')",
    "SELECT 1 WHERE (2, 'B', 'secretB') IN sales",
    'SELECT note FROM sales$guard UNION ALL SELECT note FROM sales',
    'WITH sales AS (SELECT * FROM main.sales) SELECT * FROM sales',
    'SELECT 1 LIMIT (SELECT count(*) FROM sales)',
    'SELECT note FROM sales$all',
    'SELECT g.note FROM sales$guard g JOIN sales s ON s.helios_row <> g.helios_row',
  ])('refuses a merchant the base: %s', (sql) => {
    expect(() => as('merchant', 'A', sql)).toThrow('permission denied for table sales');
  });

  it.each([
    'SELECT sql FROM sqlite_master',
    'SELECT * FROM sqlite_schema',
    'SELECT * FROM sqlite_temp_master',
    'SELECT value FROM helios_engine',
    "SELECT * FROM pragma_table_info('sales')",
    'SELECT * FROM pragma_database_list',
    'SELECT * FROM dbstat',
    'SELECT * FROM sqlite_dbpage',
    'SELECT * FROM sqlite_stmt',
    "SELECT * FROM bytecode('SELECT 1')",
    'PRAGMA query_only = 0',
    'PRAGMA table_info(sales)',
    "ATTACH ':memory:' AS o",
    'DETACH main',
    'BEGIN',
    'SAVEPOINT s',
    'CREATE TABLE x (a)',
    'CREATE TEMP TABLE x (a)',
    'CREATE TEMP VIEW v AS SELECT 1',
    'CREATE VIRTUAL TABLE f USING fts5(x)',
    'DROP TABLE rates',
    'ALTER TABLE rates RENAME TO r',
    'REINDEX',
    'ANALYZE',
    'VACUUM',
    "INSERT INTO rates VALUES (2, 'x')",
    'UPDATE rates SET rate = 1',
    'DELETE FROM rates',
    'UPDATE sales$guard SET note = 1',
    'SELECT last_insert_rowid()',
    'SELECT changes()',
    'SELECT sqlite_version()',
    "SELECT sqlite_compileoption_used('x')",
    'SELECT zeroblob(1000000000)',
  ])('refuses a merchant: %s', (sql) => {
    expect(() => as('merchant', 'A', sql)).toThrow(/permission denied|run as a read|it is a view/);
  });

  it('names the refusal as PostgreSQL does', () => {
    expect(() => as('merchant', 'A', 'SELECT note FROM sales')).toThrow(
      expect.objectContaining({ sqlstate: '42501' }) as Error,
    );
  });

  it('raises in the guard when no merchant is set', () => {
    expect(() => as('merchant', null, 'SELECT note FROM sales$guard')).toThrow(
      'no merchant is set',
    );
  });

  it('gives each merchant its own rows from one cached statement', () => {
    const sql = 'SELECT note FROM sales$guard';
    for (const [merchant, note] of [
      ['A', 'mine'],
      ['B', 'secretB'],
      ['A', 'mine'],
    ] as const) {
      expect(as('merchant', merchant, sql)).toEqual([[note]]);
    }
    expect(as('merchant', 'C', sql)).toEqual([]);
  });

  it('asks again when a table becomes protected', () => {
    const sql = 'SELECT id FROM rates';
    expect(as('merchant', 'A', sql)).toEqual([[1n]]);
    fixture.engine.protect(
      new Map([
        ['sales', { guard: 'sales$guard' }],
        ['rates', { guard: 'none' }],
      ]),
    );
    expect(() => as('merchant', 'A', sql)).toThrow('permission denied for table rates');
    fixture.engine.protect(new Map([['sales', { guard: 'sales$guard' }]]));
  });

  it('lets the administrator read user tables and not the insides', () => {
    expect(as('admin', null, 'SELECT count(*) FROM sales')).toEqual([[2n]]);
    for (const sql of [
      'SELECT * FROM sqlite_master',
      'PRAGMA journal_mode = DELETE',
      "ATTACH 'x' AS y",
      'UPDATE helios_engine SET value = 0',
      'DROP TABLE sales',
    ]) {
      expect(() => as('admin', null, sql)).toThrow('permission denied');
    }
  });

  it('answers helios_may_write by role and merchant', () => {
    const sql = 'SELECT helios_may_write(?1)';
    expect(as('system', 'A', sql, ['A'])).toEqual([[1n]]);
    expect(as('system', 'A', sql, ['B'])).toEqual([[0n]]);
    expect(as('system', 'A', sql, [null])).toEqual([[0n]]);
    expect(as('system', null, sql, ['B'])).toEqual([[1n]]);
  });
});
