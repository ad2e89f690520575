/**
 * The receiver's tables. `helios_rows` is the truth for pushed tables, one row for each row of a box;
 * `helios_shared` is the truth for tables that go both ways. Views in schema `mirror` show both under
 * the users' own names; they are made for people and may be dropped at any time.
 */
import type { Queryable } from './sql-database.ts';

const STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS helios_meta (name text PRIMARY KEY, value bigint NOT NULL)`,
  // `change` numbers the changes of shared tables. Taking it locks the row until commit, so that a
  // reader never sees change 11 while 10 is still on its way.
  `INSERT INTO helios_meta (name, value) VALUES ('change', 0), ('clock', 0), ('mirror', 0)
     ON CONFLICT (name) DO NOTHING`,
  `CREATE TABLE IF NOT EXISTS helios_epochs (
     box text NOT NULL, epoch text NOT NULL, ordinal integer NOT NULL,
     first_seen timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (box, epoch), UNIQUE (box, ordinal))`,
  `CREATE TABLE IF NOT EXISTS helios_tables (
     table_name text PRIMARY KEY, mode text NOT NULL, tenant_column text, key_columns jsonb)`,
  `CREATE TABLE IF NOT EXISTS helios_columns (
     table_name text NOT NULL, column_name text NOT NULL, type text NOT NULL,
     position integer NOT NULL, PRIMARY KEY (table_name, column_name))`,
  `CREATE TABLE IF NOT EXISTS helios_rows (
     box text NOT NULL, table_name text NOT NULL, born_epoch text NOT NULL, row_no bigint NOT NULL,
     merchant text, written_ordinal integer NOT NULL, version bigint NOT NULL,
     deleted boolean NOT NULL, data jsonb NOT NULL,
     received_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (box, table_name, born_epoch, row_no))`,
  `CREATE INDEX IF NOT EXISTS helios_rows_by_table ON helios_rows (table_name, merchant)`,
  `CREATE TABLE IF NOT EXISTS helios_shared (
     table_name text NOT NULL, merchant text NOT NULL, key text NOT NULL,
     alive boolean NOT NULL, alive_stamp text NOT NULL, floor text NOT NULL, data jsonb NOT NULL, stamps jsonb NOT NULL,
     change bigint NOT NULL, changed_by text,
     PRIMARY KEY (table_name, merchant, key))`,
  `CREATE UNIQUE INDEX IF NOT EXISTS helios_shared_by_change ON helios_shared (change)`,
  `CREATE SCHEMA IF NOT EXISTS mirror`,
];

/** Makes what is missing. */
export async function ensureStoreSchema(database: Queryable): Promise<void> {
  for (const statement of STATEMENTS) await database.query(statement);
}
