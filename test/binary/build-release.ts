/**
 * Runs the build into a folder, from this checkout or from another one, for tests of what it makes.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface BuildCall {
  readonly out: string;
  readonly root?: string;
  readonly arch?: 'x64' | 'arm64';
  readonly commit?: string;
  readonly umask?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** @throws Error with the build's own words */
export function buildRelease({
  out,
  root = ROOT,
  arch,
  commit,
  umask = '022',
  environment,
}: BuildCall): string {
  const words = [join(root, 'scripts/build.ts'), '--out', out];
  if (arch !== undefined) words.push('--arch', arch);
  if (commit !== undefined) words.push('--commit', commit);
  const script = `umask ${umask}; exec "$0" "$@"`;
  return execFileSync('sh', ['-c', script, process.execPath, ...words], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
}
