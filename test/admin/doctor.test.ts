import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../edge/admin/operations.ts';
import { BoxProcess } from '../support/box-process.ts';

const MAIN = join(import.meta.dirname, '../../edge/main.ts');

function doctor(...words: readonly string[]): {
  code: number | null;
  findings: ReadonlyMap<string, Finding>;
} {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'doctor', '--json', ...words],
    { encoding: 'utf8' },
  );
  if (stdout === '') throw new Error(stderr);
  const findings = JSON.parse(stdout) as readonly Finding[];
  return { code: status, findings: new Map(findings.map((finding) => [finding.id, finding])) };
}

describe('doctor', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'helios-doctor-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('says of a directory without a box what is missing, and which port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    writeFileSync(join(directory, 'admin.key'), 'x'.repeat(43));
    chmodSync(join(directory, 'admin.key'), 0o644);
    const ports = [
      'server.admin_port=0',
      'monitoring.prometheus_port=0',
      `proxy.listen_addr=127.0.0.1:${port}`,
    ];
    const { code, findings } = doctor(
      '--data-dir',
      directory,
      ...ports.flatMap((setting) => ['--set', setting]),
    );
    taken.close();
    expect(code).toBe(1);
    expect(findings.get('running')).toMatchObject({ state: 'fail', title: 'The box does not run' });
    expect(findings.get(`port-${port}`)).toMatchObject({ state: 'fail' });
    expect(findings.get('admin-key')).toMatchObject({ state: 'warn' });
    expect(findings.get('data-directory')).toMatchObject({ state: 'ok' });
  }, 60_000);

  test('says which key of the configuration keeps the box from starting', () => {
    const config = join(directory, 'config.toml');
    writeFileSync(config, '[server]\nadmin_prot = 1\n');
    const { code, findings } = doctor('--config', config);
    expect(code).toBe(1);
    expect(findings.get('configuration')?.meaning).toContain('admin_port');
  }, 60_000);

  test('asks a running box, and tells one that hangs from one that is gone', async () => {
    await using box = await BoxProcess.start();
    await box.addMerchant('anna');
    const running = doctor('--data-dir', box.dataDir);
    expect(running.findings.get('running')).toMatchObject({
      state: 'ok',
      title: 'The box is selling',
    });
    expect(running.findings.get('backup')).toMatchObject({ state: 'warn' });
    expect(running.code).toBe(1);
    rmSync(join(box.dataDir, 'control.sock'));
    expect(doctor('--data-dir', box.dataDir).findings.get('running')?.title).toContain(
      `process ${box.pid}`,
    );
    await box.kill();
    expect(doctor('--data-dir', box.dataDir).findings.get('running')?.title).toBe(
      'The box does not run',
    );
  }, 120_000);
});
