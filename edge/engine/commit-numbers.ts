/**
 * Numbers of commits: monotonic for the life of the file. The file keeps a ceiling, written ahead in large
 * steps: after any end, numbering goes on from the ceiling, so that a number is never given twice. The
 * transaction that would pass the ceiling raises it itself, and the log's order keeps the two together.
 */
import type { Connection } from './connection.ts';
import { isDiskFull } from './result-codes.ts';

const STEP = 1_000_000n;
const KEY = 'commit_ceiling';

export class CommitNumbers {
  /** The last number that was given. */
  last: bigint;
  #ceiling: bigint;

  /** Reads the file and puts the ceiling ahead of it. */
  constructor(connection: Connection) {
    const stored = connection.first('SELECT value FROM helios_engine WHERE key = ?1', [KEY]);
    this.#ceiling = BigInt(stored === null ? 0 : String(stored));
    this.last = this.#ceiling;
    if (this.#raise(connection)) this.#ceiling += STEP;
  }

  /** Call inside the transaction that bears this number, before its COMMIT. */
  cover(connection: Connection, commit: bigint): void {
    if (commit > this.#ceiling) this.#write(connection);
  }

  /** The transaction with this number has been committed. */
  committed(commit: bigint): void {
    this.last = commit;
    if (commit > this.#ceiling) this.#ceiling += STEP;
  }

  /** False on a full disk: the first transaction that finds room raises it then. */
  #raise(connection: Connection): boolean {
    connection.execute('BEGIN IMMEDIATE');
    try {
      this.#write(connection);
      connection.execute('COMMIT');
      return true;
    } catch (error) {
      if (!connection.autocommit) connection.execute('ROLLBACK');
      if (!isDiskFull(error)) throw error;
      return false;
    }
  }

  #write(connection: Connection): void {
    connection.execute(
      'INSERT INTO helios_engine VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value',
      [KEY, this.#ceiling + STEP],
    );
  }
}
