/**
 * bytea and uuid in text, and the check that bytes from a client are UTF-8 without zeros.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { EdgeError } from '../errors.ts';

const HEX: readonly string[] = Array.from({ length: 256 }, (_unused, byte) =>
  byte.toString(16).padStart(2, '0'),
);

/** Lower-case hex without prefix. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length > 64)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  let text = '';
  for (const byte of bytes) text += HEX[byte] as string;
  return text;
}

/** Bytes of hex digits that are known to be well-formed. */
export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function formatUuid(bytes: Uint8Array): string {
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const UUID = /^(\{)?[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}(\})?$/i;

/** The input function of uuid: hyphens may stand after any group of four, braces around. @throws EdgeError 22P02 */
export function parseUuid(text: string): Uint8Array {
  const match = UUID.exec(text);
  if (match === null || (match[1] === undefined) !== (match[2] === undefined)) {
    throw new EdgeError(
      'invalid_text_representation',
      `invalid input syntax for type uuid: "${text}"`,
    );
  }
  return fromHex(text.replace(/[{}-]/g, ''));
}

export function formatBytea(bytes: Uint8Array): string {
  return `\\x${toHex(bytes)}`;
}

function parseHexBytea(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  const bad = /[^0-9a-f]/i.exec(digits);
  if (bad !== null) {
    throw new EdgeError('invalid_parameter_value', `invalid hexadecimal digit: "${bad[0]}"`);
  }
  if (digits.length % 2 === 1) {
    throw new EdgeError(
      'invalid_parameter_value',
      'invalid hexadecimal data: odd number of digits',
    );
  }
  return fromHex(digits);
}

/** The input function of bytea, hex and escape forms. @throws EdgeError 22P02, 22023 */
export function parseBytea(text: string): Uint8Array {
  if (text.startsWith('\\x')) return parseHexBytea(text.slice(2));
  const source = Buffer.from(text, 'utf8');
  if (!source.includes(0x5c)) return new Uint8Array(source);
  const out: number[] = [];
  for (let index = 0; index < source.length; index++) {
    const byte = source[index] as number;
    if (byte !== 0x5c) {
      out.push(byte);
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(source.toString('latin1', index + 1, index + 4));
    if (source[index + 1] === 0x5c) {
      out.push(0x5c);
      index++;
    } else if (octal !== null) {
      out.push(Number.parseInt(octal[0], 8));
      index += 3;
    } else {
      throw new EdgeError('invalid_text_representation', 'invalid input syntax for type bytea');
    }
  }
  return Uint8Array.from(out);
}

/** Bytes that a UTF-8 lead byte announces, as PostgreSQL counts them. */
function announcedLength(lead: number): number {
  if ((lead & 0x80) === 0) return 1;
  if ((lead & 0xe0) === 0xc0) return 2;
  if ((lead & 0xf0) === 0xe0) return 3;
  return (lead & 0xf8) === 0xf0 ? 4 : 1;
}

function invalidSequence(bytes: Uint8Array, at: number): EdgeError {
  const end = Math.min(bytes.length, at + announcedLength(bytes[at] as number));
  const shown = Array.from(bytes.subarray(at, end), (byte) => `0x${HEX[byte] as string}`).join(' ');
  return new EdgeError(
    'character_not_in_repertoire',
    `invalid byte sequence for encoding "UTF8": ${shown}`,
  );
}

function firstInvalid(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = announcedLength(bytes[at] as number);
    if (bytes[at] === 0 || at + length > bytes.length || !isUtf8(bytes.subarray(at, at + length)))
      return at;
    at += length;
  }
  return at;
}

/** Text of a client's bytes. @throws EdgeError 22021 when they are not UTF-8 or hold a zero */
export function decodeUtf8(bytes: Uint8Array): string {
  if (bytes.includes(0) || !isUtf8(bytes)) throw invalidSequence(bytes, firstInvalid(bytes));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

const ENCODER = new TextEncoder();

/** UTF-8 bytes of a text. */
export function encodeUtf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** Order of two texts by their UTF-8 bytes, which is the order of their code points. */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    // A surrogate stands for a code point above every other unit.
    const aHigh = a >= 0xd800 && a <= 0xdfff;
    const bHigh = b >= 0xd800 && b <= 0xdfff;
    return aHigh === bHigh ? a - b : aHigh ? 1 : -1;
  }
  return left.length - right.length;
}
