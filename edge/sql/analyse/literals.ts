/**
 * Literals: numbers of the grammar become int4, int8 or numeric as PostgreSQL types them, and a quoted
 * literal takes the type that its surroundings ask for. Types whose input depends on the session (a
 * timestamp with time zone, `now`) are read when the statement runs, because the plan is shared.
 */
import { OID } from '../../types/oids.ts';
import type { PgType } from '../../types/storage.ts';
import { printInput } from '../functions/signatures.ts';
import { constant, plainType, sqlExpr } from './build.ts';
import type { ConstExpr, Expr } from './tree.ts';

const INT4_MAX = 2147483647n;
const INT8_MAX = 9223372036854775807n;
const DIGITS_MAX = 131_072;

/** Canonical numeric text of a decimal literal, digits after the point kept. */
function canonicalDecimal(text: string): string | null {
  const match = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > DIGITS_MAX) return null;
  let digits = whole + fraction;
  let point = whole.length + exponent;
  if (point <= 0) {
    digits = '0'.repeat(1 - point) + digits;
    point = 1;
  }
  if (point > digits.length) digits = digits.padEnd(point, '0');
  const head = digits.slice(0, point).replace(/^0+(?=\d)/, '');
  const tail = digits.slice(point);
  const body = tail === '' ? head : `${head}.${tail}`;
  return /[1-9]/.test(body) ? sign + body : body;
}

/** A numeric literal of the grammar: int4, int8 or numeric. */
export function numberLiteral(text: string, location: number): Expr {
  const clean = text.replaceAll('_', '');
  if (/^-?\d+$/.test(clean) || /^0[xXoObB]/.test(clean)) {
    const value = BigInt(clean);
    if (value <= INT4_MAX && value >= -INT4_MAX - 1n) return constant(OID.int4, value, location);
    if (value <= INT8_MAX && value >= -INT8_MAX - 1n) return constant(OID.int8, value, location);
    return constant(OID.numeric, value.toString(), location);
  }
  const canonical = canonicalDecimal(clean);
  if (canonical !== null) return constant(OID.numeric, canonical, location);
  return literalAs(constant(OID.unknown, clean, location), OID.numeric);
}

const TEXT_STORED: ReadonlySet<number> = new Set([OID.text, OID.varchar, OID.unknown]);

/** A literal without type, read as this type. */
export function literalAs(literal: ConstExpr, oid: number): Expr {
  const { value, location } = literal;
  if (value === null) return constant(oid, null, location);
  if (TEXT_STORED.has(oid)) return constant(oid, value, location);
  if (typeof value === 'string') {
    if (oid === OID.bool) {
      const truth = readBool(value);
      if (truth !== null) return constant(OID.bool, truth, location);
    }
    if (INTEGERS.has(oid) && /^\s*[+-]?\d{1,9}\s*$/.test(value)) {
      const number = BigInt(value.trim());
      if (oid !== OID.int2 || (number < 32768n && number >= -32768n)) {
        return constant(oid, number, location);
      }
    }
    if (oid === OID.numeric) {
      const canonical = canonicalDecimal(value.trim());
      if (canonical !== null && canonical !== '' && /\d/.test(value)) {
        return constant(OID.numeric, canonical, location);
      }
    }
  }
  const type: PgType = plainType(oid);
  const text = constant(OID.text, value, location);
  // The input function may raise, but only over the user's own literal: it tells nothing of a row.
  return sqlExpr(type, [...woven(type, text)], location, { leakproof: true });
}

const INTEGERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8]);

function woven(type: PgType, text: Expr): readonly (string | Expr)[] {
  const stand = '\u{f0000}';
  const [before = '', after = ''] = printInput(type, stand).split(stand);
  return [before, text, after];
}

function readBool(text: string): bigint | null {
  const word = text.trim().toLowerCase();
  if (word === '') return null;
  if ('true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on' || word === '1') return 1n;
  if ('false'.startsWith(word) || 'no'.startsWith(word) || word === 'off' || word === 'of')
    return 0n;
  return word === '0' ? 0n : null;
}
