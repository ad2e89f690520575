/**
 * The receiver's answer as bytes. Decoding is the gate through which nothing may slip: whatever does
 * not read as an answer to exactly this batch leaves the outbox as it is.
 */
import { compactStamps, type Register, type SharedRow, stampText } from './conflict.ts';
import {
  type JsonRecord,
  malformed,
  readBoolean,
  readCount,
  readInt64,
  readList,
  readName,
  readRecord,
  readText,
} from './json-reader.ts';
import {
  PROTOCOL_MAGIC,
  PROTOCOL_VERSION,
  type PullAnswer,
  type PulledChange,
  type RefusalCode,
  rowsDigest,
  type SyncAnswer,
  type SyncRequest,
  type TableAnswer,
  type TableBatch,
} from './protocol.ts';
import { encodeFloor, parseMessage, readFloor, readOverrides, readStamp } from './request-codec.ts';
import { SYNC_LIMITS } from './sync-limits.ts';

const { nameCharsMax, batchRowsMax, keyCharsMax, columnsPerTableMax } = SYNC_LIMITS;

/** One change as JSON, for the answer and for what a box sets aside. */
export function encodeChange(change: PulledChange): JsonRecord {
  const { state } = change;
  const stamps = compactStamps(state.columns, state.aliveStamp);
  const columns = state.alive ? [...state.columns] : [];
  return {
    table: change.table,
    merchant: change.merchant,
    key: change.keyColumns,
    values_of_key: change.key,
    alive: state.alive,
    alive_stamp: stampText(state.aliveStamp),
    floor: encodeFloor(state.floor),
    stamp: stampText(stamps.row),
    overrides: Object.fromEntries(
      [...stamps.overrides].map(([name, stamp]) => [name, stampText(stamp)]),
    ),
    values: Object.fromEntries(columns.map(([name, register]) => [name, register.value])),
  };
}

/** The answer's bytes, not yet compressed. */
export function encodeAnswer(answer: SyncAnswer): Uint8Array {
  const pull = answer.pull;
  const message = {
    helios: PROTOCOL_MAGIC,
    protocol: PROTOCOL_VERSION,
    batch: answer.batch,
    time: answer.timeMs.toString(),
    tables: answer.tables.map((table) => ({
      table: table.table,
      accepted: table.accepted,
      digest: table.digest,
      rejected: table.rejected.map((row) => [row.index, row.code, row.reason]),
    })),
    pull:
      pull === null
        ? null
        : { cursor: pull.cursor, more: pull.more, changes: pull.changes.map(encodeChange) },
  };
  return Buffer.from(JSON.stringify(message), 'utf8');
}

/** A typed refusal of the whole request. */
export function encodeRefusal(batch: string | null, code: RefusalCode, text: string): Uint8Array {
  const message = {
    helios: PROTOCOL_MAGIC,
    protocol: PROTOCOL_VERSION,
    batch,
    error: { code, message: text },
  };
  return Buffer.from(JSON.stringify(message), 'utf8');
}

export interface Refusal {
  readonly batch: string | null;
  readonly code: string;
  readonly message: string;
}

/** Reads a refusal. @throws SyncError SYNC_MALFORMED when it is none */
export function decodeRefusal(body: Uint8Array): Refusal {
  const message = parseMessage(body);
  const error = readRecord(message['error'], 'error');
  const batch = message['batch'];
  return {
    batch: batch === null ? null : readName(batch, 'batch', nameCharsMax),
    code: readName(error['code'], 'error.code', nameCharsMax),
    message: readText(error['message'], 'error.message', SYNC_LIMITS.bodyBytesMax).slice(
      0,
      SYNC_LIMITS.reasonCharsMax,
    ),
  };
}

