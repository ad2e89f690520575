/**
 * A bare PostgreSQL client for tests: it sends any bytes and shows every message that comes back, so
 * that two servers can be compared message by message. It hides nothing as a driver would.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface WireTarget {
  readonly host?: string;
  readonly port?: number;
  /** Unix socket path, instead of host and port. */
  readonly path?: string;
  readonly user: string;
  readonly password?: string;
  readonly database: string;
  readonly tls?: boolean;
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface WireField {
  readonly name: string;
  readonly typeOid: number;
  readonly typeLength: number;
  readonly typeModifier: number;
  readonly format: number;
}

export type WireMessage =
  | { readonly kind: 'row_description'; readonly fields: readonly WireField[] }
  | { readonly kind: 'data_row'; readonly values: readonly (Buffer | null)[] }
  | { readonly kind: 'complete'; readonly tag: string }
  | { readonly kind: 'error' | 'notice'; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: 'ready'; readonly status: string }
  | { readonly kind: 'parameter_description'; readonly oids: readonly number[] }
  | { readonly kind: 'parameter_status'; readonly name: string; readonly value: string }
  | { readonly kind: 'key'; readonly pid: number; readonly secret: Buffer }
  | { readonly kind: 'authentication'; readonly code: number; readonly body: Buffer }
  | { readonly kind: 'other'; readonly letter: string; readonly body: Buffer };

const ANSWER_MS_MAX = 30_000;
const PROTOCOL_3_0 = 196_608;
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** One message with its letter and length. */
export function frame(letter: string, ...parts: readonly (Buffer | string | number)[]): Buffer {
  const body = Buffer.concat(parts.map(toBytes));
  const head = Buffer.alloc(5);
  head.write(letter, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** A string becomes a zero-terminated one, a number an int32. */
function toBytes(part: Buffer | string | number): Buffer {
  if (typeof part === 'string') return Buffer.from(`${part}\0`);
  if (typeof part === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(part);
    return bytes;
  }
  return part;
}

export function int16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => {
    bytes.writeInt16BE(value, index * 2);
  });
  return bytes;
}

export interface BindOptions {
  readonly portal?: string;
  readonly statement?: string;
  readonly parameterFormats?: readonly number[];
  readonly parameters?: readonly (Buffer | string | null)[];
  readonly resultFormats?: readonly number[];
}

export const send = {
  query: (text: string): Buffer => frame('Q', text),
  parse: (text: string, name = '', oids: readonly number[] = []): Buffer =>
    frame('P', name, text, int16(oids.length), ...oids),
  bind: (options: BindOptions = {}): Buffer => {
    const formats = options.parameterFormats ?? [];
    const results = options.resultFormats ?? [];
    const values = (options.parameters ?? []).flatMap((value) => {
      if (value === null) return [-1];
      const bytes = Buffer.from(value);
      return [bytes.length, bytes];
    });
    return frame(
      'B',
      options.portal ?? '',
      options.statement ?? '',
      int16(formats.length, ...formats, options.parameters?.length ?? 0),
      ...values,
      int16(results.length, ...results),
    );
  },
  describeStatement: (name = ''): Buffer => frame('D', Buffer.from('S'), name),
  describePortal: (name = ''): Buffer => frame('D', Buffer.from('P'), name),
  execute: (portal = '', maxRows = 0): Buffer => frame('E', portal, maxRows),
  closeStatement: (name = ''): Buffer => frame('C', Buffer.from('S'), name),
  closePortal: (name = ''): Buffer => frame('C', Buffer.from('P'), name),
  sync: (): Buffer => frame('S'),
  flush: (): Buffer => frame('H'),
  terminate: (): Buffer => frame('X'),
} as const;

