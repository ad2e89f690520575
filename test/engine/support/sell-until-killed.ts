/** A box that sells for as long as it lives, and writes each acknowledged sale to standard output. */
import { writeSync } from 'node:fs';
import { openEngine, type VfsMode } from '../../../edge/engine/open.ts';
import { engineOptions, write } from './engine-fixture.ts';

const [path = '', mode = 'durable'] = process.argv.slice(2);
const engine = await openEngine(
  engineOptions(path, { vfsMode: mode as VfsMode, checkpointBytes: 300_000 }),
);
await write(engine, 'CREATE TABLE IF NOT EXISTS sale (id INTEGER PRIMARY KEY, note TEXT)');
await engine.checkpoint();

/** Written before the next sale is acknowledged, however slow the reader is. */
function tell(line: string): void {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

let next = 0;
async function client(): Promise<never> {
  for (;;) {
    next += 1;
    const id = next;
    await write(engine, 'INSERT INTO sale VALUES (?1, ?2)', [BigInt(id), 'x'.repeat(300)]);
    tell(`${id}\n`);
  }
}
await Promise.all([client(), client(), client()]);
