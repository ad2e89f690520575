/** A backup is one committed state, whatever is sold and carried back while it is made. */

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { CHUNK_BYTES } from '../../edge/backup/packed-file.ts';
import type { Engine } from '../../edge/engine/engine.ts';
import { rowsOf, write } from '../engine/support/engine-fixture.ts';
import { backUp, inside, openIdentified } from './support.ts';

const ACCOUNTS = 250;
const START = 1_000n;
const target = mkdtempSync('/tmp/helios-backup-');
afterAll(() => rmSync(target, { recursive: true, force: true }));

async function fill(engine: Engine): Promise<void> {
  await write(engine, 'CREATE TABLE account (id INTEGER PRIMARY KEY, cents INTEGER, pad BLOB)');
  await write(engine, 'CREATE TABLE mark (id INTEGER PRIMARY KEY, commit_no INTEGER)');
  await write(engine, 'INSERT INTO mark VALUES (1, 0)');
  const transaction = await engine.beginWrite({ merchant: null, lockTimeoutMs: 0, signal: null });
  for (let id = 1n; id <= ACCOUNTS; id += 1n) {
    rowsOf(transaction, 'INSERT INTO account VALUES (?1, ?2, ?3)', [
      id,
      START,
      new Uint8Array(randomBytes(12_000)),
    ]);
  }
  await engine.durable(transaction.commit());
  await engine.checkpoint();
}

/** Moves money between accounts all over the file, and notes its own commit number in the same transaction. */
async function transferUntil(engine: Engine, isOver: () => boolean): Promise<number> {
  let transfers = 0;
  while (!isOver()) {
    const transaction = await engine.beginWrite({ merchant: null, lockTimeoutMs: 0, signal: null });
    const [from, to] = [transfers * 37, transfers * 101 + 7].map((n) => BigInt((n % ACCOUNTS) + 1));
    const amount = BigInt(transfers % 50);
    const move = 'UPDATE account SET cents = cents + ?2, pad = ?3 WHERE id = ?1';
    const pad = new Uint8Array(randomBytes(12_000 + (transfers % 5) * 1_000));
    rowsOf(transaction, move, [from ?? 1n, -amount, pad]);
    rowsOf(transaction, move, [to ?? 1n, amount, pad]);
    rowsOf(transaction, 'UPDATE mark SET commit_no = ?1', [transaction.commitNumber]);
    // What is rolled back must not be in it either.
    if (transfers % 9 === 0) {
      transaction.savepoint(1);
      rowsOf(transaction, 'UPDATE account SET cents = cents + 1000000');
      transaction.rollbackTo(1);
    }
    await engine.durable(transaction.commit());
    transfers += 1;
    // The thread that copies stands behind everything else.
    await pause(1);
  }
  return transfers;
}

describe('a backup made while money moves', () => {
  it('is exactly the state of the commit that its manifest names', async () => {
    await using fixture = await openIdentified({ checkpointBytes: 400_000 });
    const { engine } = fixture;
    await fill(engine);
    let isOver = false;
    const transfers = transferUntil(engine, () => isOver);
    for (let round = 0; round < 3; round += 1) {
      const made = await backUp(engine, target, { bytesPerSecond: 4_000_000 });
      await inside(made.path, (database, { manifest }) => {
        expect(database.rows('PRAGMA integrity_check')).toEqual([['ok']]);
        expect(database.first('SELECT sum(cents) FROM account')).toBe(BigInt(ACCOUNTS) * START);
        expect(String(database.first('SELECT commit_no FROM mark'))).toBe(manifest.commit);
        expect(manifest.rows['account']).toBe(ACCOUNTS);
        expect(manifest.boxId).toBe(fixture.boxId);
      });
      expect(made.verified).toBe(true);
    }
    isOver = true;
    expect(await transfers).toBeGreaterThan(50);
  }, 120_000);

  it('takes from the log what a report keeps from being carried back', async () => {
    await using fixture = await openIdentified({ checkpointBytes: 400_000 });
    const { engine } = fixture;
    await fill(engine);
    const report = engine.openLiveFile(CHUNK_BYTES);
    await report.freeze();
    let rounds = 0;
    await transferUntil(engine, () => (rounds += 1) > 60);
    expect(engine.status().walBytes).toBeGreaterThan(2_000_000);
    const made = await backUp(engine, target);
    await inside(made.path, (database, { manifest }) => {
      expect(database.rows('PRAGMA integrity_check')).toEqual([['ok']]);
      expect(database.first('SELECT sum(cents) FROM account')).toBe(BigInt(ACCOUNTS) * START);
      expect(String(database.first('SELECT commit_no FROM mark'))).toBe(manifest.commit);
    });
    report.thaw();
    report.close();
  }, 60_000);

  it('knows what a checkpoint wrote, and leaves out what was deleted', async () => {
    await using fixture = await openIdentified();
    const { engine } = fixture;
    await fill(engine);
    const file = engine.openLiveFile(CHUNK_BYTES);
    file.changed();
    await write(engine, 'DELETE FROM account WHERE id > 10');
    await engine.checkpoint();
    expect(file.changed().length).toBeGreaterThan(0);
    file.close();
    const made = await backUp(engine, target);
    await inside(made.path, (database) => {
      expect(database.rows('PRAGMA integrity_check')).toEqual([['ok']]);
      expect(database.first('SELECT count(*) FROM account')).toBe(10n);
    });
  }, 60_000);
});

describe('a freeze', () => {
  it('ends when the log grows too long on its account, and the backup is refused', async () => {
    await using fixture = await openIdentified({
      walBytesMax: 3_000_000,
      checkpointBytes: 400_000,
    });
    const { engine } = fixture;
    await fill(engine);
    const file = engine.openLiveFile(CHUNK_BYTES);
    let cancelled = 0;
    await file.freeze(() => {
      cancelled += 1;
    });
    let rounds = 0;
    await transferUntil(engine, () => (rounds += 1) > 200);
    expect(cancelled).toBe(1);
    expect(() => file.thaw()).toThrow(/try again/);
    file.close();
    await engine.checkpoint();
    // The next commit starts the log over.
    await write(engine, 'UPDATE mark SET commit_no = 5');
    expect(engine.status().walBytes).toBeLessThan(100_000);
  }, 60_000);

  it('lets sales go on', async () => {
    await using fixture = await openIdentified();
    const { engine } = fixture;
    await fill(engine);
    const file = engine.openLiveFile(CHUNK_BYTES);
    const { commit } = await file.freeze();
    const before = await write(engine, 'UPDATE mark SET commit_no = 5');
    expect(before).toBeGreaterThan(commit);
    file.thaw();
    file.close();
  });
});

describe('a backup file', () => {
  it('unpacks with zstd to a database that plain SQLite reads', async () => {
    await using fixture = await openIdentified();
    await fill(fixture.engine);
    const made = await backUp(fixture.engine, target, { label: 'plain' });
    const plain = join(target, 'plain.db');
    const zstd = spawnSync('zstd', ['-d', '-q', '-f', made.path, '-o', plain], {
      encoding: 'utf8',
    });
    expect(zstd.stderr ?? String(zstd.error)).toBe('');
    const database = new DatabaseSync(plain);
    expect(database.prepare('SELECT count(*) AS n FROM account').get()).toEqual({ n: ACCOUNTS });
    database.close();
    expect(existsSync(`${plain}-wal`)).toBe(false);
    expect(readdirSync(target).filter((name) => name.endsWith('.part'))).toEqual([]);
  }, 60_000);
});
