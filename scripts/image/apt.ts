/**
 * Gets Debian packages for an architecture: apt resolves names to files and checks them against the
 * signed index; nothing is installed on this machine, and nothing of a package is run.
 *
 * The mirror is the one that this machine's own apt uses. What was resolved is kept as a lock beside
 * the files, so a second build takes the same versions and needs no network; `refresh` resolves anew.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, hashOfFile } from './hash.ts';

export type DebianArch = 'amd64' | 'arm64';

export interface Package {
  readonly name: string;
  readonly version: string;
  /** File name below the set's `files` folder. */
  readonly file: string;
  readonly sha256: string;
}

export interface PackageSet {
  readonly directory: string;
  readonly packages: readonly Package[];
}

export interface PackageWish {
  readonly cache: string;
  /** Name of the set: its folder in the cache. */
  readonly name: string;
  readonly arch: DebianArch;
  readonly packages: readonly string[];
  /** Packages that others depend on but whose scripts would do all their work: left out. */
  readonly unneeded: readonly string[];
  readonly refresh: boolean;
}

interface Lock {
  readonly wish: string;
  readonly packages: readonly Package[];
}

const SUITE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** The set's files on the disk, checked against their lock. */
export function fetchPackages(wish: PackageWish): PackageSet {
  const directory = join(wish.cache, 'packages', wish.name);
  const files = join(directory, 'files');
  const lockFile = join(directory, 'lock.json');
  const wished = hashOf(JSON.stringify([wish.arch, wish.packages, wish.unneeded]));
  if (!wish.refresh && existsSync(lockFile)) {
    const lock = JSON.parse(readFileSync(lockFile, 'utf8')) as Lock;
    if (lock.wish === wished && lock.packages.every((entry) => isIntact(files, entry))) {
      return { directory: files, packages: lock.packages };
    }
  }
  mkdirSync(files, { recursive: true });
  const apt = openApt(directory, wish.arch);
  apt('update');
  const chosen = resolve(apt, wish);
  const packages = download(apt, files, chosen);
  const lock: Lock = { wish: wished, packages };
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 1)}\n`);
  return { directory: files, packages };
}

function isIntact(files: string, { file, sha256 }: Package): boolean {
  const path = join(files, file);
  return existsSync(path) && hashOfFile(path) === sha256;
}

type Apt = (command: string, words?: readonly string[], directory?: string) => string;

/** apt-get with an empty system of its own and this machine's settings (proxies, transports). */
function openApt(directory: string, arch: DebianArch): Apt {
  const state = join(directory, 'apt');
  for (const part of ['lists/partial', 'archives/partial']) {
    mkdirSync(join(state, part), { recursive: true });
  }
  writeFileSync(join(state, 'status'), '');
  writeFileSync(join(state, 'sources.list'), sources());
  const settings = [
    `Dir::State=${state}`,
    `Dir::State::lists=${state}/lists`,
    `Dir::State::status=${state}/status`,
    `Dir::Cache=${state}`,
    `Dir::Cache::archives=${state}/archives`,
    `Dir::Etc::sourcelist=${state}/sources.list`,
    'Dir::Etc::sourceparts=-',
    `APT::Architecture=${arch}`,
    `APT::Architectures=${arch}`,
    'APT::Install-Recommends=false',
    'Acquire::Languages=none',
    'Acquire::Retries=5',
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
  ].flatMap((setting) => ['-o', setting]);
  return (command, words = [], cwd = state) =>
    execFileSync('apt-get', ['-qq', ...settings, command, ...words], {
      cwd,
      encoding: 'utf8',
      maxBuffer: OUTPUT_BYTES_MAX,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
}

/** The machine's Debian mirror, asked for the target's suite. Security updates where it has them. */
function sources(): string {
  const format = '$(REPO_URI)|$(LABEL)|$(ORIGIN)';
  const targets = execFileSync(
    'apt-get',
    ['indextargets', '--format', format, 'Created-By: Packages'],
    { encoding: 'utf8' },
  );
  const places = targets.split('\n').map((line) => line.split('|'));
  const find = (label: string, path: RegExp): string | undefined =>
    places.find(([, name, origin]) => origin === 'Debian' && name === label)?.[0] ??
    places.find(([place = '']) => path.test(place))?.[0];
  const main = find('Debian', /\/debian\/?$/);
  if (main === undefined) {
    throw new Error('no Debian mirror among the sources of apt: the image is made from one');
  }
  const security = find('Debian-Security', /\/debian-security\/?$/);
  const line = (place: string, suite: string): string =>
    `deb [signed-by=${KEYRING}] ${place} ${suite} main\n`;
  return [
    line(main, SUITE),
    line(main, `${SUITE}-updates`),
    security === undefined ? '' : line(security, `${SUITE}-security`),
  ].join('');
}

interface Chosen {
  readonly name: string;
  readonly version: string;
}

function resolve(apt: Apt, wish: PackageWish): readonly Chosen[] {
  const plan = apt('install', ['--simulate', '--yes', ...wish.packages]);
  const unneeded = new Set(wish.unneeded);
  return [...plan.matchAll(/^Inst (\S+) \((\S+) /gm)]
    .map(([, name = '', version = '']) => ({ name, version }))
    .filter(({ name }) => !unneeded.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Files of an earlier set stay when they are wished for again. */
function download(apt: Apt, files: string, chosen: readonly Chosen[]): readonly Package[] {
  const prefix = ({ name, version }: Chosen): string =>
    `${name}_${version.replaceAll(':', '%3a')}_`;
  const find = (wanted: Chosen): string | undefined =>
    readdirSync(files).find((file) => file.startsWith(prefix(wanted)) && file.endsWith('.deb'));
  const missing = chosen.filter((wanted) => find(wanted) === undefined);
  if (missing.length > 0) {
    apt(
      'download',
      missing.map(({ name, version }) => `${name}=${version}`),
      files,
    );
  }
  const packages = chosen.map((wanted) => {
    const file = find(wanted);
    if (file === undefined) throw new Error(`apt did not deliver ${wanted.name}`);
    return { ...wanted, file, sha256: hashOfFile(join(files, file)) };
  });
  const current = new Set(packages.map(({ file }) => file));
  for (const file of readdirSync(files)) if (!current.has(file)) rmSync(join(files, file));
  return packages;
}
