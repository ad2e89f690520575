/**
 * pg_stat_sync: how much of each synced table is not in the cloud yet. PostgreSQL has no such view; the name
 * follows its pg_stat_ family. A merchant sees the counts of its own rows.
 *
 * Counts come from the outbox, for merchants through a view of their own entries; what only the sync worker knows (the link,
 * the last success) comes through the SQL function `helios_sync_state`.
 */
import { OID } from '../../../types/oids.ts';
import type { ScalarFunction } from '../../../types/sql-function.ts';
import { quoteText } from '../layout.ts';
import { type SystemRelationDefinition, visibleTables } from './system-relation.ts';

const GUARD_VIEW = 'stat_sync$guard';

function queueText(filter: string): string {
  return (
    `SELECT table_id, 0 AS refused, queued_at FROM helios_outbox${filter} ` +
    `UNION ALL SELECT table_id, 1, NULL FROM helios_rejected${filter}`
  );
}

/**
 * Makes the merchants' view; the tables behind it are change capture's. The administrator reads
 * them directly: a view over every merchant's entries would be one that the authorizer must know of.
 */
export const STAT_SYNC_VIEWS: readonly string[] = [
  `CREATE VIEW IF NOT EXISTS "${GUARD_VIEW}" AS ${queueText(' WHERE merchant = helios_merchant()')}`,
];

export interface SyncLinkState {
  /** `up`, `down`, `paused` or `unknown`. */
  readonly link: string;
  /** Microseconds since 1970, or null. */
  readonly lastSuccessMicros: bigint | null;
  readonly lastError: string | null;
}

const UNKNOWN: SyncLinkState = { link: 'unknown', lastSuccessMicros: null, lastError: null };
/** Microseconds from 1970 to 2000, PostgreSQL's epoch. */
const EPOCH_OFFSET_MICROS = 946_684_800_000_000n;

/** Tells SQL of the sync worker, which is made after the engine. */
export class SyncStateSource {
  #provider: () => SyncLinkState = () => UNKNOWN;

  use(provider: () => SyncLinkState): void {
    this.#provider = provider;
  }

  /** For `FunctionLibrary.scalars` of the main instance. */
  functions(): readonly ScalarFunction[] {
    return [
      {
        name: 'helios_sync_state',
        argCount: 1,
        deterministic: false,
        invoke: ([field]) => {
          const { link, lastError, lastSuccessMicros } = this.#provider();
          if (field === 'link') return link;
          if (field === 'error') return lastError;
          return lastSuccessMicros === null ? null : lastSuccessMicros - EPOCH_OFFSET_MICROS;
        },
      },
    ];
  }
}

export const pgStatSync: SystemRelationDefinition = {
  schema: 'pg_catalog',
  name: 'pg_stat_sync',
  oid: 16_000,
  columns: [
    ['relid', OID.oid],
    ['relname', OID.name],
    ['mode', OID.text],
    ['unsynced', OID.int8],
    ['rejected', OID.int8],
    ['oldest_unsynced_seconds', OID.int8],
    ['link', OID.text],
    ['last_success', OID.timestamptz],
    ['last_error', OID.text],
  ],
  rows: (context) => {
    const synced = visibleTables(context).filter((table) => table.sync !== 'none');
    if (synced.length === 0) return [];
    const values = synced
      .map((table) => `(${table.oid}, ${quoteText(table.name)}, ${quoteText(table.sync)})`)
      .join(', ');
    const queue = context.role === 'admin' ? `(${queueText('')})` : `"${GUARD_VIEW}"`;
    return (
      'SELECT t.column1 AS relid, t.column2 AS relname, t.column3 AS mode, ' +
      'count(q.table_id) - coalesce(sum(q.refused), 0) AS unsynced, ' +
      'coalesce(sum(q.refused), 0) AS rejected, ' +
      'max(unixepoch() - min(q.queued_at), 0) AS oldest_unsynced_seconds, ' +
      "helios_sync_state('link') AS link, helios_sync_state('success') AS last_success, " +
      "helios_sync_state('error') AS last_error " +
      `FROM (VALUES ${values}) AS t LEFT JOIN ${queue} AS q ON q.table_id = t.column1 ` +
      'GROUP BY t.column1'
    );
  },
};
