/**
 * What each type is: name, length, category, element and array type, as `pg_type` shows them, and the
 * arithmetic of type modifiers. The rows are PostgreSQL 15's own.
 *
 * A type listed here has a name and an OID; whether values of it can be read and written is the
 * business of `input-output.ts`, which refuses the others.
 *
 * @see https://www.postgresql.org/docs/15/catalog-pg-type.html
 */
import type { PgType, StorageForm } from './storage.ts';
import { PLAIN } from './storage.ts';

/** One row of pg_type. */
export interface TypeInfo {
  readonly oid: number;
  /** pg_type.typname: `int4`, `_text`. */
  readonly name: string;
  /** What format_type(oid, NULL) says: `integer`, `text[]`. */
  readonly sqlName: string;
  /** typlen: bytes, -1 for varlena. */
  readonly length: number;
  /** typcategory, one letter: N numbers, S strings, D dates, A arrays... */
  readonly category: string;
  /** typispreferred: wins in its category when functions are resolved. */
  readonly preferred: boolean;
  /** Element type of an array (and of the vectors), else 0. */
  readonly elementOid: number;
  /** The array type over this type, 0 where there is none. */
  readonly arrayOid: number;
  /** typtype: b base, p pseudo. */
  readonly kind: 'b' | 'p';
}

type Row = readonly [number, string, string, number, string, number, number, number, 'b' | 'p'];

