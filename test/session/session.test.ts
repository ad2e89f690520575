/**
 * What a session does while it waits: for the disk, the lock, the worker, the client. The engine is a fake
 * whose every answer the test holds back as it likes.
 */
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../edge/limits.ts';
import type { FrontendMessage } from '../../edge/wire/frontend.ts';
import { FAT_ROW_BYTES, fakeBox } from './fakes.ts';

const SYNC: FrontendMessage = { kind: 'sync' };
const FLUSH: FrontendMessage = { kind: 'flush' };

function extended(text: string, maxRows = 0): FrontendMessage[] {
  return [
    { kind: 'parse', name: '', text, parameterTypes: [] },
    {
      kind: 'bind',
      portal: '',
      statement: '',
      parameterFormats: [],
      parameters: [],
      resultFormats: [],
    },
    { kind: 'execute', portal: '', maxRows },
  ];
}

/** Lets everything that can go on go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('session start', () => {
  test('start reports what PostgreSQL 15 reports, in its order', () => {
    const client = fakeBox({ TimeZone: 'Europe/Berlin' }).dial({ application_name: 'till' });
    client.session.start();
    expect(client.take()).toEqual([
      'S application_name=till',
      'S client_encoding=UTF8',
      'S DateStyle=ISO, MDY',
      'S default_transaction_read_only=off',
      'S in_hot_standby=off',
      'S integer_datetimes=on',
      'S IntervalStyle=postgres',
      'S is_superuser=off',
      'S server_encoding=UTF8',
      'S server_version=15.18',
      'S session_authorization=m1',
      'S standard_conforming_strings=on',
      'S TimeZone=Europe/Berlin',
      'K',
      'Z I',
    ]);
  });

  test.each([
    ['nonsense', '1', '42704 unrecognized configuration parameter "nonsense"'],
    ['client_encoding', 'LATIN1', '0A000 client encoding "LATIN1" is not supported'],
    ['TimeZone', 'Nowhere', '22023 invalid value for parameter "TimeZone": "Nowhere"'],
    ['session_authorization', 'm2', '42501 permission denied to set session authorization'],
    ['role', 'm2', '42501 permission denied to set role "m2"'],
    ['replication', 'database', '0A000 replication is not supported'],
  ])('start refuses %s = %s with FATAL', (name, value, expected) => {
    const client = fakeBox().dial({ [name]: value });
    client.session.start();
    expect(client.take()).toEqual([`E FATAL ${expected}`]);
    expect(client.closed).toBe(true);
  });
});

describe('watermark', () => {
  test('session holds an autocommit write until it is durable', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    const done = client.query('write sales');
    await settle();
    expect(engine.log).toEqual(['lock', 'commit']);
    expect(client.take()).toEqual([]);
    engine.sync();
    await done;
    expect(client.take()).toEqual(['T n:23:0', 'D 1', 'C SELECT 1', 'Z I']);
  });

  test('session holds a pipelined write at Sync, not before', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    await client.send(...extended('write sales'), FLUSH);
    expect(client.take()).toEqual(['ParseComplete', 'BindComplete', 'D 1', 'C SELECT 1']);
    expect(engine.log).toEqual(['lock']);
    const done = client.send(SYNC);
    await settle();
    expect(client.take()).toEqual([]);
    engine.sync();
    await done;
    expect(client.take()).toEqual(['Z I']);
  });

  test('session answers a read at once unless it shows an unsynced commit', async () => {
    const { engine, connect } = fakeBox();
    const writer = connect();
    const reader = connect();
    const writing = writer.query('write sales');
    await settle();
    await reader.query('read products 1');
    expect(reader.take().at(-1)).toBe('Z I');
    const reading = reader.query('read sales 1');
    await settle();
    expect(reader.take()).toEqual([]);
    engine.sync();
    await Promise.all([writing, reading]);
    expect(reader.take()).toEqual(['T n:23:0', 'D 1', 'C SELECT 1', 'Z I']);
  });

  test('session holds an error that could tell of an unsynced row', async () => {
    const { engine, connect } = fakeBox();
    const writing = connect().query('write sales');
    await settle();
    const client = connect();
    const failing = client.query('bug sales');
    await settle();
    expect(client.take()).toEqual([]);
    engine.sync();
    await Promise.all([writing, failing]);
    expect(client.take()).toEqual(['E ERROR XX000 internal error', 'Z I']);
  });

  test('session answers inside a write transaction at once, and its COMMIT when durable', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    await client.query('begin');
    await client.query('write sales');
    expect(client.take()).toEqual(['C BEGIN', 'Z T', 'T n:23:0', 'D 1', 'C SELECT 1', 'Z T']);
    const done = client.query('commit');
    await settle();
    expect(client.take()).toEqual([]);
    engine.sync();
    await done;
    expect(client.take()).toEqual(['C COMMIT', 'Z I']);
  });

  test('session throws away what the disk lost, and ends', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    const done = client.query('write sales');
    await settle();
    engine.breakDisk();
    await done;
    expect(client.take()).toEqual(['E FATAL 58030 could not write to the disk']);
    expect(client.closed).toBe(true);
  });
});

describe('write lock', () => {
  test('session holds nothing before its first write', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    await client.query('begin');
    await client.query('read sales 1');
    await client.query('savepoint a');
    expect(engine.log).toEqual([]);
    await client.query('write sales');
    await client.query('savepoint b');
    await client.query('back to b');
    expect(engine.log).toEqual(['lock', 'savepoint 1', 'savepoint 2', 'rollback to 2']);
    await client.query('back to a');
    // Nothing had been written at that savepoint: others need not wait.
    expect(engine.log.at(-1)).toBe('rollback');
    await client.query('rollback');
    expect(client.take().at(-1)).toBe('Z I');
    expect(engine.open).toEqual([]);
  });

  test('session gives the lock back as soon as its transaction has failed', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    await client.query('begin');
    await client.query('write sales');
    await client.query('bug at run');
    expect(engine.log).toEqual(['lock', 'rollback']);
    expect(client.take().at(-1)).toBe('Z E');
  });

  test('session keeps what a savepoint can come back to', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    await client.query('begin');
    await client.query('write sales');
    await client.query('savepoint a');
    await client.query('bug at run');
    expect(engine.log).toEqual(['lock', 'savepoint 1']);
    await client.query('back to a');
    expect(client.take().at(-1)).toBe('Z T');
    expect(engine.log.at(-1)).toBe('rollback to 1');
  });

  test('session waits its turn, and lock_timeout, statement_timeout and cancel end the wait', async () => {
    const { connect } = fakeBox();
    const holder = connect();
    await holder.query('begin');
    await holder.query('write sales');
    const client = connect();
    await client.query('set lock_timeout 20');
    client.take();
    await client.query('write sales');
    expect(client.take()).toEqual(['E ERROR 55P03 canceling statement due to lock timeout', 'Z I']);
    await client.query('set lock_timeout 0');
    await client.query('set statement_timeout 20');
    client.take();
    await client.query('write sales');
    expect(client.take()).toEqual([
      'E ERROR 57014 canceling statement due to statement timeout',
      'Z I',
    ]);
    await client.query('set statement_timeout 0');
    client.take();
    const waiting = client.query('write sales');
    client.session.cancel();
    await waiting;
    expect(client.take()).toEqual(['E ERROR 57014 canceling statement due to user request', 'Z I']);
    const served = client.query('write sales');
    await holder.query('rollback');
    await settle();
    client.session.close();
    await Promise.race([served, settle()]);
  });

  test('session ends with 25P03 when the engine has rolled its idle transaction back', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    await client.query('begin');
    await client.query('write sales');
    client.take();
    engine.open[0]?.rollback();
    await client.query('read sales 1');
    expect(client.take()).toEqual([
      'E FATAL 25P03 terminating connection due to idle-in-transaction timeout',
    ]);
    expect(client.closed).toBe(true);
  });

  test('session refuses a stale upgrade from a snapshot with 40001', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    await client.query('begin rr');
    await client.query('read sales 1');
    expect(engine.log).toEqual(['snapshot']);
    const other = connect();
    const writing = other.query('write sales');
    await settle();
    engine.sync();
    await writing;
    client.take();
    await client.query('write sales');
    expect(client.take()).toEqual([
      'E ERROR 40001 could not serialize access due to concurrent update',
      'Z E',
    ]);
    await client.query('rollback');
    await client.query('begin rr');
    await client.query('read sales 1');
    await client.query('write sales');
    expect(client.take().at(-1)).toBe('Z T');
  });
});

describe('interruption', () => {
  test('cancel ends a read on the worker', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    const done = client.query('slow');
    await settle();
    expect(engine.slow).toHaveLength(1);
    client.session.cancel();
    await done;
    expect(client.take()).toEqual(['E ERROR 57014 canceling statement due to user request', 'Z I']);
    await client.query('read sales 1');
    expect(client.take().at(-1)).toBe('Z I');
  });

  test('cancel of an idle session does nothing', async () => {
    const client = fakeBox().connect();
    client.session.cancel();
    await client.query('read sales 1');
    expect(client.take()).toEqual(['T n:23:0', 'D 1', 'C SELECT 1', 'Z I']);
  });

  test('shutdown ends an idle session, and a busy one when it has been broken off', async () => {
    const { connect } = fakeBox();
    const idle = connect();
    idle.session.shutdown();
    const expected = 'E FATAL 57P01 terminating connection due to administrator command';
    expect(idle.take()).toEqual([expected]);
    const busy = connect();
    const done = busy.query('slow');
    await settle();
    busy.session.shutdown();
    await done;
    expect(busy.take()).toEqual([expected]);
    expect(idle.closed && busy.closed).toBe(true);
  });

  test('close rolls back, whether idle or busy', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    await client.query('begin');
    await client.query('write sales');
    client.session.close();
    expect(engine.log).toEqual(['lock', 'rollback']);
    const busy = connect();
    await busy.query('begin');
    await busy.query('write sales');
    const waiter = connect();
    const waiting = waiter.query('write sales');
    await settle();
    waiter.session.close();
    await waiting;
    await busy.query('rollback');
    expect(engine.open).toEqual([]);
    expect(engine.status().writersWaiting).toBe(0);
  });

  test('idle_in_transaction_session_timeout ends a session that sits in its block', async () => {
    const { connect } = fakeBox({ idle_in_transaction_session_timeout: '20' });
    const client = connect();
    await client.query('read sales 1');
    await client.query('begin');
    client.take();
    const deadline = performance.now() + 5_000;
    while (!client.closed && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(client.take()).toEqual([
      'E FATAL 25P03 terminating connection due to idle-in-transaction timeout',
    ]);
  });
});

describe('answers', () => {
  test('a fault of our own is XX000 without its text', async () => {
    const client = fakeBox().connect();
    await client.query('bug');
    await client.query('bug at run');
    await client.send(...extended('bug'), SYNC);
    const seen = client.take();
    expect(seen.filter((line) => line === 'E ERROR XX000 internal error')).toHaveLength(3);
    expect(seen.join()).not.toContain('secret');
  });

  test('rows from the worker go out as they come, no faster than the client takes them', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    const done = client.query('slow');
    await settle();
    const [running] = engine.slow;
    const sink = running?.request.sink;
    const row = { columnCount: 1 };
    const reader = {
      ...row,
      kind: () => 1,
      int64: () => 7n,
      integer: () => 7,
      real: () => 7,
      bytes: () => new Uint8Array(0),
      text: () => '7',
      value: () => 7n,
    };
    expect(sink?.ready?.()).toBeNull();
    for (let index = 0; index < LIMITS.answerFlushBytes / 8; index++) sink?.row(reader);
    client.stalled = Promise.withResolvers();
    const pause = sink?.ready?.();
    expect(pause).toBeInstanceOf(Promise);
    const arrived = client.arrivedBytes;
    expect(arrived).toBeGreaterThan(LIMITS.answerFlushBytes);
    client.stalled.resolve();
    client.stalled = null;
    await pause;
    running?.finish();
    await done;
    const seen = client.take();
    expect(seen[0]).toBe('T n:23:0');
    expect(seen.at(-2)).toBe(`C SELECT ${LIMITS.answerFlushBytes / 8}`);
  });

  test('a restarted read leaves no row of its first run', async () => {
    const { engine, connect } = fakeBox();
    const client = connect();
    const done = client.query('slow');
    await settle();
    const [running] = engine.slow;
    running?.request.sink.restart();
    running?.finish();
    await done;
    expect(client.take()).toEqual(['T n:23:0', 'C SELECT 0', 'Z I']);
  });

  test('an answer beyond the limit is 54000, not a full memory', async () => {
    const client = fakeBox().connect();
    await client.query(`fat sales ${LIMITS.answerBytesMax / FAT_ROW_BYTES}`);
    expect(client.tail(200)).toContain('C54000');
    expect(client.tail(1)).toBe('I');
  });

  test('stored rows of all sessions are bounded and given back', async () => {
    const { dependencies, connect } = fakeBox();
    const client = connect();
    await client.send(...extended('read sales 1000', 1), FLUSH);
    expect(dependencies.storedRows.used).toBeGreaterThan(0);
    expect(client.take().at(-1)).toBe('PortalSuspended');
    await client.send(SYNC);
    expect(dependencies.storedRows.used).toBe(0);
    await client.send(...extended('read sales 1000', 1));
    client.session.close();
    expect(dependencies.storedRows.used).toBe(0);
  });

  test('malformed messages are answered as failed messages of their kind', async () => {
    const client = fakeBox().connect();
    const { EdgeError } = await import('../../edge/errors.ts');
    const error = new EdgeError('protocol_violation', 'invalid message format');
    await client.send({ kind: 'malformed', extended: false, error });
    expect(client.take()).toEqual(['E ERROR 08P01 invalid message format', 'Z I']);
    await client.send({ kind: 'malformed', extended: true, error }, ...extended('read sales 1'));
    expect(client.take()).toEqual(['E ERROR 08P01 invalid message format']);
    await client.send(SYNC, { kind: 'functionCall', body: new Uint8Array(0) });
    expect(client.take()).toEqual([
      'Z I',
      'E ERROR 0A000 the fast-path function call is not supported',
      'Z I',
    ]);
    await client.send({ kind: 'copyDone' }, { kind: 'terminate' });
    expect(client.take()).toEqual([]);
  });
});
