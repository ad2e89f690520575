/**
 * The product brief's edge configuration, unchanged, starts the executable: on 0.0.0.0:5432, with its cloud
 * out of reach, in a network namespace of the test's own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { BRIEF_DAILY_SUMMARY, BRIEF_SCHEMA } from '../../edge/demo/schema.ts';

const BINARY = join(import.meta.dirname, `../../dist/helios-edge-linux-${process.arch}`);
const CONFIG = join(import.meta.dirname, '../support/brief-example-5.toml');
const NAMESPACE = `helios-${process.pid}`;
const END_MS_MAX = 10_000;

function canMakeNamespaces(): boolean {
  try {
    execFileSync('ip', ['netns', 'add', NAMESPACE], { stdio: 'ignore' });
    execFileSync('ip', ['netns', 'exec', NAMESPACE, 'ip', 'link', 'set', 'lo', 'up']);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!existsSync(BINARY) || !canMakeNamespaces())(
  "the brief's config.toml (dist/, network namespaces)",
  () => {
    test('starts the box, and its statements run', async () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'helios-brief-'));
      const inside = (...words: readonly string[]): string =>
        execFileSync('ip', ['netns', 'exec', NAMESPACE, ...words], {
          encoding: 'utf8',
          env: { ...process.env, PGPASSWORD: password, PGSSLMODE: 'require' },
        });
      let password = '';
      const box = spawn(
        'ip',
        ['netns', 'exec', NAMESPACE, BINARY, 'serve', '--config', CONFIG, '--data-dir', dataDir],
        { stdio: 'ignore' },
      );
      try {
        execFileSync(BINARY, ['status', '--wait', '30', '--data-dir', dataDir]);
        password = readFileSync(join(dataDir, 'admin.key'), 'utf8').trim();
        const psql = (user: string, sql: string): string =>
          inside('psql', '-XAtq', '-h', '127.0.0.1', '-U', user, '-d', 'pos', '-c', sql).trim();
        for (const statement of BRIEF_SCHEMA) psql('admin', statement);
        const added = execFileSync(
          BINARY,
          ['merchant', 'add', 'acme', '--name', 'Acme', '--json', '--data-dir', dataDir],
          { encoding: 'utf8' },
        );
        password = (JSON.parse(added) as { key: string }).key;
        psql(
          'acme',
          "INSERT INTO transactions (terminal_id, amount, payment_method, items) VALUES ('t1', 12.50, 'card', '[]'), ('t2', 7.25, 'cash', '[]')",
        );
        expect(psql('acme', BRIEF_DAILY_SUMMARY)).toBe('2|19.75|9.8750000000000000|2');
        expect(psql('acme', 'SELECT DISTINCT synced FROM transactions')).toBe('f');
        expect(existsSync(join(dataDir, 'pos.db'))).toBe(true);
        expect(existsSync(join(dataDir, 'pos.log'))).toBe(true);
      } finally {
        const ended = new Promise((resolve) => box.once('exit', resolve));
        box.kill('SIGTERM');
        await Promise.race([ended, pause(END_MS_MAX)]);
        execFileSync('ip', ['netns', 'del', NAMESPACE]);
        rmSync(dataDir, { recursive: true, force: true });
      }
    }, 120_000);
  },
);
