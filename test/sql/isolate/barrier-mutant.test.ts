/**
 * The canary that must fail: with either half of the barrier switched off, the random statements of
 * `barrier.test.ts` do find another merchant's row. If they did not, that test would prove nothing.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { EdgeError } from '../../../edge/errors.ts';
import { CATALOG } from '../support/catalog.ts';
import { leakStatements, TEMPTING_INDEXES } from '../support/leak-statements.ts';
import { fillBare } from '../support/rows.ts';
import { openBare } from '../support/sqlite.ts';

const BARRIER = '../../../edge/sql/isolate/barrier.ts';

afterEach(() => {
  vi.doUnmock(BARRIER);
  vi.resetModules();
});

async function findsLeak(broken: Record<string, () => unknown>): Promise<boolean> {
  vi.doMock(BARRIER, async (original) => ({ ...(await original<object>()), ...broken }));
  const { createCompiler } = await import('../../../edge/sql/create-compiler.ts');
  const compiler = await createCompiler();
  const shared = await openBare();
  fillBare(shared);
  for (const text of TEMPTING_INDEXES) shared.run(text);
  shared.run('ANALYZE');
  const outcome = fc.check(
    fc.property(leakStatements, (text) => {
      const [statement] = compiler.parse(text);
      if (statement === undefined) return true;
      const plan = compiler.analyse(statement, [], { role: 'merchant', catalog: CATALOG });
      if (plan.program.kind !== 'query') return true;
      try {
        shared.run(plan.program.sql);
        return true;
      } catch (error) {
        if (error instanceof EdgeError && error.condition === 'division_by_zero') return false;
        throw error;
      }
    }),
    { numRuns: 2_000, endOnFailure: true },
  );
  return outcome.failed;
}

describe('leakStatements', () => {
  test('find the leak when predicates are not put behind the barrier', async () => {
    expect(await findsLeak({ barrierFor: () => [] })).toBe(true);
  }, 120_000);

  test('find the leak when subqueries are not closed', async () => {
    expect(await findsLeak({ closeSubqueries: () => undefined })).toBe(true);
  }, 120_000);
});
