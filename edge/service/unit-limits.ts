/**
 * From the configuration to the limits that the kernel holds the box to, as a drop-in of its systemd unit.
 *
 * They are the last walls, behind the box's own: memory is what its own limits add up to, so that a statement that
 * wants too much is refused with 53200 long before the kernel ends the process, and only a leak meets the wall.
 * There is no MemoryHigh: a box slowed down by it would look wedged.
 */
import type { Config } from '../config.ts';
import { LIMITS } from '../limits.ts';

export interface UnitLimits {
  readonly memoryMaxMb: number;
  readonly openFilesMax: number;
}

const BYTES_PER_MB = 1024 * 1024;
/** The main instance of SQLite and one for each read worker: each may grow to the configured size. */
const SQLITE_INSTANCES = 1 + LIMITS.readWorkersMax;
/** Node, the program, PostgreSQL's grammar and the plans, measured with room to spare. */
const PROGRAM_MB = 224;
/** The database, the log, locks, timers, threads, the admin listener and its clients. */
const OTHER_FILES = 256;

/** What a configuration needs at most. */
export function unitLimits(config: Config): UnitLimits {
  const buffersMb = (LIMITS.portalBytesTotalMax + LIMITS.inputBytesTotalMax) / BYTES_PER_MB;
  return {
    memoryMaxMb: SQLITE_INSTANCES * config['database.memory_limit_mb'] + buffersMb + PROGRAM_MB,
    openFilesMax:
      config['proxy.max_client_connections'] +
      LIMITS.adminConnectionsReserved +
      LIMITS.loginsPendingMax +
      OTHER_FILES,
  };
}

/** The text of the drop-in. */
export function unitDropIn(limits: UnitLimits): string {
  return [
    '# Written before each start from config.toml: change it there.',
    '[Service]',
    `MemoryMax=${limits.memoryMaxMb}M`,
    `LimitNOFILE=${limits.openFilesMax}`,
    '',
  ].join('\n');
}