function decodeTableAnswer(value: unknown, sent: TableBatch): TableAnswer {
  const source = readRecord(value, 'tables');
  if (source['table'] !== sent.table) throw malformed('tables.table', `"${sent.table}"`);
  const count = sent.rows.length;
  const rejected = readList(source['rejected'], 'tables.rejected', count).map((item) => {
    const [index, code, reason] = readList(item, 'tables.rejected', 3);
    return {
      index: readCount(index, 'tables.rejected', count - 1),
      code: readName(code, 'tables.rejected', nameCharsMax),
      reason: readText(reason, 'tables.rejected', SYNC_LIMITS.bodyBytesMax).slice(
        0,
        SYNC_LIMITS.reasonCharsMax,
      ),
    };
  });
  const indexes = new Set(rejected.map(({ index }) => index));
  if (indexes.size !== rejected.length) throw malformed('tables.rejected', 'each row once');
  const accepted = readCount(source['accepted'], 'tables.accepted', count);
  if (accepted + rejected.length !== count) {
    throw malformed('tables.accepted', `${count - rejected.length} rows accounted for`);
  }
  const digest = readText(source['digest'], 'tables.digest', nameCharsMax);
  if (digest !== rowsDigest(sent, indexes)) {
    throw malformed('tables.digest', 'the digest of the row versions that were sent');
  }
  return { table: sent.table, accepted, digest, rejected };
}

/** Reads `encodeChange`. */
export function decodeChange(value: unknown): PulledChange {
  const source = readRecord(value, 'pull.changes');
  const texts = (field: string, charsMax: number): readonly string[] =>
    readList(source[field], `pull.${field}`, columnsPerTableMax).map((item) =>
      readText(item, `pull.${field}`, charsMax),
    );
  const alive = readBoolean(source['alive'], 'pull.alive');
  const rowStamp = readStamp(source['stamp'], 'pull.stamp');
  const overrides = readOverrides(source['overrides'], 'pull.overrides');
  const columns = new Map<string, Register>();
  for (const [name, item] of Object.entries(readRecord(source['values'], 'pull.values'))) {
    columns.set(name, {
      value: item === null ? null : readText(item, 'pull.values', SYNC_LIMITS.answerBytesMax),
      stamp: overrides.get(name) ?? rowStamp,
    });
  }
  const state: SharedRow = {
    alive,
    aliveStamp: readStamp(source['alive_stamp'], 'pull.alive_stamp'),
    floor: readFloor(source['floor'], 'pull.floor'),
    columns,
  };
  const keyColumns = texts('key', nameCharsMax);
  const key = texts('values_of_key', keyCharsMax);
  if (key.length !== keyColumns.length)
    throw malformed('pull.values_of_key', 'one for each column');
  return {
    table: readName(source['table'], 'pull.table', nameCharsMax),
    merchant: readName(source['merchant'], 'pull.merchant', nameCharsMax),
    keyColumns,
    key,
    state,
  };
}

function decodePullAnswer(value: unknown): PullAnswer {
  const source = readRecord(value, 'pull');
  return {
    cursor: readInt64(source['cursor'], 'pull.cursor').toString(),
    more: readBoolean(source['more'], 'pull.more'),
    changes: readList(source['changes'], 'pull.changes', batchRowsMax).map(decodeChange),
  };
}

/**
 * An answer to this very request.
 * @throws SyncError SYNC_MALFORMED for anything else: another batch's answer, a wrong digest, a missing row
 */
export function decodeAnswer(body: Uint8Array, request: SyncRequest): SyncAnswer {
  const message = parseMessage(body);
  if (message['batch'] !== request.batch) throw malformed('batch', 'the id of this batch');
  const tables = readList(message['tables'], 'tables', SYNC_LIMITS.tablesPerBatchMax);
  if (tables.length !== request.tables.length)
    throw malformed('tables', 'every table of the batch');
  const pull = message['pull'];
  if ((pull === null) !== (request.pull === null)) throw malformed('pull', 'what was asked for');
  return {
    batch: request.batch,
    timeMs: readInt64(message['time'], 'time'),
    tables: request.tables.map((sent, index) => decodeTableAnswer(tables[index], sent)),
    pull: pull === null ? null : decodePullAnswer(pull),
  };
}
