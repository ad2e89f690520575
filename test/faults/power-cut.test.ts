/**
 * The plug is pulled at random instants of a seeded run. Whatever the disk kept of what no returned sync
 * covered: every acknowledged commit is there, whole, and nothing is damaged. The lying disk must fail it.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../edge/engine/engine.ts';
import { openEngine } from '../../edge/engine/open.ts';
import { CrashDisk, type Random } from '../engine/support/crash-disk.ts';
import {
  engineOptions,
  makeDirectory,
  noInterrupt,
  read,
  removeDirectory,
  session,
  statement,
  write,
} from '../engine/support/engine-fixture.ts';

const SALES = 240;
const CLIENTS = 6;
const CUTS = 8;

interface Cut {
  readonly directory: string;
  /** Sales acknowledged before the cut, with their commit numbers. */
  readonly acknowledged: ReadonlyMap<number, bigint>;
}

function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One transaction: a sale and its line, which must never be seen apart. */
async function sell(engine: Engine, sale: number, random: Random): Promise<bigint> {
  const transaction = await engine.beginWrite({ merchant: null, lockTimeoutMs: 0, signal: null });
  const id = BigInt(sale);
  const filler = 'x'.repeat(Math.floor(random() * 3000));
  for (const [sql, binds] of [
    ['INSERT INTO sale VALUES (?1, ?2)', [id, filler]],
    ['INSERT INTO line VALUES (?1, ?2)', [id, BigInt(filler.length)]],
    ['UPDATE stock SET left = left - 1', []],
  ] as const) {
    transaction.run(statement(sql, binds), session(null), noInterrupt, null);
  }
  const commit = transaction.commit();
  await engine.durable(commit);
  return commit;
}

async function sellAndCut(
  directory: string,
  seed: number,
  lying: boolean,
): Promise<readonly Cut[]> {
  const random = seeded(seed);
  const disk = new CrashDisk(lying);
  const acknowledged = new Map<number, bigint>();
  const cuts: Cut[] = [];
  const path = join(directory, `run-${seed}-${lying}.db`);
  const engine = await openEngine(
    engineOptions(path, { medium: disk, checkpointBytes: 60_000, cacheMb: 1 }),
  );
  await write(engine, 'CREATE TABLE sale (id INTEGER PRIMARY KEY, note TEXT)');
  await write(engine, 'CREATE TABLE line (sale INTEGER PRIMARY KEY, length INTEGER)');
  await write(engine, 'CREATE TABLE stock (left INTEGER)');
  await write(engine, 'INSERT INTO stock VALUES (0)');
  await engine.checkpoint();
  disk.onTick = () => {
    // Half of the cuts where the log has just been started over, the rest anywhere.
    const likely = disk.logIsStartingOver ? 0.25 : 0.005;
    if (cuts.length >= CUTS || random() > likely) return;
    const into = join(directory, `cut-${seed}-${lying}-${cuts.length}`);
    disk.cutPowerInto(into, random);
    cuts.push({ directory: into, acknowledged: new Map(acknowledged) });
  };
  let next = 0;
  const client = async () => {
    while (next < SALES) {
      next += 1;
      const sale = next;
      acknowledged.set(sale, await sell(engine, sale, random));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  disk.onTick = () => undefined;
  await engine.close();
  return cuts;
}

/** What is wrong after the cut; nothing when all is well. */
async function faultsAfter(cut: Cut, name: string): Promise<readonly string[]> {
  const engine = await openEngine(engineOptions(join(cut.directory, name)));
  try {
    const faults: string[] = [];
    const [check] = await read(engine, 'PRAGMA integrity_check');
    if (check?.[0] !== 'ok') faults.push(`integrity: ${String(check?.[0])}`);
    const rows = await read(
      engine,
      'SELECT s.id, length(s.note), l.length FROM sale s FULL JOIN line l ON l.sale = s.id',
    );
    const present = new Set<number>();
    for (const [id, stored, promised] of rows) {
      if (id === null || stored !== promised) faults.push(`sale ${id} is not whole`);
      present.add(Number(id));
    }
    for (const sale of cut.acknowledged.keys()) {
      if (!present.has(sale)) faults.push(`acknowledged sale ${sale} is lost`);
    }
    const [stock] = await read(engine, 'SELECT -left FROM stock');
    if (Number(stock?.[0]) !== rows.length) faults.push('the stock is not that of the sales');
    const commit = await write(engine, 'UPDATE stock SET left = left');
    for (const earlier of cut.acknowledged.values()) {
      if (earlier >= commit) faults.push(`commit number ${commit} was given before`);
    }
    return faults;
  } finally {
    await engine.close();
  }
}

describe('openEngine after a power cut', () => {
  let directory = '';

  beforeEach(() => {
    directory = makeDirectory();
  });

  afterEach(() => removeDirectory(directory));

  it.each([1, 2, 3, 4])('keeps every acknowledged commit, seed %i', async (seed) => {
    const cuts = await sellAndCut(directory, seed, false);
    expect(cuts.length).toBeGreaterThan(3);
    for (const cut of cuts) {
      expect(await faultsAfter(cut, `run-${seed}-false.db`), cut.directory).toEqual([]);
    }
  });

  it('loses acknowledged commits on a disk that lies, so that this test can fail', async () => {
    const cuts = await sellAndCut(directory, 7, true);
    let lost = 0;
    for (const cut of cuts) {
      const faults = await faultsAfter(cut, 'run-7-true.db').catch((error: unknown) => [
        String(error),
      ]);
      if (faults.length > 0) lost += 1;
    }
    expect(lost).toBeGreaterThan(0);
  });
});