export class WireClient {
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  readonly #messages: WireMessage[] = [];
  #wake: (() => void) | null = null;
  #closed = false;
  /** From BackendKeyData. */
  pid = 0;
  secret: Buffer = Buffer.alloc(0);
  readonly parameters = new Map<string, string>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, chunk]);
      this.#cut();
    });
    const end = (): void => {
      this.#closed = true;
      this.#wake?.();
    };
    socket.on('close', end);
    socket.on('error', end);
  }

  /** Connects and logs in; throws with the server's error text when it refuses. */
  static async connect(target: WireTarget): Promise<WireClient> {
    const client = new WireClient(await openSocket(target));
    client.write(startup(target));
    await client.#login(target);
    return client;
  }

  /** A socket without any greeting, for hostile bytes. */
  static async raw(target: Pick<WireTarget, 'host' | 'port' | 'path'>): Promise<WireClient> {
    return new WireClient(await openSocket({ ...target, user: '', database: '' }));
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(...bytes: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(bytes));
  }

  /** Sends and collects everything up to ReadyForQuery (or the end of the connection). */
  async exchange(...bytes: readonly Buffer[]): Promise<readonly WireMessage[]> {
    this.write(...bytes);
    return this.until((message) => message.kind === 'ready');
  }

  /** Messages up to and including the first that satisfies the condition, or all until the end. */
  async until(condition: (message: WireMessage) => boolean): Promise<readonly WireMessage[]> {
    const seen: WireMessage[] = [];
    for (;;) {
      const message = await this.next();
      if (message === null) return seen;
      seen.push(message);
      if (condition(message)) return seen;
    }
  }

  /** The next message, or null when the server has closed. */
  async next(): Promise<WireMessage | null> {
    const deadline = performance.now() + ANSWER_MS_MAX;
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      if (this.#closed) return null;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error('no answer from the server within the limit')),
          deadline - performance.now(),
        );
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Rows of a simple query as text; throws on an error. */
  async rows(text: string): Promise<(string | null)[][]> {
    const messages = await this.exchange(send.query(text));
    for (const message of messages) {
      if (message.kind === 'error')
        throw new Error(`${message.fields['C']} ${message.fields['M']}`);
    }
    return messages.flatMap((message) =>
      message.kind === 'data_row'
        ? [message.values.map((value) => (value === null ? null : value.toString('utf8')))]
        : [],
    );
  }

  /** SQLSTATE of the error that a simple query gives, or '00000'. */
  async sqlstate(text: string): Promise<string> {
    const messages = await this.exchange(send.query(text));
    for (const message of messages) {
      if (message.kind === 'error') return message.fields['C'] ?? '';
    }
    return '00000';
  }

  end(): void {
    if (!this.#closed) this.write(send.terminate());
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #cut(): void {
    let offset = 0;
    while (this.#pending.length - offset >= 5) {
      const length = this.#pending.readInt32BE(offset + 1);
      if (this.#pending.length - offset < length + 1) break;
      const letter = String.fromCharCode(this.#pending[offset] ?? 0);
      const body = this.#pending.subarray(offset + 5, offset + 1 + length);
      this.#messages.push(decode(letter, body));
      offset += length + 1;
    }
    this.#pending = this.#pending.subarray(offset);
    this.#wake?.();
  }

  async #login(target: WireTarget): Promise<void> {
    const scram = new ScramClient(target.password ?? '');
    for (;;) {
      const message = await this.next();
      if (message === null) throw new Error('the server closed the connection during login');
      if (message.kind === 'error') {
        throw Object.assign(new Error(`${message.fields['C']} ${message.fields['M']}`), {
          fields: message.fields,
        });
      }
      if (message.kind === 'parameter_status') this.parameters.set(message.name, message.value);
      if (message.kind === 'key') {
        this.pid = message.pid;
        this.secret = message.secret;
      }
      if (message.kind === 'authentication')
        this.#answer(message.code, message.body, scram, target);
      if (message.kind === 'ready') return;
    }
  }

  #answer(code: number, body: Buffer, scram: ScramClient, target: WireTarget): void {
    if (code === 3) this.write(frame('p', target.password ?? ''));
    if (code === 10) {
      const first = Buffer.from(scram.first());
      this.write(frame('p', 'SCRAM-SHA-256', first.length, first));
    }
    if (code === 11) this.write(frame('p', Buffer.from(scram.final(body.toString()))));
    if (code === 12) scram.verify(body.toString());
  }
}

/** Sends a CancelRequest on a connection of its own and waits for the server to close it. */
export async function cancelRequest(
  target: WireTarget,
  pid: number,
  secret: Buffer,
): Promise<void> {
  const socket = await openSocket({ ...target, tls: false });
  const head = Buffer.alloc(12);
  head.writeInt32BE(12 + secret.length, 0);
  head.writeInt32BE(80_877_102, 4);
  head.writeInt32BE(pid, 8);
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
    socket.resume();
    socket.write(Buffer.concat([head, secret]));
  });
}

export function startup(target: WireTarget, protocol: number = PROTOCOL_3_0): Buffer {
  const parameters = { user: target.user, database: target.database, ...target.parameters };
  const text = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${text.join('')}\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(protocol, 4);
  return Buffer.concat([head, body]);
}

