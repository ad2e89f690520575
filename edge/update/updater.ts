/**
 * The updater as root runs it on a box: finds disk, boot partition and keys, takes the steps of `installer.ts`,
 * and after each boot writes down what became of the last update.
 *
 * It never decides by anything that the box's own user can write, except where that user's data is all that
 * is at stake.
 */
import { execFileSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { askBox } from '../admin/control-client.ts';
import { OperationError } from '../admin/operations.ts';
import { acquireOwnerLock } from '../engine/owner-lock.ts';
import type { RunningSystem } from './applicable.ts';
import { settleAttempt, type UpdateAttempt } from './attempt.ts';
import { BootFolder } from './boot-folder.ts';
import { type DataReturn, returnToOlderData } from './data-return.ts';
import { type BackupNote, installBundle, otherSlot } from './installer.ts';
import { currentBoot, runningSystem } from './running-system.ts';
import { SafeDirectory } from './safe-directory.ts';
import { removeStaged, stageBundle } from './stage.ts';
import { GptDisk, type SystemDisk } from './system-disk.ts';
import { loadUpdateKeys, UPDATE_KEYS_HOME } from './update-keys.ts';
import {
  makeStatus,
  publishStatus,
  readRecord,
  SYSTEM_STATE,
  type UpdateRecord,
  type UpdateStatus,
  writeRecord,
} from './update-record.ts';

const BOOT_FOLDER = '/efi/EFI/Linux';
/** Versions remembered as given up. */
const GIVEN_UP_MAX = 10;

export interface UpdaterSystem {
  readonly running: RunningSystem;
  readonly bootId: string;
  readonly disk: SystemDisk;
  readonly bootFolder: string;
  readonly stateDir: string;
  readonly keysHome: string;
  readonly dataDir: string;
  /** Layout of the data file that this program writes. */
  readonly layout: number;
  say(text: string): void;
}

/** The machine that this runs on. @throws OperationError where it is not an appliance, or we are not root */
export function thisSystem(
  dataDir: string,
  layout: number,
  say: (text: string) => void,
): UpdaterSystem {
  const running = runningSystem();
  if (process.getuid?.() !== 0) {
    throw new OperationError('only root may do this: run it as root on the box');
  }
  return {
    running,
    bootId: currentBoot(),
    disk: GptDisk.ofRunningSystem(),
    bootFolder: BOOT_FOLDER,
    stateDir: SYSTEM_STATE,
    keysHome: UPDATE_KEYS_HOME,
    dataDir,
    layout,
    say,
  };
}

export interface InstallOptions {
  readonly isDowngradeForced: boolean;
  readonly withoutBackup: boolean;
  /** The file is the box's own upload: it goes when it was taken or refused. */
  readonly isUpload: boolean;
  /** Nobody asked for it: what was given up once is not tried again. */
  readonly isAutomatic: boolean;
}

/** When it resolves, the next boot tries the new version. @throws OperationError with the reason */
export async function installFrom(
  system: UpdaterSystem,
  source: string,
  options: InstallOptions,
): Promise<UpdateAttempt> {
  using state = SafeDirectory.make(system.stateDir);
  const lock = acquireOwnerLock(join(system.stateDir, 'update'));
  try {
    using boot = new BootFolder(system.bootFolder);
    return await install(system, state, boot, source, options);
  } catch (error) {
    noteRefusal(state, source, error);
    throw error;
  } finally {
    removeStaged(state);
    if (options.isUpload) removeUpload(source);
    publish(system, readRecord(state));
    lock.release(true);
  }
}

async function install(
  system: UpdaterSystem,
  state: SafeDirectory,
  boot: BootFolder,
  source: string,
  { isDowngradeForced, withoutBackup, isAutomatic }: InstallOptions,
): Promise<UpdateAttempt> {
  const { running, disk, bootId, say } = system;
  const keys = loadUpdateKeys(system.keysHome);
  const givenUp = isAutomatic ? readRecord(state).givenUp : [];
  const staged = stageBundle(source, { state, keys, running, isDowngradeForced, givenUp });
  const { version } = staged.bundle.manifest;
  say(`the bundle is genuine: version ${version} for ${staged.bundle.manifest.arch}`);
  return installBundle({
    disk,
    boot,
    state,
    running,
    runningLayout: system.layout,
    bootId,
    path: staged.path,
    bundle: staged.bundle,
    isDowngradeForced,
    now: () => new Date(),
    backup: () =>
      withoutBackup
        ? Promise.resolve({ path: null, note: 'no backup was made: it was not wanted' })
        : backupBox(system, version),
    say,
  });
}

/** A box that does not run has nothing to lose by an update that may mend it; a full disk is another matter. */
async function backupBox({ dataDir, say }: UpdaterSystem, version: string): Promise<BackupNote> {
  try {
    await askBox(dataDir, 'GET', '/status');
  } catch (error) {
    const note = `no backup was made: ${messageOf(error)}`;
    say(note);
    return { path: null, note };
  }
  say('making a backup');
  const label = `pre-update-${version}`;
  const answer = await askBox(dataDir, 'POST', '/backup', { label });
  const path = String((answer as Readonly<Record<string, unknown>>)['path']);
  say(`backup ${path}`);
  return { path, note: null };
}

function noteRefusal(state: SafeDirectory, source: string, error: unknown): void {
  const record = readRecord(state);
  const refusal = {
    file: basename(source),
    reason: messageOf(error),
    at: new Date().toISOString(),
  };
  writeRecord(state, { ...record, refusal });
}

function removeUpload(source: string): void {
  using directory = SafeDirectory.open(dirname(source));
  directory.remove(basename(source));
}

/**
 * Called before the box starts and again when the boot was found good: what became of the last update?
 * After a rollback the data goes back too where the older version could not open it.
 */
export function recordBoot(system: UpdaterSystem): UpdateRecord {
  using state = SafeDirectory.make(system.stateDir);
  using boot = new BootFolder(system.bootFolder);
  const before = readRecord(state);
  const layouts = { ...before.layouts, [system.running.version]: system.layout };
  let record: UpdateRecord = { ...before, layouts };
  if (before.attempt !== null) {
    const attempt = settleAttempt(before.attempt, {
      version: system.running.version,
      bootId: system.bootId,
      entries: boot.entries(),
      healthFault: healthFault(),
    });
    record = { ...record, attempt };
    if (attempt.phase !== before.attempt.phase) {
      system.say(phaseText(attempt));
      if (attempt.phase === 'rolled-back') record = giveUp(record, attempt.version);
    }
    if (attempt.phase === 'interrupted') boot.removeDrafts();
    writeRecord(state, record);
    record = { ...record, attempt: returnData(system, attempt) };
  }
  writeRecord(state, record);
  publish(system, record);
  return record;
}

function giveUp(record: UpdateRecord, version: string): UpdateRecord {
  const others = record.givenUp.filter((known) => known !== version);
  return { ...record, givenUp: [...others, version].slice(-GIVEN_UP_MAX) };
}

function returnData(system: UpdaterSystem, attempt: UpdateAttempt): UpdateAttempt {
  const isBack = attempt.phase === 'rolled-back' && system.running.version === attempt.from;
  if (!isBack || attempt.keptAside !== null) return attempt;
  const back: DataReturn = returnToOlderData(system.dataDir, attempt.version, attempt.backup);
  if (back.keptAside === null) return attempt;
  system.say(`the data was restored from ${attempt.backup}; the newer file is ${back.keptAside}`);
  return { ...attempt, keptAside: back.keptAside };
}

/** Returns to the version in the other slot, for good. @throws OperationError where that cannot be */
export function rollBack(system: UpdaterSystem, isDataGivenUp: boolean): UpdateAttempt {
  const { running, bootId } = system;
  using state = SafeDirectory.make(system.stateDir);
  using boot = new BootFolder(system.bootFolder);
  const { version } = otherSlot(system.disk);
  const entries = boot.entries();
  const other = entries.find((entry) => entry.version === version);
  const own = entries.find((entry) => entry.version === running.version);
  if (version === null || other === undefined || own === undefined) {
    throw new OperationError('the other system partition holds no version that could be started');
  }
  const record = readRecord(state);
  const backup = record.attempt?.version === running.version ? record.attempt.backup : null;
  const isNewer = (record.layouts[running.version] ?? 1) > (record.layouts[version] ?? 1);
  if (isNewer && (!isDataGivenUp || backup === null)) {
    throw new OperationError(
      backup === null
        ? `version ${version} cannot open the data of ${running.version}, and there is no backup from before`
        : `version ${version} cannot open the data of ${running.version}: --restore-data goes back to the backup ${backup}, and keeps the newer file aside`,
    );
  }
  const attempt: UpdateAttempt = {
    version: running.version,
    from: version,
    phase: 'rolled-back',
    layout: record.layouts[running.version] ?? 1,
    begun: new Date().toISOString(),
    installBoot: bootId,
    starts: 0,
    lastBoot: bootId,
    reason: `a person chose to return from ${running.version} to ${version}`,
    backup,
    backupNote: null,
    keptAside: null,
  };
  writeRecord(state, giveUp({ ...record, attempt }, running.version));
  if (other.triesLeft === 0) boot.renew(other);
  boot.retire(own);
  publish(system, { ...record, attempt });
  return attempt;
}

/** What the disk, the boot menu and the record say now. */
export function currentStatus(system: UpdaterSystem): UpdateStatus {
  using state = SafeDirectory.make(system.stateDir);
  return statusOf(system, readRecord(state));
}

function publish(system: UpdaterSystem, record: UpdateRecord): void {
  publishStatus(system.dataDir, statusOf(system, record));
}

function statusOf(
  { bootFolder, disk, running }: UpdaterSystem,
  record: UpdateRecord,
): UpdateStatus {
  using boot = new BootFolder(bootFolder);
  return makeStatus(running.version, disk.slots(), boot.entries(), record);
}

function phaseText(attempt: UpdateAttempt): string {
  if (attempt.phase === 'good') return `version ${attempt.version} has passed its health check`;
  return attempt.reason ?? `version ${attempt.version}: ${attempt.phase}`;
}

/** The last words of the health check in the boot before this one. */
function healthFault(): string | null {
  const match = '_SYSTEMD_UNIT=helios-health-check.service';
  const args = ['--boot=-1', '--output=cat', '--lines=1', '--no-pager', '--quiet', match];
  try {
    const text = execFileSync('journalctl', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.trim() === '' ? null : text.trim();
  } catch {
    return null;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
