/**
 * esbuild's part: the command line and the read worker, each one script without any path in it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { ROOT } from './lock.ts';

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

/** The same sources give the same bytes, wherever the checkout lies. */
export async function bundle(
  entry: string,
  outfile: string,
  constants: Readonly<Record<string, string>>,
): Promise<void> {
  const define: Record<string, string> = { 'import.meta.url': '__import_meta_url' };
  for (const [name, value] of Object.entries(constants)) define[name] = JSON.stringify(value);
  await build({
    absWorkingDir: ROOT,
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
    define,
    banner: {
      js: 'const __import_meta_url=require("node:url").pathToFileURL(process.execPath).href;',
    },
    plugins: [untangleRequire],
    logLevel: 'warning',
  });
}
