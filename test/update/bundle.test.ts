import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requireApplicable } from '../../edge/update/applicable.ts';
import {
  BundleError,
  type BundleManifest,
  encodeBundleHead,
  MANIFEST_OFFSET,
} from '../../edge/update/bundle-format.ts';
import { BundleVerifier, readPart, verifyBundleFile } from '../../edge/update/bundle-reader.ts';
import { loadUpdateKeys } from '../../edge/update/update-keys.ts';
import { compareVersions, isVersion } from '../../edge/update/version-order.ts';
import { BundleShop, newKey } from './bundles.ts';

const shop = new BundleShop();
let path = '';
let bytes = Buffer.alloc(0);
let manifestBytes = 0;
let manifest: BundleManifest;

beforeAll(async () => {
  path = await shop.make('1.2.0');
  bytes = readFileSync(path);
  ({ manifest, manifestBytes } = await verifyBundleFile(path, [shop.key.publicKey]));
});
afterAll(() => shop[Symbol.dispose]());

function verify(content: Uint8Array, keys = [shop.key.publicKey]): BundleManifest {
  const verifier = new BundleVerifier(keys, () => undefined);
  verifier.push(content);
  return verifier.end().manifest;
}

test('a bundle is read back: manifest and both parts', async () => {
  expect(manifest).toMatchObject({ version: '1.2.0', arch: 'x64', layout: 1 });
  for (const [name, content] of [
    ['root', shop.root('1.2.0')],
    ['uki', shop.uki('1.2.0')],
  ] as const) {
    const chunks: Buffer[] = [];
    for await (const chunk of readPart(path, { manifest, manifestBytes }, name)) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  }
});

test('the same inputs and time give the same bytes', async () => {
  await shop.make('1.2.0');
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('a bundle arrives in pieces of any size', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1 }), (sizes) => {
      const verifier = new BundleVerifier([shop.key.publicKey], () => undefined);
      let at = 0;
      for (let turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        verifier.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(verifier.end().manifest.version).toBe('1.2.0');
    }),
    { numRuns: 30 },
  );
});

test('every changed byte of head, signature and manifest is refused, and nothing is told of it', () => {
  const end = MANIFEST_OFFSET + manifestBytes;
  for (let at = 0; at < end; at++) {
    for (const flip of [0x01, 0x80]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ flip;
      let told: BundleManifest | null = null;
      const verifier = new BundleVerifier([shop.key.publicKey], (seen) => {
        told = seen;
      });
      expect(() => {
        verifier.push(changed);
        verifier.end();
      }, `byte ${at}`).toThrow(BundleError);
      expect(told, `byte ${at}`).toBeNull();
    }
  }
});

test('every changed byte of the parts is refused', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: MANIFEST_OFFSET + manifestBytes, max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(() => verify(changed)).toThrow(BundleError);
      },
    ),
    { numRuns: 300 },
  );
});

test('a bundle cut short at any byte is refused, and so is one with a byte more', () => {
  for (let length = 0; length < bytes.length; length += length < 1_200 ? 1 : 37) {
    expect(() => verify(bytes.subarray(0, length)), `${length} bytes`).toThrow(BundleError);
  }
  expect(() => verify(bytes.subarray(0, bytes.length - 1))).toThrow('ends too early');
  expect(() => verify(Buffer.concat([bytes, Buffer.from([0])]))).toThrow('behind its end');
});

test('only a trusted key counts, and one of several is enough', () => {
  const other = newKey();
  expect(() => verify(bytes, [other.publicKey])).toThrow('not signed by a key');
  expect(verify(bytes, [other.publicKey, shop.key.publicKey]).version).toBe('1.2.0');
  expect(() => verify(bytes, [])).toThrow('not signed by a key');
});

