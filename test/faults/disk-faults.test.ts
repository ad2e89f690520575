/** A full disk, a failing disk, and a log that another program took away. */
import { existsSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../edge/engine/engine.ts';
import { openEngine } from '../../edge/engine/open.ts';
import {
  engineOptions,
  openFixture,
  read,
  readRequest,
  statement,
  write,
} from '../engine/support/engine-fixture.ts';
import { type Faults, faultyDisk } from '../engine/support/faulty-disk.ts';

const MEGABYTE = 1024 * 1024;

async function openOn(faults: Faults, fatal: unknown[] = []) {
  const fixture = await openFixture({
    medium: faultyDisk(faults),
    cacheMb: 1,
    onFatal: (error) => fatal.push(error),
  });
  await write(fixture.engine, 'CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)');
  await write(fixture.engine, "INSERT INTO t VALUES (1, x'00')");
  return fixture;
}

function noFaults(): Faults {
  return { full: false, syncFails: false, readFails: false };
}

async function rowCount(engine: Engine): Promise<unknown> {
  return (await read(engine, 'SELECT count(*) FROM t'))[0]?.[0];
}

describe('a full disk', () => {
  it('refuses the transaction with 53100, and reads and later writes go on', async () => {
    const faults = noFaults();
    await using fixture = await openOn(faults);
    const { engine } = fixture;
    faults.full = true;
    const large = new Uint8Array(12 * MEGABYTE);
    await expect(write(engine, 'INSERT INTO t (v) VALUES (?1)', [large])).rejects.toMatchObject({
      sqlstate: '53100',
      message: 'could not extend file: No space left on device',
    });
    expect(await rowCount(engine)).toBe(1n);
    // What fits into the space already taken can still be sold.
    await write(engine, "INSERT INTO t (v) VALUES (x'01')");
    faults.full = false;
    await write(engine, 'INSERT INTO t (v) VALUES (?1)', [large]);
    expect(await rowCount(engine)).toBe(3n);
    expect(await read(engine, 'PRAGMA integrity_check')).toEqual([['ok']]);
  });

  it('loses nothing when the log cannot be carried back', async () => {
    const faults = noFaults();
    await using fixture = await openOn(faults);
    const { engine } = fixture;
    await write(engine, 'INSERT INTO t (v) VALUES (?1)', [new Uint8Array(2 * MEGABYTE)]);
    faults.full = true;
    await expect(engine.checkpoint()).rejects.toMatchObject({ sqlstate: '53100' });
    expect(await rowCount(engine)).toBe(2n);
    await write(engine, "INSERT INTO t (v) VALUES (x'01')");
    faults.full = false;
    await engine.checkpoint();
    expect(engine.status().databaseBytes).toBeGreaterThan(2 * MEGABYTE);
    expect(await rowCount(engine)).toBe(3n);
    expect(await read(engine, 'PRAGMA integrity_check')).toEqual([['ok']]);
  });

  it('lets the box stop and start: it reads, and sells as soon as there is room', async () => {
    const faults = noFaults();
    await using fixture = await openOn(faults);
    await write(fixture.engine, 'INSERT INTO t (v) VALUES (?1)', [new Uint8Array(2 * MEGABYTE)]);
    faults.full = true;
    const sellUntilFull = async (engine: Engine): Promise<void> => {
      for (;;) await write(engine, "INSERT INTO t (v) VALUES (x'01')");
    };
    await expect(sellUntilFull(fixture.engine)).rejects.toMatchObject({ sqlstate: '53100' });
    const sold = Number(await rowCount(fixture.engine));
    const last = fixture.engine.durableCommit;
    await fixture.engine.close();
    const options = engineOptions(fixture.path, { medium: faultyDisk(faults) });
    for (const round of ['started on a full disk', 'once more']) {
      const engine = await openEngine(options);
      expect(await rowCount(engine), round).toBe(BigInt(sold));
      await expect(sellUntilFull(engine)).rejects.toMatchObject({ sqlstate: '53100' });
      await engine.close();
    }
    const engine = await openEngine(options);
    faults.full = false;
    await write(engine, "INSERT INTO t (v) VALUES (x'01')");
    expect(engine.durableCommit).toBeGreaterThan(last);
    await engine.checkpoint();
    await engine.close();
    expect(existsSync(`${fixture.path}-wal`)).toBe(false);
    const database = new DatabaseSync(fixture.path, { readOnly: true });
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: sold + 1 });
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  });
});

describe('a failing disk', () => {
  it('acknowledges nothing after a failed sync and tells the process to stop, once', async () => {
    const faults = noFaults();
    const fatal: unknown[] = [];
    await using fixture = await openOn(faults, fatal);
    const { engine } = fixture;
    const before = engine.durableCommit;
    faults.syncFails = true;
    await expect(write(engine, "INSERT INTO t (v) VALUES (x'01')")).rejects.toMatchObject({
      sqlstate: '57P02',
    });
    faults.syncFails = false;
    expect(engine.durableCommit).toBe(before);
    await expect(write(engine, "INSERT INTO t (v) VALUES (x'02')")).rejects.toMatchObject({
      sqlstate: '57P02',
    });
    expect(() => engine.readNow(readRequest(statement('SELECT 1'), []))).toThrow(
      'the store has failed',
    );
    expect(fatal).toHaveLength(1);
  });

  it('stops when a checkpoint cannot sync the database', async () => {
    const faults = noFaults();
    const fatal: unknown[] = [];
    await using fixture = await openOn(faults, fatal);
    const { engine } = fixture;
    faults.syncFails = true;
    await expect(engine.checkpoint()).rejects.toThrow();
    expect(fatal).toHaveLength(1);
  });

  it('reports a read that fails as 58030', async () => {
    const faults = noFaults();
    await using fixture = await openOn(faults);
    const { engine } = fixture;
    await write(engine, 'INSERT INTO t (v) VALUES (?1)', [new Uint8Array(3 * MEGABYTE)]);
    await engine.checkpoint();
    faults.readFails = true;
    await expect(read(engine, 'SELECT sum(length(hex(v))) FROM t')).rejects.toMatchObject({
      sqlstate: '58030',
    });
    faults.readFails = false;
    expect(await rowCount(engine)).toBe(2n);
  });
});

describe('a log that has gone', () => {
  it('is noticed before the next acknowledgement', async () => {
    const fatal: unknown[] = [];
    await using fixture = await openOn(noFaults(), fatal);
    rmSync(`${fixture.path}-wal`);
    await expect(write(fixture.engine, "INSERT INTO t (v) VALUES (x'01')")).rejects.toMatchObject({
      sqlstate: '57P02',
    });
    expect(String(fatal[0])).toContain('-wal was replaced or removed by another program');
  });

  it('is noticed when another SQLite has opened and closed the database', async () => {
    const fatal: unknown[] = [];
    await using fixture = await openOn(noFaults(), fatal);
    const other = new DatabaseSync(fixture.path);
    expect(other.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 1 });
    other.close();
    await expect(write(fixture.engine, "INSERT INTO t (v) VALUES (x'01')")).rejects.toMatchObject({
      sqlstate: '57P02',
    });
    expect(fatal).toHaveLength(1);
  });
});
