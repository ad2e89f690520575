/** Builds an image twice from the same inputs, from unpacking on, and compares what came out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildImage } from './build.ts';
import type { Manifest } from './manifest.ts';
import type { ImagePlan } from './plan.ts';

/** Returns a line for each file that differs. */
export function checkReproducible(plan: ImagePlan, say: (line: string) => void): readonly string[] {
  const place = mkdtempSync(join(plan.cache, 'twice-'));
  try {
    const build = (name: string): Manifest => {
      say(`build ${name}`);
      // The packages' files stay; all that is made from them is made anew.
      rmSync(join(plan.cache, 'trees'), { recursive: true, force: true });
      const output = join(place, name);
      return buildImage({ ...plan, output }, { compress: false, force: true, say }).manifest;
    };
    const [first, second] = [build('one'), build('two')];
    return first.files.flatMap(({ name, sha256 }, index) => {
      const other = second.files[index];
      return other?.sha256 === sha256 ? [] : [`${name}: ${sha256} and ${other?.sha256}`];
    });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
