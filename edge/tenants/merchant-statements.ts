/**
 * The fixed texts that write a merchant. Keys go through `helios_hash_key` on their way in; the triggers of
 * `merchants` do the rest.
 */
import type { WriteTransaction } from '../engine/engine.ts';
import { MERCHANTS_OIDS } from '../sql/catalog/merchants-table.ts';
import { runSystem } from '../sql/catalog/stored-catalog.ts';

/** Microseconds from 1970 to 2000, PostgreSQL's epoch. */
const EPOCH_OFFSET_MICROS = 946_684_800_000_000n;

/** @param nowMicros wall clock, microseconds since 1970 */
export function insertMerchant(
  transaction: WriteTransaction,
  merchant: {
    readonly id: string;
    readonly name: string;
    readonly key: string;
    readonly tier?: string | undefined;
    readonly location?: string | undefined;
  },
  nowMicros: bigint,
): void {
  runSystem(
    transaction,
    'INSERT INTO merchants (helios_row, id, name, api_key, location_id, created_at, tier, status) ' +
      `VALUES (helios_next_row(${MERCHANTS_OIDS.table}), ?1, ?2, helios_hash_key(?1, ?3), ?4, ?5, ?6, 'active')`,
    [
      merchant.id,
      merchant.name,
      merchant.key,
      merchant.location ?? '',
      nowMicros - EPOCH_OFFSET_MICROS,
      merchant.tier ?? 'standard',
    ],
  );
}

/** A key beside the primary one. @param expiresMicros microseconds since 1970, or null */
export function storeKey(
  transaction: WriteTransaction,
  merchant: string,
  name: string,
  key: string,
  nowSeconds: bigint,
  expiresMicros: bigint | null,
): void {
  runSystem(
    transaction,
    'INSERT INTO helios_merchant_key (merchant, name, verifier, digest, created_at, expires_at) ' +
      'SELECT ?1, ?2, v, helios_key_digest(v), ?4, ?5 FROM (SELECT helios_hash_key(?1, ?3) AS v LIMIT 1)',
    [merchant, name, key, nowSeconds, expiresMicros],
  );
  runSystem(transaction, 'SELECT helios_merchant_changed(?1)', [merchant]);
}
