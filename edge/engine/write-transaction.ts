/**
 * The open write transaction on the main connection. What ends it is told to its owner (`Holder`), which
 * frees the lock; the transaction itself never outlives the lock, and after its end every use is refused.
 *
 * SQLite gives up a whole transaction after some errors (disk full, an interrupted write); the
 * transaction is then spoilt: only `rollback` is of use.
 */
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { SessionValues } from '../types/session-values.ts';
import type { RowReader } from '../types/storage.ts';
import { BudgetExceeded, type Connection, type RunOptions } from './connection.ts';
import type { EngineStatement, Interrupt, Pace, RunResult, WriteTransaction } from './engine.ts';
import { interruptError } from './run-context.ts';

/** Who lent the lock. */
export interface TransactionOwner {
  readonly writeBudgetMs: number;
  monotonicMs(): number;
  /** Runs COMMIT; returns the number to await. Throws with the transaction rolled back. */
  commit(transaction: OpenWriteTransaction): bigint;
  rollback(transaction: OpenWriteTransaction): void;
}

const NO_RESULT: RunResult = Object.freeze({ changes: 0n, lastInsertRowid: 0n });
const SCHEMA_CHANGE = /^\s*(create|alter|drop|reindex|analyze)\b/i;

export class OpenWriteTransaction implements WriteTransaction {
  readonly commitNumber: bigint;
  /** Merchants by table; null stands for rows of no single merchant. */
  readonly touches = new Map<string, Set<string | null>>();
  readonly #connection: Connection;
  readonly #owner: TransactionOwner;
  lastUseMs: number;
  #end: 'committed' | 'rolled back' | 'terminated' | null = null;

  constructor(connection: Connection, commitNumber: bigint, owner: TransactionOwner) {
    this.#connection = connection;
    this.commitNumber = commitNumber;
    this.#owner = owner;
    this.lastUseMs = owner.monotonicMs();
  }

  get finished(): boolean {
    return this.#end !== null;
  }

  run(
    statement: EngineStatement,
    session: SessionValues,
    interrupt: Interrupt,
    onRow: ((row: RowReader) => void) | null,
  ): RunResult {
    this.#mustGoOn(interrupt);
    try {
      return this.#connection.run(statement, this.#options(statement, session, interrupt), onRow);
    } catch (error) {
      if (error instanceof BudgetExceeded) throw interruptError('deadline');
      throw error;
    } finally {
      this.lastUseMs = this.#owner.monotonicMs();
    }
  }

  *runInTurns(
    statement: EngineStatement,
    session: SessionValues,
    interrupt: Interrupt,
    onRow: ((row: RowReader) => void) | null,
    pace: Pace,
  ): Generator<void, RunResult, void> {
    this.#mustGoOn(interrupt);
    const options = this.#options(statement, session, interrupt);
    const turns = this.#connection.runInTurns(statement, options, onRow, pace);
    try {
      for (let turn = turns.next(); ; turn = turns.next()) {
        if (turn.done === true) return turn.value;
        this.lastUseMs = this.#owner.monotonicMs();
        yield;
        this.#mustGoOn(interrupt);
      }
    } catch (error) {
      if (error instanceof BudgetExceeded) throw interruptError('deadline');
      throw error;
    } finally {
      // Where it was left before its end, its statement is given back.
      turns.return(NO_RESULT);
      this.lastUseMs = this.#owner.monotonicMs();
    }
  }

  #mustGoOn(interrupt: Interrupt): void {
    this.#mustBeOpen();
    if (this.#connection.autocommit) throw spoilt();
    // Many short statements never reach the progress handler: the deadline is looked at between them too.
    if (interrupt.deadlineMs !== null && this.#owner.monotonicMs() >= interrupt.deadlineMs) {
      throw interruptError('deadline');
    }
  }

  #options(statement: EngineStatement, session: SessionValues, interrupt: Interrupt): RunOptions {
    return {
      session,
      interrupt,
      budgetMs: this.#budgetOf(statement),
      commitNumber: this.commitNumber,
      readOnly: false,
    };
  }

  savepoint(depth: number): void {
    this.#control(`SAVEPOINT helios_${depth}`);
  }

  rollbackTo(depth: number): void {
    this.#control(`ROLLBACK TO helios_${depth}`);
  }

  release(depth: number): void {
    this.#control(`RELEASE helios_${depth}`);
  }

  touch(table: string, merchant: string | null): void {
    const merchants = this.touches.get(table);
    if (merchants === undefined) this.touches.set(table, new Set([merchant]));
    else merchants.add(merchant);
  }

  commit(): bigint {
    this.#mustBeOpen();
    if (this.#connection.autocommit) {
      this.rollback();
      throw spoilt();
    }
    try {
      const commit = this.#owner.commit(this);
      this.#end = 'committed';
      return commit;
    } catch (error) {
      this.#end = 'rolled back';
      throw error;
    }
  }

  rollback(): void {
    if (this.#end !== null) return;
    this.#end = 'rolled back';
    this.#owner.rollback(this);
  }

  /** Rolled back by the box, because its holder was idle or the box stops. */
  terminate(): void {
    if (this.#end !== null) return;
    this.#end = 'terminated';
    this.#owner.rollback(this);
  }

  /** To make an index over a large table takes as long as it takes; only the box itself does it. */
  #budgetOf(statement: EngineStatement): number {
    const { writeBudgetMs } = this.#owner;
    // While it runs nobody's cancel is heard.
    if (statement.authority !== 'system') return Math.min(writeBudgetMs, LIMITS.stretchMsMax);
    return SCHEMA_CHANGE.test(statement.sql) ? Number.POSITIVE_INFINITY : writeBudgetMs;
  }

  #control(sql: string): void {
    this.#mustBeOpen();
    if (this.#connection.autocommit) throw spoilt();
    this.#connection.execute(sql);
    this.lastUseMs = this.#owner.monotonicMs();
  }

  #mustBeOpen(): void {
    if (this.#end === null) return;
    if (this.#end === 'terminated') {
      throw new EdgeError(
        'idle_in_transaction_session_timeout',
        'terminating connection due to idle-in-transaction timeout',
        { severity: 'FATAL' },
      );
    }
    throw new Error(`the write transaction has been ${this.#end}`);
  }
}

function spoilt(): EdgeError {
  return new EdgeError(
    'in_failed_sql_transaction',
    'current transaction is aborted, commands ignored until end of transaction block',
  );
}
