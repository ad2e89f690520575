/**
 * `helios-edge doctor`: what is wrong, what it means for the shop, what to do. A running box is asked; where none
 * runs, its files, ports and machine are looked at. It changes nothing.
 *
 * Exit code 0: nothing needs doing; 1: something does. `helios-edge device` and `helios-edge support-bundle` say
 * what machine this is, and fetch what a helper from afar needs.
 */
import { accessSync, constants, createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readBoxFiles } from '../admin/box-files.ts';
import { askBox, fetchFromBox } from '../admin/control-client.ts';
import { inOrder, judgeFiles, judgeMachine } from '../admin/findings.ts';
import { type Finding, OperationError } from '../admin/operations.ts';
import { systemClock } from '../clock.ts';
import { type Config, ConfigError } from '../config.ts';
import { readDeviceFacts } from '../device/device-facts.ts';
import { judgeDevice } from '../device/device-health.ts';
import { askInventory, type Inventory, judgeDisks, readInventory } from '../device/inventory.ts';
import { liveOwner } from '../engine/owner-lock.ts';
import { selfCommand } from '../self-command.ts';
import { type BoxOptions, boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, type Command, parseWords, report, table } from './command.ts';

const MICROS_PER_MS = 1000n;
const MARKS = { fail: 'FAIL', warn: 'WARN', ok: 'ok' } as const;
const INDENT = '      ';

const doctor: Command = {
  name: 'doctor',
  usage: '',
  summary: 'say what is wrong, what it means and what to do; works without a running box',
  run: async (args) => {
    const { values } = parseWords(args, COMMON_OPTIONS);
    const findings = inOrder(await examine(values));
    report(values.json === true, findings, () => findings.flatMap(findingLines));
    return findings.every(({ state }) => state === 'ok') ? 0 : 1;
  },
};

function findingLines({ state, title, meaning, mend }: Finding): readonly string[] {
  const lines = [`${MARKS[state].padEnd(INDENT.length)}${title}`];
  if (state === 'ok') return lines;
  lines.push(`${INDENT}${meaning}`);
  if (mend !== '') lines.push(`${INDENT}What to do: ${mend}`);
  return lines;
}

async function examine(options: BoxOptions): Promise<readonly Finding[]> {
  let config: Config;
  try {
    config = boxConfig(options);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [unusableConfig(error.message)];
  }
  const inventory = askInventory(selfCommand());
  try {
    const findings = (await askBox(config.dataDir, 'GET', '/doctor')) as readonly Finding[];
    return [...findings, ...judgeDisks(await inventory)];
  } catch (error) {
    return [...(await examineStopped(config, error)), ...judgeDisks(await inventory)];
  }
}

function unusableConfig(reason: string): Finding {
  return {
    id: 'configuration',
    state: 'fail',
    title: 'The configuration cannot be used',
    meaning: `The box does not start: ${reason}`,
    mend: 'Correct that key; "helios-edge config check" says when it is right.',
  };
}

async function examineStopped(config: Config, refusal: unknown): Promise<readonly Finding[]> {
  const facts = await readDeviceFacts({ dataDir: config.dataDir, clock: systemClock });
  const nowMs = Number(systemClock.wallMicros() / MICROS_PER_MS);
  return [
    silence(config, refusal),
    ...(await Promise.all(doorsOf(config).map(judgeDoor))).flat(),
    ...judgeFiles(readBoxFiles(config), nowMs),
    ...judgeMachine(judgeDevice(facts)),
  ];
}

/** Why no box answers. */
function silence(config: Config, refusal: unknown): Finding {
  const id = 'running';
  if (isClosedToUs(config, refusal)) {
    return {
      id,
      state: 'warn',
      title: 'This user may not ask the box',
      meaning: 'What follows is only what its files and this machine say.',
      mend: "Run this as root, or as the box's own user.",
    };
  }
  const owner = liveOwner(config['database.path']);
  if (owner !== null) {
    return {
      id,
      state: 'fail',
      title: `The box (process ${owner}) runs and does not answer`,
      meaning: 'Terminals most likely wait. It may be starting, or putting a long log in order.',
      mend: 'Wait a minute. If it stays so: systemctl restart helios-edge.',
    };
  }
  const isKnown = refusal instanceof OperationError;
  return {
    id,
    state: 'fail',
    title: 'The box does not run',
    meaning: `Nothing can be sold.${isKnown ? '' : ` It said: ${String(refusal)}`}`,
    mend: 'systemctl start helios-edge; if it stops again: journalctl -u helios-edge -n 50 says why.',
  };
}

