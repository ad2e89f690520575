/**
 * Tables that go both ways, on the cloud's side: merging what boxes send, the cloud's own edits, and the
 * sequence of changes that boxes read.
 *
 * Every writer first takes the `change` counter's row lock, so that changes become visible in the order
 * of their numbers and a box's cursor never steps over one that was still on its way.
 */
import { type Hlc, nextHlc } from '../clock.ts';
import {
  compareStamps,
  currentLife,
  mergeRows,
  NO_FLOOR,
  parseStamp,
  type Register,
  type SharedRow,
  sameRow,
  stampText,
} from '../conflict.ts';
import {
  CLOUD_ORIGIN,
  keyText,
  type PullAnswer,
  type PulledChange,
  type PullRequest,
  type SharedTable,
} from '../protocol.ts';
import type { Queryable, SqlRow } from './sql-database.ts';

interface StoredShared {
  readonly merchant: string;
  readonly key: string;
  readonly state: SharedRow;
}

interface ChangedShared extends StoredShared {
  /** Box and epoch that already hold this state, or null. */
  readonly changedBy: string | null;
}

const COLUMNS = `s.table_name, s.merchant, s.key, s.alive, s.alive_stamp, s.floor, s.data::text AS data, s.stamps::text AS stamps,
  s.change::text AS change`;

function requiredStamp(text: unknown): Register['stamp'] {
  const stamp = parseStamp(String(text));
  if (stamp === null) throw new Error('a stored stamp does not read');
  return stamp;
}

function readState(row: SqlRow): SharedRow {
  const data = JSON.parse(String(row['data'])) as Record<string, string | null>;
  const stamps = JSON.parse(String(row['stamps'])) as Record<string, string>;
  const columns = new Map<string, Register>();
  for (const [name, value] of Object.entries(data)) {
    columns.set(name, { value, stamp: requiredStamp(stamps[name]) });
  }
  return {
    alive: row['alive'] === true,
    aliveStamp: requiredStamp(row['alive_stamp']),
    floor: requiredStamp(row['floor']),
    columns,
  };
}

function rowKey(merchant: string, key: string): string {
  return `${merchant}\u0000${key}`;
}

async function readStored(
  transaction: Queryable,
  table: string,
  wanted: readonly { readonly merchant: string; readonly key: string }[],
): Promise<Map<string, StoredShared>> {
  const rows = await transaction.query(
    `SELECT ${COLUMNS} FROM jsonb_to_recordset($2::text::jsonb) AS w(merchant text, key text)
     JOIN helios_shared s ON s.table_name = $1 AND s.merchant = w.merchant AND s.key = w.key`,
    [table, JSON.stringify(wanted)],
  );
  const found = new Map<string, StoredShared>();
  for (const row of rows) {
    const merchant = String(row['merchant']);
    const key = String(row['key']);
    found.set(rowKey(merchant, key), { merchant, key, state: readState(row) });
  }
  return found;
}

function toRecord(change: ChangedShared, number: bigint): Record<string, unknown> {
  const columns = [...change.state.columns];
  return {
    merchant: change.merchant,
    key: change.key,
    alive: change.state.alive,
    alive_stamp: stampText(change.state.aliveStamp),
    floor: stampText(change.state.floor),
    data: Object.fromEntries(columns.map(([name, { value }]) => [name, value])),
    stamps: Object.fromEntries(columns.map(([name, { stamp }]) => [name, stampText(stamp)])),
    change: number.toString(),
    changed_by: change.changedBy,
  };
}

async function writeStored(
  transaction: Queryable,
  table: string,
  changes: readonly ChangedShared[],
): Promise<void> {
  if (changes.length === 0) return;
  const [counter] = await transaction.query(
    `UPDATE helios_meta SET value = value + $1::int WHERE name = 'change' RETURNING value::text AS value`,
    [changes.length],
  );
  const last = BigInt(String(counter?.['value']));
  const first = last - BigInt(changes.length) + 1n;
  const records = changes.map((change, index) => toRecord(change, first + BigInt(index)));
  await transaction.query(
    `INSERT INTO helios_shared (table_name, merchant, key, alive, alive_stamp, floor, data, stamps, change,
       changed_by)
     SELECT $1, r.* FROM jsonb_to_recordset($2::text::jsonb) AS r(merchant text, key text, alive boolean,
       alive_stamp text, floor text, data jsonb, stamps jsonb, change bigint, changed_by text)
     ON CONFLICT (table_name, merchant, key) DO UPDATE SET alive = excluded.alive,
       alive_stamp = excluded.alive_stamp, floor = excluded.floor, data = excluded.data, stamps = excluded.stamps,
       change = excluded.change, changed_by = excluded.changed_by`,
    [table, JSON.stringify(records)],
  );
}

/** Takes the lock that orders all changes of shared tables, until the transaction ends. */
export async function lockChanges(transaction: Queryable): Promise<void> {
  await transaction.query(`UPDATE helios_meta SET value = value WHERE name = 'change'`);
}

/** True when the sender's state already has everything that the merged one has. */
function senderHasAll(sent: SharedRow, merged: SharedRow): boolean {
  if (sent.alive !== merged.alive) return false;
  if (!merged.alive) return compareStamps(sent.aliveStamp, merged.aliveStamp) === 0;
  return sameRow(sent, merged);
}

