/**
 * INSERT, UPDATE and DELETE as merchant A beside the same statements on PostgreSQL: rows, names, tags, and
 * every field of every error. The scripts run in order on both; what one statement leaves, the next one meets.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFERENCE_URL, ReferenceServer } from './answer.ts';
import { ModifyRig } from './modify-rig.ts';

function corpus(name: string): string {
  return readFileSync(join(import.meta.dirname, 'corpus', name), 'utf8');
}

/** Statements end at a semicolon that ends its line. */
function statementsOf(text: string): readonly string[] {
  return text
    .split(/;\n/)
    .map((statement) => statement.replace(/^--.*$/gm, '').trim())
    .filter((statement) => statement !== '');
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

  for (const file of ['insert.sql', 'conflict.sql', 'update.sql', 'delete.sql', 'errors.sql']) {
    describe(file, () => {
      for (const statement of statementsOf(corpus(file))) {
        it(`gives the same: ${statement.replaceAll(/\s+/g, ' ')}`, async () => {
          const expected = await reference.run(statement);
          expect(await rig.run('A', statement)).toEqual(expected);
        });
      }
    });
  }
});
