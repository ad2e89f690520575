/**
 * How much is not in the cloud yet, by table: what `pg_stat_sync` shows. A merchant sees its own counts.
 */
import type { Engine } from '../edge/engine/engine.ts';
import type { Catalog } from '../edge/sql/catalog/model.ts';
import { readRows } from './engine-access.ts';

/** One row of `pg_stat_sync`. */
export interface StatSyncRow {
  readonly relname: string;
  /** `push` or `both`. */
  readonly mode: string;
  readonly unsynced: bigint;
  readonly rejected: bigint;
  /** Seconds since the oldest unsynced change was made, or null. */
  readonly oldestUnsyncedSeconds: number | null;
  readonly link: string;
  /** Microseconds since 1970, or null. */
  readonly lastSuccessMicros: bigint | null;
  readonly lastError: string | null;
}

/** What the outbox holds of one table. */
export interface QueueCount {
  readonly tableId: bigint;
  readonly unsynced: bigint;
  readonly rejected: bigint;
  /** Seconds since 1970, or null. */
  readonly oldest: bigint | null;
}

/** Counts by table. @param merchant only its rows, or null for all */
export async function countQueues(
  engine: Engine,
  merchant: string | null,
): Promise<readonly QueueCount[]> {
  const queued = await readRows(
    engine,
    `SELECT table_id, count(*), min(queued_at) FROM helios_outbox
     WHERE ?1 IS NULL OR merchant = ?1 GROUP BY table_id`,
    [merchant],
  );
  const refused = await readRows(
    engine,
    `SELECT table_id, count(*) FROM helios_rejected WHERE ?1 IS NULL OR merchant = ?1 GROUP BY table_id`,
    [merchant],
  );
  const counts = new Map<bigint, QueueCount>();
  for (const [tableId, count, oldest] of queued) {
    const id = tableId as bigint;
    counts.set(id, {
      tableId: id,
      unsynced: count as bigint,
      rejected: 0n,
      oldest: oldest as bigint,
    });
  }
  for (const [tableId, count] of refused) {
    const id = tableId as bigint;
    const known = counts.get(id) ?? { tableId: id, unsynced: 0n, rejected: 0n, oldest: null };
    counts.set(id, { ...known, rejected: count as bigint });
  }
  return [...counts.values()];
}

/** What of the worker's state each row repeats. */
export interface LinkState {
  readonly link: string;
  readonly lastSuccessMicros: bigint | null;
  readonly lastError: string | null;
  readonly nowSeconds: bigint;
}

/** One row for each synced table. */
export async function statSyncRows(
  engine: Engine,
  catalog: Catalog,
  link: LinkState,
  merchant: string | null,
): Promise<readonly StatSyncRow[]> {
  const counts = new Map(
    (await countQueues(engine, merchant)).map((count) => [count.tableId, count]),
  );
  const rows: StatSyncRow[] = [];
  for (const table of catalog.tables.values()) {
    if (table.sync === 'none') continue;
    const count = counts.get(BigInt(table.oid));
    const oldest = count?.oldest ?? null;
    rows.push({
      relname: table.name,
      mode: table.sync,
      unsynced: count?.unsynced ?? 0n,
      rejected: count?.rejected ?? 0n,
      oldestUnsyncedSeconds: oldest === null ? null : ageSeconds(link.nowSeconds, oldest),
      link: link.link,
      lastSuccessMicros: link.lastSuccessMicros,
      lastError: link.lastError,
    });
  }
  return rows;
}

/** Never negative: the wall may have been set back. */
export function ageSeconds(now: bigint, then: bigint): number {
  return now > then ? Number(now - then) : 0;
}
