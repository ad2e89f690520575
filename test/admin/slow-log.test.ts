import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SlowLog } from '../../edge/admin/slow-log.ts';
import { LIMITS } from '../../edge/limits.ts';
import type { Log } from '../../edge/log.ts';
import type { SlowQuery } from '../../edge/session/slow-query.ts';
import { createCompiler } from '../../edge/sql/create-compiler.ts';

const compiler = await createCompiler();
const QUERY: SlowQuery = {
  merchant: 'anna',
  user: 'anna/t1',
  text: 'SELECT 1',
  tookMs: 120.5,
  rows: 1,
  sqlstate: '00000',
  plan: 'known',
  ran: 'main',
};

function rig(nowMs: () => number) {
  const lines: Record<string, unknown>[] = [];
  const log = { info: (line: Record<string, unknown>) => lines.push(line) } as unknown as Log;
  const slow = new SlowLog({
    thresholdMs: 100,
    log,
    clock: { wallMicros: () => 0n, monotonicMs: nowMs },
    withoutLiterals: (text) => compiler.withoutLiterals(text),
  });
  return { slow, lines };
}

describe('withoutLiterals', () => {
  test.each([
    ["SELECT a, 'x''y', E'q\\n', $$d$$, $t$z$t$ FROM t", 'SELECT a, ?, ?, ?, ? FROM t'],
    ["SELECT 12, -1.5e3, 0x1F, B'101', X'1F', U&'d\\0061t'", 'SELECT ?, -?, ?, ?, ?, ?'],
    [
      'SELECT /* secret */ a -- secret\nFROM "My Table" WHERE b = $1',
      'SELECT a FROM "My Table" WHERE b = $1',
    ],
    ["UPDATE t SET a = a + 1 WHERE b IN ('x', 'y')", 'UPDATE t SET a = a + ? WHERE b IN (?, ?)'],
    ["INSERT INTO é VALUES ('ü', date '2020-01-01')", 'INSERT INTO é VALUES (?, date ?)'],
  ])('%s', (text, expected) => {
    expect(compiler.withoutLiterals(text)).toBe(expected);
  });

  test('lets no string or number through, however it is written', () => {
    const word = fc.stringMatching(/^[a-z]{8,20}$/);
    const literal = fc.oneof(
      word.map((text) => [text, `'${text}'`] as const),
      word.map((text) => [text, `$q$${text}$q$`] as const),
      word.map((text) => [text, `E'\\x41${text}'`] as const),
      word.map((text) => [text, `U&'${text}'`] as const),
      word.map((text) => [text, `/* ${text} */ 1`] as const),
      fc
        .integer({ min: 10_000_000, max: 99_999_999 })
        .map((value) => [String(value), String(value)] as const),
      fc
        .integer({ min: 10_000_000, max: 99_999_999 })
        .map((value) => [String(value), `0.${value}e5`] as const),
    );
    fc.assert(
      fc.property(fc.array(literal, { minLength: 1, maxLength: 6 }), (literals) => {
        const text = `SELECT ${literals.map(([, written]) => written).join(', ')} FROM things`;
        const shown = compiler.withoutLiterals(text) ?? '';
        expect(shown).toContain('FROM things');
        for (const [secret] of literals) expect(shown).not.toContain(secret);
      }),
    );
  });

  test('gives up a text that it cannot read', () => {
    expect(compiler.withoutLiterals("SELECT 'unfinished")).toBeNull();
  });

  test('bounds a text', () => {
    const shown = compiler.withoutLiterals(
      `SELECT ${Array.from({ length: 5_000 }, (_, n) => `c${n}`).join(', ')}`,
    );
    expect(shown?.length).toBeLessThanOrEqual(LIMITS.slowQueryTextMax + 1);
  });
});

describe('SlowLog', () => {
  test('says who, how long, how many rows, and the text without its values', () => {
    const { slow, lines } = rig(() => 0);
    slow.note({ ...QUERY, text: "SELECT * FROM sales WHERE note = 'secret'" });
    expect(lines).toEqual([
      {
        merchant: 'anna',
        user: 'anna/t1',
        milliseconds: 120.5,
        rows: 1,
        sqlstate: '00000',
        plan: 'known',
        ran: 'main',
        statement: 'SELECT * FROM sales WHERE note = ?',
      },
    ]);
  });

  test('writes so many lines in a second, and then says how many it did not write', () => {
    let nowMs = 0;
    const { slow, lines } = rig(() => nowMs);
    for (let count = 0; count < 1_000; count++) slow.note(QUERY);
    expect(lines).toHaveLength(LIMITS.slowQueryLinesPerSecondMax);
    nowMs = 1_000;
    slow.note(QUERY);
    expect(lines.at(-1)).toMatchObject({ unwritten: 1_000 - LIMITS.slowQueryLinesPerSecondMax });
  });
});
