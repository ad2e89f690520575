/** `helios-edge restore`: puts a backup in the place of a stopped box's database. */
import { resolve } from 'node:path';
import { refused } from '../backup/backup-error.ts';
import { restoreBackup } from '../backup/restore.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, parseWords, report, table, UsageError } from './command.ts';
import { isRunning, sqliteParts } from './stored-box.ts';

export async function restore(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    ...COMMON_OPTIONS,
    yes: { type: 'boolean' },
    'as-this-box': { type: 'boolean' },
  });
  const [backup] = positionals;
  if (backup === undefined || positionals.length > 1) {
    throw new UsageError('restore takes one BACKUP; "backup list" shows what there is');
  }
  const config = boxConfig(values);
  if (await isRunning(config)) {
    throw refused(
      'the box is running: stop it first (systemctl stop helios-edge), restore, and start it again',
    );
  }
  const isMeant = values.yes === true;
  const result = await restoreBackup({
    parts: sqliteParts(),
    backup: resolve(backup),
    database: config['database.path'],
    asThisBox: values['as-this-box'] === true,
    dryRun: !isMeant,
  });
  const { manifest } = result;
  report(values.json === true, { ...result, restored: isMeant }, () => [
    ...table([
      ['backup', resolve(backup)],
      ['made', `${manifest.createdAt} by version ${manifest.version}`],
      ['box', manifest.boxId],
      ['database', config['database.path']],
      ...(result.epoch === null ? [] : [['epoch', result.epoch]]),
      ...(result.keptAside === null ? [] : [['kept aside', result.keptAside]]),
    ]),
    isMeant
      ? 'Restored. Start the box: what was sold after the backup is in the file kept aside, and in the cloud as far as it had been sent.'
      : 'The backup is whole. Nothing was changed: say --yes to put it in the place of the database.',
  ]);
  return isMeant ? 0 : 2;
}
