/**
 * The logs that lie beside the data: the audit log, and the slow-query log. Each is bounded as the box's own log is.
 */
import { join } from 'node:path';
import { SlowLog } from './admin/slow-log.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { createLog, type Log, type LogFile } from './log.ts';
import type { CompilerParts } from './sql/create-compiler.ts';

const BYTES_PER_MB = 1024 * 1024;

/** Statements above the threshold, in a file of their own beside the data. */
export function openSlowLog(config: Config, compiler: CompilerParts): SlowLog | null {
  const thresholdMs = config['monitoring.slow_query_threshold_ms'];
  if (thresholdMs === 0) return null;
  return new SlowLog({
    thresholdMs,
    log: createLog('info', besideData(config, 'slow.log')),
    clock: systemClock,
    withoutLiterals: (text) => compiler.withoutLiterals(text),
  });
}

/** Logins and statements' ends, in a file of their own beside the data. */
export function openAudit(config: Config): Log | null {
  if (!config['proxy.rls.audit_log_enabled']) return null;
  return createLog('info', besideData(config, 'audit.log'));
}

function besideData(config: Config, name: string): LogFile {
  const bytesMax = config['logging.max_size_mb'] * BYTES_PER_MB;
  return { path: join(config.dataDir, name), bytesMax };
}
