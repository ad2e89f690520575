/**
 * Type names as they stand in casts and column definitions: `numeric(10,2)`, `varchar(20)`, `int[]`.
 */
import type { TypeName } from '@pgsql/types';
import { OID } from '../../types/oids.ts';
import type { PgType } from '../../types/storage.ts';
import {
  encodeLengthTypmod,
  encodeNumericTypmod,
  typeByName,
  typeByOid,
} from '../../types/type-info.ts';
import { errorAt, refuse } from './analysis.ts';
import { asNode, namesOf } from './nodes.ts';

const NUMERIC_PRECISION_MAX = 1000;
const LENGTH_MAX = 10_485_760;
const TIME_PRECISION_MAX = 6;

/** Types with values on this box; the others of pg_type are names only. */
const USABLE_PSEUDO: ReadonlySet<number> = new Set([OID.unknown]);

function modifiersOf(name: TypeName, location: number): readonly number[] {
  return (name.typmods ?? []).map((node) => {
    const constant = asNode(node, 'A_Const');
    if (constant?.ival === undefined) {
      throw errorAt(
        'syntax_error',
        'type modifiers must be simple constants or identifiers',
        location,
      );
    }
    return constant.ival.ival ?? 0;
  });
}

function numericModifier(modifiers: readonly number[], location: number): number {
  const [precision = 0, scale = 0] = modifiers;
  if (modifiers.length > 2) {
    throw errorAt('invalid_parameter_value', 'invalid NUMERIC type modifier', location);
  }
  if (precision < 1 || precision > NUMERIC_PRECISION_MAX) {
    throw errorAt(
      'invalid_parameter_value',
      `NUMERIC precision ${precision} must be between 1 and ${NUMERIC_PRECISION_MAX}`,
      location,
    );
  }
  if (scale < -NUMERIC_PRECISION_MAX || scale > NUMERIC_PRECISION_MAX) {
    throw errorAt(
      'invalid_parameter_value',
      `NUMERIC scale ${scale} must be between -${NUMERIC_PRECISION_MAX} and ${NUMERIC_PRECISION_MAX}`,
      location,
    );
  }
  return encodeNumericTypmod(precision, scale);
}

function lengthModifier(sqlName: string, length: number, location: number): number {
  const name = sqlName === 'character varying' ? 'varchar' : 'char';
  if (length < 1) {
    throw errorAt(
      'invalid_parameter_value',
      `length for type ${name} must be at least 1`,
      location,
    );
  }
  if (length > LENGTH_MAX) {
    throw errorAt(
      'invalid_parameter_value',
      `length for type ${name} cannot exceed ${LENGTH_MAX}`,
      location,
    );
  }
  return encodeLengthTypmod(length);
}

const INTERVAL_FULL_RANGE = 0x7fff;

function modifierFor(oid: number, modifiers: readonly number[], location: number): number {
  const info = typeByOid(oid);
  const [first = 0] = modifiers;
  switch (oid) {
    case OID.numeric:
      return numericModifier(modifiers, location);
    case OID.varchar:
    case OID.bpchar:
      return lengthModifier(info?.sqlName ?? '', first, location);
    case OID.time:
    case OID.timestamp:
    case OID.timestamptz:
      // PostgreSQL cuts larger precisions down with a warning.
      return Math.min(first, TIME_PRECISION_MAX);
    case OID.interval: {
      const precision = modifiers[1] ?? 0xffff;
      const range = first === 0 ? INTERVAL_FULL_RANGE : first;
      return range === INTERVAL_FULL_RANGE && precision === 0xffff
        ? -1
        : (range << 16) | Math.min(precision, 0xffff);
    }
    default:
      throw errorAt(
        'syntax_error',
        `type modifier is not allowed for type "${info?.name ?? ''}"`,
        location,
      );
  }
}

/** The type a TypeName node names. @throws EdgeError 42704 with position */
export function resolveTypeName(name: TypeName): PgType {
  const location = name.location ?? 0;
  const names = namesOf(name.names);
  const schema = names.length > 1 ? names[0] : undefined;
  const bare = names.at(-1) ?? '';
  if (name.setof === true || name.pct_type === true) throw refuse('SETOF and %TYPE', location);
  const info = schema === undefined || schema === 'pg_catalog' ? typeByName(bare) : undefined;
  if (info === undefined || (info.kind === 'p' && !USABLE_PSEUDO.has(info.oid))) {
    throw errorAt('undefined_object', `type "${names.join('.')}" does not exist`, location);
  }
  const modifiers = modifiersOf(name, location);
  const typmod = modifiers.length === 0 ? -1 : modifierFor(info.oid, modifiers, location);
  if ((name.arrayBounds ?? []).length === 0) return { oid: info.oid, typmod };
  if (info.arrayOid === 0) {
    throw errorAt('undefined_object', `type "${names.join('.')}[]" does not exist`, location);
  }
  return { oid: info.arrayOid, typmod };
}
