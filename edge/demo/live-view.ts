/**
 * What the demo shows while it runs: one redrawn block on a terminal, plain lines elsewhere.
 */
import type { BoxStatus } from '../admin/operations.ts';
import { type Journal, quantile } from './journal.ts';

const MIB = 1024 * 1024;
const CLEAR_LINE = '\u001b[2K';

export interface LiveView {
  /** Draws the figures of the last second. */
  draw(status: BoxStatus | null, link: boolean): void;
  /** Writes a line that stays. */
  note(text: string): void;
}

export function liveView(journal: Journal, output: NodeJS.WriteStream): LiveView {
  let drawn = 0;
  let soldBefore = 0;
  let drawnAt = performance.now();
  const begun = drawnAt;
  const erase = (): void => {
    if (!output.isTTY) return;
    for (; drawn > 0; drawn--) output.write(`\u001b[1A${CLEAR_LINE}`);
  };
  return {
    draw: (status, link) => {
      const now = performance.now();
      const latencies = journal.takeLatencies();
      const sold = journal.acknowledged - soldBefore;
      const rate = (sold * 1000) / Math.max(1, now - drawnAt);
      soldBefore = journal.acknowledged;
      drawnAt = now;
      const lines = figures({
        status,
        link,
        rate,
        latencies,
        second: (now - begun) / 1000,
        sold: journal.acknowledged,
      });
      erase();
      if (output.isTTY) {
        output.write(`${lines.join('\n')}\n`);
        drawn = lines.length;
      } else {
        output.write(`${lines.join('  ')}\n`);
      }
    },
    note: (text) => {
      erase();
      output.write(`${text}\n`);
    },
  };
}

function figures(now: {
  readonly status: BoxStatus | null;
  readonly link: boolean;
  readonly rate: number;
  readonly latencies: readonly number[];
  readonly second: number;
  readonly sold: number;
}): readonly string[] {
  const { status, latencies } = now;
  const ms = (share: number): string => quantile(latencies, share).toFixed(1);
  return [
    `${now.second.toFixed(0).padStart(3)} s`,
    `sold ${now.sold} (${now.rate.toFixed(0)}/s)`,
    `latency p50 ${ms(0.5)} p99 ${ms(0.99)} ms`,
    `link ${now.link ? 'up' : 'CUT'}`,
    status === null
      ? 'box DOWN'
      : `unsynced ${status.sync.unsyncedRows}, file ${((status.databaseBytes + status.walBytes) / MIB).toFixed(1)} MiB, memory ${(status.residentBytes / MIB).toFixed(0)} MiB`,
  ];
}
