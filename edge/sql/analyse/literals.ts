/**
 * Literals: numbers of the grammar become int4, int8 or numeric as PostgreSQL types them, and a quoted
 * literal takes the type that its surroundings ask for. Types whose input depends on the session (a
 * timestamp with time zone, `now`) are read when the statement runs, because the plan is shared.
 */
import { EdgeError } from '../../errors.ts';
import { textToValue } from '../../types/input-output.ts';
import { OID } from '../../types/oids.ts';
import { UTC_SETTINGS } from '../../types/settings.ts';
import type { PgType } from '../../types/storage.ts';
import { isArrayType, typeByOid } from '../../types/type-info.ts';
import type { Catalog } from '../catalog/model.ts';
import { systemRelationOid } from '../catalog/system/resolve-system-relation.ts';
import { sequenceOf } from '../catalog/table-sequence.ts';
import { printInput } from '../functions/signatures.ts';
import { errorAt } from './analysis.ts';
import { constant, plainType, sqlExpr, weave } from './build.ts';
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

/** Input functions that look at the session: its time zone. */
const ZONED = /\d:\d\d.*([+-]\d{1,2}(:?\d\d)?|Z|UTC|GMT)$/i;
/** Words that mean the moment at which the transaction began. */
const MOMENTS = /\b(now|today|tomorrow|yesterday)\b/i;

function dependsOnSession(oid: number, text: string): boolean {
  const element = isArrayType(oid) ? (typeByOid(oid)?.elementOid ?? oid) : oid;
  switch (element) {
    case OID.timestamptz:
      return MOMENTS.test(text) || isArrayType(oid) || !ZONED.test(text.trim());
    case OID.timestamp:
    case OID.date:
    case OID.time:
      return MOMENTS.test(text);
    default:
      return false;
  }
}

const REG_SCHEMAS: ReadonlyMap<string, bigint> = new Map([
  ['pg_catalog', 11n],
  ['public', 2200n],
]);

/** A name as regclass or regnamespace: the catalog says which OID it is. Null where the text is no such thing. */
function namedObject(oid: number, text: string, catalog: Catalog, location: number): bigint | null {
  if (/^\d+$/.test(text)) return null;
  const name = text.replace(/^public\./, '').replace(/^"(.*)"$/, '$1');
  if (oid === OID.regclass) {
    const table = catalog.tables.get(name);
    if (table !== undefined) return BigInt(table.oid);
    for (const one of catalog.tables.values()) {
      const sequence = sequenceOf(one);
      if (sequence?.name === name) return BigInt(sequence.oid);
      const index = [...one.uniques, ...one.indexes].find((candidate) => candidate.name === name);
      if (index !== undefined) return BigInt(index.oid);
    }
    const system = systemRelationOid(text);
    if (system !== null) return BigInt(system);
    throw errorAt('undefined_table', `relation "${text}" does not exist`, location);
  }
  if (oid === OID.regnamespace) {
    const schema = REG_SCHEMAS.get(name);
    if (schema !== undefined) return schema;
    throw errorAt('invalid_schema_name', `schema "${text}" does not exist`, location);
  }
  return null;
}

/** A literal without type, read as this type. @throws EdgeError as the type's input function, with position */
export function literalAs(
  literal: ConstExpr,
  oid: number,
  catalog: Catalog | null = null,
  typmod = -1,
): Expr {
  const { value, location } = literal;
  if (value === null) return constant(oid, null, location);
  if (typeof value !== 'string') throw new Error('a literal without type holds text');
  if (catalog !== null) {
    const named = namedObject(oid, value, catalog, location);
    if (named !== null) return constant(oid, named, location);
  }
  const type: PgType = plainType(oid);
  try {
    const stored = textToValue({ oid, typmod }, value, UTC_SETTINGS);
    if (!dependsOnSession(oid, value)) return constant(oid, stored, location);
  } catch (error) {
    throw error instanceof EdgeError && location >= 0
      ? error.with({ position: location + 1 })
      : error;
  }
  const text = constant(OID.text, value, location);
  // The input function may raise, but only over the user's own literal: it tells nothing of a row.
  return sqlExpr(
    type,
    weave([text], (stand = '') => printInput(type, stand)),
    location,
    { leakproof: true },
  );
}
