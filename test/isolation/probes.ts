/**
 * Hostile statements, by the classes of attack that a merchant may try on another's rows. The tables are
 * those of `shop.ts`: `orders` (tenant), `audit` (exempt, readable by all), `hidden` (no merchant column).
 *
 * `refused`: must fail with one of these SQLSTATEs. `rows`: must succeed with exactly these rows. Neither:
 * may answer or fail, but tells nothing of the other merchant.
 *
 * The attacker's own row has the note '1' and the quantity 1, so that casts and arithmetic succeed on it: an
 * error can only come from a row that must not have been looked at.
 */
export interface Probe {
  readonly sql: string;
  readonly refused?: readonly string[];
  readonly rows?: readonly (readonly (string | null)[])[];
  /** Must succeed: its predicate raises on the other merchant's rows, and only there. */
  readonly quiet?: boolean;
}

export interface AttackClass {
  readonly number: number;
  readonly title: string;
  readonly probes: readonly Probe[];
}

const OWN = [['1', '1']] as const;
const any = (...sql: readonly string[]): Probe[] => sql.map((text) => ({ sql: text }));
const refused = (states: readonly string[], ...sql: readonly string[]): Probe[] =>
  sql.map((text) => ({ sql: text, refused: states }));
const quiet = (...sql: readonly string[]): Probe[] =>
  sql.map((text) => ({ sql: text, quiet: true }));
const rows = (sql: string, expected: readonly (readonly (string | null)[])[]): Probe => ({
  sql,
  rows: expected,
});

const SYNTAX = ['42601', '42P01', '0A000', '42703'];
const DENIED = ['42501', '42P01', '0A000', '42601'];

