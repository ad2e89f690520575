/** What systemd is told, by both ways, against a real datagram socket. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../edge/log.ts';
import { openServiceManager } from '../../edge/service/notify.ts';
import { SmallServiceManager } from './service-manager.ts';

const MODULE = join(import.meta.dirname, '../../edge/service/notify.ts');
const LOG = join(import.meta.dirname, '../../edge/log.ts');

/** A program that says everything once. */
const PROGRAM = `
  const { openServiceManager } = await import(${JSON.stringify(MODULE)});
  const { silentLog } = await import(${JSON.stringify(LOG)});
  const service = openServiceManager(process.env, silentLog);
  service.status('opening\\nin two lines');
  service.extendStart(1500.2);
  service.ready('serving');
  service.alive();
  service.stopping('bye');
  await service.close();
`;

const EXPECTED = [
  'STATUS=opening in two lines',
  'EXTEND_TIMEOUT_USEC=1501000',
  'READY=1',
  'STATUS=serving',
  'WATCHDOG=1',
  'STOPPING=1',
  'STATUS=bye',
];

function program(source: string): readonly string[] {
  return [process.execPath, '--input-type=module', '-e', source];
}

function withoutBarriers(manager: SmallServiceManager): readonly string[] {
  return manager.assignments.filter((each) => each !== 'BARRIER=1');
}

describe('openServiceManager', () => {
  test('writes to the descriptor that was passed, itself', async () => {
    await using manager = await SmallServiceManager.start('passed', program(PROGRAM));
    await manager.until(() => manager.exit !== null);
    expect(manager.exit).toBe(0);
    expect(withoutBarriers(manager)).toEqual(EXPECTED);
    expect(new Set(manager.told.map((told) => told.sender))).toEqual(new Set([manager.pid]));
  });

  test.skipIf(!existsSync('/usr/bin/systemd-notify'))(
    'lets systemd-notify say it where none was passed',
    async () => {
      await using manager = await SmallServiceManager.start(
        'path',
        program(
          // The shell works off what it was given, also when the box has ended.
          `${PROGRAM}; await new Promise((done) => setTimeout(done, 2000));`,
        ),
      );
      await manager.until(() => withoutBarriers(manager).length >= EXPECTED.length);
      expect(withoutBarriers(manager)).toEqual(EXPECTED);
      expect(manager.told.every((told) => told.sender !== manager.pid)).toBe(true);
    },
  );

  test('ends although nobody listens any more', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'helios-notify-'));
    try {
      const environment = { ...process.env, NOTIFY_SOCKET: join(directory, 'nobody') };
      const service = openServiceManager(environment, silentLog);
      for (let count = 0; count < 100; count += 1) service.alive();
      await service.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('does nothing without NOTIFY_SOCKET, and is not watched', async () => {
    const service = openServiceManager({ WATCHDOG_USEC: '30000000' }, silentLog);
    service.ready('serving');
    await service.close();
    expect(service.watchdogMs).toBeNull();
  });

  test('is watched only when it is this process that systemd watches', () => {
    const named = { NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '30000000' };
    const own = openServiceManager({ ...named, WATCHDOG_PID: String(process.pid) }, silentLog);
    expect(own.watchdogMs).toBe(30_000);
    const other = openServiceManager({ ...named, WATCHDOG_PID: '1' }, silentLog);
    expect(other.watchdogMs).toBeNull();
    void own.close();
    void other.close();
  });
});
