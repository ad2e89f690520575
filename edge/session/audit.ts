/**
 * Tells the audit log of each statement that ended.
 */
import type { SessionContext } from './context.ts';

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
