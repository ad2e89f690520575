/** Transactions, snapshots, the lock and the watermark, through the Engine interface. */
import { describe, expect, it } from 'vitest';
import type { Engine, WriteTransaction } from '../../edge/engine/engine.ts';
import {
  noInterrupt,
  openFixture,
  type Rows,
  read,
  readRequest,
  rowsOf,
  session,
  statement,
  write,
} from './support/engine-fixture.ts';

const anyone = { merchant: null, lockTimeoutMs: 0, signal: null } as const;

function run(transaction: WriteTransaction, sql: string): void {
  transaction.run(statement(sql), session(null), noInterrupt, null);
}

async function withTable(engine: Engine): Promise<void> {
  await write(engine, 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)');
  await write(engine, "INSERT INTO t VALUES (1, 'old')");
}

describe('Store', () => {
  it('shows an open transaction its own writes and others the last commit', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    await withTable(engine);
    const transaction = await engine.beginWrite(anyone);
    run(transaction, "UPDATE t SET v = 'new'");
    expect(rowsOf(transaction, 'SELECT v FROM t')).toEqual([['new']]);
    expect(await read(engine, 'SELECT v FROM t')).toEqual([['old']]);
    transaction.commit();
    expect(await read(engine, 'SELECT v FROM t')).toEqual([['new']]);
  });

  it('holds a snapshot while others commit', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    await withTable(engine);
    const snapshot = await engine.beginSnapshot();
    await write(engine, "UPDATE t SET v = 'new'");
    await engine.checkpoint();
    await write(engine, "UPDATE t SET v = 'newer'");
    expect(rowsOf(snapshot, 'SELECT v FROM t')).toEqual([['old']]);
    snapshot.close();
    expect(() => rowsOf(snapshot, 'SELECT 1')).toThrow('the snapshot has been closed');
  });

  it('lets snapshots wait for a connection, in line', async () => {
    await using fixture = await openFixture({ maxConnections: 3 });
    const { engine } = fixture;
    const first = await engine.beginSnapshot();
    let got = false;
    const second = engine.beginSnapshot().then((snapshot) => {
      got = true;
      return snapshot;
    });
    await engine.durable(0n);
    expect(got).toBe(false);
    first.close();
    (await second).close();
  });

  it('ends snapshots that keep too much of the log', async () => {
    await using fixture = await openFixture({ walBytesMax: 100_000 });
    const { engine } = fixture;
    await withTable(engine);
    const snapshot = await engine.beginSnapshot();
    await write(engine, 'INSERT INTO t (v) VALUES (?1)', ['x'.repeat(200_000)]);
    expect(() => rowsOf(snapshot, 'SELECT 1')).toThrow('the snapshot was held too long');
  });

  it('rolls back to a savepoint and keeps it', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    await withTable(engine);
    const transaction = await engine.beginWrite(anyone);
    transaction.savepoint(1);
    run(transaction, "INSERT INTO t VALUES (2, 'a')");
    transaction.savepoint(2);
    run(transaction, "INSERT INTO t VALUES (3, 'b')");
    transaction.rollbackTo(1);
    run(transaction, "INSERT INTO t VALUES (4, 'c')");
    transaction.rollbackTo(1);
    transaction.release(1);
    run(transaction, "INSERT INTO t VALUES (5, 'd')");
    transaction.commit();
    expect(await read(engine, 'SELECT id FROM t')).toEqual([[1n], [5n]]);
  });

  it('keeps a transaction usable after a constraint has refused a statement', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    await withTable(engine);
    const transaction = await engine.beginWrite(anyone);
    run(transaction, "INSERT INTO t VALUES (2, 'a')");
    expect(() => run(transaction, "INSERT INTO t VALUES (1, 'again')")).toThrow(
      'UNIQUE constraint',
    );
    transaction.commit();
    expect(await read(engine, 'SELECT id FROM t')).toEqual([[1n], [2n]]);
  });

  it('frees the lock at commit, before the sync returns', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    await withTable(engine);
    const first = await engine.beginWrite(anyone);
    run(first, "UPDATE t SET v = 'a'");
    const commit = first.commit();
    expect(engine.durableCommit < commit).toBe(true);
    const second = engine.beginWriteNow();
    expect(second).not.toBeNull();
    expect(engine.beginWriteNow()).toBeNull();
    second?.rollback();
    await engine.durable(commit);
    expect(engine.durableCommit).toBe(commit);
  });

  it('gives a transaction that changed nothing the last number to await', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    await withTable(engine);
    const last = engine.status().lastCommit;
    const transaction = await engine.beginWrite(anyone);
    rowsOf(transaction, 'SELECT * FROM t');
    expect(transaction.commit()).toBe(last);
    expect(engine.status().lastCommit).toBe(last);
  });

  it('lets the writer know its number, in SQL too', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    const transaction = await engine.beginWrite(anyone);
    expect(rowsOf(transaction, 'SELECT helios_commit_number()')).toEqual([
      [transaction.commitNumber],
    ]);
    transaction.rollback();
    await expect(read(engine, 'SELECT helios_commit_number()')).rejects.toThrow('outside a write');
  });

  it('rolls back a holder that has been idle for too long', async () => {
    await using fixture = await openFixture({ writerIdleMs: 30 });
    const { engine } = fixture;
    await withTable(engine);
    const idle = await engine.beginWrite(anyone);
    run(idle, "UPDATE t SET v = 'lost'");
    const next = await engine.beginWrite(anyone);
    expect(idle.finished).toBe(true);
    expect(() => run(idle, 'SELECT 1')).toThrow(
      expect.objectContaining({ sqlstate: '25P03' }) as Error,
    );
    idle.rollback();
    expect(rowsOf(next, 'SELECT v FROM t')).toEqual([['old']]);
    next.rollback();
  });

  it('ends a write that passes its budget, and then only rollback is of use', async () => {
    await using fixture = await openFixture({ writeBudgetMs: 30 });
    const { engine } = fixture;
    await withTable(engine);
    const transaction = await engine.beginWrite(anyone);
    const endless =
      'WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n) INSERT INTO t SELECT i, i FROM n';
    expect(() => run(transaction, endless)).toThrow(
      expect.objectContaining({ sqlstate: '57014' }) as Error,
    );
    expect(() => run(transaction, 'SELECT 1')).toThrow(
      expect.objectContaining({ sqlstate: '25P02' }) as Error,
    );
    transaction.rollback();
    expect(await read(engine, 'SELECT count(*) FROM t')).toEqual([[1n]]);
  });

  it('holds a read back only for what it could have seen', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    await withTable(engine);
    const transaction = await engine.beginWrite(anyone);
    run(transaction, "UPDATE t SET v = 'new'");
    transaction.touch('t', 'A');
    const commit = transaction.commit();
    expect(engine.pendingCommit(['t'], 'A')).toBe(commit);
    expect(engine.pendingCommit(['t'], 'B')).toBe(0n);
    const asMerchant = { tables: ['t'], session: session('A') };
    expect(engine.readNow(readRequest(statement('SELECT v FROM t'), [], asMerchant))?.waitFor).toBe(
      commit,
    );
    await engine.durable(commit);
    expect(engine.pendingCommit(['t'], 'A')).toBe(0n);
    expect(engine.readNow(readRequest(statement('SELECT v FROM t'), [], asMerchant))?.waitFor).toBe(
      0n,
    );
  });

  it('runs hooks inside the transaction before its commit, and rolls back when one fails', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    await withTable(engine);
    let failing = false;
    engine.beforeCommit((transaction) => {
      if (failing) throw new Error('the hook failed');
      transaction.run(statement("UPDATE t SET v = v || '+'"), session(null), noInterrupt, null);
    });
    await write(engine, "INSERT INTO t VALUES (2, 'b')");
    expect(await read(engine, 'SELECT v FROM t')).toEqual([['old+'], ['b+']]);
    failing = true;
    await expect(write(engine, 'DELETE FROM t')).rejects.toThrow('the hook failed');
    failing = false;
    await write(engine, "INSERT INTO t VALUES (3, 'c')");
    expect(await read(engine, 'SELECT count(*) FROM t')).toEqual([[3n]]);
  });

  it('refuses a write that comes as a read', async () => {
    await using fixture = await openFixture();
    await withTable(fixture.engine);
    await expect(read(fixture.engine, 'DELETE FROM t')).rejects.toThrow('run as a read');
  });

  it('carries the log back by itself and keeps it bounded under load', async () => {
    await using fixture = await openFixture({ checkpointBytes: 200_000 });
    const { engine } = fixture;
    await withTable(engine);
    let largest = 0;
    const writers = Array.from({ length: 5 }, async () => {
      for (let count = 0; count < 300; count += 1) {
        await write(engine, 'INSERT INTO t (v) VALUES (?1)', ['x'.repeat(500)]);
        largest = Math.max(largest, engine.status().walBytes);
      }
    });
    await Promise.all(writers);
    expect(largest).toBeLessThan(2_000_000);
    expect(engine.status().databaseBytes).toBeGreaterThan(400_000);
    expect(await read(engine, 'SELECT count(*) FROM t')).toEqual([[1501n]]);
    expect(await read(engine, 'PRAGMA integrity_check')).toEqual([['ok']]);
  });

  it('lets nobody in once it closes, and tells those who wait', async () => {
    const fixture = await openFixture();
    const { engine } = fixture;
    await withTable(engine);
    const open = await engine.beginWrite(anyone);
    const waiting = engine.beginWrite(anyone);
    const closing = fixture[Symbol.asyncDispose]();
    await expect(waiting).rejects.toMatchObject({ sqlstate: '57P01' });
    expect(open.finished).toBe(true);
    await closing;
    const rows: Rows = [];
    expect(() => engine.readNow(readRequest(statement('SELECT 1'), rows))).toThrow(
      'terminating connection',
    );
  });
});
