/**
 * The rows that were set aside, for the technician: listed, tried again, or given up.
 */
import type { Engine } from '../edge/engine/engine.ts';
import type { Catalog } from '../edge/sql/catalog/model.ts';
import { inWrite, readRows, runSystem, systemRows } from './engine-access.ts';
import { retryPulled } from './pull.ts';
import { type ApplyContext } from './shared-apply.ts';

/** One row that the other end, or this one, would not take. */
export interface RejectedRow {
  readonly id: number;
  /** push: the cloud refused it. pull: this box did. */
  readonly direction: 'push' | 'pull';
  readonly table: string;
  readonly merchant: string | null;
  readonly code: string;
  readonly reason: string;
  /** ISO time. */
  readonly since: string;
}

const LISTED_MAX = 10_000;
const MS_PER_SECOND = 1000;

/** Newest last. @param merchant only its rows, or null for all */
export async function listRejected(
  engine: Engine,
  catalog: Catalog,
  merchant: string | null,
): Promise<readonly RejectedRow[]> {
  const names = new Map([...catalog.tables.values()].map(({ oid, name }) => [BigInt(oid), name]));
  const rows = await readRows(
    engine,
    `SELECT id, direction, table_id, table_name, merchant, code, reason, since FROM helios_rejected
     WHERE ?1 IS NULL OR merchant = ?1 ORDER BY id LIMIT ${LISTED_MAX}`,
    [merchant],
  );
  return rows.map(([id, direction, tableId, tableName, owner, code, reason, since]) => ({
    id: Number(id),
    direction: direction === 'pull' ? 'pull' : 'push',
    table:
      tableName === '' ? (names.get(tableId as bigint) ?? `table ${tableId}`) : String(tableName),
    merchant: owner === null || owner === undefined ? null : String(owner),
    code: String(code),
    reason: String(reason),
    since: new Date(Number(since) * MS_PER_SECOND).toISOString(),
  }));
}

/**
 * Puts refused rows back into the queue, and tries refused changes again.
 * @param id one of them, or null for all
 * @returns how many were taken up
 */
export async function retryRejected(
  engine: Engine,
  context: ApplyContext,
  id: bigint | null,
): Promise<number> {
  const requeued = await inWrite(engine, (transaction) => {
    const which = `direction = 'push' AND code <> 'no_table' AND (?1 IS NULL OR id = ?1)`;
    // The commit number stays what it was: only a new change makes a new version.
    runSystem(
      transaction,
      `INSERT INTO helios_outbox (table_id, row_id, merchant, commit_no, op, queued_at)
       SELECT table_id, row_id, merchant, commit_no, op, since FROM helios_rejected WHERE ${which}
       ON CONFLICT (table_id, row_id) DO NOTHING`,
      [id],
    );
    return runSystem(transaction, `DELETE FROM helios_rejected WHERE ${which}`, [id]).changes;
  });
  const { applied, unchanged } = await retryPulled(engine, context, id);
  return Number(requeued) + applied + unchanged;
}

/** Gives up one row for good. @returns false when there is no such entry */
export async function discardRejected(engine: Engine, id: bigint): Promise<boolean> {
  return inWrite(engine, (transaction) => {
    const [row] = systemRows(transaction, 'SELECT 1 FROM helios_rejected WHERE id = ?1', [id]);
    if (row === undefined) return false;
    runSystem(transaction, 'DELETE FROM helios_rejected WHERE id = ?1', [id]);
    return true;
  });
}
