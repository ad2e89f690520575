/**
 * Examines a stored database and says in plain words what is wrong with it: SQLite's structure, the catalog against
 * SQLite's schema, the walls between merchants, foreign keys, and what waits for the cloud.
 *
 * SQLite keeps no checksums of its pages: a value that was changed on the disk to another valid one is not noticed
 * in the live file. In a backup every byte is covered, and that is looked at before this.
 */
import { ENGINE_LAYOUT } from '../engine/migrations.ts';
import { keyIsSet, parentExists } from '../sql/catalog/foreign-key-triggers.ts';
import {
  indexText,
  physicalIndexName,
  quoteName,
  quoteText,
  storedColumns,
  uniqueIndexText,
} from '../sql/catalog/layout.ts';
import { ROW_ID_COLUMN, type Table } from '../sql/catalog/model.ts';
import { forEver, systemSession } from '../sql/catalog/system-session.ts';
import { wallTriggers } from '../sql/catalog/wall-triggers.ts';
import type { StoredDatabase } from './stored-database.ts';

export interface CheckFinding {
  /** `damage`: rows may be wrong or lost. `notice`: worth knowing, nothing is lost. */
  readonly kind: 'damage' | 'notice';
  readonly text: string;
}

export interface CheckOptions {
  /** Every index against its table, and every merchant's rows through its guard. */
  readonly deep: boolean;
}

const MESSAGES_MAX = 20;
/** What a deleted row's entry in the outbox has as its operation. */
const DELETED = 3;

/** Damage first. An empty list: nothing was found. */
export function checkDatabase(database: StoredDatabase, options: CheckOptions): CheckFinding[] {
  const findings = new Findings();
  checkStructure(database, options, findings);
  if (findings.isBroken) return findings.list;
  try {
    checkBox(database, findings);
    const tables = database.catalog();
    for (const table of tables.values()) {
      checkTable(database, table, findings);
      checkForeignKeys(database, table, tables, findings);
      if (options.deep) checkGuard(database, table, findings);
    }
    checkStrangers(database, tables, findings);
    checkOutbox(database, tables, findings);
  } catch (error) {
    findings.damage(`reading it stopped: ${describe(error)}`);
  }
  return findings.list;
}

class Findings {
  readonly #damage: CheckFinding[] = [];
  readonly #notices: CheckFinding[] = [];

  damage(text: string): void {
    this.#damage.push({ kind: 'damage', text });
  }

  notice(text: string): void {
    this.#notices.push({ kind: 'notice', text });
  }

  get isBroken(): boolean {
    return this.#damage.length > 0;
  }

