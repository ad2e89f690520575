import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Box, KEY, startBox } from './box.ts';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const TIMEOUT_MS = 15_000;

const has = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args, { timeout: TIMEOUT_MS }).status === 0;
const hasPsql = has('psql', '--version');
const hasPython = (module: string): boolean => has(PYTHON, '-c', `import ${module}`);

let box: Box;
beforeAll(async () => {
  box = await startBox();
});
afterAll(async () => {
  await box[Symbol.asyncDispose]();
});

/** What psql prints for `select 1`, or what it complains of. */
async function psql(conninfo: string, key = KEY): Promise<string> {
  try {
    const { stdout } = await run('psql', [conninfo, '-XAtc', 'select 1'], {
      env: { ...process.env, PGPASSWORD: key, PGCONNECT_TIMEOUT: '10' },
      timeout: TIMEOUT_MS,
    });
    return stdout.trim();
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr);
  }
}

describe.skipIf(!hasPsql)('psql', () => {
  const conninfo = (rest: string): string =>
    `host=127.0.0.1 port=${box.port} user=acme dbname=pos ${rest}`;

  it.each(['disable', 'allow', 'prefer', 'require'])('logs in with sslmode=%s', async (mode) => {
    expect(await psql(conninfo(`sslmode=${mode}`))).toBe('1');
  });

  it('verifies the certificate that the box made', async () => {
    const root = join(box.dir, 'server.crt');
    expect(await psql(conninfo(`sslmode=verify-ca sslrootcert=${root}`))).toBe('1');
    const named = `host=localhost hostaddr=127.0.0.1 port=${box.port} user=acme dbname=pos`;
    expect(await psql(`${named} sslmode=verify-full sslrootcert=${root}`)).toBe('1');
  });

  it('binds its proof to the certificate', async () => {
    expect(await psql(conninfo('sslmode=require channel_binding=require'))).toBe('1');
  });

  it('logs in over the Unix socket', async () => {
    expect(await psql(`host=${box.socketDir} user=admin dbname=pos`)).toBe('1');
    expect(await psql(`host=${box.socketDir} user=acme dbname=pos sslmode=prefer`)).toBe('1');
  });

  it('is told why it may not', async () => {
    expect(await psql(conninfo('sslmode=require'), 'wrong')).toContain(
      'FATAL:  password authentication failed for user "acme"',
    );
    expect(await psql(`${conninfo('')} dbname=other`)).toContain(
      'FATAL:  database "other" does not exist',
    );
  });
});

describe('pg', () => {
  it.each([
    ['plain', { ssl: false }],
    ['TLS', { ssl: { rejectUnauthorized: false } }],
    ['channel binding', { ssl: { rejectUnauthorized: false }, enableChannelBinding: true }],
  ])('sells over %s', async (_, options) => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: box.port,
      user: 'acme/till1',
      password: KEY,
      database: 'pos',
      ...options,
    });
    await client.connect();
    expect((await client.query('select 1')).rows).toEqual([{ '?column?': 1 }]);
    const prepared = { name: 'one', text: 'select 1 where $1', values: ['x'] };
    expect((await client.query(prepared)).rows).toEqual([{ '?column?': 1 }]);
    expect((await client.query(prepared)).rows).toEqual([{ '?column?': 1 }]);
    await client.end();
  });

  it('is told why it may not', async () => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: box.port,
      user: 'acme',
      password: 'wrong',
      database: 'pos',
    });
    await expect(client.connect()).rejects.toMatchObject({ code: '28P01', severity: 'FATAL' });
  });
});

describe('postgres', () => {
  it('sells over TLS', async () => {
    const sql = postgres({
      host: '127.0.0.1',
      port: box.port,
      user: 'acme',
      pass: KEY,
      database: 'pos',
      ssl: 'require',
      fetch_types: false,
      max: 3,
    });
    const answers = await Promise.all(Array.from({ length: 30 }, () => sql`select 1`));
    expect(answers.every((rows) => rows[0]?.['?column?'] === 1)).toBe(true);
    await sql.end();
  });
});

async function python(program: string): Promise<string> {
  const { stdout } = await run(PYTHON, ['-c', program], {
    env: { ...process.env, BOX_PORT: String(box.port), BOX_KEY: KEY },
    timeout: TIMEOUT_MS,
  });
  return stdout.trim();
}

describe('Python', () => {
  it.skipIf(!hasPython('asyncpg'))('asyncpg sells over TLS, in binary', async () => {
    const program = `
import asyncio, asyncpg, os
async def main():
    c = await asyncpg.connect(host='127.0.0.1', port=os.environ['BOX_PORT'], user='acme',
        password=os.environ['BOX_KEY'], database='pos', ssl='require')
    print(await c.fetchval('select 1'), await c.fetchval('select 1'))
    await c.close()
asyncio.run(main())`;
    expect(await python(program)).toBe('1 1');
  });

  it.skipIf(!hasPython('psycopg2'))('psycopg2 sells over TLS', async () => {
    const program = `
import os, psycopg2
c = psycopg2.connect(host='127.0.0.1', port=os.environ['BOX_PORT'], user='acme/till1',
    password=os.environ['BOX_KEY'], dbname='pos', sslmode='require')
c.autocommit = True
k = c.cursor()
k.execute('select 1')
print(k.fetchall())`;
    expect(await python(program)).toBe('[(1,)]');
  });
});
