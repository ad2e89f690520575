/** No changed byte of a backup goes unnoticed, and what is no backup is not taken for one. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BackupSummary, listBackups } from '../../edge/backup/backup-directory.ts';
import { BackupFile, encodeManifest } from '../../edge/backup/packed-file.ts';
import { write } from '../engine/support/engine-fixture.ts';
import { backUp, openIdentified, withFlippedByte } from './support.ts';

const MAIN = join(import.meta.dirname, '../../edge/main.ts');
const directory = mkdtempSync('/tmp/helios-damage-');
let path = '';

beforeAll(async () => {
  await using fixture = await openIdentified();
  await write(fixture.engine, 'CREATE TABLE sale (id INTEGER PRIMARY KEY, note TEXT)');
  const insert =
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO sale SELECT i, hex(randomblob(40)) FROM n';
  await write(fixture.engine, insert);
  path = (await backUp(fixture.engine, directory)).path;
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function verify(file: string): void {
  using backup = new BackupFile(file);
  backup.verifyBytes();
}

describe('a damaged backup', () => {
  it('is found out by any changed byte', () => {
    verify(path);
    const size = readFileSync(path).length;
    const last = Array.from({ length: 700 }, (_, index) => size - 1 - index);
    const spread = Array.from({ length: 100 }, (_, index) => Math.floor((index * size) / 100));
    for (const position of new Set([...last, ...spread])) {
      const flipped = withFlippedByte(path, position);
      expect(() => verify(flipped), `byte ${position} of ${size}`).toThrow(/damaged|newer/);
      rmSync(flipped);
    }
  }, 60_000);

  it('is found out wherever it ends', () => {
    const bytes = readFileSync(path);
    for (const part of [0, 1, 8, 9, 100, bytes.length / 2, bytes.length - 1]) {
      const cut = join(directory, 'cut.heliosbackup');
      writeFileSync(cut, bytes);
      truncateSync(cut, Math.floor(part));
      expect(() => verify(cut), `cut to ${part}`).toThrow('damaged');
      rmSync(cut);
    }
  });

  it('is listed with its fault, and something unfinished is not listed', () => {
    writeFileSync(join(directory, '20260101T000000Z.heliosbackup'), 'nothing of the kind');
    writeFileSync(join(directory, '.1-2.part'), readFileSync(path));
    const listed = listBackups(directory);
    expect(listed.map((backup) => backup.fault === null)).toEqual([true, false]);
    expect(listed[0]).toMatchObject({ path, label: null, createdAt: '2026-07-29T02:15:00.000Z' });
    expect(listed[1]?.fault).toContain('damaged');
  });

  it('is what a stranger wrote, whatever its checksums say', () => {
    const bytes = readFileSync(path);
    using good = new BackupFile(path);
    const { manifest } = good;
    const table = bytes.subarray(manifest.packedBytes + encodeManifest(manifest).length);
    const forged = join(directory, 'forged.heliosbackup');
    const forge = (changes: Readonly<Record<string, unknown>>): void => {
      const told = encodeManifest({ ...manifest, ...changes });
      writeFileSync(forged, Buffer.concat([bytes.subarray(0, manifest.packedBytes), told, table]));
    };
    forge({});
    verify(forged);
    const lies = { epoch: 'newest', commit: '-1', createdAt: 'soon', boxId: undefined, rows: null };
    for (const [field, lie] of Object.entries(lies)) {
      forge({ [field]: lie });
      const [listed] = listBackups(directory).filter((backup) => backup.path === forged);
      expect(listed).toMatchObject({ boxId: null, epoch: null, createdAt: null });
      expect(listed?.fault, field).toContain(`its manifest has no good ${field}`);
    }
    rmSync(forged);
  });

  it('is no pipe, for which the box would wait', () => {
    const pipe = join(directory, 'pipe.heliosbackup');
    execFileSync('mkfifo', [pipe]);
    // In another process: one that waits for a pipe cannot be interrupted from within.
    const words = [MAIN, 'backup', 'list', '--target', directory, '--json'];
    const listed = JSON.parse(
      execFileSync(process.execPath, words, { encoding: 'utf8', timeout: 30_000 }),
    ) as readonly BackupSummary[];
    expect(listed.find((backup) => backup.path === pipe)?.fault).toContain('not a regular file');
    rmSync(pipe);
  }, 60_000);
});
