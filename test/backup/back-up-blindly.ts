/** Backs a stopped box up without a look at the free space: the disk fills up half-way. */
import { ownSource } from '../../edge/backup/jobs.ts';
import { makeBackup } from '../../edge/backup/make-backup.ts';
import { withEngine } from '../../edge/backup/own-engine.ts';
import { CHUNK_BYTES } from '../../edge/backup/packed-file.ts';
import { parts } from './support.ts';

const [database = '', directory = ''] = process.argv.slice(2);
await withEngine(parts, database, async (engine) => {
  const file = engine.openLiveFile(CHUNK_BYTES);
  const request = { directory, label: null, bytesPerSecond: null, nowMs: Date.now() };
  await makeBackup(parts, ownSource(file), {
    ...request,
    freeBytesMin: Number.NEGATIVE_INFINITY,
  }).finally(() => file.close());
});
