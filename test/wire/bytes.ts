/**
 * A small language for protocol bytes, so that a test shows what is on the wire. Independent of the
 * product's own writer: what both get wrong would go unseen otherwise.
 */
import { Buffer } from 'node:buffer';

type Part = string | number | Uint8Array;

export const i16 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
};
export const i32 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
};
/** String with its terminating zero. */
export const z = (text: string): Uint8Array => Buffer.from(`${text}\0`, 'utf8');
/** Text without terminator, a single byte, or bytes as they are. */
export const raw = (...parts: readonly Part[]): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'string'
        ? Buffer.from(part, 'utf8')
        : typeof part === 'number'
          ? Buffer.from([part])
          : part,
    ),
  );
/** A message with type letter and length. */
export const message = (letter: string, ...parts: readonly Part[]): Buffer => {
  const body = raw(...parts);
  return raw(letter, i32(body.length + 4), body);
};
/** A start-up frame: length and body. */
export const startupFrame = (...parts: readonly Part[]): Buffer => {
  const body = raw(...parts);
  return raw(i32(body.length + 4), body);
};
/** A start-up packet of protocol 3.minor. */
export const startup = (parameters: Readonly<Record<string, string>>, minor = 0): Buffer =>
  startupFrame(
    i32((3 << 16) | minor),
    ...Object.entries(parameters).flatMap(([name, value]) => [z(name), z(value)]),
    0,
  );

export interface BackendMessage {
  readonly letter: string;
  readonly body: Buffer;
}

/** Cuts a server's bytes into messages; an incomplete rest is an error. */
export function backendMessages(bytes: Uint8Array): BackendMessage[] {
  const buffer = Buffer.from(bytes);
  const messages: BackendMessage[] = [];
  for (let at = 0; at < buffer.length; ) {
    const length = buffer.readInt32BE(at + 1);
    if (at + 1 + length > buffer.length) throw new Error('incomplete backend message');
    messages.push({
      letter: String.fromCharCode(buffer[at] ?? 0),
      body: buffer.subarray(at + 5, at + 1 + length),
    });
    at += 1 + length;
  }
  return messages;
}

/** Fields of an ErrorResponse or NoticeResponse by their letters. */
export function errorFields(body: Uint8Array): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const part of Buffer.from(body).toString('utf8').split('\0')) {
    if (part !== '') fields[part.charAt(0)] = part.slice(1);
  }
  return fields;
}
