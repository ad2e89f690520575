/**
 * Makes update bundles from built images: `npm run bundle -- [--arch x64|arm64] [--min-from V]`.
 *
 * Takes the system and the kernel image from `dist/image/<arch>/` and writes `helios_<version>_<arch>.heliosupdate`
 * beside them. `--root`, `--uki` and `--version` name other files. Signed with the key of HELIOS_SIGNING_KEY, else with
 * the checkout's development key, which only images of the same checkout trust.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BundleArch } from '../edge/update/bundle-format.ts';
import { DATA_LAYOUT } from '../edge/update/data-layout.ts';
import { isVersion } from '../edge/update/version-order.ts';
import { makeBundle } from './bundle-file.ts';
import { loadSigningKey } from './signing-key.ts';

const IMAGES = join(import.meta.dirname, '../dist/image');
const FIRST_VERSION = '0.1.0';

const { values } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true },
    images: { type: 'string', default: IMAGES },
    root: { type: 'string' },
    uki: { type: 'string' },
    version: { type: 'string' },
    'min-from': { type: 'string', default: FIRST_VERSION },
    output: { type: 'string' },
    level: { type: 'string' },
  },
});

interface ImageManifest {
  readonly version: string;
  readonly epoch: number;
}

function wished(): readonly BundleArch[] {
  const all: readonly BundleArch[] = ['x64', 'arm64'];
  const { arch, images } = values;
  if (arch === undefined)
    return all.filter((name) => existsSync(join(images, name, 'manifest.json')));
  return arch.map((name) => {
    if (name === 'x64' || name === 'arm64') return name;
    throw new Error(`--arch ${name}: x64 and arm64 are known`);
  });
}

async function bundle(arch: BundleArch): Promise<void> {
  const folder = join(resolve(values.images), arch);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as ImageManifest;
  const version = values.version ?? manifest.version;
  if (!isVersion(version)) throw new Error(`version ${version}: write it as 1.4.0 or 1.4.0~rc1`);
  const key = loadSigningKey();
  const output = values.output ?? join(folder, `helios_${version}_${arch}.heliosupdate`);
  const begun = performance.now();
  await makeBundle({
    root: values.root ?? join(folder, `helios_${version}.root.erofs`),
    uki: values.uki ?? join(folder, `helios_${version}.efi`),
    version,
    arch,
    minFromVersion: values['min-from'],
    layout: DATA_LAYOUT,
    created: new Date(manifest.epoch * 1000),
    output,
    key,
    ...(values.level === undefined ? {} : { level: Number(values.level) }),
  });
  const megabytes = (statSync(output).size / 1e6).toFixed(1);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  process.stdout.write(`${output}\n  ${megabytes} MB in ${seconds} s, ${key.name} key\n`);
}

const arches = wished();
if (arches.length === 0)
  throw new Error(`no image in ${values.images}: make one with "npm run image"`);
for (const arch of arches) await bundle(arch);
