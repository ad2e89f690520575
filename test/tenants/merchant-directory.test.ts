/** Merchants and keys: the operations, SQL beside them, logins, and that no key lies in the file. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unknownCredential } from '../../edge/auth/directory.ts';
import { makeVerifier } from '../../edge/auth/scram.ts';
import type { Clock } from '../../edge/clock.ts';
import { SqliteConstraintError } from '../../edge/engine/constraint-error.ts';
import { silentLog } from '../../edge/log.ts';
import { MERCHANTS_OIDS } from '../../edge/sql/catalog/merchants-table.ts';
import { triggerFailure } from '../../edge/sql/catalog/trigger-failure.ts';
import { openAdminCredential } from '../../edge/tenants/admin-key.ts';
import { MerchantDirectory } from '../../edge/tenants/merchant-directory.ts';
import { generateKey } from '../../edge/tenants/merchant-key.ts';
import { openRig, type Rig, removeRigFiles, sessionOf } from '../sql/catalog/catalog-rig.ts';

const KEY = 'k-9f2c7aa01b6d4e53a8c0d1e2f3';
const OTHER_KEY = 'o-18c7aa01b6d4e53a8c0d1e2f39f2';

let rig: Rig;
let directory: MerchantDirectory;
let now = 1_700_000_000_000_000n;
const clock: Clock = { wallMicros: () => now, monotonicMs: () => 0 };

async function open(): Promise<void> {
  directory = await MerchantDirectory.open({
    engine: rig.engine,
    clock,
    secret: rig.identity.secret,
    admin: openAdminCredential(dirname(rig.path), rig.identity.secret, silentLog),
    keyFunctions: rig.keyFunctions,
    catalog: () => rig.store.current,
  });
}

beforeEach(async () => {
  now = 1_700_000_000_000_000n;
  rig = await openRig();
  await open();
});
afterEach(() => rig.close());
afterAll(removeRigFiles);

/** True when a proof by this key would be accepted. */
function fits(merchant: string, key: string): boolean {
  const credential = directory.lookup(merchant);
  const { storedKey } = makeVerifier(key, credential.salt, credential.iterations);
  return (
    credential.known &&
    !credential.suspended &&
    credential.keys.some((good) => Buffer.from(good.storedKey).equals(Buffer.from(storedKey)))
  );
}

/** What the executor does for the brief's INSERT. */
function insertBySql(id: string, key: string): Promise<unknown> {
  return rig.run(
    'INSERT INTO merchants (helios_row, id, name, api_key, location_id, created_at, tier, status) ' +
      `VALUES (helios_next_row(${MERCHANTS_OIDS.table}), ?1, 'Shop', helios_hash_key(?1, ?2), '', 0, 'standard', 'active')`,
    [id, key],
    sessionOf(null),
  );
}

