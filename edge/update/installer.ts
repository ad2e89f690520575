/**
 * Puts a verified bundle into the slot that does not run. The order of the steps is the whole point: at each
 * of them the power may go, and the version that runs now must boot again.
 *
 *   1. the boot entries of the other slot go, before a byte of it changes
 *   2. the slot is labelled empty, so that half a system never bears a version's name
 *   3. the system is written, read back from the medium and compared
 *   4. the slot gets the version's label
 *   5. the boot entry appears under its final name, whole, with three tries
 *
 * The running slot and its boot entry are never written; only a downgrade renames the entry, because the
 * boot menu prefers the newer of two good ones.
 */
import { OperationError } from '../admin/operations.ts';
import { type RunningSystem, requireApplicable } from './applicable.ts';
import type { UpdateAttempt } from './attempt.ts';
import type { BootEntry, BootFolder } from './boot-folder.ts';
import { BundleError, type BundlePart } from './bundle-format.ts';
import { readPart, type VerifiedBundle } from './bundle-reader.ts';
import type { SafeDirectory } from './safe-directory.ts';
import { EMPTY_LABEL, type Slot, type SystemDisk, slotLabel, tooSmall } from './system-disk.ts';
import { readRecord, writeRecord } from './update-record.ts';
import { compareVersions } from './version-order.ts';

export interface BackupNote {
  readonly path: string | null;
  /** Why there is none. */
  readonly note: string | null;
}

export interface Installation {
  readonly disk: SystemDisk;
  readonly boot: BootFolder;
  /** Root's own directory. */
  readonly state: SafeDirectory;
  readonly running: RunningSystem;
  /** Layout of the data file that the running version writes. */
  readonly runningLayout: number;
  readonly bootId: string;
  /** A file that nobody but root can write. */
  readonly path: string;
  readonly bundle: VerifiedBundle;
  readonly isDowngradeForced: boolean;
  readonly now: () => Date;
  /** @throws when there should be a backup and cannot be */
  backup(): Promise<BackupNote>;
  say(text: string): void;
}

/** FAT needs a little more than the file. */
const ESP_MARGIN_BYTES = 1024 * 1024;

/**
 * When it resolves, the next boot tries the new version.
 * @throws BundleError when the bundle does not suit this box; Error when the disk fails. Then the record says
 *   so, and the running version stays as it was.
 */
export async function installBundle(work: Installation): Promise<UpdateAttempt> {
  const { manifest } = work.bundle;
  requireApplicable(manifest, work.running, work.isDowngradeForced);
  requireNoTrial(work);
  const slot = otherSlot(work.disk);
  const uki = partOf(work, 'uki');
  const root = partOf(work, 'root');
  if (root.bytes > slot.bytes) throw tooSmall(slot);
  requireBootSpace(work, uki);
  let attempt = begin(work, await work.backup());
  save(work, attempt);
  try {
    await writeSystem(work, slot, root);
    attempt = { ...attempt, phase: 'trial' };
    save(work, attempt);
    await addToMenu(work);
  } catch (error) {
    const reason = `installing version ${manifest.version} failed: ${messageOf(error)}`;
    save(work, { ...attempt, phase: 'failed', reason });
    throw error;
  }
  work.say(`version ${manifest.version} is installed; the next boot tries it`);
  return attempt;
}

function begin(work: Installation, backup: BackupNote): UpdateAttempt {
  const { manifest } = work.bundle;
  return {
    version: manifest.version,
    from: work.running.version,
    phase: 'writing',
    layout: manifest.layout,
    begun: work.now().toISOString(),
    installBoot: work.bootId,
    starts: 0,
    lastBoot: work.bootId,
    reason: null,
    backup: backup.path,
    backupNote: backup.note,
    keptAside: null,
  };
}

async function writeSystem(work: Installation, slot: Slot, root: BundlePart): Promise<void> {
  const { boot, disk, running, bundle } = work;
  boot.removeDrafts();
  for (const entry of boot.entries()) {
    if (entry.version !== running.version) boot.remove(entry);
  }
  disk.setLabel(slot, EMPTY_LABEL);
  work.say(`writing the system to ${slot.device}`);
  await disk.write(slot, readPart(work.path, bundle, 'root'));
  work.say('reading it back');
  if ((await disk.hash(slot, root.bytes)) !== root.sha256) {
    throw new OperationError(
      `${slot.device} does not hold what was written to it: the disk is failing, replace it`,
    );
  }
  disk.setLabel(slot, slotLabel(bundle.manifest.version));
}

async function addToMenu({ boot, bundle, path, running }: Installation): Promise<void> {
  const { version } = bundle.manifest;
  const isDowngrade = compareVersions(version, running.version) < 0;
  const own = isDowngrade ? runningEntry(boot, running.version) : null;
  if (own !== null) boot.retire(own);
  try {
    await boot.add(version, readPart(path, bundle, 'uki'));
  } catch (error) {
    if (own !== null) boot.restore(own);
    throw error;
  }
}

function runningEntry(boot: BootFolder, version: string): BootEntry | null {
  return boot.entries().find((entry) => entry.version === version) ?? null;
}

/** The slot that does not run. @throws OperationError where there is none */
export function otherSlot(disk: SystemDisk): Slot {
  const slots = disk.slots();
  const other = slots.find((slot) => !slot.isRunning);
  if (other !== undefined && slots.some((slot) => slot.isRunning)) return other;
  throw new OperationError(
    'this disk has no second system partition: it is made at the first boot of an image; boot once more',
  );
}

/** The other slot is the way back of a version on trial. */
function requireNoTrial({ state, running }: Installation): void {
  const { attempt } = readRecord(state);
  if (attempt?.phase !== 'trial' || attempt.version !== running.version) return;
  throw new OperationError(
    `version ${running.version} is still on trial: wait until it has passed its health check`,
  );
}

function requireBootSpace({ boot, running }: Installation, uki: BundlePart): void {
  const others = boot.entries().filter((entry) => entry.version !== running.version);
  const freed = others.reduce((sum, entry) => sum + boot.bytesOf(entry), 0);
  if (boot.freeBytes + freed >= uki.bytes + ESP_MARGIN_BYTES) return;
  throw new OperationError(
    'the boot partition is full: remove what does not belong there (it holds EFI/Linux/helios_*.efi)',
  );
}

function partOf({ bundle }: Installation, name: 'root' | 'uki'): BundlePart {
  const part = bundle.manifest.parts.find((candidate) => candidate.name === name);
  if (part === undefined) throw new BundleError(`the bundle has no part "${name}"`);
  return part;
}

function save(work: Installation, attempt: UpdateAttempt): void {
  const { layouts, givenUp } = readRecord(work.state);
  const known = {
    ...layouts,
    [work.running.version]: work.runningLayout,
    [attempt.version]: attempt.layout,
  };
  const kept = [work.running.version, attempt.version];
  writeRecord(work.state, {
    attempt,
    refusal: null,
    givenUp,
    layouts: Object.fromEntries(
      Object.entries(known).filter(([version]) => kept.includes(version)),
    ),
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
