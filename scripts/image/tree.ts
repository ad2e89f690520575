/**
 * Unpacks packages into a directory. Their scripts are not run: both architectures are made the same
 * way on any machine, and the same files give the same tree.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackageSet } from './apt.ts';

/** Debian's merged /usr, whichever package comes first. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

/** A tree in the cache is whole or absent: `make` fills a directory beside it. */
export function cachedTree(directory: string, make: (into: string) => void): string {
  if (existsSync(directory)) return directory;
  const beside = `${directory}.new`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(dirname(directory), { recursive: true });
  mkdirSync(beside);
  make(beside);
  renameSync(beside, directory);
  return directory;
}

export function unpack(set: PackageSet, into: string): void {
  for (const name of MERGED) {
    mkdirSync(join(into, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, join(into, name));
  }
  for (const { file } of set.packages) unpackFile(join(set.directory, file), into);
}

export function unpackFile(file: string, into: string): void {
  // Permissions that only root can give are of no use here: the image gives all files to root.
  const script =
    'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink --no-same-owner -C "$2"';
  run('bash', ['-o', 'pipefail', '-c', script, 'unpack', file, into]);
}

/** @throws Error with what the program said */
export function run(program: string, words: readonly string[], environment = {}): string {
  const done = spawnSync(program, words, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C', ...environment },
  });
  if (done.error !== undefined) throw done.error;
  if (done.status !== 0) {
    const said = (done.stderr || done.stdout).trim().split('\n').slice(-20).join('\n');
    throw new Error(`${program} ${words.join(' ')}\nended with ${done.status}:\n${said}`);
  }
  return done.stdout;
}
