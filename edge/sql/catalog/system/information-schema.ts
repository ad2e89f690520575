/**
 * information_schema: schemata, tables, columns, and the constraints that ORMs read.
 * @see https://www.postgresql.org/docs/15/information-schema.html
 */
import { OID } from '../../../types/oids.ts';
import type { SqlValue } from '../../../types/storage.ts';
import { formatType, lengthTypmod, numericTypmod, typeByOid } from '../../../types/type-info.ts';
import { sequenceName } from '../definition.ts';
import { quoteIdentifier } from '../expression-text.ts';
import { quoteText } from '../layout.ts';
import type { Column, Table } from '../model.ts';
import { DATABASE_NAME, type SystemRelationDefinition, visibleTables } from './system-relation.ts';

const TEXT_BYTES_MAX = 1_073_741_824n;
const BYTES_PER_CHARACTER_MAX = 4n;
const INTEGER_BITS: ReadonlyMap<number, bigint> = new Map([
  [OID.int2, 16n],
  [OID.int4, 32n],
  [OID.int8, 64n],
]);
const FLOAT_BITS: ReadonlyMap<number, bigint> = new Map([
  [OID.float4, 24n],
  [OID.float8, 53n],
]);
const DEFAULT_TIME_PRECISION = 6n;

function yes(value: boolean): string {
  return value ? 'YES' : 'NO';
}

export const informationSchemata: SystemRelationDefinition = {
  schema: 'information_schema',
  name: 'schemata',
  oid: 13_365,
  columns: [
    ['catalog_name', OID.name],
    ['schema_name', OID.name],
    ['schema_owner', OID.name],
  ],
  rows: () =>
    ['pg_catalog', 'public', 'information_schema'].map((name) => [DATABASE_NAME, name, 'admin']),
};

export const informationTables: SystemRelationDefinition = {
  schema: 'information_schema',
  name: 'tables',
  oid: 13_407,
  columns: [
    ['table_catalog', OID.name],
    ['table_schema', OID.name],
    ['table_name', OID.name],
    ['table_type', OID.varchar],
    ['is_insertable_into', OID.varchar],
    ['is_typed', OID.varchar],
  ],
  rows: (context) =>
    visibleTables(context).map((table) => [
      DATABASE_NAME,
      'public',
      table.name,
      'BASE TABLE',
      'YES',
      'NO',
    ]),
};

/** A DEFAULT as pg_get_expr prints it: a bare string literal gets its type. */
export function shownDefault(table: Table, column: Column): string | null {
  if (column.serial === true) {
    return `nextval(${quoteText(quoteIdentifier(sequenceName(table.name, column.name)))}::regclass)`;
  }
  const text = column.defaultText;
  if (text === null || !/^E?'(?:[^']|'')*'$/.test(text)) return text;
  return `${text}::${formatType({ oid: column.type.oid, typmod: -1 })}`;
}

interface Precision {
  readonly precision: bigint | null;
  readonly radix: bigint | null;
  readonly scale: bigint | null;
}

function numericPrecision(column: Column): Precision {
  const { oid, typmod } = column.type;
  const integer = INTEGER_BITS.get(oid);
  if (integer !== undefined) return { precision: integer, radix: 2n, scale: 0n };
  const float = FLOAT_BITS.get(oid);
  if (float !== undefined) return { precision: float, radix: 2n, scale: null };
  if (oid !== OID.numeric) return { precision: null, radix: null, scale: null };
  const parts = numericTypmod(typmod);
  return {
    precision: parts === null ? null : BigInt(parts.precision),
    radix: 10n,
    scale: parts === null ? null : BigInt(parts.scale),
  };
}

function datetimePrecision(column: Column): bigint | null {
  const { oid, typmod } = column.type;
  if (oid === OID.date) return 0n;
  if (typeByOid(oid)?.category !== 'D') return null;
  return typmod < 0 ? DEFAULT_TIME_PRECISION : BigInt(typmod);
}

