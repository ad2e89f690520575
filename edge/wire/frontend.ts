/**
 * Messages that a client sends after login: frames in, one discriminated union out. Pure: no socket, no
 * SQL, no state.
 *
 * A body that is wrong inside does not end the connection: it becomes a `malformed` message, and the
 * session answers it as it answers any failed message of that kind (an extended one: skip to Sync).
 * Only a type byte or a length that cannot be is fatal, because then nobody knows where the next
 * message starts; `FrameReader` raises those.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { BodyReader, violation } from './body-reader.ts';
import type { Frame } from './frame-reader.ts';

/** 0 text, 1 binary. */
export type FormatCode = 0 | 1;

export interface QueryMessage {
  readonly kind: 'query';
  readonly text: string;
}
export interface ParseMessage {
  readonly kind: 'parse';
  readonly name: string;
  readonly text: string;
  /** Type OIDs, 0 where left open; may be shorter than the statement's parameters. */
  readonly parameterTypes: readonly number[];
}
export interface BindMessage {
  readonly kind: 'bind';
  readonly portal: string;
  readonly statement: string;
  /** None: all text; one: for all; else one for each parameter. */
  readonly parameterFormats: readonly FormatCode[];
  /** null is SQL's NULL. Views of the frame. */
  readonly parameters: readonly (Uint8Array | null)[];
  /** None: all text; one: for all; else one for each result column (not checked here). */
  readonly resultFormats: readonly FormatCode[];
}
export interface DescribeMessage {
  readonly kind: 'describe';
  readonly what: 'S' | 'P';
  readonly name: string;
}
export interface ExecuteMessage {
  readonly kind: 'execute';
  readonly portal: string;
  /** 0: all. */
  readonly maxRows: number;
}
export interface CloseMessage {
  readonly kind: 'close';
  readonly what: 'S' | 'P';
  readonly name: string;
}
export interface CopyDataMessage {
  readonly kind: 'copyData';
  readonly data: Uint8Array;
}
export interface CopyFailMessage {
  readonly kind: 'copyFail';
  readonly reason: string;
}
/** The fast-path call, unparsed: nothing here serves it. */
export interface FunctionCallMessage {
  readonly kind: 'functionCall';
  readonly body: Uint8Array;
}
export interface BareMessage {
  readonly kind: 'flush' | 'sync' | 'terminate' | 'copyDone';
}
/** A frame of a known type whose body is wrong. */
export interface MalformedMessage {
  readonly kind: 'malformed';
  /** Part of the extended protocol: the session skips to Sync after the error. */
  readonly extended: boolean;
  readonly error: EdgeError;
}

export type FrontendMessage =
  | QueryMessage
  | ParseMessage
  | BindMessage
  | DescribeMessage
  | ExecuteMessage
  | CloseMessage
  | CopyDataMessage
  | CopyFailMessage
  | FunctionCallMessage
  | BareMessage
  | MalformedMessage;

/** Type bytes of the messages that a client may send. */
export const FRONTEND = {
  bind: 0x42, // B
  close: 0x43, // C
  describe: 0x44, // D
  execute: 0x45, // E
  functionCall: 0x46, // F
  flush: 0x48, // H
  parse: 0x50, // P
  query: 0x51, // Q
  sync: 0x53, // S
  terminate: 0x58, // X
  copyDone: 0x63, // c
  copyData: 0x64, // d
  copyFail: 0x66, // f
  /** Password, SASL: only during login. */
  password: 0x70, // p
} as const;

/** PostgreSQL's PQ_SMALL_MESSAGE_LIMIT: messages that hold no more than a name, bytes. */
const SMALL_BYTES_MAX = 10_000;

const CAPS = new Map<number, number>([
  [FRONTEND.bind, LIMITS.frameBytesMax],
  [FRONTEND.close, SMALL_BYTES_MAX],
  [FRONTEND.describe, SMALL_BYTES_MAX],
  [FRONTEND.execute, SMALL_BYTES_MAX],
  [FRONTEND.functionCall, LIMITS.frameBytesMax],
  [FRONTEND.flush, SMALL_BYTES_MAX],
  [FRONTEND.parse, LIMITS.frameBytesMax],
  [FRONTEND.query, LIMITS.frameBytesMax],
  [FRONTEND.sync, SMALL_BYTES_MAX],
  [FRONTEND.terminate, SMALL_BYTES_MAX],
  [FRONTEND.copyDone, SMALL_BYTES_MAX],
  [FRONTEND.copyData, LIMITS.frameBytesMax],
  [FRONTEND.copyFail, SMALL_BYTES_MAX],
]);

/** Frame cap of a session: 0 for a type byte that means nothing after login. */
export function sessionFrameCap(type: number): number {
  return CAPS.get(type) ?? 0;
}

/** Types whose failure makes the session skip to Sync (PostgresMain's doing_extended_query_message). */
const EXTENDED = new Set<number>([
  FRONTEND.parse,
  FRONTEND.bind,
  FRONTEND.describe,
  FRONTEND.execute,
  FRONTEND.close,
  FRONTEND.flush,
]);

const FLUSH: BareMessage = Object.freeze({ kind: 'flush' });
const SYNC: BareMessage = Object.freeze({ kind: 'sync' });
const TERMINATE: BareMessage = Object.freeze({ kind: 'terminate' });
const COPY_DONE: BareMessage = Object.freeze({ kind: 'copyDone' });

