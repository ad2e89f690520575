/** The administrator's statements on a real box, by the command line and by a claim file. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { BoxProcess } from '../support/box-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const MAIN = join(import.meta.dirname, '../../edge/main.ts');
const run = promisify(execFile);

async function command(box: BoxProcess, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [MAIN, ...words, '--data-dir', box.dataDir]);
  return stdout;
}

test('sql runs a file as the administrator, and all or none of it', async () => {
  await using box = await BoxProcess.start();
  const place = mkdtempSync(join(tmpdir(), 'helios-sql-'));
  try {
    const file = join(place, 'tables.sql');
    writeFileSync(
      file,
      `CREATE TABLE a (merchant_id text NOT NULL, n numeric(10,2));
       INSERT INTO a VALUES ('m1', 4.50), ('m2', NULL);`,
    );
    expect(await command(box, 'sql', file)).toBe('CREATE\nINSERT 2\n');
    expect(await command(box, 'sql', '-c', 'SELECT merchant_id, n FROM a ORDER BY 1')).toBe(
      'merchant_id  n\nm1           4.50\nm2\n',
    );
    await expect(
      command(box, 'sql', '-c', "INSERT INTO a VALUES ('m3', 1);\nINSERT INTO nothing VALUES (1)"),
    ).rejects.toThrow(/in line 2: relation "nothing" does not exist \(42P01\)/);
    expect(await command(box, 'sql', '-c', 'SELECT count(*) FROM a')).toBe('count\n2\n');
  } finally {
    rmSync(place, { recursive: true });
  }
});

test('claim makes the tables that its file names, and never on a box that has an owner', async () => {
  await using box = await BoxProcess.start();
  const place = mkdtempSync(join(tmpdir(), 'helios-claim-'));
  const file = join(place, 'helios-claim.toml');
  const claim = (shop: string, sql: string): Promise<string> => {
    writeFileSync(join(place, 'tables.sql'), sql);
    writeFileSync(file, `shop = "${shop}"\nschema_file = "tables.sql"\n`);
    return command(box, 'claim', file);
  };
  try {
    const table = 'CREATE TABLE IF NOT EXISTS sales (merchant_id text NOT NULL, n integer)';
    await expect(claim('Corner', 'CREATE TABLE x (n nosuchtype)')).rejects.toThrow('nosuchtype');
    expect(await command(box, 'claim', 'status')).toContain('waits');
    await claim('Corner', table);
    await command(box, 'status', '--wait', '30');
    await expect(claim('Stranger', 'DROP TABLE sales')).rejects.toThrow();
    await command(box, 'status', '--wait', '30');
    expect(await command(box, 'sql', '-c', 'SELECT count(*) FROM sales')).toBe('count\n0\n');
  } finally {
    rmSync(place, { recursive: true });
  }
});
