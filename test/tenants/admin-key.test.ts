/** The administrator's key file and the box's identity. */
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeVerifier } from '../../edge/auth/scram.ts';
import { silentLog } from '../../edge/log.ts';
import { adminKeyPath, openAdminCredential, readAdminKey } from '../../edge/tenants/admin-key.ts';
import { loadBoxIdentity, raiseEpoch } from '../../edge/tenants/box-identity.ts';
import { openRig, removeRigFiles } from '../sql/catalog/catalog-rig.ts';

const directory = mkdtempSync(join(tmpdir(), 'helios-admin-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
  removeRigFiles();
});
const secret = new Uint8Array(32).fill(7);

describe('openAdminCredential', () => {
  test('makes the key once, for its owner only', () => {
    const credential = openAdminCredential(directory, secret, silentLog);
    const key = readAdminKey(directory);
    expect(statSync(adminKeyPath(directory)).mode & 0o777).toBe(0o600);
    const { storedKey } = makeVerifier(key, credential.salt, credential.iterations);
    expect(Buffer.from(credential.keys[0]?.storedKey ?? [])).toEqual(Buffer.from(storedKey));
    openAdminCredential(directory, secret, silentLog);
    expect(readAdminKey(directory)).toBe(key);
  });

  test('closes a key that others could read', () => {
    chmodSync(adminKeyPath(directory), 0o644);
    openAdminCredential(directory, secret, silentLog);
    expect(statSync(adminKeyPath(directory)).mode & 0o777).toBe(0o600);
  });

  test('refuses a file that holds no key, naming it', () => {
    writeFileSync(adminKeyPath(directory), 'hello\n');
    expect(() => openAdminCredential(directory, secret, silentLog)).toThrow(
      /admin\.key holds no key/,
    );
  });
});

describe('loadBoxIdentity', () => {
  test('is made once; raiseEpoch keeps the id', async () => {
    const rig = await openRig();
    expect(await loadBoxIdentity(rig.engine)).toEqual(rig.identity);
    const raised = await raiseEpoch(rig.engine);
    expect(raised).toEqual({ ...rig.identity, epoch: rig.identity.epoch + 1n });
    await rig.close();
  });
});
