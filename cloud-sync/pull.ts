/**
 * The box's side of hearing from the cloud: where it stands in the cloud's sequence of changes, what it asks
 * for, and the application of what comes.
 *
 * The position is kept in the file and moves in the transaction that applies the changes. It goes
 * back to the beginning when the box would see more than before: another merchant, another shared table or
 * column. Hearing a change twice does nothing.
 */
import { createHash } from 'node:crypto';
import type { Engine } from '../edge/engine/engine.ts';
import { quoteName } from '../edge/sql/catalog/layout.ts';
import type { Catalog } from '../edge/sql/catalog/model.ts';
import { decodeChange } from './answer-codec.ts';
import { travellingColumns } from './capture.ts';
import { inWrite, readRows, runSystem, systemRows } from './engine-access.ts';
import type { PullAnswer, PulledChange, PullRequest } from './protocol.ts';
import { type ApplyContext, type ApplyResult, applyChanges } from './shared-apply.ts';
import { SYNC_LIMITS } from './sync-limits.ts';

const CURSOR_STATE = 'pull_cursor';
const SCOPE_STATE = 'pull_scope';
/** Changes of one write transaction: tills wait for the lock no longer than this many rows take. */
const ROWS_PER_TRANSACTION = 50;
const RETRIES_PER_PASS = 200;

export interface PullPlan {
  readonly request: PullRequest;
  readonly scope: string;
}

/** Merchants of this box, from its own table; null where it has none. */
async function ownMerchants(engine: Engine, catalog: Catalog): Promise<readonly string[] | null> {
  const table = [...catalog.tables.values()].find(({ builtin }) => builtin === 'merchants');
  if (table?.tenantColumn === undefined || table.tenantColumn === null) return null;
  const column = quoteName(table.tenantColumn);
  const rows = await readRows(
    engine,
    `SELECT ${column} FROM ${quoteName(table.baseName)} ORDER BY ${column}`,
  );
  return rows.map(([id]) => String(id));
}

async function readState(engine: Engine): Promise<ReadonlyMap<string, string>> {
  const rows = await readRows(
    engine,
    'SELECT name, value FROM helios_sync_state WHERE name IN (?1, ?2)',
    [CURSOR_STATE, SCOPE_STATE],
  );
  return new Map(rows.map(([name, value]) => [String(name), String(value)]));
}

/** What to ask for next, or null when no table is shared. */
export async function planPull(engine: Engine, catalog: Catalog): Promise<PullPlan | null> {
  const shared = [...catalog.tables.values()].filter(({ sync }) => sync === 'both');
  if (shared.length === 0) return null;
  const merchants = await ownMerchants(engine, catalog);
  const shape = shared.map((table) => [
    table.name,
    table.oid,
    travellingColumns(table).map(({ name, type }) => [name, type.oid, type.typmod]),
  ]);
  const scope = createHash('sha256')
    .update(JSON.stringify([merchants, shape]))
    .digest('hex');
  const state = await readState(engine);
  const cursor = state.get(SCOPE_STATE) === scope ? (state.get(CURSOR_STATE) ?? '0') : '0';
  const request: PullRequest = {
    cursor,
    tables: shared.map(({ name }) => name),
    merchants,
    rowsMax: SYNC_LIMITS.pullRowsMax,
  };
  return { request, scope };
}

function addResults(left: ApplyResult, right: ApplyResult): ApplyResult {
  return {
    applied: left.applied + right.applied,
    unchanged: left.unchanged + right.unchanged,
    rejected: left.rejected + right.rejected,
  };
}

const NOTHING: ApplyResult = { applied: 0, unchanged: 0, rejected: 0 };

/** Applies an answer's changes and moves the cursor behind them. */
export async function takeChanges(
  engine: Engine,
  context: ApplyContext,
  scope: string,
  answer: PullAnswer,
): Promise<ApplyResult> {
  let total = NOTHING;
  const { changes } = answer;
  for (let start = 0; start < changes.length; start += ROWS_PER_TRANSACTION) {
    const part = changes.slice(start, start + ROWS_PER_TRANSACTION);
    const result = await inWrite(engine, (transaction) => applyChanges(transaction, context, part));
    total = addResults(total, result);
  }
  const state = await readState(engine);
  if (state.get(CURSOR_STATE) !== answer.cursor || state.get(SCOPE_STATE) !== scope) {
    await inWrite(engine, (transaction) => {
      for (const [name, value] of [
        [CURSOR_STATE, answer.cursor],
        [SCOPE_STATE, scope],
      ] as const) {
        runSystem(
          transaction,
          'INSERT OR REPLACE INTO helios_sync_state (name, value) VALUES (?1, ?2)',
          [name, value],
        );
      }
    });
  }
  return total;
}

/**
 * Tries changes again that were set aside: what was missing for them may have come since.
 * @param id one of them, or null for all (up to a bound)
 */
export async function retryPulled(
  engine: Engine,
  context: ApplyContext,
  id: bigint | null,
): Promise<ApplyResult> {
  return inWrite(engine, (transaction) => {
    const rows = systemRows(
      transaction,
      `SELECT detail FROM helios_rejected WHERE direction = 'pull' AND (?1 IS NULL OR id = ?1)
       ORDER BY id LIMIT ${RETRIES_PER_PASS}`,
      [id],
    );
    const changes: PulledChange[] = rows.map(([detail]) =>
      decodeChange(JSON.parse(String(detail))),
    );
    return applyChanges(transaction, context, changes);
  });
}
