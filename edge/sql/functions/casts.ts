/**
 * Casts: which type turns into which, when (implicitly, on assignment, only when asked), and by which
 * SQLite text. The contexts are pg_cast's of PostgreSQL 15. Casts through text (`x::text`, `text::x`) are
 * the types' output and input functions and need no row of their own.
 */
import type { OidName } from '../../types/oids.ts';
import { OID } from '../../types/oids.ts';
import { isArrayType, typeByOid } from '../../types/type-info.ts';

/** implicit: anywhere; assignment: also when storing into a column; explicit: only `::` and CAST. */
export type CastContext = 'implicit' | 'assignment' | 'explicit';

export interface Cast {
  readonly from: number;
  readonly to: number;
  readonly context: CastContext;
  /** Template over the value in plain form; `$1` alone: the stored value is the same. */
  readonly helios: string;
  /** Cannot raise. */
  readonly leakproof: boolean;
  readonly stable: boolean;
}

const CONTEXTS: Readonly<Record<string, CastContext>> = {
  i: 'implicit',
  a: 'assignment',
  e: 'explicit',
};

// from to context flags | template        (! cannot raise, ~ depends on the session)
const TABLE = `
  int2 int4 i ! | $1
  int2 int8 i ! | $1
  int4 int8 i ! | $1
  int4 int2 a | helios_int2($1)
  int8 int2 a | helios_int2($1)
  int8 int4 a | helios_int4($1)
  int2 float4 i ! | CAST($1 AS REAL)
  int4 float4 i ! | helios_float4($1)
  int8 float4 i ! | helios_float4($1)
  int2 float8 i ! | CAST($1 AS REAL)
  int4 float8 i ! | CAST($1 AS REAL)
  int8 float8 i ! | CAST($1 AS REAL)
  int2 numeric i ! | CAST($1 AS TEXT)
  int4 numeric i ! | CAST($1 AS TEXT)
  int8 numeric i ! | CAST($1 AS TEXT)
  float4 float8 i ! | $1
  float8 float4 a | helios_float4_checked($1)
  float4 numeric a | helios_cast_float4_numeric($1)
  float8 numeric a | helios_cast_float8_numeric($1)
  float4 int2 a | helios_cast_float_int2($1)
  float4 int4 a | helios_cast_float_int4($1)
  float4 int8 a | helios_cast_float_int8($1)
  float8 int2 a | helios_cast_float_int2($1)
  float8 int4 a | helios_cast_float_int4($1)
  float8 int8 a | helios_cast_float_int8($1)
  numeric int2 a | helios_cast_numeric_int2($1)
  numeric int4 a | helios_cast_numeric_int4($1)
  numeric int8 a | helios_cast_numeric_int8($1)
  numeric float4 i | helios_cast_numeric_float4($1)
  numeric float8 i | helios_cast_numeric_float8($1)
  bool int4 e ! | $1
  int4 bool e ! | ($1 <> 0)
  bool text a ! | iif($1, 'true', iif($1 IS NULL, NULL, 'false'))
  bool varchar a ! | iif($1, 'true', iif($1 IS NULL, NULL, 'false'))
  text varchar i ! | $1
  varchar text i ! | $1
  text bpchar i ! | $1
  varchar bpchar i ! | $1
  bpchar text i ! | rtrim($1, ' ')
  bpchar varchar i ! | rtrim($1, ' ')
  text name i ! | helios_name($1)
  varchar name i ! | helios_name($1)
  bpchar name i ! | helios_name(rtrim($1, ' '))
  name text i ! | $1
  name varchar a ! | $1
  name bpchar a ! | $1
  text char a ! | helios_char($1)
  varchar char a ! | helios_char($1)
  bpchar char a ! | helios_char($1)
  char text i ! | $1
  char varchar a ! | $1
  char bpchar a ! | $1
  char int4 e | helios_char_int4($1)
  int4 char e | helios_int4_char($1)
  int2 oid i ! | ($1 & 4294967295)
  int4 oid i ! | ($1 & 4294967295)
  int8 oid i | helios_cast_int8_oid($1)
  oid int4 a ! | helios_cast_oid_int4($1)
  oid int8 a ! | $1
  oid regclass i ! | $1
  oid regtype i ! | $1
  oid regproc i ! | $1
  regclass oid i ! | $1
  regtype oid i ! | $1
  regproc oid i ! | $1
  regnamespace oid i ! | $1
  oid regnamespace i ! | $1
  regclass int4 a ! | helios_cast_oid_int4($1)
  regtype int4 a ! | helios_cast_oid_int4($1)
  regproc int4 a ! | helios_cast_oid_int4($1)
  regclass int8 a ! | $1
  regtype int8 a ! | $1
  regproc int8 a ! | $1
  int4 regclass i ! | ($1 & 4294967295)
  int8 regclass i | helios_cast_int8_oid($1)
  int4 regtype i ! | ($1 & 4294967295)
  int8 regtype i | helios_cast_int8_oid($1)
  int4 regproc i ! | ($1 & 4294967295)
  date timestamp i | helios_cast_date_timestamp($1)
  date timestamptz i ~ | helios_cast_date_timestamptz($1)
  timestamp date a ! | helios_cast_timestamp_date($1)
  timestamp time a ! | helios_cast_timestamp_time($1)
  timestamp timestamptz i ~ | helios_cast_timestamp_timestamptz($1)
  timestamptz date a ! ~ | helios_cast_timestamptz_date($1)
  timestamptz time a ! ~ | helios_cast_timestamptz_time($1)
  timestamptz timestamp a ! ~ | helios_cast_timestamptz_timestamp($1)
  time interval i ! | helios_cast_time_interval($1)
  interval time a ! | helios_cast_interval_time($1)
  json jsonb a | helios_json_to_jsonb($1)
  jsonb json a ! | $1
  jsonb bool e | helios_cast_jsonb_bool($1)
  jsonb numeric e | helios_cast_jsonb_numeric($1)
  jsonb int2 e | helios_cast_jsonb_int2($1)
  jsonb int4 e | helios_cast_jsonb_int4($1)
  jsonb int8 e | helios_cast_jsonb_int8($1)
  jsonb float4 e | helios_cast_jsonb_float4($1)
  jsonb float8 e | helios_cast_jsonb_float8($1)
  int2vector _int2 i ! | $1
  oidvector _oid i ! | $1
`;

