/**
 * What became of the last update, as a value: from which version to which, how far it came, and what each
 * boot says about it. No disk and no clock here, so that every history can be told in a test.
 *
 *   writing ──> trial ──> good
 *      │          └─────> rolled-back
 *      └──> failed, or interrupted when the next boot finds it so
 */
import type { BootEntry } from './boot-folder.ts';

export type UpdatePhase = 'writing' | 'trial' | 'good' | 'failed' | 'interrupted' | 'rolled-back';

export interface UpdateAttempt {
  readonly version: string;
  readonly from: string;
  readonly phase: UpdatePhase;
  /** Layout of the data file that the new version writes. */
  readonly layout: number;
  readonly begun: string;
  /** The boot in which it was installed. */
  readonly installBoot: string;
  /** Boots in which the new version's own start-up ran. */
  readonly starts: number;
  readonly lastBoot: string;
  /** Why it failed or was rolled back, in plain words. */
  readonly reason: string | null;
  /** Backup made before it. */
  readonly backup: string | null;
  /** Said when there is none. */
  readonly backupNote: string | null;
  /** Where the newer data file went when the backup had to be restored. */
  readonly keptAside: string | null;
}

export interface BootObservation {
  readonly version: string;
  readonly bootId: string;
  readonly entries: readonly BootEntry[];
  /** What the health check said last, if it said anything. */
  readonly healthFault: string | null;
}

/** Judges the last update by what this boot shows. Called at each boot, any number of times. */
export function settleAttempt(attempt: UpdateAttempt, seen: BootObservation): UpdateAttempt {
  const { phase, installBoot } = attempt;
  const isSameBoot = seen.bootId === installBoot;
  if (phase === 'writing' && !isSameBoot) return interrupted(attempt);
  if (phase !== 'trial' || isSameBoot) return attempt;
  const entry = seen.entries.find((candidate) => candidate.version === attempt.version);
  if (seen.version === attempt.version) return started(attempt, seen, entry);
  if (entry === undefined && attempt.starts === 0) return interrupted(attempt);
  // Tries left: someone chose the older version by hand in the boot menu; the next boot tries again.
  if (entry !== undefined && entry.triesLeft !== 0) return attempt;
  return { ...attempt, phase: 'rolled-back', reason: rollbackReason(attempt, entry, seen) };
}

function started(
  attempt: UpdateAttempt,
  seen: BootObservation,
  entry: BootEntry | undefined,
): UpdateAttempt {
  const isNewBoot = seen.bootId !== attempt.lastBoot;
  const starts = attempt.starts + (isNewBoot ? 1 : 0);
  const isGood = entry !== undefined && entry.triesLeft === null;
  return { ...attempt, phase: isGood ? 'good' : 'trial', starts, lastBoot: seen.bootId };
}

function interrupted(attempt: UpdateAttempt): UpdateAttempt {
  const reason = `power was lost, or the box was stopped, while version ${attempt.version} was being written; install it again`;
  return { ...attempt, phase: 'interrupted', reason };
}

function rollbackReason(
  { version, starts }: UpdateAttempt,
  entry: BootEntry | undefined,
  { healthFault }: BootObservation,
): string {
  const tries = entry?.triesDone ?? starts;
  if (starts === 0) return `version ${version} did not start in ${tries} tries`;
  const fault = healthFault === null ? '' : `: ${healthFault}`;
  return `version ${version} started ${starts} times and did not pass its health check${fault}`;
}