/** A directory that we may not enter looks as if there were no box in it. */
function isClosedToUs(config: Config, refusal: unknown): boolean {
  const codes: readonly unknown[] = ['EACCES', 'EPERM'];
  if (codes.includes((refusal as NodeJS.ErrnoException).code)) return true;
  try {
    accessSync(config.dataDir, constants.R_OK | constants.X_OK);
    return false;
  } catch (error) {
    return codes.includes((error as NodeJS.ErrnoException).code);
  }
}

interface Door {
  readonly key: string;
  readonly host: string;
  readonly port: number;
}

function doorsOf(config: Config): readonly Door[] {
  const address = config['proxy.listen_addr'];
  const colon = address.lastIndexOf(':');
  const host = config['server.host'];
  return [
    {
      key: 'proxy.listen_addr',
      host: address.slice(0, colon).replace(/^\[|\]$/g, ''),
      port: Number(address.slice(colon + 1)),
    },
    { key: 'server.admin_port', host, port: config['server.admin_port'] },
    ...(config['monitoring.metrics_enabled']
      ? [{ key: 'monitoring.prometheus_port', host, port: config['monitoring.prometheus_port'] }]
      : []),
  ];
}

/** Opens the door for a moment: the system itself says best whether it can be. */
async function judgeDoor({ key, host, port }: Door): Promise<readonly Finding[]> {
  const server = createServer();
  const refusal = await new Promise<NodeJS.ErrnoException | null>((done) => {
    server.once('error', done);
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(null)));
  });
  if (refusal === null) return [];
  const reasons: Readonly<Record<string, readonly [string, string]>> = {
    EADDRINUSE: [
      'another program listens there',
      `Stop that program (ss -ltnp shows it), or set ${key}.`,
    ],
    EACCES: ['this user may not open it', `Run the box as its own user, or set ${key} above 1023.`],
    EADDRNOTAVAIL: [
      'this machine has no such address',
      `Set ${key} to an address of this machine.`,
    ],
  };
  const [reason, mend] = reasons[refusal.code ?? ''] ?? [refusal.message, `Set ${key}.`];
  return [
    {
      id: `port-${port}`,
      state: 'fail',
      title: `The box cannot listen at ${host}:${port}: ${reason}`,
      meaning: 'It cannot start as it is configured.',
      mend,
    },
  ];
}

const device: Command = {
  name: 'device',
  usage: '',
  summary: 'say what machine this is, and how its disks are',
  run: async (args) => {
    const { values } = parseWords(args, COMMON_OPTIONS);
    const inventory = await readInventory();
    report(values.json === true, inventory, () => inventoryLines(inventory));
    return 0;
  },
};

function inventoryLines(inventory: Inventory): readonly string[] {
  const { machine, processor, cores, celsius, system, kernel, disks } = inventory;
  return table([
    ['machine', machine],
    ['processor', `${processor}, ${cores} cores`],
    ['temperature', celsius === null ? 'unknown' : `${celsius} °C`],
    ['system', `${system}, kernel ${kernel}`],
    ...disks.map((disk) => [
      'disk',
      `${disk.name} ${disk.vendor} ${(disk.bytes / 1e9).toFixed(1)} GB, SMART ${disk.smart}` +
        `${disk.wearPercent === null ? '' : `, ${disk.wearPercent} % of its life used`}`,
    ]),
  ]);
}

const supportBundle: Command = {
  name: 'support-bundle',
  usage: '[FILE]',
  summary:
    'save what a helper from afar needs, without keys or rows; to helios-edge-support.tar.gz',
  run: async (args) => {
    const { values, positionals } = parseWords(args, COMMON_OPTIONS);
    const path = resolve(positionals[0] ?? 'helios-edge-support.tar.gz');
    const bundle = await fetchFromBox(boxConfig(values).dataDir, '/support-bundle');
    await pipeline(bundle, createWriteStream(path, { mode: 0o600 }));
    report(values.json === true, { path }, () => [`saved ${path}`]);
    return 0;
  },
};

export const doctorCommands: readonly Command[] = [doctor, device, supportBundle];
