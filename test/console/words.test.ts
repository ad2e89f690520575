/** What the console says in words: states, durations, clocks. No browser here. */
import { describe, expect, test } from 'vitest';
import { compareClocks } from '../../edge/admin/console/clock-difference.ts';
import { bytes, counted, duration, relative } from '../../edge/admin/console/format.ts';
import { shopState } from '../../edge/admin/console/shop-state.ts';
import type { BoxStatus, SyncStatus } from '../../edge/admin/operations.ts';

const NOW_MS = Date.UTC(2026, 5, 1, 12);
const HOUR_S = 3600;

const SYNC: SyncStatus = {
  enabled: true,
  paused: false,
  link: 'up',
  unsyncedRows: 0,
  oldestUnsyncedSeconds: null,
  rejectedRows: 0,
  lastSuccess: new Date(NOW_MS - 3 * HOUR_S * 1000).toISOString(),
  lastError: null,
  rowsSent: 7,
};

function status(sync: Partial<SyncStatus> = {}, other: Partial<BoxStatus> = {}): BoxStatus {
  return {
    version: '1.0.0',
    boxId: 'b',
    ready: true,
    listen: '0.0.0.0:5432',
    admin: null,
    metrics: null,
    pid: 1,
    uptimeSeconds: 10,
    connections: 2,
    merchants: 1,
    lastCommit: '1',
    durableCommit: '1',
    databaseBytes: 1,
    walBytes: 1,
    residentBytes: 1,
    sync: { ...SYNC, ...sync },
    ...other,
  };
}

describe('shopState', () => {
  test('says that all is well', () => {
    expect(shopState(status(), [], 3, NOW_MS)).toEqual({
      tone: 'good',
      line: 'Selling normally',
      details: ['3 terminals connected now.'],
    });
  });

  test('says for how long the cloud is away, and what waits', () => {
    const { tone, line } = shopState(status({ link: 'down', unsyncedRows: 120 }), [], 3, NOW_MS);
    expect(line).toBe('Selling; cloud link down for 3 h, 120 rows wait');
    expect(tone).toBe('warn');
  });

  test('says that a cloud was never reached', () => {
    const never = status({ link: 'down', unsyncedRows: 1, lastSuccess: null });
    expect(shopState(never, [], 0, NOW_MS).line).toBe(
      'Selling; cloud link down since the box started, 1 row waits',
    );
  });

  test('puts what stops the sales before everything else', () => {
    const stopping = shopState(status({ link: 'down' }, { ready: false }), [], 0, NOW_MS);
    expect(stopping.line).toBe('Not selling: the box is starting or stopping');
    expect(stopping.tone).toBe('bad');
    const concerns = [{ isCritical: true, title: 'Free space for data: 3 MB' }];
    const full = shopState(status({ link: 'down' }), concerns, 0, NOW_MS);
    expect(full.line).toBe('Selling, but act now: free space for data: 3 MB');
    expect(full.tone).toBe('bad');
    expect(full.details).toContain('Cloud link down for 3 h, 0 rows wait');
  });

  test('does not call a box without merchants selling', () => {
    const empty = shopState(status({}, { merchants: 0 }), [], 0, NOW_MS);
    expect(empty.line).toBe('Not selling yet: no merchant is set up');
  });

  test('names the first concern, and lists the others', () => {
    const concerns = [
      { isCritical: false, title: 'There is no backup' },
      { isCritical: false, title: 'Temperature: 78 °C' },
    ];
    const { line, details } = shopState(status({ rejectedRows: 2 }), concerns, 1, NOW_MS);
    expect(line).toBe('Selling; the cloud refused 2 rows');
    expect(details).toEqual([
      'There is no backup',
      'Temperature: 78 °C',
      '1 terminal connected now.',
    ]);
  });
});

describe('numbers and times', () => {
  test.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [60, '1 min'],
    [3599, '59 min'],
    [3 * HOUR_S, '3 h'],
    [3 * HOUR_S + 120, '3 h 2 min'],
    [26 * HOUR_S, '1 day 2 h'],
    [240 * HOUR_S, '10 days'],
  ])('duration %d', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [182_300_000, '182 MB'],
    [1_250_000_000, '1.3 GB'],
  ])('bytes %d', (value, text) => {
    expect(bytes(value)).toBe(text);
  });

  test('counted agrees with its number', () => {
    expect(counted(1, 'try', 'tries')).toBe('1 try');
    expect(counted(12_400, 'row')).toBe('12,400 rows');
  });

  test('relative looks both ways', () => {
    expect(relative(NOW_MS - 300_000, NOW_MS)).toBe('5 min ago');
    expect(relative(NOW_MS + 300_000, NOW_MS)).toBe('in 5 min');
    expect(relative(NOW_MS, NOW_MS)).toBe('just now');
  });
});

describe('compareClocks', () => {
  test('takes what the header cannot tell apart for the same', () => {
    expect(compareClocks(1400, 500).word).toBe('Same time');
  });

  test('explains a difference that matters', () => {
    const { tone, text } = compareClocks(-3 * HOUR_S * 1000, 500);
    expect(tone).toBe('warn');
    expect(text).toContain('The box is 3 h behind this device.');
    expect(compareClocks(20_000, 500).tone).toBe('good');
  });
});
