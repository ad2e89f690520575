/**
 * The command line, nothing else: finds the command, runs it, turns failures into one line and an
 * exit code. Heavy parts are loaded only by the commands that need them.
 */
import { OperationError } from './admin/operations.ts';
import { backupCommands } from './cli/backup-commands.ts';
import { claimCommands } from './cli/claim.ts';
import { type Command, print, UsageError, visible } from './cli/command.ts';
import { configCheck } from './cli/config-check.ts';
import { configLimits } from './cli/config-limits.ts';
import { doctorCommands } from './cli/doctor.ts';
import { healthCommands } from './cli/health.ts';
import { merchantCommands } from './cli/merchant.ts';
import { sql } from './cli/sql.ts';
import { statusCommands } from './cli/status.ts';
import { updateCommands } from './cli/update.ts';
import { usb } from './cli/usb.ts';
import { ConfigError } from './config.ts';
import { EdgeError } from './errors.ts';

const version: Command = {
  name: 'version',
  usage: '[--json | --sbom | --licenses]',
  summary: 'print the version, the commit and the parts inside, or their licences',
  run: async (args) => (await import('./cli/version.ts')).version(args),
};

const serve: Command = {
  name: 'serve',
  usage: '[--config FILE] [--data-dir DIR] [--set section.key=value …]',
  summary: 'run the box (the default command)',
  run: async (args) => (await import('./cli/serve.ts')).serve(args),
};

const receiver: Command = {
  name: 'receiver',
  usage: '[--listen ADDR:PORT] [--database-url URL | --data-dir DIR] [--token TOKEN]',
  summary: 'run the reference cloud endpoint, on PGlite or on PostgreSQL',
  run: async (args) => (await import('./cli/receiver.ts')).receiver(args),
};

const demo: Command = {
  name: 'demo',
  usage: '[--merchants N] [--terminals N] [--seconds S] [--seed N] [--keep]',
  summary: 'a shop sells, loses its link, has its plug pulled, and every ledger agrees',
  run: async (args) => (await import('./cli/demo.ts')).demo(args),
};

/** What to do about errors of the system. */
const MENDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there: stop it, or set another address',
  EADDRNOTAVAIL: 'this machine has no such address: set another one',
  EACCES: 'run it as the user that owns the data directory, or set another one',
  ENOSPC: 'make room on the disk',
  EROFS: 'set a data directory that can be written to',
};

const COMMANDS: readonly Command[] = [
  serve,
  demo,
  ...statusCommands,
  ...merchantCommands,
  ...backupCommands,
  ...claimCommands,
  sql,
  ...updateCommands,
  usb,
  configCheck,
  configLimits,
  ...healthCommands,
  ...doctorCommands,
  receiver,
  version,
];

function usage(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length));
  const lines = COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return [
    'usage: helios-edge COMMAND [options]',
    '',
    ...lines,
    '',
    'Common options: --config FILE, --data-dir DIR, --set section.key=value, --json',
  ].join('\n');
}

/** The longest command name that the words begin with; no word at all is `serve`. */
function findCommand(words: readonly string[]): { command: Command; rest: readonly string[] } {
  const [first] = words;
  if (first === undefined || first.startsWith('--')) return { command: serve, rest: words };
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(' ');
    const command = COMMANDS.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: words.slice(count) };
  }
  throw new UsageError(`no command "${words.slice(0, 2).join(' ')}"`);
}

async function main(words: readonly string[]): Promise<number> {
  if (words[0] === '--help' || words[0] === 'help' || words[0] === '-h') {
    print(usage());
    return 0;
  }
  if (words[0] === '--version') return version.run(words.slice(1));
  const { command, rest } = findCommand(words);
  if (rest.includes('--help')) {
    print(`usage: helios-edge ${command.name} ${command.usage}`.trimEnd());
    return 0;
  }
  return command.run(rest);
}

/** What went wrong, in one line; only a fault of our own shows where. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof EdgeError && error.condition !== 'internal_error') return error.message;
  const isKnown =
    error instanceof UsageError || error instanceof ConfigError || error instanceof OperationError;
  if (isKnown) return error.message;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error.stack ?? error.message;
  const mend = MENDS[code];
  return mend === undefined ? error.message : `${error.message}; ${mend}`;
}

// A reader that has seen enough (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const text = explain(error);
    process.stderr.write(`helios-edge: ${visible(text)}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${usage()}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
