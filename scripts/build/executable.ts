/**
 * Node's part: the scripts and the assets become a blob, and the blob becomes a section of a stripped Node.
 *
 * The blob holds V8's code cache of the main script, which saves a sixth of a second at every start. V8 writes
 * it differently each time unless its seed is fixed (`--random-seed`, which V8 leaves out of the
 * cache's key on purpose); the running box has random seeds as ever. A cache belongs to an architecture, so the
 * blob of a foreign one is made by its own Node under emulation.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { type AssetName, COMPRESSED_ASSETS } from '../../edge/assets.ts';
import { type Arch, nodeBinary, runnerOf, strip } from './node-runtime.ts';

const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const SEED = '--random-seed=1';
const ZSTD_LEVEL = 12;
const load = createRequire(import.meta.url);

/** What goes in: a file, or bytes made by the build. */
export type Assets = Readonly<Record<AssetName, string | Uint8Array>>;

/** Lays the assets out in `work` by their names, compressed where `edge/assets.ts` expects it. */
export function layOutAssets(assets: Assets, work: string): readonly string[] {
  const names = Object.keys(assets).sort() as AssetName[];
  for (const name of names) {
    const source = assets[name];
    const target = join(work, name);
    if (!COMPRESSED_ASSETS.has(name)) {
      if (typeof source !== 'string') writeFileSync(target, source);
      else if (source !== target) copyFileSync(source, target);
      continue;
    }
    // The same for every architecture, and packing takes seconds.
    if (typeof source === 'string' && existsSync(target)) continue;
    const bytes = typeof source === 'string' ? readFileSync(source) : source;
    const params = { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL };
    writeFileSync(target, zstdCompressSync(bytes, { params }));
  }
  return names;
}

/** Makes the executable from `main.cjs` and the assets in `work`; returns its path. */
export function assemble(arch: Arch, names: readonly string[], work: string): string {
  const node = nodeBinary(arch, work);
  const runner = runnerOf(arch);
  if (runner === null) {
    process.stdout.write(
      `no emulator for ${arch} here: the executable has no code cache, and differs from a release\n`,
    );
  }
  const blob = `sea-${arch}.blob`;
  const settings = `sea-${arch}.json`;
  // Relative paths: the blob keeps the name of its main script.
  const config = {
    main: 'main.cjs',
    output: blob,
    disableExperimentalSEAWarning: true,
    useCodeCache: runner !== null,
    useSnapshot: false,
    execArgvExtension: 'none',
    assets: Object.fromEntries(names.map((name) => [name, name])),
  };
  writeFileSync(join(work, settings), JSON.stringify(config));
  const [program, ...words] = [...(runner ?? []), runner === null ? process.execPath : node];
  execFileSync(program ?? node, [...words, SEED, '--experimental-sea-config', settings], {
    cwd: work,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const output = join(work, `helios-edge-linux-${arch}`);
  strip(arch, node, output);
  const postject = join(dirname(load.resolve('postject/package.json')), 'dist/cli.js');
  execFileSync(
    process.execPath,
    [postject, output, 'NODE_SEA_BLOB', join(work, blob), '--sentinel-fuse', FUSE],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  return output;
}
