/** `helios-edge backup` and `backup list`: verified copies of the box's database, made while it sells or not. */
import { resolve } from 'node:path';
import { askBox } from '../admin/control-client.ts';
import { type BackupSummary, checkLabel, listBackups, prune } from '../backup/backup-directory.ts';
import { backupSettings } from '../backup/backup-settings.ts';
import { ownSource } from '../backup/jobs.ts';
import { type BackupResult, makeBackup } from '../backup/make-backup.ts';
import { withEngine } from '../backup/own-engine.ts';
import { BackupFile, CHUNK_BYTES } from '../backup/packed-file.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, parseWords, report, table, UsageError } from './command.ts';
import { askLong, isRunning, mustHaveDatabase, sqliteParts } from './stored-box.ts';

const BYTES_PER_MB = 1_000_000;
const MICROS_PER_MS = 1000n;

export async function backup(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    ...COMMON_OPTIONS,
    target: { type: 'string' },
    label: { type: 'string' },
  });
  if (positionals.length > 0) throw new UsageError('backup takes no words but its options');
  const config = boxConfig(values);
  const target = values.target === undefined ? undefined : resolve(values.target);
  const wish = { target, label: values.label };
  const answer = (await isRunning(config))
    ? ((await askLong(config, '/backup', wish)) as BackupResult)
    : await backupStopped(config, wish);
  report(values.json === true, answer, () => [
    `${answer.path}`,
    `${megabytes(answer.databaseBytes)} MB of database in ${megabytes(answer.bytes)} MB, ` +
      `${answer.rows} rows, ${answer.seconds.toFixed(1)} s, verified`,
  ]);
  return 0;
}

export async function backupList(args: readonly string[]): Promise<number> {
  const { values } = parseWords(args, { ...COMMON_OPTIONS, target: { type: 'string' } });
  const config = boxConfig(values);
  const directory = values.target ?? backupSettings(config).directory;
  const isAsked = values.target === undefined && (await isRunning(config));
  const backups = isAsked
    ? ((await askBox(config.dataDir, 'GET', '/backups')) as readonly BackupSummary[])
    : listBackups(resolve(directory));
  report(values.json === true, backups, () =>
    table([['MADE', 'MB', 'DATABASE MB', 'LABEL', 'FILE'], ...backups.map(lineOf)]),
  );
  return 0;
}

function lineOf(found: BackupSummary): readonly string[] {
  const { createdAt, bytes, databaseBytes, label, path, fault } = found;
  const size = databaseBytes === null ? '' : megabytes(databaseBytes);
  const note = fault === null ? path : `${path}  (${fault})`;
  return [createdAt ?? 'unknown', megabytes(bytes), size, label ?? '', note];
}

function megabytes(bytes: number): string {
  return (bytes / BYTES_PER_MB).toFixed(1);
}

/** Opens the file itself; what the last run left in the log is carried back on the way. */
async function backupStopped(
  config: Config,
  { target, label }: { readonly target: string | undefined; readonly label: string | undefined },
): Promise<BackupResult> {
  const settings = backupSettings(config);
  const parts = sqliteParts();
  return withEngine(parts, mustHaveDatabase(config), async (engine) => {
    const file = engine.openLiveFile(CHUNK_BYTES);
    try {
      const result = await makeBackup(parts, ownSource(file), {
        directory: target ?? settings.directory,
        label: label === undefined ? null : checkLabel(label),
        bytesPerSecond: null,
        freeBytesMin: settings.freeBytesMin,
        nowMs: Number(systemClock.wallMicros() / MICROS_PER_MS),
      });
      if (target === undefined) {
        prune(settings.directory, boxIdOf(result.path), settings.retention);
      }
      return result;
    } finally {
      file.close();
    }
  });
}

function boxIdOf(path: string): string {
  using file = new BackupFile(path);
  return file.manifest.boxId;
}
