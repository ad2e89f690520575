/**
 * Messages that the box sends, written straight into a connection's ByteWriter. Values of a DataRow are
 * written by the column encoders of `types/`; here is only the frame around them.
 *
 * Nothing here decides when bytes leave: that is the session's and the connection's business.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
import type { EdgeError, ErrorFields } from '../errors.ts';
import type { ByteWriter } from '../types/byte-writer.ts';
import type { PgType } from '../types/storage.ts';
import { typeByOid } from '../types/type-info.ts';
import { type FormatCode, formatAt } from './frontend.ts';

const LENGTH_BYTES = 4;

/** Starts a message and returns what `end` needs. */
function begin(out: ByteWriter, letter: string): number {
  out.int8(letter.charCodeAt(0));
  out.int32(0);
  return out.length - LENGTH_BYTES;
}

function end(out: ByteWriter, start: number): void {
  out.patchInt32(start, out.length - start);
}

function bare(out: ByteWriter, letter: string): void {
  out.int8(letter.charCodeAt(0));
  out.int32(LENGTH_BYTES);
}

function authentication(out: ByteWriter, code: number, data: Uint8Array | null): void {
  const start = begin(out, 'R');
  out.int32(code);
  if (data !== null) out.bytes(data);
  end(out, start);
}

export function authenticationOk(out: ByteWriter): void {
  authentication(out, 0, null);
}

export function authenticationCleartextPassword(out: ByteWriter): void {
  authentication(out, 3, null);
}

export function authenticationSasl(out: ByteWriter, mechanisms: readonly string[]): void {
  const start = begin(out, 'R');
  out.int32(10);
  for (const mechanism of mechanisms) out.cstring(mechanism);
  out.int8(0);
  end(out, start);
}

export function authenticationSaslContinue(out: ByteWriter, data: Uint8Array): void {
  authentication(out, 11, data);
}

export function authenticationSaslFinal(out: ByteWriter, data: Uint8Array): void {
  authentication(out, 12, data);
}

export function parameterStatus(out: ByteWriter, name: string, value: string): void {
  const start = begin(out, 'S');
  out.cstring(name);
  out.cstring(value);
  end(out, start);
}

/** The secret has 4 bytes in protocol 3.0 and 32 in 3.2. */
export function backendKeyData(out: ByteWriter, pid: number, secret: Uint8Array): void {
  const start = begin(out, 'K');
  out.int32(pid);
  out.bytes(secret);
  end(out, start);
}

/** What NegotiateProtocolVersion says: the newest minor version, and the options it does not know. */
export function negotiateProtocolVersion(
  out: ByteWriter,
  version: number,
  unknownOptions: readonly string[],
): void {
  const start = begin(out, 'v');
  out.int32(version);
  out.int32(unknownOptions.length);
  for (const option of unknownOptions) out.cstring(option);
  end(out, start);
}

/** I idle, T in a transaction, E in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E';

export function readyForQuery(out: ByteWriter, status: TransactionStatus): void {
  out.int8(0x5a); // Z
  out.int32(LENGTH_BYTES + 1);
  out.int8(status.charCodeAt(0));
}

/** A column of RowDescription. */
export interface DescribedColumn {
  readonly name: string;
  readonly type: PgType;
  /** 0 where the column is not a table's. */
  readonly tableOid: number;
  readonly attnum: number;
}

/** @param formats none: all text; one: for all; else one for each column */
export function rowDescription(
  out: ByteWriter,
  columns: readonly DescribedColumn[],
  formats: readonly FormatCode[],
): void {
  const start = begin(out, 'T');
  out.int16(columns.length);
  columns.forEach((column, index) => {
    out.cstring(column.name);
    out.int32(column.tableOid);
    out.int16(column.attnum);
    out.int32(column.type.oid);
    out.int16(typeByOid(column.type.oid)?.length ?? -1);
    out.int32(column.type.typmod);
    out.int16(formatAt(formats, index));
  });
  end(out, start);
}

export function parameterDescription(out: ByteWriter, typeOids: readonly number[]): void {
  const start = begin(out, 't');
  out.int16(typeOids.length);
  for (const oid of typeOids) out.int32(oid);
  end(out, start);
}

/** Starts a DataRow; then each value is an int32 length (-1: NULL) and its bytes, then `endDataRow`. */
export function beginDataRow(out: ByteWriter, columnCount: number): number {
  const start = begin(out, 'D');
  out.int16(columnCount);
  return start;
}

export function endDataRow(out: ByteWriter, start: number): void {
  end(out, start);
}

export function parseComplete(out: ByteWriter): void {
  bare(out, '1');
}

export function bindComplete(out: ByteWriter): void {
  bare(out, '2');
}

export function closeComplete(out: ByteWriter): void {
  bare(out, '3');
}

export function noData(out: ByteWriter): void {
  bare(out, 'n');
}

export function portalSuspended(out: ByteWriter): void {
  bare(out, 's');
}

export function emptyQueryResponse(out: ByteWriter): void {
  bare(out, 'I');
}

export function commandComplete(out: ByteWriter, tag: string): void {
  const start = begin(out, 'C');
  out.cstring(tag);
  end(out, start);
}

/** An ErrorResponse. @param positionOffset characters before the statement in the query text */
export function errorResponse(out: ByteWriter, error: EdgeError, positionOffset = 0): void {
  const start = begin(out, 'E');
  writeFields(out, error.severity, error.sqlstate, error.message, error.fields, positionOffset);
  end(out, start);
}

export type NoticeSeverity = 'WARNING' | 'NOTICE' | 'DEBUG' | 'INFO' | 'LOG';

export function noticeResponse(
  out: ByteWriter,
  severity: NoticeSeverity,
  sqlstate: string,
  message: string,
  fields: ErrorFields = {},
): void {
  const start = begin(out, 'N');
  writeFields(out, severity, sqlstate, message, fields, 0);
  end(out, start);
}

/** @see https://www.postgresql.org/docs/current/protocol-error-fields.html */
function writeFields(
  out: ByteWriter,
  severity: string,
  sqlstate: string,
  message: string,
  fields: ErrorFields,
  positionOffset: number,
): void {
  field(out, 'S', severity);
  field(out, 'V', severity);
  field(out, 'C', sqlstate);
  field(out, 'M', message);
  field(out, 'D', fields.detail);
  field(out, 'H', fields.hint);
  if (fields.position !== undefined) field(out, 'P', String(fields.position + positionOffset));
  field(out, 's', fields.schema);
  field(out, 't', fields.table);
  field(out, 'c', fields.column);
  field(out, 'd', fields.dataType);
  field(out, 'n', fields.constraint);
  out.int8(0);
}

const NUL = /\0/g;

function field(out: ByteWriter, letter: string, value: string | undefined): void {
  if (value === undefined) return;
  out.int8(letter.charCodeAt(0));
  // A zero inside would end the field early, and the rest would be read as further fields.
  out.cstring(value.includes('\0') ? value.replace(NUL, '\uFFFD') : value);
}
