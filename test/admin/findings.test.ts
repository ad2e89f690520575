import { describe, expect, test } from 'vitest';
import type { BoxFiles } from '../../edge/admin/box-files.ts';
import {
  ageText,
  inOrder,
  judgeFiles,
  judgeMachine,
  judgeRunning,
  type RunningFacts,
} from '../../edge/admin/findings.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 1);
const fact = (path: string, mode: number) => ({ path, mode, userId: 1000, bytes: 10 });
const FILES: BoxFiles = {
  dataDir: '/data',
  directory: fact('/data', 0o700),
  adminKey: fact('/data/admin.key', 0o600),
  database: fact('/data/pos.db', 0o600),
  wal: null,
  certificate: {
    path: '/data/server.crt',
    notBeforeMs: 0,
    notAfterMs: NOW_MS + 400 * DAY_MS,
    fingerprint: 'AA:BB',
  },
  newestBackupMs: NOW_MS - DAY_MS / 2,
  update: null,
};
const RUNNING: RunningFacts = {
  ready: true,
  reasons: [],
  terminals: 3,
  terminalsMax: 100,
  merchants: 2,
  walBytes: 1_000,
  residentBytes: 200e6,
  memoryLimitBytes: 512e6,
  loginsRefused: 0,
  uptimeSeconds: 7_200,
  sync: {
    enabled: true,
    paused: false,
    link: 'up',
    unsyncedRows: 0,
    oldestUnsyncedSeconds: null,
    rejectedRows: 0,
    lastSuccess: null,
    lastError: null,
    rowsSent: 5,
  },
};
const certificate = { path: '/data/server.crt', notBeforeMs: 0, fingerprint: 'AA:BB' };

describe('a box that is well', () => {
  test('needs nothing done', () => {
    for (const finding of [...judgeFiles(FILES, NOW_MS), ...judgeRunning(RUNNING)]) {
      expect(finding, finding.title).toMatchObject({ state: 'ok', mend: '' });
    }
  });
});

const fileCases: readonly (readonly [string, Partial<BoxFiles>, string, string])[] = [
  ['no data directory', { directory: null, adminKey: null }, 'data-directory', 'fail'],
  [
    'a data directory that others write to',
    { directory: fact('/data', 0o777) },
    'data-directory',
    'warn',
  ],
  ['a lost admin key', { adminKey: null }, 'admin-key', 'warn'],
  ['an open admin key', { adminKey: fact('/data/admin.key', 0o644) }, 'admin-key', 'warn'],
  [
    'a certificate that ended',
    { certificate: { ...certificate, notAfterMs: NOW_MS - 1 } },
    'certificate',
    'fail',
  ],
  [
    'a certificate that ends soon',
    { certificate: { ...certificate, notAfterMs: NOW_MS + 10 * DAY_MS } },
    'certificate',
    'warn',
  ],
  [
    'a clock before the certificate',
    { certificate: { ...certificate, notBeforeMs: NOW_MS + 1, notAfterMs: NOW_MS + 900 * DAY_MS } },
    'certificate',
    'fail',
  ],
  ['no backup', { newestBackupMs: null }, 'backup', 'warn'],
  ['an old backup', { newestBackupMs: NOW_MS - 5 * DAY_MS }, 'backup', 'warn'],
  [
    'an update on trial',
    { update: { phase: 'trial', version: '2', from: '1', reason: null } },
    'update',
    'warn',
  ],
  [
    'an update that was rolled back',
    { update: { phase: 'rolled-back', version: '2', from: '1', reason: 'it did not start' } },
    'update',
    'warn',
  ],
];

const runningCases: readonly (readonly [string, Partial<RunningFacts>, string, string])[] = [
  ['a box that stops', { ready: false, reasons: ['the box is stopping'] }, 'running', 'fail'],
  ['no merchants', { merchants: 0 }, 'terminals', 'warn'],
  ['nearly too many terminals', { terminals: 95 }, 'terminals', 'warn'],
  ['guessing', { loginsRefused: 500 }, 'logins', 'warn'],
  ['a long log', { walBytes: 200e6 }, 'wal', 'warn'],
  ['much memory', { residentBytes: 2e9 }, 'memory', 'warn'],
  ['a paused sync', { sync: { ...RUNNING.sync, paused: true } }, 'sync', 'warn'],
  [
    'a dead link',
    { sync: { ...RUNNING.sync, link: 'down', unsyncedRows: 9, oldestUnsyncedSeconds: 60 } },
    'sync',
    'warn',
  ],
  [
    'a link that has been dead for long',
    { sync: { ...RUNNING.sync, link: 'down', unsyncedRows: 9, oldestUnsyncedSeconds: 9 * 86_400 } },
    'sync',
    'fail',
  ],
  ['refused rows', { sync: { ...RUNNING.sync, rejectedRows: 2 } }, 'rejected', 'warn'],
];

describe('a finding', () => {
  test.each(fileCases)('tells of %s', (_what, change, id, state) => {
    const findings = judgeFiles({ ...FILES, ...change }, NOW_MS);
    expect(
      findings.filter((finding) => finding.state !== 'ok').map((finding) => finding.id),
    ).toEqual([id]);
    const found = findings.find((finding) => finding.id === id);
    expect(found?.state).toBe(state);
    expect(found?.meaning).not.toBe('');
    expect(found?.mend).not.toBe('');
  });

  test.each(runningCases)('tells of %s', (_what, change, id, state) => {
    const findings = judgeRunning({ ...RUNNING, ...change });
    expect(
      findings.filter((finding) => finding.state !== 'ok').map((finding) => finding.id),
    ).toEqual([id]);
    const found = findings.find((finding) => finding.id === id);
    expect(found?.state).toBe(state);
    expect(found?.mend).not.toBe('');
  });

  test('of the machine is one for what is unwell', () => {
    const item = {
      title: 'Disk wear',
      value: '90 % used',
      explanation: 'Old.',
      figure: 90,
      unit: 'percent',
    } as const;
    const findings = judgeMachine({
      state: 'warn',
      measuredAt: '',
      items: [
        { ...item, id: 'disk-wear', state: 'warn', mend: 'Replace it.' },
        { ...item, id: 'load', state: 'ok', mend: '' },
      ],
    });
    expect(findings).toEqual([
      {
        id: 'device-disk-wear',
        state: 'warn',
        title: 'Disk wear: 90 % used',
        meaning: 'Old.',
        mend: 'Replace it.',
      },
    ]);
  });

  test('that is worse comes first', () => {
    const one = (id: string, state: 'ok' | 'warn' | 'fail') => ({
      id,
      state,
      title: '',
      meaning: '',
      mend: '',
    });
    expect(
      inOrder([one('a', 'ok'), one('b', 'warn'), one('c', 'fail'), one('d', 'warn')]).map(
        ({ id }) => id,
      ),
    ).toEqual(['c', 'b', 'd', 'a']);
  });
});

describe('ageText', () => {
  test.each([
    [5, 'less than a minute'],
    [60, '1 minute'],
    [7_300, '2 hours'],
    [86_400 * 3.5, '3 days'],
  ])('%s', (seconds, text) => {
    expect(ageText(seconds)).toBe(text);
  });
});
