/**
 * The extended protocol against PostgreSQL: inferred parameter types, described columns, text and
 * binary formats both ways, portals with row limits, and the skip to Sync after an error.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { int16, send, WireClient } from '../support/wire-client.ts';
import { judge } from './compare.ts';
import { type Servers, startServers } from './servers.ts';

const REFERENCE = process.env['HELIOS_PG_URL'];

/** Statements whose parameter and column types both servers must infer alike. */
const DESCRIBED: readonly string[] = [
  'SELECT $1::int + 1',
  'SELECT id, name, price FROM products WHERE id = $1',
  'SELECT name FROM products WHERE price > $1 AND name LIKE $2',
  'SELECT name FROM products WHERE id = ANY ($1)',
  'SELECT name FROM products WHERE id = ANY ($1::int[])',
  'SELECT name FROM products WHERE category = ANY ($1)',
  'SELECT count(*), sum(amount), avg(amount) FROM sales WHERE created_at >= $1',
  'INSERT INTO sales (product_id, terminal_id, amount, payment_method, items) VALUES ($1, $2, $3, $4, $5) RETURNING id',
  'INSERT INTO products (name, price, stock, active) VALUES ($1, $2, $3, $4)',
  'UPDATE products SET price = price + $1, stock = $2 WHERE id = $3',
  'DELETE FROM sales WHERE client_ref = $1 RETURNING *',
  'SELECT * FROM every_type WHERE id = $1',
  'SELECT * FROM products LIMIT $1 OFFSET $2',
  'SELECT coalesce($1, name) FROM products',
  'SELECT $1 || name FROM products',
  'SELECT $1',
  'SELECT $1, $2::numeric, $3::timestamptz',
  'SELECT CASE WHEN $1 THEN 1 ELSE 2 END',
  'SELECT id + $1 FROM sales',
  'SELECT price * $1 FROM products',
  'SELECT date_trunc($1, created_at) FROM sales',
  'SELECT items -> $1 FROM sales',
  'SELECT created_at + $1 FROM sales',
  'SELECT now() - $1::interval',
  'SELECT $1::jsonb -> $2',
  'SELECT status FROM sales WHERE status = COALESCE($1, status)',
  'SELECT name FROM products WHERE id IN ($1, $2)',
  'SELECT $2::int',
  'SELECT name FROM products WHERE id = $1 OR name = $1',
  'BEGIN',
  'SET application_name = $1',
  'SHOW TimeZone',
  '',
];

interface Round {
  readonly type: string;
  readonly values: readonly string[];
}

