/**
 * `helios-edge usb DIR`: what a stick that was just plugged in is for. A claim file sets up a box that waits for
 * one; the newest bundle that suits this box is installed. Both without a network and without a word typed.
 *
 * The stick is mounted read-only. It is made writable only to take the claim file's secrets away, to write
 * the merchants' keys where the claim asks for them, and to fill in `helios-report.txt` where that file lies on
 * the stick.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { askBox } from '../admin/control-client.ts';
import { type BoxStatus, OperationError } from '../admin/operations.ts';
import { LIMITS } from '../limits.ts';
import { DATA_LAYOUT } from '../update/data-layout.ts';
import { BUNDLE_SUFFIX } from '../update/stage.ts';
import { installFrom, thisSystem } from '../update/updater.ts';
import { boxConfig } from './box-config.ts';
import { blankFile, CLAIM_FILE, claimByFile, keysAsCsv } from './claim.ts';
import { COMMON_OPTIONS, type Command, parseWords, print, UsageError } from './command.ts';
import { reboot } from './update.ts';

const REPORT = 'helios-report.txt';
const SERVING_MS_MAX = 120_000;
const POLL_MS = 250;

export const usb: Command = {
  name: 'usb',
  usage: 'DIR',
  summary: 'take a claim and an update from a mounted stick (its unit calls it)',
  run: async (args) => {
    const { values, positionals } = parseWords(args, COMMON_OPTIONS);
    const [stick] = positionals;
    if (stick === undefined) throw new UsageError('usb needs the DIR where the stick is mounted');
    const { dataDir } = boxConfig(values);
    const lines: string[] = [];
    const say = (line: string): void => {
      lines.push(`${new Date().toISOString()} ${line}`);
      print(line);
    };
    const isFine = await attempt(say, () => takeClaim(dataDir, stick, say));
    let isInstalled = false;
    const isUpdateFine = await attempt(say, async () => {
      isInstalled = await takeUpdate(dataDir, stick, say);
    });
    if (existsSync(join(stick, REPORT)) && makeWritable(stick)) {
      writeFileSync(join(stick, REPORT), [hostname(), ...lines, ''].join('\r\n'));
    }
    if (isInstalled) reboot();
    return isFine && isUpdateFine ? 0 : 1;
  },
};

/** What goes wrong with one is no reason to leave the other. */
async function attempt(say: (line: string) => void, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    say(error.message);
    return false;
  }
}

async function takeClaim(
  dataDir: string,
  stick: string,
  say: (line: string) => void,
): Promise<void> {
  const file = join(stick, CLAIM_FILE);
  if (!existsSync(file)) return;
  const { answer, request, writeKeys } = await claimByFile(dataDir, file, 'usb');
  say(`this box is set up for "${answer.shop}"`);
  await untilServing(dataDir);
  if (!makeWritable(stick)) {
    say(`the stick cannot be written: remove ${CLAIM_FILE} from it, it holds secrets`);
    return;
  }
  if (writeKeys && answer.merchants.length > 0) {
    const name = `helios-keys-${hostname()}.csv`;
    writeFileSync(join(stick, name), keysAsCsv(answer.merchants));
    say(`the merchants' keys are in ${name} on the stick`);
  }
  const { shop, timeZone, merchants } = request;
  const done = { shop, timeZone, merchants: merchants.map(({ id, name }) => ({ id, name })) };
  writeFileSync(`${file}.done`, `${JSON.stringify(done, null, 2)}\n`);
  blankFile(file);
}

/** The box opens anew with its settings; an update that comes next wants a backup from it. */
async function untilServing(dataDir: string): Promise<void> {
  await pause(LIMITS.claimRestartDelayMs);
  const end = performance.now() + SERVING_MS_MAX;
  while (performance.now() < end) {
    try {
      const status = (await askBox(dataDir, 'GET', '/status')) as BoxStatus;
      if (status.ready) return;
    } catch {
      // It is closed, or not open yet.
    }
    await pause(POLL_MS);
  }
}

async function takeUpdate(
  dataDir: string,
  stick: string,
  say: (line: string) => void,
): Promise<boolean> {
  if (!readdirSync(stick).some((name) => name.endsWith(BUNDLE_SUFFIX))) return false;
  await installFrom(thisSystem(dataDir, DATA_LAYOUT, say), stick, {
    isDowngradeForced: false,
    withoutBackup: false,
    isUpload: false,
    isAutomatic: true,
  });
  return true;
}

/** False where the stick has a lock, or is no mount of its own. */
function makeWritable(stick: string): boolean {
  try {
    execFileSync('mount', ['-o', 'remount,rw', stick], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
