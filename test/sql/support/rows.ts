/**
 * The rows of the test tables as PostgreSQL texts: for merchant A what both sides hold, for merchant B
 * canaries that nobody else may see (only our side holds them).
 */
import type { Table } from '../../../edge/sql/catalog/model.ts';
import { textToValue } from '../../../edge/types/input-output.ts';
import { OID } from '../../../edge/types/oids.ts';
import { UTC_SETTINGS } from '../../../edge/types/settings.ts';
import type { SqlValue } from '../../../edge/types/storage.ts';
import { CATALOG } from './catalog.ts';
import type { Bare } from './sqlite.ts';

type TextRow = readonly (string | null)[];

const UID = ['550e8400-e29b-41d4-a716-446655440000', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'];

const SALES: readonly TextRow[] = [
  [
    '1',
    'A',
    '12.50',
    'milk',
    '2024-01-01 10:00:00+00',
    '2',
    '1.5',
    UID[0] ?? '',
    '{"a": 1, "b": [1, 2]}',
    '2024-01-01',
    't',
    '0.5',
    'x1',
    '2024-01-01 10:00:00',
    '\\x00ff',
    '{"a":1}',
    '1',
  ],
  [
    '2',
    'A',
    '7.00',
    'bread',
    '2024-01-01 12:30:00+00',
    '1',
    '1.50',
    null,
    '{"a": 2}',
    '2024-01-01',
    'f',
    '2',
    'x2',
    '2024-01-01 12:30:00',
    '\\x',
    '[1, 2]',
    '2',
  ],
  [
    '3',
    'A',
    '0.99',
    'milk',
    '2024-02-29 23:59:59.5+00',
    '10',
    '10',
    UID[1] ?? '',
    null,
    '2024-02-29',
    null,
    'NaN',
    'X1',
    '2024-02-29 23:59:59.5',
    null,
    null,
    '-3',
  ],
  [
    '4',
    'A',
    null,
    null,
    null,
    null,
    null,
    null,
    '{}',
    null,
    't',
    null,
    null,
    null,
    '\\x41',
    '"s"',
    null,
  ],
  [
    '5',
    'A',
    '-3.25',
    '12',
    '2024-03-01 00:00:00+00',
    '-4',
    'NaN',
    null,
    '[1, "x", null]',
    '2024-03-01',
    'f',
    '-1.25',
    '',
    '2024-03-01 00:00:00',
    null,
    null,
    '0',
  ],
  [
    '6',
    'A',
    '12.50',
    'Émile',
    '2023-12-31 23:00:00+00',
    '0',
    '0.000',
    UID[0] ?? '',
    '"s"',
    '2023-12-31',
    't',
    '1e10',
    'é',
    '2023-12-31 23:00:00',
    '\\xdeadbeef',
    '{}',
    '7',
  ],
];

const PRODUCTS: readonly TextRow[] = [
  ['1', 'A', 'milk', '1.20', 'a,b'],
  ['2', 'A', 'bread', '2.50', null],
  ['3', 'A', 'butter', null, ''],
  ['7', 'A', null, '0.10', 'c'],
];

const RATES: readonly TextRow[] = [
  ['1', '0.5'],
  ['2', '1.5'],
  [null, null],
  ['3', 'Infinity'],
];

/** Rows by table for merchant A; the tables of PostgreSQL hold just these. */
export const ROWS: Readonly<Record<string, readonly TextRow[]>> = {
  sales: SALES,
  products: PRODUCTS,
  rates: RATES,
};

/** INSERT texts for PostgreSQL. */
export function postgresInserts(): readonly string[] {
  return Object.entries(ROWS).flatMap(([name, rows]) =>
    rows.map((row) => {
      const values = row.map((text) =>
        text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`,
      );
      return `insert into ${name} values (${values.join(', ')})`;
    }),
  );
}

function stored(table: Table, row: TextRow): SqlValue[] {
  return table.columns.map((column, index) => {
    const text = row[index] ?? null;
    if (text === null) return null;
    const value = textToValue(column.type, text, UTC_SETTINGS);
    if (column.form.kind !== 'scaled') return value;
    const [whole = '', fraction = ''] = String(value).split('.');
    return BigInt(whole + fraction.padEnd(column.form.scale, '0'));
  });
}

function insert(bare: Bare, table: Table, row: TextRow): void {
  const values = stored(table, row);
  const marks = values.map((_, index) => `?${index + 1}`).join(', ');
  bare.run(`INSERT INTO "${table.baseName}" VALUES (NULL, ${marks})`, values);
}

/** What a row of B says where A's has a text: something that no cast can read. */
const CANARY = 'secretB';

function canaryOf(table: Table, row: TextRow): TextRow {
  return row.map((text, index) => {
    const column = table.columns[index];
    if (column?.name === table.tenantColumn) return 'B';
    return column?.type.oid === OID.text && text !== null ? CANARY : text;
  });
}

/** Fills our side: A's rows, each after a canary of B. */
export function fillBare(bare: Bare): void {
  for (const [name, rows] of Object.entries(ROWS)) {
    const table = CATALOG.tables.get(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    for (const row of rows) {
      if (table.tenantColumn !== null) insert(bare, table, canaryOf(table, row));
      insert(bare, table, row);
    }
  }
}
