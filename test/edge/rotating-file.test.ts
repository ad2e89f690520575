import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
});
