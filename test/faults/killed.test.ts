/** SIGKILL, with a VFS that keeps in the process whatever no returned sync covered. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { openEngine, type VfsMode } from '../../edge/engine/open.ts';
import {
  engineOptions,
  makeDirectory,
  read,
  removeDirectory,
} from '../engine/support/engine-fixture.ts';

const CHILD = new URL('../engine/support/sell-until-killed.ts', import.meta.url).pathname;

/** Kills the box after so many acknowledgements; gives what was acknowledged and what is there. */
async function sellAndKill(mode: VfsMode, count: number) {
  const directory = makeDirectory();
  const path = join(directory, 'pos.db');
  try {
    const child = spawn(process.execPath, [CHILD, path, mode], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const acknowledged: bigint[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(BigInt(line));
      if (acknowledged.length === count) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const engine = await openEngine(engineOptions(path));
    const check = await read(engine, 'PRAGMA integrity_check');
    const present = new Set((await read(engine, 'SELECT id FROM sale')).map(([id]) => id));
    await engine.close();
    return { check, lost: acknowledged.filter((id) => !present.has(id)), acknowledged };
  } finally {
    removeDirectory(directory);
  }
}

describe('a killed process', () => {
  it.each([
    ['volatile', 40],
    ['volatile', 900],
    ['durable', 300],
  ] as const)('leaves every acknowledged sale behind: %s, %i', async (mode, count) => {
    const { check, lost, acknowledged } = await sellAndKill(mode, count);
    expect(acknowledged.length).toBeGreaterThanOrEqual(count);
    expect(check).toEqual([['ok']]);
    expect(lost).toEqual([]);
  });

  it('loses acknowledged sales where the sync does nothing, so that this test can fail', async () => {
    const { check, lost } = await sellAndKill('volatile-nosync', 50);
    expect(check).toEqual([['ok']]);
    expect(lost.length).toBeGreaterThan(0);
  });
});
