/** `helios-edge serve`: runs the box until it is told to stop, or until its disk fails it. */
import { openAppliance } from '../appliance.ts';
import type { VfsMode } from '../engine/open.ts';
import { createLog } from '../log.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, parseWords, print, UsageError } from './command.ts';

/** The engine's disk failed: systemd restarts the box, and recovery decides what is there. */
const EXIT_FATAL = 74;
const BYTES_PER_MB = 1024 * 1024;
const VFS_MODES: readonly VfsMode[] = ['durable', 'volatile', 'volatile-nosync'];

export async function serve(args: readonly string[]): Promise<number> {
  const { values } = parseWords(args, COMMON_OPTIONS);
  const config = boxConfig(values);
  const output = config['logging.output'];
  const bytesMax = config['logging.max_size_mb'] * BYTES_PER_MB;
  const log = createLog(config['logging.level'], output === '' ? null : { path: output, bytesMax });
  const stop = Promise.withResolvers<number>();
  const box = await openAppliance({
    config,
    log,
    vfsMode: vfsMode(),
    onFatal: (error) => {
      log.fatal(
        { err: error },
        'the box stops: what was not acknowledged may be lost, nothing else',
      );
      process.stderr.write(`helios-edge: the disk failed: ${String(error)}\n`);
      // Nothing may be answered any more: not even an orderly close.
      process.exit(EXIT_FATAL);
    },
  });
  print(`helios-edge is ready, listening on ${box.listen.host}:${box.listen.port}`);
  log.info({ listen: box.listen, pid: process.pid }, 'ready');
  process.once('SIGTERM', () => stop.resolve(0));
  process.once('SIGINT', () => stop.resolve(0));
  const code = await stop.promise;
  await box.close();
  log.info('stopped');
  return code;
}

/** Test rigs make un-synced bytes vanish with the process; the product never does. */
function vfsMode(): VfsMode {
  const wished = process.env['HELIOS_TEST_VFS'] ?? 'durable';
  const mode = VFS_MODES.find((candidate) => candidate === wished);
  if (mode === undefined) {
    throw new UsageError(`HELIOS_TEST_VFS must be one of ${VFS_MODES.join(', ')}`);
  }
  return mode;
}
