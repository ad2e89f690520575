/**
 * The first packets of a connection: start-up, SSLRequest, GSSENCRequest, CancelRequest. Lenient exactly
 * where PostgreSQL is (the last string may lack its zero), strict everywhere else.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
 */
import { Buffer } from 'node:buffer';
import { EdgeError } from '../errors.ts';
import type { ByteWriter } from '../types/byte-writer.ts';
import { decodeUtf8 } from './body-reader.ts';

export const PROTOCOL_MAJOR = 3;
/** Newest minor version spoken here: 3.2 has longer cancel secrets. */
export const PROTOCOL_MINOR_MAX = 2;

const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const CODE_BYTES = 4;
/** CancelRequest's secret: 4 bytes in protocol 3.0, up to 256 since 3.2. */
const SECRET_BYTES_MIN = 4;
const SECRET_BYTES_MAX = 256;
/** Secret that we give out: RFC-style 256 bits in 3.2; 3.0 has room for 4 bytes only. */
export const SECRET_BYTES_LONG = 32;

export interface StartupParameters {
  readonly kind: 'startup';
  readonly minor: number;
  readonly user: string;
  /** The user's name when the client did not say, as in PostgreSQL. */
  readonly database: string;
  readonly options: string;
  readonly replication: string | null;
  /** The others, in the order given. */
  readonly parameters: ReadonlyMap<string, string>;
  /** `_pq_.` options: none is known here. */
  readonly protocolOptions: readonly string[];
}

export interface CancelRequest {
  readonly kind: 'cancel';
  readonly pid: number;
  readonly secret: Uint8Array;
}

export type StartupRequest =
  | StartupParameters
  | CancelRequest
  | { readonly kind: 'ssl' | 'gssenc' }
  | { readonly kind: 'unsupported'; readonly major: number; readonly minor: number }
  /** Nothing that deserves an answer: the connection is dropped without a word. */
  | { readonly kind: 'garbage' };

/**
 * Reads the body of a start-up frame.
 * @throws EdgeError FATAL 08P01, 28000, 22021
 */
export function parseStartup(body: Uint8Array): StartupRequest {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (bytes.length < CODE_BYTES) return { kind: 'garbage' };
  const code = bytes.readUInt32BE(0);
  switch (code) {
    case SSL_REQUEST:
      return { kind: 'ssl' };
    case GSSENC_REQUEST:
      return { kind: 'gssenc' };
    case CANCEL_REQUEST:
      return parseCancel(bytes);
    default: {
      const major = code >>> 16;
      const minor = code & 0xffff;
      if (major !== PROTOCOL_MAJOR) return { kind: 'unsupported', major, minor };
      return parseParameters(bytes, minor);
    }
  }
}

/** What an SSLRequest that comes too late is taken for: PostgreSQL reads it as a version number. */
export function asUnsupported(kind: 'ssl' | 'gssenc'): {
  readonly major: number;
  readonly minor: number;
} {
  const code = kind === 'ssl' ? SSL_REQUEST : GSSENC_REQUEST;
  return { major: code >>> 16, minor: code & 0xffff };
}

function parseCancel(bytes: Buffer): StartupRequest {
  const secretBytes = bytes.length - 2 * CODE_BYTES;
  if (secretBytes < SECRET_BYTES_MIN || secretBytes > SECRET_BYTES_MAX) return { kind: 'garbage' };
  return {
    kind: 'cancel',
    pid: bytes.readInt32BE(CODE_BYTES),
    secret: bytes.subarray(2 * CODE_BYTES),
  };
}

function parseParameters(bytes: Buffer, minor: number): StartupParameters {
  const pairs = readPairs(bytes);
  let user = '';
  let database = '';
  let options = '';
  let replication: string | null = null;
  const parameters = new Map<string, string>();
  const protocolOptions: string[] = [];
  for (const [name, value] of pairs) {
    if (name === 'user') user = value;
    else if (name === 'database') database = value;
    else if (name === 'options') options = value;
    else if (name === 'replication') replication = value;
    else if (name.startsWith('_pq_.')) protocolOptions.push(name);
    else parameters.set(name, value);
  }
  if (user === '') {
    throw fatal(
      'invalid_authorization_specification',
      'no PostgreSQL user name specified in startup packet',
    );
  }
  if (database === '') database = user;
  return {
    kind: 'startup',
    minor,
    user,
    database,
    options,
    replication,
    parameters,
    protocolOptions,
  };
}

function readPairs(bytes: Buffer): [string, string][] {
  const pairs: [string, string][] = [];
  let at = CODE_BYTES;
  const endOf = (start: number): number => {
    const zero = bytes.indexOf(0, start);
    return zero < 0 ? bytes.length : zero;
  };
  while (at < bytes.length && bytes[at] !== 0) {
    const nameEnd = endOf(at);
    const valueAt = nameEnd + 1;
    if (valueAt >= bytes.length) break;
    const valueEnd = endOf(valueAt);
    pairs.push([text(bytes.subarray(at, nameEnd)), text(bytes.subarray(valueAt, valueEnd))]);
    at = valueEnd + 1;
  }
  if (at !== bytes.length - 1) {
    throw fatal(
      'protocol_violation',
      'invalid startup packet layout: expected terminator as last byte',
    );
  }
  return pairs;
}

function text(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    if (error instanceof EdgeError) throw error.with({ severity: 'FATAL' });
    throw error;
  }
}

function fatal(
  condition: 'protocol_violation' | 'invalid_authorization_specification',
  message: string,
): EdgeError {
  return new EdgeError(condition, message, { severity: 'FATAL' });
}

/** The text for a protocol version that is not spoken here. */
export function unsupportedProtocol(major: number, minor: number): EdgeError {
  const newest = `${PROTOCOL_MAJOR}.${PROTOCOL_MINOR_MAX}`;
  return new EdgeError(
    'feature_not_supported',
    `unsupported frontend protocol ${major}.${minor}: server supports ${PROTOCOL_MAJOR}.0 to ${newest}`,
    { severity: 'FATAL' },
  );
}

/** An ErrorResponse as protocol 2.0 had it: the only form that such a client can show. */
export function errorResponseV2(out: ByteWriter, error: EdgeError): void {
  out.int8(0x45); // E
  out.cstring(`${error.severity}:  ${error.message}\n`);
}
