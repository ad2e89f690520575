/**
 * The pinned Node of an architecture: the installed one, or the foreign one, fetched from npm once, kept,
 * and held against the hash in package-lock.json each time. Its debug symbols are left out.
 *
 * A foreign Node runs under QEMU's user emulation, where that is installed, to make the code cache of its
 * own architecture; without it the executable is whole but starts slower.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockedPackage, ROOT } from './lock.ts';

export type Arch = 'x64' | 'arm64';

/** Names of the same machine in Debian's tools. */
const MACHINE: Readonly<Record<Arch, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** @throws Error when the bytes are not those that the lock pins */
export function checkIntegrity(bytes: Uint8Array, integrity: string, what: string): void {
  const [algorithm = '', wanted = ''] = integrity.split('-', 2);
  const found = createHash(algorithm).update(bytes).digest('base64');
  if (found !== wanted) {
    throw new Error(
      `${what} is not what package-lock.json pins: ${algorithm} ${found} instead of ${wanted}; remove it and build again`,
    );
  }
}

/** Path of the executable; a fetched one is unpacked below `work`. */
export function nodeBinary(arch: Arch, work: string): string {
  const name = `node-linux-${arch}`;
  const installed = join(ROOT, 'node_modules', name, 'bin/node');
  if (existsSync(installed)) return installed;
  const { version, integrity } = lockedPackage(name);
  const kept = join(ROOT, '.cache');
  const archive = join(kept, `${name}-${version}.tgz`);
  if (!existsSync(archive)) {
    mkdirSync(kept, { recursive: true });
    process.stdout.write(`fetching ${name}@${version}\n`);
    const words = ['pack', '--silent', '--pack-destination', kept, `${name}@${version}`];
    execFileSync('npm', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  checkIntegrity(readFileSync(archive), integrity, archive);
  const unpacked = join(work, name);
  mkdirSync(unpacked);
  execFileSync('tar', ['-xzf', archive, '-C', unpacked, 'package/bin/node']);
  return join(unpacked, 'package/bin/node');
}

/** Debug symbols are a seventh of Node; a foreign binary is stripped only where its tool is installed. */
export function strip(arch: Arch, from: string, to: string): void {
  const tool = arch === process.arch ? 'strip' : `${MACHINE[arch]}-linux-gnu-strip`;
  try {
    execFileSync(tool, ['-s', '-o', to, from], { stdio: 'ignore' });
  } catch {
    process.stdout.write(
      `no ${tool} here: the executable keeps Node's symbols, is 18 MB larger, and differs from a release\n`,
    );
    copyFileSync(from, to);
  }
  chmodSync(to, 0o755);
}

/** Words that run an executable of this architecture here, or null. */
export function runnerOf(arch: Arch): readonly string[] | null {
  if (arch === process.arch) return [];
  const emulator = `/usr/bin/qemu-${MACHINE[arch]}-static`;
  const libraries = `/usr/${MACHINE[arch]}-linux-gnu`;
  const isThere = existsSync(emulator) && existsSync(join(libraries, 'lib/libstdc++.so.6'));
  return isThere ? [emulator, '-L', libraries] : null;
}
