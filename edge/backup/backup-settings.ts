/** What the configuration says of backups, in the units that the work needs. */
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Retention } from './backup-directory.ts';

const BYTES_PER_MB = 1_000_000;

export interface BackupSettings {
  readonly directory: string;
  readonly freeBytesMin: number;
  readonly retention: Retention;
}

export function backupSettings(config: Config): BackupSettings {
  return {
    directory: config['backup.directory'] || join(config.dataDir, 'backups'),
    freeBytesMin: config['backup.min_free_mb'] * BYTES_PER_MB,
    retention: {
      keepLatest: config['backup.keep_latest'],
      keepDaily: config['backup.keep_daily'],
      keepWeekly: config['backup.keep_weekly'],
    },
  };
}
