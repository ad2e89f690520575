/** An engine that this process opens on a file of its own, for as long as one piece of work takes. */
import { systemClock } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import { openEngine } from '../engine/open.ts';
import { silentLog } from '../log.ts';
import type { SqliteParts } from './stored-database.ts';

const MAX_CONNECTIONS = 3;
const CACHE_MB = 16;
const MEMORY_MB = 256;
/** Of a new file; none is made here. */
const PAGE_SIZE = 4096;

/**
 * When it resolves the engine is closed, and the file is one file, on the disk.
 * @throws EdgeError when another process has the file, or a newer version wrote it
 */
export async function withEngine<T>(
  parts: SqliteParts,
  path: string,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const fatal: unknown[] = [];
  const engine = await openEngine({
    path,
    library: parts.library,
    wasmBinary: parts.wasmBinary,
    clock: systemClock,
    log: silentLog,
    maxConnections: MAX_CONNECTIONS,
    cacheMb: CACHE_MB,
    memoryLimitMb: MEMORY_MB,
    pageSize: PAGE_SIZE,
    workerFactory: null,
    onFatal: (error) => fatal.push(error),
  });
  let result: T;
  try {
    result = await work(engine);
  } finally {
    await engine.close();
  }
  if (fatal.length > 0) throw new Error(`the disk failed on ${path}`, { cause: fatal[0] });
  return result;
}
