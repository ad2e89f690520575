/** Lists of the image's definition: one entry a line, `#` begins a comment. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
export const DEFINITION = join(ROOT, 'image');

export function readList(name: string): readonly string[] {
  return readFileSync(join(DEFINITION, name), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}