async function openSocket(target: WireTarget): Promise<Socket> {
  const socket =
    target.path === undefined
      ? connectTcp(target.port ?? 5432, target.host ?? '127.0.0.1')
      : connectTcp(target.path);
  socket.setNoDelay(true);
  await once(socket, 'connect');
  if (target.tls !== true) return socket;
  socket.write(SSL_REQUEST);
  const answer = await once<Buffer>(socket, 'data');
  if (answer.toString('latin1') !== 'S') throw new Error('the server offers no TLS');
  const secure = connectTls({ socket, rejectUnauthorized: false });
  await once(secure, 'secureConnect');
  return secure;
}

function once<T>(socket: Socket, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('error', reject);
  });
}

/** All whole messages in these bytes. */
export function decodeMessages(bytes: Buffer): WireMessage[] {
  const messages: WireMessage[] = [];
  let offset = 0;
  while (bytes.length - offset >= 5) {
    const end = offset + 1 + bytes.readInt32BE(offset + 1);
    const letter = String.fromCharCode(bytes[offset] ?? 0);
    messages.push(decode(letter, bytes.subarray(offset + 5, end)));
    offset = end;
  }
  return messages;
}

function decode(letter: string, body: Buffer): WireMessage {
  switch (letter) {
    case 'T':
      return { kind: 'row_description', fields: decodeFields(body) };
    case 'D':
      return { kind: 'data_row', values: decodeValues(body) };
    case 'C':
      return { kind: 'complete', tag: body.toString('utf8', 0, body.length - 1) };
    case 'E':
    case 'N':
      return { kind: letter === 'E' ? 'error' : 'notice', fields: decodeErrorFields(body) };
    case 'Z':
      return { kind: 'ready', status: body.toString('latin1') };
    case 't':
      return { kind: 'parameter_description', oids: decodeOids(body) };
    case 'S': {
      const [name = '', value = ''] = body.toString('utf8').split('\0');
      return { kind: 'parameter_status', name, value };
    }
    case 'K':
      return { kind: 'key', pid: body.readInt32BE(0), secret: Buffer.from(body.subarray(4)) };
    case 'R':
      return {
        kind: 'authentication',
        code: body.readInt32BE(0),
        body: Buffer.from(body.subarray(4)),
      };
    default:
      return { kind: 'other', letter, body: Buffer.from(body) };
  }
}

function decodeFields(body: Buffer): WireField[] {
  const fields: WireField[] = [];
  let offset = 2;
  for (let count = body.readInt16BE(0); count > 0; count--) {
    const end = body.indexOf(0, offset);
    const at = end + 7;
    fields.push({
      name: body.toString('utf8', offset, end),
      typeOid: body.readUInt32BE(at),
      typeLength: body.readInt16BE(at + 4),
      typeModifier: body.readInt32BE(at + 6),
      format: body.readInt16BE(at + 10),
    });
    offset = at + 12;
  }
  return fields;
}

function decodeValues(body: Buffer): (Buffer | null)[] {
  const values: (Buffer | null)[] = [];
  let offset = 2;
  for (let count = body.readInt16BE(0); count > 0; count--) {
    const length = body.readInt32BE(offset);
    offset += 4;
    values.push(length < 0 ? null : Buffer.from(body.subarray(offset, offset + length)));
    offset += Math.max(length, 0);
  }
  return values;
}

function decodeErrorFields(body: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const part of body.toString('utf8').split('\0')) {
    if (part !== '') fields[part[0] ?? ''] = part.slice(1);
  }
  return fields;
}

function decodeOids(body: Buffer): number[] {
  const count = body.readInt16BE(0);
  return Array.from({ length: count }, (_, index) => body.readUInt32BE(2 + index * 4));
}

/** The client's half of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding. */
class ScramClient {
  readonly #password: string;
  readonly #nonce = randomBytes(18).toString('base64');
  #serverSignature = '';

  constructor(password: string) {
    this.#password = password;
  }

  first(): string {
    return `n,,n=,r=${this.#nonce}`;
  }

  final(serverFirst: string): string {
    const parts = new Map(serverFirst.split(',').map((part) => [part[0], part.slice(2)]));
    const salt = Buffer.from(parts.get('s') ?? '', 'base64');
    const salted = pbkdf2Sync(this.#password, salt, Number(parts.get('i')), 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const withoutProof = `c=biws,r=${parts.get('r')}`;
    const message = `n=,r=${this.#nonce},${serverFirst},${withoutProof}`;
    const signature = hmac(storedKey, message);
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), message).toString('base64');
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  verify(serverFinal: string): void {
    if (serverFinal !== `v=${this.#serverSignature}`) throw new Error('wrong server signature');
  }
}

function hmac(key: Buffer, message: string): Buffer {
  return createHmac('sha256', key).update(message).digest();
}
