/** `helios-edge demo`: a whole trading day in a minute, and the reckoning at its end. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Journal } from '../demo/journal.ts';
import { ledgerLines } from '../demo/ledgers.ts';
import { liveView } from '../demo/live-view.ts';
import { Shop } from '../demo/shop.ts';
import { type DayReport, tradingDay } from '../demo/trading-day.ts';
import { parseWords, print, UsageError } from './command.ts';

const OPTIONS = {
  merchants: { type: 'string', default: '20' },
  terminals: { type: 'string', default: '100' },
  seconds: { type: 'string', default: '40' },
  pace: { type: 'string', default: '1000' },
  seed: { type: 'string', default: '1' },
  port: { type: 'string', default: '5432' },
  'data-dir': { type: 'string' },
  keep: { type: 'boolean', default: false },
} as const;

/** Returns 1 when any ledger differs or a row did not reach the cloud. */
export async function demo(args: readonly string[]): Promise<number> {
  const { values } = parseWords(args, OPTIONS);
  const begun = performance.now();
  const home = values['data-dir'] ?? mkdtempSync(join(tmpdir(), 'helios-demo-'));
  const keepFiles = values['data-dir'] !== undefined;
  print(`seed ${values.seed}; opening the shop in ${resolve(home)}`);
  const shop = await Shop.open({
    dataDir: resolve(home),
    port: count('port', values.port),
    merchants: count('merchants', values.merchants),
  });
  try {
    print(`box on 127.0.0.1:${shop.port}, cloud receiver on ${shop.receiverUrl}`);
    const journal = new Journal(join(tmpdir(), `helios-journal-${process.pid}.ndjson`));
    const report = await tradingDay(shop, journal, liveView(journal, process.stdout), {
      terminals: count('terminals', values.terminals),
      seconds: count('seconds', values.seconds),
      seed: count('seed', values.seed),
      paceMs: count('pace', values.pace),
    });
    const agreed = conclude(report, (performance.now() - begun) / 1000);
    if (values.keep) await keepOpen(shop);
    return agreed ? 0 : 1;
  } finally {
    await shop.close(keepFiles);
  }
}

function conclude(report: DayReport, seconds: number): boolean {
  print('');
  for (const line of ledgerLines(report.ledgers)) print(line);
  const agreed = report.drained && report.ledgers.every((row) => row.agrees);
  print('');
  print(
    `${report.sold} sales acknowledged; ${report.repeats} repeated, ${report.reconnects} reconnections`,
  );
  if (!report.drained) print('not every row reached the cloud in time');
  print(
    agreed
      ? `every ledger agrees: ${report.ledgers.length} merchants, to the cent (${seconds.toFixed(0)} s)`
      : 'THE LEDGERS DIFFER',
  );
  return agreed;
}

async function keepOpen(shop: Shop): Promise<void> {
  const line = (user: string, key: string): string =>
    `PGPASSWORD=${key} psql "host=127.0.0.1 port=${shop.port} user=${user} dbname=pos sslmode=require"`;
  print('\nThe shop stays open (Ctrl-C closes it). Two merchants and the administrator:');
  for (const merchant of shop.merchants.slice(0, 2)) print(`  ${line(merchant.id, merchant.key)}`);
  print(`  ${line('admin', shop.adminKey)}`);
  await new Promise<void>((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
  });
}

function count(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) {
    throw new UsageError(`--${name} takes a whole number, not "${value}"`);
  }
  return number;
}
