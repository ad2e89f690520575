import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BoxProcess } from '../support/box-process.ts';

describe('the box', () => {
  test('keeps an audit log without texts or values, and ends a suspended merchant', async () => {
    await using box = await BoxProcess.start({ settings: ['proxy.rls.audit_log_enabled=true'] });
    const admin = await box.admin();
    await admin.rows('CREATE TABLE notes (merchant_id text NOT NULL, note text)');
    admin.end();
    const key = await box.addMerchant('anna');
    const anna = await box.login('anna/t1', key);
    await anna.rows("INSERT INTO notes (note) VALUES ('a secret value')");
    expect(await anna.sqlstate('SELECT nothing')).toBe('42703');
    await box.ask('POST', '/merchants/suspend', { id: 'anna' });
    expect(await anna.until(() => false)).toMatchObject([
      { kind: 'error', fields: { C: '57P01' } },
    ]);
    const text = readFileSync(join(box.dataDir, 'audit.log'), 'utf8');
    const entries = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(entries).toContainEqual(
      expect.objectContaining({
        user: 'anna/t1',
        merchant: 'anna',
        tag: 'INSERT 0 1',
        tables: ['notes'],
      }),
    );
    expect(entries).toContainEqual(expect.objectContaining({ user: 'anna/t1', sqlstate: '42703' }));
    expect(entries).toContainEqual(expect.objectContaining({ user: 'anna/t1', accepted: true }));
    expect(text).not.toContain('a secret value');
    expect(text).not.toContain(key);
  }, 60_000);

  test('stops within its grace on SIGTERM and tells the terminals', async () => {
    await using box = await BoxProcess.start();
    const key = await box.addMerchant('anna');
    const anna = await box.login('anna', key);
    const last = anna.until(() => false);
    expect(await box.stop()).toBe(0);
    expect(await last).toMatchObject([{ kind: 'error', fields: { C: '57P01' } }]);
    await box.restart();
    (await box.login('anna', key)).end();
  }, 60_000);
});
