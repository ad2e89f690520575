/** Restoring: what is refused, what a kill leaves, and that the cloud is not confused. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReceiver } from '../../cloud-sync/receiver/server.ts';
import type { BackupResult } from '../../edge/backup/make-backup.ts';
import { type RestoreStep, restoreBackup } from '../../edge/backup/restore.ts';
import { openEngine } from '../../edge/engine/open.ts';
import { functionLibrary } from '../../edge/sql/functions/library.ts';
import { loadBoxIdentity } from '../../edge/tenants/box-identity.ts';
import { engineOptions, read, write } from '../engine/support/engine-fixture.ts';
import { BoxProcess } from '../support/box-process.ts';
import { backUp, parts, withFlippedByte } from './support.ts';

let directory = '';
let database = '';
let backup = '';

beforeEach(async () => {
  directory = mkdtempSync('/tmp/helios-restore-');
  database = join(directory, 'pos.db');
  const engine = await open();
  await loadBoxIdentity(engine);
  await write(engine, 'CREATE TABLE sale (id INTEGER PRIMARY KEY, note TEXT)');
  await write(engine, "INSERT INTO sale VALUES (1, 'before the backup')");
  backup = (await backUp(engine, join(directory, 'backups'))).path;
  await write(engine, "INSERT INTO sale VALUES (2, 'after the backup')");
  await engine.close();
}, 60_000);

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (path = database) => openEngine(engineOptions(path, { library: functionLibrary }));

function restore(changes: Partial<Parameters<typeof restoreBackup>[0]> = {}) {
  return restoreBackup({ parts, backup, database, asThisBox: false, dryRun: false, ...changes });
}

async function sales(path = database): Promise<unknown> {
  const engine = await open(path);
  try {
    expect(await read(engine, 'PRAGMA integrity_check')).toEqual([['ok']]);
    return (await read(engine, 'SELECT count(*) FROM sale'))[0]?.[0];
  } finally {
    await engine.close();
  }
}

function leavings(): readonly string[] {
  return readdirSync(directory)
    .filter((name) => !name.includes('before-restore') && name !== 'backups')
    .sort();
}

describe('restore', () => {
  it('puts the backup in place in a new epoch, and keeps what was there', async () => {
    const result = await restore();
    expect(result).toMatchObject({ epoch: '2', manifest: { epoch: '1' } });
    expect(await sales()).toBe(1n);
    expect(await sales(result.keptAside ?? '')).toBe(2n);
    expect((await restore()).epoch).toBe('2');
    expect(leavings()).toEqual(['pos.db']);
  }, 60_000);

  it('keeps what only the log held, too', async () => {
    const selling = spawnSync(
      process.execPath,
      [join(import.meta.dirname, 'sell-and-die.ts'), database],
      { encoding: 'utf8' },
    );
    expect(selling.signal, selling.stderr).toBe('SIGKILL');
    expect(existsSync(`${database}-wal`)).toBe(true);
    const result = await restore();
    expect(await sales()).toBe(1n);
    expect(await sales(result.keptAside ?? '')).toBe(3n);
  }, 60_000);

  it('changes nothing when it is only asked what it would do', async () => {
    expect(await restore({ dryRun: true })).toMatchObject({ epoch: null, keptAside: null });
    expect(await sales()).toBe(2n);
    expect(leavings()).toEqual(['pos.db']);
  }, 60_000);

  it('refuses a damaged backup, a running box, and another box’s backup', async () => {
    const third = Math.floor(statSync(backup).size / 3);
    await expect(restore({ backup: withFlippedByte(backup, third) })).rejects.toThrow('damaged');
    const engine = await open();
    await expect(restore()).rejects.toThrow('in use by process');
    await engine.close();
    const other = join(directory, 'other.db');
    const foreign = await open(other);
    await loadBoxIdentity(foreign);
    await foreign.close();
    await expect(restore({ database: other })).rejects.toThrow('--as-this-box');
    expect(await restore({ database: other, asThisBox: true })).toMatchObject({ epoch: '2' });
    expect(await sales(other)).toBe(1n);
    expect(await sales()).toBe(2n);
  }, 60_000);

  it('restores over a file that cannot be read, and where there is none', async () => {
    copyFileSync(backup, database);
    const result = await restore();
    expect(result.replacedBoxId).toBeNull();
    expect(await sales()).toBe(1n);
    rmSync(database);
    expect((await restore()).keptAside).toBeNull();
    expect(await sales()).toBe(1n);
  }, 60_000);

  it('goes back from a layout that only a newer version knows', async () => {
    const newer = new DatabaseSync(database);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    await expect(open()).rejects.toThrow(/newer version \(layout 99.*restore the backup/);
    expect((await restore()).replacedBoxId).not.toBeNull();
    expect(await sales()).toBe(1n);
  }, 60_000);
});

const STEPS: readonly (readonly [RestoreStep, bigint])[] = [
  ['unpack', 3n],
  ['raise epoch', 3n],
  ['settle', 3n],
  ['keep aside', 3n],
  ['put in place', 3n],
  ['done', 1n],
];

describe('a restore that is killed', () => {
  it.each(STEPS)(
    'at "%s" leaves a whole database, and can be made again',
    async (step, left) => {
      // The sale that only the log holds is the one that a careless swap would lose.
      spawnSync(process.execPath, [join(import.meta.dirname, 'sell-and-die.ts'), database]);
      const script = join(import.meta.dirname, 'restore-until-killed.ts');
      const run = spawnSync(process.execPath, [script, database, backup, step], {
        encoding: 'utf8',
      });
      expect(run.signal, run.stderr).toBe('SIGKILL');
      expect(await sales()).toBe(left);
      await restore();
      expect(await sales()).toBe(1n);
      expect(leavings()).toEqual(['pos.db']);
    },
    60_000,
  );
});

describe('the cloud after a restore', () => {
  it('has every sale that was acknowledged to it, each once, and the new ones beside them', async () => {
    const receiver = await createReceiver({});
    await using box = await BoxProcess.start({
      dataDir: join(directory, 'box'),
      settings: [
        'sync.enable_remote_sync=true',
        `sync.sync_endpoint=${receiver.endpoint}`,
        'sync.sync_interval_secs=3600',
      ],
    });
    const key = await box.addMerchant('anna');
    const admin = await box.admin();
    await admin.rows(
      'CREATE TABLE sales (merchant_id text NOT NULL, id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, amount numeric(10,2), note text)',
    );
    admin.end();
    const sell = async (note: string, amount: string): Promise<void> => {
      const anna = await box.login('anna', key);
      await anna.rows(
        `INSERT INTO sales (amount, note) SELECT ${amount}, '${note}' FROM generate_series(1, 10)`,
      );
      anna.end();
    };
    const sync = async (): Promise<void> => {
      await box.ask('POST', '/sync/now');
      expect(await box.ask('GET', '/sync')).toMatchObject({ unsyncedRows: 0, rejectedRows: 0 });
    };
    const cloud = async (): Promise<unknown> =>
      (await receiver.store.ledger('sales', 'amount')).map(({ merchant, count, sum }) => [
        merchant,
        count,
        sum,
      ]);
    await sell('acknowledged', '1.00');
    await sync();
    await sell('in the backup, not sent', '2.00');
    const made = (await box.ask('POST', '/backup', {})) as BackupResult;
    await sell('after the backup, sent', '4.00');
    await sync();
    expect(await cloud()).toEqual([['anna', 30, '70.00']]);
    await sell('after the backup, never sent', '8.00');
    await box.stop();
    const result = await restoreBackup({
      parts,
      backup: made.path,
      database: join(box.dataDir, 'pos.db'),
      asThisBox: false,
      dryRun: false,
    });
    expect(result.epoch).toBe('2');
    await box.restart();
    // The rows sold now have the numbers of those that the cloud has from the life that was given up.
    await sell('in the new life', '16.00');
    await sync();
    expect(await cloud()).toEqual([['anna', 40, '230.00']]);
    const again = await box.login('anna', key);
    await again.rows(
      "UPDATE sales SET amount = amount + 100 WHERE note = 'in the backup, not sent'",
    );
    await again.rows("DELETE FROM sales WHERE note = 'in the new life' AND id % 2 = 0");
    again.end();
    await sync();
    expect(await cloud()).toEqual([['anna', 35, '1150.00']]);
    await receiver.close();
  }, 120_000);
});
