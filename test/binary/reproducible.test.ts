/**
 * Two builds give the same bytes: from checkouts with names of different lengths, with other file times,
 * another umask, time zone and language. And what is built names no place of the machine that built it.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildRelease, ROOT } from './build-release.ts';

const BUILD_MS_MAX = 600_000;
const SHARED = ['node_modules', '.cache'];
const LEFT_OUT = new Set([...SHARED, 'dist', 'coverage', '.git', '.ci']);
const LONG_AGO = new Date('2001-02-03T04:05:06Z');

const here = mkdtempSync(join(tmpdir(), 'helios-release-'));

/** The checkout's files elsewhere; packages are shared with this one. */
function otherCheckout(folder: string): string {
  const root = join(here, folder);
  mkdirSync(root);
  for (const name of readdirSync(ROOT)) {
    if (!LEFT_OUT.has(name)) cpSync(join(ROOT, name), join(root, name), { recursive: true });
  }
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  for (const name of SHARED) symlinkSync(join(ROOT, name), join(root, name));
  return root;
}

function makeOld(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true })) {
    utimesSync(join(folder, String(name)), LONG_AGO, LONG_AGO);
  }
}

function hashes(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

describe('a release', () => {
  const first = join(here, 'first');
  const second = join(here, 'second');

  beforeAll(() => {
    const roots = ['one', 'another checkout, with a longer name'].map(otherCheckout);
    const [root = '', other = ''] = roots;
    makeOld(join(other, 'edge'));
    buildRelease({ out: first, root, commit: 'the-same' });
    buildRelease({
      out: second,
      root: other,
      commit: 'the-same',
      umask: '077',
      environment: {
        TZ: 'Asia/Tokyo',
        LANG: 'tr_TR.UTF-8',
        LC_ALL: 'C.UTF-8',
        HOME: join(here, 'home'),
      },
    });
  }, BUILD_MS_MAX);

  afterAll(() => {
    rmSync(here, { recursive: true, force: true });
  });

  test('has the same bytes from another checkout at another time', () => {
    const made = hashes(first);
    expect(Object.keys(made)).toEqual([
      'THIRD-PARTY-LICENSES.txt',
      'helios-edge-linux-arm64',
      'helios-edge-linux-arm64.cdx.json',
      'helios-edge-linux-x64',
      'helios-edge-linux-x64.cdx.json',
    ]);
    expect(hashes(second)).toEqual(made);
  });

  test('names no place of the machine that built it', () => {
    const places = [
      ROOT,
      here,
      'node_modules/.pnpm',
      ...(homedir() === '/' ? [] : [`${homedir()}/`]),
    ];
    for (const name of readdirSync(first)) {
      const bytes = readFileSync(join(first, name));
      for (const place of places) expect(bytes.includes(place), `${name}: ${place}`).toBe(false);
    }
  });

  test('is executable by everybody, whatever the umask was', () => {
    for (const arch of ['x64', 'arm64']) {
      expect(statSync(join(second, `helios-edge-linux-${arch}`)).mode & 0o777).toBe(0o755);
    }
  });
});
