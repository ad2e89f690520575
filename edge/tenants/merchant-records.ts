/**
 * Merchants as the file has them: rows of `merchants` and `helios_merchant_key` made into records.
 */
import assert from 'node:assert/strict';
import type { Engine, EngineStatement, StatementRunner } from '../engine/engine.ts';
import { PRIMARY_KEY_NAME } from '../sql/catalog/merchants-table.ts';
import { runSystem } from '../sql/catalog/stored-catalog.ts';
import { forEver, systemSession } from '../sql/catalog/system-session.ts';
import type { SqlValue } from '../types/storage.ts';
import { parseVerifier, type StoredVerifier } from './merchant-key.ts';

export interface MerchantKeyRecord {
  readonly name: string;
  readonly verifier: StoredVerifier;
  /** Microseconds since 1970, null: never. */
  readonly expiresMicros: bigint | null;
}

export interface MerchantRecord {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly tier: string;
  readonly location: string;
  readonly keys: readonly MerchantKeyRecord[];
}

/** One row for each key; a merchant without keys has one row with nulls. */
const SELECT =
  'SELECT m.id, m.name, m.status, m.tier, m.location_id, k.name, k.verifier, k.expires_at ' +
  'FROM merchants AS m LEFT JOIN helios_merchant_key AS k ON k.merchant = m.id';
/** The primary key first. */
const KEY_ORDER = `k.name <> '${PRIMARY_KEY_NAME}', k.created_at, k.name`;
const ONE = `${SELECT} WHERE m.id = ?1 ORDER BY ${KEY_ORDER}`;
const ALL = `${SELECT} ORDER BY m.id, ${KEY_ORDER}`;

type Row = readonly SqlValue[];

function keyOf(row: Row): MerchantKeyRecord | null {
  const [, , , , , name, text, expires] = row;
  if (typeof name !== 'string' || typeof text !== 'string') return null;
  const verifier = parseVerifier(name, text);
  if (verifier === null) return null;
  return { name, verifier, expiresMicros: typeof expires === 'bigint' ? expires : null };
}

function recordOf(rows: readonly Row[]): MerchantRecord | null {
  const [first] = rows;
  if (first === undefined) return null;
  const [id, name, status, tier, location] = first;
  return {
    id: String(id),
    name: String(name),
    // Anything but `active` closes the door.
    status: status === 'active' ? 'active' : 'suspended',
    tier: String(tier),
    location: String(location),
    keys: rows.map(keyOf).filter((key) => key !== null),
  };
}

/** One merchant within a transaction, or null. */
export function readMerchant(runner: StatementRunner, id: string): MerchantRecord | null {
  return recordOf(runSystem(runner, ONE, [id]));
}

function readRequest(sql: string, binds: readonly SqlValue[], rows: SqlValue[][]) {
  const statement: EngineStatement = { sql, binds, authority: 'system' };
  return {
    statement,
    session: systemSession(),
    interrupt: forEver,
    tables: ['merchants'],
    sink: {
      row: (reader: { readonly columnCount: number; value(column: number): SqlValue }) => {
        rows.push(Array.from({ length: reader.columnCount }, (_, index) => reader.value(index)));
      },
      restart: () => rows.splice(0),
    },
  };
}

/** One merchant as last committed, or null. */
export function readMerchantNow(engine: Engine, id: string): MerchantRecord | null {
  const rows: SqlValue[][] = [];
  const result = engine.readNow(readRequest(ONE, [id], rows));
  assert(result !== null, 'a merchant is read by its key');
  return recordOf(rows);
}

/** All merchants as last committed. */
export async function readAll(engine: Engine): Promise<readonly MerchantRecord[]> {
  const rows: SqlValue[][] = [];
  await engine.read(readRequest(ALL, [], rows));
  const byId = new Map<string, Row[]>();
  for (const row of rows) {
    const id = String(row[0]);
    const known = byId.get(id);
    if (known === undefined) byId.set(id, [row]);
    else known.push(row);
  }
  return [...byId.values()].map(recordOf).filter((record) => record !== null);
}
