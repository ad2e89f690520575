/**
 * Prints resolved calls, casts and comparisons as SQLite text. The analyser decides *what* is called;
 * how that is spelled lives here, next to the functions that it names.
 *
 * The printed arguments must already be of the signature's types and in PLAIN form, except where a function
 * says `scaled`. Nothing here looks at values: texts contain no user literal unless the caller put it in.
 */
import { OID } from '../../types/oids.ts';
import type { PgType } from '../../types/storage.ts';
import { isArrayType, lengthTypmod, numericTypmod, typeByOid } from '../../types/type-info.ts';
import type { Cast } from './casts.ts';
import { findCast, isTextLike } from './casts.ts';
import type { Signature } from './signature.ts';
import { distinctTemplate } from './table-aggregates.ts';

/** An argument's SQL text and its type. */
export interface PrintedArgument {
  readonly sql: string;
  readonly oid: number;
}

/** The value as PostgreSQL's text output, as SQL. */
export function printOutput(argument: PrintedArgument): string {
  return isTextLike(argument.oid) ||
    argument.oid === OID.json ||
    argument.oid === OID.jsonb ||
    argument.oid === OID.unknown ||
    argument.oid === OID.numeric
    ? argument.sql
    : `helios_out(${argument.oid}, ${argument.sql})`;
}

/** The value cast to text, which for bool and char(n) is not the output form. */
function printTextCast(argument: PrintedArgument): string {
  const cast = findCast(argument.oid, OID.text);
  return cast === undefined ? printOutput(argument) : printCast(cast, argument.sql);
}

function elementOf(oid: number): number {
  return typeByOid(oid)?.elementOid ?? 0;
}

/** The collation under which values of this type compare, or null where SQLite's own order is right. */
export function collationOf(oid: number): string | null {
  if (oid === OID.numeric) return 'helios_numeric';
  if (oid === OID.jsonb) return 'helios_jsonb';
  if (oid === OID.bpchar) return 'RTRIM';
  if (isArrayType(oid)) {
    const element = elementOf(oid);
    return element === OID.numeric ? 'helios_array_numeric' : 'helios_array';
  }
  return null;
}

/** True where the type has an order and an equality at all (json has none: 42883). */
export function isComparable(oid: number): boolean {
  if (isArrayType(oid)) return isComparable(elementOf(oid));
  return oid !== OID.json && oid !== OID.void;
}

/** What to ORDER BY, GROUP BY, or compare: the value itself, with its collation, or its key. */
export function printKey(argument: PrintedArgument): string {
  if (argument.oid === OID.interval) return `helios_interval_key(${argument.sql})`;
  const collation = collationOf(argument.oid);
  return collation === null ? argument.sql : `${argument.sql} COLLATE ${collation}`;
}

// One pass, so that nothing inside an argument's own text is taken for a placeholder.
const PLACEHOLDER = /\$([otecvx]?)(\d+)|\$([op]?)\*|\$([DO])|(@)/g;

type Inserts = Readonly<Record<'D' | 'O' | '@', string>>;

const NO_INSERTS: Inserts = { D: '', O: '', '@': '@' };

function fillList(kind: string, args: readonly PrintedArgument[]): string {
  if (kind === 'o') return args.map(printOutput).join(', ');
  if (kind === 'p') return args.map((one) => `${one.oid}, ${one.sql}`).join(', ');
  return args.map((one) => one.sql).join(', ');
}

function fillOne(kind: string, index: number, args: readonly PrintedArgument[]): string {
  if (kind === 'v') return fillList('', args.slice(index));
  const argument = args[index];
  if (argument === undefined) throw new Error(`a template wants argument ${index + 1}`);
  if (kind === 'o') return printOutput(argument);
  if (kind === 'x') return printTextCast(argument);
  if (kind === 't') return String(argument.oid);
  if (kind === 'e') return String(elementOf(argument.oid));
  if (kind === 'c') return collationOf(argument.oid) ?? 'BINARY';
  return argument.sql;
}

function fill(template: string, args: readonly PrintedArgument[], inserts: Inserts): string {
  return template.replace(
    PLACEHOLDER,
    (whole: string, kind?: string, digits?: string, star?: string, letter?: string) => {
      if (digits !== undefined) return fillOne(kind ?? '', Number(digits) - 1, args);
      if (letter !== undefined) return inserts[letter as 'D' | 'O'];
      if (whole === '@') return inserts['@'];
      return fillList(star ?? '', args);
    },
  );
}

/** A function or operator call. */
export function printCall(signature: Signature, args: readonly PrintedArgument[]): string {
  return fill(signature.helios, args, NO_INSERTS);
}

