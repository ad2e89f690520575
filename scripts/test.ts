/**
 * Runs every suite with its time budget and prints one closing line: `N passed, N failed`.
 *
 * A suite over its budget is reported, not failed: machines differ, and a time never decides a result.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startReferencePostgres } from './reference-postgres.ts';

interface Suite {
  readonly name: string;
  readonly budgetSeconds: number;
  /** A command whose exit code is the result, or a folder of tests for vitest. */
  readonly command?: readonly string[];
  readonly folders?: readonly string[];
  readonly exclude?: readonly string[];
}

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const NODE = process.execPath;
const VITEST = 'node_modules/vitest/vitest.mjs';
const OWN_SUITES = ['conformance', 'isolation', 'faults', 'offline', 'binary', 'console', 'image'];

const SUITES: readonly Suite[] = [
  {
    name: 'types',
    budgetSeconds: 60,
    command: [NODE, 'node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'],
  },
  {
    // The console's own: it runs in a browser, and knows no Node.
    name: 'types',
    budgetSeconds: 60,
    command: [NODE, 'node_modules/typescript/bin/tsc', '--noEmit', '-p', 'edge/admin/console'],
  },
  {
    name: 'format',
    budgetSeconds: 30,
    command: ['node_modules/.bin/biome', 'check', '--error-on-warnings', '.'],
  },
  {
    name: 'lint',
    budgetSeconds: 60,
    command: [
      'node_modules/.bin/oxlint',
      '--type-aware',
      '--deny-warnings',
      '--tsconfig',
      'tsconfig.json',
      'edge',
      'cloud-sync',
      'scripts',
      'test',
    ],
  },
  { name: 'dead code', budgetSeconds: 60, command: [NODE, 'node_modules/knip/bin/knip.js'] },
  {
    name: 'unit',
    budgetSeconds: 900,
    folders: ['test'],
    exclude: OWN_SUITES.map((name) => `test/${name}/**`),
  },
  { name: 'conformance', budgetSeconds: 180, folders: ['test/conformance'] },
  { name: 'isolation', budgetSeconds: 180, folders: ['test/isolation'] },
  { name: 'faults', budgetSeconds: 180, folders: ['test/faults'] },
  { name: 'build', budgetSeconds: 60, command: [NODE, 'scripts/build.ts', '--host'] },
  { name: 'console', budgetSeconds: 120, folders: ['test/console'] },
  { name: 'binary', budgetSeconds: 420, folders: ['test/binary'] },
  { name: 'offline', budgetSeconds: 900, folders: ['test/offline'] },
  { name: 'image', budgetSeconds: 600, folders: ['test/image'] },
];

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `no suite ${unknown.join(', ')}; known: ${SUITES.map((suite) => suite.name).join(', ')}\n`,
    );
    process.exit(2);
  }
  const reference = await startReferencePostgres();
  // An interrupted run leaves no server behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      reference?.stop();
      process.exit(130);
    });
  }
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  try {
    for (const suite of SUITES) {
      if (chosen.length > 0 && !chosen.includes(suite.name)) continue;
      process.stdout.write(`\n== ${suite.name}\n`);
      const begun = performance.now();
      const count = await runSuite(suite, reference?.url);
      const seconds = (performance.now() - begun) / 1000;
      total.passed += count.passed;
      total.failed += count.failed;
      total.skipped += count.skipped;
      lines.push(describe(suite, count, seconds));
    }
  } finally {
    reference?.stop();
  }
  process.stdout.write(`\n${lines.join('\n')}\n\n`);
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

function describe(suite: Suite, count: Count, seconds: number): string {
  const over = seconds > suite.budgetSeconds ? '  OVER BUDGET' : '';
  const time = `${seconds.toFixed(0)} s of ${suite.budgetSeconds} s`;
  return `${suite.name.padEnd(12)} ${time.padStart(16)}   ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped${over}`;
}

async function runSuite(suite: Suite, referenceUrl: string | undefined): Promise<Count> {
  const environment = {
    ...process.env,
    ...(referenceUrl === undefined ? {} : { HELIOS_PG_URL: referenceUrl }),
  };
  if (suite.command !== undefined) {
    const code = await run(suite.command, environment);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  }
  const directory = mkdtempSync(join(tmpdir(), 'helios-suite-'));
  const report = join(directory, 'report.json');
  try {
    const exclude = (suite.exclude ?? []).flatMap((pattern) => ['--exclude', pattern]);
    const folders = (suite.folders ?? []).map((folder) => `${folder}/`);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`];
    const code = await run(
      [NODE, VITEST, 'run', ...folders, ...exclude, ...reporters],
      environment,
    );
    return readReport(report, code);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A runner that failed without a failed test (a file that does not load) still counts as a failure. */
function readReport(path: string, code: number): Count {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>;
    const failed = report['numFailedTests'] ?? 0;
    return {
      passed: report['numPassedTests'] ?? 0,
      failed: failed === 0 && code !== 0 ? 1 : failed,
      skipped: (report['numPendingTests'] ?? 0) + (report['numTodoTests'] ?? 0),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function run(command: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const [program = '', ...args] = command;
  return new Promise((done) => {
    const child = spawn(resolveProgram(program), args, { stdio: 'inherit', env: environment });
    child.on('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      done(127);
    });
    child.on('exit', (code) => done(code ?? 1));
  });
}

function resolveProgram(program: string): string {
  return program.includes('/') ? resolve(program) : program;
}

await main();