// prettier-ignore
const ROWS: readonly Row[] = [
  [16, 'bool', 'boolean', 1, 'B', 1, 0, 1000, 'b'],
  [17, 'bytea', 'bytea', -1, 'U', 0, 0, 1001, 'b'],
  [18, 'char', '"char"', 1, 'Z', 0, 0, 1002, 'b'],
  [19, 'name', 'name', 64, 'S', 0, 18, 1003, 'b'],
  [20, 'int8', 'bigint', 8, 'N', 0, 0, 1016, 'b'],
  [21, 'int2', 'smallint', 2, 'N', 0, 0, 1005, 'b'],
  [22, 'int2vector', 'int2vector', -1, 'A', 0, 21, 1006, 'b'],
  [23, 'int4', 'integer', 4, 'N', 0, 0, 1007, 'b'],
  [24, 'regproc', 'regproc', 4, 'N', 0, 0, 1008, 'b'],
  [25, 'text', 'text', -1, 'S', 1, 0, 1009, 'b'],
  [26, 'oid', 'oid', 4, 'N', 1, 0, 1028, 'b'],
  [27, 'tid', 'tid', 6, 'U', 0, 0, 1010, 'b'],
  [28, 'xid', 'xid', 4, 'U', 0, 0, 1011, 'b'],
  [29, 'cid', 'cid', 4, 'U', 0, 0, 1012, 'b'],
  [30, 'oidvector', 'oidvector', -1, 'A', 0, 26, 1013, 'b'],
  [114, 'json', 'json', -1, 'U', 0, 0, 199, 'b'],
  [142, 'xml', 'xml', -1, 'U', 0, 0, 143, 'b'],
  [194, 'pg_node_tree', 'pg_node_tree', -1, 'Z', 0, 0, 0, 'b'],
  [199, '_json', 'json[]', -1, 'A', 0, 114, 0, 'b'],
  [600, 'point', 'point', 16, 'G', 0, 701, 1017, 'b'],
  [700, 'float4', 'real', 4, 'N', 0, 0, 1021, 'b'],
  [701, 'float8', 'double precision', 8, 'N', 1, 0, 1022, 'b'],
  [705, 'unknown', 'unknown', -2, 'X', 0, 0, 0, 'p'],
  [790, 'money', 'money', 8, 'N', 0, 0, 791, 'b'],
  [869, 'inet', 'inet', -1, 'I', 1, 0, 1041, 'b'],
  [1000, '_bool', 'boolean[]', -1, 'A', 0, 16, 0, 'b'],
  [1001, '_bytea', 'bytea[]', -1, 'A', 0, 17, 0, 'b'],
  [1002, '_char', '"char"[]', -1, 'A', 0, 18, 0, 'b'],
  [1003, '_name', 'name[]', -1, 'A', 0, 19, 0, 'b'],
  [1005, '_int2', 'smallint[]', -1, 'A', 0, 21, 0, 'b'],
  [1006, '_int2vector', 'int2vector[]', -1, 'A', 0, 22, 0, 'b'],
  [1007, '_int4', 'integer[]', -1, 'A', 0, 23, 0, 'b'],
  [1008, '_regproc', 'regproc[]', -1, 'A', 0, 24, 0, 'b'],
  [1009, '_text', 'text[]', -1, 'A', 0, 25, 0, 'b'],
  [1011, '_xid', 'xid[]', -1, 'A', 0, 28, 0, 'b'],
  [1013, '_oidvector', 'oidvector[]', -1, 'A', 0, 30, 0, 'b'],
  [1014, '_bpchar', 'character[]', -1, 'A', 0, 1042, 0, 'b'],
  [1015, '_varchar', 'character varying[]', -1, 'A', 0, 1043, 0, 'b'],
  [1016, '_int8', 'bigint[]', -1, 'A', 0, 20, 0, 'b'],
  [1021, '_float4', 'real[]', -1, 'A', 0, 700, 0, 'b'],
  [1022, '_float8', 'double precision[]', -1, 'A', 0, 701, 0, 'b'],
  [1028, '_oid', 'oid[]', -1, 'A', 0, 26, 0, 'b'],
  [1033, 'aclitem', 'aclitem', 12, 'U', 0, 0, 1034, 'b'],
  [1034, '_aclitem', 'aclitem[]', -1, 'A', 0, 1033, 0, 'b'],
  [1042, 'bpchar', 'character', -1, 'S', 0, 0, 1014, 'b'],
  [1043, 'varchar', 'character varying', -1, 'S', 0, 0, 1015, 'b'],
  [1082, 'date', 'date', 4, 'D', 0, 0, 1182, 'b'],
  [1083, 'time', 'time without time zone', 8, 'D', 0, 0, 1183, 'b'],
  [1114, 'timestamp', 'timestamp without time zone', 8, 'D', 0, 0, 1115, 'b'],
  [1115, '_timestamp', 'timestamp without time zone[]', -1, 'A', 0, 1114, 0, 'b'],
  [1182, '_date', 'date[]', -1, 'A', 0, 1082, 0, 'b'],
  [1183, '_time', 'time without time zone[]', -1, 'A', 0, 1083, 0, 'b'],
  [1184, 'timestamptz', 'timestamp with time zone', 8, 'D', 1, 0, 1185, 'b'],
  [1185, '_timestamptz', 'timestamp with time zone[]', -1, 'A', 0, 1184, 0, 'b'],
  [1186, 'interval', 'interval', 16, 'T', 1, 0, 1187, 'b'],
  [1187, '_interval', 'interval[]', -1, 'A', 0, 1186, 0, 'b'],
  [1231, '_numeric', 'numeric[]', -1, 'A', 0, 1700, 0, 'b'],
  [1266, 'timetz', 'time with time zone', 12, 'D', 0, 0, 1270, 'b'],
  [1700, 'numeric', 'numeric', -1, 'N', 0, 0, 1231, 'b'],
  [2202, 'regprocedure', 'regprocedure', 4, 'N', 0, 0, 2207, 'b'],
  [2205, 'regclass', 'regclass', 4, 'N', 0, 0, 2210, 'b'],
  [2206, 'regtype', 'regtype', 4, 'N', 0, 0, 2211, 'b'],
  [2210, '_regclass', 'regclass[]', -1, 'A', 0, 2205, 0, 'b'],
  [2211, '_regtype', 'regtype[]', -1, 'A', 0, 2206, 0, 'b'],
  [2249, 'record', 'record', -1, 'P', 0, 0, 2287, 'p'],
  [2275, 'cstring', 'cstring', -2, 'P', 0, 0, 1263, 'p'],
  [2276, 'any', '"any"', 4, 'P', 0, 0, 0, 'p'],
  [2277, 'anyarray', 'anyarray', -1, 'P', 0, 0, 0, 'p'],
  [2278, 'void', 'void', 4, 'P', 0, 0, 0, 'p'],
  [2279, 'trigger', 'trigger', 4, 'P', 0, 0, 0, 'p'],
  [2281, 'internal', 'internal', 8, 'P', 0, 0, 0, 'p'],
  [2283, 'anyelement', 'anyelement', 4, 'P', 0, 0, 0, 'p'],
  [2287, '_record', 'record[]', -1, 'P', 0, 2249, 0, 'p'],
  [2776, 'anynonarray', 'anynonarray', 4, 'P', 0, 0, 0, 'p'],
  [2950, 'uuid', 'uuid', 16, 'U', 0, 0, 2951, 'b'],
  [2951, '_uuid', 'uuid[]', -1, 'A', 0, 2950, 0, 'b'],
  [3220, 'pg_lsn', 'pg_lsn', 8, 'U', 0, 0, 3221, 'b'],
  [3802, 'jsonb', 'jsonb', -1, 'U', 0, 0, 3807, 'b'],
  [3807, '_jsonb', 'jsonb[]', -1, 'A', 0, 3802, 0, 'b'],
  [4089, 'regnamespace', 'regnamespace', 4, 'N', 0, 0, 4090, 'b'],
  [4090, '_regnamespace', 'regnamespace[]', -1, 'A', 0, 4089, 0, 'b'],
  [4096, 'regrole', 'regrole', 4, 'N', 0, 0, 4097, 'b'],
  [5069, 'xid8', 'xid8', 8, 'U', 0, 0, 271, 'b'],
];

const INFOS: readonly TypeInfo[] = ROWS.map(
  ([oid, name, sqlName, length, category, preferred, elementOid, arrayOid, kind]) => ({
    oid,
    name,
    sqlName,
    length,
    category,
    preferred: preferred === 1,
    elementOid,
    arrayOid,
    kind,
  }),
);

const BY_OID: ReadonlyMap<number, TypeInfo> = new Map(INFOS.map((info) => [info.oid, info]));