export interface AggregateOptions {
  readonly distinct: boolean;
  /** Terms of the inner ORDER BY (`x DESC NULLS LAST`), '' for none. */
  readonly orderBy: string;
  /** ` FILTER (WHERE ...)` and ` OVER (...)`, with their leading space, or ''. */
  readonly suffix: string;
}

/**
 * An aggregate or window function call; null where DISTINCT cannot be printed (refuse with 0A000). An ORDER BY
 * inside the call is dropped where the aggregate's value does not depend on the order.
 */
export function printAggregate(
  signature: Signature,
  args: readonly PrintedArgument[],
  options: AggregateOptions,
): string | null {
  const template = options.distinct ? distinctTemplate(signature) : signature.helios;
  if (template === null) return null;
  const first = args[0];
  // PostgreSQL's DISTINCT sorts: the order is part of what array_agg(DISTINCT x) gives.
  const order =
    options.orderBy === '' && options.distinct && first !== undefined
      ? `${printKey(first)} NULLS LAST`
      : options.orderBy;
  return fill(template, args, {
    D: options.distinct ? 'DISTINCT ' : '',
    O: order === '' ? '' : ` ORDER BY ${order}`,
    '@': options.suffix,
  });
}

/** A cast of a plain value. The type modifier is applied by `printTypmod` afterwards. */
export function printCast(cast: Cast, sql: string): string {
  return cast.helios.replaceAll('$1', () => sql);
}

/**
 * Applies a type modifier to a plain value of that type: numeric(p,s) rounds, varchar(n) cuts when the cast
 * is explicit and raises 22001 on assignment, char(n) pads, timestamp(p) rounds. `-1` changes nothing.
 */
export function printTypmod(type: PgType, sql: string, explicit: boolean): string {
  if (type.typmod < 0) return sql;
  switch (type.oid) {
    case OID.numeric: {
      const parts = numericTypmod(type.typmod);
      return parts === null
        ? sql
        : `helios_numeric_typmod(${sql}, ${parts.precision}, ${parts.scale})`;
    }
    case OID.varchar:
      return `helios_varchar(${sql}, ${lengthTypmod(type.typmod)}, ${explicit ? 1 : 0})`;
    case OID.bpchar:
      return `helios_bpchar(${sql}, ${lengthTypmod(type.typmod)}, ${explicit ? 1 : 0})`;
    case OID.time:
    case OID.timestamp:
    case OID.timestamptz:
      return type.typmod >= 6 ? sql : `helios_time_precision(${sql}, ${type.typmod})`;
    case OID.interval:
      return `helios_interval_typmod(${sql}, ${type.typmod})`;
    default:
      return isArrayType(type.oid)
        ? `helios_array_typmod(${type.oid}, ${sql}, ${type.typmod}, ${explicit ? 1 : 0})`
        : sql;
  }
}

/** A scaled numeric as plain numeric text. */
export function printScaledToPlain(sql: string, scale: number): string {
  return `helios_scaled_to_numeric(${sql}, ${scale})`;
}

/** A plain numeric as the stored integer of numeric(precision, scale): rounds, 22003 `numeric field overflow`. */
export function printPlainToScaled(sql: string, precision: number, scale: number): string {
  return `helios_numeric_to_scaled(${sql}, ${precision}, ${scale})`;
}

/** An integer as the stored integer of numeric(precision, scale). */
export function printIntegerToScaled(sql: string, precision: number, scale: number): string {
  return `helios_integer_to_scaled(${sql}, ${precision}, ${scale})`;
}

/**
 * `column <op> value` for a scaled column and any plain numeric, so that the column's index serves: the value is
 * turned into the column's scale once. `$1` is the scaled expression, the right side plain numeric text.
 */
export function printScaledComparison(
  operator: '<' | '<=' | '=' | '>=' | '>' | '<>',
  scaled: string,
  plain: string,
  scale: number,
): string {
  switch (operator) {
    case '=':
      return `(${scaled} = helios_scaled_equal(${plain}, ${scale}))`;
    case '<>':
      return `(${scaled} <> helios_scaled_equal(${plain}, ${scale}))`;
    case '<':
      return `(${scaled} < helios_scaled_ceil(${plain}, ${scale}))`;
    case '>=':
      return `(${scaled} >= helios_scaled_ceil(${plain}, ${scale}))`;
    case '>':
      return `(${scaled} > helios_scaled_floor(${plain}, ${scale}))`;
    case '<=':
      return `(${scaled} <= helios_scaled_floor(${plain}, ${scale}))`;
  }
}

/**
 * sum, avg, min, max and count over a scaled expression. min and max give a scaled value, count an int8, sum and avg
 * a plain numeric. Exact for any number of rows; null where there is no short way (use the plain form).
 */
