/**
 * What a release says of itself: versions asked of the parts, the list of parts, and a licence for each
 * of them that allows it to be passed on.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { directPackages, productionPackages } from '../../scripts/build/lock.ts';
import { checkIntegrity } from '../../scripts/build/node-runtime.ts';
import { cycloneDx, licenceTexts } from '../../scripts/build/papers.ts';
import { inventory, licenceTextOf } from '../../scripts/build/parts.ts';
import { ROOT } from './build-release.ts';

const RUN_MS_MAX = 60_000;
const BINARY = join(ROOT, `dist/helios-edge-linux-${process.arch}`);
/** Licences that allow passing on in binary form with no more than their text beside it. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'PostgreSQL',
  'Unicode-3.0',
  'Zlib',
  'blessing',
]);
const VERSIONS = { sqlite: '3.1.2', grammar: '18.4', pglitePostgres: '18.6' };
const PRODUCT = { name: 'helios-edge', version: '9.9.9', commit: 'abc' };

interface Bom {
  readonly serialNumber: string;
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

describe('inventory', () => {
  const found = inventory('x64', VERSIONS);

  test.each(productionPackages().map((one) => [one.path, one] as const))(
    '%s has a licence that is allowed, and its text',
    (_path, one) => {
      expect(ALLOWED).toContain(one.licence);
      const text = licenceTextOf(one);
      expect(text.length).toBeGreaterThan(300);
      expect(text).toMatch(/permi|licen[cs]e/i);
      expect(one.integrity).toMatch(/^sha512-/);
    },
  );

  test('names every package of the product and every compiled part', () => {
    const names = new Set(found.parts.map((part) => part.name));
    for (const path of directPackages()) expect(names).toContain(path.replace('node_modules/', ''));
    for (const name of ['node', 'openssl', 'v8', 'icu', 'libuv', 'zlib', 'postgresql', 'sqlite']) {
      expect(names).toContain(name);
    }
    for (const part of found.parts) expect(ALLOWED).toContain(part.licence);
  });

  test('has one name for each part, and needs only parts that are there', () => {
    const refs = found.parts.map((part) => part.ref);
    expect(new Set(refs).size).toBe(refs.length);
    for (const part of found.parts) for (const need of part.needs) expect(refs).toContain(need);
    for (const need of found.direct) expect(refs).toContain(need);
  });

  test('knows every library that Node says it contains', () => {
    // What is not a library of its own: interface numbers, data inside ICU, and what is switched off.
    const numbers = ['node', 'modules', 'napi', 'cldr', 'tz', 'unicode'];
    const aliases: Record<string, string> = { ares: 'c-ares', uv: 'libuv' };
    const listed = new Set(
      found.parts.filter((part) => part.ref.startsWith('node:')).map((part) => part.name),
    );
    for (const [name, version] of Object.entries(process.versions)) {
      if (numbers.includes(name) || version === '') continue;
      expect(listed, name).toContain(aliases[name] ?? name);
    }
  });
});

describe('cycloneDx', () => {
  test('is the same for the same parts and another for others', () => {
    const found = inventory('x64', VERSIONS);
    const bom = cycloneDx(found, PRODUCT);
    expect(cycloneDx(inventory('x64', VERSIONS), PRODUCT)).toBe(bom);
    const other = inventory('x64', { ...VERSIONS, sqlite: '3.1.3' });
    const serial = (text: string): string => (JSON.parse(text) as Bom).serialNumber;
    expect(serial(bom)).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(serial(cycloneDx(other, PRODUCT))).not.toBe(serial(bom));
    expect(bom).not.toMatch(/"timestamp"/);
  });

  test('lists each part once with the parts that it needs', () => {
    const bom = JSON.parse(cycloneDx(inventory('x64', VERSIONS), PRODUCT)) as Bom;
    const refs = bom.components.map((part) => part['bom-ref']);
    expect(bom.dependencies.map((entry) => entry.ref)).toEqual(['helios-edge@9.9.9', ...refs]);
    for (const part of bom.components) expect(part.purl).toMatch(/^pkg:[a-z]+\/\S+$/);
  });
});

describe('licenceTexts', () => {
  test('names each part that has a text of its own', () => {
    const found = inventory('x64', VERSIONS);
    const texts = licenceTexts(found);
    for (const part of found.parts.filter((one) => one.licenceText !== '')) {
      expect(texts).toContain(`${part.name} ${part.version} (${part.licence})`);
    }
  });
});

describe('checkIntegrity', () => {
  test('refuses other bytes than the lock pins', () => {
    const pinned =
      'sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==';
    expect(() => checkIntegrity(Buffer.from(''), pinned, 'it')).not.toThrow();
    expect(() => checkIntegrity(Buffer.from('x'), pinned, 'it')).toThrow(/not what .* pins/);
  });
});

describe.skipIf(!existsSync(BINARY))('the executable (dist/)', { timeout: RUN_MS_MAX }, () => {
  const run = (...words: string[]): string =>
    execFileSync(BINARY, words, { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });

  test('--version names the commit and asks SQLite and the grammar', () => {
    const parts = JSON.parse(run('--version', '--json')) as Record<string, string>;
    expect(parts['node']).toBe(process.versions.node);
    expect(parts['commit']).toMatch(/^([0-9a-f]{12,}\+?|unknown)$/);
    expect(parts['sqlite']).toMatch(/^3\.\d+\.\d+$/);
    expect(parts['grammar']).toMatch(/^18\.\d+$/);
    const lines = run('version');
    expect(lines).toContain(`SQLite ${parts['sqlite']}`);
    expect(lines).toContain(`PostgreSQL ${parts['grammar']} grammar`);
  });

  test('version --sbom lists what is inside, with the versions that the parts tell', () => {
    const bom = JSON.parse(run('version', '--sbom')) as Bom;
    const parts = JSON.parse(run('--version', '--json')) as Record<string, string>;
    const versionOf = (ref: string): string | undefined =>
      bom.components.find((part) => part['bom-ref'] === ref)?.version;
    expect(versionOf('wasm:sqlite')).toBe(parts['sqlite']);
    expect(versionOf('wasm:postgresql-grammar')).toBe(parts['grammar']);
    expect(versionOf('node')).toBe(parts['node']);
    expect(versionOf('node:openssl')).toBe(parts['openssl']);
  });

  test('version --licenses prints the texts', () => {
    const texts = run('version', '--licenses');
    for (const word of ['OpenSSL', 'PostgreSQL Global Development Group', 'Apache License']) {
      expect(texts).toContain(word);
    }
  });
});
