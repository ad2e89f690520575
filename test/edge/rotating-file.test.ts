import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RotatingFile } from '../../edge/rotating-file.ts';

describe('RotatingFile', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'helios-log-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('sets a full file aside and keeps three', () => {
    const file = new RotatingFile(join(directory, 'log/box.log'), 10);
    for (let number = 0; number < 8; number++) file.write(`line ${number}\n`);
    expect(readdirSync(join(directory, 'log')).sort()).toEqual([
      'box.log',
      'box.log.1',
      'box.log.2',
      'box.log.3',
    ]);
    expect(readFileSync(join(directory, 'log/box.log'), 'utf8')).toBe('line 7\n');
    expect(readFileSync(join(directory, 'log/box.log.3'), 'utf8')).toBe('line 4\n');
  });

  test('goes on with a file that is there', () => {
    new RotatingFile(join(directory, 'box.log'), 20).write('one\n');
    new RotatingFile(join(directory, 'box.log'), 20).write('two\n');
    expect(readFileSync(join(directory, 'box.log'), 'utf8')).toBe('one\ntwo\n');
  });

  test('never grows beyond its size, whatever the lines', () => {
    const path = join(directory, 'box.log');
    const file = new RotatingFile(path, 1_000);
    for (let number = 0; number < 500; number++) {
      file.write(`${'x'.repeat((number * 37) % 300)}\n`);
      for (const name of readdirSync(directory)) {
        expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(1_000);
      }
    }
    expect(readdirSync(directory)).toHaveLength(4);
  });

  test('is made anew when somebody moved it away', () => {
    const path = join(directory, 'box.log');
    const file = new RotatingFile(path, 100_000);
    file.write('before\n');
    renameSync(path, `${path}.moved`);
    for (let number = 0; number < 100; number++) file.write(`${number}\n`);
    expect(readFileSync(path, 'utf8')).toMatch(/99\n$/);
    expect(readFileSync(`${path}.moved`, 'utf8')).toMatch(/^before\n/);
  });

  test('goes on when a full disk has room again', () => {
    const path = join(directory, 'box.log');
    symlinkSync('/dev/full', path);
    const file = new RotatingFile(path, 100_000);
    for (let number = 0; number < 10; number++) file.write('lost\n');
    unlinkSync(path);
    for (let number = 0; number < 100; number++) file.write(`${number}\n`);
    expect(readFileSync(path, 'utf8')).toMatch(/98\n99\n$/);
    expect(readFileSync(path, 'utf8')).not.toContain('lost');
  });

  test('writes a line whole or not at all', () => {
    const script = `
      import { RotatingFile } from ${JSON.stringify(join(import.meta.dirname, '../../edge/rotating-file.ts'))};
      const file = new RotatingFile(process.argv[1], 1e6);
      for (let number = 0; number < 50; number++) file.write('x'.repeat(99) + '\\n');
    `;
    const path = join(directory, 'box.log');
    // The kernel takes 1,024 bytes of this file and no more: the eleventh line in part.
    execFileSync('bash', [
      '-c',
      'ulimit -f 1; exec "$@"',
      'bash',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
      path,
    ]);
    expect(statSync(path).size).toBe(1_000);
  });

  test('is emptied where it cannot be set aside, and its descriptor stays its own', () => {
    const path = join(directory, 'box.log');
    const file = new RotatingFile(path, 100);
    // A directory that is not empty cannot be replaced by a file.
    mkdirSync(`${path}.1/full`, { recursive: true });
    mkdirSync(`${path}.2/full`, { recursive: true });
    for (let number = 0; number < 50; number++) file.write(`line ${number}\n`);
    expect(statSync(path).size).toBeLessThanOrEqual(100);
    expect(readFileSync(path, 'utf8')).toMatch(/line 49\n$/);
  });
});
