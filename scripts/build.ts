/**
 * Builds `dist/helios-edge-linux-x64` and `-arm64`: esbuild bundles the command line and the read
 * worker, and the pinned Node of each architecture takes them in together with the WASM modules, the
 * console and the papers. Beside them lie the list of parts (CycloneDX) and the licence texts.
 *
 * `--host` builds this machine's architecture alone, `--arch NAME` that one; `--out DIR` puts everything
 * elsewhere; `--commit NAME` is for sources without git. The same sources give the same bytes.
 */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createWasmInstance } from '../edge/engine/sqlite/wasm-instance.ts';
import { installedWasmBinary } from '../edge/engine/wasm-binary.ts';
import { loadGrammar } from '../edge/sql/parse/grammar.ts';
import { VERSION } from '../edge/version.ts';
import { bundle } from './build/bundle.ts';
import { type Assets, assemble, layOutAssets } from './build/executable.ts';
import { lockedPackage, ROOT } from './build/lock.ts';
import type { Arch } from './build/node-runtime.ts';
import { cycloneDx, licenceTexts } from './build/papers.ts';
import { type CompiledVersions, inventory } from './build/parts.ts';
import { bundleConsole } from './console-bundle.ts';

const ARCHES: readonly Arch[] = ['x64', 'arm64'];
const PGLITE = 'node_modules/@electric-sql/pglite/dist';

/** The commit, and a sign when tracked files differ from it. */
function commitName(): string {
  const words = ['describe', '--always', '--exclude', '*', '--abbrev=12', '--dirty=+'];
  try {
    return execFileSync('git', words, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

/** Asked of the modules that go in. */
async function compiledVersions(): Promise<CompiledVersions> {
  const sqlite = await createWasmInstance(installedWasmBinary(), () => undefined);
  const grammar = await loadGrammar();
  const server = readFileSync(join(ROOT, PGLITE, 'pglite.wasm'), 'latin1');
  const pglitePostgres = /PostgreSQL (\d+\.\d+)/.exec(server)?.[1];
  if (pglitePostgres === undefined) throw new Error('pglite.wasm does not name its PostgreSQL');
  return { sqlite: sqlite.libraryVersion, grammar: grammar.postgresVersion(), pglitePostgres };
}

interface Papers {
  readonly sbom: string;
  readonly licences: string;
}

function assetsOf(work: string, console: string, papers: Papers): Assets {
  return {
    'worker.cjs': join(work, 'worker.cjs'),
    'sqlite3.wasm': join(ROOT, 'node_modules/@sqlite.org/sqlite-wasm/dist/sqlite3.wasm'),
    'libpg-query.wasm': join(ROOT, 'node_modules/libpg-query/wasm/libpg-query.wasm'),
    'pglite.wasm': join(ROOT, PGLITE, 'pglite.wasm'),
    'pglite.data': join(ROOT, PGLITE, 'pglite.data'),
    'initdb.wasm': join(ROOT, PGLITE, 'initdb.wasm'),
    'console.html': join(console, 'console.html'),
    'console.js': join(console, 'console.js'),
    'console.css': join(console, 'console.css'),
    'console.svg': join(console, 'console.svg'),
    'sbom.cdx.json': Buffer.from(papers.sbom),
    'licences.txt': Buffer.from(papers.licences),
  };
}

function chosenArches(host: boolean, named: string | undefined): readonly Arch[] {
  if (!host && named === undefined) return ARCHES;
  const wanted = named ?? process.arch;
  const found = ARCHES.filter((arch) => arch === wanted);
  if (found.length === 0) throw new Error(`no architecture ${wanted}: x64 and arm64 are built`);
  return found;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      host: { type: 'boolean', default: false },
      arch: { type: 'string' },
      out: { type: 'string', default: join(ROOT, 'dist') },
      commit: { type: 'string', default: commitName() },
    },
  });
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(join(out, '.build-'));
  try {
    const { commit } = values;
    const constants = {
      HELIOS_COMMIT: commit,
      HELIOS_LIBPG_QUERY: lockedPackage('libpg-query').version,
    };
    const console = await bundleConsole();
    await bundle('edge/main.ts', join(work, 'main.cjs'), constants);
    await bundle('edge/read-worker-main.ts', join(work, 'worker.cjs'), constants);
    const versions = await compiledVersions();
    for (const arch of chosenArches(values.host, values.arch)) {
      const parts = inventory(arch, versions);
      const papers = {
        sbom: cycloneDx(parts, { name: 'helios-edge', version: VERSION, commit }),
        licences: licenceTexts(parts),
      };
      const names = layOutAssets(assetsOf(work, console, papers), work);
      const built = assemble(arch, names, work);
      const final = join(out, `helios-edge-linux-${arch}`);
      writeFileSync(join(out, `helios-edge-linux-${arch}.cdx.json`), papers.sbom);
      writeFileSync(join(out, 'THIRD-PARTY-LICENSES.txt'), papers.licences);
      renameSync(built, final);
      const megabytes = (statSync(final).size / 1e6).toFixed(1);
      process.stdout.write(`${relative(process.cwd(), final)}  ${megabytes} MB\n`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

await main();
