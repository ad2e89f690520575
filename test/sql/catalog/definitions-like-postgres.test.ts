/**
 * Definitions beside PostgreSQL's: for each statement of `definitions.sql`, in order, the same tag, notices and
 * error on both; afterwards the same catalogs. Runs where `HELIOS_PG_URL` names a PostgreSQL.
 *
 * Where the box differs on purpose the statement is listed with what it says.
 */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EdgeError } from '../../../edge/errors.ts';
import { resolveSystemRelation } from '../../../edge/sql/catalog/system/resolve-system-relation.ts';
import { openRig, type Rig, removeRigFiles } from './catalog-rig.ts';

const REFERENCE_URL = process.env['HELIOS_PG_URL'];
const DATABASE = `definitions_${process.pid}`;

/** What the box refuses, or shows otherwise. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  [
    'create table e (id smallserial, k bigserial)',
    '0A000 a second identity column in one table is not supported',
  ],
  [
    'create table g (a varchar(3) default \'abcdef\', b numeric(5,2) default 12.345, c text collate "C")',
    '0A000 COLLATE of a column is not supported',
  ],
]);

const STATEMENTS = readFileSync(new URL('definitions.sql', import.meta.url), 'utf8')
  .split(/;\s*\n/)
  .map((text) => text.trim())
  .filter((text) => text !== '');

type Outcome = Readonly<Record<string, unknown>>;

function noticeText(code: string, message: string, detail: string | undefined): string {
  return `${code} ${message}${detail === undefined ? '' : ` | ${detail}`}`;
}

describe.skipIf(REFERENCE_URL === undefined)('definitions', () => {
  let rig: Rig;
  let client: pg.Client;
  let notices: string[] = [];

  beforeAll(async () => {
    rig = await openRig({ options: { defaultTenantColumn: null } });
    const admin = new pg.Client({ connectionString: REFERENCE_URL });
    await admin.connect();
    await admin.query(`CREATE DATABASE ${DATABASE}`);
    await admin.end();
    const url = new URL(REFERENCE_URL ?? '');
    url.pathname = `/${DATABASE}`;
    client = new pg.Client({ connectionString: url.href });
    await client.connect();
    client.on('notice', ({ code, message, detail }) => {
      notices.push(noticeText(String(code), String(message), detail));
    });
  });
  afterAll(async () => {
    await client?.end();
    const admin = new pg.Client({ connectionString: REFERENCE_URL });
    await admin.connect();
    await admin.query(`DROP DATABASE ${DATABASE}`);
    await admin.end();
    await rig?.close();
    removeRigFiles();
  });

  async function theirs(text: string): Promise<Outcome> {
    notices = [];
    try {
      const { command } = await client.query(text);
      return { tag: command, notices };
    } catch (error) {
      const { code, message, detail, hint, position, table, column, constraint } =
        error as pg.DatabaseError;
      return { code, message, detail, hint, position, table, column, constraint };
    }
  }

  async function ours(text: string): Promise<Outcome> {
    try {
      const results = await rig.define(text);
      const told = results.flatMap((result) => result.notices);
      return {
        // `pg` keeps the first word of a tag.
        tag: results[0]?.tag.split(' ')[0],
        notices: told.map((notice) =>
          noticeText(new EdgeError(notice.condition, '').sqlstate, notice.message, notice.detail),
        ),
      };
    } catch (error) {
      if (!(error instanceof EdgeError)) throw error;
      const { detail, hint, position, table, column, constraint } = error.fields;
      return {
        code: error.sqlstate,
        message: error.message,
        detail,
        hint,
        position: position === undefined ? undefined : String(position),
        table,
        column,
        constraint,
      };
    }
  }

  test.each(STATEMENTS)('%s', async (text) => {
    const refused = REFUSED.get(text);
    const own = await ours(text);
    if (refused !== undefined) {
      expect(`${String(own['code'])} ${String(own['message'])}`).toBe(refused);
      return;
    }
    expect(own).toEqual(await theirs(text));
  });

  /** Columns with the same values on both; OIDs and page counts of user objects are each server's own. */
  test.each([
    ['information_schema.tables', 'table_schema, table_name, table_type, is_insertable_into'],
    [
      'information_schema.columns',
      'table_name, column_name, ordinal_position, is_nullable, data_type, character_maximum_length, ' +
        'character_octet_length, numeric_precision, numeric_precision_radix, numeric_scale, ' +
        'datetime_precision, udt_name, is_identity, identity_generation, is_generated',
    ],
    ['information_schema.table_constraints', 'table_name, constraint_name, constraint_type'],
    [
      'information_schema.key_column_usage',
      'table_name, constraint_name, column_name, ordinal_position',
    ],
  ])('%s shows the same', async (relation, columns) => {
    const [schema = '', name = ''] = relation.split('.');
    const found = resolveSystemRelation(schema, name, {
      catalog: rig.store.current,
      role: 'admin',
    });
    const texts = (rows: readonly (readonly unknown[])[]): readonly string[] =>
      rows.map((row) => row.map((value) => String(value ?? '')).join(' | ')).sort();
    const own = await rig.run(
      `SELECT ${columns} FROM ${found?.sql} WHERE table_name <> 'merchants'`,
    );
    const reference = await client.query({
      // PostgreSQL lists NOT NULL as checks there, under names made of OIDs.
      text:
        `SELECT ${columns} FROM ${relation} WHERE table_schema = 'public'` +
        (name === 'table_constraints' ? " AND constraint_name NOT LIKE '%_not_null'" : ''),
      rowMode: 'array',
    });
    expect(texts(own)).toEqual(texts(reference.rows as unknown[][]));
  });
});
