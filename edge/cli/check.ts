/** `helios-edge check`: says in plain words whether the stored file, or a backup, is sound. */
import { resolve } from 'node:path';
import { BackupError } from '../backup/backup-error.ts';
import { type CheckFinding, checkDatabase } from '../backup/check.ts';
import type { BackupFile } from '../backup/packed-file.ts';
import type { StoredDatabase } from '../backup/stored-database.ts';
import type { Config } from '../config.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, parseWords, report, UsageError } from './command.ts';
import { askLong, isRunning, withBackup, withStoppedDatabase } from './stored-box.ts';

export async function check(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    ...COMMON_OPTIONS,
    deep: { type: 'boolean' },
  });
  if (positionals.length > 1) throw new UsageError('check takes one BACKUP at most');
  const deep = values.deep === true;
  const [backup] = positionals;
  const config = boxConfig(values);
  const findings =
    backup === undefined ? await checkBox(config, deep) : await checkBackup(resolve(backup), deep);
  const isSound = findings.every((finding) => finding.kind !== 'damage');
  report(values.json === true, { sound: isSound, findings }, () => [
    ...findings.map(({ kind, text }) => `${kind}: ${text}`),
    verdict(isSound, backup !== undefined, deep),
  ]);
  return isSound ? 0 : 1;
}

async function checkBox(config: Config, deep: boolean): Promise<readonly CheckFinding[]> {
  if (await isRunning(config)) {
    const depth = deep ? 'deep' : 'quick';
    return (await askLong(config, '/check', { depth })) as readonly CheckFinding[];
  }
  return withStoppedDatabase(config, async (database) => checkDatabase(database, { deep }));
}

async function checkBackup(path: string, deep: boolean): Promise<readonly CheckFinding[]> {
  try {
    return await withBackup(path, async (database, file) => {
      file.verifyBytes();
      return [...checkRows(database, file), ...checkDatabase(database, { deep })];
    });
  } catch (error) {
    if (!(error instanceof BackupError) || error.kind !== 'damaged') throw error;
    return [{ kind: 'damage', text: error.message }];
  }
}

function checkRows(database: StoredDatabase, { manifest }: BackupFile): readonly CheckFinding[] {
  const rows = database.rowCounts();
  const names = new Set([...Object.keys(rows), ...Object.keys(manifest.rows)]);
  return [...names]
    .filter((name) => rows[name] !== manifest.rows[name])
    .map((name) => ({
      kind: 'damage',
      text: `table ${name} has ${rows[name] ?? 'no'} rows, and its manifest says ${manifest.rows[name] ?? 'none'}`,
    }));
}

function verdict(isSound: boolean, isBackup: boolean, deep: boolean): string {
  if (!isSound) {
    return isBackup
      ? 'This backup is not to be used.'
      : 'The database is damaged: stop the box, keep its files, and restore the newest sound backup.';
  }
  return `${isBackup ? 'The backup' : 'The database'} is sound${deep ? '' : ' (--deep looks at every index and every guard too)'}.`;
}
