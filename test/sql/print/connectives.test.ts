/** AND and OR of three values, where a side that is not needed raises. */
import { beforeAll, describe, expect, test } from 'vitest';
import { createCompiler } from '../../../edge/sql/create-compiler.ts';
import { type Operand, printConnective } from '../../../edge/sql/print/connectives.ts';
import { CATALOG } from '../support/catalog.ts';
import { fillBare } from '../support/rows.ts';
import { type Bare, openBare } from '../support/sqlite.ts';

let bare: Bare;

beforeAll(async () => {
  bare = await openBare();
  fillBare(bare);
});

const VALUES = ['0', '1', 'NULL'] as const;

function operand(text: string, raises: boolean, isLong: boolean): Operand {
  // Longer texts are written once, shorter ones twice.
  return { text: isLong ? `coalesce(NULL, NULL, ${text})` : text, raises, volatile: false };
}

describe('printConnective', () => {
  test.each(['AND', 'OR'] as const)(
    '%s has the values of SQL, whichever side is longer',
    (word) => {
      for (const left of VALUES) {
        for (const right of VALUES) {
          for (const third of VALUES) {
            for (const long of [0, 1, 2]) {
              const sides = [left, right, third].map((text, at) =>
                operand(text, true, at === long),
              );
              const sql = printConnective(word, sides);
              const plain = `${left} ${word} ${right} ${word} ${third}`;
              expect({ sql, rows: bare.run(`SELECT ${sql}`) }).toEqual({
                sql,
                rows: bare.run(`SELECT ${plain}`),
              });
            }
          }
        }
      }
    },
  );

  test('leaves bare what cannot raise', () => {
    const sides = ['a', 'b', 'c'].map((text) => operand(text, false, false));
    expect(printConnective('OR', sides)).toBe('(a OR b OR c)');
  });

  test('writes neither side twice where both are volatile', () => {
    const side = { text: 'random()', raises: true, volatile: true };
    expect(printConnective('AND', [side, side])).toBe('(random() AND random())');
  });

  test.each([
    'select id, qty is null or qty > 0 and 10 / qty > 1 from sales',
    'select id, qty = 0 or qty is null or 10 / qty > 1 from sales',
    'select id from sales where qty = 0 or 10 / qty > 1',
    'select id from sales where 10 / qty > 1 and qty <> 0',
    'select id, qty not between 0 and 10 / qty from sales where qty > 0',
  ])('does not compute what is not needed: %s', async (text) => {
    const compiler = await createCompiler();
    const [statement] = compiler.parse(text);
    if (statement === undefined) throw new Error('no statement');
    const { program } = compiler.analyse(statement, [], { role: 'merchant', catalog: CATALOG });
    if (program.kind !== 'query') throw new Error('no query');
    bare.run('UPDATE sales SET qty = 0 WHERE id IN (1, 3)');
    expect(() => bare.run(program.sql)).not.toThrow();
  });
});