/** Spellings that the grammar or people use beside typname and the SQL name. */
const ALIASES: Readonly<Record<string, string>> = {
  int: 'int4',
  decimal: 'numeric',
  dec: 'numeric',
  float: 'float8',
  'char varying': 'varchar',
  timestamp: 'timestamp',
  time: 'time',
};

const BY_NAME: ReadonlyMap<string, TypeInfo> = new Map([
  ...INFOS.map((info) => [info.sqlName, info] as const),
  ...INFOS.map((info) => [info.name, info] as const),
  ...Object.entries(ALIASES).flatMap(([alias, name]) => {
    const info = INFOS.find((candidate) => candidate.name === name);
    return info === undefined ? [] : [[alias, info] as const];
  }),
]);

/** The type with this OID, or undefined. */
export function typeByOid(oid: number): TypeInfo | undefined {
  return BY_OID.get(oid);
}

/** The type of this name: typname (`int4`, `_int4`), SQL name (`integer`, `integer[]`) or alias. */
export function typeByName(name: string): TypeInfo | undefined {
  const found = BY_NAME.get(name);
  if (found !== undefined || !name.endsWith('[]')) return found;
  const element = BY_NAME.get(name.slice(0, -2).trim());
  return element === undefined ? undefined : BY_OID.get(element.arrayOid);
}

/** Every type of the table, in order of OID: the rows of pg_type. */
export function allTypes(): readonly TypeInfo[] {
  return INFOS;
}

/** SQL name of a type for messages (`format_type_be`); `???` where the OID is not known, as in PostgreSQL. */
export function typeName(oid: number): string {
  return BY_OID.get(oid)?.sqlName ?? '???';
}

/** True for true arrays (not int2vector and oidvector). */
export function isArrayType(oid: number): boolean {
  const info = BY_OID.get(oid);
  return (
    info !== undefined && info.category === 'A' && info.length === -1 && info.name.startsWith('_')
  );
}

const VARHDRSZ = 4;
const NUMERIC = 1700;
const BPCHAR = 1042;
const VARCHAR = 1043;
/** Digits that always fit a signed 64-bit integer. */
const SCALED_PRECISION_MAX = 18;

/** precision and scale of a numeric type modifier; null for -1. PostgreSQL 15 allows scale < 0. */
export function numericTypmod(typmod: number): { precision: number; scale: number } | null {
  if (typmod < VARHDRSZ) return null;
  const packed = typmod - VARHDRSZ;
  const scale = packed & 0x7ff;
  return { precision: (packed >> 16) & 0xffff, scale: scale >= 1024 ? scale - 2048 : scale };
}

/** The type modifier of numeric(precision, scale). */
export function encodeNumericTypmod(precision: number, scale: number): number {
  return ((precision << 16) | (scale & 0x7ff)) + VARHDRSZ;
}

/** n of varchar(n) and char(n); null for -1. */
export function lengthTypmod(typmod: number): number | null {
  return typmod < VARHDRSZ ? null : typmod - VARHDRSZ;
}

/** The type modifier of varchar(length) and char(length). */
export function encodeLengthTypmod(length: number): number {
  return length + VARHDRSZ;
}

/** Where the modifier goes in the SQL name: `timestamp(3) without time zone`. */
function withPrecision(sqlName: string, precision: number): string {
  const space = sqlName.indexOf(' with');
  if (space < 0) return `${sqlName}(${precision})`;
  return `${sqlName.slice(0, space)}(${precision})${sqlName.slice(space)}`;
}

/** format_type(oid, typmod). */
export function formatType(type: PgType): string {
  const info = BY_OID.get(type.oid);
  if (info === undefined) return '???';
  if (isArrayType(type.oid)) {
    return `${formatType({ oid: info.elementOid, typmod: type.typmod })}[]`;
  }
  if (type.typmod < 0) return type.oid === BPCHAR ? 'bpchar' : info.sqlName;
  if (type.oid === NUMERIC) {
    const parts = numericTypmod(type.typmod);
    return parts === null ? info.sqlName : `${info.sqlName}(${parts.precision},${parts.scale})`;
  }
  if (type.oid === BPCHAR || type.oid === VARCHAR) {
    return `${info.sqlName}(${type.typmod - VARHDRSZ})`;
  }
  if (info.category === 'D') return withPrecision(info.sqlName, type.typmod);
  if (info.category === 'T') {
    const precision = type.typmod & 0xffff;
    return precision === 0xffff ? info.sqlName : `${info.sqlName}(${precision})`;
  }
  return info.sqlName;
}

/** How a column of this type lies in SQLite: numeric of up to 18 digits as a scaled integer. */
export function storageForm(type: PgType): StorageForm {
  if (type.oid !== NUMERIC) return PLAIN;
  const parts = numericTypmod(type.typmod);
  if (parts === null || parts.precision > SCALED_PRECISION_MAX) return PLAIN;
  if (parts.scale < 0 || parts.scale > parts.precision) return PLAIN;
  return { kind: 'scaled', scale: parts.scale };
}
