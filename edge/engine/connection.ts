/**
 * One SQLite connection over the raw exports: binds, steps and reads without any wrapper between.
 *
 * It runs one statement at a time, to its end, on the thread that calls; runs may nest inside a row's callback.
 * It knows nothing of queues, durability or threads.
 */
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { SessionValues } from '../types/session-values.ts';
import type { RowReader, SqlValue } from '../types/storage.ts';
import type { Authority, EngineStatement, Pace, RunResult } from './engine.ts';
import { errorOfResult, permissionDenied } from './result-codes.ts';
import {
  interruptError,
  NO_INTERRUPT,
  RunContext,
  type StopRequest,
  SYSTEM_SESSION,
} from './run-context.ts';
import { DESTRUCTOR, OPEN, PREPARE_PERSISTENT, RC } from './sqlite/codes.ts';
import type { Pointer, SqliteExports } from './sqlite/exports.ts';
import type { WasmHeap } from './sqlite/wasm-heap.ts';
import type { SqliteHost } from './sqlite-host.ts';
import { type PreparedStatement, StatementCache } from './statement-cache.ts';
import { StatementRow } from './statement-row.ts';

const READ_RESULT: RunResult = Object.freeze({ changes: 0n, lastInsertRowid: 0n });
const PRIMARY_CODE_MASK = 0xff;
const INT64_BITS = 64;

/** A read that its budget ended: the caller runs it elsewhere. */
export class BudgetExceeded extends Error {
  override readonly name = 'BudgetExceeded';
}

export interface RunOptions {
  readonly session: SessionValues;
  readonly interrupt: StopRequest;
  readonly budgetMs: number;
  readonly commitNumber: bigint;
  /** Refuses a statement that writes: it would commit by itself, past the write lock. */
  readonly readOnly: boolean;
}

const SYSTEM_RUN: RunOptions = {
  session: SYSTEM_SESSION,
  interrupt: NO_INTERRUPT,
  budgetMs: Number.POSITIVE_INFINITY,
  commitNumber: 0n,
  readOnly: false,
};

export class Connection {
  readonly #host: SqliteHost;
  readonly #heap: WasmHeap;
  readonly #exports: SqliteExports;
  readonly #db: Pointer;
  readonly #statements: StatementCache;
  /** Two words for out-parameters. */
  readonly #out: Pointer;
  #closed = false;

