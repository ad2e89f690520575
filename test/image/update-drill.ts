/**
 * Updates of a booted box, from the first image on: to a version that works, to one whose system does not start,
 * and to one that fails its health check. After each of the two bad ones the box must be back by itself, with its
 * merchants, and say why. A tampered bundle and a downgrade must leave it as it is.
 *
 *     npm run image:drill -- --only update
 *
 * The images are built by `scripts/image.ts` with other version numbers; those of the bad versions differ from a good
 * one in one thing each. Everything is emulated: count on half an hour. One virtual machine at a time.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { UpdateStatus } from '../../edge/update/update-record.ts';
import { makeBundle } from '../../scripts/bundle-file.ts';
import { loadSigningKey } from '../../scripts/signing-key.ts';
import { Vm } from './vm.ts';

const ROOT = join(import.meta.dirname, '../..');
const FIRST = '0.1.0';
const GOOD = '0.2.0';
const DEAD = '0.3.0';
const SICK = '0.4.0';
/** A version is tried three times, and each boot is emulated. */
const RETURN_MS_MAX = 45 * 60_000;
const UPDATE_MS_MAX = 15 * 60_000;
const POLL_MS = 3_000;
const SHELL_MS = 20_000;

export interface UpdateDrillOptions {
  readonly arch: 'x64' | 'arm64';
  /** Keeps images, bundles, the disk and the serial log. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

export async function updateDrill(options: UpdateDrillOptions): Promise<void> {
  const { arch, folder, say } = options;
  mkdirSync(folder, { recursive: true });
  const step = stopwatch(say);
  const bundles = await makeBundles(options);
  step('images and bundles');
  const image = join(folder, FIRST, arch, `helios-edge_${FIRST}_${arch}.raw`);
  await using vm = await Vm.start({ arch, image, folder: join(folder, 'machine') });
  await vm.waitReady();
  await running(vm, FIRST, UPDATE_MS_MAX);
  step(`version ${FIRST} boots and is kept`);
  await vm.output('helios-edge merchant add m1 --name Bread');
  using shop = await serveFiles([...bundles.values()]);
  for (const path of bundles.values()) await fetchInto(vm, shop.port, path);
  step('bundles fetched');

  await refused(vm, 'tampered', 'not signed by a key');
  await refused(vm, 'damaged', 'is damaged');
  await refused(vm, FIRST, 'running already');
  step('tampered, damaged and same version refused');

  await install(vm, GOOD);
  const good = await running(vm, GOOD, UPDATE_MS_MAX);
  must(good.last?.phase === 'good', `the update to ${GOOD} is good`, good);
  must(good.last?.backup !== null, 'a backup was made before the update', good);
  await keptMerchant(vm);
  step(`${FIRST} to ${GOOD}: runs and is kept`);

  await refused(vm, FIRST, '--force-downgrade');
  step('downgrade refused');

  // As the console leaves it: the path unit finds it.
  const incoming = '/var/lib/heliosdb/update/incoming.heliosupdate';
  await vm.output(`cp ${inGuest(DEAD)} ${incoming}.part && chown helios:helios ${incoming}.part`);
  await vm.output(`mv ${incoming}.part ${incoming}`);
  const dead = await rolledBack(vm, DEAD);
  must(
    /did not start in 3 tries/.test(dead.last?.reason ?? ''),
    'it says that it did not start',
    dead,
  );
  must((await vm.run(`test -e ${incoming}`)).code !== 0, 'the upload is gone', dead);
  await keptMerchant(vm);
  step(`${GOOD} to ${DEAD}, whose system does not start: back by itself`);

  await install(vm, SICK);
  const sick = await rolledBack(vm, SICK);
  must(/did not pass its health check/.test(sick.last?.reason ?? ''), 'it says why', sick);
  await keptMerchant(vm);
  step(`${GOOD} to ${SICK}, which fails its health check: back by itself`);
  say(`  ${sick.last?.reason}`);
  await vm.powerOff();
}

/** Bundles by what they are called in the guest. */
async function makeBundles(options: UpdateDrillOptions): Promise<ReadonlyMap<string, string>> {
  const { arch, folder } = options;
  const sickUnits = join(folder, 'sick-units');
  cpSync(join(ROOT, 'systemd'), sickUnits, { recursive: true });
  const unit = join(sickUnits, 'helios-edge.service');
  const text = readFileSync(unit, 'utf8').replace(/^ExecStart=.*$/m, 'ExecStart=/usr/bin/false');
  writeFileSync(unit, text);
  const versions = [FIRST, GOOD, DEAD, SICK];
  for (const version of versions) {
    if (existsSync(join(folder, version, arch, 'manifest.json'))) continue;
    const words = [
      '--arch',
      arch,
      '--version',
      version,
      '--out',
      join(folder, version),
      '--no-compress',
    ];
    if (version === SICK) words.push('--units', sickUnits);
    const first = version === versions[0];
    const binary = join(ROOT, `dist/helios-edge-linux-${arch}`);
    // One build of the program serves all four.
    if (!first) words.push('--binary', binary);
    execFileSync(process.execPath, [join(ROOT, 'scripts/image.ts'), ...words], {
      stdio: 'inherit',
    });
  }
  const noise = join(folder, 'noise.root');
  writeFileSync(noise, randomBytes(8 * 1024 * 1024));
  const made = new Map<string, string>();
  for (const version of versions) {
    const place = join(folder, version, arch);
    const output = join(folder, `${version}.heliosupdate`);
    await makeBundle({
      root: version === DEAD ? noise : join(place, `helios_${version}.root.erofs`),
      uki: join(place, `helios_${version}.efi`),
      version,
      arch,
      minFromVersion: FIRST,
      layout: 1,
      created: new Date(),
      output,
      key: loadSigningKey(),
      level: 3,
    });
    made.set(version, output);
  }
  const genuine = made.get(GOOD) ?? '';
  made.set('tampered', changed(genuine, join(folder, 'tampered.heliosupdate'), 120));
  const middle = Math.floor(statSync(genuine).size / 2);
  made.set('damaged', changed(genuine, join(folder, 'damaged.heliosupdate'), middle));
  return made;
}

function changed(from: string, to: string, at: number): string {
  copyFileSync(from, to);
  const bytes = readFileSync(to);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(to, bytes);
  return to;
}

function inGuest(name: string): string {
  return `/var/tmp/${name}.heliosupdate`;
}

interface FileServer extends Disposable {
  readonly port: number;
}

async function serveFiles(paths: readonly string[]): Promise<FileServer> {
  const server = createServer((request, response) => {
    const path = paths.find((candidate) => `/${basename(candidate)}` === request.url);
    if (path === undefined) response.writeHead(404).end();
    else createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => server.close(),
  };
}

async function fetchInto(vm: Vm, port: number, path: string): Promise<void> {
  const name = basename(path);
  await vm.output(`wget -q -O /var/tmp/${name} http://10.0.2.2:${port}/${name}`, UPDATE_MS_MAX);
}

async function install(vm: Vm, version: string): Promise<void> {
  const { code, output } = await vm.run(
    `helios-edge update install ${inGuest(version)}`,
    UPDATE_MS_MAX,
  );
  must(code === 0, `version ${version} installs`, output);
}

async function refused(vm: Vm, name: string, why: string): Promise<void> {
  const before = await vm.output('ls /efi/EFI/Linux');
  const { code, output } = await vm.run(
    `helios-edge update install ${inGuest(name)}`,
    UPDATE_MS_MAX,
  );
  must(code === 1 && output.includes(why), `${name} is refused: ${why}`, output);
  must((await vm.output('ls /efi/EFI/Linux')) === before, 'the boot menu is as it was', before);
}

async function keptMerchant(vm: Vm): Promise<void> {
  await vm.waitReady();
  const { output } = await vm.run('helios-edge merchant list');
  must(/^m1 /m.test(output), 'the merchant is still there', output);
}

/** Until this version runs and is kept: its boot entry counts no more. */
function running(vm: Vm, version: string, msMax: number): Promise<UpdateStatus> {
  return until(vm, msMax, `version ${version} runs and is kept`, (status) => {
    const entry = status.entries.find((candidate) => candidate.version === version);
    const isKnown = status.last === null || status.last.phase !== 'trial';
    return status.running === version && entry?.triesLeft === null && isKnown;
  });
}

function rolledBack(vm: Vm, version: string): Promise<UpdateStatus> {
  return until(
    vm,
    RETURN_MS_MAX,
    `version ${version} is given up`,
    ({ running: now, last }) =>
      now === GOOD && last?.version === version && last.phase === 'rolled-back',
  );
}

async function until(
  vm: Vm,
  msMax: number,
  what: string,
  holds: (status: UpdateStatus) => boolean,
): Promise<UpdateStatus> {
  const end = performance.now() + msMax;
  let last = '';
  while (performance.now() < end) {
    try {
      const { code, output } = await vm.run('helios-edge update status --json', SHELL_MS);
      last = output;
      if (code === 0) {
        const status = JSON.parse(output) as UpdateStatus;
        if (holds(status)) return status;
      }
    } catch (error) {
      // It is booting: nobody answers, or half a line came.
      if (!vm.isRunning) throw error;
    }
    await pause(POLL_MS);
  }
  throw new Error(
    `in vain waited until ${what}; the last answer:\n${last}\n${vm.serialLog.slice(-4000)}`,
  );
}

function must(isSo: boolean, what: string, seen: unknown): void {
  if (isSo) return;
  throw new Error(
    `not so: ${what}\n${typeof seen === 'string' ? seen : JSON.stringify(seen, null, 2)}`,
  );
}

function stopwatch(say: (line: string) => void): (name: string) => void {
  let last = performance.now();
  return (name) => {
    const now = performance.now();
    say(`${name.padEnd(60)} ${((now - last) / 1000).toFixed(0)} s`);
    last = now;
  };
}
