/** The x86-64 image of this checkout, built when the one in `dist/` was made from anything else. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../../scripts/image/manifest.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface BuiltImage {
  /** The disk image. */
  readonly disk: string;
  readonly manifest: Manifest;
}

export function builtImage(arch: 'x64' | 'arm64', words: readonly string[] = []): BuiltImage {
  const folder = join(ROOT, 'dist/image', arch);
  execFileSync(
    process.execPath,
    [join(ROOT, 'scripts/image.ts'), '--arch', arch, '--no-compress', ...words],
    { stdio: 'inherit', cwd: ROOT },
  );
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  const disk = manifest.files.find(({ name }) => name.endsWith('.raw'));
  if (disk === undefined) throw new Error('the manifest names no disk image');
  return { disk: join(folder, disk.name), manifest };
}