export function printScaledAggregate(
  name: string,
  scaled: string,
  scale: number,
  options: AggregateOptions,
): string | null {
  const distinct = options.distinct ? 'DISTINCT ' : '';
  const end = options.suffix;
  switch (name) {
    case 'min':
    case 'max':
    case 'count':
      return `${name}(${distinct}${scaled})${end}`;
    case 'sum':
      if (options.distinct) return null;
      return `helios_total(sum(${scaled} >> 32)${end}, sum(${scaled} & 4294967295)${end}, ${scale})`;
    case 'avg':
      if (options.distinct) return null;
      return `helios_mean(sum(${scaled} & 4294967295)${end}, sum(${scaled} >> 32)${end}, count(${scaled})${end}, ${scale})`;
    default:
      return null;
  }
}

/**
 * `value op ANY (array)` (`all` false) or `value op ALL (array)`; the array is stored JSON text of element type
 * `oid`, the same as the value's. `operator` is a comparison.
 */
export function printArrayComparison(
  operator: string,
  value: PrintedArgument,
  array: string,
  all: boolean,
): string {
  // A probe of json_each can use the value's index: x IN (SELECT value ...) is what SQLite plans best.
  if (operator === '=' && !all && isNativeElement(value.oid)) {
    return `(CASE WHEN ${array} IS NOT NULL THEN ${value.sql} IN (SELECT value FROM json_each(${array})) END)`;
  }
  const code = `'${operator}'`;
  return `helios_array_compare(${value.oid}, ${code}, ${all ? 1 : 0}, ${value.sql}, ${array})`;
}

/** Element values that json_each gives back exactly as they are stored. */
export function isNativeElement(oid: number): boolean {
  return NATIVE_ELEMENTS.has(oid);
}

const NATIVE_ELEMENTS: ReadonlySet<number> = new Set([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.oid,
  OID.float4,
  OID.float8,
  OID.text,
  OID.varchar,
  OID.name,
  OID.char,
  OID.date,
  OID.time,
  OID.timestamp,
  OID.timestamptz,
  OID.json,
  OID.regclass,
  OID.regtype,
  OID.regproc,
]);

/** What turns json_each's `value` column into the element's stored value: BLOB elements are hex in arrays. */
export function printElement(elementOid: number, value: string): string {
  return elementOid === OID.uuid || elementOid === OID.bytea || elementOid === OID.interval
    ? `unhex(${value})`
    : value;
}

/** Text input function at run time: `unknown` or text to any type, with the modifier applied. */
export function printInput(type: PgType, sql: string): string {
  return `helios_in(${type.oid}, ${sql})`;
}

/** GREATEST or LEAST over plain values of one type: NULLs are skipped, as PostgreSQL does. */
export function printExtreme(
  which: 'greatest' | 'least',
  oid: number,
  args: readonly string[],
): string {
  return `helios_${which}(${oid}, ${args.join(', ')})`;
}

/** ARRAY[...] of one element type. */
export function printArray(elementOid: number, args: readonly string[]): string {
  return args.length === 0 ? "'[]'" : `helios_array_build(${elementOid}, ${args.join(', ')})`;
}

/** `array[index]`: NULL outside the bounds. */
export function printSubscript(elementOid: number, array: string, index: string): string {
  return `helios_array_get(${elementOid}, ${array}, ${index})`;
}

/** CURRENT_DATE and its like, by SQLValueFunction's `op` without the SVFOP_ prefix. */
export const SQL_VALUE_FUNCTIONS: Readonly<
  Record<string, { readonly result: number; readonly helios: string }>
> = {
  CURRENT_DATE: { result: OID.date, helios: 'helios_cast_timestamptz_date(helios_now())' },
  CURRENT_TIMESTAMP: { result: OID.timestamptz, helios: 'helios_now()' },
  CURRENT_TIMESTAMP_N: { result: OID.timestamptz, helios: 'helios_now()' },
  LOCALTIMESTAMP: {
    result: OID.timestamp,
    helios: 'helios_cast_timestamptz_timestamp(helios_now())',
  },
  LOCALTIMESTAMP_N: {
    result: OID.timestamp,
    helios: 'helios_cast_timestamptz_timestamp(helios_now())',
  },
  LOCALTIME: { result: OID.time, helios: 'helios_cast_timestamptz_time(helios_now())' },
  LOCALTIME_N: { result: OID.time, helios: 'helios_cast_timestamptz_time(helios_now())' },
  CURRENT_USER: { result: OID.name, helios: 'helios_user()' },
  CURRENT_ROLE: { result: OID.name, helios: 'helios_user()' },
  SESSION_USER: { result: OID.name, helios: 'helios_user()' },
  USER: { result: OID.name, helios: 'helios_user()' },
  CURRENT_CATALOG: { result: OID.name, helios: 'helios_database()' },
  CURRENT_SCHEMA: { result: OID.name, helios: 'helios_current_schema()' },
};
