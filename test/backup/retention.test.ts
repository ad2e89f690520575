/** Which backups may go: by day, by week, by label, and never the last good one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackupSummary, superfluous } from '../../edge/backup/backup-directory.ts';

const BOX = 'box-1';
const NOW = Date.UTC(2026, 6, 29, 2, 0);

function summary(hoursAgo: number, changes: Partial<BackupSummary> = {}): BackupSummary {
  const createdAt = new Date(NOW - hoursAgo * 3_600_000).toISOString();
  return {
    path: `/backups/${createdAt}-${changes.label ?? ''}`,
    bytes: 1,
    createdAt,
    label: null,
    boxId: BOX,
    epoch: '1',
    commit: String(1_000_000 - Math.round(hoursAgo * 10)),
    version: '0.1.0',
    databaseBytes: 1,
    fault: null,
    ...changes,
  };
}

const keep = { keepLatest: 2, keepDaily: 3, keepWeekly: 2 };

function kept(backups: readonly BackupSummary[], retention = keep): readonly BackupSummary[] {
  const gone = superfluous(backups, BOX, retention);
  return backups.filter((backup) => !gone.includes(backup));
}

describe('retention', () => {
  it('keeps the latest, the newest of each day and of each week', () => {
    const hourly = Array.from({ length: 24 * 30 }, (_, hour) => summary(hour));
    const days = kept(hourly).map(({ createdAt }) => createdAt?.slice(0, 13));
    expect(days).toEqual([
      '2026-07-29T02',
      '2026-07-29T01',
      '2026-07-28T23',
      '2026-07-27T23',
      '2026-07-26T23',
    ]);
  });

  it('keeps two of each label, and takes updates for one', () => {
    const labelled = ['pre-update-3', 'pre-update-2', 'pre-update-1', 'move', 'move', 'move'].map(
      (label, index) => summary(24 * (index + 100), { label }),
    );
    const plain = summary(0);
    expect(kept([plain, ...labelled]).map(({ label }) => label)).toEqual([
      null,
      'pre-update-3',
      'pre-update-2',
      'move',
      'move',
    ]);
  });

  it('leaves other boxes’ backups and damaged files alone', () => {
    const other = summary(24 * 400, { boxId: 'box-2' });
    const broken = summary(24 * 400, { fault: 'damaged', boxId: null });
    expect(kept([summary(0), other, broken])).toHaveLength(3);
  });

  it('goes by what is in them where the clock was wrong', () => {
    const inThePast = summary(24 * 365 * 56, { commit: '9000000' });
    const others = [1, 2, 3].map((day) => summary(24 * day));
    expect(kept([...others, inThePast], { keepLatest: 1, keepDaily: 0, keepWeekly: 0 })).toEqual([
      inThePast,
    ]);
  });

  it('never removes the one with the last commit, and is done after once', () => {
    const backup = fc
      .record({
        hours: fc.integer({ min: 0, max: 5_000 }),
        label: fc.constantFrom(null, 'a', 'pre-update-1'),
      })
      .map(({ hours, label }) => summary(hours, { label }));
    const retention = fc.record({
      keepLatest: fc.integer({ min: 1, max: 3 }),
      keepDaily: fc.integer({ min: 0, max: 5 }),
      keepWeekly: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(backup, { minLength: 1, maxLength: 40 }), retention, (all, rules) => {
        const left = kept(all, rules);
        const last = Math.max(...all.map(({ commit }) => Number(commit)));
        expect(left.some(({ commit }) => Number(commit) === last)).toBe(true);
        expect(kept(left, rules)).toEqual(left);
      }),
    );
  });
});