  get list(): CheckFinding[] {
    return [...this.#damage, ...this.#notices];
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { detail } = (error as { fields?: { detail?: string } }).fields ?? {};
  return detail === undefined ? error.message : `${error.message} (${detail})`;
}

function checkStructure(
  database: StoredDatabase,
  { deep }: CheckOptions,
  findings: Findings,
): void {
  try {
    const pragma = deep ? 'integrity_check' : 'quick_check';
    for (const [message] of database.rows(`PRAGMA ${pragma}(${MESSAGES_MAX})`)) {
      if (message !== 'ok') findings.damage(`SQLite finds: ${String(message)}`);
    }
    const layout = Number(database.first('PRAGMA user_version'));
    if (layout > ENGINE_LAYOUT) {
      findings.notice(`a newer version of helios-edge wrote it (layout ${layout})`);
    }
  } catch (error) {
    findings.damage(`SQLite cannot read it: ${describe(error)}`);
  }
}

function checkBox(database: StoredDatabase, findings: Findings): void {
  if (!database.has('helios_engine')) findings.damage('the table of commit numbers is missing');
  if (!database.has('helios_box')) findings.damage('the identity of the box is missing');
  else if (Number(database.first('SELECT count(*) FROM helios_box')) !== 1) {
    findings.damage('the identity of the box is not one row');
  }
  if (!database.has('helios_catalog')) findings.damage('the catalog of tables is missing');
}

function storedText(database: StoredDatabase, type: string, name: string): string | null {
  const text = database.first('SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2', [
    type,
    name,
  ]);
  return text === null ? null : String(text);
}

function checkTable(database: StoredDatabase, table: Table, findings: Findings): void {
  const base = quoteName(table.baseName);
  if (storedText(database, 'table', table.baseName) === null) {
    findings.damage(`table "${table.name}" is in the catalog, but its rows are gone`);
    return;
  }
  const columns = new Set(
    database.rows(`PRAGMA table_xinfo(${base})`).map(([, name]) => String(name)),
  );
  const wanted = [ROW_ID_COLUMN, ...storedColumns(table).map((column) => column.name)];
  for (const name of wanted) {
    if (!columns.delete(name))
      findings.damage(`table "${table.name}" has lost its column "${name}"`);
  }
  for (const name of columns) {
    findings.damage(`table "${table.name}" has a column "${name}" that the catalog does not know`);
  }
  checkIndexes(database, table, findings);
  checkWalls(database, table, findings);
}

function checkIndexes(database: StoredDatabase, table: Table, findings: Findings): void {
  const indexes = [
    ...table.uniques.map((unique) => ({
      shown: unique.name,
      stored: physicalIndexName(unique),
      text: uniqueIndexText(table, unique),
    })),
    ...table.indexes
      .filter((index) => !index.unique)
      .map((index) => ({
        shown: index.name,
        stored: physicalIndexName(index),
        text: indexText(table, index),
      })),
  ];
  for (const { shown, stored, text } of indexes) {
    const found = storedText(database, 'index', stored);
    if (found === null) findings.damage(`index "${shown}" of table "${table.name}" is missing`);
    else if (plain(found) !== plain(text)) {
      findings.damage(`index "${shown}" of table "${table.name}" is not the one in the catalog`);
    }
  }
}

/** SQLite rewrites quotes when a table is renamed. */
function plain(text: string): string {
  return text.replaceAll('"', '').toLowerCase();
}

function checkWalls(database: StoredDatabase, table: Table, findings: Findings): void {
  const { tenantColumn, guardName, name } = table;
  if (guardName !== null && tenantColumn !== null) {
    const guard = storedText(database, 'view', guardName);
    const wall = ` WHERE b.${quoteName(tenantColumn)} = helios_merchant()`;
    if (guard === null) findings.damage(`the guard of table "${name}" is missing`);
    else if (!guard.endsWith(wall)) findings.damage(`the guard of table "${name}" has no wall`);
  }
  const triggers = new Set(
    database
      .rows(
        "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND lower(tbl_name) = lower(?1)",
        [table.baseName],
      )
      .map(([text]) => plain(String(text))),
  );
  if (wallTriggers(table).some((text) => !triggers.has(plain(text)))) {
    findings.damage(
      `table "${name}" lacks triggers that keep merchants apart; a start puts them back`,
    );
  }
  if (table.sync !== 'none' && ![...triggers].some((text) => text.includes('helios_capture_'))) {
    findings.damage(`changes of table "${name}" are not noted for the cloud; a start mends it`);
  }
  if (tenantColumn === null || table.builtin !== null) return;
  const lost = count(
    database,
    `SELECT count(*) FROM ${quoteName(table.baseName)} WHERE typeof(${quoteName(tenantColumn)}) <> 'text'`,
  );
  if (lost > 0) findings.damage(`${lost} rows of table "${name}" belong to no merchant`);
}

function checkForeignKeys(
  database: StoredDatabase,
  child: Table,
  tables: ReadonlyMap<string, Table>,
  findings: Findings,
): void {
  for (const key of child.foreignKeys) {
    const parent = tables.get(key.referencedTable);
    if (parent === undefined) {
      findings.damage(`"${key.name}" of table "${child.name}" names a table that is not there`);
      continue;
    }
    const bound = { key, child, parent };
    const orphans = count(
      database,
      `SELECT count(*) FROM ${quoteName(child.baseName)} AS c ` +
        `WHERE ${keyIsSet(bound, 'c')} AND NOT ${parentExists(bound, 'c')}`,
    );
    if (orphans > 0) {
      findings.damage(
        `${orphans} rows of table "${child.name}" refer to rows of "${parent.name}" that are not there (${key.name})`,
      );
    }
  }
}

/** What each merchant sees through the guard is what the table holds for it. */
function checkGuard(database: StoredDatabase, table: Table, findings: Findings): void {
  const { guardName, tenantColumn } = table;
  if (guardName === null || tenantColumn === null) return;
  const tenant = quoteName(tenantColumn);
  const perMerchant = database.rows(
    `SELECT ${tenant}, count(*) FROM ${quoteName(table.baseName)} GROUP BY ${tenant}`,
  );
  const sql = `SELECT count(*) FROM ${quoteName(guardName)}`;
  for (const [merchant, held] of perMerchant) {
    const session = { ...systemSession(), merchant: String(merchant), role: 'merchant' as const };
    let seen = 0n;
    database.run({ sql, binds: [], authority: 'system' }, session, forEver, (row) => {
      seen = row.int64(0);
    });
    if (seen === held) continue;
    findings.damage(
      `merchant ${String(merchant)} sees ${seen} rows of table "${table.name}", which holds ${String(held)} of its rows`,
    );
  }
}

/** Tables that neither the catalog nor the box knows: made past the box. */
function checkStrangers(
  database: StoredDatabase,
  tables: ReadonlyMap<string, Table>,
  findings: Findings,
): void {
  const known = new Set([...tables.values()].map((table) => table.baseName));
  const rows = database.rows(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' " +
      "AND name NOT LIKE 'helios\\_%' ESCAPE '\\' ORDER BY name",
  );
  for (const [name] of rows) {
    if (known.has(String(name))) continue;
    findings.notice(`table "${String(name)}" was made past the box; terminals do not see it`);
  }
}

function checkOutbox(
  database: StoredDatabase,
  tables: ReadonlyMap<string, Table>,
  findings: Findings,
): void {
  if (!database.has('helios_outbox')) return;
  for (const table of tables.values()) {
    if (table.sync === 'push') checkPushed(database, table, findings);
    if (table.sync === 'both' && database.has('helios_clock')) {
      checkShared(database, table, findings);
    }
  }
  const known = [...tables.values()].map((table) => table.oid).join(', ');
  const strays = count(
    database,
    `SELECT count(*) FROM helios_outbox WHERE table_id NOT IN (${known})`,
  );
  if (strays > 0) findings.notice(`${strays} changes of dropped tables wait for the cloud`);
}

function checkPushed(database: StoredDatabase, table: Table, findings: Findings): void {
  const row = `(SELECT 1 FROM ${quoteName(table.baseName)} AS b WHERE b.${ROW_ID_COLUMN} = o.row_id)`;
  const from = `SELECT count(*) FROM helios_outbox AS o WHERE o.table_id = ${table.oid}`;
  const gone = count(database, `${from} AND o.op <> ${DELETED} AND NOT EXISTS ${row}`);
  if (gone > 0) {
    findings.damage(`${gone} rows of table "${table.name}" wait for the cloud, but are not there`);
  }
  const back = count(database, `${from} AND o.op = ${DELETED} AND EXISTS ${row}`);
  if (back > 0) {
    findings.damage(`${back} rows of table "${table.name}" are noted as deleted, but are there`);
  }
}

function checkShared(database: StoredDatabase, table: Table, findings: Findings): void {
  const unclocked = count(
    database,
    `SELECT count(*) FROM helios_outbox AS o WHERE o.table_id = ${table.oid} ` +
      'AND NOT EXISTS (SELECT 1 FROM helios_clock AS k WHERE k.id = o.row_id)',
  );
  if (unclocked > 0) {
    findings.damage(
      `${unclocked} changes of table "${table.name}" wait for the cloud without a clock`,
    );
  }
  const gone = count(
    database,
    `SELECT count(*) FROM helios_clock AS k WHERE k.table_id = ${table.oid} AND k.row_id IS NOT NULL ` +
      `AND NOT EXISTS (SELECT 1 FROM ${quoteName(table.baseName)} AS b WHERE b.${ROW_ID_COLUMN} = k.row_id)`,
  );
  if (gone > 0) {
    findings.damage(
      `${gone} clocks of table ${quoteText(table.name)} speak of rows that are not there`,
    );
  }
}

function count(database: StoredDatabase, sql: string): number {
  return Number(database.first(sql));
}
