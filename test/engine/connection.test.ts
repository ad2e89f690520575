/** Values, functions and errors on their way through the raw exports. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteConstraintError } from '../../edge/engine/constraint-error.ts';
import { EdgeError } from '../../edge/errors.ts';
import type { SqlValue } from '../../edge/types/storage.ts';
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

const sqlValue: fc.Arbitrary<SqlValue> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.string({ unit: 'binary', maxLength: 3000 }),
  fc.uint8Array({ maxLength: 3000 }),
);

describe('Connection', () => {
  let fixture: EngineFixture;

  beforeAll(async () => {
    fixture = await openFixture({ library: testLibrary });
    await write(
      fixture.engine,
      'CREATE TABLE t (id INTEGER PRIMARY KEY, v, w TEXT UNIQUE, CHECK (v <> 13))',
    );
  });

  afterAll(() => fixture[Symbol.asyncDispose]());

  it('carries every stored value out as it came in, through a function too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sqlValue, { minLength: 1, maxLength: 5 }), async (values) => {
        const columns = values.map((_, index) => `?${index + 1}, helios_echo(?${index + 1})`);
        const [row] = await read(fixture.engine, `SELECT ${columns.join(', ')}`, values);
        expect(row).toEqual(values.flatMap((value) => [value, value]));
      }),
      { numRuns: 200 },
    );
  });

  it('carries texts and blobs larger than its arena', async () => {
    const text = 'é'.repeat(700_000);
    const blob = new Uint8Array(3_000_000).fill(7);
    const [row] = await read(fixture.engine, 'SELECT ?1, helios_echo(?1), ?2', [text, blob]);
    expect(row?.[0] === text && row[1] === text).toBe(true);
    expect(row?.[2]).toEqual(blob);
  });

  it('refuses an integer that int8 cannot hold', async () => {
    await expect(read(fixture.engine, 'SELECT ?1', [2n ** 63n])).rejects.toMatchObject({
      sqlstate: '22003',
    });
  });

  it('gives functions their arguments and their session', async () => {
    expect(await read(fixture.engine, 'SELECT helios_count_args(1, 2, 3), helios_user()')).toEqual([
      [3n, 'admin'],
    ]);
  });

  it('throws what a function threw, unchanged', async () => {
    const failure = read(fixture.engine, "SELECT helios_fail('division by zero')");
    await expect(failure).rejects.toBeInstanceOf(EdgeError);
    await expect(failure).rejects.toMatchObject({
      sqlstate: '22012',
      message: 'division by zero',
      fields: { detail: 'told by the function' },
    });
    await expect(read(fixture.engine, 'SELECT helios_bug()')).rejects.toBeInstanceOf(TypeError);
    expect(await read(fixture.engine, 'SELECT 1')).toEqual([[1n]]);
  });

  it('runs aggregates, also over no rows and as a sliding window', async () => {
    const numbers = 'WITH n(i) AS (VALUES (1), (2), (3), (4))';
    expect(
      await read(fixture.engine, `${numbers} SELECT helios_sum(i), helios_join(i) FROM n`),
    ).toEqual([[10n, '1|2|3|4']]);
    expect(
      await read(fixture.engine, `${numbers} SELECT helios_sum(i) FROM n WHERE i > 9`),
    ).toEqual([[0n]]);
    const window = `${numbers} SELECT helios_sum(i) OVER (ORDER BY i ROWS 1 PRECEDING) FROM n`;
    expect(await read(fixture.engine, window)).toEqual([[1n], [3n], [5n], [7n]]);
  });

  it('orders by a collation of ours', async () => {
    const sql =
      "SELECT column1 FROM (VALUES ('ccc'), ('a'), ('bb')) ORDER BY column1 COLLATE helios_length";
    expect(await read(fixture.engine, sql)).toEqual([['a'], ['bb'], ['ccc']]);
  });

  it('reports constraints with their code and text', async () => {
    await write(fixture.engine, "INSERT INTO t VALUES (1, 1, 'one')");
    const unique = write(fixture.engine, "INSERT INTO t VALUES (2, 1, 'one')");
    await expect(unique).rejects.toBeInstanceOf(SqliteConstraintError);
    await expect(unique).rejects.toMatchObject({
      extendedCode: 2067,
      message: 'UNIQUE constraint failed: t.w',
    });
  });

  it('counts changes and gives the new row', async () => {
    const transaction = await fixture.engine.beginWrite({
      merchant: null,
      lockTimeoutMs: 0,
      signal: null,
    });
    const insert = transaction.run(
      statement('INSERT INTO t (v) VALUES (5), (6)'),
      session(null),
      noInterrupt,
      null,
    );
    expect(insert.changes).toBe(2n);
    const update = transaction.run(
      statement('UPDATE t SET v = v'),
      session(null),
      noInterrupt,
      null,
    );
    expect(update.changes).toBe(3n);
    expect(update.lastInsertRowid).toBe(0n);
    expect(insert.lastInsertRowid).toBe(3n);
    transaction.rollback();
  });

  it('runs one statement inside the rows of another, of the same text too', async () => {
    const seen: SqlValue[] = [];
    const text = statement('WITH n(i) AS (VALUES (1), (2)) SELECT i + ?1 FROM n', [10n]);
    const inner = { ...text, binds: [20n] };
    fixture.engine.readNow({
      ...readRequest(text, []),
      sink: {
        restart: () => undefined,
        row: (row) => {
          seen.push(row.value(0));
          const rows: Rows = [];
          fixture.engine.readNow(readRequest(inner, rows));
          seen.push(...rows.flat());
          seen.push(row.value(0));
        },
      },
    });
    expect(seen).toEqual([11n, 21n, 22n, 11n, 12n, 21n, 22n, 12n]);
  });

  it('refuses a text of two statements', async () => {
    await expect(read(fixture.engine, 'SELECT 1; SELECT 2')).rejects.toThrow(
      'more than one statement',
    );
  });

  it('refuses double-quoted literals', async () => {
    await expect(read(fixture.engine, 'SELECT "no_such_column"')).rejects.toThrow('no such column');
  });

  it('follows a schema change under a cached statement', async () => {
    await write(fixture.engine, 'CREATE TABLE wide (a)');
    await write(fixture.engine, 'INSERT INTO wide VALUES (1)');
    expect(await read(fixture.engine, 'SELECT * FROM wide')).toEqual([[1n]]);
    await write(fixture.engine, 'ALTER TABLE wide ADD COLUMN b DEFAULT 2');
    expect(await read(fixture.engine, 'SELECT * FROM wide')).toEqual([[1n, 2n]]);
  });

  it('ends a statement whose client has gone, and one past its deadline', async () => {
    const endless = statement(
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n',
    );
    const aborted = { deadlineMs: null, signal: AbortSignal.abort() };
    expect(() => fixture.engine.readNow(readRequest(endless, [], { interrupt: aborted }))).toThrow(
      'canceling statement due to user request',
    );
    const late = { deadlineMs: performance.now() + 30, signal: null };
    expect(() => fixture.engine.readNow(readRequest(endless, [], { interrupt: late }))).toThrow(
      'canceling statement due to statement timeout',
    );
  });
});
