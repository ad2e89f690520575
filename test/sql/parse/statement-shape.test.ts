/** Which texts have a shape, and that one says nothing else than its text. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statementShape } from '../../../edge/sql/parse/statement-shape.ts';

describe('statementShape', () => {
  it.each([
    ['SELECT a FROM t WHERE id = 17', 'SELECT a FROM t WHERE id = $1', [17n]],
    ['select a from t where id=17;', 'select a from t where id=$1;', [17n]],
    [
      "UPDATE t SET n = 2, s = 'it''s; 1 = 1' WHERE t.id >= 007 AND \"Odd = 1\" <> 9 LIMIT 3",
      "UPDATE t SET n = $1, s = 'it''s; 1 = 1' WHERE t.id >= $2 AND \"Odd = 1\" <> $3 LIMIT 3",
      [2n, 7n, 9n],
    ],
    [
      'DELETE FROM t WHERE (id = 2147483647) OR n = 2147483648',
      'DELETE FROM t WHERE (id = $1) OR n = 2147483648',
      [2_147_483_647n],
    ],
  ])('%s', (text, shape, values) => {
    expect(statementShape(text)).toEqual({ text: shape, values });
  });

  it.each([
    'SELECT 1',
    'SELECT a FROM t ORDER BY 1 LIMIT 5',
    'SELECT a FROM t WHERE id = 5 + 1',
    'SELECT a FROM t WHERE id = 5::text',
    'SELECT a FROM t WHERE id = 5.0',
    'SELECT a FROM t WHERE id = 5e3',
    'SELECT a FROM t WHERE id = -5',
    'SELECT a FROM t WHERE id =-5',
    'SELECT a FROM t WHERE id = 5a',
    'SELECT a FROM t WHERE id = 5 alias',
    'SELECT a FROM t WHERE 5 = 5',
    'SELECT a FROM t WHERE f(x => 5)',
    'SELECT a FROM t WHERE id = 5 AND n = $1',
    'SELECT a FROM t WHERE id = 5 -- no',
    'SELECT a FROM t WHERE id = 5 /* no */',
    "SELECT a FROM t WHERE id = 5 AND s = E'\\''",
    "SELECT a FROM t WHERE id = 5 AND s = 'a\\'",
    "SELECT a FROM t WHERE id = 5 AND s = 'open",
    'SELECT a FROM t WHERE id = 5; SELECT 2',
    'SELECT ä FROM t WHERE id = 5',
    'SET statement_timeout = 5',
    'INSERT INTO t VALUES (5)',
  ])('leaves %s alone', (text) => {
    expect(statementShape(text)).toBeNull();
  });

  it('gives the text back when its values are put in again', () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '=',
      '<=',
      '<>',
      '-',
      '--',
      '/*',
      ';',
      ',',
      '(',
      ')',
      '.',
      '$',
      '\\',
      'é',
      ' ',
      '\n',
      'a',
      'id',
      'AND ',
      ' or ',
      'limit',
      '5',
      '12',
      '2147483648',
      '0',
      "'x'",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = `SELECT id = 5 AND ${pieces.join('')}`;
        const shape = statementShape(text);
        if (shape === null) return;
        // What stands between quotes is no placeholder.
        const filled = shape.text.replace(
          /"[^"]*"|'[^']*'|\$(\d+)/g,
          (whole, number: string | undefined) =>
            number === undefined ? whole : String(shape.values[Number(number) - 1]),
        );
        // A value has no leading zeros; where the text keeps them, they stay on both sides.
        const plain = (given: string): string => given.replace(/(?<=[=<>]\s*)0+(?=\d)/g, '');
        expect(plain(filled)).toBe(plain(text));
      }),
      { numRuns: 2_000 },
    );
  });
});
