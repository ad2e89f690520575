import { expect, test } from 'vitest';
import {
  type BootObservation,
  settleAttempt,
  type UpdateAttempt,
} from '../../edge/update/attempt.ts';
import { parseBootEntry } from '../../edge/update/boot-folder.ts';

const ATTEMPT: UpdateAttempt = {
  version: '2.0.0',
  from: '1.0.0',
  phase: 'trial',
  layout: 1,
  begun: '2026-11-01T00:00:00Z',
  installBoot: 'a',
  starts: 0,
  lastBoot: 'a',
  reason: null,
  backup: null,
  backupNote: null,
  keptAside: null,
};

function seen(
  version: string,
  bootId: string,
  files: readonly string[],
  healthFault: string | null = null,
): BootObservation {
  const entries = files.map(parseBootEntry).filter((entry) => entry !== null);
  return { version, bootId, entries, healthFault };
}

const OLD = 'helios_1.0.0.efi';

test('a version that starts and passes its health check becomes good', () => {
  const first = settleAttempt(ATTEMPT, seen('2.0.0', 'b', [OLD, 'helios_2.0.0+2-1.efi']));
  expect(first).toMatchObject({ phase: 'trial', starts: 1 });
  const again = settleAttempt(first, seen('2.0.0', 'b', [OLD, 'helios_2.0.0+2-1.efi']));
  expect(again).toEqual(first);
  const good = settleAttempt(again, seen('2.0.0', 'b', [OLD, 'helios_2.0.0.efi']));
  expect(good).toMatchObject({ phase: 'good', starts: 1, reason: null });
  expect(settleAttempt(good, seen('1.0.0', 'c', [OLD, 'helios_2.0.0.efi']))).toEqual(good);
});

test('a version that never started is told from one that failed its health check', () => {
  const dead = settleAttempt(ATTEMPT, seen('1.0.0', 'e', [OLD, 'helios_2.0.0+0-3.efi']));
  expect(dead).toMatchObject({
    phase: 'rolled-back',
    reason: 'version 2.0.0 did not start in 3 tries',
  });
  let sick = ATTEMPT;
  for (const [boot, file] of [
    ['b', 'helios_2.0.0+2-1.efi'],
    ['c', 'helios_2.0.0+1-2.efi'],
    ['d', 'helios_2.0.0+0-3.efi'],
  ] as const) {
    sick = settleAttempt(sick, seen('2.0.0', boot, [OLD, file]));
  }
  expect(sick).toMatchObject({ phase: 'trial', starts: 3 });
  const back = settleAttempt(sick, seen('1.0.0', 'e', [OLD, 'helios_2.0.0+0-3.efi'], 'no login'));
  expect(back.phase).toBe('rolled-back');
  expect(back.reason).toBe(
    'version 2.0.0 started 3 times and did not pass its health check: no login',
  );
});

test('the boot in which a version was installed says nothing about it', () => {
  const entries = [OLD, 'helios_2.0.0+3-0.efi'];
  expect(settleAttempt(ATTEMPT, seen('1.0.0', 'a', entries))).toEqual(ATTEMPT);
});

test('the older version chosen by hand leaves the trial open', () => {
  const entries = [OLD, 'helios_2.0.0+3-0.efi'];
  expect(settleAttempt(ATTEMPT, seen('1.0.0', 'b', entries))).toEqual(ATTEMPT);
});

test('writing that no later boot finished is interrupted, whatever is on the disk', () => {
  const writing: UpdateAttempt = { ...ATTEMPT, phase: 'writing' };
  expect(settleAttempt(writing, seen('1.0.0', 'a', [OLD]))).toEqual(writing);
  const cut = settleAttempt(writing, seen('1.0.0', 'b', [OLD]));
  expect(cut).toMatchObject({ phase: 'interrupted' });
  expect(cut.reason).toContain('install it again');
  // The entry is written last: a cut before it is no rollback.
  expect(settleAttempt(ATTEMPT, seen('1.0.0', 'b', [OLD]))).toMatchObject({ phase: 'interrupted' });
});

test('parseBootEntry reads counters and leaves the files of others alone', () => {
  expect(parseBootEntry('helios_1.2.3+2-1.efi')).toEqual({
    file: 'helios_1.2.3+2-1.efi',
    version: '1.2.3',
    triesLeft: 2,
    triesDone: 1,
  });
  expect(parseBootEntry('helios_1.2.3~rc1+3.efi')).toMatchObject({
    version: '1.2.3~rc1',
    triesLeft: 3,
    triesDone: 0,
  });
  for (const file of [
    'debian.efi',
    'helios_.efi',
    'helios_1.efi',
    'helios_1.2.3.new',
    'xhelios_1.2.3.efi',
  ]) {
    expect(parseBootEntry(file), file).toBeNull();
  }
});
