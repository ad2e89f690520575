/** The way back to a version that cannot open the data that the newer one left. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import type { DataReturn } from '../../edge/update/data-return.ts';
import { returnToOlderData } from '../../edge/update/data-return.ts';
import { BoxProcess } from '../support/box-process.ts';

const MAIN = join(import.meta.dirname, '../../edge/main.ts');
const run = promisify(execFile);
vi.setConfig({ testTimeout: 180_000 });

async function returnData(box: BoxProcess, backup: string | null): Promise<DataReturn> {
  const words = ['update', 'return-data', '--data-dir', box.dataDir, '--version', '9.0.0'];
  if (backup !== null) words.push('--backup', backup);
  const { stdout } = await run(process.execPath, [MAIN, ...words]);
  return JSON.parse(stdout) as DataReturn;
}

/** What a newer version's migration and its sales would leave behind. */
function makeNewer(box: BoxProcess): void {
  const database = new DatabaseSync(join(box.dataDir, 'pos.db'));
  database.exec(
    'PRAGMA user_version = 99; CREATE TABLE newer_sales (id INTEGER); INSERT INTO newer_sales VALUES (7)',
  );
  database.close();
}

test('data that this version opens stays as it is; newer data gives way to the backup and is kept', async () => {
  await using box = await BoxProcess.start();
  await box.addMerchant('m1');
  const { path } = (await box.ask('POST', '/backup', { label: 'pre-update-9.0.0' })) as {
    path: string;
  };
  await box.addMerchant('m2');
  await box.stop();
  expect(await returnData(box, path)).toEqual({ keptAside: null });
  await box.restart();
  expect(((await box.ask('GET', '/merchants')) as unknown[]).length).toBe(2);
  await box.stop();

  makeNewer(box);
  await expect(returnData(box, null)).rejects.toThrow('there is no backup from before');
  await expect(returnData(box, join(box.dataDir, 'absent'))).rejects.toThrow();
  // Refused: the newer data is where it was, whole.
  expect(() => returnToOlderData(box.dataDir, '9.0.0', null)).toThrow('there is no backup');
  const { keptAside } = returnToOlderData(box.dataDir, '9.0.0', path);
  expect(keptAside).not.toBeNull();
  const kept = new DatabaseSync(keptAside ?? '', { readOnly: true });
  expect(kept.prepare('SELECT id FROM newer_sales').all()).toEqual([{ id: 7 }]);
  kept.close();
  await box.restart();
  const merchants = (await box.ask('GET', '/merchants')) as { id: string }[];
  expect(merchants.map(({ id }) => id)).toEqual(['m1']);
  expect(readdirSync(box.dataDir).filter((name) => name.includes('.restoring'))).toEqual([]);
  expect(readFileSync(join(box.dataDir, 'pos.db')).length).toBeGreaterThan(0);
});
