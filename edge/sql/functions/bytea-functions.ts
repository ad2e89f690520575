/**
 * bytea, hashes, and text encodings (hex, base64, escape).
 */
import { Buffer } from 'node:buffer';
import { createHash, randomUUID } from 'node:crypto';
import { EdgeError } from '../../errors.ts';
import { decodeUtf8, encodeUtf8, fromHex, toHex } from '../../types/bytes-text.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { bytesAt, invalidParameter, smallAt, strict, textAt, volatile } from './define.ts';

function rawBytes(value: SqlValue): Uint8Array {
  return value instanceof Uint8Array ? value : encodeUtf8(String(value));
}

function substringBytes(bytes: Uint8Array, start: number, length: number | null): Uint8Array {
  if (length !== null && length < 0) {
    throw new EdgeError('substring_error', 'negative substring length not allowed');
  }
  const from = Math.max(0, start - 1);
  const to = length === null ? bytes.length : Math.max(from, start - 1 + length);
  return bytes.slice(from, to);
}

function encodeEscape(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0 || byte >= 0x80) text += `\\${byte.toString(8).padStart(3, '0')}`;
    else text += byte === 0x5c ? '\\\\' : String.fromCharCode(byte);
  }
  return text;
}

function unknownEncoding(name: string): EdgeError {
  return invalidParameter(`unrecognized encoding: "${name}"`);
}

function encode(bytes: Uint8Array, format: string): string {
  switch (format.toLowerCase()) {
    case 'hex':
      return toHex(bytes);
    case 'base64':
      return Buffer.from(bytes)
        .toString('base64')
        .replace(/.{76}(?=.)/g, '$&\n');
    case 'escape':
      return encodeEscape(bytes);
    default:
      throw unknownEncoding(format);
  }
}

function decodeHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  const bad = /[^0-9a-f]/i.exec(digits);
  if (bad !== null) throw invalidParameter(`invalid hexadecimal digit: "${bad[0]}"`);
  if (digits.length % 2 === 1)
    throw invalidParameter('invalid hexadecimal data: odd number of digits');
  return fromHex(digits);
}

function decodeBase64(text: string): Uint8Array {
  const compact = text.replace(/\s+/g, '');
  const bad = /[^A-Za-z0-9+/=]/.exec(compact);
  if (bad !== null)
    throw invalidParameter(`invalid symbol "${bad[0]}" found while decoding base64 sequence`);
  if (compact.length % 4 !== 0 || /=[^=]|=.*=.*=/.test(compact)) {
    throw new EdgeError('invalid_parameter_value', 'invalid base64 end sequence', {
      hint: 'Input data is missing padding, is truncated, or is otherwise corrupted.',
    });
  }
  return new Uint8Array(Buffer.from(compact, 'base64'));
}

function decodeEscape(text: string): Uint8Array {
  const out: number[] = [];
  for (let index = 0; index < text.length; ) {
    const octal = /^\\([0-3][0-7]{2})/.exec(text.slice(index, index + 4));
    if (octal !== null) {
      out.push(Number.parseInt(octal[1] as string, 8));
      index += 4;
    } else if (text.startsWith('\\\\', index)) {
      out.push(0x5c);
      index += 2;
    } else if (text[index] === '\\') {
      throw new EdgeError('invalid_text_representation', 'invalid input syntax for type bytea');
    } else {
      const char = String.fromCodePoint(text.codePointAt(index) as number);
      out.push(...encodeUtf8(char));
      index += char.length;
    }
  }
  return Uint8Array.from(out);
}

function decode(text: string, format: string): Uint8Array {
  switch (format.toLowerCase()) {
    case 'hex':
      return decodeHex(text);
    case 'base64':
      return decodeBase64(text);
    case 'escape':
      return decodeEscape(text);
    default:
      throw unknownEncoding(format);
  }
}

function isUtf8Name(name: string): boolean {
  return /^(utf-?8|unicode)$/i.test(name);
}

function requireUtf8(name: string): void {
  if (!isUtf8Name(name)) throw invalidParameter(`invalid encoding name "${name}"`);
}

/** bytea functions, hashes and encodings. */
export const BYTEA_FUNCTIONS: readonly ScalarFunction[] = [
  strict('bytea_cat', 2, (args) => new Uint8Array([...bytesAt(args, 0), ...bytesAt(args, 1)])),
  strict('bytea_substr', -1, (args) =>
    substringBytes(bytesAt(args, 0), smallAt(args, 1), args.length < 3 ? null : smallAt(args, 2)),
  ),
  strict('bytea_pos', 2, (args) =>
    BigInt(Buffer.from(bytesAt(args, 0)).indexOf(bytesAt(args, 1)) + 1),
  ),
  strict('get_byte', 2, (args) => {
    const bytes = bytesAt(args, 0);
    const index = smallAt(args, 1);
    const byte = bytes[index];
    if (byte === undefined) {
      throw new EdgeError(
        'array_subscript_error',
        `index ${index} out of valid range, 0..${bytes.length - 1}`,
      );
    }
    return BigInt(byte);
  }),
  strict('md5', 1, (args) =>
    createHash('md5')
      .update(rawBytes(args[0] ?? null))
      .digest('hex'),
  ),
  strict(
    'sha',
    2,
    (args) => new Uint8Array(createHash(textAt(args, 0)).update(bytesAt(args, 1)).digest()),
  ),
  strict('encode', 2, (args) => encode(bytesAt(args, 0), textAt(args, 1))),
  strict('decode', 2, (args) => decode(textAt(args, 0), textAt(args, 1))),
  strict('convert_to', 2, (args) => {
    requireUtf8(textAt(args, 1));
    return encodeUtf8(textAt(args, 0));
  }),
  strict('convert_from', 2, (args) => {
    requireUtf8(textAt(args, 1));
    return decodeUtf8(bytesAt(args, 0));
  }),
  volatile('gen_random_uuid', 0, () => fromHex(randomUUID().replaceAll('-', ''))),
];
