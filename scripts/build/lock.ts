/**
 * What package-lock.json pins: the packages that a release is made of, their hashes, and how they need
 * each other. The lock is the authority: npm checked it when it installed, and the build checks it again
 * for what it fetches itself.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface LockedPackage {
  /** `node_modules/a/node_modules/b` */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly licence: string;
  /** Paths of the packages that it needs, as Node would find them. */
  readonly needs: readonly string[];
}

function entries(): Readonly<Record<string, LockEntry>> {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry>;
  };
  return lock.packages;
}

/** Node's search: beside the package's own modules, then outwards. */
function find(all: Readonly<Record<string, LockEntry>>, from: string, name: string): string | null {
  for (let base = from; ; ) {
    const path = base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`;
    if (all[path] !== undefined) return path;
    if (base === '') return null;
    const cut = base.lastIndexOf('/node_modules/');
    base = cut < 0 ? '' : base.slice(0, cut);
  }
}

/** Every package that a release needs, by path. Optional ones (Node itself, another platform's) are not among them. */
export function productionPackages(): readonly LockedPackage[] {
  const all = entries();
  const chosen = Object.entries(all).filter(
    ([path, entry]) =>
      path !== '' && !entry.dev && entry.optional !== true && entry.devOptional !== true,
  );
  const paths = new Set(chosen.map(([path]) => path));
  return chosen
    .map(([path, entry]) => ({
      path,
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version ?? '',
      integrity: entry.integrity ?? '',
      licence: entry.license ?? '',
      needs: Object.keys(entry.dependencies ?? {})
        .map((name) => find(all, path, name))
        .filter((found) => found !== null)
        .filter((found) => paths.has(found))
        .sort(),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What the product itself names in package.json, as paths. */
export function directPackages(): readonly string[] {
  const own = entries()['']?.dependencies ?? {};
  return Object.keys(own)
    .map((name) => `node_modules/${name}`)
    .sort();
}

/** One package of the lock. @throws Error when the lock does not know it */
export function lockedPackage(name: string): { version: string; integrity: string } {
  const { version, integrity } = entries()[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) {
    throw new Error(`package-lock.json does not pin ${name}: run npm install ${name} once`);
  }
  return { version, integrity };
}
