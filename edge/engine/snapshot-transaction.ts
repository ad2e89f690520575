/**
 * A fixed snapshot on a connection of its own. It keeps the log from being started over, so the store
 * ends it when the log grows too long on its account; its holder then gets 40001.
 */
import { EdgeError } from '../errors.ts';
import type { SessionValues } from '../types/session-values.ts';
import type { RowReader } from '../types/storage.ts';
import { BudgetExceeded, type Connection } from './connection.ts';
import type { EngineStatement, Interrupt, RunResult, SnapshotTransaction } from './engine.ts';
import { interruptError } from './run-context.ts';

export class OpenSnapshot implements SnapshotTransaction {
  readonly #connection: Connection;
  readonly #budgetMs: number;
  readonly #giveBack: () => void;
  #closed = false;
  #cancelled = false;

  constructor(connection: Connection, budgetMs: number, giveBack: () => void) {
    this.#connection = connection;
    this.#budgetMs = budgetMs;
    this.#giveBack = giveBack;
    connection.execute('BEGIN');
    // BEGIN alone holds nothing: the first read fixes the snapshot.
    connection.first('SELECT value FROM helios_engine');
  }

  run(
    statement: EngineStatement,
    session: SessionValues,
    interrupt: Interrupt,
    onRow: ((row: RowReader) => void) | null,
  ): RunResult {
    if (this.#cancelled) {
      throw new EdgeError(
        'serialization_failure',
        'could not serialize access: the snapshot was held too long',
        {
          hint: 'The transaction might succeed if retried.',
        },
      );
    }
    if (this.#closed) throw new Error('the snapshot has been closed');
    const options = {
      session,
      interrupt,
      budgetMs: this.#budgetMs,
      commitNumber: 0n,
      readOnly: true,
    };
    try {
      return this.#connection.run(statement, options, onRow);
    } catch (error) {
      if (error instanceof BudgetExceeded) throw interruptError('deadline');
      throw error;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#connection.autocommit) this.#connection.execute('ROLLBACK');
    this.#giveBack();
  }

  /** Ends it from outside: its holder learns at its next statement. */
  cancel(): void {
    this.#cancelled = true;
    this.close();
  }
}
