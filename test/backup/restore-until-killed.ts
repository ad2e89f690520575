/** Restores a backup and kills itself at the step that it is told: `database backup step`. */
import { restoreBackup } from '../../edge/backup/restore.ts';
import { parts } from './support.ts';

const [database = '', backup = '', fatal = ''] = process.argv.slice(2);
await restoreBackup({
  parts,
  backup,
  database,
  asThisBox: false,
  dryRun: false,
  onStep: (step) => {
    if (step === fatal) process.kill(process.pid, 'SIGKILL');
  },
});
