/**
 * The order of two stored values of one type, for what is compared outside SQLite: array elements, GREATEST, the
 * collations, sorted aggregates.
 */
import { arrayElements } from '../../types/array-value.ts';
import { compareUtf8 } from '../../types/bytes-text.ts';
import { compareInterval, intervalFromBytes } from '../../types/interval.ts';
import { compareJsonbText } from '../../types/jsonb.ts';
import { compareNumericText } from '../../types/numeric-stored.ts';
import { OID } from '../../types/oids.ts';
import type { SqlValue } from '../../types/storage.ts';
import { isArrayType, typeByOid } from '../../types/type-info.ts';

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const order = (left[index] as number) - (right[index] as number);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareNumbers(left: number | bigint, right: number | bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Element by element; the shorter first. NULL elements are equal to each other and above the rest. */
export function compareArrays(elementOid: number, left: string, right: string): number {
  if (left === right) return 0;
  const a = arrayElements(elementOid, left);
  const b = arrayElements(elementOid, right);
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a[index] ?? null;
    const y = b[index] ?? null;
    if (x === null || y === null) {
      if (x !== y) return x === null ? 1 : -1;
      continue;
    }
    const order = compareValues(elementOid, x, y);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Order of two values that are not NULL. */
export function compareValues(oid: number, left: SqlValue, right: SqlValue): number {
  if (typeof left === 'string' && typeof right === 'string') {
    if (oid === OID.numeric) return compareNumericText(left, right);
    if (oid === OID.jsonb) return compareJsonbText(left, right);
    if (oid === OID.bpchar) return compareUtf8(left.replace(/ +$/, ''), right.replace(/ +$/, ''));
    if (isArrayType(oid)) return compareArrays(typeByOid(oid)?.elementOid ?? 0, left, right);
    return compareUtf8(left, right);
  }
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    if (oid !== OID.interval) return compareBytes(left, right);
    return compareInterval(intervalFromBytes(left), intervalFromBytes(right));
  }
  // A text beside a number is NaN: above all.
  if (typeof left === 'string') return 1;
  if (typeof right === 'string') return -1;
  return compareNumbers(left as number | bigint, right as number | bigint);
}
