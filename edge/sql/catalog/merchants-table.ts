/**
 * The one table that the box itself keeps: `merchants`, with the columns of the brief. SQL reaches it like
 * any other table, but a key is only ever written: what lies in `api_key` is a verifier, and reads show a mask.
 *
 * The triggers here carry the verifier on to `helios_merchant_key`, where a merchant's keys live (up to five),
 * and tell the directory which merchants changed. Who may write is decided by wall 3.
 */
import { OID } from '../../types/oids.ts';
import { PLAIN } from '../../types/storage.ts';
import { allName, guardName, quoteName, quoteText } from './layout.ts';
import type { Column, Table } from './model.ts';
import { uniqueFailure } from './trigger-failure.ts';

/** Name of the key that the column `api_key` stands for. */
export const PRIMARY_KEY_NAME = 'primary';

/** Scalar function that notes a changed merchant; installed by `edge/tenants`. */
export const MERCHANT_CHANGED_FUNCTION = 'helios_merchant_changed';

/** Digest part of a stored verifier, the last of its `$` separated parts; installed by `edge/tenants`. */
export const KEY_DIGEST_FUNCTION = 'helios_key_digest';

export const MERCHANT_TABLES: readonly string[] = [
  'CREATE TABLE IF NOT EXISTS helios_merchant_key (merchant TEXT NOT NULL, name TEXT NOT NULL, ' +
    'verifier TEXT NOT NULL, digest TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, ' +
    'PRIMARY KEY (merchant, name)) WITHOUT ROWID',
  'CREATE UNIQUE INDEX IF NOT EXISTS helios_merchant_key_digest ON helios_merchant_key (digest)',
];

/** OIDs of the table and its constraints: the first that a box ever gives. */
export const MERCHANTS_OIDS = {
  table: 16_384,
  primaryKey: 16_385,
  keyUnique: 16_386,
  statusCheck: 16_387,
};

function textColumn(name: string, attnum: number, extra: Partial<Column> = {}): Column {
  return {
    name,
    attnum,
    type: { oid: OID.text, typmod: -1 },
    form: PLAIN,
    notNull: true,
    defaultText: null,
    identity: null,
    computed: null,
    ...extra,
  };
}

/** The table as every box has it. */
export function merchantsTable(): Table {
  return {
    oid: MERCHANTS_OIDS.table,
    name: 'merchants',
    baseName: 'merchants',
    guardName: guardName('merchants'),
    adminRelation: allName('merchants'),
    tenantColumn: 'id',
    exempt: false,
    builtin: 'merchants',
    columns: [
      textColumn('id', 1),
      textColumn('name', 2),
      textColumn('api_key', 3, { writeOnly: 'key' }),
      textColumn('location_id', 4, { defaultText: "''" }),
      textColumn('created_at', 5, {
        type: { oid: OID.timestamp, typmod: -1 },
        notNull: false,
        defaultText: 'CURRENT_TIMESTAMP',
      }),
      textColumn('tier', 6, { defaultText: "'standard'" }),
      textColumn('status', 7, { defaultText: "'active'" }),
    ],
    uniques: [
      {
        kind: 'primary',
        name: 'merchants_pkey',
        columns: ['id'],
        isConstraint: true,
        oid: MERCHANTS_OIDS.primaryKey,
      },
      {
        kind: 'unique',
        name: 'merchants_api_key_key',
        columns: ['api_key'],
        isConstraint: true,
        oid: MERCHANTS_OIDS.keyUnique,
      },
    ],
    checks: [
      {
        name: 'merchants_status_check',
        text: "status IN ('active', 'suspended')",
        columns: ['status'],
        oid: MERCHANTS_OIDS.statusCheck,
      },
    ],
    foreignKeys: [],
    indexes: [],
    sync: 'none',
    nextAttnum: 8,
  };
}

/** Keeps `helios_merchant_key` and the directory in step with `merchants`; empty for other tables. */
export function merchantKeyTriggers(table: Table): readonly string[] {
  if (table.builtin !== 'merchants') return [];
  const base = quoteName(table.baseName);
  const name = quoteText(PRIMARY_KEY_NAME);
  const digest = `${KEY_DIGEST_FUNCTION}(NEW.api_key)`;
  const changed = (row: string): string => `SELECT ${MERCHANT_CHANGED_FUNCTION}(${row}.id)`;
  const taken =
    `SELECT RAISE(ABORT, ${quoteText(uniqueFailure(MERCHANTS_OIDS.keyUnique))}) WHERE EXISTS ` +
    `(SELECT 1 FROM helios_merchant_key AS k WHERE k.digest = ${digest} ` +
    `AND NOT (k.merchant = NEW.id AND k.name = ${name}))`;
  const store =
    `INSERT INTO helios_merchant_key (merchant, name, verifier, digest, created_at) ` +
    `VALUES (NEW.id, ${name}, NEW.api_key, ${digest}, unixepoch()) ON CONFLICT (merchant, name) ` +
    `DO UPDATE SET verifier = excluded.verifier, digest = excluded.digest, expires_at = NULL`;
  return [
    `CREATE TRIGGER "m$insert" AFTER INSERT ON ${base} BEGIN ${taken}; ${store}; ${changed('NEW')}; END`,
    `CREATE TRIGGER "m$key" AFTER UPDATE OF api_key ON ${base} WHEN NEW.api_key IS NOT OLD.api_key ` +
      `BEGIN ${taken}; ${store}; END`,
    `CREATE TRIGGER "m$update" AFTER UPDATE ON ${base} BEGIN ${changed('NEW')}; END`,
    `CREATE TRIGGER "m$delete" AFTER DELETE ON ${base} BEGIN ` +
      `DELETE FROM helios_merchant_key WHERE merchant = OLD.id; ${changed('OLD')}; END`,
  ];
}
