/** Opening, owning and closing the file; numbers of commits across runs. The file is checked by node:sqlite too. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../edge/engine/open.ts';
import {
  engineOptions,
  makeDirectory,
  read,
  removeDirectory,
  write,
} from './support/engine-fixture.ts';

describe('openEngine', () => {
  let directory = '';
  let path = '';

  beforeEach(() => {
    directory = makeDirectory();
    path = join(directory, 'pos.db');
  });

  afterEach(() => removeDirectory(directory));

  it('keeps what was committed and leaves one file behind', async () => {
    const first = await openEngine(engineOptions(path));
    await write(first, 'CREATE TABLE t (v TEXT)');
    await write(first, 'INSERT INTO t VALUES (?1)', ['kept']);
    await first.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(existsSync(`${path}.lock`)).toBe(false);

    const other = new DatabaseSync(path, { readOnly: true });
    expect(other.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    other.close();

    const second = await openEngine(engineOptions(path));
    expect(await read(second, 'SELECT v FROM t')).toEqual([['kept']]);
    await second.close();
  });

  it('takes the page size for a new file', async () => {
    const engine = await openEngine(engineOptions(path, { pageSize: 8192 }));
    expect(await read(engine, 'PRAGMA page_size')).toEqual([[8192n]]);
    await engine.close();
  });

  it('refuses a file that is in use, naming its owner', async () => {
    const engine = await openEngine(engineOptions(path));
    await expect(openEngine(engineOptions(path))).rejects.toThrow(
      `the database is in use by process ${process.pid}`,
    );
    await engine.close();
    const again = await openEngine(engineOptions(path));
    await again.close();
  });

  it('takes over the lock of an owner that no longer runs', async () => {
    const lock = { pid: process.pid, bootId: 'another boot', startTime: '1' };
    writeFileSync(`${path}.lock`, JSON.stringify(lock));
    const engine = await openEngine(engineOptions(path));
    expect(JSON.parse(readFileSync(`${path}.lock`, 'utf8'))).toMatchObject({ pid: process.pid });
    await engine.close();
  });

  it('takes over a lock that was cut off while it was written', async () => {
    writeFileSync(`${path}.lock`, '{"pid":');
    const engine = await openEngine(engineOptions(path));
    await engine.close();
  });

  it('refuses a file that a newer version wrote', async () => {
    const engine = await openEngine(engineOptions(path));
    await engine.close();
    const other = new DatabaseSync(path);
    other.exec('PRAGMA user_version = 99');
    other.close();
    await expect(openEngine(engineOptions(path))).rejects.toThrow(
      'written by a newer version (layout 99',
    );
  });

  it('refuses a file that is no database, and lets go of it', async () => {
    writeFileSync(path, 'not a database, but long enough to be looked at as one. '.repeat(100));
    await expect(openEngine(engineOptions(path))).rejects.toMatchObject({ sqlstate: 'XX001' });
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('never gives a commit number twice', async () => {
    const numbers: bigint[] = [];
    for (let run = 0; run < 3; run += 1) {
      const engine = await openEngine(engineOptions(path));
      await write(engine, 'CREATE TABLE IF NOT EXISTS t (v)');
      numbers.push(await write(engine, 'INSERT INTO t VALUES (1)'));
      numbers.push(await write(engine, 'INSERT INTO t VALUES (2)'));
      await engine.close();
    }
    const ascending = [...numbers].sort((left, right) => (left < right ? -1 : 1));
    expect(numbers).toEqual(ascending);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
