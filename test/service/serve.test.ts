/** What the box itself tells a service manager, from its start to its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { askBox } from '../../edge/admin/control-client.ts';
import type { BoxStatus } from '../../edge/admin/operations.ts';
import { SmallServiceManager } from './service-manager.ts';

const MAIN = join(import.meta.dirname, '../../edge/main.ts');
/** 3 s: a look each second. */
const WATCHDOG = { WATCHDOG_USEC: '3000000' };
const WATCHDOG_MS = 3_000;

async function withBox(
  mode: 'passed' | 'path',
  work: (manager: SmallServiceManager, dataDir: string) => Promise<void>,
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'helios-service-'));
  const settings = [
    'proxy.listen_addr=127.0.0.1:0',
    'server.admin_port=0',
    'monitoring.prometheus_port=0',
  ];
  const words = ['serve', '--data-dir', dataDir, ...settings.flatMap((each) => ['--set', each])];
  try {
    await using manager = await SmallServiceManager.start(
      mode,
      [process.execPath, MAIN, ...words],
      WATCHDOG,
    );
    await work(manager, dataDir);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

describe('helios-edge serve under a service manager', () => {
  test('is ready when it serves, beats while it writes and reads, and stops in order', async () => {
    await withBox('passed', async (manager, dataDir) => {
      await manager.until(() => manager.count('READY=1') === 1);
      const status = (await askBox(dataDir, 'GET', '/status')) as BoxStatus;
      expect(status.ready).toBe(true);
      const [first, second] = manager.assignments;
      expect(first).toMatch(/^STATUS=opening the database, \d+ MB of log$/);
      expect(second).toMatch(/^EXTEND_TIMEOUT_USEC=6\d{7}$/);
      expect(manager.assignments).toContain('STATUS=serving terminals');
      await manager.until(() => manager.count('WATCHDOG=1') >= 4);
      const after = (await askBox(dataDir, 'GET', '/status')) as BoxStatus;
      expect(Number(after.durableCommit)).toBeGreaterThanOrEqual(Number(status.durableCommit) + 2);
      expect(new Set(manager.told.map((told) => told.sender))).toEqual(new Set([manager.pid]));
      process.kill(manager.pid, 'SIGTERM');
      await manager.until(() => manager.exit !== null);
      expect(manager.exit).toBe(0);
      expect(manager.count('STOPPING=1')).toBe(1);
    });
  }, 120_000);

  test('beats no more while it stands still', async () => {
    await withBox('passed', async (manager) => {
      await manager.until(() => manager.count('WATCHDOG=1') >= 2);
      process.kill(manager.pid, 'SIGSTOP');
      // What was on its way has come.
      await pause(200);
      const before = manager.count('WATCHDOG=1');
      await pause(WATCHDOG_MS);
      expect(manager.count('WATCHDOG=1')).toBe(before);
      process.kill(manager.pid, 'SIGCONT');
      await manager.until(() => manager.count('WATCHDOG=1') > before);
    });
  }, 120_000);

  test('is heard through systemd-notify where no descriptor was passed', async () => {
    await withBox('path', async (manager) => {
      await manager.until(() => manager.count('READY=1') === 1);
      await manager.until(() => manager.count('WATCHDOG=1') >= 2);
      process.kill(manager.pid, 'SIGTERM');
      await manager.until(() => manager.exit !== null);
      expect(manager.exit).toBe(0);
      expect(manager.count('STOPPING=1')).toBe(1);
    });
  }, 120_000);
});
