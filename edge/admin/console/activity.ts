/**
 * Live sales: what the box tells once a second about written rows, kept for the last minute.
 *
 * It counts what arrives while the page is open; it is no record. A second in which the stream was broken
 * counts as empty.
 */
import { Cell } from './cell.ts';
import { link, session } from './link.ts';

/** Rows that a merchant's terminals wrote to one table within one second. */
export interface Written {
  /** null: the administrator, or more merchants than the box tells apart. */
  readonly merchant: string | null;
  /** null: more tables than the box tells apart. */
  readonly table: string | null;
  readonly statements: number;
  readonly rows: number;
}

export interface Told extends Written {
  readonly atMs: number;
  readonly number: number;
}

export interface Activity {
  /** `refused`: the box answers, but does not tell (it may come to). */
  readonly stream: 'closed' | 'open' | 'broken' | 'refused';
  /** Newest first. */
  readonly told: readonly Told[];
  /** Rows by merchant, one number for each of the last seconds, oldest first. */
  readonly rowsByMerchant: ReadonlyMap<string, readonly number[]>;
}

/** No merchant's id holds a slash. */
export const OTHERS = '/others';
export const SECONDS_SHOWN = 60;
const LINES_MAX = 40;
const REOPEN_MS = 3_000;
const SECOND_MS = 1_000;

export const activity = new Cell<Activity>({
  stream: 'closed',
  told: [],
  rowsByMerchant: new Map(),
});

const seconds = new Map<string, Map<number, number>>();
let told: readonly Told[] = [];
let numbered = 0;
let stream: Activity['stream'] = 'closed';

/** Takes in what one message says. */
export function tell(written: readonly Written[], nowMs: number): void {
  const second = Math.floor(nowMs / SECOND_MS);
  const fresh: Told[] = [];
  for (const entry of written) {
    const name = entry.merchant ?? OTHERS;
    const merchant = seconds.get(name) ?? new Map<number, number>();
    seconds.set(name, merchant);
    merchant.set(second, (merchant.get(second) ?? 0) + entry.rows);
    numbered += 1;
    fresh.push({ ...entry, atMs: nowMs, number: numbered });
  }
  told = [...fresh.reverse(), ...told].slice(0, LINES_MAX);
}

/** Moves the minute on. */
function draw(nowMs: number): void {
  const last = Math.floor(nowMs / SECOND_MS);
  const rows = new Map<string, readonly number[]>();
  for (const [merchant, bySecond] of seconds) {
    for (const second of bySecond.keys()) {
      if (second <= last - SECONDS_SHOWN) bySecond.delete(second);
    }
    const bars = Array.from(
      { length: SECONDS_SHOWN },
      (_, index) => bySecond.get(last - SECONDS_SHOWN + 1 + index) ?? 0,
    );
    rows.set(merchant, bars);
  }
  activity.set({ stream, told, rowsByMerchant: rows });
}

function isWritten(value: unknown): value is Written {
  return (
    typeof value === 'object' && value !== null && 'rows' in value && typeof value.rows === 'number'
  );
}

function hear(data: string): void {
  const message: unknown = JSON.parse(data);
  const entries = Array.isArray(message) ? message : [message];
  tell(entries.filter(isWritten), Date.now());
  draw(Date.now());
}

/**
 * Listens until the returned function is called. A broken stream is opened again, and so is one that may be dead
 * without knowing it: the box was away, or the phone slept.
 */
export function listen(): () => void {
  let source: EventSource | null = null;
  let reopen: ReturnType<typeof setTimeout> | undefined;
  let wasUp = link.value.isUp;
  const close = (): void => {
    source?.close();
    clearTimeout(reopen);
  };
  const open = (): void => {
    close();
    if (session.value === 'out' || document.hidden) return;
    source = new EventSource('/api/v1/activity');
    source.addEventListener('open', () => tellStream('open'));
    source.addEventListener('message', (event: MessageEvent<string>) => hear(event.data));
    source.addEventListener('error', () => {
      // The browser tries again by itself unless the box refused.
      const isRefused = source?.readyState === EventSource.CLOSED;
      tellStream(isRefused ? 'refused' : 'broken');
      if (isRefused) reopen = setTimeout(open, REOPEN_MS);
    });
  };
  const unwatch = link.watch(() => {
    const { isUp } = link.value;
    if (isUp === true && wasUp === false) open();
    wasUp = isUp;
  });
  document.addEventListener('visibilitychange', open);
  const clock = setInterval(() => draw(Date.now()), SECOND_MS);
  open();
  return () => {
    close();
    unwatch();
    clearInterval(clock);
    document.removeEventListener('visibilitychange', open);
    stream = 'closed';
  };
}

function tellStream(state: Activity['stream']): void {
  stream = state;
  draw(Date.now());
}