/** Merges a box's rows. The caller holds the change lock and has left out refused rows. */
export async function mergeShared(
  transaction: Queryable,
  table: SharedTable,
  rows: SharedTable['rows'],
  sender: string,
): Promise<void> {
  const incoming = new Map<string, StoredShared>();
  for (const row of rows) {
    const merchant = row.merchant ?? '';
    const key = keyText(row.key);
    const before = incoming.get(rowKey(merchant, key));
    const state = before === undefined ? row.state : mergeRows(before.state, row.state);
    incoming.set(rowKey(merchant, key), { merchant, key, state });
  }
  const wanted = [...incoming.values()].map(({ merchant, key }) => ({ merchant, key }));
  const stored = await readStored(transaction, table.table, wanted);
  const changed: ChangedShared[] = [];
  for (const [name, sent] of incoming) {
    const mine = stored.get(name);
    const state = mine === undefined ? currentLife(sent.state) : mergeRows(mine.state, sent.state);
    if (mine !== undefined && sameRow(mine.state, state)) continue;
    changed.push({ ...sent, state, changedBy: senderHasAll(sent.state, state) ? sender : null });
  }
  await writeStored(transaction, table.table, changed);
}

/** Changes after a cursor that the asking box does not hold already. */
export async function readChanges(
  transaction: Queryable,
  pull: PullRequest,
  sender: string,
  allowed: ReadonlySet<string> | null,
  keyColumnsOf: (table: string) => Promise<readonly string[]>,
): Promise<PullAnswer> {
  // First the end of the sequence, then the rows: whatever commits in between is read twice, not never.
  const [end] = await transaction.query(
    `SELECT value::text AS value FROM helios_meta WHERE name = 'change'`,
  );
  const merchants = visibleMerchants(pull.merchants, allowed);
  const rows = await transaction.query(
    `SELECT ${COLUMNS} FROM helios_shared s WHERE s.change > $1::text::bigint
       AND s.table_name IN (SELECT jsonb_array_elements_text($2::text::jsonb))
       AND ($3::text IS NULL OR s.merchant IN (SELECT jsonb_array_elements_text($3::text::jsonb)))
       AND s.changed_by IS DISTINCT FROM $4
     ORDER BY s.change LIMIT $5::int`,
    [
      pull.cursor,
      JSON.stringify(pull.tables),
      merchants === null ? null : JSON.stringify(merchants),
      sender,
      pull.rowsMax + 1,
    ],
  );
  const more = rows.length > pull.rowsMax;
  const shown = more ? rows.slice(0, pull.rowsMax) : rows;
  const changes: PulledChange[] = [];
  for (const row of shown) {
    const table = String(row['table_name']);
    changes.push({
      table,
      merchant: String(row['merchant']),
      keyColumns: await keyColumnsOf(table),
      key: JSON.parse(String(row['key'])) as string[],
      state: readState(row),
    });
  }
  const lastShown = shown[shown.length - 1];
  const cursor = more && lastShown !== undefined ? lastShown['change'] : end?.['value'];
  return { cursor: String(cursor), more, changes };
}

function visibleMerchants(
  asked: readonly string[] | null,
  allowed: ReadonlySet<string> | null,
): readonly string[] | null {
  if (allowed === null) return asked;
  return asked === null ? [...allowed] : asked.filter((merchant) => allowed.has(merchant));
}

export interface CloudEdit {
  readonly table: string;
  readonly merchant: string;
  readonly keyColumns: readonly string[];
  readonly key: readonly string[];
  /** Columns to write; null deletes the row. */
  readonly values: Readonly<Record<string, string | null>> | null;
}

/** A new reading of the cloud's clock; it lives in the database, because several receivers may share it. */
async function tick(transaction: Queryable, wallMs: bigint): Promise<Hlc> {
  const [row] = await transaction.query(
    `SELECT value::text AS value FROM helios_meta WHERE name = 'clock' FOR UPDATE`,
  );
  const next = nextHlc(BigInt(String(row?.['value'] ?? '0')), wallMs);
  await transaction.query(`UPDATE helios_meta SET value = $1::text::bigint WHERE name = 'clock'`, [
    next.toString(),
  ]);
  return next;
}

/** Moves the cloud's clock behind a stamp that it has accepted. */
export async function observe(transaction: Queryable, hlc: Hlc): Promise<void> {
  await transaction.query(
    `UPDATE helios_meta SET value = $1::text::bigint WHERE name = 'clock' AND value < $1::text::bigint`,
    [hlc.toString()],
  );
}

/** An edit made in the cloud; it reaches boxes with their next exchange. */
export async function editShared(
  transaction: Queryable,
  edit: CloudEdit,
  wallMs: bigint,
): Promise<SharedRow> {
  await lockChanges(transaction);
  const stamp = { hlc: await tick(transaction, wallMs), origin: CLOUD_ORIGIN };
  const key = keyText(edit.key);
  const stored = await readStored(transaction, edit.table, [{ merchant: edit.merchant, key }]);
  const mine = stored.get(rowKey(edit.merchant, key))?.state;
  const isNew = mine?.alive !== true;
  const columns = new Map<string, Register>(mine?.columns ?? []);
  if (edit.values !== null) {
    if (isNew) {
      edit.keyColumns.forEach((name, index) => {
        columns.set(name, { value: edit.key[index] ?? null, stamp });
      });
    }
    for (const [name, value] of Object.entries(edit.values)) columns.set(name, { value, stamp });
  }
  const alive = edit.values !== null;
  const aliveStamp = alive && mine?.alive === true ? mine.aliveStamp : stamp;
  const floor = mine?.floor ?? NO_FLOOR;
  const state = currentLife({ alive, aliveStamp, floor, columns });
  await writeStored(transaction, edit.table, [
    { merchant: edit.merchant, key, state, changedBy: null },
  ]);
  return state;
}
