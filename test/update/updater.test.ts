import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readRecord, readStatus, writeRecord } from '../../edge/update/update-record.ts';
import {
  currentStatus,
  type InstallOptions,
  installFrom,
  recordBoot,
  rollBack,
  type UpdaterSystem,
} from '../../edge/update/updater.ts';
import { UpdateUploads } from '../../edge/update/upload.ts';
import { BundleShop } from './bundles.ts';
import { FakeMachine } from './fake-machine.ts';

const VERSIONS = ['0.9.0', '1.0.0', '2.0.0', '2.5.0', '3.0.0'];
/** 2.5.0 changes the data so that no older version can open it. */
const LAYOUTS: Readonly<Record<string, number>> = { '2.5.0': 9 };
const OPTIONS: InstallOptions = {
  isDowngradeForced: false,
  withoutBackup: false,
  isUpload: false,
  isAutomatic: false,
};
const shop = new BundleShop();
let machine: FakeMachine;
let system: UpdaterSystem;
let said: string[] = [];
let folder = '';

beforeAll(async () => {
  for (const version of VERSIONS) {
    await shop.make(version, { arch: arch(), layout: LAYOUTS[version] ?? 1 });
  }
});
afterAll(() => shop[Symbol.dispose]());

beforeEach(() => {
  machine = new FakeMachine();
  machine.place(1, '1.0.0', shop.root('1.0.0'), shop.uki('1.0.0'));
  machine.running = '1.0.0';
  folder = mkdtempSync(join(tmpdir(), 'helios-updater-'));
  mkdirSync(join(folder, 'keys/update-keys'), { recursive: true });
  writeFileSync(join(folder, 'keys/update-keys/test.pub'), shop.key.publicPem);
  mkdirSync(join(folder, 'data'), { mode: 0o700 });
  said = [];
  system = onNow();
});
afterEach(() => {
  machine[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

function arch(): 'x64' | 'arm64' {
  return process.arch === 'arm64' ? 'arm64' : 'x64';
}

function bundle(version: string): string {
  return join(shop.directory, `${version}.heliosupdate`);
}

/** The system as the program of the running version sees it. */
function onNow(): UpdaterSystem {
  return {
    running: { version: machine.running, arch: arch() },
    bootId: machine.bootId,
    disk: machine,
    bootFolder: join(machine.home, 'esp'),
    stateDir: join(machine.home, 'state'),
    keysHome: join(folder, 'keys'),
    dataDir: join(folder, 'data'),
    layout: LAYOUTS[machine.running] ?? 1,
    say: (text) => said.push(text),
  };
}

function boot(broken: readonly string[] = []): string {
  machine.boot((root, uki) => {
    const version = VERSIONS.find((candidate) => {
      const whole = shop.root(candidate);
      return root.subarray(0, whole.length).equals(whole) && uki.equals(shop.uki(candidate));
    });
    return version === undefined || broken.includes(version) ? null : version;
  });
  system = onNow();
  recordBoot(system);
  return machine.running;
}

function status() {
  return readStatus(system.dataDir, '0.0.0');
}

test('a box that does not run is updated without a backup, and says so', async () => {
  expect(status().supported).toBe(false);
  await installFrom(system, bundle('2.0.0'), OPTIONS);
  expect(status()).toMatchObject({
    supported: true,
    running: '1.0.0',
    last: { version: '2.0.0', phase: 'trial', backup: null },
  });
  expect(status().last?.backupNote).toContain('no box is running');
  expect(boot()).toBe('2.0.0');
  expect(status().last).toMatchObject({ phase: 'trial', starts: 1 });
  machine.bless();
  recordBoot(system);
  expect(status().last?.phase).toBe('good');
  expect(said.at(-1)).toBe('version 2.0.0 has passed its health check');
  expect(currentStatus(system)).toEqual(status());
  expect(existsSync(join(system.stateDir, 'staged.heliosupdate'))).toBe(false);
});

test('what is refused is told, and the upload goes', async () => {
  const update = join(system.dataDir, 'update');
  mkdirSync(update);
  const incoming = join(update, 'incoming.heliosupdate');
  const bytes = readFileSync(bundle('2.0.0'));
  bytes[200] = (bytes[200] ?? 0) ^ 1;
  writeFileSync(incoming, bytes);
  const options = { ...OPTIONS, isUpload: true };
  await expect(installFrom(system, incoming, options)).rejects.toThrow('not signed');
  expect(existsSync(incoming)).toBe(false);
  expect(status().refusal).toMatchObject({ file: 'incoming.heliosupdate' });
  expect(status().refusal?.reason).toContain('not signed');
  copyFileSync(bundle('2.0.0'), incoming);
  await installFrom(system, incoming, options);
  expect(existsSync(incoming)).toBe(false);
  expect(status().refusal).toBeNull();
});

test('links, pipes and swapped directories of the unprivileged user lead nowhere', async () => {
  const update = join(system.dataDir, 'update');
  const precious = join(folder, 'precious');
  mkdirSync(update);
  writeFileSync(precious, 'root’s own');
  const incoming = join(update, 'incoming.heliosupdate');
  const options = { ...OPTIONS, isUpload: true };
  symlinkSync(bundle('2.0.0'), incoming);
  await expect(installFrom(system, incoming, options)).rejects.toThrow('not a regular file');
  expect(existsSync(bundle('2.0.0'))).toBe(true);
  execFileSync('mkfifo', [incoming]);
  await expect(installFrom(system, incoming, options)).rejects.toThrow('not a regular file');
  // The status replaces a link and does not follow it.
  rmSync(join(update, 'status.json'));
  symlinkSync(precious, join(update, 'status.json'));
  symlinkSync(precious, join(update, 'status.json.new'));
  recordBoot(system);
  expect(readFileSync(precious, 'utf8')).toBe('root’s own');
  expect(lstatSync(join(update, 'status.json')).isFile()).toBe(true);
  // A directory that was swapped for a link to another is not written to.
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
  renameSync(update, `${update}.old`);
  symlinkSync(elsewhere, update);
  expect(() => recordBoot(system)).toThrow();
  expect(existsSync(join(elsewhere, 'status.json'))).toBe(false);
});

test('the file may change while it is read: what is installed is what was verified', async () => {
  const source = join(folder, 'changing.heliosupdate');
  copyFileSync(bundle('2.0.0'), source);
  const other = readFileSync(bundle('3.0.0'));
  const say = (text: string): void => {
    // The bundle was found genuine just now: a moment later the original is another one.
    if (text.includes('genuine')) writeFileSync(source, other);
  };
  await installFrom({ ...system, say }, source, OPTIONS);
  expect(boot()).toBe('2.0.0');
});

test('from a directory the newest bundle that suits the box is taken', async () => {
  const stick = join(folder, 'stick');
  mkdirSync(stick);
  await expect(installFrom(system, stick, OPTIONS)).rejects.toThrow('no *.heliosupdate');
  for (const version of ['0.9.0', '2.0.0', '3.0.0']) {
    copyFileSync(bundle(version), join(stick, `${version}.heliosupdate`));
  }
  writeFileSync(join(stick, 'noise.heliosupdate'), 'noise');
  const foreign = await shop.make('4.0.0', { arch: arch() === 'x64' ? 'arm64' : 'x64' });
  copyFileSync(foreign, join(stick, 'foreign.heliosupdate'));
  await installFrom(system, stick, OPTIONS);
  expect(boot()).toBe('3.0.0');
});

test('a stick does not install again what was given up, a person can', async () => {
  const stick = join(folder, 'stick');
  mkdirSync(stick);
  copyFileSync(bundle('2.0.0'), join(stick, 'a.heliosupdate'));
  const automatic = { ...OPTIONS, isAutomatic: true };
  await installFrom(system, stick, automatic);
  expect(boot(['2.0.0'])).toBe('1.0.0');
  expect(status().last).toMatchObject({ phase: 'rolled-back', keptAside: null });
  await expect(installFrom(system, stick, automatic)).rejects.toThrow('tried and given up');
  await installFrom(system, stick, OPTIONS);
  expect(boot()).toBe('2.0.0');
});

test('rollBack returns to the other version for good; to go forward again takes an update', async () => {
  expect(() => rollBack(system, false)).toThrow('holds no version');
  await installFrom(system, bundle('2.0.0'), OPTIONS);
  boot();
  machine.bless();
  recordBoot(system);
  expect(rollBack(system, false).reason).toBe('a person chose to return from 2.0.0 to 1.0.0');
  expect(boot()).toBe('1.0.0');
  expect(boot()).toBe('1.0.0');
  expect(status().last?.phase).toBe('rolled-back');
  await installFrom(system, bundle('2.0.0'), OPTIONS);
  expect(boot()).toBe('2.0.0');
});

test('rollBack to a version that cannot open the data is refused where no backup leads back', async () => {
  await installFrom(system, bundle('2.5.0'), OPTIONS);
  expect(boot()).toBe('2.5.0');
  machine.bless();
  recordBoot(system);
  expect(() => rollBack(system, true)).toThrow('no backup from before');
  const { attempt, ...record } = readRecord(machine.state);
  if (attempt === null) throw new Error('no attempt');
  writeRecord(machine.state, { ...record, attempt: { ...attempt, backup: '/backups/1' } });
  expect(() => rollBack(system, false)).toThrow(
    '--restore-data goes back to the backup /backups/1',
  );
  expect(rollBack(system, true)).toMatchObject({ phase: 'rolled-back', backup: '/backups/1' });
});

test('one install at a time', async () => {
  const first = installFrom(system, bundle('2.0.0'), OPTIONS);
  await expect(installFrom(system, bundle('3.0.0'), OPTIONS)).rejects.toThrow();
  await first;
  expect(readRecord(machine.state).attempt).toMatchObject({ version: '2.0.0', phase: 'trial' });
});

test('UpdateUploads takes a genuine bundle in, and nothing else', async () => {
  const uploads = new UpdateUploads({
    dataDir: system.dataDir,
    version: '1.0.0',
    keysHome: system.keysHome,
  });
  const update = join(system.dataDir, 'update');
  const incoming = join(update, 'incoming.heliosupdate');
  const stream = (bytes: Buffer) =>
    (async function* () {
      for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
    })();
  const bytes = readFileSync(bundle('2.0.0'));
  await expect(uploads.take(stream(bytes))).rejects.toThrow('not an appliance image');
  recordBoot(system);
  await expect(uploads.take(stream(bytes.subarray(0, -1)))).rejects.toThrow('ends too early');
  await expect(uploads.take(stream(readFileSync(bundle('0.9.0'))))).rejects.toThrow(
    'is older than',
  );
  expect(existsSync(incoming)).toBe(false);
  const taking = uploads.take(stream(bytes));
  await expect(uploads.take(stream(bytes))).rejects.toThrow('already');
  expect((await taking).version).toBe('2.0.0');
  expect(readFileSync(incoming).equals(bytes)).toBe(true);
  await expect(uploads.take(stream(bytes))).rejects.toThrow('already');
  expect(existsSync(join(update, 'incoming.part'))).toBe(false);
  chmodSync(update, 0o700);
});

const small = mkdtempSync(join(tmpdir(), 'helios-small-'));
const canMount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'small', small]).status === 0;
afterAll(() => {
  if (canMount) execFileSync('umount', [small]);
  rmSync(small, { recursive: true, force: true });
});

test.runIf(canMount)(
  'UpdateUploads leaves the room that sales need, and takes its own back',
  async () => {
    recordBoot({ ...system, dataDir: small });
    const draft = join(small, 'update', 'incoming.part');
    writeFileSync(draft, 'cut short');
    const options = { dataDir: small, version: '1.0.0', keysHome: system.keysHome };
    const uploads = new UpdateUploads(options);
    expect(existsSync(draft)).toBe(false);
    const file = createReadStream(bundle('2.0.0'));
    await expect(uploads.take(file)).rejects.toThrow('no room for the bundle');
    expect(existsSync(draft)).toBe(false);
  },
);
