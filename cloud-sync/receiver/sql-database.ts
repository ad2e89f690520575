/**
 * The receiver's database, twice: PGlite inside the process (in memory or in a directory), or a
 * PostgreSQL server. Both speak the same SQL, so everything above this file is written once.
 *
 * Drivers disagree on how they show int8 and jsonb; the statements of this folder therefore cast what they
 * read to text or int4 themselves.
 */
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import pg from 'pg';
import { compileWasm, embeddedAsset } from '../../edge/assets.ts';

export type SqlParameter = string | number | boolean | null;
export type SqlRow = Readonly<Record<string, unknown>>;

/** Runs statements, inside or outside a transaction. */
export interface Queryable {
  query(sql: string, parameters?: readonly SqlParameter[]): Promise<readonly SqlRow[]>;
}

export interface SqlDatabase extends Queryable {
  readonly kind: 'pglite' | 'postgres';
  /** One transaction: committed when `work` resolves, rolled back when it rejects. */
  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** PGlite's own files, where they travel inside the executable; from a checkout it finds them itself. */
async function embeddedFiles(): Promise<PGliteOptions> {
  const [server, initdb, files] = [
    embeddedAsset('pglite.wasm'),
    embeddedAsset('initdb.wasm'),
    embeddedAsset('pglite.data'),
  ];
  if (server === undefined || initdb === undefined || files === undefined) return {};
  return {
    pgliteWasmModule: await compileWasm(server),
    initdbWasmModule: await compileWasm(initdb),
    fsBundle: new Blob([files]),
  };
}

/** PGlite in a directory, or in memory without one. */
export async function openPglite(directory: string | null): Promise<SqlDatabase> {
  const database = await PGlite.create({
    ...(directory === null ? {} : { dataDir: directory }),
    ...(await embeddedFiles()),
  });
  const run =
    (target: Pick<PGlite, 'query'>): Queryable['query'] =>
    async (sql, parameters = []) =>
      (await target.query<SqlRow>(sql, [...parameters])).rows;
  return {
    kind: 'pglite',
    query: run(database),
    transaction: (work) =>
      database.transaction((transaction) =>
        work({
          query: async (sql, parameters = []) =>
            (await transaction.query<SqlRow>(sql, [...parameters])).rows,
        }),
      ),
    close: () => database.close(),
  };
}

const POOL_SIZE = 10;

/** A PostgreSQL server. */
export async function openPostgres(databaseUrl: string): Promise<SqlDatabase> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  const query: Queryable['query'] = async (sql, parameters = []) =>
    (await pool.query<SqlRow>(sql, [...parameters])).rows;
  await query('SELECT 1');
  return {
    kind: 'postgres',
    query,
    transaction: (work) => runTransaction(pool, work),
    close: () => pool.end(),
  };
}

async function runTransaction<T>(
  pool: pg.Pool,
  work: (transaction: Queryable) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query('BEGIN');
    try {
      const result = await work({
        query: async (sql, parameters = []) =>
          (await client.query<SqlRow>(sql, [...parameters])).rows,
      });
      await client.query('COMMIT');
      broken = false;
      return result;
    } catch (error) {
      await client.query('ROLLBACK');
      broken = false;
      throw error;
    }
  } finally {
    client.release(broken);
  }
}

/** SQLSTATE of a database error, or null. */
export function sqlStateOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : null;
}