export const ATTACKS: readonly AttackClass[] = [
  {
    number: 1,
    title: 'spellings of the table name',
    probes: [
      rows('SELECT id, note FROM orders', OWN),
      rows('SELECT id, note FROM OrDeRs', OWN),
      rows('SELECT id, note FROM "orders"', OWN),
      rows('SELECT id, note FROM public.orders', OWN),
      ...refused(
        SYNTAX,
        'SELECT * FROM main.orders',
        'SELECT * FROM "ORDERS"',
        'SELECT * FROM [orders]',
        'SELECT * FROM `orders`',
        "SELECT * FROM 'orders'",
        'SELECT * FROM orders NOT INDEXED',
        'SELECT * FROM orders INDEXED BY orders_pkey',
        'SELECT * FROM "orders$guard"',
        'SELECT * FROM "orders$all"',
        'SELECT * FROM temp.orders',
        'SELECT * FROM ((((orders))))',
      ),
    ],
  },
  {
    number: 2,
    title: 'alias shadowing',
    probes: [
      rows('SELECT audit.note FROM orders AS audit', [['1']]),
      rows('SELECT orders.msg FROM audit AS orders', [['public']]),
      ...any('SELECT "orders$guard".note FROM orders AS "orders$guard"'),
    ],
  },
  {
    number: 3,
    title: 'CTE shadowing',
    probes: [
      rows('WITH orders AS (SELECT * FROM orders) SELECT id, note FROM orders', OWN),
      rows('WITH audit AS (SELECT note FROM orders) SELECT * FROM audit', [['1']]),
      rows(
        'WITH x AS (WITH orders AS (SELECT 7 AS id) SELECT id FROM orders) SELECT x.id, o.note FROM x, orders o',
        [['7', '1']],
      ),
      ...any(
        'WITH orders AS (SELECT * FROM main.orders) SELECT * FROM orders',
        'WITH RECURSIVE r AS (SELECT note FROM orders UNION SELECT o.note FROM orders o, r) SELECT * FROM r',
        'WITH "orders$guard" AS (SELECT 1) SELECT * FROM orders',
        'WITH helios_merchant AS (SELECT 1) SELECT note FROM orders',
      ),
    ],
  },
  {
    number: 4,
    title: 'set operations',
    probes: [
      rows("SELECT note FROM orders WHERE merchant_id = 'a' UNION ALL SELECT note FROM orders", [
        ['1'],
        ['1'],
      ]),
      rows("SELECT note FROM orders EXCEPT SELECT note FROM orders WHERE merchant_id = 'a'", []),
      rows(
        "SELECT 'x' FROM orders WHERE merchant_id = 'b' UNION SELECT 'y' FROM orders WHERE id = 2",
        [],
      ),
    ],
  },
  {
    number: 5,
    title: 'subqueries anywhere',
    probes: [
      rows('SELECT (SELECT max(note) FROM orders)', [['1']]),
      rows('SELECT 1 ORDER BY (SELECT count(*) FROM orders)', [['1']]),
      rows('SELECT count(*) FROM orders GROUP BY (SELECT max(note) FROM orders)', [['1']]),
      rows('SELECT count(*) FROM orders HAVING (SELECT count(*) FROM orders) > 1', []),
      rows('SELECT CASE WHEN (SELECT count(*) FROM orders) > 1 THEN 1 ELSE 0 END', [['0']]),
      rows('VALUES ((SELECT max(note) FROM orders))', [['1']]),
      ...any(
        'SELECT 1 LIMIT (SELECT qty FROM orders WHERE id = 2)',
        'SELECT 1 OFFSET (SELECT qty FROM orders WHERE id = 2)',
        "SELECT note FROM orders WHERE note = (SELECT note FROM orders WHERE merchant_id = 'b')",
      ),
    ],
  },
  {
    number: 6,
    title: 'IN table without FROM',
    probes: refused(
      SYNTAX,
      "SELECT 1 WHERE (2, 'b') IN orders",
      'SELECT 1 WHERE 2 IN orders',
      'SELECT 1 IN "orders"',
    ),
  },
  {
    number: 7,
    title: 'EXISTS as an oracle',
    probes: [
      rows("SELECT EXISTS (SELECT 1 FROM orders WHERE note LIKE 'CANARY%')", [['f']]),
      rows('SELECT EXISTS (SELECT 1 FROM orders WHERE id = 2)', [['f']]),
      rows("SELECT count(*) FROM orders WHERE merchant_id = 'b'", [['0']]),
      rows("SELECT 1 WHERE 'b' IN (SELECT merchant_id FROM orders)", []),
    ],
  },
  {
    number: 8,
    title: 'windows and aggregates',
    probes: [
      rows('SELECT sum(qty) OVER () FROM orders LIMIT 1', [['1']]),
      rows('SELECT count(*), sum(qty), max(amount) FROM orders', [['1', '1', '10.00']]),
      rows("SELECT count(*) FILTER (WHERE merchant_id <> 'a') FROM orders", [['0']]),
      rows('SELECT string_agg(note, $$,$$) FROM orders', [['1']]),
      ...any('SELECT merchant_id, sum(qty) FROM orders GROUP BY GROUPING SETS ((merchant_id), ())'),
    ],
  },
  {
    number: 9,
    title: 'outer joins',
    probes: [
      rows('SELECT o.note FROM audit a LEFT JOIN orders o ON true', [['1']]),
      rows('SELECT o.note FROM orders o RIGHT JOIN audit a ON true', [['1']]),
      rows("SELECT o.note FROM audit a LEFT JOIN orders o ON o.merchant_id = 'b'", [[null]]),
      rows('SELECT count(*) FROM orders x FULL JOIN orders y ON false', [['2']]),
      rows('SELECT note FROM orders NATURAL JOIN (SELECT 2 AS id) j', []),
      rows('SELECT note FROM orders JOIN (SELECT 2 AS id) j USING (id)', []),
      rows('SELECT o.note FROM (SELECT 2 AS id) j LEFT JOIN orders o USING (id)', [[null]]),
    ],
  },
  {
    number: 10,
    title: 'LATERAL and table functions',
    probes: any(
      'SELECT x.note FROM audit a, LATERAL (SELECT note FROM orders) x',
      'SELECT * FROM json_each((SELECT max(note) FROM orders))',
      'SELECT * FROM generate_series(1, (SELECT count(*) FROM orders)::int)',
      "SELECT * FROM unnest(ARRAY(SELECT note FROM orders WHERE merchant_id = 'b'))",
    ),
  },
  {
    number: 11,
    title: 'UPDATE FROM and DELETE USING',
    probes: [
      rows(
        "UPDATE orders SET note = '1' FROM orders o WHERE o.merchant_id = 'b' RETURNING orders.note",
        [],
      ),
      rows("UPDATE orders SET qty = 1 WHERE merchant_id = 'b' OR true RETURNING id", [['1']]),
      rows("DELETE FROM orders USING audit WHERE orders.merchant_id = 'b' RETURNING note", []),
      rows('UPDATE orders SET qty = 7 WHERE id = 2 RETURNING note', []),
      rows('DELETE FROM orders WHERE id = 2 RETURNING note', []),
      ...refused(DENIED, "UPDATE audit SET msg = o.note FROM orders o WHERE o.merchant_id = 'b'"),
    ],
  },
  {
    number: 12,
    title: 'INSERT SELECT',
    probes: [
      rows(
        "INSERT INTO orders (note) SELECT note FROM orders WHERE merchant_id = 'b' RETURNING note",
        [],
      ),
      ...refused(DENIED, 'INSERT INTO audit (msg) SELECT note FROM orders'),
      ...any('INSERT INTO orders SELECT * FROM main.orders'),
    ],
  },
  {
    number: 13,
    title: 'RETURNING',
    probes: [
      rows(
        "UPDATE orders SET qty = 1 RETURNING (SELECT count(*) FROM orders), (SELECT max(note) FROM orders WHERE merchant_id = 'b')",
        [['1', null]],
      ),
      ...any(
        "INSERT INTO orders (id, note) VALUES (900, 'r') RETURNING (SELECT max(amount) FROM orders)",
        'DELETE FROM orders WHERE id = 900 RETURNING (SELECT string_agg(note, $$|$$) FROM orders)',
      ),
    ],
  },
  {
    number: 14,
    title: "upsert on the other's key",
    probes: [
      rows(
        "INSERT INTO orders (id, note) VALUES (2, 'mine') ON CONFLICT (id) DO UPDATE SET note = 'pwn' RETURNING id, note",
        [['2', 'mine']],
      ),
      rows(
        "INSERT INTO orders (id, sku) VALUES (3, 'b-sku') ON CONFLICT (sku) DO UPDATE SET qty = orders.qty RETURNING id",
        [['3']],
      ),
      rows('DELETE FROM orders WHERE id IN (2, 3) RETURNING id', [['2'], ['3']]),
      rows("SELECT id, note FROM orders WHERE note <> 'r'", OWN),
    ],
  },
  {
    number: 15,
    title: 'the REPLACE family',
    probes: refused(
      SYNTAX,
      "INSERT OR REPLACE INTO orders (id, note) VALUES (2, 'x')",
      "REPLACE INTO orders (id, note) VALUES (2, 'x')",
      "UPDATE OR REPLACE orders SET sku = 'b-sku'",
      "UPDATE OR IGNORE orders SET sku = 'b-sku'",
    ),
  },
  {
    number: 16,
    title: 'unique keys and foreign keys as oracles',
    probes: [
      rows("INSERT INTO orders (id, sku) VALUES (2, 'b-sku') RETURNING id", [['2']]),
      rows('DELETE FROM orders WHERE id = 2 RETURNING id', [['2']]),
      ...refused(['23503'], 'INSERT INTO lines (order_id, what) VALUES (2, 0)'),
      rows('INSERT INTO orders (id) VALUES (2) ON CONFLICT DO NOTHING RETURNING id', [['2']]),
      rows('DELETE FROM orders WHERE id = 2 RETURNING id', [['2']]),
    ],
  },
  {
    number: 17,
    title: 'WITH CHECK: writing for another',
    probes: refused(
      ['42501'],
      "UPDATE orders SET merchant_id = 'b'",
      "INSERT INTO orders (merchant_id, note) VALUES ('b', 'x')",
      "INSERT INTO orders (merchant_id, note) VALUES (upper('b'), 'x')",
      "INSERT INTO orders (merchant_id, note) SELECT 'b', 'x'",
      "INSERT INTO orders (id, merchant_id, note) VALUES (950, 'a', 'ok'), (951, 'b', 'x')",
      "INSERT INTO orders (id, note) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET merchant_id = 'b'",
    ),
  },
  {
    number: 18,
    title: 'row identities',
    probes: refused(
      ['42703', '42883', '0A000', '42P01', '42601'],
      'SELECT _rowid_ FROM orders',
      'SELECT rowid FROM orders',
      'SELECT oid FROM orders',
      'SELECT helios_row FROM orders',
      'UPDATE orders SET rowid = 77',
      'UPDATE orders SET helios_row = 77',
      'INSERT INTO orders (helios_row) VALUES (1)',
      'SELECT last_insert_rowid()',
      'SELECT changes()',
      'SELECT total_changes()',
      'SELECT ctid FROM orders',
      'SELECT xmin FROM orders',
    ),
  },
  {
    number: 19,
    title: 'several statements',
    probes: any(
      'SELECT 1; SELECT note FROM orders',
      'COMMIT; SELECT note FROM orders',
      'SELECT 1;; SELECT * FROM orders;',
    ),
  },
  {
    number: 20,
    title: 'comments and literals',
    probes: [
      rows('SELECT id, note FROM orders -- WHERE', OWN),
      rows('SELECT id, note /* ; SELECT */ FROM orders WHERE true OR 1 = 1', OWN),
      rows("SELECT 'merchant_id = $1' FROM orders", [['merchant_id = $1']]),
      ...refused(SYNTAX, 'SELECT note FROM orders /* unterminated'),
      rows("SELECT note FROM orders WHERE note = '' OR '1' = '1' --'", [['1']]),
    ],
  },
  {
    number: 21,
    title: 'dialect splits',
    probes: [
      rows('SELECT $$x$$', [['x']]),
      rows("SELECT E'\\''", [["'"]]),
      rows('SELECT 1 /* /* nested */ */', [['1']]),
      ...refused(SYNTAX, 'SELECT "no_such_col" FROM orders', 'SELECT @x', 'SELECT :x'),
      ...any('SELECT ?1', "SELECT U&'\\0061'", "SELECT note FROM orders WHERE id = '1' || ''"),
    ],
  },
  {
    number: 22,
    title: 'Unicode in names',
    probes: [
      ...any(
        'SELECT * FROM "orders\u200b"',
        'SELECT * FROM "ordеrs"',
        'SELECT * FROM \ufefforders',
        'SELECT note AS "\u0130" FROM orders',
        `SELECT * FROM "orders${'x'.repeat(80)}"`,
      ),
      rows("SELECT count(*) FROM orders WHERE merchant_id = '\u0430'", [['0']]),
    ],
  },
  {
    number: 23,
    title: 'views and temporary objects',
    probes: refused(
      ['42501', '0A000'],
      'CREATE VIEW v AS SELECT * FROM orders',
      'CREATE TEMP VIEW orders AS SELECT 1',
      'CREATE TEMP TABLE orders (id int)',
      'CREATE TEMPORARY TABLE t AS SELECT * FROM orders',
    ),
  },
  {
    number: 24,
    title: 'triggers',
    probes: refused(
      ['42501', '0A000', '42601'],
      'CREATE TRIGGER t AFTER INSERT ON orders EXECUTE FUNCTION f()',
      'CREATE TEMP TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END',
      'ALTER TABLE orders DISABLE TRIGGER ALL',
    ),
  },
  {
    number: 25,
    title: 'DDL',
    probes: refused(
      ['42501', '0A000', '42601'],
      'CREATE TABLE stolen AS SELECT * FROM orders',
      'SELECT * INTO stolen FROM orders',
      'ALTER TABLE orders RENAME TO x',
      'ALTER TABLE orders DROP COLUMN merchant_id',
      'DROP TABLE orders',
      'TRUNCATE orders',
      'CREATE INDEX ei ON orders (note)',
      'DROP INDEX orders_sku_key',
      'CREATE VIRTUAL TABLE f USING fts5(x)',
      'CREATE RULE r AS ON SELECT TO orders DO INSTEAD NOTHING',
      'CREATE POLICY p ON orders USING (true)',
      'ALTER TABLE orders DISABLE ROW LEVEL SECURITY',
      'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT 1$$',
      'CREATE ROLE x SUPERUSER',
      'GRANT ALL ON orders TO PUBLIC',
      'COMMENT ON TABLE orders IS $$x$$',
    ),
  },
  {
    number: 26,
    title: 'ATTACH and VACUUM INTO',
    probes: refused(
      ['42501', '0A000', '42601'],
      "ATTACH ':memory:' AS o",
      "ATTACH DATABASE 'pos.db' AS o",
      'DETACH o',
      "VACUUM INTO '/tmp/stolen.db'",
      'VACUUM',
      'REINDEX orders',
      'ANALYZE orders',
    ),
  },
  {
    number: 27,
    title: 'PRAGMA',
    probes: [
      ...refused(
        SYNTAX,
        'PRAGMA table_info(orders)',
        'PrAgMa/**/query_only=0',
        'PRAGMA writable_schema=1',
        'PRAGMA recursive_triggers=0',
      ),
      ...refused(
        ['42P01', '42883', '0A000', '42601', '42501'],
        "SELECT * FROM pragma_table_info('orders')",
        'SELECT * FROM pragma_database_list',
        'SELECT * FROM pragma_table_list',
        'SELECT * FROM pragma_function_list',
      ),
    ],
  },
  {
    number: 28,
    title: 'system tables of SQLite',
    probes: refused(
      ['42P01', '42501', '0A000'],
      'SELECT * FROM sqlite_master',
      'SELECT * FROM sqlite_schema',
      'SELECT * FROM sqlite_temp_master',
      'SELECT * FROM sqlite_sequence',
      'SELECT * FROM sqlite_stat1',
      'SELECT * FROM dbstat',
      'SELECT * FROM sqlite_dbpage',
      'SELECT * FROM helios_outbox',
      'SELECT * FROM helios_sequence',
      'SELECT * FROM helios_box',
      'SELECT * FROM helios_merchant_key',
      'SELECT * FROM hidden',
    ),
  },
  {
    number: 29,
    title: 'pg_catalog',
    probes: any(
      'SELECT * FROM pg_stat_activity',
      'SELECT * FROM pg_stats',
      'SELECT relname, reltuples FROM pg_class',
      'SELECT * FROM pg_locks',
      'SELECT * FROM pg_prepared_statements',
      'SELECT * FROM pg_cursors',
      'SELECT * FROM pg_authid',
      'SELECT * FROM pg_shadow',
      'SELECT * FROM pg_roles',
      'SELECT * FROM pg_stat_sync',
      'SELECT * FROM information_schema.tables',
      'SELECT * FROM information_schema.columns',
      'SELECT * FROM merchants',
    ),
  },
  {
    number: 30,
    title: 'functions with side effects',
    probes: refused(
      ['42883', '0A000', '42501', '42P01', '22023', '42704', '42601'],
      "SELECT load_extension('x')",
      "SELECT readfile('/etc/passwd')",
      "SELECT writefile('/tmp/x', 'y')",
      "SELECT edit('x')",
      "SELECT fts3_tokenizer('x')",
      "SELECT pg_read_file('/etc/passwd')",
      "SELECT lo_import('/etc/passwd')",
      "SELECT dblink('x', 'y')",
      'SELECT pg_terminate_backend(1)',
      'SELECT pg_cancel_backend(1)',
      'SELECT pg_reload_conf()',
      'SELECT helios_merchant()',
      "SELECT helios_may_write('b')",
      "SELECT helios_hash_key('x')",
      'SELECT helios_nextval(1)',
      'SELECT sqlite_version()',
      'SELECT sqlite_compileoption_get(1)',
      "SELECT set_config('helios.merchant', 'b', false) FROM nowhere",
    ),
  },
  {
    number: 31,
    title: 'resources',
    probes: any(
      "SELECT length(repeat('x', 2000000000))",
      "SELECT lpad('x', 2000000000)",
      `SELECT ${'('.repeat(2_000)}1${')'.repeat(2_000)}`,
      `SELECT 1${' + 1'.repeat(5_000)}`,
      `SELECT 1 WHERE 1 IN (${Array.from({ length: 20_000 }, (_, index) => index).join(',')})`,
      `SELECT '${'a'.repeat(30)}' ~ '(a+)+$'`,
      `SELECT '${'a'.repeat(28)}b' ~ '^(a|aa)+$'`,
      'SELECT 10 ^ 100000',
      'SELECT factorial(100000)',
      'SELECT 1e100000::numeric * 1e100000::numeric',
      'SELECT zeroblob(1000000000)',
      'BEGIN EXCLUSIVE',
    ),
  },
  {
    number: 32,
    title: 'EXPLAIN',
    probes: any(
      'EXPLAIN SELECT * FROM orders',
      'EXPLAIN ANALYZE SELECT * FROM orders',
      'EXPLAIN QUERY PLAN SELECT * FROM orders',
    ),
  },
  {
    number: 33,
    title: 'error texts',
    probes: [
      rows("SELECT id FROM orders WHERE note::json ->> 'x' IS NULL AND false", []),
      ...any(
        "SELECT id FROM orders WHERE note > 'C' AND note::uuid IS NOT NULL",
        "SELECT id FROM orders WHERE note > 'C' AND note::timestamp IS NOT NULL",
        "SELECT id FROM orders WHERE note > 'C' AND substring(note, 1, -qty) = ''",
        "SELECT id FROM orders WHERE sku LIKE note || '\\'",
      ),
      ...quiet(
        "SELECT id FROM orders WHERE note > 'C' AND note::jsonb ->> 'x' IS NULL",
        "SELECT id FROM orders WHERE note > 'C' AND note::int > 0",
        "SELECT id FROM orders WHERE note > 'C' AND 1 / (qty - 666) > 0",
        "SELECT id FROM orders WHERE note > 'C' AND note ~ note",
        "SELECT o.id FROM audit a JOIN orders o ON o.note > 'C' AND o.note::int = 1",
        "SELECT a.msg FROM audit a LEFT JOIN orders o ON o.note > 'C' AND o.note::int = 1",
        "SELECT max(note::int) FROM orders WHERE note > 'C'",
        "SELECT id FROM orders WHERE note > 'C' ORDER BY note::int",
        "SELECT id FROM (SELECT * FROM orders) o WHERE note > 'C' AND note::int = 1",
        "WITH o AS (SELECT * FROM orders) SELECT id FROM o WHERE note > 'C' AND note::int = 1",
        "SELECT id FROM orders WHERE note > 'C' AND (SELECT note::int) = 1",
        "SELECT id FROM orders WHERE note > 'C' AND EXISTS (SELECT 1 FROM audit WHERE orders.note::int = 1)",
        "SELECT id FROM orders WHERE note > 'C' AND CASE WHEN note::int = 1 THEN true END",
        "SELECT id FROM orders WHERE note > 'C' AND coalesce(note::int, 1) = 1",
        "SELECT id FROM orders o1 WHERE note IN (SELECT note FROM orders o2 WHERE o2.note > 'C' AND o2.note::int = 1)",
        "UPDATE orders SET qty = note::int WHERE note > 'C'",
        "UPDATE orders SET qty = 1 WHERE note > 'C' AND note::int = 1",
        "DELETE FROM orders WHERE note > 'C' AND note::int = 1",
        "DELETE FROM orders WHERE note > 'C' RETURNING note::int",
        "SELECT count(*) FROM orders WHERE note > 'C' HAVING max(note::int) > 1",
        "SELECT sum(note::int) OVER () FROM orders WHERE note > 'C'",
        "SELECT id FROM orders WHERE note > 'C' AND amount * 1e300 > 1",
        "SELECT id FROM orders WHERE note > 'C' AND qty * 100000000 > 1",
      ),
    ],
  },
  {
    number: 34,
    title: 'planner order as an oracle',
    probes: [
      ...quiet(
        "SELECT id FROM orders WHERE sku = 'b-sku' AND note::int = 1",
        "SELECT id FROM orders WHERE sku >= 'b' AND note::json IS NOT NULL",
        'SELECT id FROM orders WHERE id = 2 AND 1 / (id - 2) = 1',
        'SELECT id FROM orders WHERE id BETWEEN 2 AND 2 AND note::int = 1',
      ),
      ...refused(SYNTAX, 'SELECT id FROM orders INDEXED BY orders_sku_key'),
    ],
  },
  {
    number: 35,
    title: 'numbers at the edges',
    probes: any(
      'SELECT note FROM orders WHERE id = 9223372036854775808',
      'SELECT note FROM orders WHERE id = 9007199254740993',
      "SELECT note FROM orders WHERE qty = 'NaN'::float8",
      'SELECT note FROM orders WHERE amount = -0.0',
      'SELECT 1e400',
      'INSERT INTO orders (id) VALUES (9223372036854775808)',
      'SELECT note FROM orders WHERE id = 2.0',
      'SELECT note FROM orders WHERE id = 2::float8',
    ),
  },
  {
    number: 36,
    title: 'the merchant column compared loosely',
    probes: [
      ...['B', 'b ', ' b', "b' OR 'x", 'b\t', '%', 'a'].map(
        (name): Probe =>
          rows(`SELECT count(*) FROM orders WHERE merchant_id = '${name.replaceAll("'", "''")}'`, [
            [name === 'a' ? '1' : '0'],
          ]),
      ),
      rows('SELECT count(*) FROM orders WHERE merchant_id IS NULL', [['0']]),
      ...refused(
        ['42501', '23502'],
        "INSERT INTO orders (merchant_id) VALUES ('A')",
        "INSERT INTO orders (merchant_id) VALUES ('a ')",
        'INSERT INTO orders (merchant_id) VALUES (NULL)',
        "INSERT INTO orders (merchant_id) VALUES ('')",
        'UPDATE orders SET merchant_id = NULL',
        'UPDATE orders SET merchant_id = upper(merchant_id)',
      ),
    ],
  },
  {
    number: 37,
    title: 'sequences',
    probes: any(
      "SELECT nextval('orders_id_seq')",
      "SELECT currval('orders_id_seq')",
      "SELECT setval('orders_id_seq', 1)",
      'SELECT lastval()',
      'SELECT * FROM orders_id_seq',
      "SELECT pg_sequence_last_value('orders_id_seq')",
    ),
  },
  {
    number: 40,
    title: 'changing the merchant',
    probes: [
      ...any(
        "SET helios.merchant = 'b'",
        "SET app.tenant = 'b'",
        "SET LOCAL app.merchant_id = 'b'",
        "SELECT set_config('app.merchant_id', 'b', false)",
        'SET search_path = temp, main',
        'RESET ALL',
        'DISCARD ALL',
        'SET row_security = off',
        'RESET ROLE',
      ),
      ...refused(
        ['42501', '22023', '42704', '0A000'],
        "SET ROLE 'b'",
        'SET ROLE admin',
        "SET SESSION AUTHORIZATION 'b'",
        "SET session_authorization = 'b'",
      ),
      ...any("SELECT set_config('role', 'admin', false)"),
      rows('SELECT id, note FROM orders', OWN),
      rows('SELECT current_user, session_user', [['a', 'a']]),
    ],
  },
  {
    number: 41,
    title: 'COPY',
    probes: [
      ...refused(
        ['42501', '0A000'],
        'COPY orders TO STDOUT',
        "COPY (SELECT note FROM orders WHERE merchant_id = 'b') TO STDOUT",
        "COPY orders TO '/tmp/stolen'",
        "COPY orders FROM PROGRAM 'id'",
        'COPY hidden TO STDOUT',
      ),
    ],
  },
  {
    number: 42,
    title: 'shared namespaces',
    probes: any(
      'LISTEN orders',
      "NOTIFY orders, 'x'",
      'SELECT pg_advisory_lock(1)',
      "SELECT pg_notify('x', 'y')",
      'BEGIN; SAVEPOINT "x"";ROLLBACK"; ROLLBACK',
      "SET application_name = 'CREATE TABLE x'",
      'UNLISTEN *',
    ),
  },
];
