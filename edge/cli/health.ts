/** `helios-edge health-check` and `helios-edge health-report`: what the timers and the update ask of a box. */
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../clock.ts';
import { checkHealth, type HealthCheckResult } from '../service/health-check.ts';
import { keepHealthReport } from '../service/health-report.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, type Command, parseWords, report, UsageError } from './command.ts';

const RETRY_MS = 1000;

const healthCheck: Command = {
  name: 'health-check',
  usage: '[--wait SECONDS]',
  summary: 'write, read and log in on the running box; --wait tries until it can',
  run: async (args) => {
    const { values } = parseWords(args, { ...COMMON_OPTIONS, wait: { type: 'string' } });
    const seconds = values.wait === undefined ? 0 : Number(values.wait);
    if (!(seconds >= 0)) throw new UsageError('--wait takes a number of seconds');
    const result = await checkUntil(boxConfig(values).dataDir, seconds);
    report(values.json === true, result, () => [
      `healthy: version ${result.version} wrote and read in ${result.selfTestMs.toFixed(0)} ms, ` +
        `logged in and asked in ${result.loginMs.toFixed(0)} ms`,
    ]);
    return 0;
  },
};

/** The last fault when the time is over. */
async function checkUntil(dataDir: string, seconds: number): Promise<HealthCheckResult> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await checkHealth(dataDir);
    } catch (error) {
      if (performance.now() >= end) throw error;
    }
    await pause(RETRY_MS);
  }
}

const healthReport: Command = {
  name: 'health-report',
  usage: '[--json]',
  summary: 'gather what the running box says of itself into health.json, and name what is wrong',
  run: async (args) => {
    const { values } = parseWords(args, COMMON_OPTIONS);
    const madeAt = new Date(Number(systemClock.wallMicros() / 1000n)).toISOString();
    const made = await keepHealthReport(boxConfig(values).dataDir, madeAt);
    // The number is the journal's word for a warning.
    const lines = made.warnings.map((warning) => `<4>${warning.replaceAll('\n', ' ')}`);
    report(values.json === true, made.content, () => [...lines, `kept in ${made.path}`]);
    return made.isAlive ? 0 : 1;
  },
};

export const healthCommands: readonly Command[] = [healthCheck, healthReport];
