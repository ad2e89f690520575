/**
 * The session values under which the box runs its own statements: no merchant, role `system`.
 */
import type { Interrupt } from '../../engine/engine.ts';
import type { SessionValues } from '../../types/session-values.ts';

const SYSTEM: SessionValues = {
  merchant: null,
  role: 'system',
  user: 'system',
  database: 'pos',
  timeZone: 'UTC',
  applicationName: '',
  searchPath: 'public',
  backendPid: 0,
  transactionTimestamp: 0n,
  statementTimestamp: 0n,
  settings: {},
};

/** Values for the box's own statements; none of them reads the time. */
export function systemSession(): SessionValues {
  return SYSTEM;
}

/** No deadline and no signal: for statements that must run to their end. */
export const forEver: Interrupt = { deadlineMs: null, signal: null };
