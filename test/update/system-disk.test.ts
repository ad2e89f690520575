/** The real partition tools on a real block device: a file with a GPT, attached as a loop device. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GptDisk } from '../../edge/update/system-disk.ts';

const MEGABYTE = 1024 * 1024;
/** Of the partitions, one behind the other from 1 MB on. */
const SIZES = [8, 16, 16, 8];
const isPossible = process.getuid?.() === 0 && canLoop();
const folder = mkdtempSync(join(tmpdir(), 'helios-disk-'));
const file = join(folder, 'disk.raw');
let loop = '';
const made: (readonly [node: string, loop: string])[] = [];

function canLoop(): boolean {
  try {
    execFileSync('losetup', ['--find'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

beforeAll(() => {
  if (!isPossible) return;
  writeFileSync(file, '');
  truncateSync(file, 64 * MEGABYTE);
  const script = [
    'label: gpt',
    'size=8M, type=U, name=esp',
    'size=16M, type=L, name=helios_1.0.0',
    'size=16M, type=L, name=_empty',
    'size=8M, type=L, name=data',
  ].join('\n');
  execFileSync('sfdisk', ['--quiet', file], { input: script });
  loop = execFileSync('losetup', ['--find', '--show', '--partscan', file], {
    encoding: 'utf8',
  }).trim();
  // Where the kernel makes no partitions of loop devices, each gets a loop device of its own.
  let start = 1;
  for (const [index, megabytes] of SIZES.entries()) {
    const node = `${loop}p${index + 1}`;
    if (!existsSync(node)) {
      const [offset, size] = [start, megabytes].map((count) => String(count * MEGABYTE));
      const words = ['--find', '--show', '--offset', offset ?? '', '--sizelimit', size ?? '', loop];
      const part = execFileSync('losetup', words, { encoding: 'utf8' }).trim();
      symlinkSync(part, node);
      made.push([node, part]);
    }
    start += megabytes;
  }
});

afterAll(() => {
  for (const [node, part] of made) {
    rmSync(node);
    execFileSync('losetup', ['--detach', part]);
  }
  if (loop !== '') execFileSync('losetup', ['--detach', loop]);
  rmSync(folder, { recursive: true, force: true });
});

async function* content(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

test.runIf(isPossible)(
  'slots are found by their labels, written, read back and relabelled',
  async () => {
    const disk = new GptDisk(loop, `${loop}p2`);
    const slots = disk.slots();
    expect(
      slots.map(({ label, version, isRunning, bytes }) => [label, version, isRunning, bytes]),
    ).toEqual([
      ['helios_1.0.0', '1.0.0', true, 16 * MEGABYTE],
      ['_empty', null, false, 16 * MEGABYTE],
    ]);
    const other = slots[1];
    if (other === undefined) throw new Error('no second slot');
    const bytes = randomBytes(5 * MEGABYTE + 123);
    await disk.write(other, content(bytes));
    const hash = createHash('sha256').update(bytes).digest('hex');
    expect(await disk.hash(other, bytes.length)).toBe(hash);
    disk.setLabel(other, 'helios_1.1.0~rc1');
    expect(disk.slots().map(({ label }) => label)).toEqual(['helios_1.0.0', 'helios_1.1.0~rc1']);
    // Nothing beside it was touched, and the table is whole for other readers.
    const table = execFileSync('sfdisk', ['--verify', loop], { encoding: 'utf8' });
    expect(table).toContain('No errors detected');
    const start = 1 + 8 + 16;
    expect(
      readFileSync(file)
        .subarray(start * MEGABYTE, start * MEGABYTE + bytes.length)
        .equals(bytes),
    ).toBe(true);
  },
);

test.runIf(isPossible)(
  'a system that does not fit is refused before the next partition is touched',
  async () => {
    const disk = new GptDisk(loop, `${loop}p2`);
    const other = disk.slots().find((slot) => !slot.isRunning);
    if (other === undefined) throw new Error('no second slot');
    const before = readFileSync(file).subarray(41 * MEGABYTE, 49 * MEGABYTE);
    await expect(disk.write(other, content(randomBytes(17 * MEGABYTE)))).rejects.toThrow(
      'larger than',
    );
    expect(
      readFileSync(file)
        .subarray(41 * MEGABYTE, 49 * MEGABYTE)
        .equals(before),
    ).toBe(true);
  },
);
