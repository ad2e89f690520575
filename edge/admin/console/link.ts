/**
 * Whether the box answers, since when it does not, how far its clock is from this device's, and whether we
 * are logged in. Every request reports here; nothing else decides it.
 *
 * A request that is refused (400, 401, 500) was answered: the box is there.
 */
import { Cell } from './cell.ts';

export interface Link {
  /** null: nothing was asked yet. */
  readonly isUp: boolean | null;
  /** This device's clock, milliseconds since 1970; null: it never answered. */
  readonly lastHeardMs: number | null;
  /** When the first request failed after the last that did not; null while it answers. */
  readonly downSinceMs: number | null;
}

/** What the `Date` headers tell: the box's clock less ours. */
export interface ClockReading {
  readonly offsetMs: number;
  /** The true offset lies within this of `offsetMs`. */
  readonly toleranceMs: number;
  readonly readAtMs: number;
}

export type Session = 'unknown' | 'in' | 'out';

export const link = new Cell<Link>({ isUp: null, lastHeardMs: null, downSinceMs: null });
export const clockReading = new Cell<ClockReading | null>(null);
export const session = new Cell<Session>('unknown');

/** The header has whole seconds: on the average the box was half a second further. */
const HEADER_RESOLUTION_MS = 1000;
/** An old reading, however exact, gives way to a new one after this long. */
const READING_AGE_MS_MAX = 60_000;

export function heard(): void {
  link.set({ isUp: true, lastHeardMs: Date.now(), downSinceMs: null });
}

export function unheard(): void {
  const { lastHeardMs, downSinceMs } = link.value;
  link.set({ isUp: false, lastHeardMs, downSinceMs: downSinceMs ?? Date.now() });
}

/** Keeps the tightest reading of the last minute. */
export function noteDate(header: string | null, askedMs: number, answeredMs: number): void {
  const boxMs = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(boxMs)) return;
  const toleranceMs = (answeredMs - askedMs + HEADER_RESOLUTION_MS) / 2;
  const offsetMs = boxMs + HEADER_RESOLUTION_MS / 2 - (askedMs + answeredMs) / 2;
  const kept = clockReading.value;
  const isKeptGood =
    kept !== null &&
    kept.toleranceMs <= toleranceMs &&
    answeredMs - kept.readAtMs < READING_AGE_MS_MAX &&
    Math.abs(kept.offsetMs - offsetMs) <= kept.toleranceMs + toleranceMs;
  if (!isKeptGood) clockReading.set({ offsetMs, toleranceMs, readAtMs: answeredMs });
}
