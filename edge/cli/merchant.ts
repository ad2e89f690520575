/** `helios-edge merchant add|list|rotate-key|suspend|resume|remove`, spoken to the running box. */
import { askBox } from '../admin/control-client.ts';
import type { MerchantSummary, MerchantWithKey } from '../admin/operations.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, type Command, parseWords, report, table, UsageError } from './command.ts';

const ADD_OPTIONS = {
  ...COMMON_OPTIONS,
  name: { type: 'string' },
  key: { type: 'string' },
  tier: { type: 'string' },
  location: { type: 'string' },
} as const;

const add: Command = {
  name: 'merchant add',
  usage: 'ID --name TEXT [--key KEY] [--tier T] [--location TEXT]',
  summary: 'add a merchant; prints its key, once',
  run: async (args) => {
    const { values, positionals } = parseWords(args, ADD_OPTIONS);
    const [id] = positionals;
    if (id === undefined || values.name === undefined) {
      throw new UsageError('merchant add needs an ID and --name TEXT');
    }
    const { name, key, tier, location } = values;
    const body = { id, name, key, tier, location };
    const answer = await askBox(boxConfig(values).dataDir, 'POST', '/merchants', body);
    report(values.json === true, answer, () => keyLines(answer as MerchantWithKey));
    return 0;
  },
};

const list: Command = {
  name: 'merchant list',
  usage: '',
  summary: 'list the merchants',
  run: async (args) => {
    const { values } = parseWords(args, COMMON_OPTIONS);
    const answer = await askBox(boxConfig(values).dataDir, 'GET', '/merchants');
    report(values.json === true, answer, () =>
      table([
        ['ID', 'NAME', 'TIER', 'STATUS', 'KEYS'],
        ...(answer as readonly MerchantSummary[]).map((merchant) => [
          merchant.id,
          merchant.name,
          merchant.tier,
          merchant.status,
          String(merchant.keys),
        ]),
      ]),
    );
    return 0;
  },
};

const rotateKey: Command = {
  name: 'merchant rotate-key',
  usage: 'ID',
  summary: 'give a merchant a new key; the old one stops working',
  run: async (args) => {
    const { values, positionals } = parseWords(args, COMMON_OPTIONS);
    const answer = await askBox(boxConfig(values).dataDir, 'POST', '/merchants/rotate-key', {
      id: oneId(positionals),
    });
    report(values.json === true, answer, () => keyLines(answer as MerchantWithKey));
    return 0;
  },
};

function withoutAnswer(name: string, path: string, summary: string, done: string): Command {
  return {
    name: `merchant ${name}`,
    usage: 'ID',
    summary,
    run: async (args) => {
      const { values, positionals } = parseWords(args, COMMON_OPTIONS);
      const id = oneId(positionals);
      const answer = await askBox(boxConfig(values).dataDir, 'POST', path, { id });
      report(values.json === true, answer, () => [`merchant ${id} ${done}`]);
      return 0;
    },
  };
}

function oneId(positionals: readonly string[]): string {
  const [id] = positionals;
  if (id === undefined) throw new UsageError('the merchant ID is missing');
  return id;
}

function keyLines(answer: MerchantWithKey): readonly string[] {
  return [
    `merchant  ${answer.id}`,
    `key       ${answer.key}`,
    'The key is shown this once: only a verifier of it is stored.',
  ];
}

export const merchantCommands: readonly Command[] = [
  add,
  list,
  rotateKey,
  withoutAnswer(
    'suspend',
    '/merchants/suspend',
    'refuse a merchant until further notice',
    'suspended',
  ),
  withoutAnswer(
    'resume',
    '/merchants/resume',
    'let a suspended merchant in again, with its old keys',
    'may log in again',
  ),
  withoutAnswer(
    'remove',
    '/merchants/remove',
    'remove a merchant that has no rows left',
    'removed',
  ),
];
