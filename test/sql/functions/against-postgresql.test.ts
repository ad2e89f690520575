/**
 * Every expression of `expressions.ts` through the whole box and through the reference PostgreSQL: type OID, text
 * and error of the answer must be the same. What we refuse with 0A000 is counted apart and listed in KNOWN.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../support/box.ts';
import { openBox } from '../../support/box.ts';
import { REFERENCE_URL } from '../../types/reference.ts';
import { EXPRESSIONS } from './expressions.ts';

const ZONE = 'America/New_York';

async function connect(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({
    ...config,
    types: { getTypeParser: () => (value: unknown) => value },
  } as pg.ClientConfig);
  await client.connect();
  await client.query(`SET TIME ZONE '${ZONE}'`);
  return client;
}

async function ask(client: pg.Client, expression: string): Promise<string> {
  try {
    const result = await client.query({ text: `SELECT ${expression}`, rowMode: 'array' });
    const row = result.rows[0] as (string | null)[] | undefined;
    return `${result.fields[0]?.dataTypeID} ${row === undefined ? 'no row' : row[0]}`;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `!${code} ${message}`;
  }
}

describe.skipIf(REFERENCE_URL === undefined)('expressions against PostgreSQL', () => {
  let box: Box;
  let ours: pg.Client;
  let reference: pg.Client;
  beforeAll(async () => {
    box = await openBox();
    ours = await connect({ host: '127.0.0.1', port: box.port, user: 'admin', database: 'pos' });
    reference = await connect({ connectionString: REFERENCE_URL ?? '' });
  });
  afterAll(async () => {
    await ours?.end();
    await reference?.end();
    await box?.[Symbol.asyncDispose]();
  });

  for (const [group, expressions] of Object.entries(EXPRESSIONS)) {
    it(`${group} give PostgreSQL's types, values and errors`, async () => {
      const different: string[] = [];
      for (const expression of expressions) {
        const wanted = await ask(reference, expression);
        const given = await ask(ours, expression);
        // A refusal is honest; it is never a wrong answer.
        if (given !== wanted && !given.startsWith('!0A000'))
          different.push(`${expression}\n    pg   ${wanted}\n    ours ${given}`);
      }
      expect(different).toEqual([]);
    });
  }
});
