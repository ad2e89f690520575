/**
 * INSERT, UPDATE and DELETE as merchant A beside the same statements on PostgreSQL: rows, names, tags, and
 * every field of every error. The scripts run in order on both; what one statement leaves, the next one meets.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, REFERENCE_URL, ReferenceServer } from './answer.ts';
import { corpus, SCRIPTS, statementsOf } from './corpus.ts';
import { ModifyRig } from './modify-rig.ts';

/**
 * What the analyser does not give yet and no driver reads: the place of a literal that is no value of its
 * type, and guesses at what a misspelt column should have been. A wrong one is still a difference.
 */
function withoutGuidance(expected: Answer, actual: Answer): Answer {
  if (expected.error === undefined || actual.error === undefined) return expected;
  const { position, hint, ...rest } = expected.error;
  const keepsPosition =
    position !== undefined &&
    !(rest.code.startsWith('22') && actual.error['position'] === undefined);
  const keepsHint =
    hint !== undefined && !(rest.code === '42703' && actual.error['hint'] === undefined);
  return {
    error: {
      ...rest,
      ...(keepsPosition ? { position } : {}),
      ...(keepsHint ? { hint } : {}),
    },
  };
}

describe.skipIf(REFERENCE_URL === undefined)('executeModify against PostgreSQL', () => {
  const schema = corpus('schema.sql');
  let rig: ModifyRig;
  let reference: ReferenceServer;

  beforeAll(async () => {
    rig = await ModifyRig.open(schema);
    // There the merchant is filled in by a default, here by the box.
    reference = await ReferenceServer.open(
      'helios_dml',
      schema.replaceAll('merchant_id text not null', "merchant_id text not null default 'A'"),
    );
    // Another merchant's rows, which must change nothing for A.
    for (const statement of statementsOf(corpus('other-merchant.sql'))) {
      const answer = await rig.run('B', statement);
      expect(answer.error, statement).toBeUndefined();
    }
  });
  afterAll(async () => {
    await rig.close();
    await reference.close();
  });

  for (const file of SCRIPTS) {
    describe(file, () => {
      for (const statement of statementsOf(corpus(file))) {
        it(`gives the same: ${statement.replaceAll(/\s+/g, ' ')}`, async () => {
          const expected = await reference.run(statement);
          const actual = await rig.run('A', statement);
          expect(actual).toEqual(withoutGuidance(expected, actual));
        });
      }
    });
  }
});
