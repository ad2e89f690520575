import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../edge/clock.ts';
import { type DeviceFacts, readDeviceFacts } from '../../edge/device/device-facts.ts';
import { judgeDevice } from '../../edge/device/device-health.ts';
import { askInventory, judgeDisks } from '../../edge/device/inventory.ts';

const GIB = 1024 ** 3;
const WELL: DeviceFacts = {
  measuredAtMs: Date.UTC(2026, 5, 1),
  celsius: 50,
  loadPerCore: 0.3,
  memory: { totalBytes: 2 * GIB, availableBytes: GIB },
  disk: { totalBytes: 100 * GIB, freeBytes: 50 * GIB, totalInodes: 1e6, freeInodes: 9e5 },
  wearPercent: 10,
  network: [{ name: 'eth0', isUp: true, errors: 0, packets: 1e6 }],
  isClockSynchronised: true,
};
const disk = WELL.disk ?? { totalBytes: 0, freeBytes: 0, totalInodes: 0, freeInodes: 0 };

describe('judgeDevice', () => {
  test('finds nothing wrong with a machine that is well', () => {
    const health = judgeDevice(WELL);
    expect(health.state).toBe('ok');
    expect(health.items.every(({ mend }) => mend === '')).toBe(true);
  });

  const cases: readonly (readonly [string, Partial<DeviceFacts>, string, string])[] = [
    ['a warm box', { celsius: 80 }, 'temperature', 'warn'],
    ['a hot box', { celsius: 95 }, 'temperature', 'fail'],
    [
      'a small disk getting full',
      { disk: { ...disk, totalBytes: 30 * GIB, freeBytes: 3 * GIB } },
      'disk-space',
      'warn',
    ],
    [
      'less than a gigabyte',
      { disk: { ...disk, totalBytes: 4 * GIB, freeBytes: 0.9 * GIB } },
      'disk-space',
      'warn',
    ],
    ['a full disk', { disk: { ...disk, freeBytes: 0.1 * GIB } }, 'disk-space', 'fail'],
    ['few file entries', { disk: { ...disk, freeInodes: 5e4 } }, 'inodes', 'warn'],
    ['a worn disk', { wearPercent: 90 }, 'disk-wear', 'warn'],
    ['a disk at its end', { wearPercent: 100 }, 'disk-wear', 'fail'],
    [
      'little memory',
      { memory: { totalBytes: 2 * GIB, availableBytes: 0.2 * GIB } },
      'memory',
      'warn',
    ],
    [
      'no memory',
      { memory: { totalBytes: 2 * GIB, availableBytes: 0.05 * GIB } },
      'memory',
      'fail',
    ],
    ['much to do', { loadPerCore: 3 }, 'load', 'warn'],
    [
      'a bad cable',
      { network: [{ name: 'eth0', isUp: true, errors: 50_000, packets: 1e6 }] },
      'network-eth0',
      'warn',
    ],
    ['a clock in 1970', { measuredAtMs: 86_400_000 }, 'clock', 'fail'],
    ['a clock that nobody set', { isClockSynchronised: false }, 'clock', 'warn'],
  ];
  test.each(cases)('sees %s', (_what, change, id, state) => {
    const health = judgeDevice({ ...WELL, ...change });
    expect(health.state).toBe(state);
    const unwell = health.items.filter((item) => item.state !== 'ok');
    expect(unwell.map((item) => item.id)).toEqual([id]);
    expect(unwell[0]?.mend).not.toBe('');
  });

  test('a large disk with a small share free is well', () => {
    expect(
      judgeDevice({ ...WELL, disk: { ...disk, totalBytes: 1000 * GIB, freeBytes: 20 * GIB } })
        .state,
    ).toBe('ok');
  });

  test('what is unknown is no fault', () => {
    const nothing = {
      ...WELL,
      celsius: null,
      loadPerCore: null,
      memory: null,
      disk: null,
      wearPercent: null,
      network: [],
      isClockSynchronised: null,
    };
    expect(judgeDevice(nothing)).toMatchObject({ state: 'ok' });
  });
});

