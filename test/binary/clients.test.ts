/**
 * Stock clients against the single executable: each logs in as a merchant with SCRAM over TLS, sells, and
 * sees only its own rows; the product brief's own texts run as written.
 */
import { type ExecFileSyncOptions, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type QueryConfig } from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BRIEF_DAILY_SUMMARY,
  BRIEF_INSERT,
  BRIEF_SCHEMA,
  DEMO_SCHEMA,
} from '../../edge/demo/schema.ts';
import { BoxProcess } from '../support/box-process.ts';

const BINARY = join(import.meta.dirname, `../../dist/helios-edge-linux-${process.arch}`);
const HERE = import.meta.dirname;
const ASYNCPG = '/usr/lib/python3/dist-packages/asyncpg';
const PSYCOPG2 = '/usr/lib/python3/dist-packages/psycopg2';
const PGX = '/usr/share/gocode/src/github.com/jackc/pgx/v4';
const MODES = ['simple', 'extended', 'prepared'];
const CLIENT_MS_MAX = 120_000;

function run(program: string, args: readonly string[], options: ExecFileSyncOptions = {}): string {
  return String(
    execFileSync(program, args, { encoding: 'utf8', timeout: CLIENT_MS_MAX, ...options }),
  );
}

describe.skipIf(!existsSync(BINARY))('stock clients sell through the executable (dist/)', () => {
  let box: BoxProcess;
  const keys: Record<string, string> = {};

  beforeAll(async () => {
    box = await BoxProcess.start({ binary: BINARY });
    for (const merchant of ['anna', 'bela']) keys[merchant] = await box.addMerchant(merchant);
    const admin = await box.admin();
    for (const statement of [...BRIEF_SCHEMA, ...DEMO_SCHEMA]) await admin.rows(statement);
    admin.end();
    const seed = await pgClient('bela');
    await seed.query(BRIEF_INSERT, ['bela-till', '777.77', 'cash', '[]']);
    await seed.end();
    const stock = await pgClient('anna');
    await stock.query(
      "INSERT INTO products (sku, name, price, stock) VALUES ('espresso', 'Espresso', 2.20, 1000)",
    );
    await stock.end();
  }, 120_000);

  afterAll(async () => {
    await box[Symbol.asyncDispose]();
  });

  async function pgClient(merchant: string): Promise<Client> {
    const client = new Client({
      host: '127.0.0.1',
      port: box.port,
      user: merchant,
      password: keys[merchant] ?? '',
      database: 'pos',
      ssl: { rejectUnauthorized: false },
    });
    await client.connect();
    return client;
  }

  function libpq(merchant: string): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PGHOST: '127.0.0.1',
      PGPORT: String(box.port),
      PGUSER: merchant,
      PGPASSWORD: keys[merchant] ?? '',
      PGDATABASE: 'pos',
      PGSSLMODE: 'require',
    };
  }

  test('psql sells and reads its own sales over TLS', () => {
    const env = libpq('anna');
    const sql =
      "INSERT INTO transactions (terminal_id, amount, payment_method, items) VALUES ('psql', 4.50, 'cash', '[]') RETURNING amount";
    expect(run('psql', ['-XAtqc', sql], { env }).trim()).toBe('4.50');
    const own = run('psql', ['-XAtc', 'SELECT DISTINCT merchant_id FROM transactions'], { env });
    expect(own.trim()).toBe('anna');
    const info = run('psql', ['-Xc', '\\conninfo'], { env });
    expect(info).toContain('SSL connection');
  });

  test('psql describes tables, roles and databases', () => {
    const env = libpq('anna');
    const describe = (command: string): string => run('psql', ['-XAc', command], { env });
    expect(describe('\\dt')).toContain('public|transactions|table|admin');
    const table = describe('\\d transactions');
    expect(table).toContain('amount|numeric(10,2)||not null|');
    expect(table).toContain('"transactions_client_ref_key" UNIQUE CONSTRAINT, btree (client_ref)');
    expect(describe('\\d+ products')).toContain('"products_pkey" PRIMARY KEY, btree (sku)');
    expect(describe('\\di')).toContain('public|products_pkey|index|admin|products');
    expect(describe('\\l')).toContain('pos|admin|UTF8');
    // Who else sells here is not this merchant's business.
    expect(describe('\\du')).toMatch(/^admin\|.*\nanna\|/m);
    expect(describe('\\du')).not.toContain('bela');
  });

  test.each(MODES)('pgbench -n runs a POS script in mode %s', (mode) => {
    const args = ['-n', '-M', mode, '-f', join(HERE, 'pos.pgbench'), '-c', '4', '-t', '25'];
    const output = run('pgbench', args, { env: libpq('anna') });
    expect(output).toContain('number of transactions actually processed: 100/100');
    expect(output).toContain('number of failed transactions: 0');
  });

  test('pg (npm) sells with parameters, binary results and its own errors', async () => {
    const client = await pgClient('anna');
    const sold = await client.query(BRIEF_INSERT, [
      'pg',
      '12.50',
      'card',
      JSON.stringify([{ sku: 'a' }]),
    ]);
    const id: unknown = sold.rows[0]?.id;
    // The driver's types do not name `binary`, which it documents.
    const binary: QueryConfig & { binary: boolean } = {
      text: 'SELECT id, amount, items FROM transactions WHERE id = $1',
      values: [id],
      binary: true,
    };
    const read = await client.query(binary);
    expect(read.rows).toHaveLength(1);
    const all = await client.query('SELECT DISTINCT merchant_id FROM transactions');
    expect(all.rows).toEqual([{ merchant_id: 'anna' }]);
    await expect(client.query('SELECT * FROM nowhere')).rejects.toMatchObject({ code: '42P01' });
    await client.end();
  });

  test('postgres (npm) sells in a transaction over a pool', async () => {
    const sql = postgres({
      host: '127.0.0.1',
      port: box.port,
      user: 'anna',
      password: keys['anna'] ?? '',
      database: 'pos',
      ssl: { rejectUnauthorized: false },
      max: 4,
    });
    const ids = await Promise.all(
      Array.from({ length: 8 }, (_, number) =>
        sql.begin(async (transaction) => {
          const [row] = await transaction`
            INSERT INTO transactions (terminal_id, amount, payment_method, items)
            VALUES (${`pjs-${number}`}, ${'1.25'}, 'cash', ${sql.json([{ n: number }])}) RETURNING id, amount`;
          return row;
        }),
      ),
    );
    expect(new Set(ids.map((row) => row?.['id'])).size).toBe(8);
    expect(ids[0]?.['amount']).toBe('1.25');
    const merchants = await sql`SELECT DISTINCT merchant_id FROM transactions`;
    expect(merchants.map((row) => row['merchant_id'])).toEqual(['anna']);
    // Array types are looked up in pg_type when the driver connects.
    const [arrays] =
      await sql`SELECT ${['a', 'b,c']}::text[] AS texts, '{1.50}'::numeric[] AS numbers`;
    expect(arrays).toEqual({ texts: ['a', 'b,c'], numbers: ['1.50'] });
    let read = 0;
    await sql`SELECT id FROM transactions ORDER BY id`.cursor(3, (rows) => {
      read += rows.length;
    });
    expect(read).toBeGreaterThanOrEqual(8);
    await sql.end();
  });

  test.skipIf(!existsSync(ASYNCPG))('asyncpg (python3-asyncpg) sells in binary', () => {
    const script = join(HERE, 'asyncpg_client.py');
    const output = run('/usr/bin/python3', [script, String(box.port), 'anna', keys['anna'] ?? '']);
    const seen = JSON.parse(output) as Record<string, unknown>;
    expect(seen['merchants']).toEqual(['anna']);
    expect(seen['ids']).toEqual([seen['sale']]);
    expect(seen['first']).toBe(1);
    expect(seen['refused']).toEqual({ 'copy in': '0A000', 'copy out': '0A000', listen: '0A000' });
    expect(seen['pooled']).toBe(12);
  });

  test.skipIf(!existsSync(PSYCOPG2))('psycopg2 (python3-psycopg2) sells and scrolls', () => {
    const script = join(HERE, 'psycopg2_client.py');
    const output = run('/usr/bin/python3', [script, String(box.port), 'anna', keys['anna'] ?? '']);
    expect(JSON.parse(output)).toEqual({ merchants: ['anna'], refused: '0A000', rows: 30 });
  });

  test.skipIf(!existsSync(PGX))(
    'pgx (golang-github-jackc-pgx-v4-dev) sells in binary',
    () => {
      const directory = mkdtempSync(join(tmpdir(), 'helios-pgx-'));
      try {
        const program = join(directory, 'pgx');
        const env = {
          ...process.env,
          GO111MODULE: 'off',
          GOPATH: '/usr/share/gocode',
          GOCACHE: join(directory, 'cache'),
          GOFLAGS: '',
        };
        run('go', ['build', '-o', program, join(HERE, 'pgx/main.go')], { env });
        const seen = JSON.parse(
          run(program, [String(box.port), 'anna', keys['anna'] ?? '']),
        ) as Record<string, unknown>;
        expect(seen['merchants']).toEqual(['anna']);
        // pgtype writes digits and exponent: 375e-2.
        expect(Number(seen['amount'])).toBe(3.75);
        expect(seen['sum']).toBe('3.75');
        expect(seen['status']).toBe('completed');
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
    CLIENT_MS_MAX,
  );

  test("the brief's daily summary gives exact decimals", async () => {
    const client = await pgClient('bela');
    await client.query(BRIEF_INSERT, ['bela-2', '0.10', 'cash', '[]']);
    await client.query(BRIEF_INSERT, ['bela-2', '0.20', 'cash', '[]']);
    const summary = await client.query(BRIEF_DAILY_SUMMARY);
    expect(summary.rows).toEqual([
      {
        transaction_count: '3',
        total_revenue: '778.07',
        avg_transaction: '259.3566666666666667',
        active_terminals: '2',
      },
    ]);
    await client.end();
  });

  test("the brief's schema texts run again and change nothing", async () => {
    const admin = await box.admin();
    for (const statement of BRIEF_SCHEMA) await admin.rows(statement);
    await admin.rows(
      "INSERT INTO merchants (id, name, api_key, location_id) VALUES ('carl', 'Carl', '0123456789abcdef0123456789abcdef', 'here')",
    );
    const client = await box.login('carl', '0123456789abcdef0123456789abcdef');
    expect(await client.rows('SELECT id, location_id FROM merchants')).toEqual([['carl', 'here']]);
    expect(await client.rows('SELECT count(*) FROM transactions')).toEqual([['0']]);
    client.end();
    admin.end();
  });
});