test('a signed manifest of another product, arch, size or without a part is refused', () => {
  const [root, uki] = manifest.parts;
  const wrong = [
    { product: 'other' },
    { arch: 'riscv' },
    { version: '../../etc' },
    { version: '1.2' },
    { layout: 0 },
    { parts: [root] },
    { parts: [root, root] },
    { parts: [root, uki, uki] },
    { parts: [{ ...root, bytes: 1e15 }, uki] },
    { parts: [{ ...root, packedBytes: -1 }, uki] },
    { parts: [{ ...root, sha256: 'x' }, uki] },
  ];
  for (const change of wrong) {
    const head = encodeBundleHead(
      { ...manifest, ...change } as BundleManifest,
      shop.key.privateKey,
    );
    expect(() => verify(head), JSON.stringify(change)).toThrow('lacks a field');
  }
});

test('a bundle of a later format says so, signed or not', () => {
  const later = Buffer.from(bytes);
  later.writeUInt16BE(2, 8);
  expect(() => verify(later)).toThrow('has format 2');
});

test('a manifest length beyond the limit is refused before it is read', () => {
  const long = Buffer.from(bytes);
  long.writeUInt32BE(0xffff_ffff, 12);
  expect(() => verify(long)).toThrow('damaged');
});

test('a part that unpacks to more than the manifest says is not read to its end', async () => {
  const short = manifest.parts.map((part) => ({ ...part, bytes: part.bytes - 1 }));
  const head = encodeBundleHead({ ...manifest, parts: short }, shop.key.privateKey);
  const file = join(shop.directory, 'short');
  writeFileSync(file, Buffer.concat([head, bytes.subarray(MANIFEST_OFFSET + manifestBytes)]));
  const bundle = await verifyBundleFile(file, [shop.key.publicKey]);
  await expect(async () => {
    for await (const _ of readPart(file, bundle, 'root'));
  }).rejects.toThrow('damaged');
});

test('a genuine bundle must suit the box', () => {
  const box = { version: '1.1.0', arch: 'x64' };
  expect(() => requireApplicable(manifest, box, false)).not.toThrow();
  expect(() => requireApplicable(manifest, { ...box, arch: 'arm64' }, true)).toThrow('is for x64');
  const same = { ...box, version: '1.2.0' };
  expect(() => requireApplicable(manifest, same, true)).toThrow('running already');
  const newer = { ...box, version: '1.3.0' };
  expect(() => requireApplicable(manifest, newer, false)).toThrow('--force-downgrade');
  expect(() => requireApplicable(manifest, newer, true)).not.toThrow();
  const needs = { ...manifest, minFromVersion: '1.1.5' };
  expect(() => requireApplicable(needs, box, true)).toThrow('install 1.1.5 first');
});

test('versions are ordered as the boot loader orders them', () => {
  const order = [
    '0.9.0',
    '1.0.0~beta',
    '1.0.0~rc1',
    '1.0.0~rc2',
    '1.0.0~rc10',
    '1.0.0',
    '1.0.10',
    '1.2.0',
  ];
  for (const [left, a] of order.entries()) {
    for (const [right, b] of order.entries()) {
      expect(Math.sign(compareVersions(a, b)), `${a} ${b}`).toBe(Math.sign(left - right));
    }
  }
  for (const text of [
    '',
    '1',
    '1.0',
    '1.0.0 ',
    '1.0.0+3',
    '1.0.0/..',
    '1.0.0-rc1',
    `1.0.0~${'a'.repeat(30)}`,
  ]) {
    expect(isVersion(text), text).toBe(false);
  }
});

test('loadUpdateKeys takes every key of the folder and the single one', () => {
  const home = join(shop.directory, 'keys');
  expect(() => loadUpdateKeys(home)).toThrow('no update key');
  mkdirSync(join(home, 'update-keys'), { recursive: true });
  const other = newKey();
  writeFileSync(join(home, 'update-keys', 'old.pub'), other.publicPem);
  writeFileSync(join(home, 'update-key.pub'), shop.key.publicPem);
  writeFileSync(join(home, 'update-keys', 'note.txt'), 'not a key');
  const keys = loadUpdateKeys(home);
  expect(keys).toHaveLength(2);
  expect(verify(bytes, [...keys]).version).toBe('1.2.0');
  writeFileSync(join(home, 'update-keys', 'bad.pub'), 'no key');
  expect(() => loadUpdateKeys(home)).toThrow('bad.pub');
});
