/**
 * What follows each statement that ended, well or not: the figures, the slow-query log, the audit log.
 */
import type { SessionContext } from './context.ts';
import { statementKind } from './session-meters.ts';

const SUCCESS = '00000';

/** Notes how a statement ended. @param tag of CommandComplete, null where it failed */
export function statementEnded(
  context: SessionContext,
  tag: string | null,
  sqlstate: string = SUCCESS,
): void {
  const { meters, slowQueries, audit, clock } = context.dependencies;
  const { source, begunMs } = context;
  const program = source?.plan.program ?? null;
  const nowMs = clock.monotonicMs();
  const tookMs = begunMs === null ? null : nowMs - begunMs;
  context.statementCount += 1;
  context.lastUseMs = nowMs;
  meters.ended(statementKind(program), sqlstate, tag !== null, tookMs);
  if (context.login.merchant !== null && program !== null && 'tables' in program) {
    meters.isolation.observe(context.analysisMs);
  }
  if (slowQueries !== null && tookMs !== null && tookMs >= slowQueries.thresholdMs) {
    meters.slowStatements += 1;
    slowQueries.note({
      merchant: context.login.merchant,
      user: context.login.user,
      text: source?.parsed?.text ?? null,
      tookMs,
      rows: rowsOf(tag, context),
      sqlstate,
      plan: context.analysisMs > 0 ? 'made' : 'known',
      ran: context.ranOnWorker ? 'worker' : 'main',
    });
  }
  context.endTiming();
  if (audit === null) return;
  const { user, merchant } = context.login;
  audit({ user, merchant, tag, sqlstate, tables: context.tables });
}

/** Rows of the tag: `INSERT 0 5`, `SELECT 3`. */
function rowsOf(tag: string | null, context: SessionContext): number {
  if (tag === null) return context.rows.written;
  const last = Number(tag.slice(tag.lastIndexOf(' ') + 1));
  return Number.isNaN(last) ? 0 : last;
}
