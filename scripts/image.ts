/**
 * Builds the appliance's images: `npm run image -- [--arch x64|arm64] [--version V] [--out DIR]`.
 *
 * For each architecture `dist/image/<arch>/` gets the disk image to be flashed, the two files that an
 * update is made of, and a signed manifest. The first run downloads some 150 MB a set of packages from
 * the Debian mirror of this machine's apt; later ones need no network, `--refresh` takes newer packages.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImage } from './image/build.ts';
import { ROOT } from './image/lists.ts';
import { type Arch, checkVersion, git, type ImagePlan } from './image/plan.ts';
import { checkReproducible } from './image/reproducible.ts';
import { loadSigningKey } from './signing-key.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true },
    version: { type: 'string' },
    out: { type: 'string', default: join(ROOT, 'dist/image') },
    binary: { type: 'string' },
    units: { type: 'string', default: join(ROOT, 'systemd') },
    refresh: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    'no-compress': { type: 'boolean', default: false },
    'check-reproducible': { type: 'boolean', default: false },
  },
});

function arches(): readonly Arch[] {
  const wished = values.arch ?? ['x64', 'arm64'];
  return wished.map((name) => {
    if (name === 'x64' || name === 'arm64') return name;
    throw new Error(`--arch ${name}: x64 and arm64 are known`);
  });
}

function planFor(arch: Arch): ImagePlan {
  const packageFile = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  const epoch = process.env['SOURCE_DATE_EPOCH'] ?? git('log', '-1', '--format=%ct');
  return {
    arch,
    version: checkVersion(values.version ?? packageFile.version),
    epoch: Number(epoch),
    commit: git('rev-parse', '--short=12', 'HEAD'),
    cache: join(ROOT, '.cache/image'),
    output: join(resolve(values.out), arch),
    binary: values.binary ?? join(ROOT, `dist/helios-edge-linux-${arch}`),
    units: resolve(values.units),
    key: loadSigningKey(),
    refresh: values.refresh,
  };
}

function main(): void {
  const wished = arches();
  if (values.binary === undefined) {
    const host = wished.every((arch) => arch === process.arch) ? ['--host'] : [];
    execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts'), ...host], { stdio: 'inherit' });
  }
  for (const arch of wished) {
    const plan = planFor(arch);
    if (values['check-reproducible']) {
      const differences = checkReproducible(plan, say);
      for (const line of differences) say(`  differs: ${line}`);
      say(`${arch}: two builds ${differences.length === 0 ? 'gave the same bytes' : 'differ'}`);
      if (differences.length > 0) process.exitCode = 1;
      continue;
    }
    say(`image ${plan.version} for ${arch}`);
    const { manifest, folder, isFresh } = buildImage(plan, {
      compress: !values['no-compress'],
      force: values.force,
      say,
    });
    if (!isFresh) say('  is up to date');
    for (const { name, bytes } of manifest.files) {
      say(`  ${join(folder, name).slice(ROOT.length + 1)}  ${(bytes / 1e6).toFixed(1)} MB`);
    }
    if (manifest.signingKey === 'development') {
      say('  signed with the development key: not for a shop (set HELIOS_SIGNING_KEY)');
    }
  }
}

main();