function readCast(line: string): Cast {
  const [head = '', helios = ''] = line.split(' | ');
  const [from = '', to = '', context = '', ...flags] = head.trim().split(/\s+/);
  const fromOid = OID[from as OidName];
  const toOid = OID[to as OidName];
  const castContext = CONTEXTS[context];
  if (fromOid === undefined || toOid === undefined || castContext === undefined) {
    throw new Error(`bad cast: ${line}`);
  }
  return {
    from: fromOid,
    to: toOid,
    context: castContext,
    helios: helios.trim(),
    leakproof: flags.includes('!'),
    stable: flags.includes('~'),
  };
}

/** Every cast that is not through text. */
export const CASTS: readonly Cast[] = TABLE.split('\n')
  .map((line) => line.trim())
  .filter((line) => line !== '')
  .map(readCast);

const BY_PAIR: ReadonlyMap<string, Cast> = new Map(
  CASTS.map((cast) => [`${cast.from}>${cast.to}`, cast]),
);

const TEXT_LIKE: ReadonlySet<number> = new Set([
  OID.text,
  OID.varchar,
  OID.bpchar,
  OID.name,
  OID.char,
]);

/** Text whose stored value is its output form already. */
export function isTextLike(oid: number): boolean {
  return TEXT_LIKE.has(oid);
}

/** The cast through the types' text forms, where PostgreSQL has one. */
function textCast(from: number, to: number): Cast | undefined {
  const toInfo = typeByOid(to);
  const fromInfo = typeByOid(from);
  if (toInfo === undefined || fromInfo === undefined) return undefined;
  if (toInfo.category === 'S') {
    return {
      from,
      to,
      context: 'assignment',
      helios: `helios_out(${from}, $1)`,
      leakproof: false,
      stable: true,
    };
  }
  if (fromInfo.category === 'S') {
    return {
      from,
      to,
      context: 'explicit',
      helios: `helios_in(${to}, $1)`,
      leakproof: false,
      stable: true,
    };
  }
  return undefined;
}

/**
 * The cast from one type to another, or undefined. Array casts go element by element, in the element
 * cast's context. The identical type needs none and gives a cast whose template is `$1`.
 */
export function findCast(from: number, to: number): Cast | undefined {
  if (from === to) {
    return { from, to, context: 'implicit', helios: '$1', leakproof: true, stable: false };
  }
  const direct = BY_PAIR.get(`${from}>${to}`);
  if (direct !== undefined) return direct;
  if (isArrayType(from) && isArrayType(to)) {
    const element = findCast(typeByOid(from)?.elementOid ?? 0, typeByOid(to)?.elementOid ?? 0);
    if (element === undefined) return undefined;
    const helios = element.helios === '$1' ? '$1' : `helios_array_cast(${from}, ${to}, $1)`;
    return { ...element, from, to, helios };
  }
  return textCast(from, to);
}
