/**
 * Seeded runs of the harness, and the mutant that must fail it. HELIOS_OFFLINE_RUNS and
 * HELIOS_OFFLINE_SEED choose how many and from which seed; the seeds are printed.
 */
import { describe, expect, test } from 'vitest';
import { WireClient } from '../support/wire-client.ts';
import { harnessRun, type RunReport } from './harness.ts';

const RUNS = Number(process.env['HELIOS_OFFLINE_RUNS'] ?? 20);
const FIRST_SEED = Number(process.env['HELIOS_OFFLINE_SEED'] ?? 1);
const REFERENCE = process.env['HELIOS_PG_URL'];
const RUN_MS_MAX = 180_000;
/** A mutant that survives this many seeds is not caught. */
const MUTANT_TRIES = 5;

/** A fresh database of the reference cluster for the cloud, or PGlite where there is none. */
async function cloudDatabase(name: string): Promise<string | undefined> {
  if (REFERENCE === undefined) return undefined;
  const url = new URL(REFERENCE);
  const server = await WireClient.connect({
    host: url.hostname,
    port: Number(url.port),
    user: url.username,
    database: 'postgres',
  });
  const database = `offline_${name}_${Date.now()}`;
  await server.rows(`CREATE DATABASE ${database}`);
  server.end();
  url.pathname = `/${database}`;
  return url.href;
}

function tell(report: RunReport): void {
  process.stdout.write(
    `offline: seed ${report.seed} ${report.disk}: ${report.acknowledged} acknowledged of ${report.attempted}, ${report.inCloud} in the cloud, ${report.kills} kills [${report.script.join(' ')}] ${report.violations.length === 0 ? 'holds' : 'VIOLATED'}\n`,
  );
}

describe('every acknowledged sale is in the cloud exactly once', () => {
  const seeds = Array.from({ length: RUNS }, (_, index) => FIRST_SEED + index);
  test.each(seeds)(
    'seed %i',
    async (seed) => {
      const disk = seed % 2 === 0 ? 'durable' : 'volatile';
      const report = await harnessRun({ seed, disk, databaseUrl: await cloudDatabase(`s${seed}`) });
      tell(report);
      expect(report.violations).toEqual([]);
      expect(report.acknowledged).toBeGreaterThan(0);
    },
    RUN_MS_MAX,
  );

  test(
    'holds with the embedded receiver',
    async () => {
      const report = await harnessRun({ seed: 1_000, disk: 'volatile', events: 3 });
      tell(report);
      expect(report.violations).toEqual([]);
    },
    RUN_MS_MAX,
  );
});

describe('the mutant whose fdatasync does nothing', () => {
  test(
    'is caught: it loses an acknowledged sale',
    async () => {
      for (let seed = 1; seed <= MUTANT_TRIES; seed++) {
        const databaseUrl = await cloudDatabase(`m${seed}`);
        const outcome = await harnessRun({ seed, disk: 'volatile-nosync', databaseUrl }).then(
          (report) => report.violations.length > 0,
          // A file that lost its bytes may not open again: that is being caught too.
          (error: unknown) => {
            if (String(error).includes('the box ended before it was ready')) return true;
            throw error;
          },
        );
        if (outcome) return;
      }
      expect.fail('no seed showed the missing sync');
    },
    RUN_MS_MAX * 2,
  );
});
