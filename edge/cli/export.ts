/** `helios-edge export`: the shop's tables as a plain SQLite file or as CSV. */
import { resolve } from 'node:path';
import type { ExportResult } from '../backup/export.ts';
import { type ExportFormat, exportDatabase } from '../backup/export.ts';
import type { StoredDatabase } from '../backup/stored-database.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, parseWords, report, table, UsageError } from './command.ts';
import {
  isRunning,
  sqliteParts,
  withBackup,
  withCopyOfRunning,
  withStoppedDatabase,
} from './stored-box.ts';

export async function exportTables(args: readonly string[]): Promise<number> {
  const { values } = parseWords(args, {
    ...COMMON_OPTIONS,
    format: { type: 'string' },
    target: { type: 'string' },
    merchant: { type: 'string' },
    from: { type: 'string' },
  });
  const { target, from } = values;
  if (target === undefined) throw new UsageError('export needs --target DIR');
  const request = {
    format: formatOf(values.format),
    target: resolve(target),
    merchant: values.merchant ?? null,
  };
  const write = (database: StoredDatabase): Promise<ExportResult> =>
    exportDatabase(sqliteParts(), database, request);
  const config = boxConfig(values);
  const result =
    from !== undefined
      ? await withBackup(resolve(from), write)
      : (await isRunning(config))
        ? await withCopyOfRunning(config, write)
        : await withStoppedDatabase(config, write);
  report(values.json === true, result, () => [
    ...table([
      ['TABLE', 'ROWS'],
      ...Object.entries(result.rows).map(([name, count]) => [name, String(count)]),
    ]),
    ...result.files,
  ]);
  return 0;
}

function formatOf(format: string | undefined): ExportFormat {
  if (format === 'sqlite' || format === 'csv') return format;
  throw new UsageError('export needs --format sqlite or --format csv');
}
