/**
 * Brings the cloud's changes of shared tables into the box: merges each with the local row, column by
 * column, and writes what came out, with capture switched off so that nothing echoes back.
 *
 * A row that the box cannot take (a missing parent, a taken unique value, a value that does not fit) is set
 * aside with the reason and tried again when more has come; the others go on. Columns that this box does not
 * have are left in the cloud, and fetched again from the beginning once it has them (`pull-scope.ts`).
 */
import { SqliteConstraintError } from '../edge/engine/constraint-error.ts';
import type { WriteTransaction } from '../edge/engine/engine.ts';
import { EdgeError } from '../edge/errors.ts';
import { quoteName } from '../edge/sql/catalog/layout.ts';
import { type Catalog, type Column, ROW_ID_COLUMN, type Table } from '../edge/sql/catalog/model.ts';
import type { SqlValue } from '../edge/types/storage.ts';
import { encodeChange } from './answer-codec.ts';
import { sharedKey, travellingColumns } from './capture.ts';
import type { HybridClock } from './clock.ts';
import { currentLife, mergeRows, type Register, type SharedRow, sameRow } from './conflict.ts';
import { runApplying, runSystem, systemRows, type Values } from './engine-access.ts';
import type { PulledChange, WireValue } from './protocol.ts';
import { CLOCK_STATE_COLUMNS, readLocalRow, writeRowClock } from './row-clock.ts';
import { SyncError } from './sync-error.ts';
import { SYNC_LIMITS } from './sync-limits.ts';
import { fromWire, keyPartStored, toWire } from './wire-values.ts';

export interface ApplyContext {
  readonly catalog: Catalog;
  readonly box: string;
  readonly clock: HybridClock;
}

/** What became of the changes of one transaction. */
export interface ApplyResult {
  readonly applied: number;
  readonly unchanged: number;
  readonly rejected: number;
}

type Outcome = 'applied' | 'unchanged' | 'rejected';

const ROW_SAVEPOINT = 1;

interface Target {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly keyColumns: readonly Column[];
}

interface LocalRow {
  /** The key as `helios_clock` stores it. */
  readonly key: string;
  readonly rowId: bigint | null;
  readonly values: readonly SqlValue[] | null;
  /** null: this box has never heard of the row. */
  readonly state: SharedRow | null;
}

function targetOf(catalog: Catalog, change: PulledChange): Target | null {
  const table = catalog.tables.get(change.table);
  if (table === undefined || table.sync !== 'both' || table.tenantColumn === null) return null;
  const keyColumns = sharedKey(table);
  if (JSON.stringify(keyColumns.map(({ name }) => name)) !== JSON.stringify(change.keyColumns)) {
    throw new EdgeError('invalid_object_definition', 'the key has other columns here');
  }
  return { table, columns: travellingColumns(table), keyColumns };
}

function readLocal(
  transaction: WriteTransaction,
  box: string,
  target: Target,
  change: PulledChange,
): LocalRow {
  const { table, columns, keyColumns } = target;
  const stored = keyColumns.map((column, index) => fromWire(change.key[index] ?? '', column));
  const marks = stored.map((_, index) => `?${index + 1}`).join(', ');
  const parts = stored.map(keyPartStored);
  const [keyRow] = systemRows(transaction, `SELECT json_array(${marks})`, parts);
  const key = String(keyRow?.[0]);
  const where = keyColumns.map(({ name }, index) => ` AND ${quoteName(name)} = ?${index + 2}`);
  const list = columns.map(({ name }) => `, ${quoteName(name)}`).join('');
  const [base] = systemRows(
    transaction,
    `SELECT ${ROW_ID_COLUMN}${list} FROM ${quoteName(table.baseName)} ` +
      `WHERE ${quoteName(table.tenantColumn ?? '')} = ?1${where.join('')}`,
    [change.merchant, ...stored],
  );
  const [clock] = systemRows(
    transaction,
    `SELECT ${CLOCK_STATE_COLUMNS} FROM helios_clock
     WHERE table_id = ?1 AND merchant = ?2 AND key = ?3`,
    [BigInt(table.oid), change.merchant, key],
  );
  const values = base?.slice(1) ?? null;
  return {
    key,
    rowId: (base?.[0] ?? null) as bigint | null,
    values,
    state: localState(box, columns, clock, values),
  };
}

/** Rows from before the table was shared have no clock: everything that comes is later than they are. */
const NO_CLOCK: Values = [0n, '', 1n, null, '', null, 0n, null, ''];

function localState(
  box: string,
  columns: readonly Column[],
  clock: Values | undefined,
  values: readonly SqlValue[] | null,
): SharedRow | null {
  if (clock !== undefined) return readLocalRow(box, columns, clock, values);
  return values === null ? null : readLocalRow(box, columns, NO_CLOCK, values);
}

/** The change without the columns that this box does not have. */
function knownPart(state: SharedRow, columns: readonly Column[]): SharedRow {
  const known = new Map<string, Register>();
  for (const { name } of columns) {
    const register = state.columns.get(name);
    if (register !== undefined) known.set(name, register);
  }
  return { ...state, columns: known };
}

interface Assignment {
  readonly column: Column;
  readonly value: WireValue;
}

/** What has to be written so that the base row says what the merged row says. */
function assignmentsFor(target: Target, local: LocalRow, merged: SharedRow): Assignment[] {
  const assignments: Assignment[] = [];
  target.columns.forEach((column, index) => {
    const register = merged.columns.get(column.name);
    // A value of a former life goes; one that nobody wrote (the column's own default) may stay.
    if (register === undefined && local.state?.columns.has(column.name) !== true) return;
    const value = register?.value ?? null;
    const here = local.values === null ? undefined : toWire(local.values[index] ?? null, column);
    if (value !== here) assignments.push({ column, value });
  });
  return assignments;
}

