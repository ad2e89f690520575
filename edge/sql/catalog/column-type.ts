/**
 * Types that a column may have: from the grammar's TypeName to type, modifier and storage form, with
 * PostgreSQL's errors for modifiers. A type that PostgreSQL has and a column of ours cannot be is 0A000.
 */
import type { Node, TypeName } from '@pgsql/types';
import { EdgeError, notSupported } from '../../errors.ts';
import { OID } from '../../types/oids.ts';
import type { PgType, StorageForm } from '../../types/storage.ts';
import {
  encodeLengthTypmod,
  encodeNumericTypmod,
  formatType,
  storageForm,
  typeByName,
} from '../../types/type-info.ts';
import { nodeString, positionOf } from './node.ts';

export interface ColumnType {
  readonly type: PgType;
  readonly form: StorageForm;
  /** smallserial, serial, bigserial: an identity column by another name. */
  readonly serial: boolean;
}

const COLUMN_TYPES: ReadonlySet<number> = new Set([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.float4,
  OID.float8,
  OID.numeric,
  OID.text,
  OID.varchar,
  OID.bpchar,
  OID.uuid,
  OID.bytea,
  OID.date,
  OID.time,
  OID.timestamp,
  OID.timestamptz,
  OID.json,
  OID.jsonb,
]);

const SERIALS: ReadonlyMap<string, number> = new Map([
  ['smallserial', OID.int2],
  ['serial2', OID.int2],
  ['serial', OID.int4],
  ['serial4', OID.int4],
  ['bigserial', OID.int8],
  ['serial8', OID.int8],
]);

const LENGTH_MAX = 10_485_760;
const NUMERIC_PRECISION_MAX = 1_000;
const TIME_PRECISION_MAX = 6;

function parameterError(message: string, position: number | undefined): EdgeError {
  return new EdgeError(
    'invalid_parameter_value',
    message,
    position === undefined ? {} : { position },
  );
}

function modifierValue(node: Node, position: number | undefined): number {
  if ('A_Const' in node) {
    const constant = node.A_Const;
    if (constant.ival !== undefined) return constant.ival.ival ?? 0;
  }
  if ('A_Expr' in node) {
    const { lexpr, rexpr, name } = node.A_Expr;
    const minus = name?.length === 1 && nodeString(name[0]) === '-';
    if (minus && lexpr === undefined && rexpr !== undefined) return -modifierValue(rexpr, position);
  }
  throw parameterError('type modifiers must be simple constants or identifiers', position);
}

function numericModifier(modifiers: readonly number[], position: number | undefined): number {
  const [precision = 0, scale = 0] = modifiers;
  if (modifiers.length > 2) throw parameterError('invalid NUMERIC type modifier', position);
  if (precision < 1 || precision > NUMERIC_PRECISION_MAX) {
    throw parameterError(
      `NUMERIC precision ${precision} must be between 1 and ${NUMERIC_PRECISION_MAX}`,
      position,
    );
  }
  if (scale < -1_000 || scale > 1_000) {
    throw parameterError(`NUMERIC scale ${scale} must be between -1000 and 1000`, position);
  }
  return encodeNumericTypmod(precision, scale);
}

function lengthModifier(
  modifiers: readonly number[],
  name: 'varchar' | 'char',
  position: number | undefined,
): number {
  const [length = 1] = modifiers;
  if (modifiers.length !== 1) throw parameterError('invalid type modifier', position);
  if (length < 1) throw parameterError(`length for type ${name} must be at least 1`, position);
  if (length > LENGTH_MAX) {
    throw parameterError(`length for type ${name} cannot exceed ${LENGTH_MAX}`, position);
  }
  return encodeLengthTypmod(length);
}

function typeModifier(oid: number, nodes: readonly Node[], position: number | undefined): number {
  if (nodes.length === 0) return -1;
  const modifiers = nodes.map((node) => modifierValue(node, position));
  switch (oid) {
    case OID.numeric:
      return numericModifier(modifiers, position);
    case OID.varchar:
      return lengthModifier(modifiers, 'varchar', position);
    case OID.bpchar:
      return lengthModifier(modifiers, 'char', position);
    case OID.time:
    case OID.timestamp:
    case OID.timestamptz: {
      const [precision = 0] = modifiers;
      // PostgreSQL reduces a greater precision to 6, with a warning.
      return Math.min(Math.max(precision, 0), TIME_PRECISION_MAX);
    }
    default:
      throw new EdgeError(
        'syntax_error',
        `type modifier is not allowed for type "${formatType({ oid, typmod: -1 })}"`,
        position === undefined ? {} : { position },
      );
  }
}

function typeNameParts(typeName: TypeName): {
  readonly schema: string | null;
  readonly name: string;
} {
  const parts = (typeName.names ?? []).map(nodeString);
  const name = parts.at(-1) ?? '';
  return { schema: parts.length > 1 ? (parts.at(-2) ?? null) : null, name };
}

/**
 * @throws EdgeError 42704 for a type that does not exist, 0A000 for one that a column cannot have here,
 * 22023 for a wrong modifier
 */
export function columnType(typeName: TypeName): ColumnType {
  const position = positionOf(typeName);
  const { schema, name } = typeNameParts(typeName);
  if ((typeName.arrayBounds ?? []).length > 0) {
    throw notSupported('a column of an array type', position);
  }
  const serial = schema === null || schema === 'pg_catalog' ? SERIALS.get(name) : undefined;
  if (serial !== undefined) {
    const type = { oid: serial, typmod: -1 };
    return { type, form: storageForm(type), serial: true };
  }
  const known = schema === null || schema === 'pg_catalog' ? typeByName(name) : undefined;
  // SQL names with spaces come from the grammar as typnames; a quoted "double precision" is no type.
  if (known === undefined || known.name !== name) {
    const full = schema === null ? name : `${schema}.${name}`;
    throw new EdgeError(
      'undefined_object',
      `type "${full}" does not exist`,
      position === undefined ? {} : { position },
    );
  }
  const type = {
    oid: known.oid,
    typmod: typeModifier(known.oid, typeName.typmods ?? [], position),
  };
  if (!COLUMN_TYPES.has(known.oid)) {
    throw notSupported(`a column of type ${formatType(type)}`, position);
  }
  return { type, form: storageForm(type), serial: false };
}

/** True where values of both lie alike in SQLite and compare alike: what a foreign key needs. */
export function comparesAlike(left: ColumnLike, right: ColumnLike): boolean {
  const family = (oid: number): number => {
    if (oid === OID.int2 || oid === OID.int4) return OID.int8;
    if (oid === OID.varchar) return OID.text;
    if (oid === OID.float4) return OID.float8;
    return oid;
  };
  if (family(left.type.oid) !== family(right.type.oid)) return false;
  if (left.type.oid === OID.bpchar && left.type.typmod !== right.type.typmod) return false;
  const scale = (form: StorageForm): number => (form.kind === 'scaled' ? form.scale : -1);
  return scale(left.form) === scale(right.form);
}

interface ColumnLike {
  readonly type: PgType;
  readonly form: StorageForm;
}
