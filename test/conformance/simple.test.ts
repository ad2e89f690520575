/**
 * Every statement of the corpus, sent as a simple query to the box and to PostgreSQL in the same order
 * on one connection each. Nothing may differ; what is refused is counted and listed.
 */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send, WireClient } from '../support/wire-client.ts';
import { judge } from './compare.ts';
import { type Servers, startServers, statementsOf } from './servers.ts';

const REFERENCE = process.env['HELIOS_PG_URL'];
const FILES = readdirSync(new URL('corpus/', import.meta.url)).sort();
/** Fewer than this many equal answers means that the comparison itself is broken. */
const SAME_MIN = 200;

describe.skipIf(REFERENCE === undefined)('simple query against PostgreSQL (HELIOS_PG_URL)', () => {
  let servers: Servers;
  let box: WireClient;
  let reference: WireClient;
  let same = 0;
  const refused: string[] = [];

  beforeAll(async () => {
    servers = await startServers(REFERENCE ?? '');
    box = await WireClient.connect(servers.box);
    reference = await WireClient.connect(servers.reference);
  }, 120_000);

  afterAll(async () => {
    box.end();
    reference.end();
    await servers[Symbol.asyncDispose]();
  });

  test.each(FILES)(
    '%s gives the same answers',
    async (file) => {
      const different: string[] = [];
      for (const statement of statementsOf(`corpus/${file}`)) {
        const ours = await box.exchange(send.query(statement));
        const theirs = await reference.exchange(send.query(statement));
        const result = judge(ours, theirs);
        if (result.verdict === 'same') same++;
        if (result.verdict === 'refused') refused.push(statement);
        if (result.verdict === 'different') {
          different.push(
            `${statement}\n--- box\n${result.box}\n--- postgres\n${result.reference}\n`,
          );
        }
      }
      expect(different.join('\n')).toBe('');
    },
    120_000,
  );

  test('the corpus is answered, not refused', () => {
    process.stdout.write(`conformance: ${same} same, ${refused.length} refused\n`);
    for (const statement of refused)
      process.stdout.write(`  refused: ${statement.split('\n')[0]}\n`);
    expect(same).toBeGreaterThanOrEqual(SAME_MIN);
  });
});
