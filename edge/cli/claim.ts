/**
 * `helios-edge claim FILE`, `claim status`, `claim reset`, `merchant import FILE`: setting a box up from files, without
 * a network. A claim file holds secrets: `--remove` takes it away once the box has taken it.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { askBox } from '../admin/control-client.ts';
import {
  type ClaimAnswer,
  type ClaimStatus,
  type MerchantWithKey,
  OperationError,
} from '../admin/operations.ts';
import { type ClaimRequest, parseClaimFile, withMerchants } from '../claim/claim-request.ts';
import { type ListedMerchant, parseMerchantsFile } from '../claim/merchants-file.ts';
import { LIMITS } from '../limits.ts';
import { SafeDirectory } from '../update/safe-directory.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, type Command, parseWords, report, table, UsageError } from './command.ts';
import { runScript } from './sql.ts';

export const CLAIM_FILE = 'helios-claim.toml';
const CLAIM_OPTIONS = {
  ...COMMON_OPTIONS,
  merchants: { type: 'string' },
  remove: { type: 'boolean' },
  'if-present': { type: 'boolean' },
} as const;

export interface FileClaim {
  readonly answer: ClaimAnswer;
  readonly request: ClaimRequest;
  readonly writeKeys: boolean;
}

/**
 * Claims the running box by a file.
 * @param merchantsFile a list besides the one that the file names
 * @throws OperationError with the reason
 */
export async function claimByFile(
  dataDir: string,
  file: string,
  source: 'file' | 'usb',
  merchantsFile?: string,
): Promise<FileClaim> {
  const claim = parseClaimFile(readText(file));
  const named = claim.merchantsFile === null ? [] : [join(dirname(file), claim.merchantsFile)];
  const lists = merchantsFile === undefined ? named : [...named, merchantsFile];
  const request = withMerchants(claim.request, lists.flatMap(readMerchantsFile));
  // Tables come first: a claim whose statements are refused is refused as a whole, and one that is cut short runs them
  // again. Never on a box that is somebody's already: the file may come from a stranger's stick.
  const { claimable } = (await askBox(dataDir, 'GET', '/claim')) as ClaimStatus;
  if (claim.schemaFile !== null && claimable) {
    await runScript(dataDir, readText(join(dirname(file), claim.schemaFile)));
  }
  const answer = await askBox(dataDir, 'POST', '/claim', { request, source });
  return { answer: answer as ClaimAnswer, request, writeKeys: claim.writeKeys };
}

/** Overwrites a file before it goes: what FAT leaves behind of it are zeros. */
export function blankFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, Buffer.alloc(statSync(path).size));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  rmSync(path);
  using directory = SafeDirectory.open(dirname(path));
  directory.sync();
}

/** `merchant,key` for whoever sets the terminals up. */
export function keysAsCsv(merchants: readonly MerchantWithKey[]): string {
  const cell = (text: string): string =>
    /[",;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  return ['merchant,key', ...merchants.map(({ id, key }) => `${cell(id)},${cell(key)}`), ''].join(
    '\n',
  );
}

const claim: Command = {
  name: 'claim',
  usage: 'FILE [--merchants FILE] [--remove] [--if-present]',
  summary: 'set this box up by a claim file; prints the merchants’ keys, once',
  run: async (args) => {
    const { values, positionals } = parseWords(args, CLAIM_OPTIONS);
    const file = oneFile(positionals, 'claim');
    if (values['if-present'] === true && !existsSync(file)) return 0;
    const { dataDir } = boxConfig(values);
    const { answer } = await claimByFile(dataDir, file, 'file', values.merchants);
    if (values.remove === true) blankFile(file);
    report(values.json === true, answer, () => claimLines(answer));
    return 0;
  },
};

const status: Command = {
  name: 'claim status',
  usage: '',
  summary: 'say whose box this is, or that it waits to be claimed',
  run: async (args) => {
    const { values } = parseWords(args, COMMON_OPTIONS);
    const answer = (await askBox(boxConfig(values).dataDir, 'GET', '/claim')) as ClaimStatus;
    report(values.json === true, answer, () => [statusLine(answer)]);
    return 0;
  },
};

const reset: Command = {
  name: 'claim reset',
  usage: '',
  summary: 'let this box be claimed again; merchants and rows stay',
  run: async (args) => {
    const { values } = parseWords(args, COMMON_OPTIONS);
    const answer = await askBox(boxConfig(values).dataDir, 'POST', '/claim/reset');
    report(values.json === true, answer, () => [statusLine(answer as ClaimStatus)]);
    return 0;
  },
};

const importMerchants: Command = {
  name: 'merchant import',
  usage: 'FILE',
  summary: 'add the merchants of a CSV or TOML file, all or none; prints their keys, once',
  run: async (args) => {
    const { values, positionals } = parseWords(args, COMMON_OPTIONS);
    const merchants = readMerchantsFile(oneFile(positionals, 'merchant import'));
    const { dataDir } = boxConfig(values);
    const answer = await askBox(dataDir, 'POST', '/merchants/import', { merchants });
    report(values.json === true, answer, () => keyLines(answer as readonly MerchantWithKey[]));
    return 0;
  },
};

export const claimCommands: readonly Command[] = [claim, status, reset, importMerchants];

function claimLines({ shop, merchants, isRepeated }: ClaimAnswer): readonly string[] {
  if (isRepeated) return [`this box is set up for "${shop}" by this very claim already`];
  return [`this box is set up for "${shop}"`, ...keyLines(merchants)];
}

function keyLines(merchants: readonly MerchantWithKey[]): readonly string[] {
  if (merchants.length === 0) return [];
  return [
    ...table([['MERCHANT', 'KEY'], ...merchants.map(({ id, key }) => [id, key])]),
    'The keys are shown this once: only verifiers of them are stored.',
  ];
}

function statusLine({ claimed, claimable, shop, claimedAt, source }: ClaimStatus): string {
  if (claimed) return `claimed for "${shop}" on ${claimedAt} (${source})`;
  return claimable
    ? 'waits to be claimed: the code is on its screen'
    : 'in use without a claim: it has merchants';
}

function oneFile(positionals: readonly string[], name: string): string {
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new UsageError(`${name} needs one FILE`);
  return file;
}

function readMerchantsFile(file: string): readonly ListedMerchant[] {
  try {
    return parseMerchantsFile(file, readText(file));
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    throw new OperationError(`${basename(file)}: ${error.message}`, { cause: error });
  }
}

function readText(file: string): string {
  const { size } = statSync(file);
  if (size > LIMITS.claimFileBytesMax) {
    throw new OperationError(`${file} is longer than ${LIMITS.claimFileBytesMax} bytes`);
  }
  return readFileSync(file, 'utf8');
}