describe('MerchantDirectory', () => {
  test('add gives a key that logs in, and only that', async () => {
    const { key } = await directory.add({ id: 'acme', name: 'Acme' });
    expect(fits('acme', key)).toBe(true);
    expect(fits('acme', OTHER_KEY)).toBe(false);
    expect(directory.merchantOfKey(key)).toBe('acme');
    expect(directory.list()).toEqual([
      { id: 'acme', name: 'Acme', status: 'active', tier: 'standard', location: '', keys: 1 },
    ]);
    await expect(directory.add({ id: 'acme', name: 'Acme' })).rejects.toMatchObject({
      sqlstate: '42710',
    });
  });

  test('an unknown name looks like a known one', async () => {
    const before = directory.lookup('acme');
    await directory.add({ id: 'acme', name: 'Acme', key: KEY });
    const after = directory.lookup('acme');
    expect(before.known).toBe(false);
    expect(after.known).toBe(true);
    expect(Buffer.from(after.salt)).toEqual(Buffer.from(before.salt));
    expect(after.iterations).toBe(before.iterations);
    expect(before.keys.length).toBeGreaterThan(0);
    expect(Buffer.from(before.salt)).not.toEqual(Buffer.from(directory.lookup('other').salt));
  });

  test('merchants made by SQL log in once the commit is acknowledged', async () => {
    await insertBySql('acme', KEY);
    expect(fits('acme', KEY)).toBe(true);
    await rig.run(
      "UPDATE merchants SET api_key = helios_hash_key(id, ?1) WHERE id = 'acme'",
      [OTHER_KEY],
      sessionOf(null),
    );
    expect([fits('acme', KEY), fits('acme', OTHER_KEY)]).toEqual([false, true]);
    await rig.run(
      "UPDATE merchants SET status = 'suspended' WHERE id = 'acme'",
      [],
      sessionOf(null),
    );
    expect(directory.lookup('acme').suspended).toBe(true);
    await rig.run("DELETE FROM merchants WHERE id = 'acme'", [], sessionOf(null));
    expect(directory.lookup('acme').known).toBe(false);
    expect(await rig.run('SELECT count(*) FROM helios_merchant_key')).toEqual([[0n]]);
  });

  test('no key lies in the file, nor in the log', async () => {
    await directory.add({ id: 'acme', name: 'Acme', key: KEY });
    await insertBySql('beta', OTHER_KEY);
    await rig.engine.checkpoint();
    const folder = dirname(rig.path);
    for (const file of readdirSync(folder).filter((name) => name.startsWith('pos.db'))) {
      const bytes = readFileSync(join(folder, file));
      expect(bytes.includes(KEY) || bytes.includes(OTHER_KEY)).toBe(false);
    }
  });

  test('rotateKey ends every older key', async () => {
    await directory.add({ id: 'acme', name: 'Acme', key: KEY });
    await directory.addKey('acme', 'spare', { key: OTHER_KEY });
    const { key } = await directory.rotateKey('acme');
    expect([fits('acme', KEY), fits('acme', OTHER_KEY), fits('acme', key)]).toEqual([
      false,
      false,
      true,
    ]);
    expect(directory.merchantOfKey(KEY)).toBeNull();
    await directory.rotateKey('acme', key);
    expect(fits('acme', key)).toBe(true);
  });

  test('up to five keys, that expire and are removed', async () => {
    await directory.add({ id: 'acme', name: 'Acme', key: KEY });
    await directory.addKey('acme', 'soon', { key: OTHER_KEY, expiresMicros: now + 1000n });
    expect([fits('acme', KEY), fits('acme', OTHER_KEY)]).toEqual([true, true]);
    const { salt } = directory.lookup('acme');
    expect(directory.lookup('acme').keys.map(({ name }) => name)).toEqual(['primary', 'soon']);
    now += 2000n;
    expect([fits('acme', OTHER_KEY), directory.merchantOfKey(OTHER_KEY)]).toEqual([false, null]);
    expect(directory.lookup('acme').salt).toEqual(salt);
    for (const name of ['a', 'b', 'c']) await directory.addKey('acme', name);
    await expect(directory.addKey('acme', 'd')).rejects.toMatchObject({ sqlstate: '54000' });
    await expect(directory.addKey('acme', 'a')).rejects.toMatchObject({ sqlstate: '42710' });
    await directory.removeKey('acme', 'a');
    await expect(directory.removeKey('acme', 'a')).rejects.toMatchObject({ sqlstate: '42704' });
    await expect(directory.removeKey('acme', 'primary')).rejects.toMatchObject({
      sqlstate: '55000',
    });
  });

  test('suspend and resume', async () => {
    await directory.add({ id: 'acme', name: 'Acme', key: KEY });
    const changed: string[] = [];
    directory.onChange((merchant) => changed.push(merchant));
    await directory.suspend('acme');
    expect([fits('acme', KEY), directory.merchantOfKey(KEY), directory.isActive('acme')]).toEqual([
      false,
      null,
      false,
    ]);
    expect(changed).toContain('acme');
    await directory.resume('acme');
    expect(fits('acme', KEY)).toBe(true);
    await expect(directory.suspend('nobody')).rejects.toMatchObject({ sqlstate: '42704' });
  });

  test('remove refuses a merchant with rows', async () => {
    await directory.add({ id: 'acme', name: 'Acme', key: KEY });
    await rig.define('CREATE TABLE sales (id int, merchant_id text)');
    await rig.run("INSERT INTO sales (helios_row, id, merchant_id) VALUES (1, 1, 'acme')");
    await expect(directory.remove('acme')).rejects.toMatchObject({ sqlstate: '2BP01' });
    await rig.run('DELETE FROM sales');
    await directory.remove('acme');
    expect(directory.lookup('acme').known).toBe(false);
  });

  test('one key never serves two merchants', async () => {
    await directory.add({ id: 'acme', name: 'Acme', key: KEY });
    await expect(directory.add({ id: 'beta', name: 'Beta', key: KEY })).rejects.toMatchObject({
      sqlstate: '23505',
    });
    const error = await insertBySql('beta', KEY).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SqliteConstraintError);
    expect(triggerFailure((error as Error).message, rig.store.current, String)?.message).toBe(
      'duplicate key value violates unique constraint "merchants_api_key_key"',
    );
    expect(directory.size).toBe(1);
  });

  test.each([
    'short',
    'a'.repeat(40),
    '0123456789abcdef0123',
    'with space and more than 22',
    'é'.repeat(30),
  ])('refuses the weak key %s', async (key) => {
    await expect(directory.add({ id: 'acme', name: 'Acme', key })).rejects.toMatchObject({
      sqlstate: '22023',
    });
    await expect(insertBySql('acme', key)).rejects.toMatchObject({ sqlstate: '22023' });
  });

  test.each(['', 'admin', 'a/b', 'a\nb', ' a', 'x'.repeat(64), 'a\u0000'])(
    'refuses the id %j',
    async (id) => {
      await expect(directory.add({ id, name: 'x' })).rejects.toMatchObject({ sqlstate: '22023' });
      await expect(insertBySql(id, KEY)).rejects.toThrow();
    },
  );

  test('a rolled back merchant does not log in', async () => {
    const transaction = await rig.engine.beginWrite({
      merchant: null,
      lockTimeoutMs: 0,
      signal: null,
    });
    transaction.rollback();
    await insertBySql('acme', KEY);
    await rig.run("SELECT helios_merchant_changed('ghost')");
    expect(directory.lookup('ghost').known).toBe(false);
    expect(fits('acme', KEY)).toBe(true);
  });

  test('open finds them again after a restart', async () => {
    await directory.add({ id: 'acme', name: 'Acme', key: KEY });
    const { boxId } = rig.identity;
    await rig.close();
    rig = await openRig({ path: rig.path });
    await open();
    expect(rig.identity.boxId).toBe(boxId);
    expect(fits('acme', KEY)).toBe(true);
  });

  test('lookup knows the administrator', () => {
    const credential = directory.lookup('admin');
    expect(credential).toMatchObject({ known: true, role: 'admin', merchant: null });
    expect(Buffer.from(credential.salt)).toEqual(
      Buffer.from(unknownCredential(rig.identity.secret, 'admin').salt),
    );
  });

  test('generateKey has 256 bits and never repeats', () => {
    const keys = new Set(Array.from({ length: 100 }, generateKey));
    expect(keys.size).toBe(100);
    for (const key of keys) expect(key).toMatch(/^[\w-]{43}$/);
  });
});
