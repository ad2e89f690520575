/**
 * Who did what, for the audit log: one entry for each statement that ended, never its text or values, so
 * that the log may be handed on.
 */
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
