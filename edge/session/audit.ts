/**
 * Who did what, for the audit log: one entry for each statement that ended, never its text or values, so
 * that the log may be handed on.
 */
import type { SessionContext } from './context.ts';

export interface AuditEntry {
  readonly user: string;
  /** null for the administrator. */
  readonly merchant: string | null;
  /** CommandComplete tag, or null where it failed. */
  readonly tag: string | null;
  readonly sqlstate: string;
  /** Base tables that the statement named. */
  readonly tables: readonly string[];
}

export type Audit = (entry: AuditEntry) => void;

const SUCCESS = '00000';

/** Notes how a statement ended, where the box keeps an audit log. */
export function auditStatement(
  context: SessionContext,
  tag: string | null,
  sqlstate: string = SUCCESS,
): void {
  const { audit } = context.dependencies;
  if (audit === null) return;
  const { user, merchant } = context.login;
  audit({ user, merchant, tag, sqlstate, tables: context.tables });
}
