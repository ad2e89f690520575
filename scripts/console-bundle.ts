/**
 * Bundles the technician's console into `dist/console`: one page, one script, one style sheet, one picture.
 *
 * The same sources give the same bytes. Called by the build, by the console's tests, and by hand from a
 * checkout whose box is to serve the page: `scripts/node scripts/console-bundle.ts`.
 */
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'edge/admin/console');
const DIST = join(ROOT, 'dist');
const CONSOLE = join(DIST, 'console');

/** By the names that `edge/assets.ts` and the browser know. */
export const CONSOLE_FILES = ['console.html', 'console.js', 'console.css', 'console.svg'] as const;

/** Returns the folder that holds `CONSOLE_FILES`. */
export async function bundleConsole(): Promise<string> {
  mkdirSync(CONSOLE, { recursive: true });
  const work = mkdtempSync(join(DIST, '.console-'));
  try {
    await build({
      entryPoints: { console: join(SOURCE, 'main.tsx') },
      outdir: work,
      bundle: true,
      platform: 'browser',
      format: 'esm',
      target: ['es2022', 'chrome109', 'firefox115', 'safari16'],
      jsx: 'automatic',
      jsxImportSource: 'preact',
      minify: true,
      legalComments: 'none',
      logLevel: 'warning',
    });
    await build({
      entryPoints: [join(SOURCE, 'console.css')],
      outdir: work,
      target: ['chrome109', 'firefox115', 'safari16'],
      minify: true,
      logLevel: 'warning',
    });
    copyFileSync(join(SOURCE, 'index.html'), join(work, 'console.html'));
    copyFileSync(join(SOURCE, 'console.svg'), join(work, 'console.svg'));
    // File by file, so that a box that serves this folder never finds it without one.
    for (const file of CONSOLE_FILES) renameSync(join(work, file), join(CONSOLE, file));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return CONSOLE;
}

if (process.argv[1] === import.meta.filename) await bundleConsole();
