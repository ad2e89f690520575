/**
 * The one line that a shopkeeper wants: does the shop sell? In plain words, the gravest thing first.
 *
 * Whether it sells depends on this box alone, never on the cloud: a link that is down is worth a line, not
 * an alarm.
 */
import type { BoxStatus } from '../operations.ts';
import { counted, duration } from './format.ts';

export interface ShopState {
  readonly tone: 'good' | 'warn' | 'bad' | 'unknown';
  readonly line: string;
  readonly details: readonly string[];
}

/** What a doctor's finding contributes. */
export interface Concern {
  readonly isCritical: boolean;
  readonly title: string;
}

export function shopState(
  status: BoxStatus,
  concerns: readonly Concern[],
  terminals: number | null,
  nowMs: number,
): ShopState {
  const details = [connectedText(status, terminals)];
  if (!status.ready) {
    return { tone: 'bad', line: 'Not selling: the box is starting or stopping', details };
  }
  if (status.merchants === 0) {
    const line = 'Not selling yet: no merchant is set up';
    return { tone: 'warn', line, details: ['Add one under “Merchants”.'] };
  }
  if (!status.sync.enabled) details.push('This box sends nothing to a cloud.');
  const words = (isCritical: boolean): readonly string[] =>
    concerns
      .filter((concern) => concern.isCritical === isCritical)
      .map(({ title }) => sentence(title));
  const critical = words(true);
  const [first, ...others] = [...critical, ...cloudNotes(status, nowMs), ...words(false)];
  if (first === undefined) return { tone: 'good', line: 'Selling normally', details };
  return {
    tone: critical.length > 0 ? 'bad' : 'warn',
    line: critical.length > 0 ? `Selling, but act now: ${first}` : `Selling; ${first}`,
    details: [...others.map(capital), ...details],
  };
}

function connectedText(status: BoxStatus, terminals: number | null): string {
  const connected = terminals ?? status.connections;
  if (connected === 0) return 'No terminal is connected now.';
  return `${counted(connected, 'terminal')} connected now.`;
}

function cloudNotes({ sync }: BoxStatus, nowMs: number): readonly string[] {
  if (!sync.enabled) return [];
  const notes: string[] = [];
  const waiting = counted(sync.unsyncedRows, 'row');
  const wait = sync.unsyncedRows === 1 ? 'waits' : 'wait';
  if (sync.paused) {
    notes.push(`sending to the cloud is paused, ${waiting} ${wait}`);
  } else if (sync.link === 'down') {
    notes.push(`cloud link down${downFor(sync, nowMs)}, ${waiting} ${wait}`);
  }
  if (sync.rejectedRows > 0) {
    notes.push(`the cloud refused ${counted(sync.rejectedRows, 'row')}`);
  }
  return notes;
}

/** Since the last success; a box that never reached its cloud says so. */
function downFor({ lastSuccess }: BoxStatus['sync'], nowMs: number): string {
  if (lastSuccess === null) return ' since the box started';
  return ` for ${duration((nowMs - Date.parse(lastSuccess)) / 1000)}`;
}

/** As the middle of a sentence: an ordinary first word loses its capital, an abbreviation keeps it. */
function sentence(title: string): string {
  const text = title.replace(/\.$/, '');
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