  constructor(host: SqliteHost, path: string, readOnly: boolean) {
    this.#host = host;
    this.#heap = host.heap;
    this.#exports = host.instance.exports;
    this.#out = this.#heap.malloc(8);
    this.#db = this.#open(path, readOnly);
    this.#statements = new StatementCache(LIMITS.statementCacheEntriesMax, (statement) => {
      this.#exports.sqlite3_finalize(statement.pointer);
    });
    host.equip(this.#db);
  }

  /** True outside of BEGIN; SQLite leaves a transaction by itself after some errors. */
  get autocommit(): boolean {
    return this.#exports.sqlite3_get_autocommit(this.#db) !== 0;
  }

  configure(operation: number, value: number): void {
    this.#host.configure(this.#db, operation, value);
  }

  /**
   * Runs a statement to its end.
   * @throws BudgetExceeded when the budget ended it, EdgeError, SqliteConstraintError
   */
  run(
    statement: EngineStatement,
    options: RunOptions,
    onRow: ((row: RowReader) => void) | null,
  ): RunResult {
    mustNotStop(options.interrupt);
    const { state } = this.#host;
    const outer = state.current;
    const context = new RunContext(
      options.session,
      statement.authority,
      options.interrupt,
      options.budgetMs,
      options.commitNumber,
    );
    const mark = this.#heap.mark();
    const overflow = this.#heap.overflowMark();
    let prepared: PreparedStatement | undefined;
    state.current = context;
    try {
      prepared = this.#statements.take(statement.authority, statement.sql);
      prepared ??= this.#prepare(statement, context);
      if (prepared.pointer === 0) return READ_RESULT;
      mustBeRead(prepared, statement, options);
      this.#bind(prepared, statement, DESTRUCTOR.static);
      this.#begin(prepared);
      while (!this.#stepToRow(prepared, statement, context)) {
        onRow?.(prepared.row);
        state.current = context;
      }
      return this.#resultOf(prepared);
    } finally {
      if (prepared !== undefined) this.#giveBack(statement, prepared);
      this.#heap.release(mark, overflow);
      state.current = outer;
      if (outer === null) state.merchants.trim();
    }
  }

  /**
   * As `run`, but yields between two rows when the turn is over. Other connections may run meanwhile, so
   * that nothing of it stays in the scratch memory.
   */
  *runInTurns(
    statement: EngineStatement,
    options: RunOptions,
    onRow: ((row: RowReader) => void) | null,
    pace: Pace,
  ): Generator<void, RunResult, void> {
    const { session, interrupt, budgetMs, commitNumber } = options;
    mustNotStop(interrupt);
    const { state } = this.#host;
    const outer = state.current;
    const context = new RunContext(session, statement.authority, interrupt, budgetMs, commitNumber);
    let prepared: PreparedStatement | undefined;
    state.current = context;
    try {
      prepared = this.#ready(statement, context, options);
      if (prepared.pointer === 0) return READ_RESULT;
      const { row } = prepared;
      while (!this.#stepToRow(prepared, statement, context)) {
        onRow?.(row);
        state.current = context;
        if (!pace.isOver()) continue;
        state.current = outer;
        yield;
        mustNotStop(interrupt);
        context.resume();
        state.current = context;
      }
      return this.#resultOf(prepared);
    } finally {
      if (prepared !== undefined) this.#giveBack(statement, prepared);
      state.current = outer;
    }
  }

  /** Prepared and bound, with copies of the binds. */
  #ready(statement: EngineStatement, context: RunContext, options: RunOptions): PreparedStatement {
    const mark = this.#heap.mark();
    const overflow = this.#heap.overflowMark();
    try {
      const prepared =
        this.#statements.take(statement.authority, statement.sql) ??
        this.#prepare(statement, context);
      try {
        if (prepared.pointer !== 0) {
          mustBeRead(prepared, statement, options);
          this.#bind(prepared, statement, DESTRUCTOR.transient);
          this.#begin(prepared);
        }
      } catch (error) {
        this.#giveBack(statement, prepared);
        throw error;
      }
      return prepared;
    } finally {
      this.#heap.release(mark, overflow);
    }
  }

  #giveBack(statement: EngineStatement, prepared: PreparedStatement): void {
    // Its code repeats the step's error, which has been thrown already.
    this.#exports.sqlite3_reset(prepared.pointer);
    this.#statements.put(statement.authority, statement.sql, prepared);
  }

  /** The box's own text, without rows. */
  execute(sql: string, binds: readonly SqlValue[] = []): RunResult {
    return this.run({ sql, binds, authority: 'system' }, SYSTEM_RUN, null);
  }

  /** First column of the first row of the box's own text, or null. */
  first(sql: string, binds: readonly SqlValue[] = []): SqlValue {
    let found: SqlValue = null;
    let rows = 0;
    this.run({ sql, binds, authority: 'system' }, SYSTEM_RUN, (row) => {
      if (rows === 0) found = row.value(0);
      rows += 1;
    });
    return found;
  }

  /** All rows of the box's own text. */
  rows(sql: string, binds: readonly SqlValue[] = []): readonly (readonly SqlValue[])[] {
    const found: SqlValue[][] = [];
    this.run({ sql, binds, authority: 'system' }, SYSTEM_RUN, (row) => {
      found.push(Array.from({ length: row.columnCount }, (_, column) => row.value(column)));
    });
    return found;
  }

  /** What the authorizer allowed before may be refused now. */
  forget(authority: Authority): void {
    this.#statements.clear(authority);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clearAll();
    this.#exports.sqlite3_close_v2(this.#db);
    this.#exports.free(this.#out);
  }

  #open(path: string, readOnly: boolean): Pointer {
    const mark = this.#heap.mark();
    const overflow = this.#heap.overflowMark();
    try {
      const flags = readOnly ? OPEN.readOnly : OPEN.readWrite | OPEN.create;
      const text = this.#heap.scratchText(path);
      const code = this.#exports.sqlite3_open_v2(text, this.#out, flags, this.#host.vfsName);
      const db = this.#heap.peek32(this.#out);
      if (code !== RC.ok) {
        const message = this.#heap.cstring(this.#exports.sqlite3_errmsg(db));
        this.#exports.sqlite3_close_v2(db);
        throw errorOfResult(code, message, `open ${path}`);
      }
      return db;
    } finally {
      this.#heap.release(mark, overflow);
    }
  }

  #prepare(statement: EngineStatement, context: RunContext): PreparedStatement {
    const text = this.#heap.scratchText(statement.sql);
    const end = text + this.#heap.lastTextBytes;
    const code = this.#guarded(() =>
      this.#exports.sqlite3_prepare_v3(
        this.#db,
        text,
        end - text + 1,
        PREPARE_PERSISTENT,
        this.#out,
        this.#out + 4,
      ),
    );
    if (code !== RC.ok) throw this.#failure(code, statement, context);
    const pointer = this.#heap.peek32(this.#out);
    const tail = this.#heap.peek32(this.#out + 4);
    if (this.#heap.utf8(tail, end - tail).trim() !== '') {
      this.#exports.sqlite3_finalize(pointer);
      throw new Error(`more than one statement in: ${statement.sql}`);
    }
    return {
      pointer,
      readOnly: pointer === 0 || this.#exports.sqlite3_stmt_readonly(pointer) !== 0,
      parameterCount: this.#exports.sqlite3_bind_parameter_count(pointer),
      row: new StatementRow(this.#heap, pointer),
      busy: true,
      used: false,
      isFirst: true,
    };
  }

  /** @param destructor `static` where the scratch memory outlives the run */
  #bind(prepared: PreparedStatement, statement: EngineStatement, destructor: number): void {
    const { binds } = statement;
    const { pointer, parameterCount } = prepared;
    if (binds.length < parameterCount) {
      throw new Error(
        `${binds.length} binds for ${parameterCount} parameters in: ${statement.sql}`,
      );
    }
    for (let index = 1; index <= parameterCount; index += 1) {
      const code = this.#bindValue(pointer, index, binds[index - 1] ?? null, destructor);
      if (code !== RC.ok) throw errorOfResult(code, 'a bind was refused', statement.sql);
    }
  }

  #bindValue(pointer: Pointer, index: number, value: SqlValue, destructor: number): number {
    if (value === null) return this.#exports.sqlite3_bind_null(pointer, index);
    if (typeof value === 'bigint') {
      if (BigInt.asIntN(INT64_BITS, value) !== value) {
        throw new EdgeError('numeric_value_out_of_range', 'bigint out of range');
      }
      return this.#exports.sqlite3_bind_int64(pointer, index, value);
    }
    if (typeof value === 'number') return this.#exports.sqlite3_bind_double(pointer, index, value);
    if (typeof value === 'string') {
      const text = this.#heap.scratchText(value);
      const bytes = this.#heap.lastTextBytes;
      return this.#exports.sqlite3_bind_text(pointer, index, text, bytes, destructor);
    }
    const blob = this.#heap.scratchBytes(value);
    return this.#exports.sqlite3_bind_blob(pointer, index, blob, value.length, destructor);
  }

  #begin(prepared: PreparedStatement): void {
    prepared.isFirst = true;
    if (!prepared.readOnly) this.#exports.sqlite3_set_last_insert_rowid(this.#db, 0n);
  }

  /** True when there are no more rows. @throws what the statement ends with */
  #stepToRow(
    prepared: PreparedStatement,
    statement: EngineStatement,
    context: RunContext,
  ): boolean {
    const code = this.#stepOnce(prepared.pointer);
    if (code === RC.row) {
      if (prepared.isFirst) prepared.row.refresh();
      prepared.isFirst = false;
      return false;
    }
    if (code !== RC.done || context.thrown !== null) throw this.#failure(code, statement, context);
    return true;
  }

  #resultOf(prepared: PreparedStatement): RunResult {
    if (prepared.readOnly) return READ_RESULT;
    return {
      changes: this.#exports.sqlite3_changes64(this.#db),
      lastInsertRowid: this.#exports.sqlite3_last_insert_rowid(this.#db),
    };
  }

  #stepOnce(pointer: Pointer): number {
    try {
      return this.#exports.sqlite3_step(pointer);
    } catch (error) {
      this.#host.onFatal(error);
      throw error;
    }
  }

  #guarded(body: () => number): number {
    try {
      return body();
    } catch (error) {
      this.#host.onFatal(error);
      throw error;
    }
  }

  /** What to throw for a code that is neither row nor done. */
  #failure(code: number, statement: EngineStatement, context: RunContext): Error {
    const { thrown } = context;
    if (thrown !== null) {
      if (thrown instanceof Error) return thrown;
      return new Error('a SQL function threw no error', { cause: thrown });
    }
    const primary = code & PRIMARY_CODE_MASK;
    if (primary === RC.interrupt) {
      if (context.stopReason === 'budget')
        return new BudgetExceeded('the statement is over its budget');
      return interruptError(context.stopReason);
    }
    if (context.deniedObject !== null) return permissionDenied(context.deniedObject);
    const message = this.#heap.cstring(this.#exports.sqlite3_errmsg(this.#db));
    return errorOfResult(code, message, statement.sql);
  }
}

function mustNotStop(interrupt: StopRequest): void {
  if (interrupt.signal?.aborted === true) throw interruptError('cancel');
}

function mustBeRead(
  prepared: PreparedStatement,
  statement: EngineStatement,
  options: RunOptions,
): void {
  if (!options.readOnly || prepared.readOnly) return;
  throw new Error(`a statement that writes was run as a read: ${statement.sql}`);
}
