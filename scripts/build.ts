/**
 * Builds `dist/helios-edge-linux-x64` and `-arm64`: esbuild bundles the command line and the read
 * worker, and the pinned Node of each architecture takes them in together with the WASM modules.
 *
 * `--host` builds this machine's architecture alone. The same sources give the same bytes.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { bundleConsole, CONSOLE_FILES } from './console-bundle.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const CACHE = join(ROOT, '.cache');
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const load = createRequire(import.meta.url);

type Arch = 'x64' | 'arm64';

/** WASM modules that travel inside, by asset name. */
const ASSETS: Readonly<Record<string, string>> = {
  'sqlite3.wasm': 'node_modules/@sqlite.org/sqlite-wasm/dist/sqlite3.wasm',
  'libpg-query.wasm': 'node_modules/libpg-query/wasm/libpg-query.wasm',
  'pglite.wasm': 'node_modules/@electric-sql/pglite/dist/pglite.wasm',
  'pglite.data': 'node_modules/@electric-sql/pglite/dist/pglite.data',
  'initdb.wasm': 'node_modules/@electric-sql/pglite/dist/initdb.wasm',
};

/** PGlite declares its own `require` beside an `import("module")`, which a CommonJS bundle would confuse. */
const untangleRequire: Plugin = {
  name: 'untangle-require',
  setup(builder) {
    builder.onLoad({ filter: /@electric-sql\/pglite\/dist\/[^/]*\.c?js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        /await import\("((?:node:)?module)"\)/g,
        'process.getBuiltinModule("$1")',
      ),
      loader: 'js',
    }));
  },
};

async function bundle(entry: string, outfile: string, commit: string): Promise<void> {
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__import_meta_url', HELIOS_COMMIT: JSON.stringify(commit) },
    banner: {
      js: 'const __import_meta_url=require("node:url").pathToFileURL(process.execPath).href;',
    },
    plugins: [untangleRequire],
    logLevel: 'warning',
  });
}

/** The pinned Node of an architecture; the foreign one is fetched from npm once and kept. */
function nodeBinary(arch: Arch): string {
  const installed = join(ROOT, `node_modules/node-linux-${arch}/bin/node`);
  if (existsSync(installed)) return installed;
  const { optionalDependencies } = load('../package.json') as {
    optionalDependencies: Readonly<Record<string, string>>;
  };
  const version = optionalDependencies[`node-linux-${arch}`] ?? '';
  const kept = join(CACHE, `node-linux-${arch}-${version}`);
  const binary = join(kept, 'package/bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(kept, { recursive: true });
  process.stdout.write(`fetching node-linux-${arch}@${version}\n`);
  execFileSync(
    'npm',
    ['pack', '--silent', '--pack-destination', kept, `node-linux-${arch}@${version}`],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  execFileSync('tar', ['-xzf', join(kept, `node-linux-${arch}-${version}.tgz`), '-C', kept]);
  return binary;
}

/** Debug symbols are a seventh of Node; a foreign binary is stripped only where its tool is installed. */
function strip(arch: Arch, from: string, to: string): void {
  const prefix =
    arch === process.arch ? '' : arch === 'arm64' ? 'aarch64-linux-gnu-' : 'x86_64-linux-gnu-';
  try {
    execFileSync(`${prefix}strip`, ['-s', '-o', to, from], { stdio: 'ignore' });
  } catch {
    copyFileSync(from, to);
  }
  chmodSync(to, 0o755);
}

function assemble(arch: Arch, work: string): void {
  const assets: Record<string, string> = { 'worker.cjs': join(work, 'worker.cjs') };
  for (const [name, path] of Object.entries(ASSETS)) assets[name] = join(ROOT, path);
  for (const name of CONSOLE_FILES) assets[name] = join(DIST, 'console', name);
  const blob = join(work, `sea-${arch}.blob`);
  const settings = join(work, `sea-${arch}.json`);
  writeFileSync(
    settings,
    JSON.stringify({
      main: join(work, 'main.cjs'),
      output: blob,
      disableExperimentalSEAWarning: true,
      useCodeCache: false,
      useSnapshot: false,
      execArgvExtension: 'none',
      assets,
    }),
  );
  execFileSync(process.execPath, ['--experimental-sea-config', settings], { stdio: 'ignore' });
  const output = join(work, `helios-edge-linux-${arch}`);
  strip(arch, nodeBinary(arch), output);
  const postject = join(dirname(load.resolve('postject/package.json')), 'dist/cli.js');
  execFileSync(
    process.execPath,
    [postject, output, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  const final = join(DIST, `helios-edge-linux-${arch}`);
  renameSync(output, final);
  process.stdout.write(
    `${final.slice(ROOT.length + 1)}  ${(statSync(final).size / 1e6).toFixed(1)} MB\n`,
  );
}

function commitName(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

async function main(): Promise<void> {
  const arches: readonly Arch[] = process.argv.includes('--host')
    ? [process.arch as Arch]
    : ['x64', 'arm64'];
  mkdirSync(DIST, { recursive: true });
  const work = mkdtempSync(join(DIST, '.build-'));
  try {
    const commit = commitName();
    await bundleConsole();
    await bundle('edge/main.ts', join(work, 'main.cjs'), commit);
    await bundle('edge/read-worker-main.ts', join(work, 'worker.cjs'), commit);
    for (const arch of arches) assemble(arch, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

await main();