/** Values that go in as text, come back in both formats, and go in again as the binary that came back. */
const ROUNDS: readonly Round[] = [
  { type: 'bool', values: ['t', 'f'] },
  { type: 'int2', values: ['0', '-32768', '32767'] },
  { type: 'int4', values: ['0', '-2147483648', '2147483647'] },
  {
    type: 'int8',
    values: ['0', '-9223372036854775808', '9223372036854775807', '9007199254740993'],
  },
  {
    type: 'float8',
    values: ['0', '1.5', '-0', '1e300', '0.1', 'NaN', 'Infinity', '-Infinity', '5e-324'],
  },
  { type: 'float4', values: ['1.5', '0.1', 'NaN', '3.4e38'] },
  {
    type: 'numeric',
    values: [
      '0',
      '0.00',
      '12.50',
      '-0.001',
      '10000',
      '99999999.9999',
      '123456789012345678901234567890.123456789',
      '1e-20',
      'NaN',
      'Infinity',
    ],
  },
  { type: 'numeric(10,2)', values: ['1.005', '12', '-99999999.99'] },
  { type: 'text', values: ['', 'héllo ☕ 日本', "it's", 'a\nb\\c'] },
  { type: 'varchar(5)', values: ['abc', ''] },
  { type: 'char(5)', values: ['abc'] },
  { type: 'uuid', values: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'] },
  { type: 'bytea', values: ['\\x', '\\x00ff10', 'abc\\\\d'] },
  { type: 'date', values: ['2024-02-29', '1970-01-01', '0001-01-01', 'infinity', '-infinity'] },
  { type: 'time', values: ['00:00:00', '23:59:59.999999'] },
  {
    type: 'timestamp',
    values: ['2024-02-29 12:34:56.789', '1969-12-31 23:59:59.999999', 'infinity'],
  },
  {
    type: 'timestamptz',
    values: ['2024-02-29 12:34:56.789+02', '2000-01-01 00:00:00Z', '-infinity'],
  },
  { type: 'interval', values: ['1 day', '1 year 2 mons -3 days 04:05:06.7', '00:00:00'] },
  { type: 'json', values: ['{"a": [1, 2.50, "x"]}', 'null'] },
  { type: 'jsonb', values: ['{"b":1,"a":{"c":[]}}', '"x"'] },
  { type: 'int4[]', values: ['{1,2,NULL}', '{}'] },
  { type: 'text[]', values: ['{a,"b c",NULL,"NULL","q\\"x"}'] },
  { type: 'numeric[]', values: ['{1.50,NULL,2}'] },
  { type: 'uuid[]', values: ['{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'] },
  { type: 'bool[]', values: ['{t,f}'] },
  { type: 'timestamptz[]', values: ['{"2024-02-29 12:34:56+00"}'] },
];

const BAD_TEXT: readonly (readonly [string, string])[] = [
  ['int4', 'abc'],
  ['int4', '99999999999'],
  ['int8', ''],
  ['numeric', '1.2.3'],
  ['bool', 'perhaps'],
  ['uuid', 'xyz'],
  ['date', '2024-99-01'],
  ['timestamp', 'nonsense'],
  ['json', '{'],
  ['bytea', '\\xzz'],
  ['int4[]', '1,2'],
  ['float8', '1e999'],
];

const BAD_BINARY: readonly (readonly [string, Buffer])[] = [
  ['int4', Buffer.from([1, 2, 3])],
  ['int8', Buffer.from([1])],
  ['bool', Buffer.from([])],
  ['uuid', Buffer.from([1, 2])],
  ['numeric', Buffer.from([0, 1])],
  ['text', Buffer.from([0xff, 0xfe])],
  ['jsonb', Buffer.from([9, 0x7b, 0x7d])],
];

describe.skipIf(REFERENCE === undefined)(
  'extended query against PostgreSQL (HELIOS_PG_URL)',
  () => {
    let servers: Servers;
    let box: WireClient;
    let reference: WireClient;

    beforeAll(async () => {
      servers = await startServers(REFERENCE ?? '');
      box = await WireClient.connect(servers.box);
      reference = await WireClient.connect(servers.reference);
    }, 120_000);

    afterAll(async () => {
      box.end();
      reference.end();
      await servers[Symbol.asyncDispose]();
    });

    async function same(...bytes: readonly Buffer[]): Promise<void> {
      const ours = await box.exchange(...bytes);
      const theirs = await reference.exchange(...bytes);
      const result = judge(ours, theirs);
      expect(result.box).toBe(result.reference);
    }

    test.each(DESCRIBED)('describes: %s', async (statement) => {
      await same(send.parse(statement), send.describeStatement(), send.sync());
    });

    test.each(ROUNDS)('$type travels in text and binary', async ({ type, values }) => {
      for (const value of values) {
        const text = `SELECT $1::${type} AS v`;
        const parameters = [value];
        await same(send.parse(text), send.bind({ parameters }), send.execute(), send.sync());
        const binary = [
          send.parse(text),
          send.bind({ parameters, resultFormats: [1] }),
          send.execute(),
          send.sync(),
        ];
        await same(...binary);
        const answer = await reference.exchange(...binary);
        const row = answer.find((message) => message.kind === 'data_row');
        const bytes = row?.kind === 'data_row' ? row.values[0] : null;
        if (bytes === null || bytes === undefined) continue;
        await same(
          send.parse(text),
          send.bind({ parameters: [bytes], parameterFormats: [1] }),
          send.execute(),
          send.sync(),
        );
      }
    });

    test.each(BAD_TEXT)('%s refuses the text %s alike', async (type, value) => {
      await same(
        send.parse(`SELECT $1::${type}`),
        send.bind({ parameters: [value] }),
        send.execute(),
        send.sync(),
      );
    });

    test.each(BAD_BINARY)('%s refuses broken binary alike', async (type, bytes) => {
      await same(
        send.parse(`SELECT $1::${type}`),
        send.bind({ parameters: [bytes], parameterFormats: [1] }),
        send.execute(),
        send.sync(),
      );
    });

    test('a portal with a row limit is suspended and continued', async () => {
      await same(
        send.parse('SELECT id FROM products ORDER BY id LIMIT 5'),
        send.bind({ portal: 'p' }),
        send.describePortal('p'),
        send.execute('p', 2),
        send.execute('p', 2),
        send.execute('p', 2),
        send.sync(),
      );
    });

    test('after an error everything is skipped to Sync', async () => {
      await same(
        send.parse('SELECT 1 / $1::int'),
        send.bind({ parameters: ['0'] }),
        send.execute(),
        send.bind({ parameters: ['1'] }),
        send.execute(),
        send.sync(),
      );
      await same(send.query('SELECT 1'));
    });

    test('a pipeline is one implicit transaction until Sync', async () => {
      const insert = send.parse('INSERT INTO categories_seen (label) VALUES ($1)');
      await same(
        insert,
        send.bind({ parameters: ['pipe'] }),
        send.execute(),
        send.parse('SELECT 1 / 0'),
        send.bind(),
        send.execute(),
        send.sync(),
      );
      await same(send.query("SELECT count(*) FROM categories_seen WHERE label = 'pipe'"));
    });

    test('named statements and portals live, clash and close as in PostgreSQL', async () => {
      await same(send.parse('SELECT 1', 'a'), send.parse('SELECT 2', 'a'), send.sync());
      await same(send.bind({ statement: 'a' }), send.execute(), send.sync());
      await same(send.closeStatement('a'), send.closeStatement('never'), send.sync());
      await same(send.bind({ statement: 'a' }), send.sync());
      await same(send.execute('gone'), send.sync());
      await same(send.describeStatement('gone'), send.sync());
      await same(send.describePortal('gone'), send.sync());
    });

    test('parameter counts and formats are checked', async () => {
      const parse = send.parse('SELECT $1::int, $2::int');
      await same(parse, send.bind({ parameters: ['1'] }), send.sync());
      await same(
        parse,
        send.bind({ parameters: ['1', '2'], parameterFormats: [0, 0, 0] }),
        send.sync(),
      );
      await same(
        parse,
        send.bind({ parameters: ['1', '2'], resultFormats: [1, 0, 1] }),
        send.sync(),
      );
      await same(
        parse,
        send.bind({ parameters: ['1', null], resultFormats: [1, 0] }),
        send.execute(),
        send.sync(),
      );
      await same(send.parse('SELECT 1; SELECT 2'), send.sync());
    });

    test('an empty query and a statement without rows answer alike', async () => {
      await same(
        send.parse(''),
        send.describeStatement(),
        send.bind(),
        send.execute(),
        send.sync(),
      );
      await same(
        send.parse('UPDATE products SET stock = stock WHERE id = 1'),
        send.describeStatement(),
        send.bind(),
        send.describePortal(),
        send.execute(),
        send.sync(),
      );
    });

    test('a transaction block spans Syncs', async () => {
      await same(send.parse('BEGIN'), send.bind(), send.execute(), send.sync());
      await same(send.parse('SELECT bad'), send.sync());
      await same(send.parse('SELECT 1'), send.bind(), send.execute(), send.sync());
      await same(send.parse('ROLLBACK'), send.bind(), send.execute(), send.sync());
    });

    test('malformed messages are refused alike', async () => {
      const wrongKind = Buffer.concat([
        Buffer.from('D'),
        Buffer.from([0, 0, 0, 6]),
        Buffer.from('X\0'),
      ]);
      await same(wrongKind, send.sync());
      const shortBind = Buffer.concat([
        Buffer.from('B'),
        Buffer.from([0, 0, 0, 8]),
        Buffer.from('\0\0'),
        int16(3),
      ]);
      await same(shortBind, send.sync());
    });
  },
);
