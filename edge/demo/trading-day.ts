/**
 * One trading day, compressed: terminals sell, the link is cut for a part of it, the plug is pulled in
 * the middle of that, and at the end every sale that a terminal was told of is looked for.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Journal } from './journal.ts';
import { type LedgerRow, readLedgers } from './ledgers.ts';
import type { LiveView } from './live-view.ts';
import { seededRandom } from './random.ts';
import type { Shop } from './shop.ts';
import { runTerminal, type TerminalReport } from './terminal.ts';

const DRAW_MS = 1000;
const DARK_MS = 1500;
const DRAIN_MS_MAX = 60_000;

/** What happens when, as shares of the day. */
const TIMETABLE = { cut: 0.3, plug: 0.5, mend: 0.7 } as const;

export interface DayOptions {
  readonly terminals: number;
  readonly seconds: number;
  readonly seed: number;
  /** Mean pause between two sales of one terminal, milliseconds, at the quietest hour. */
  readonly paceMs: number;
}

export interface DayReport {
  readonly ledgers: readonly LedgerRow[];
  readonly sold: number;
  readonly repeats: number;
  readonly reconnects: number;
  readonly drained: boolean;
}

export async function tradingDay(
  shop: Shop,
  journal: Journal,
  view: LiveView,
  options: DayOptions,
): Promise<DayReport> {
  const closing = new AbortController();
  const begun = performance.now();
  const share = (): number => (performance.now() - begun) / (options.seconds * 1000);
  const terminals = openTerminals(shop, journal, options, share, closing.signal);
  const drawing = keepDrawing(shop, view, closing.signal);
  await playTimetable(shop, view, options.seconds * 1000);
  closing.abort();
  const reports = await Promise.all(terminals);
  await drawing;
  view.note('closing time: sending what is left to the cloud');
  const drained = await shop.drained(DRAIN_MS_MAX);
  view.draw(await shop.status(), shop.link.up);
  return {
    ledgers: await readLedgers(shop, journal),
    sold: journal.acknowledged,
    repeats: sum(reports, 'repeats'),
    reconnects: sum(reports, 'reconnects'),
    drained,
  };
}

function openTerminals(
  shop: Shop,
  journal: Journal,
  options: DayOptions,
  share: () => number,
  signal: AbortSignal,
): readonly Promise<TerminalReport>[] {
  return Array.from({ length: options.terminals }, (_, number) => {
    const merchant = shop.merchants[number % shop.merchants.length];
    if (merchant === undefined) throw new Error('the shop has no merchants');
    return runTerminal({
      name: `t${String(number + 1).padStart(3, '0')}`,
      merchant: merchant.id,
      key: merchant.key,
      port: shop.port,
      journal,
      random: seededRandom(options.seed * 1_000 + number),
      pace: () => options.paceMs / rush(share()),
      signal,
    });
  });
}

/** A shop is busy at noon and in the evening. Share of the day to a factor from 1 to 3. */
function rush(share: number): number {
  return 2 + Math.sin(share * Math.PI * 4);
}

async function playTimetable(shop: Shop, view: LiveView, dayMs: number): Promise<void> {
  await pause(dayMs * TIMETABLE.cut);
  shop.link.cut();
  view.note('the link to the cloud is cut');
  await pause(dayMs * (TIMETABLE.plug - TIMETABLE.cut));
  await shop.pullPlug();
  view.note('the plug is pulled');
  await pause(DARK_MS);
  await shop.plugIn();
  view.note('power is back, and the box is ready');
  await pause(Math.max(0, dayMs * (TIMETABLE.mend - TIMETABLE.plug) - DARK_MS));
  shop.link.mend();
  view.note('the link is back');
  await pause(dayMs * (1 - TIMETABLE.mend));
}

async function keepDrawing(shop: Shop, view: LiveView, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(DRAW_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) view.draw(await shop.status(), shop.link.up);
  }
}

function sum(reports: readonly TerminalReport[], field: keyof TerminalReport): number {
  return reports.reduce((total, report) => total + report[field], 0);
}