describe('readDeviceFacts', () => {
  let root: string;
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  };
  const read = () => readDeviceFacts({ dataDir: root, clock: systemClock, root });
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'helios-device-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('takes the hottest sensor, and none that is broken', async () => {
    put('sys/class/thermal/thermal_zone0/temp', '48200');
    put('sys/class/thermal/thermal_zone1/temp', '0');
    put('sys/class/thermal/thermal_zone2/temp', '61500');
    put('sys/class/thermal/cooling_device0/temp', '99000');
    expect((await read()).celsius).toBe(61.5);
  });

  test('asks the hardware monitors where there are no zones', async () => {
    put('sys/class/hwmon/hwmon0/temp1_input', '55000');
    put('sys/class/hwmon/hwmon0/fan1_input', '90000');
    expect((await read()).celsius).toBe(55);
  });

  test('reads memory, cards and the clock', async () => {
    put('proc/meminfo', 'MemTotal:        2000000 kB\nMemFree:  1 kB\nMemAvailable:    500000 kB');
    for (const [field, value] of [
      ['rx_errors', 3],
      ['tx_errors', 4],
      ['rx_dropped', 1],
      ['tx_dropped', 0],
      ['rx_packets', 100],
      ['tx_packets', 50],
    ] as const) {
      put(`sys/class/net/eth0/statistics/${field}`, String(value));
    }
    put('sys/class/net/eth0/operstate', 'up');
    put('sys/class/net/lo/operstate', 'unknown');
    put('sys/class/net/veth12/operstate', 'up');
    put('run/systemd/timesync/synchronized', '');
    expect(await read()).toMatchObject({
      memory: { totalBytes: 2_000_000 * 1024, availableBytes: 500_000 * 1024 },
      network: [{ name: 'eth0', isUp: true, errors: 8, packets: 150 }],
      isClockSynchronised: true,
    });
  });

  test('knows a clock that was not set from one of which nothing is known', async () => {
    expect((await read()).isClockSynchronised).toBeNull();
    mkdirSync(join(root, 'run/systemd/timesync'), { recursive: true });
    expect((await read()).isClockSynchronised).toBe(false);
  });

  test("reads the wear of the data partition's own disk", async () => {
    const { dev } = statSync(root, { bigint: true });
    const name = `${(dev >> 8n) & 0xfffn}:${(dev & 0xffn) | ((dev >> 12n) & 0xfff00n)}`;
    mkdirSync(join(root, 'sys/devices/mmcblk0/mmcblk0p3'), { recursive: true });
    mkdirSync(join(root, 'sys/dev/block'), { recursive: true });
    put('sys/devices/mmcblk0/device/life_time', '0x03 0x08');
    symlinkSync('../../devices/mmcblk0/mmcblk0p3', join(root, 'sys/dev/block', name));
    expect((await read()).wearPercent).toBe(80);
  });

  test('says null to everything on a machine that tells nothing, and fails at nothing', async () => {
    expect(await read()).toMatchObject({
      celsius: null,
      memory: null,
      wearPercent: null,
      network: [],
      isClockSynchronised: null,
    });
    expect((await read()).disk?.totalBytes).toBeGreaterThan(0);
  });
});

describe('judgeDisks', () => {
  const report = {
    name: '/dev/sda',
    type: 'SSD',
    vendor: '',
    bytes: 1,
    wearPercent: null,
    celsius: null,
  };
  const machine = { machine: '', processor: '', cores: 1, celsius: null, system: '', kernel: '' };
  test.each([
    ['Ok', 0],
    ['unknown', 0],
    ['predicted failure', 1],
    ['FAILED', 1],
  ])('%s', (smart, count) => {
    expect(judgeDisks({ ...machine, disks: [{ ...report, smart }] })).toHaveLength(count);
  });
});

describe('askInventory', () => {
  test('is null where no such program can be started', async () => {
    expect(await askInventory(['/nowhere/helios-edge'])).toBeNull();
    expect(await askInventory(['/bin/false'])).toBeNull();
  });
});
