/**
 * House rules that no linter knows: every file says what it is, nothing is left for later, names say what
 * they hold, documents point at what exists, and the error table is the one that documents speak of.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SQLSTATE } from '../edge/errors.ts';

const ROOT = join(import.meta.dirname, '..');
const FILES = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)));
const SOURCES = FILES.filter((path) => /^(edge|cloud-sync|scripts)\/.*\.tsx?$/.test(path));
const DOCUMENTS = FILES.filter((path) => path.endsWith('.md'));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** Written in pieces, so that this file does not find itself. */
const LEFT_OVER = new RegExp(
  `\\b(${['TO', 'FIX', 'XX'].map((head, index) => head + ['DO', 'ME', 'X'][index]).join('|')})\\b`,
);

describe('the tree', () => {
  test('has a header in every source file', () => {
    const bare = SOURCES.filter((path) => !/^(#!.*\n)?\/\*\*/.test(read(path)));
    expect(bare).toEqual([]);
  });

  test('leaves nothing for later', () => {
    const found = FILES.filter(
      (path) => /\.(tsx?|css|html|md|sql|toml)$/.test(path) && LEFT_OVER.test(read(path)),
    );
    expect(found).toEqual([]);
  });

  test('has no rooms without a name', () => {
    expect(
      FILES.filter((path) => /(^|\/)(utils?|index|helpers?|misc|common)\.ts$/.test(path)),
    ).toEqual([]);
  });

  test('records no download addresses in the lockfile', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });
});

describe('documents', () => {
  test('link only to files that exist', () => {
    const broken = DOCUMENTS.flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
        .map(([, target = '']) => join(dirname(path), target))
        .filter((target) => !existsSync(join(ROOT, target)))
        .map((target) => `${path} -> ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test('name only SQLSTATEs of the error table', () => {
    const known = new Set<string>(Object.values(SQLSTATE));
    const states = [...read('docs/architecture.md').matchAll(/\b(?=[0-9A-Z]*\d)[0-9A-Z]{5}\b/g)];
    const unknown = states.map(([state]) => state).filter((state) => !known.has(state));
    expect(states.length).toBeGreaterThan(20);
    expect(unknown).toEqual([]);
  });
});

describe('SQLSTATE', () => {
  test('gives each condition a code of its own, five characters long', () => {
    const codes = Object.values(SQLSTATE);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => !/^[0-9A-Z]{5}$/.test(code))).toEqual([]);
  });

  test('stands nowhere else as a raw code', () => {
    const codes = new Set<string>(Object.values(SQLSTATE).filter((code) => /[A-Z]/.test(code)));
    const raw = SOURCES.filter(
      (path) => path.startsWith('edge/') && path !== 'edge/errors.ts',
    ).filter((path) =>
      [...read(path).matchAll(/'([0-9A-Z]{5})'/g)].some(([, code = '']) => codes.has(code)),
    );
    expect(raw).toEqual([]);
  });
});