/** Writes the base row. @returns its number, or null when it is gone */
function writeBase(
  transaction: WriteTransaction,
  target: Target,
  merchant: string,
  local: LocalRow,
  merged: SharedRow,
): bigint | null {
  const base = quoteName(target.table.baseName);
  if (!merged.alive) {
    if (local.rowId === null) return null;
    runApplying(transaction, `DELETE FROM ${base} WHERE ${ROW_ID_COLUMN} = ?1`, [local.rowId]);
    return null;
  }
  const assignments = assignmentsFor(target, local, merged);
  const values = assignments.map(({ column, value }) => fromWire(value, column));
  const columns = assignments.map(({ column }) => quoteName(column.name));
  if (local.rowId !== null) {
    if (columns.length === 0) return local.rowId;
    const sets = columns.map((name, index) => `${name} = ?${index + 2}`);
    runApplying(transaction, `UPDATE ${base} SET ${sets.join(', ')} WHERE ${ROW_ID_COLUMN} = ?1`, [
      local.rowId,
      ...values,
    ]);
    return local.rowId;
  }
  const names = [quoteName(target.table.tenantColumn ?? ''), ...columns];
  const marks = names.map((_, index) => `?${index + 1}`);
  const result = runApplying(
    transaction,
    `INSERT INTO ${base} (${names.join(', ')}) VALUES (${marks.join(', ')})`,
    [merchant, ...values],
  );
  return result.lastInsertRowid;
}

function applyOne(
  transaction: WriteTransaction,
  context: ApplyContext,
  change: PulledChange,
): Outcome {
  const target = targetOf(context.catalog, change);
  // Not a table of this box, or no longer shared: the cloud keeps it.
  if (target === null) return 'unchanged';
  for (const { hlc } of stampsOf(change.state)) {
    if (!context.clock.receive(hlc)) {
      throw new SyncError(
        'SYNC_BATCH_REFUSED',
        'the change is stamped later than the present time',
      );
    }
  }
  const { box } = context;
  const local = readLocal(transaction, box, target, change);
  const remote = knownPart(change.state, target.columns);
  const merged = local.state === null ? currentLife(remote) : mergeRows(local.state, remote);
  if (local.state !== null && sameRow(local.state, merged)) return 'unchanged';
  const rowId = writeBase(transaction, target, change.merchant, local, merged);
  writeRowClock(
    transaction,
    box,
    { tableId: BigInt(target.table.oid), merchant: change.merchant, key: local.key, rowId },
    target.columns,
    merged,
  );
  transaction.touch(target.table.baseName, change.merchant);
  return 'applied';
}

function stampsOf(state: SharedRow): readonly SharedRow['aliveStamp'][] {
  return [state.aliveStamp, state.floor, ...[...state.columns.values()].map(({ stamp }) => stamp)];
}

interface Refusal {
  readonly code: string;
  readonly reason: string;
}

/** The world's faults become a reason; a fault of ours goes on as it is. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof SqliteConstraintError) return { code: 'constraint', reason: error.message };
  if (error instanceof SyncError) return { code: 'clock_ahead', reason: error.message };
  if (error instanceof EdgeError && !PASSING.has(error.condition)) {
    return { code: error.sqlstate, reason: error.message };
  }
  throw error;
}

/** Conditions that say nothing about the row. */
const PASSING: ReadonlySet<string> = new Set([
  'disk_full',
  'io_error',
  'query_canceled',
  'admin_shutdown',
]);

function forgetRejection(transaction: WriteTransaction, change: PulledChange): void {
  runSystem(
    transaction,
    `DELETE FROM helios_rejected WHERE direction = 'pull' AND table_name = ?1 AND merchant = ?2
       AND key = ?3`,
    [change.table, change.merchant, JSON.stringify(change.key)],
  );
}

function recordRejection(
  transaction: WriteTransaction,
  context: ApplyContext,
  change: PulledChange,
  refusal: Refusal,
): void {
  const oid = context.catalog.tables.get(change.table)?.oid ?? 0;
  runSystem(
    transaction,
    `INSERT INTO helios_rejected (direction, table_id, row_id, table_name, merchant, key, commit_no,
       op, code, reason, since, detail)
     VALUES ('pull', ?1, 0, ?2, ?3, ?4, 0, 0, ?5, ?6, unixepoch(), ?7)
     ON CONFLICT (table_name, merchant, key) WHERE direction = 'pull' DO UPDATE SET
       code = excluded.code, reason = excluded.reason, detail = excluded.detail`,
    [
      BigInt(oid),
      change.table,
      change.merchant,
      JSON.stringify(change.key),
      refusal.code,
      refusal.reason.slice(0, SYNC_LIMITS.reasonCharsMax),
      JSON.stringify(encodeChange(change)),
    ],
  );
}

/** Applies changes one by one; each succeeds or is set aside, whatever its neighbours do. */
export function applyChanges(
  transaction: WriteTransaction,
  context: ApplyContext,
  changes: readonly PulledChange[],
): ApplyResult {
  const count: Record<Outcome, number> = { applied: 0, unchanged: 0, rejected: 0 };
  for (const change of changes) {
    transaction.savepoint(ROW_SAVEPOINT);
    try {
      count[applyOne(transaction, context, change)] += 1;
      forgetRejection(transaction, change);
    } catch (error) {
      const refusal = refusalOf(error);
      transaction.rollbackTo(ROW_SAVEPOINT);
      recordRejection(transaction, context, change, refusal);
      count.rejected += 1;
    }
    transaction.release(ROW_SAVEPOINT);
  }
  return count;
}
