/**
 * The shop's tables: the product brief's own statements, verbatim, then what the demo adds.
 */
export const BRIEF_SCHEMA: readonly string[] = [
  `
CREATE TABLE IF NOT EXISTS merchants (
id TEXT PRIMARY KEY,
name TEXT NOT NULL,
api_key TEXT NOT NULL UNIQUE,
location_id TEXT NOT NULL,
created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
)
`,
  `
CREATE TABLE IF NOT EXISTS transactions (
id INTEGER PRIMARY KEY AUTOINCREMENT,
merchant_id TEXT NOT NULL REFERENCES merchants(id),
terminal_id TEXT NOT NULL,
amount NUMERIC(10,2) NOT NULL,
currency TEXT DEFAULT 'USD',
payment_method TEXT NOT NULL,
items JSONB NOT NULL,
status TEXT DEFAULT 'completed',
synced BOOLEAN DEFAULT FALSE,
created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
)
`,
  'CREATE INDEX IF NOT EXISTS idx_txn_merchant ON transactions(merchant_id)',
  'CREATE INDEX IF NOT EXISTS idx_txn_sync ON transactions(synced, created_at)',
];

export const DEMO_SCHEMA: readonly string[] = [
  'ALTER TABLE transactions ADD COLUMN client_ref TEXT UNIQUE',
  `CREATE TABLE IF NOT EXISTS products (
  sku TEXT PRIMARY KEY,
  merchant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  price NUMERIC(10,2) NOT NULL,
  stock INTEGER NOT NULL DEFAULT 0
)`,
];

export const BRIEF_INSERT = `INSERT INTO transactions (terminal_id, amount, payment_method, items)
VALUES ($1, $2, $3, $4)
RETURNING id`;

export const BRIEF_DAILY_SUMMARY = `SELECT
COUNT(*) as transaction_count,
SUM(amount) as total_revenue,
AVG(amount) as avg_transaction,
COUNT(DISTINCT terminal_id) as active_terminals
FROM transactions
WHERE DATE(created_at) = DATE('now')
AND status = 'completed'`;
