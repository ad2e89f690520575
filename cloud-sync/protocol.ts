/**
 * What passes between a box and the cloud, version 1, as both ends see it after decoding. The bytes are
 * the business of `request-codec.ts` and `answer-codec.ts`; `docs/sync-protocol.md` describes both.
 *
 * A row travels in its last state, under an identity that no user ever sees. For pushed tables that is
 * (box, epoch of birth, row number); for shared ones (merchant, key). Its version is (epoch of the
 * write, commit number). An answer counts only when it proves that it was made for this batch: it echoes the
 * batch's random id and repeats a digest over the row versions that the receiver committed.
 */
import { createHash } from 'node:crypto';
import type { SharedRow } from './conflict.ts';

export const PROTOCOL_VERSION = 1;

/** First field of every message: an HTML page or another API's JSON does not have it. */
export const PROTOCOL_MAGIC = 'sync';

/** Content type of requests and answers. */
export const CONTENT_TYPE = 'application/vnd.helios.sync+json';

/** Origin name that the cloud stamps its own edits with. */
export const CLOUD_ORIGIN = 'cloud';

/** A column as the sender knows it: name and PostgreSQL type (`numeric(10,2)`). */
export interface WireColumn {
  readonly name: string;
  readonly type: string;
}

/** A value in PostgreSQL's text form (ISO dates, UTC, exact numerics); bytea in base64. */
export type WireValue = string | null;

interface RowVersion {
  /** Epoch in which the commit was made, and its number. */
  readonly versionEpoch: string;
  readonly version: bigint;
  readonly merchant: string | null;
}

/** A row that belongs to its box. */
export interface PushedRow extends RowVersion {
  /** Epoch in which the row was made, and its number in the table. */
  readonly bornEpoch: string;
  readonly row: bigint;
  /** In the order of the table's columns; null for a tombstone. */
  readonly values: readonly WireValue[] | null;
}

/** A row that both ends may write. */
export interface SharedChange extends RowVersion {
  /** Text forms of the key columns' values, in the key's order. */
  readonly key: readonly string[];
  readonly state: SharedRow;
}

/** What a batch says once about all rows of a table. */
export interface TableHead {
  readonly table: string;
  /** Version of the sender's catalog. */
  readonly schema: number;
  readonly tenantColumn: string | null;
  readonly columns: readonly WireColumn[];
}

export interface PushedTable extends TableHead {
  readonly mode: 'push';
  readonly rows: readonly PushedRow[];
}

export interface SharedTable extends TableHead {
  readonly mode: 'both';
  readonly keyColumns: readonly string[];
  readonly rows: readonly SharedChange[];
}

export type TableBatch = PushedTable | SharedTable;

/** What a box wants to hear about shared tables. */
export interface PullRequest {
  /** Opaque position in the receiver's sequence of changes; '0' is the beginning. */
  readonly cursor: string;
  readonly tables: readonly string[];
  /** null: every merchant that this box may see. */
  readonly merchants: readonly string[] | null;
  readonly rowsMax: number;
}

export interface SyncRequest {
  readonly box: string;
  /** Every epoch that the box has lived through, oldest first; the last one is its present. */
  readonly epochs: readonly string[];
  /** Random, new for every attempt. */
  readonly batch: string;
  /** Counts this process's batches; for people who read logs, nothing depends on it. */
  readonly sequence: number;
  /** The sender's hybrid clock. */
  readonly clock: bigint;
  readonly tables: readonly TableBatch[];
  readonly pull: PullRequest | null;
}

/** The epoch that a request was made in. */
export function currentEpoch(request: Pick<SyncRequest, 'epochs'>): string {
  return request.epochs[request.epochs.length - 1] ?? '';
}

export interface RowRejection {
  /** Index of the row in its table's batch. */
  readonly index: number;
  /** `merchant_not_allowed`, `clock_ahead`, `bad_value`, `bad_key`, `constraint`, `refused`, … */
  readonly code: string;
  readonly reason: string;
}

export interface TableAnswer {
  readonly table: string;
  /** Rows of the batch that are now in the cloud in this version or a later one. */
  readonly accepted: number;
  /** `rowsDigest` over those rows. */
  readonly digest: string;
  readonly rejected: readonly RowRejection[];
}

/** One merged row of a shared table, on its way to a box. */
export interface PulledChange {
  readonly table: string;
  readonly merchant: string;
  readonly keyColumns: readonly string[];
  readonly key: readonly string[];
  readonly state: SharedRow;
}

export interface PullAnswer {
  readonly cursor: string;
  readonly more: boolean;
  readonly changes: readonly PulledChange[];
}

export interface SyncAnswer {
  readonly batch: string;
  /** The receiver's wall clock, milliseconds since 1970. */
  readonly timeMs: bigint;
  readonly tables: readonly TableAnswer[];
  readonly pull: PullAnswer | null;
}

/** Codes of a typed refusal of a whole request. */
export type RefusalCode =
  | 'unauthorized'
  | 'forbidden'
  | 'unsupported_protocol'
  | 'malformed'
  | 'batch_refused'
  | 'too_large'
  | 'busy'
  | 'internal';

/** One key as one text, the same on both ends; it also names the row in SQL. */
export function keyText(key: readonly string[]): string {
  return JSON.stringify(key);
}

function rowLine(table: TableBatch, index: number): string {
  if (table.mode === 'push') {
    const row = table.rows[index];
    if (row === undefined) return '';
    return `${row.bornEpoch}\t${row.row}\t${row.versionEpoch}\t${row.version}\n`;
  }
  const row = table.rows[index];
  if (row === undefined) return '';
  return `${row.merchant ?? ''}\t${keyText(row.key)}\t${row.versionEpoch}\t${row.version}\n`;
}

const DIGEST_CHARS = 32;

/** Digest over the identities and versions of a table's rows, but those at the given indexes. */
export function rowsDigest(table: TableBatch, without: ReadonlySet<number>): string {
  const hash = createHash('sha256').update(`${table.table}\n`);
  for (let index = 0; index < table.rows.length; index += 1) {
    if (!without.has(index)) hash.update(rowLine(table, index));
  }
  return hash.digest('hex').slice(0, DIGEST_CHARS);
}
