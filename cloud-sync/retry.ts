/**
 * How long to wait before the next attempt: exponential backoff with full jitter, so that a thousand
 * boxes behind one repaired line do not knock at the same moment. Pure; chance is handed in.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */

export interface BackoffSettings {
  /** Upper bound of the first pause. */
  readonly baseMs: number;
  /** Upper bound of every pause: how late a repaired link may be noticed. */
  readonly capMs: number;
  /** Lower bound, so that full jitter never becomes a busy loop. */
  readonly floorMs: number;
}

/** Largest power that is computed; beyond it every sensible cap has long been reached. */
const DOUBLINGS_MAX = 30;

/** Upper bound of the pause before attempt number `attempt` (0: the first retry). */
export function backoffCeilingMs(attempt: number, settings: BackoffSettings): number {
  const doublings = Math.min(Math.max(0, Math.trunc(attempt)), DOUBLINGS_MAX);
  const ceiling = Math.min(settings.capMs, settings.baseMs * 2 ** doublings);
  return Math.max(ceiling, settings.floorMs);
}

/**
 * The pause before a retry, between the floor and the ceiling of that attempt.
 * @param random in [0, 1), as `Math.random`
 */
export function backoffMs(attempt: number, random: number, settings: BackoffSettings): number {
  const ceiling = backoffCeilingMs(attempt, settings);
  return settings.floorMs + random * (ceiling - settings.floorMs);
}