/**
 * The message in a frame. Never throws for what a client sent: a wrong body is a `malformed` message.
 */
export function parseFrontendMessage(frame: Frame): FrontendMessage {
  try {
    return parseBody(frame.type, frame.body);
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return { kind: 'malformed', extended: EXTENDED.has(frame.type), error };
  }
}

function parseBody(type: number, body: Uint8Array): FrontendMessage {
  switch (type) {
    case FRONTEND.query:
      return parseQuery(body);
    case FRONTEND.parse:
      return parseParse(body);
    case FRONTEND.bind:
      return parseBind(body);
    case FRONTEND.describe:
      return { kind: 'describe', ...parseTarget(body, 'DESCRIBE') };
    case FRONTEND.execute:
      return parseExecute(body);
    case FRONTEND.close:
      return { kind: 'close', ...parseTarget(body, 'CLOSE') };
    case FRONTEND.flush:
      return bare(body, FLUSH);
    case FRONTEND.sync:
      return bare(body, SYNC);
    case FRONTEND.terminate:
      // Its body, if any, is nobody's business: the client is leaving.
      return TERMINATE;
    case FRONTEND.functionCall:
      return { kind: 'functionCall', body };
    case FRONTEND.copyData:
      return { kind: 'copyData', data: body };
    case FRONTEND.copyDone:
      return bare(body, COPY_DONE);
    case FRONTEND.copyFail:
      return parseCopyFail(body);
    default:
      throw violation(`invalid frontend message type ${type}`);
  }
}

function bare(body: Uint8Array, message: BareMessage): BareMessage {
  if (body.length !== 0) throw violation('invalid message format');
  return message;
}

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-QUERY */
function parseQuery(body: Uint8Array): QueryMessage {
  checkQueryText(body.length);
  const reader = new BodyReader(body);
  const text = reader.string();
  reader.end();
  return { kind: 'query', text };
}

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-PARSE */
function parseParse(body: Uint8Array): ParseMessage {
  checkQueryText(body.length);
  const reader = new BodyReader(body);
  const name = reader.string();
  const text = reader.string();
  const count = reader.uint16();
  const parameterTypes: number[] = [];
  for (let index = 0; index < count; index += 1) parameterTypes.push(reader.uint32());
  reader.end();
  return { kind: 'parse', name, text, parameterTypes };
}

function checkQueryText(bytes: number): void {
  if (bytes <= LIMITS.queryTextBytesMax) return;
  throw new EdgeError('program_limit_exceeded', 'query text is too long', {
    detail: `A query text may have ${LIMITS.queryTextBytesMax} bytes; this one has ${bytes}.`,
  });
}

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-BIND */
function parseBind(body: Uint8Array): BindMessage {
  const reader = new BodyReader(body);
  const portal = reader.string();
  const statement = reader.string();
  const parameterFormats = parseFormats(reader);
  const count = reader.uint16();
  if (parameterFormats.length > 1 && parameterFormats.length !== count) {
    throw violation(
      `bind message has ${parameterFormats.length} parameter formats but ${count} parameters`,
    );
  }
  const parameters: (Uint8Array | null)[] = [];
  for (let index = 0; index < count; index += 1) {
    const length = reader.int32();
    parameters.push(length === -1 ? null : reader.bytes(length));
  }
  const resultFormats = parseFormats(reader);
  reader.end();
  return { kind: 'bind', portal, statement, parameterFormats, parameters, resultFormats };
}

const NO_FORMATS: readonly FormatCode[] = Object.freeze([]);

function parseFormats(reader: BodyReader): readonly FormatCode[] {
  const count = reader.uint16();
  if (count === 0) return NO_FORMATS;
  const formats: FormatCode[] = [];
  for (let index = 0; index < count; index += 1) {
    const code = reader.uint16();
    if (code !== 0 && code !== 1) {
      throw new EdgeError('invalid_parameter_value', `unsupported format code: ${code}`);
    }
    formats.push(code);
  }
  return formats;
}

/** Format of the parameter or column at this index, by the protocol's none-one-all rule. */
export function formatAt(formats: readonly FormatCode[], index: number): FormatCode {
  if (formats.length === 0) return 0;
  return (formats.length === 1 ? formats[0] : formats[index]) ?? 0;
}

function parseTarget(
  body: Uint8Array,
  message: 'DESCRIBE' | 'CLOSE',
): { readonly what: 'S' | 'P'; readonly name: string } {
  const reader = new BodyReader(body);
  const letter = reader.byte();
  const name = reader.string();
  reader.end();
  const what = String.fromCharCode(letter);
  if (what === 'S' || what === 'P') return { what, name };
  throw violation(`invalid ${message} message subtype ${letter}`);
}

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-EXECUTE */
function parseExecute(body: Uint8Array): ExecuteMessage {
  const reader = new BodyReader(body);
  const portal = reader.string();
  const maxRows = reader.int32();
  reader.end();
  // PostgreSQL takes a negative limit for "all" too.
  return { kind: 'execute', portal, maxRows: Math.max(maxRows, 0) };
}

function parseCopyFail(body: Uint8Array): CopyFailMessage {
  const reader = new BodyReader(body);
  const reason = reader.string();
  reader.end();
  return { kind: 'copyFail', reason };
}
