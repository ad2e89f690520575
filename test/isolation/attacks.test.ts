/**
 * Merchant `a` tries every class of attack against the canaries of merchant `b`, in statements; the
 * protocol's own classes are in `protocol.test.ts`. After each class the victim's rows are unchanged and
 * the box still answers.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send, WireClient, type WireMessage } from '../support/wire-client.ts';
import { ATTACKS, type Probe } from './probes.ts';
import { HostileShop } from './shop.ts';

function rowsOf(messages: readonly WireMessage[]): (string | null)[][] {
  return messages.flatMap((message) =>
    message.kind === 'data_row'
      ? [message.values.map((value) => value?.toString('utf8') ?? null)]
      : [],
  );
}

function stateOf(messages: readonly WireMessage[]): string {
  const error = messages.find((message) => message.kind === 'error');
  return error?.kind === 'error' ? (error.fields['C'] ?? '') : '00000';
}

describe('a merchant learns and changes nothing of another', () => {
  let shop: HostileShop;
  let before: string;

  beforeAll(async () => {
    shop = await HostileShop.open();
    before = await shop.victimRows();
  }, 120_000);
  afterAll(() => shop[Symbol.asyncDispose]());

  /** By simple query and, for single statements, by the extended protocol in binary. */
  async function attack(client: WireClient, probe: Probe): Promise<readonly string[]> {
    const faults: string[] = [];
    const simple = await client.exchange(send.query(probe.sql));
    for (const canary of shop.leaksIn(simple)) faults.push(`${probe.sql}: leaked ${canary}`);
    const state = stateOf(simple);
    if (state === 'XX000') faults.push(`${probe.sql}: internal error`);
    if (probe.refused !== undefined && !probe.refused.includes(state)) {
      faults.push(`${probe.sql}: ${state}, expected one of ${probe.refused.join(' ')}`);
    }
    if (probe.quiet === true && state !== '00000') faults.push(`${probe.sql}: raised ${state}`);
    if (probe.rows !== undefined) {
      const answer = JSON.stringify(state === '00000' ? rowsOf(simple) : state);
      if (answer !== JSON.stringify(probe.rows)) {
        faults.push(`${probe.sql}: ${answer}, expected ${JSON.stringify(probe.rows)}`);
      }
    }
    if (client.closed) return [...faults, `${probe.sql}: the connection was closed`];
    await client.exchange(send.query('ROLLBACK'));
    const binary = await client.exchange(
      send.parse(probe.sql),
      send.bind({ resultFormats: [1] }),
      send.execute(),
      send.sync(),
    );
    for (const canary of shop.leaksIn(binary))
      faults.push(`${probe.sql} (binary): leaked ${canary}`);
    await client.exchange(send.query('ROLLBACK'));
    return faults;
  }

  test.each(ATTACKS)(
    'class $number: $title',
    async ({ probes }) => {
      const client = await WireClient.connect(shop.attacker);
      const faults: string[] = [];
      for (const probe of probes) faults.push(...(await attack(client, probe)));
      client.end();
      expect(faults).toEqual([]);
      expect(await shop.victimRows()).toBe(before);
    },
    60_000,
  );
});
