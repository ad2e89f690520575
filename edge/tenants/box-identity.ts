/**
 * Who this box is: an id that the cloud knows it by, an epoch that a restored copy must raise, and a secret
 * that never leaves the file. They lie in `helios_box`, written once at first start.
 *
 * The secret derives the salts of merchants' keys and of names that nobody has, so that the two cannot be
 * told apart. Whoever has the file has the secret: it protects against the network, not against theft.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Engine } from '../engine/engine.ts';
import { takeStep } from '../sql/catalog/start-step.ts';
import { runSystem } from '../sql/catalog/stored-catalog.ts';

const SECRET_BYTES = 32;

export interface BoxIdentity {
  /** UUID, made at first start. */
  readonly boxId: string;
  /** 1 at first start; a restore raises it, so that its rows are not taken for the old box's. */
  readonly epoch: bigint;
  readonly secret: Uint8Array;
}

const TABLE =
  'CREATE TABLE IF NOT EXISTS helios_box (id INTEGER PRIMARY KEY CHECK (id = 1), ' +
  'box_id TEXT NOT NULL, epoch INTEGER NOT NULL, secret BLOB NOT NULL)';

/** Reads the identity; makes it in a new file. Durable when it resolves. */
export async function loadBoxIdentity(engine: Engine): Promise<BoxIdentity> {
  return inTransaction(
    engine,
    `INSERT INTO helios_box (id, box_id, epoch, secret) VALUES (1, ?1, 1, ?2) ON CONFLICT DO NOTHING`,
    [randomUUID(), randomBytes(SECRET_BYTES)],
  );
}

/** After a restore: the same box in a new epoch. Durable when it resolves. */
export async function raiseEpoch(engine: Engine): Promise<BoxIdentity> {
  return inTransaction(engine, 'UPDATE helios_box SET epoch = epoch + 1', []);
}

async function inTransaction(
  engine: Engine,
  sql: string,
  binds: readonly (string | Uint8Array)[],
): Promise<BoxIdentity> {
  return takeStep(engine, (transaction) => {
    runSystem(transaction, TABLE);
    runSystem(transaction, sql, binds);
    const [row] = runSystem(transaction, 'SELECT box_id, epoch, secret FROM helios_box');
    const [boxId, epoch, secret] = row ?? [];
    assert(typeof boxId === 'string' && typeof epoch === 'bigint' && secret instanceof Uint8Array);
    return { boxId, epoch, secret };
  });
}
