/**
 * What the service does in a booted system, checked by asking the system's own systemd. The checks run one after
 * another on one machine, and each leaves the box running: a machine boots once for all of them.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { WireClient } from '../support/wire-client.ts';

/** A machine that is up, and a root shell in it. */
export interface Guest {
  run(command: string, msMax?: number): Promise<{ readonly code: number; readonly output: string }>;
}

export interface ServiceFigures {
  readonly exposure: number;
  readonly stopMilliseconds: number;
  readonly selfTestMilliseconds: number;
}

const UNIT = 'helios-edge.service';
const CONFIG = '/var/lib/heliosdb/config.toml';
const EXPOSURE_MAX = 1.5;
/** An emulated machine starts the box in ten or twenty seconds. */
const ACTIVE_MS_MAX = 180_000;
const POLL_MS = 500;
const STOP_MS_MAX = 10_000;

/** Where the guest's 5432 is reached from here. */
export interface GuestAddress {
  readonly host: string;
  readonly port: number;
}

/** Runs all of them. */
export async function checkService(guest: Guest, address: GuestAddress): Promise<ServiceFigures> {
  await untilActive(guest);
  const selfTestMilliseconds = await passesHealthCheck(guest);
  const exposure = await isClosed(guest);
  await runsWithoutPowers(guest);
  await isBeaten(guest);
  await restartsAfterKill(guest);
  await restartsAfterFailedDisk(guest);
  await isKilledWhenItStandsStill(guest);
  const stopMilliseconds = await tellsTerminalsWhenStopped(guest, address);
  await followsTheConfiguration(guest);
  await hasTimers(guest);
  await untilActive(guest);
  await passesHealthCheck(guest);
  return { exposure, stopMilliseconds, selfTestMilliseconds };
}

async function output(guest: Guest, command: string): Promise<string> {
  const answer = await guest.run(command);
  assert.equal(answer.code, 0, `${command}\n${answer.output}`);
  return answer.output.trim();
}

/** Node may say something else before it. */
function jsonLine(text: string): unknown {
  return JSON.parse(text.split('\n').find((line) => line.startsWith('{')) ?? '{}');
}

async function property(guest: Guest, name: string): Promise<string> {
  return output(guest, `systemctl show ${UNIT} -p ${name} --value`);
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + ACTIVE_MS_MAX;
  while (!(await isTrue())) {
    assert(performance.now() < end, `${what}: not within ${ACTIVE_MS_MAX / 1000} s`);
    await pause(POLL_MS);
  }
}

async function untilActive(guest: Guest): Promise<void> {
  await until('the box is active', async () => (await property(guest, 'ActiveState')) === 'active');
}

/** Waits until another process runs the box; returns how the one before it ended. */
async function untilAnother(guest: Guest, before: string): Promise<string> {
  await until('the box was started again', async () => {
    const [pid, state] = [await property(guest, 'MainPID'), await property(guest, 'ActiveState')];
    return state === 'active' && pid !== before && pid !== '0';
  });
  return output(guest, `journalctl -u ${UNIT} --no-pager -o cat -n 200`);
}

/** Returns the self-test's milliseconds. */
async function passesHealthCheck(guest: Guest): Promise<number> {
  const answer = await output(guest, 'helios-edge health-check --wait 60 --json');
  const { selfTestMs } = jsonLine(answer) as { readonly selfTestMs: number };
  assert(selfTestMs > 0, answer);
  return selfTestMs;
}

async function isClosed(guest: Guest): Promise<number> {
  const text = await output(guest, `systemd-analyze security --no-pager ${UNIT}`);
  const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(text)?.[1]);
  assert(exposure <= EXPOSURE_MAX, text);
  return exposure;
}

async function runsWithoutPowers(guest: Guest): Promise<void> {
  const pid = await property(guest, 'MainPID');
  const status = await output(guest, `cat /proc/${pid}/status`);
  for (const name of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
    assert.match(status, new RegExp(`^${name}:\\s0+$`, 'm'));
  }
  assert.match(status, /^NoNewPrivs:\s1$/m);
  assert.match(status, /^Seccomp:\s2$/m);
  assert.equal(await output(guest, `stat -c %U /proc/${pid}`), 'helios');
}

/** The beats come by the descriptor that systemd passed: nobody but the box itself is heard. */
async function isBeaten(guest: Guest): Promise<void> {
  assert.equal(await property(guest, 'NotifyAccess'), 'main');
  assert.equal(await property(guest, 'StatusText'), 'serving terminals');
  const beat = () => property(guest, 'WatchdogTimestampMonotonic');
  const before = await beat();
  await until('the watchdog was fed', async () => (await beat()) !== before);
}