function columnRow(table: Table, column: Column, position: number): readonly SqlValue[] {
  const { oid, typmod } = column.type;
  const isIdentity = column.identity !== null && column.serial !== true;
  const isString = oid === OID.varchar || oid === OID.bpchar;
  const length = isString ? lengthTypmod(typmod) : null;
  const { precision, radix, scale } = numericPrecision(column);
  const octets = oid === OID.text || (isString && length === null) ? TEXT_BYTES_MAX : null;
  return [
    DATABASE_NAME,
    'public',
    table.name,
    column.name,
    BigInt(position),
    shownDefault(table, column),
    yes(!column.notNull),
    formatType({ oid, typmod: -1 }).replace(/^bpchar$/, 'character'),
    length === null ? null : BigInt(length),
    length === null ? octets : BigInt(length) * BYTES_PER_CHARACTER_MAX,
    precision,
    radix,
    scale,
    datetimePrecision(column),
    DATABASE_NAME,
    'pg_catalog',
    typeByOid(oid)?.name ?? null,
    yes(isIdentity),
    !isIdentity ? null : column.identity === 'always' ? 'ALWAYS' : 'BY DEFAULT',
    'NEVER',
    'YES',
  ];
}

export const informationColumns: SystemRelationDefinition = {
  schema: 'information_schema',
  name: 'columns',
  oid: 13_334,
  columns: [
    ['table_catalog', OID.name],
    ['table_schema', OID.name],
    ['table_name', OID.name],
    ['column_name', OID.name],
    ['ordinal_position', OID.int4],
    ['column_default', OID.varchar],
    ['is_nullable', OID.varchar],
    ['data_type', OID.varchar],
    ['character_maximum_length', OID.int4],
    ['character_octet_length', OID.int4],
    ['numeric_precision', OID.int4],
    ['numeric_precision_radix', OID.int4],
    ['numeric_scale', OID.int4],
    ['datetime_precision', OID.int4],
    ['udt_catalog', OID.name],
    ['udt_schema', OID.name],
    ['udt_name', OID.name],
    ['is_identity', OID.varchar],
    ['identity_generation', OID.varchar],
    ['is_generated', OID.varchar],
    ['is_updatable', OID.varchar],
  ],
  rows: (context) =>
    visibleTables(context).flatMap((table) =>
      table.columns.map((column) => columnRow(table, column, column.attnum)),
    ),
};

/** Full names of a constraint and of its table. */
function constraintNames(table: Table, name: string): readonly string[] {
  return [DATABASE_NAME, 'public', name, DATABASE_NAME, 'public', table.name];
}

export const informationTableConstraints: SystemRelationDefinition = {
  schema: 'information_schema',
  name: 'table_constraints',
  oid: 13_402,
  columns: [
    ['constraint_catalog', OID.name],
    ['constraint_schema', OID.name],
    ['constraint_name', OID.name],
    ['table_catalog', OID.name],
    ['table_schema', OID.name],
    ['table_name', OID.name],
    ['constraint_type', OID.varchar],
    ['is_deferrable', OID.varchar],
    ['initially_deferred', OID.varchar],
  ],
  rows: (context) =>
    visibleTables(context).flatMap((table) => {
      const row = (name: string, type: string): readonly SqlValue[] => [
        ...constraintNames(table, name),
        type,
        'NO',
        'NO',
      ];
      return [
        ...table.uniques
          .filter((unique) => unique.isConstraint)
          .map(({ kind, name }) => row(name, kind === 'primary' ? 'PRIMARY KEY' : 'UNIQUE')),
        ...table.foreignKeys.map(({ name }) => row(name, 'FOREIGN KEY')),
        ...table.checks.map(({ name }) => row(name, 'CHECK')),
      ];
    }),
};

export const informationKeyColumnUsage: SystemRelationDefinition = {
  schema: 'information_schema',
  name: 'key_column_usage',
  oid: 13_361,
  columns: [
    ['constraint_catalog', OID.name],
    ['constraint_schema', OID.name],
    ['constraint_name', OID.name],
    ['table_catalog', OID.name],
    ['table_schema', OID.name],
    ['table_name', OID.name],
    ['column_name', OID.name],
    ['ordinal_position', OID.int4],
  ],
  rows: (context) =>
    visibleTables(context).flatMap((table) =>
      [...table.uniques.filter((unique) => unique.isConstraint), ...table.foreignKeys].flatMap(
        ({ name, columns }) =>
          columns.map((column, index) => [
            ...constraintNames(table, name),
            column,
            BigInt(index + 1),
          ]),
      ),
    ),
};
