/**
 * `helios-edge update install|status|verify|rollback`, and `update record`, which the units call at each boot. All
 * but `verify` and a glance at the status are root's.
 */
import { execFileSync } from 'node:child_process';
import { askBox } from '../admin/control-client.ts';
import type { UpdateAttempt } from '../update/attempt.ts';
import { verifyBundleFile } from '../update/bundle-reader.ts';
import { DATA_LAYOUT } from '../update/data-layout.ts';
import { loadUpdateKeys } from '../update/update-keys.ts';
import { readStatus, type UpdateStatus } from '../update/update-record.ts';
import {
  currentStatus,
  installFrom,
  recordBoot,
  rollBack,
  thisSystem,
  type UpdaterSystem,
} from '../update/updater.ts';
import { VERSION } from '../version.ts';
import { boxConfig } from './box-config.ts';
import {
  COMMON_OPTIONS,
  type Command,
  parseWords,
  print,
  report,
  table,
  UsageError,
} from './command.ts';

const INSTALL_OPTIONS = {
  ...COMMON_OPTIONS,
  'force-downgrade': { type: 'boolean' },
  'without-backup': { type: 'boolean' },
  'no-reboot': { type: 'boolean' },
  upload: { type: 'boolean' },
} as const;

const install: Command = {
  name: 'update install',
  usage: 'FILE|DIR [--force-downgrade] [--without-backup] [--no-reboot]',
  summary: 'install a signed bundle into the other system slot and restart into it',
  run: async (args) => {
    const { values, positionals } = parseWords(args, INSTALL_OPTIONS);
    const source = one(positionals, 'update install needs a bundle, or a directory with one');
    const attempt = await installFrom(
      system(boxConfig(values).dataDir, values.json === true),
      source,
      {
        isDowngradeForced: values['force-downgrade'] === true,
        withoutBackup: values['without-backup'] === true,
        isUpload: values.upload === true,
        isAutomatic: false,
      },
    );
    report(values.json === true, attempt, () => [
      values['no-reboot'] === true ? 'restart the box to try it' : 'the box restarts now',
    ]);
    if (values['no-reboot'] !== true) reboot();
    return 0;
  },
};

const status: Command = {
  name: 'update status',
  usage: '',
  summary: 'show the system slots, and what became of the last update',
  run: async (args) => {
    const { values } = parseWords(args, COMMON_OPTIONS);
    const { dataDir } = boxConfig(values);
    const answer = await findStatus(dataDir);
    report(values.json === true, answer, () => statusLines(answer));
    return 0;
  },
};

/** Root sees the disk; anybody else what the updater last wrote down. */
async function findStatus(dataDir: string): Promise<UpdateStatus> {
  if (process.getuid?.() === 0) {
    const written = readStatus(dataDir, VERSION);
    return written.supported ? currentStatus(system(dataDir, true)) : written;
  }
  return (await askBox(dataDir, 'GET', '/update')) as UpdateStatus;
}

const verify: Command = {
  name: 'update verify',
  usage: 'FILE [--keys DIR]',
  summary: 'check a bundle: signature, every byte, and what is in it',
  run: async (args) => {
    const { values, positionals } = parseWords(args, {
      ...COMMON_OPTIONS,
      keys: { type: 'string' },
    });
    const file = one(positionals, 'update verify needs a bundle');
    const { manifest } = await verifyBundleFile(file, loadUpdateKeys(values.keys));
    report(values.json === true, manifest, () =>
      table([
        ['version', manifest.version],
        ['for', manifest.arch],
        ['made', manifest.created],
        ['installs on', `${manifest.minFromVersion} and later`],
        ['data layout', String(manifest.layout)],
        ...manifest.parts.map((part) => [part.name, `${part.bytes} bytes, sha256 ${part.sha256}`]),
      ]),
    );
    return 0;
  },
};

