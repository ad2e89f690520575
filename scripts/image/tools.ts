/**
 * The programs that make the image come from the target's own Debian release, in a tree of their own:
 * the same ones on every build machine, whatever it has installed.
 *
 * They run in that tree (chroot) with a work folder at `/work`, in mount and user namespaces of their
 * own, as root or as anybody who may make such namespaces.
 */
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fetchPackages } from './apt.ts';
import { hashOf } from './hash.ts';
import { readList } from './lists.ts';
import { cachedTree, run, unpack } from './tree.ts';

export interface Tools {
  /** Runs a program of the tree; returns what it printed. @throws Error with what it complained of */
  run(program: string, words: readonly string[]): string;
  /** A path below the work folder as the programs see it. */
  path(path: string): string;
}

const ENTER = `
set -e
tree=$1; work=$2; shift 2
for place in proc sys dev; do mount --rbind /$place "$tree/$place"; done
mount --bind "$work" "$tree/work"
exec chroot "$tree" "$@"`;

/** `work` is where the tools see `/work`; `epoch` is what they take for the time. */
export function openTools(cache: string, work: string, epoch: number, refresh: boolean): Tools {
  const set = fetchPackages({
    cache,
    name: 'tools',
    arch: process.arch === 'arm64' ? 'arm64' : 'amd64',
    packages: readList('tools.list'),
    unneeded: readList('packages-unneeded.list').filter((name) => name !== 'cpio'),
    refresh,
  });
  const tree = cachedTree(join(cache, 'trees', `tools-${nameOf(set.packages)}`), (into) => {
    unpack(set, into);
    for (const place of ['proc', 'sys', 'dev', 'tmp', 'work']) {
      mkdirSync(join(into, place), { recursive: true });
    }
  });
  const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--map-root-user'];
  return {
    run: (program, words) =>
      run('unshare', [...namespaces, 'sh', '-c', ENTER, 'tools', tree, work, program, ...words], {
        PATH: '/usr/bin:/usr/sbin:/bin:/sbin',
        SOURCE_DATE_EPOCH: String(epoch),
      }),
    path: (path) => join('/work', relative(work, path)),
  };
}

/** Which files a tree was made of. */
export function nameOf(packages: readonly { readonly sha256: string }[]): string {
  return hashOf(packages.map(({ sha256 }) => sha256).join()).slice(0, 16);
}
