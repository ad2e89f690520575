/** Long reads on a worker thread, beside writes on the main one. */
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type EngineFixture,
  noInterrupt,
  openFixture,
  type Rows,
  read,
  readRequest,
  session,
  statement,
  write,
} from './support/engine-fixture.ts';
import { testLibrary } from './support/test-library.ts';

const ACCOUNTS = 3000;
/** Sums all accounts, slowly enough to leave the main thread. */
const SLOW_SUM = `SELECT sum(a.v), count(*) FROM account a,
  (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT i FROM n)`;
const ENDLESS = 'SELECT count(*) FROM account a, account b, account c';

function workerFactory(): Worker {
  return new Worker(new URL('./support/read-worker.ts', import.meta.url));
}

describe('ReadWorkers', () => {
  let fixture: EngineFixture;

  beforeAll(async () => {
    fixture = await openFixture({ library: testLibrary, workerFactory, checkpointBytes: 500_000 });
    const { engine } = fixture;
    await write(engine, 'CREATE TABLE account (id INTEGER PRIMARY KEY, owner TEXT, v INTEGER)');
    await write(
      engine,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ACCOUNTS})
      INSERT INTO account SELECT i, 'A', 100 FROM n`,
    );
    await write(
      engine,
      'CREATE VIEW account$guard AS SELECT * FROM account WHERE owner = helios_merchant()',
    );
    engine.protect(new Map([['account', { guard: 'account$guard' }]]));
  });

  afterAll(() => fixture[Symbol.asyncDispose]());

  async function transferUntil(done: () => boolean): Promise<number> {
    const { engine } = fixture;
    let transfers = 0;
    while (!done()) {
      const transaction = await engine.beginWrite({
        merchant: null,
        lockTimeoutMs: 0,
        signal: null,
      });
      const from = BigInt(1 + Math.floor(Math.random() * ACCOUNTS));
      const to = BigInt(1 + Math.floor(Math.random() * ACCOUNTS));
      for (const [id, amount] of [
        [from, -7n],
        [to, 7n],
      ] as const) {
        const move = statement('UPDATE account SET v = v + ?1 WHERE id = ?2', [amount, id]);
        transaction.run(move, session(null), noInterrupt, null);
      }
      await engine.durable(transaction.commit());
      transfers += 1;
    }
    return transfers;
  }

  it('sees one whole state while others write and the log is carried back', async () => {
    const { engine } = fixture;
    let done = false;
    const load = [transferUntil(() => done), transferUntil(() => done)];
    for (let round = 0; round < 8; round += 1) {
      const rows: Rows = [];
      let restarts = 0;
      const request = readRequest(statement(SLOW_SUM), rows);
      const { sink } = request;
      const counted = {
        row: sink.row,
        restart: () => {
          restarts += 1;
          sink.restart();
        },
      };
      await engine.read({ ...request, sink: counted });
      expect(rows).toEqual([[BigInt(ACCOUNTS * 100 * 300), BigInt(ACCOUNTS * 300)]]);
      expect(restarts).toBe(1);
    }
    done = true;
    const transfers = await Promise.all(load);
    expect(transfers[0]).toBeGreaterThan(10);
    expect(engine.status().workerReadsRunning).toBe(0);
    await engine.checkpoint();
    expect(await read(engine, 'PRAGMA integrity_check')).toEqual([['ok']]);
  });

  it('sees what was committed just before, synced or not', async () => {
    const { engine } = fixture;
    const transaction = await engine.beginWrite({ merchant: null, lockTimeoutMs: 0, signal: null });
    transaction.run(
      statement("INSERT INTO account VALUES (9999, 'A', 0)"),
      session(null),
      noInterrupt,
      null,
    );
    transaction.touch('account', 'A');
    const commit = transaction.commit();
    const rows: Rows = [];
    const slow = `SELECT count(DISTINCT a.id), (SELECT 1) FROM account a, (SELECT id FROM account LIMIT 300)`;
    const result = await engine.read(readRequest(statement(slow), rows, { tables: ['account'] }));
    expect(rows[0]?.[0]).toBe(BigInt(ACCOUNTS + 1));
    expect(result.waitFor === commit || engine.durableCommit >= commit).toBe(true);
    await write(engine, 'DELETE FROM account WHERE id = 9999');
  });

  it('brings many rows of every kind', async () => {
    const rows: Rows = [];
    const sql = `SELECT a.id, 1.5, 'é' || a.id, x'00ff', NULL, helios_user() FROM account a, (SELECT 1 FROM account LIMIT 50)`;
    await fixture.engine.read(readRequest(statement(sql), rows));
    expect(rows).toHaveLength(ACCOUNTS * 50);
    expect(rows.at(-1)).toEqual([
      BigInt(ACCOUNTS),
      1.5,
      `é${ACCOUNTS}`,
      new Uint8Array([0, 255]),
      null,
      'admin',
    ]);
  });

  it("ends on the client's word and at the deadline, while the main thread serves others", async () => {
    const { engine } = fixture;
    const abort = new AbortController();
    const cancelled = engine.read(
      readRequest(statement(ENDLESS), [], {
        interrupt: { deadlineMs: null, signal: abort.signal },
      }),
    );
    expect(await read(engine, 'SELECT 1')).toEqual([[1n]]);
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({
      sqlstate: '57014',
      message: 'canceling statement due to user request',
    });
    const late = { deadlineMs: performance.now() + 200, signal: null };
    await expect(
      engine.read(readRequest(statement(ENDLESS), [], { interrupt: late })),
    ).rejects.toMatchObject({
      message: 'canceling statement due to statement timeout',
    });
  });

  it('lets a waiting read be cancelled before its turn', async () => {
    const { engine } = fixture;
    const first = new AbortController();
    const second = new AbortController();
    const running = engine.read(
      readRequest(statement(ENDLESS), [], {
        interrupt: { deadlineMs: null, signal: first.signal },
      }),
    );
    const waiting = engine.read(
      readRequest(statement(ENDLESS), [], {
        interrupt: { deadlineMs: null, signal: second.signal },
      }),
    );
    second.abort();
    await expect(waiting).rejects.toMatchObject({ sqlstate: '57014' });
    first.abort();
    await expect(running).rejects.toMatchObject({ sqlstate: '57014' });
  });

  it('throws what a function threw over there, and what the sink threw here', async () => {
    const { engine } = fixture;
    const failing =
      "SELECT count(*), helios_fail('too far') FROM account a, account b WHERE a.v + b.v > -1";
    await expect(engine.read(readRequest(statement(failing), []))).rejects.toMatchObject({
      sqlstate: '22012',
      message: 'too far',
      fields: { detail: 'told by the function' },
    });
    const request = readRequest(statement('SELECT a.id FROM account a, account b'), []);
    let rows = 0;
    const sink = {
      restart: () => {
        rows = -1_000_000;
      },
      row: () => {
        rows += 1;
        if (rows < 0) throw new Error('the sink is full');
      },
    };
    await expect(engine.read({ ...request, sink })).rejects.toThrow('the sink is full');
    expect(await read(engine, 'SELECT 1')).toEqual([[1n]]);
  });

  it('holds the wall there too', async () => {
    const slow = 'SELECT count(*) FROM account$guard a, account$guard b';
    const rows: Rows = [];
    const merchant = { session: session('A') };
    await fixture.engine.read(readRequest(statement(slow, [], 'merchant'), rows, merchant));
    expect(rows).toEqual([[BigInt(ACCOUNTS) ** 2n]]);
    const other: Rows = [];
    await fixture.engine.read(
      readRequest(statement(slow, [], 'merchant'), other, { session: session('B') }),
    );
    expect(other).toEqual([[0n]]);
  });

  it('ends reads that keep too much of the log, and the log is carried back', async () => {
    await using small = await openFixture({
      workerFactory,
      library: testLibrary,
      walBytesMax: 300_000,
    });
    const { engine } = small;
    await write(engine, 'CREATE TABLE account (id INTEGER PRIMARY KEY, v)');
    await write(
      engine,
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO account SELECT i, i FROM n',
    );
    const report = engine.read(readRequest(statement(ENDLESS), []));
    const outcome = expect(report).rejects.toMatchObject({
      message: 'canceling statement due to conflict with recovery',
    });
    for (let count = 0; count < 20; count += 1) {
      await write(engine, 'INSERT INTO account (v) VALUES (?1)', ['x'.repeat(20_000)]);
    }
    await outcome;
    // Its client hears it at once, the thread lets go of the log a little later.
    await expect.poll(() => engine.status().workerReadsRunning).toBe(0);
    await engine.checkpoint();
    await write(engine, 'INSERT INTO account (v) VALUES (0)');
    expect(engine.status().walBytes).toBeLessThan(100_000);
  });

  it('replaces a thread that died, and one that does not hear that it should stop', async () => {
    const threads: Worker[] = [];
    const deaf = (): Worker => new Worker('setInterval(() => {}, 1000)', { eval: true });
    await using box = await openFixture({
      library: testLibrary,
      workerFactory: () => {
        threads.push(threads.length === 1 ? deaf() : workerFactory());
        return threads.at(-1) as Worker;
      },
    });
    const { engine } = box;
    await write(engine, 'CREATE TABLE n (i INTEGER PRIMARY KEY)');
    expect(threads).toHaveLength(1);
    await threads[0]?.terminate();
    const abort = new AbortController();
    const request = readRequest(statement('SELECT 7'), [], {
      interrupt: { deadlineMs: null, signal: abort.signal },
    });
    const unheard = engine.read({ ...request, onWorker: true });
    const outcome = expect(unheard).rejects.toMatchObject({ sqlstate: '57014' });
    await expect.poll(() => threads.length).toBe(2);
    const begun = performance.now();
    abort.abort();
    await outcome;
    expect(performance.now() - begun).toBeLessThan(500);
    const rows: Rows = [];
    await engine.read({ ...readRequest(statement('SELECT 7'), rows), onWorker: true });
    expect(rows).toEqual([[7n]]);
    expect(threads).toHaveLength(3);
  });
});
