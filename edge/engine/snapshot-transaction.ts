/**
 * A fixed snapshot on a connection of its own. It keeps the log from being started over, so the store
 * ends it when the log grows too long on its account; its holder then gets 40001.
 */
import { EdgeError } from '../errors.ts';
import type { SessionValues } from '../types/session-values.ts';
import type { RowReader } from '../types/storage.ts';
import { BudgetExceeded, type Connection, type RunOptions } from './connection.ts';
import type { EngineStatement, Interrupt, Pace, RunResult, SnapshotTransaction } from './engine.ts';
import { interruptError } from './run-context.ts';

const NO_RESULT: RunResult = Object.freeze({ changes: 0n, lastInsertRowid: 0n });

export class OpenSnapshot implements SnapshotTransaction {
  readonly #connection: Connection;
  readonly #budgetMs: number;
  readonly #giveBack: () => void;
  #closed = false;
  #cancelled = false;
  #running: Generator<void, RunResult, void> | null = null;

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
    this.#mustBeOpen();
    try {
      return this.#connection.run(statement, this.#options(session, interrupt), onRow);
    } catch (error) {
      if (error instanceof BudgetExceeded) throw interruptError('deadline');
      throw error;
    }
  }

  *runInTurns(
    statement: EngineStatement,
    session: SessionValues,
    interrupt: Interrupt,
    onRow: ((row: RowReader) => void) | null,
    pace: Pace,
  ): Generator<void, RunResult, void> {
    this.#mustBeOpen();
    const options = this.#options(session, interrupt);
    const turns = this.#connection.runInTurns(statement, options, onRow, pace);
    this.#running = turns;
    try {
      for (let turn = turns.next(); ; turn = turns.next()) {
        if (turn.done === true) return turn.value;
        yield;
        this.#mustBeOpen();
      }
    } catch (error) {
      if (error instanceof BudgetExceeded) throw interruptError('deadline');
      throw error;
    } finally {
      turns.return(NO_RESULT);
      this.#running = null;
    }
  }

  #options(session: SessionValues, interrupt: Interrupt): RunOptions {
    const budgetMs = this.#budgetMs;
    return { session, interrupt, budgetMs, commitNumber: 0n, readOnly: true };
  }

  #mustBeOpen(): void {
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
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // A read that pauses goes no further, and its statement must not keep the snapshot.
    this.#running?.return(NO_RESULT);
    if (!this.#connection.autocommit) this.#connection.execute('ROLLBACK');
    this.#giveBack();
  }

  /** Ends it from outside: its holder learns at its next statement. */
  cancel(): void {
    this.#cancelled = true;
    this.close();
  }
}
