/** A stick, as its unit mounts it: read-only. A file system in memory stands for it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BoxProcess } from '../support/box-process.ts';

const MAIN = join(import.meta.dirname, '../../edge/main.ts');
const CLAIM = `shop = "Corner"
write_keys = true
[[merchants]]
id = "m1"
name = "Bread"
key = ""
`;
vi.setConfig({ testTimeout: 180_000 });

const stick = mkdtempSync(join(tmpdir(), 'helios-stick-'));
const isPossible = canMount();

function canMount(): boolean {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', 'stick', stick]);
  if (status === 0) execFileSync('umount', [stick]);
  return status === 0;
}

beforeEach(() => {
  if (isPossible) execFileSync('mount', ['-t', 'tmpfs', 'stick', stick]);
});
afterEach(() => {
  if (isPossible) execFileSync('umount', [stick]);
  else rmSync(stick, { recursive: true, force: true });
});

function plugIn(box: BoxProcess): { readonly code: number | null; readonly output: string } {
  execFileSync('mount', ['-o', 'remount,ro', stick]);
  const words = [MAIN, 'usb', stick, '--data-dir', box.dataDir];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}

test.runIf(isPossible)('a stick claims the box, gets the keys and loses its secrets', async () => {
  await using box = await BoxProcess.start();
  const file = join(stick, 'helios-claim.toml');
  writeFileSync(file, CLAIM);
  writeFileSync(join(stick, 'helios-report.txt'), '');
  const first = plugIn(box);
  expect(first.output).toContain('set up for "Corner"');
  expect(first.code).toBe(0);
  const keys = `helios-keys-${hostname()}.csv`;
  expect(readdirSync(stick).sort()).toEqual(
    ['helios-claim.toml.done', keys, 'helios-report.txt'].sort(),
  );
  const [, line = ''] = readFileSync(join(stick, keys), 'utf8').split('\n');
  const [id, key = ''] = line.split(',');
  expect(id).toBe('m1');
  const done = readFileSync(`${file}.done`, 'utf8');
  const report = readFileSync(join(stick, 'helios-report.txt'), 'utf8');
  expect(report).toContain('set up for "Corner"');
  for (const text of [done, report]) expect(text).not.toContain(key);
  expect(await box.ask('GET', '/claim')).toMatchObject({ claimed: true, source: 'usb' });

  // Another shop's stick is refused, says why, and keeps its file.
  execFileSync('mount', ['-o', 'remount,rw', stick]);
  writeFileSync(file, 'shop = "Other"\n');
  const second = plugIn(box);
  expect(second.code).toBe(1);
  expect(second.output).toContain('claimed for "Corner"');
  expect(existsSync(file)).toBe(true);
});

test.runIf(isPossible)('a stick with nothing for the box is left alone', async () => {
  await using box = await BoxProcess.start();
  writeFileSync(join(stick, 'holiday.jpg'), 'x');
  expect(plugIn(box)).toEqual({ code: 0, output: '' });
  expect(readdirSync(stick)).toEqual(['holiday.jpg']);
  expect(await box.ask('GET', '/claim')).toMatchObject({ claimed: false });
});
