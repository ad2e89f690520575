/**
 * Splitting and parsing: texts and offsets of statements, positions in characters whatever the script,
 * errors with PostgreSQL's text, and the one token rule.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { EdgeError } from '../../../edge/errors.ts';
import { type Grammar, loadGrammar } from '../../../edge/sql/parse/grammar.ts';
import { parseQuery } from '../../../edge/sql/parse/parse.ts';

let grammar: Grammar;
beforeAll(async () => {
  grammar = await loadGrammar();
});

function failure(text: string): { code: string; message: string; position: number | undefined } {
  try {
    parseQuery(grammar, text);
  } catch (error) {
    if (error instanceof EdgeError) {
      return { code: error.sqlstate, message: error.message, position: error.fields.position };
    }
    throw error;
  }
  throw new Error('it parsed');
}

describe('parseQuery', () => {
  test('splits a text and keeps each statement without its neighbours', () => {
    const statements = parseQuery(grammar, "select 'a;b' ;\n -- c\n select 2;; ");
    expect(statements.map(({ text, offset }) => [text, offset])).toEqual([
      ["select 'a;b'", 0],
      ['select 2', 22],
    ]);
  });

  test('has no statement for an empty text', () => {
    expect(parseQuery(grammar, '')).toEqual([]);
    expect(parseQuery(grammar, ' ; -- nothing')).toEqual([]);
  });

  test('counts locations in characters, not bytes', () => {
    const [, second] = parseQuery(grammar, "select 'é€😀'; select ünknown");
    expect(second?.text).toBe('select ünknown');
    expect(second?.offset).toBe(14);
    expect(JSON.stringify(second?.node)).toContain('"location":21');
  });

  test('names syntax errors as PostgreSQL does, with the position in characters', () => {
    expect(failure('selec 1')).toEqual({
      code: '42601',
      message: 'syntax error at or near "selec"',
      position: 1,
    });
    expect(failure("select 'é' from")).toEqual({
      code: '42601',
      message: 'syntax error at end of input',
      position: 16,
    });
    expect(failure("select 'abc").message).toBe('unterminated quoted string at or near "\'abc"');
    expect(failure('select "').message).toBe('unterminated quoted identifier at or near """');
    expect(failure('select /* x').message).toBe('unterminated /* comment at or near "/* x"');
  });

  test('works from bytes of the WASM file, as the single executable has them', async () => {
    const path = fileURLToPath(import.meta.resolve('libpg-query/wasm/libpg-query.wasm'));
    const supplied = await loadGrammar(readFileSync(path));
    expect(parseQuery(supplied, 'select 1')).toHaveLength(1);
    expect(() => parseQuery(supplied, `select ${'1+'.repeat(100_000)}1`)).toThrow(
      'stack depth limit',
    );
  });

  test('refuses a zero byte', () => {
    expect(failure('select 1\0').code).toBe('22021');
  });

  test('refuses what is nested too deep, and parses on', async () => {
    for (const deep of [
      `select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`,
      `select 1 where ${'(select '.repeat(4_000)}1${')'.repeat(4_000)}`,
      `select ${'1+'.repeat(100_000)}1`,
    ]) {
      expect(failure(deep).code).toBe('54001');
      expect(parseQuery(grammar, 'select 1')).toHaveLength(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  test('reads INTEGER PRIMARY KEY AUTOINCREMENT as an identity column', () => {
    const text = 'CREATE TABLE t (é text, id INTEGER PRIMARY KEY AUTOINCREMENT, x int)';
    const [statement] = parseQuery(grammar, text);
    expect(statement?.text).toBe(text);
    const create = statement?.node as { CreateStmt: { tableElts: unknown[] } } | undefined;
    const columns = create?.CreateStmt.tableElts ?? [];
    expect(JSON.stringify(columns[1])).toContain(
      '"contype":"CONSTR_IDENTITY","generated_when":"d"',
    );
    expect(JSON.stringify(columns[1])).toContain('"contype":"CONSTR_PRIMARY"');
    expect(JSON.stringify(columns[0])).not.toContain('IDENTITY');
    expect(JSON.stringify(columns[2])).not.toContain('IDENTITY');
  });

  test('leaves the word alone everywhere else', () => {
    const [literal] = parseQuery(grammar, "select 'INTEGER PRIMARY KEY AUTOINCREMENT'");
    expect(JSON.stringify(literal?.node)).toContain('AUTOINCREMENT');
    expect(parseQuery(grammar, 'select autoincrement from t')).toHaveLength(1);
    expect(failure('create table t (id text primary key autoincrement)').code).toBe('42601');
    expect(failure('alter table t add id integer primary key autoincrement').code).toBe('42601');
  });
});
