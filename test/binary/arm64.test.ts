/**
 * The executable for arm64, under QEMU's emulation of the processor: it says what it is, a stock client
 * sells over TLS, and what was sold is there after the process was killed. Emulation is some ten times slower than
 * the machine it runs on, so limits are wide; nothing is said here about speed.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BRIEF_DAILY_SUMMARY, BRIEF_INSERT, BRIEF_SCHEMA } from '../../edge/demo/schema.ts';
import { BoxProcess } from '../support/box-process.ts';
import { buildRelease } from './build-release.ts';

const EMULATOR = '/usr/bin/qemu-aarch64-static';
const LIBRARIES = '/usr/aarch64-linux-gnu';
const SLOW_MS_MAX = 240_000;
const canEmulate = existsSync(EMULATOR) && existsSync(join(LIBRARIES, 'lib/libstdc++.so.6'));

describe.skipIf(process.arch === 'arm64' || !canEmulate)('the executable for arm64', () => {
  const directory = mkdtempSync(join(tmpdir(), 'helios-arm64-'));
  const program = join(directory, 'helios-edge');
  let box: BoxProcess;
  let key: string;

  beforeAll(async () => {
    buildRelease({ out: directory, arch: 'arm64' });
    const binary = join(directory, 'helios-edge-linux-arm64');
    // A program of its own, so that whoever starts it, kills it and asks for its pid sees one process.
    writeFileSync(program, `#!/bin/sh\nexec ${EMULATOR} -L ${LIBRARIES} ${binary} "$@"\n`);
    chmodSync(program, 0o755);
    box = await BoxProcess.start({ binary: program, readyMsMax: SLOW_MS_MAX });
    key = await box.addMerchant('acme');
    const admin = await box.admin();
    for (const statement of BRIEF_SCHEMA) await admin.rows(statement);
    admin.end();
  }, 2 * SLOW_MS_MAX);

  afterAll(async () => {
    await box?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  async function connect(): Promise<Client> {
    const client = new Client({
      host: '127.0.0.1',
      port: box.port,
      user: 'acme',
      password: key,
      database: 'pos',
      ssl: { rejectUnauthorized: false },
    });
    await client.connect();
    return client;
  }

  test(
    'says what it is',
    () => {
      const text = execFileSync(program, ['--version', '--json'], { encoding: 'utf8' });
      const parts = JSON.parse(text) as Record<string, string>;
      expect(parts).toMatchObject({ platform: 'linux-arm64', node: process.versions.node });
      expect(parts['sqlite']).toMatch(/^3\.\d+\.\d+$/);
    },
    SLOW_MS_MAX,
  );

  test(
    'sells over TLS, and keeps what it sold when it is killed',
    async () => {
      const client = await connect();
      for (const amount of ['0.10', '0.20', '12.50']) {
        await client.query(BRIEF_INSERT, ['till-1', amount, 'card', '[{"sku":"a"}]']);
      }
      await client.end();
      await box.kill();
      await box.restart();
      const again = await connect();
      await again.query(BRIEF_INSERT, ['till-2', '7.20', 'cash', '[]']);
      const { rows } = await again.query(BRIEF_DAILY_SUMMARY);
      expect(rows).toEqual([
        {
          transaction_count: '4',
          total_revenue: '20.00',
          avg_transaction: '5.0000000000000000',
          active_terminals: '2',
        },
      ]);
      await again.end();
    },
    2 * SLOW_MS_MAX,
  );

  test(
    'ends a report that is too slow, on a thread of its own',
    async () => {
      const client = await connect();
      const pairs = 'transactions a, transactions b, transactions c, transactions d';
      const many = Array.from({ length: 60 }, () => "('t', 1, 'cash', '[]')").join(', ');
      await client.query(
        `INSERT INTO transactions (terminal_id, amount, payment_method, items) VALUES ${many}`,
      );
      await client.query('SET statement_timeout = 3000');
      const report = client.query(
        `SELECT count(*) FROM ${pairs} WHERE a.id + b.id + c.id + d.id = -1`,
      );
      await expect(report).rejects.toMatchObject({ code: '57014' });
      const { rows } = await client.query('SELECT count(*) AS sales FROM transactions');
      expect(rows).toEqual([{ sales: '64' }]);
      await client.end();
    },
    SLOW_MS_MAX,
  );
});
