/**
 * Chooses kernel modules: which stay on the system partition, and which go into the initrd. A module
 * that stays keeps what it depends on. They are stored uncompressed: the file system compresses them
 * with something that is quick to undo at every start.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readList } from './lists.ts';
import type { Tools } from './tools.ts';

/** The kernel's version: the one folder of modules. */
export function kernelVersion(tree: string): string {
  const [version, ...others] = readdirSync(join(tree, 'usr/lib/modules'));
  if (version === undefined || others.length > 0) {
    throw new Error(`${tree} holds ${others.length + 1} kernels: the image takes exactly one`);
  }
  return version;
}

/** Removes what is not wanted, decompresses the rest. */
export function pruneModules(tools: Tools, tree: string): void {
  const version = kernelVersion(tree);
  const home = join(tree, 'usr/lib/modules', version);
  const decompress = 'find "$1" -name "*.ko.xz" -print0 | xargs -0 -r -P 2 -n 64 xz -d';
  tools.run('bash', ['-c', decompress, 'decompress', tools.path(home)]);
  depmod(tools, tree, version);
  const needs = readNeeds(home);
  const entries = readList('modules.list');
  const out = entries.filter((entry) => entry.startsWith('-')).map((entry) => entry.slice(1));
  const within = (path: string, prefixes: readonly string[]): boolean =>
    prefixes.some((prefix) => path.startsWith(`kernel/${prefix}`));
  const wanted = [...needs.keys()].filter((path) => within(path, entries) && !within(path, out));
  const kept = withNeeds(needs, wanted);
  for (const path of needs.keys()) if (!kept.has(path)) rmSync(join(home, path));
  depmod(tools, tree, version);
}

/** Copies the modules of the initrd's list; returns those that are loaded at every start. */
export function copyModules(tools: Tools, tree: string, into: string): readonly string[] {
  const version = kernelVersion(tree);
  const home = join(tree, 'usr/lib/modules', version);
  const needs = readNeeds(home);
  const paths = new Map([...needs.keys()].map((path) => [moduleName(path), path]));
  const list = readList('initrd/modules.list');
  const present = list
    .map((entry) => paths.get(moduleName(entry.replace('!', ''))))
    .filter((path) => path !== undefined);
  const target = join(into, 'usr/lib/modules', version);
  for (const path of withNeeds(needs, present)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    copyFileSync(join(home, path), join(target, path));
  }
  for (const name of ['modules.order', 'modules.builtin', 'modules.builtin.modinfo']) {
    if (existsSync(join(home, name))) copyFileSync(join(home, name), join(target, name));
  }
  depmod(tools, into, version);
  return list.filter((entry) => entry.startsWith('!')).map((entry) => entry.slice(1));
}

function depmod(tools: Tools, tree: string, version: string): void {
  tools.run('depmod', ['--basedir', tools.path(tree), version]);
}

/** nvme_core and nvme-core are one module. */
function moduleName(path: string): string {
  return basename(path, '.ko').replaceAll('-', '_');
}

type Needs = ReadonlyMap<string, readonly string[]>;

function readNeeds(home: string): Needs {
  const lines = readFileSync(join(home, 'modules.dep'), 'utf8').trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [path = '', others = ''] = line.split(':');
      return [
        path,
        others
          .trim()
          .split(' ')
          .filter((other) => other !== ''),
      ] as const;
    }),
  );
}

/** modules.dep lists all that a module needs, not only the next step. */
function withNeeds(needs: Needs, paths: readonly string[]): ReadonlySet<string> {
  return new Set(paths.flatMap((path) => [path, ...(needs.get(path) ?? [])]));
}
