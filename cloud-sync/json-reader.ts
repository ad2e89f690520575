/**
 * Reads untrusted JSON values, naming the place where one is not what it should be. Both ends use it:
 * the receiver does not trust boxes, and a box does not trust whatever answers at the endpoint.
 */
import { SyncError } from './sync-error.ts';

/** Refuses the whole message. */
export function malformed(where: string, expected: string): SyncError {
  return new SyncError('SYNC_MALFORMED', `${where}: expected ${expected}`, { retryable: false });
}

/** A JSON object, by field. */
export type JsonRecord = Readonly<Record<string, unknown>>;

export function readRecord(value: unknown, where: string): JsonRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(where, 'an object');
  }
  return value as JsonRecord;
}

export function readList(value: unknown, where: string, lengthMax: number): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(where, 'a list');
  if (value.length > lengthMax) throw malformed(where, `at most ${lengthMax} items`);
  return value;
}

/** A list that must have exactly one item for each row. */
export function readColumn(value: unknown, where: string, count: number): readonly unknown[] {
  const list = readList(value, where, count);
  if (list.length !== count) throw malformed(where, `${count} items`);
  return list;
}

export function readText(value: unknown, where: string, charsMax: number): string {
  if (typeof value !== 'string') throw malformed(where, 'a text');
  if (value.length > charsMax) throw malformed(where, `at most ${charsMax} characters`);
  return value;
}

const CONTROL_CHARACTER = /\p{Cc}/u;

/** A name that is not empty and has no control characters: it ends up in logs and in SQL as data. */
export function readName(value: unknown, where: string, charsMax: number): string {
  const text = readText(value, where, charsMax);
  if (text === '' || CONTROL_CHARACTER.test(text)) throw malformed(where, 'a name');
  return text;
}

export function readCount(value: unknown, where: string, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
    throw malformed(where, `a whole number up to ${max}`);
  }
  return value;
}

const INT64_MAX = (1n << 63n) - 1n;
const DECIMAL = /^-?\d{1,19}$/;

/** A 64-bit integer, as a JSON number where it is exact, else as decimal text. */
export function readInt64(value: unknown, where: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && DECIMAL.test(value)) {
    const number = BigInt(value);
    if (number <= INT64_MAX && number >= -INT64_MAX) return number;
  }
  throw malformed(where, 'an integer of 64 bits');
}

/** The shortest exact JSON form of a 64-bit integer. */
export function writeInt64(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

export function readBoolean(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') throw malformed(where, 'true or false');
  return value;
}
