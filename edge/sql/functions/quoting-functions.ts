/**
 * concat, format and the quoting functions. Their arguments come in text output form (the printer's `$o`).
 */
import { EdgeError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { invalidParameter, scalar, strict, textAt } from './define.ts';

/** Words that an identifier may not be without quotes (pg_get_keywords, all categories but U). */
const RESERVED: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast
  char character check coalesce collate collation column concurrently constraint create cross current_catalog current_date
  current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do
  else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike
  in initially inner inout int integer intersect interval into is isnull join lateral leading least left like limit localtime
  localtimestamp national natural nchar none normalize not notnull null nullif numeric offset on only or order out outer
  overlaps overlay placing position precision primary real references returning right row select session_user setof similar
  smallint some substring symmetric table tablesample then time timestamp to trailing treat trim true union unique user using
  values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces
  xmlparse xmlpi xmlroot xmlserialize xmltable`.split(/\s+/),
);

/** An identifier, quoted where PostgreSQL would quote it. */
export function quoteIdentifier(text: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(text) && !RESERVED.has(text)) return text;
  return `"${text.replaceAll('"', '""')}"`;
}

/** A string literal; with a backslash inside it is an E'' literal. */
export function quoteLiteral(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return text.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}

function checkSize(text: string): string {
  if (text.length > LIMITS.valueBytesMax) {
    throw new EdgeError('program_limit_exceeded', 'requested length too large');
  }
  return text;
}

function concatWithSeparator(args: readonly SqlValue[]): SqlValue {
  const separator = args[0];
  if (separator === null || separator === undefined) return null;
  return checkSize(
    args
      .slice(1)
      .filter((one) => one !== null)
      .map(String)
      .join(String(separator)),
  );
}

function formatArgument(kind: string, value: SqlValue): string {
  if (kind === 's') return value === null ? '' : String(value);
  if (kind === 'L') return value === null ? 'NULL' : quoteLiteral(String(value));
  if (value === null) {
    throw new EdgeError(
      'null_value_not_allowed',
      'null values cannot be formatted as an SQL identifier',
    );
  }
  return quoteIdentifier(String(value));
}

const SPECIFIER = /%(?:%|(?:(\d+)\$)?(-)?(?:(\d+)|\*(?:(\d+)\$)?)?([\s\S])?)/g;

function unrecognised(type: string | undefined): EdgeError {
  if (type === undefined) {
    return new EdgeError('invalid_parameter_value', 'unterminated format() type specifier', {
      hint: 'For a single "%" use "%%".',
    });
  }
  return new EdgeError(
    'invalid_parameter_value',
    `unrecognized format() type specifier "${type}"`,
    {
      hint: 'For a single "%" use "%%".',
    },
  );
}

function formatText(args: readonly SqlValue[]): SqlValue {
  if (args[0] === null || args[0] === undefined) return null;
  let next = 1;
  const take = (position: string | undefined): SqlValue => {
    const index = position === undefined ? next : Number(position);
    if (index === 0)
      throw invalidParameter('format specifies argument 0, but arguments are numbered from 1');
    if (index >= args.length) throw invalidParameter('too few arguments for format()');
    next = index + 1;
    return args[index] ?? null;
  };
  const text = textAt(args, 0).replace(
    SPECIFIER,
    (
      whole: string,
      position?: string,
      minus?: string,
      width?: string,
      widthPosition?: string,
      type?: string,
    ) => {
      if (whole === '%%') return '%';
      if (type === undefined || !'sIL'.includes(type)) throw unrecognised(type);
      let columns = width === undefined ? 0 : Number(width);
      let left = minus === '-';
      if (whole.includes('*')) {
        columns = Number(take(widthPosition) ?? 0);
        if (columns < 0) left = true;
        columns = Math.abs(columns);
      }
      if (columns > LIMITS.valueBytesMax) throw invalidParameter('number is out of range');
      const value = formatArgument(type, take(position));
      return left ? value.padEnd(columns) : value.padStart(columns);
    },
  );
  return checkSize(text);
}

/** concat, format, quote_*. */
export const QUOTING_FUNCTIONS: readonly ScalarFunction[] = [
  scalar('concat', -1, (args) =>
    checkSize(
      args
        .filter((one) => one !== null)
        .map(String)
        .join(''),
    ),
  ),
  scalar('concat_ws', -1, concatWithSeparator),
  scalar('format', -1, formatText),
  strict('quote_ident', 1, (args) => quoteIdentifier(textAt(args, 0))),
  strict('quote_literal', 1, (args) => quoteLiteral(textAt(args, 0))),
  scalar('quote_nullable', 1, (args) =>
    args[0] === null ? 'NULL' : quoteLiteral(textAt(args, 0)),
  ),
];
