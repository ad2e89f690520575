/**
 * A gzipped tar for whoever helps from afar: what the box is, how it is, what it logged lately. It holds no key, no
 * token, no row and no statement's values; `secrets.ts` says how that is kept.
 *
 * It is made while it is sent: a slow receiver holds it back, and it never lies whole in memory. A part that
 * cannot be made is replaced by a line that says so.
 */
import { execFile } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import type { Clock } from '../clock.ts';
import { LIMITS } from '../limits.ts';
import { harmlessLogLine, type Redact } from './secrets.ts';

export interface SupportParts {
  readonly clock: Clock;
  readonly redact: Redact;
  /** Contents by file name, each made when its turn comes. */
  readonly parts: Readonly<Record<string, () => Promise<unknown>>>;
  /** Log files of our own, by the name that they get. */
  readonly logs: Readonly<Record<string, string>>;
  /** The systemd unit whose journal is taken, if it can be read. */
  readonly unit: string;
}

const FOLDER = 'helios-edge-support';
const FILE_MODE = 0o600;
const MICROS_PER_MS = 1000n;
const INDENT = 2;

const README = `This is a support bundle of a helios-edge box.

It holds the state of the box, of the machine and of the sync, what doctor found, the configuration with its
secrets masked, the figures, and the last lines of the logs. It holds no keys, no tokens, no rows and no
values of statements. Lines of logs that might hold such were cut down to what is harmless.
`;

/** Begins a bundle; reading it makes it. */
export async function makeSupportBundle(support: SupportParts): Promise<Readable> {
  const { pack } = await import('tar-stream');
  const tar = pack();
  const gzip = createGzip();
  // A receiver that has gone ends both; there is nobody left to tell.
  pipeline(tar, gzip, () => undefined);
  const mtime = new Date(Number(support.clock.wallMicros() / MICROS_PER_MS));
  const add = (name: string, content: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const header = { name: `${FOLDER}/${name}`, mode: FILE_MODE, mtime };
      tar.entry(header, support.redact(content), (error) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
  fill(support, add).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return gzip;
}

async function fill(
  support: SupportParts,
  add: (name: string, content: string) => Promise<void>,
): Promise<void> {
  await add('README.txt', README);
  for (const [name, make] of Object.entries(support.parts)) {
    await add(name, await content(make));
  }
  for (const [name, path] of Object.entries(support.logs)) {
    const lines = lastLines(path);
    if (lines !== null) await add(name, harmlessLines(lines));
  }
  const journal = await readJournal(support.unit);
  if (journal !== null) await add('journal.log', journal);
}

async function content(make: () => Promise<unknown>): Promise<string> {
  try {
    const made = await make();
    return typeof made === 'string' ? made : `${JSON.stringify(made, null, INDENT)}\n`;
  } catch (error) {
    return `could not be made: ${error instanceof Error ? error.name : 'unknown error'}\n`;
  }
}

/** The end of a log file, from the first whole line on; null where there is none. */
export function lastLines(path: string): readonly string[] | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const { size } = fstatSync(file);
    const length = Math.min(size, LIMITS.supportLogBytesMax);
    const bytes = Buffer.alloc(length);
    const count = readSync(file, bytes, 0, length, size - length);
    const lines = bytes.toString('utf8', 0, count).split('\n');
    return (length < size ? lines.slice(1) : lines).filter((line) => line !== '');
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

function harmlessLines(lines: readonly string[]): string {
  const kept = lines.map(harmlessLogLine).filter((line) => line !== null);
  const left = lines.length - kept.length;
  return `${[...kept, ...(left > 0 ? [`${left} lines of another form were left out`] : [])].join('\n')}\n`;
}

/** Our lines of the journal, and systemd's about us; null where it cannot be read. */
async function readJournal(unit: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(
      'journalctl',
      ['--unit', unit, '--lines', '2000', '--output', 'json', '--no-pager', '--quiet'],
      {
        timeout: LIMITS.supportJournalMsMax,
        maxBuffer: LIMITS.supportLogBytesMax * INDENT * INDENT,
      },
    );
    const lines = stdout.split('\n').flatMap(journalLine);
    return lines.length === 0 ? null : `${lines.join('\n')}\n`;
  } catch {
    return null;
  }
}

function journalLine(line: string): readonly string[] {
  if (line === '') return [];
  const { MESSAGE, SYSLOG_IDENTIFIER } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  if (typeof MESSAGE !== 'string') return [];
  if (SYSLOG_IDENTIFIER === 'systemd') return [`systemd: ${MESSAGE}`];
  const harmless = harmlessLogLine(MESSAGE);
  return harmless === null ? [] : [harmless];
}
