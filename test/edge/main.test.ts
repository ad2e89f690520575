/** The command line as an operator meets it: one line that names the cause and the mend. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BoxProcess } from '../support/box-process.ts';

const MAIN = join(import.meta.dirname, '../../edge/main.ts');

function serve(dataDir: string, port: number): { status: number | null; lines: string[] } {
  const words = ['serve', '--data-dir', dataDir];
  const settings = [
    `proxy.listen_addr=127.0.0.1:${port}`,
    'server.admin_port=0',
    'monitoring.prometheus_port=0',
  ];
  const args = [MAIN, ...words, ...settings.flatMap((setting) => ['--set', setting])];
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return {
    status,
    lines: stderr
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('helios-edge') || line.startsWith('    at')),
  };
}

describe('serve', () => {
  test('says in one line that the data directory or the port is taken', async () => {
    await using box = await BoxProcess.start();
    const second = serve(box.dataDir, 0);
    expect(second).toEqual({
      status: 1,
      lines: [
        expect.stringMatching(`^helios-edge: the database is in use by process ${box.pid} .*stop`),
      ],
    });
    const other = mkdtempSync(join(tmpdir(), 'helios-main-'));
    const samePort = serve(other, box.port);
    rmSync(other, { recursive: true, force: true });
    expect(samePort).toEqual({
      status: 1,
      lines: [expect.stringMatching(/^helios-edge: listen EADDRINUSE.*set another address$/)],
    });
  }, 120_000);
});
