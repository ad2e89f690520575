/** The units as systemd reads them: nothing misspelt, closed as far as is claimed, and in step with the program. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeConfig } from '../../edge/config.ts';
import { LIMITS } from '../../edge/limits.ts';
import { unitDropIn, unitLimits } from '../../edge/service/unit-limits.ts';

const FOLDER = join(import.meta.dirname, '../../systemd');
const UNITS = readdirSync(FOLDER).filter((name) => /\.(service|timer|path|target)$/.test(name));
const OWN_UNITS = [
  'helios-backup.service',
  'helios-backup.timer',
  'helios-boot-failed.service',
  'helios-edge.service',
  'helios-health-check.service',
  'helios-health.service',
  'helios-health.timer',
  'helios-limits.service',
];
/** What the issue asks of the box; the small units open less. */
const EXPOSURE_MAX = 1.5;
/** Keys of later versions; older ones say so and go on. */
const LATER_KEYS = /Unknown key( name)? '(OpenFile|RestartSteps|RestartMaxDelaySec)'/;
const hasAnalyze = existsSync('/usr/bin/systemd-analyze');

function analyze(...words: readonly string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('/usr/bin/systemd-analyze', words, {
    encoding: 'utf8',
    env: { ...process.env, SYSTEMD_COLORS: '0' },
  });
  return { code: status, output: stdout + stderr };
}

function unit(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8');
}

/** The last value of a key, as systemd takes it. */
function valueOf(text: string, key: string): string | undefined {
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].at(-1)?.[1];
}

describe('the units', () => {
  test('are all there', () => {
    expect(UNITS).toEqual(expect.arrayContaining(OWN_UNITS));
  });

  test.skipIf(!hasAnalyze)('are understood by systemd', () => {
    // In a folder of their own, with a program that exists.
    const folder = mkdtempSync(join(tmpdir(), 'helios-units-'));
    try {
      for (const name of OWN_UNITS) {
        writeFileSync(
          join(folder, name),
          unit(name).replaceAll('/usr/bin/helios-edge', '/bin/true'),
        );
      }
      const { output } = analyze('verify', ...OWN_UNITS.map((name) => join(folder, name)));
      const complaints = output
        .split('\n')
        .filter((line) => line.includes('helios') && !LATER_KEYS.test(line));
      expect(complaints).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.skipIf(!hasAnalyze)('would be refused with a misspelt key', () => {
    const folder = mkdtempSync(join(tmpdir(), 'helios-units-'));
    try {
      const path = join(folder, 'helios-edge.service');
      writeFileSync(path, unit('helios-edge.service').replace('WatchdogSec=', 'WatchdogSecs='));
      expect(analyze('verify', path).output).toContain("'WatchdogSecs'");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test
    .skipIf(!hasAnalyze)
    .each(
      OWN_UNITS.filter(
        (name) => name.endsWith('.service') && name !== 'helios-boot-failed.service',
      ),
    )('%s is exposed by 1.5 at most', (name) => {
    const { output } = analyze('security', '--offline=true', '--no-pager', join(FOLDER, name));
    const figure = /Overall exposure level for \S+: ([\d.]+)/.exec(output)?.[1];
    expect(Number(figure), output).toBeLessThanOrEqual(EXPOSURE_MAX);
  });
});

describe('helios-edge.service', () => {
  const text = unit('helios-edge.service');

  test('has the limits of the default configuration until the real ones are known', () => {
    const limits = unitLimits(makeConfig({}));
    expect(valueOf(text, 'MemoryMax')).toBe(`${limits.memoryMaxMb}M`);
    expect(valueOf(text, 'LimitNOFILE')).toBe(String(limits.openFilesMax));
  });

  test('waits for three self-tests, and longer to stop than the box needs', () => {
    expect(Number(valueOf(text, 'WatchdogSec')) * 1000).toBeGreaterThanOrEqual(
      3 * LIMITS.selfTestEveryMs,
    );
    expect(Number(valueOf(text, 'TimeoutStartSec')) * 1000).toBeGreaterThan(LIMITS.openMsMax);
    expect(Number(valueOf(text, 'StartLimitIntervalSec'))).toBe(0);
    expect(valueOf(text, 'Restart')).toBe('always');
  });
});

describe('unitLimits', () => {
  test('follow the configuration', () => {
    const small = unitLimits(
      makeConfig({
        settings: ['database.memory_limit_mb=128', 'proxy.max_client_connections=10'],
      }),
    );
    expect(small).toEqual({ memoryMaxMb: 768, openFilesMax: 10 + 3 + 4_000 + 256 });
    const large = unitLimits(
      makeConfig({
        settings: ['database.memory_limit_mb=1024', 'proxy.max_client_connections=1000'],
      }),
    );
    expect(large.memoryMaxMb - small.memoryMaxMb).toBe(2 * (1024 - 128));
    expect(large.openFilesMax - small.openFilesMax).toBe(990);
    expect(unitDropIn(large)).toContain('\nMemoryMax=2560M\nLimitNOFILE=5259\n');
  });
});
