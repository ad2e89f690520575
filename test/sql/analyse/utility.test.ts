/**
 * Statements of the session, DDL for each role, and what is refused by name.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { EdgeError } from '../../../edge/errors.ts';
import { type CompilerParts, createCompiler } from '../../../edge/sql/create-compiler.ts';
import type { Plan } from '../../../edge/sql/plan.ts';
import { CATALOG } from '../support/catalog.ts';

let compiler: CompilerParts;
beforeAll(async () => {
  compiler = await createCompiler();
});

function plan(text: string, role: 'merchant' | 'admin' = 'merchant'): Plan {
  const [statement] = compiler.parse(text);
  if (statement === undefined) throw new Error('no statement');
  return compiler.analyse(statement, [], { role, catalog: CATALOG });
}

function failure(text: string, role: 'merchant' | 'admin' = 'merchant'): string {
  try {
    plan(text, role);
  } catch (error) {
    if (error instanceof EdgeError) return `${error.sqlstate} ${error.message}`;
    throw error;
  }
  return 'no error';
}

const UTILITIES: readonly (readonly [string, string, object])[] = [
  ['begin', 'BEGIN', { kind: 'begin', isolation: null, readOnly: null }],
  [
    'start transaction isolation level serializable, read only',
    'START TRANSACTION',
    { kind: 'begin', isolation: 'serializable', readOnly: true },
  ],
  ['end', 'COMMIT', { kind: 'commit', chain: false }],
  ['commit and chain', 'COMMIT', { kind: 'commit', chain: true }],
  ['abort', 'ROLLBACK', { kind: 'rollback', chain: false }],
  ['savepoint a', 'SAVEPOINT', { kind: 'savepoint', name: 'a' }],
  ['rollback to a', 'ROLLBACK', { kind: 'rollback_to', name: 'a' }],
  ['release a', 'RELEASE', { kind: 'release', name: 'a' }],
  ["set time zone 'UTC'", 'SET', { kind: 'set', name: 'timezone', value: ['UTC'], local: false }],
  [
    'set local statement_timeout = 100',
    'SET',
    { kind: 'set', name: 'statement_timeout', value: ['100'], local: true },
  ],
  ['set x.y to a, b', 'SET', { kind: 'set', name: 'x.y', value: ['a', 'b'], local: false }],
  [
    'set DateStyle to default',
    'SET',
    { kind: 'set', name: 'datestyle', value: null, local: false },
  ],
  ['reset all', 'RESET', { kind: 'reset_all' }],
  ['reset timezone', 'RESET', { kind: 'set', name: 'timezone', value: null, local: false }],
  ['show transaction isolation level', 'SHOW', { kind: 'show', name: 'transaction_isolation' }],
  ['show all', 'SHOW', { kind: 'show_all' }],
  ['discard all', 'DISCARD ALL', { kind: 'discard', what: 'all' }],
  ['deallocate all', 'DEALLOCATE ALL', { kind: 'deallocate', name: null }],
  ['deallocate p', 'DEALLOCATE', { kind: 'deallocate', name: 'p' }],
  [
    'fetch backward 3 from c',
    'FETCH',
    { kind: 'fetch', name: 'c', direction: 'backward', count: 3, move: false },
  ],
  [
    'move all in c',
    'MOVE',
    { kind: 'fetch', name: 'c', direction: 'forward', count: 'all', move: true },
  ],
  ['close all', 'CLOSE CURSOR ALL', { kind: 'close', name: null }],
  [
    'set session characteristics as transaction read only',
    'SET',
    { kind: 'set_transaction', isolation: null, readOnly: true, session: true },
  ],
];

describe('analyseUtility', () => {
  for (const [text, tag, utility] of UTILITIES) {
    test(`reads: ${text}`, () => {
      const made = plan(text);
      expect(made.tag).toBe(tag);
      expect(made.program).toEqual({ kind: 'utility', utility });
    });
  }

  test('keeps the inner statement of PREPARE and DECLARE', () => {
    const prepared = plan('prepare p(int) as select $1').program;
    if (prepared.kind !== 'utility' || prepared.utility.kind !== 'prepare')
      throw new Error('no prepare');
    expect(prepared.utility.typeOids).toEqual([23]);
    const inner = compiler.analyse(prepared.utility.statement, prepared.utility.typeOids, {
      role: 'merchant',
      catalog: CATALOG,
    });
    expect(inner.parameterTypes).toEqual([23]);
    const declared = plan('declare c scroll cursor with hold for select 1').program;
    expect(declared).toMatchObject({
      utility: { kind: 'declare', name: 'c', hold: true, scroll: true },
    });
  });
});

describe('analyseDefinition', () => {
  test('hands DDL to the catalog for the administrator only', () => {
    expect(plan('create table x (a int)', 'admin')).toMatchObject({
      tag: 'CREATE TABLE',
      program: { kind: 'definition' },
    });
    expect(plan('drop table sales', 'admin').tag).toBe('DROP TABLE');
    expect(plan('alter table sales rename column note to n', 'admin').tag).toBe('ALTER TABLE');
    expect(failure('create table x (a int)')).toBe('42501 permission denied for schema public');
    expect(failure('drop table sales')).toBe('42501 must be owner of table sales');
    expect(failure('alter table sales add x int')).toBe('42501 must be owner of table sales');
    expect(failure('truncate sales')).toBe('42501 permission denied for table sales');
    expect(failure('drop table nope')).toBe('42P01 table "nope" does not exist');
  });

  test('refuses by name what the box does not have', () => {
    expect(failure('copy sales to stdout')).toBe('0A000 COPY is not supported');
    expect(failure('listen x')).toBe('0A000 LISTEN is not supported');
    expect(failure('explain select 1', 'admin')).toBe('0A000 EXPLAIN is not supported');
    expect(failure('vacuum')).toBe('0A000 VACUUM and ANALYZE is not supported');
    expect(failure('create view v as select 1', 'admin')).toBe(
      '0A000 CREATE VIEW is not supported',
    );
    expect(
      failure('with recursive x as (select 1 union all select distinct * from x) select * from x'),
    ).toBe('0A000 DISTINCT in a recursive term is not supported');
    expect(failure('with x as (delete from sales returning id) select * from x')).toBe(
      '0A000 a data-modifying WITH query is not supported',
    );
    expect(failure('select note, count(*) from sales group by rollup (note)')).toBe(
      '0A000 GROUPING SETS, ROLLUP and CUBE is not supported',
    );
    expect(failure('select 1 intersect all select 1')).toBe('0A000 INTERSECT ALL is not supported');
    expect(failure('select id into x from sales')).toBe('0A000 SELECT INTO is not supported');
  });

  test('says that a statement is nested too deep', () => {
    expect(failure(`select ${'1 + '.repeat(1_000)}1`)).toBe('54001 stack depth limit exceeded');
    expect(failure(`select ${'not '.repeat(500)}true`)).toBe('54001 stack depth limit exceeded');
  });

  test('takes the write lock for FOR UPDATE', () => {
    expect(plan('select id from sales for update').program).toMatchObject({
      takesWriteLock: true,
      tables: ['sales'],
    });
    expect(plan('select id from sales').program).toMatchObject({ takesWriteLock: false });
  });
});