async function restartsAfterKill(guest: Guest): Promise<void> {
  const pid = await property(guest, 'MainPID');
  await output(guest, `kill -9 ${pid}`);
  const journal = await untilAnother(guest, pid);
  assert.match(journal, /code=killed, status=9\/KILL/);
}

async function restartsAfterFailedDisk(guest: Guest): Promise<void> {
  const pid = await property(guest, 'MainPID');
  // To the box a log that was taken away is a disk that lost it.
  await output(guest, 'rm /var/lib/heliosdb/pos.db-wal');
  const test = await guest.run('helios-edge health-check');
  assert.notEqual(test.code, 0, test.output);
  const journal = await untilAnother(guest, pid);
  assert.match(journal, /status=74/);
  await passesHealthCheck(guest);
}

async function isKilledWhenItStandsStill(guest: Guest): Promise<void> {
  const pid = await property(guest, 'MainPID');
  await output(guest, `kill -STOP ${pid}`);
  const journal = await untilAnother(guest, pid);
  assert.match(journal, /Watchdog timeout/);
  await passesHealthCheck(guest);
}

/** Returns the milliseconds from the request to the end of the process. */
async function tellsTerminalsWhenStopped(guest: Guest, address: GuestAddress): Promise<number> {
  const user = 'service-check';
  const added = await output(guest, `helios-edge merchant add ${user} --name Check --json`);
  const { key } = jsonLine(added) as { readonly key: string };
  const client = await WireClient.connect({
    ...address,
    user,
    password: key,
    database: 'pos',
    tls: true,
  });
  await client.rows('BEGIN');
  await client.rows('SELECT 1');
  const rest = client.until(() => false);
  const times = await output(
    guest,
    `date +%s%N; systemctl stop ${UNIT}; date +%s%N; systemctl start ${UNIT}`,
  );
  const [begun, ended] = times.split('\n').map(Number);
  const milliseconds = ((ended ?? 0) - (begun ?? 0)) / 1e6;
  assert(milliseconds > 0 && milliseconds < STOP_MS_MAX, `stopped in ${milliseconds} ms`);
  const states = (await rest).flatMap((message) =>
    message.kind === 'error' ? [message.fields['C']] : [],
  );
  assert.deepEqual(states, ['57P01']);
  await untilActive(guest);
  await output(guest, `helios-edge merchant remove ${user}`);
  return milliseconds;
}

async function followsTheConfiguration(guest: Guest): Promise<void> {
  await output(guest, `cp -p ${CONFIG} /run/config.toml.before`);
  try {
    await output(
      guest,
      `sed -i 's/^memory_limit_mb *=.*/memory_limit_mb = 256/; s/^max_client_connections *=.*/max_client_connections = 50/' ${CONFIG} && systemctl restart ${UNIT}`,
    );
    await hasLimits(guest, 1024, 50 + 3 + 4_000 + 256);
  } finally {
    await output(guest, `cp -p /run/config.toml.before ${CONFIG} && systemctl restart ${UNIT}`);
  }
  const text = await output(guest, 'helios-edge config limits --json');
  const limits = jsonLine(text) as { memoryMaxMb: number; openFilesMax: number };
  await hasLimits(guest, limits.memoryMaxMb, limits.openFilesMax);
}

async function hasLimits(guest: Guest, memoryMb: number, files: number): Promise<void> {
  const bytes = String(memoryMb * 1024 * 1024);
  assert.equal(await property(guest, 'MemoryMax'), bytes);
  const pid = await property(guest, 'MainPID');
  const limits = await output(guest, `cat /proc/${pid}/limits`);
  assert.match(limits, new RegExp(`^Max open files +${files} +${files} `, 'm'));
  const kernel = `/sys/fs/cgroup/system.slice/${UNIT}/memory.max`;
  const inForce = await guest.run(`[ ! -e ${kernel} ] || cat ${kernel}`);
  // A kernel without the memory controller has no such file.
  if (inForce.output.trim() !== '') assert.equal(inForce.output.trim(), bytes);
}

async function hasTimers(guest: Guest): Promise<void> {
  const timers = await output(guest, 'systemctl list-timers --all --no-pager --no-legend');
  for (const name of ['helios-backup.timer', 'helios-health.timer']) {
    assert.match(timers, new RegExp(name));
  }
  await output(guest, 'systemctl start helios-health.service');
  const report = JSON.parse(await output(guest, 'cat /var/lib/heliosdb/health.json')) as {
    readonly selfTest?: { readonly milliseconds?: number };
  };
  assert((report.selfTest?.milliseconds ?? 0) > 0);
  await output(guest, 'systemctl start helios-backup.service');
  assert.notEqual(await output(guest, 'ls /var/lib/heliosdb/backups'), '');
}
