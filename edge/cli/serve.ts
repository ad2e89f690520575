/**
 * `helios-edge serve`: runs the box until it is told to stop, or until its disk fails it. Where systemd started it,
 * systemd hears how far it is.
 */
import { statSync } from 'node:fs';
import { type Appliance, openAppliance } from '../appliance.ts';
import type { VfsMode } from '../engine/open.ts';
import { LIMITS } from '../limits.ts';
import { createLog, type Log } from '../log.ts';
import { openServiceManager, type ServiceManager } from '../service/notify.ts';
import { type BoxOptions, boxConfig, configFile } from './box-config.ts';
import { COMMON_OPTIONS, parseWords, print, UsageError } from './command.ts';

/** The engine's disk failed: systemd restarts the box, and recovery decides what is there. */
const EXIT_FATAL = 74;
const BYTES_PER_MB = 1024 * 1024;
const MS_PER_SECOND = 1000;
const VFS_MODES: readonly VfsMode[] = ['durable', 'volatile', 'volatile-nosync'];

export async function serve(args: readonly string[]): Promise<number> {
  const { values } = parseWords(args, COMMON_OPTIONS);
  const config = boxConfig(values);
  const output = config['logging.output'];
  const bytesMax = config['logging.max_size_mb'] * BYTES_PER_MB;
  const log = createLog(config['logging.level'], output === '' ? null : { path: output, bytesMax });
  const service = openServiceManager(process.env, log);
  const signal = Promise.withResolvers<'stop'>();
  const stop = (): void => signal.resolve('stop');
  try {
    for (;;) {
      const restart = Promise.withResolvers<'restart'>();
      const box = await open(values, log, service, () => restart.resolve('restart'));
      print(`helios-edge is ready, listening on ${box.listen.host}:${box.listen.port}`);
      log.info({ listen: box.listen, pid: process.pid }, 'ready');
      service.ready('serving terminals');
      // Before this a signal just ends the process: what it interrupts is recovery, and that begins again.
      if (process.listenerCount('SIGTERM') === 0) process.once('SIGTERM', stop);
      if (process.listenerCount('SIGINT') === 0) process.once('SIGINT', stop);
      const why = await Promise.race([signal.promise, restart.promise]);
      if (why === 'stop')
        service.stopping('telling the terminals, rolling back what they left open');
      await box.close();
      log.info(why === 'stop' ? 'stopped' : 'starting anew with changed settings');
      if (why === 'stop') return 0;
    }
  } finally {
    await service.close();
  }
}

/** Opens the box, and asks systemd for the time that this takes. */
async function open(
  values: BoxOptions,
  log: Log,
  service: ServiceManager,
  restart: () => void,
): Promise<Appliance> {
  const config = boxConfig(values);
  const walBytes = sizeOf(`${config['database.path']}-wal`);
  service.status(`opening the database, ${(walBytes / BYTES_PER_MB).toFixed(0)} MB of log`);
  // The log is carried back at one stretch, in which nothing can be said.
  const recoveryMs = (walBytes / LIMITS.recoveryBytesPerSecondMin) * MS_PER_SECOND;
  service.extendStart(LIMITS.openMsMax + recoveryMs);
  const begun = performance.now();
  const still = setInterval(() => {
    if (performance.now() - begun < LIMITS.openMsTotalMax) service.extendStart(LIMITS.openMsMax);
  }, LIMITS.openMsMax / 3);
  try {
    return await openAppliance({
      config,
      configFile: configFile(values),
      restart: () => setTimeout(restart, LIMITS.claimRestartDelayMs),
      log,
      service,
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
  } finally {
    clearInterval(still);
  }
}

/** 0 where there is no such file. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
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
