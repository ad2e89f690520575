/** How this very program is started again as another process: the binary itself, or the checkout's sources. */
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/** The program and the words before a command's own. */
export function selfCommand(): readonly string[] {
  if (isSea()) return [process.execPath];
  return [process.execPath, fileURLToPath(new URL('./main.ts', import.meta.url))];
}