const rollback: Command = {
  name: 'update rollback',
  usage: '[--restore-data] [--no-reboot]',
  summary: 'return to the version in the other system slot',
  run: async (args) => {
    const options = {
      ...COMMON_OPTIONS,
      'restore-data': { type: 'boolean' },
      'no-reboot': { type: 'boolean' },
    } as const;
    const { values } = parseWords(args, options);
    const { dataDir } = boxConfig(values);
    const attempt = rollBack(
      system(dataDir, values.json === true),
      values['restore-data'] === true,
    );
    report(values.json === true, attempt, () => [`the next boot starts version ${attempt.from}`]);
    if (values['no-reboot'] !== true) reboot();
    return 0;
  },
};

const record: Command = {
  name: 'update record',
  usage: '',
  summary: 'note what became of the last update (the units call it at each boot)',
  run: async (args) => {
    const { values } = parseWords(args, COMMON_OPTIONS);
    recordBoot(system(boxConfig(values).dataDir, false));
    return 0;
  },
};

const giveBack: Command = {
  name: 'update return-data',
  usage: '--version V [--backup FILE]',
  summary: 'put the backup in place of data that this version cannot open (the updater calls it)',
  run: async (args) => {
    const options = {
      ...COMMON_OPTIONS,
      version: { type: 'string' },
      backup: { type: 'string' },
    } as const;
    const { values } = parseWords(args, options);
    if (values.version === undefined) throw new UsageError('--version is missing');
    const { returnData } = await import('../update/data-restore.ts');
    const answer = await returnData(boxConfig(values), values.version, values.backup ?? null);
    print(JSON.stringify(answer));
    return 0;
  },
};

export const updateCommands: readonly Command[] = [
  install,
  status,
  verify,
  rollback,
  record,
  giveBack,
];

function system(dataDir: string, isQuiet: boolean): UpdaterSystem {
  return thisSystem(dataDir, DATA_LAYOUT, isQuiet ? () => undefined : print);
}

function one(positionals: readonly string[], missing: string): string {
  const [word] = positionals;
  if (word === undefined || positionals.length > 1) throw new UsageError(missing);
  return word;
}

/** In order: the box tells its terminals, and closes its file. */
export function reboot(): void {
  execFileSync('systemctl', ['reboot'], { stdio: ['ignore', 'ignore', 'inherit'] });
}

export function statusLines(answer: UpdateStatus): readonly string[] {
  if (!answer.supported) {
    return [
      `version ${answer.running}, not an appliance image: update it the way it was installed`,
    ];
  }
  const tries = new Map(answer.entries.map((entry) => [entry.version, entry.triesLeft]));
  const slots = answer.slots.map(({ label, version, running }) => [
    version ?? label,
    running ? 'runs' : '',
    version === null || !tries.has(version) ? '' : triesText(tries.get(version) ?? null),
  ]);
  const refusal = answer.refusal;
  return [
    ...table([['SLOT', '', 'STATE'], ...slots]),
    ...(answer.last === null ? [] : attemptLines(answer.last)),
    ...(refusal === null ? [] : [`refused ${refusal.at}: ${refusal.file}: ${refusal.reason}`]),
  ];
}

function triesText(triesLeft: number | null): string {
  if (triesLeft === null) return 'good';
  return triesLeft === 0 ? 'given up' : `on trial, ${triesLeft} tries left`;
}

function attemptLines(attempt: UpdateAttempt): readonly string[] {
  const { version, from, phase, begun, reason, backup, backupNote, keptAside } = attempt;
  return [
    `last update  ${from} to ${version}, ${begun}: ${phase.replace('-', ' ')}`,
    ...(reason === null ? [] : [`             ${reason}`]),
    ...(backup === null ? [] : [`backup       ${backup}`]),
    ...(backupNote === null ? [] : [`             ${backupNote}`]),
    ...(keptAside === null ? [] : [`kept aside   ${keptAside}`]),
  ];
}
