/**
 * The command line, nothing else: finds the command, runs it, turns failures into one line and an
 * exit code. Heavy parts are loaded only by the commands that need them.
 */
import { OperationError } from './admin/operations.ts';
import { type Command, print, UsageError } from './cli/command.ts';
import { configCheck } from './cli/config-check.ts';
import { merchantCommands } from './cli/merchant.ts';
import { statusCommands } from './cli/status.ts';
import { ConfigError } from './config.ts';
import { COMMIT, VERSION } from './version.ts';

const version: Command = {
  name: 'version',
  usage: '',
  summary: 'print the version, the commit and the parts inside',
  run: async () => {
    print(`helios-edge ${VERSION} (${COMMIT})`);
    print(`node ${process.versions.node}, ${process.platform}-${process.arch}`);
    return 0;
  },
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

const COMMANDS: readonly Command[] = [
  serve,
  demo,
  ...statusCommands,
  ...merchantCommands,
  configCheck,
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
  if (words[0] === '--version') return version.run([]);
  const { command, rest } = findCommand(words);
  if (rest.includes('--help')) {
    print(`usage: helios-edge ${command.name} ${command.usage}`.trimEnd());
    return 0;
  }
  return command.run(rest);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known =
      error instanceof UsageError ||
      error instanceof ConfigError ||
      error instanceof OperationError;
    const text = error instanceof Error ? (known ? error.message : error.stack) : String(error);
    process.stderr.write(`helios-edge: ${text}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${usage()}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
