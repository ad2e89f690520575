/** The commands about whole databases; what they need is loaded only when one is called. */
import type { Command } from './command.ts';

export const backupCommands: readonly Command[] = [
  {
    name: 'backup',
    usage: '[--target DIR] [--label LABEL]',
    summary: 'copy the database to a verified backup, while the box sells',
    run: async (args) => (await import('./backup.ts')).backup(args),
  },
  {
    name: 'backup list',
    usage: '[--target DIR]',
    summary: 'list the backups, the newest first',
    run: async (args) => (await import('./backup.ts')).backupList(args),
  },
  {
    name: 'restore',
    usage: 'BACKUP [--yes] [--as-this-box]',
    summary: 'put a backup in the place of the database of a stopped box',
    run: async (args) => (await import('./restore.ts')).restore(args),
  },
  {
    name: 'check',
    usage: '[BACKUP] [--deep]',
    summary:
      'examine the database, running or stopped, or a backup; exit code 1 when it is damaged',
    run: async (args) => (await import('./check.ts')).check(args),
  },
  {
    name: 'export',
    usage: '--format sqlite|csv --target DIR [--merchant ID] [--from BACKUP]',
    summary: 'write the tables as plain SQLite or CSV, from the box or from a backup',
    run: async (args) => (await import('./export.ts')).exportTables(args),
  },
];
