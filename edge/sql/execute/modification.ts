/**
 * What the three kinds of change share while they run: one statement's parameters, session and write
 * transaction, and the small steps over them: compute, identity, RETURNING, errors.
 *
 * Everything that holds an expression of the user's runs under the user's authority; what changes rows runs
 * under `system` with binds only. Nothing here is kept beyond the statement.
 */
import { SqliteConstraintError } from '../../engine/constraint-error.ts';
import type {
  Authority,
  Interrupt,
  Pace,
  RunResult,
  WriteTransaction,
} from '../../engine/engine.ts';
import { EdgeError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { valueToText } from '../../types/input-output.ts';
import { formatScaled } from '../../types/numeric.ts';
import type { SessionValues } from '../../types/session-values.ts';
import type { RowReader, SqlValue } from '../../types/storage.ts';
import { KEY_MASK, quoteName, storedKey } from '../catalog/layout.ts';
import {
  type Catalog,
  type Column,
  ROW_ID_COLUMN,
  type UniqueConstraint,
} from '../catalog/model.ts';
import { foreignRow } from '../catalog/trigger-failure.ts';
import type { ReturningSteps, RowBind, RowText, TargetSteps, ValueSource } from '../dml/steps.ts';
import { constraintError, notNullError } from './constraint-errors.ts';
import { copyRow, ValuesRow } from './values-row.ts';

/** One row of the target, by index into table.columns. */
export type TargetRow = SqlValue[];

/** Rows that a text evaluated for one row may look at. */
export interface RowContext {
  readonly target: readonly SqlValue[];
  readonly excluded: readonly SqlValue[];
  /** The compute text's result. */
  readonly outputs: readonly SqlValue[];
}

export interface ModificationRequest {
  readonly params: readonly SqlValue[];
  readonly transaction: WriteTransaction;
  readonly session: SessionValues;
  readonly interrupt: Interrupt;
  readonly catalog: Catalog;
  readonly onRow: ((row: RowReader) => void) | null;
  /** When to pause between two rows; without it there are no pauses. */
  readonly pace?: Pace;
}

const NO_PAUSES: Pace = { isOver: () => false };
const VALUE_OVERHEAD_BYTES = 32;
const NO_VALUES: readonly SqlValue[] = [];

function sizeOf(values: readonly SqlValue[]): number {
  let bytes = 0;
  for (const value of values) {
    bytes += VALUE_OVERHEAD_BYTES;
    if (typeof value === 'string') bytes += 2 * value.length;
    else if (value instanceof Uint8Array) bytes += value.length;
  }
  return bytes;
}

/** A statement's run over one target. */
export class Modification {
  readonly request: ModificationRequest;
  readonly steps: TargetSteps;
  readonly #authority: Authority;
  readonly #tenantAt: number;
  #touched = false;

  constructor(request: ModificationRequest, steps: TargetSteps) {
    this.request = request;
    this.steps = steps;
    this.#authority = request.session.role;
    const { columns, tenantColumn } = steps.table;
    this.#tenantAt =
      tenantColumn === null ? -1 : columns.findIndex((column) => column.name === tenantColumn);
  }

  get isMerchant(): boolean {
    return this.request.session.role === 'merchant';
  }

  /** Runs one of our own texts. */
  apply(
    sql: string,
    binds: readonly SqlValue[],
    onRow: ((row: RowReader) => void) | null = null,
    session: SessionValues = this.request.session,
  ): RunResult {
    const { transaction, interrupt } = this.request;
    return transaction.run({ sql, binds, authority: 'system' }, session, interrupt, onRow);
  }

  /** Runs a text with the user's expressions. */
  evaluate(sql: string, binds: readonly SqlValue[], onRow: (row: RowReader) => void): void {
    const { transaction, session, interrupt } = this.request;
    transaction.run({ sql, binds, authority: this.#authority }, session, interrupt, onRow);
  }

  get pace(): Pace {
    return this.request.pace ?? NO_PAUSES;
  }

  /** All rows of a compute text, before anything is changed. @throws EdgeError 54000 */
  *materialise(sql: string): Generator<void, SqlValue[][], void> {
    const rows: SqlValue[][] = [];
    let bytes = 0;
    const { transaction, session, interrupt, params } = this.request;
    const statement = { sql, binds: params, authority: this.#authority };
    const take = (row: RowReader): void => {
      const values = copyRow(row);
      bytes += sizeOf(values);
      if (bytes > LIMITS.modifyBytesMax) {
        throw new EdgeError('program_limit_exceeded', 'statement changes too many rows at once', {
          detail: `The values of one statement may take ${LIMITS.modifyBytesMax} bytes.`,
          hint: 'Change the rows in several statements.',
        });
      }
      rows.push(values);
    };
    yield* transaction.runInTurns(statement, session, interrupt, take, this.pace);
    return rows;
  }

  /** The rows of a text that is evaluated for one row. */
  evaluateFor(text: RowText, context: RowContext, onRow: (row: RowReader) => void): void {
    const binds = [...this.request.params];
    for (const bind of text.rowBinds) binds.push(boundValue(bind, context));
    this.evaluate(text.sql, binds, onRow);
  }

  /** The value of a source; `tenant` is the row's merchant, whose identity counts. */
  valueOf(source: ValueSource, outputs: readonly SqlValue[], tenant: SqlValue): SqlValue {
    switch (source.kind) {
      case 'output':
      case 'output_or_identity':
        return outputs[source.index] ?? null;
      case 'merchant':
        return this.request.session.merchant;
      case 'identity':
        return this.#nextIdentity(tenant);
      case 'null':
        return null;
    }
  }

  #nextIdentity(tenant: SqlValue): SqlValue {
    const { session } = this.request;
    const merchant = typeof tenant === 'string' ? tenant : session.merchant;
    return this.#oneValue(
      `SELECT helios_nextval(${this.steps.table.oid})`,
      merchant === session.merchant ? session : { ...session, merchant },
    );
  }

  /** The identity value that this session was given last. */
  lastIdentity(): SqlValue {
    return this.#oneValue('SELECT helios_lastval()', this.request.session);
  }

  #oneValue(sql: string, session: SessionValues): SqlValue {
    let value: SqlValue = null;
    this.apply(
      sql,
      NO_VALUES,
      (row) => {
        value = row.value(0);
      },
      session,
    );
    return value;
  }

  /** The row's merchant, or null where the table has none. */
  tenantOf(row: readonly SqlValue[]): SqlValue {
    return this.#tenantAt < 0 ? null : (row[this.#tenantAt] ?? null);
  }

  isTenantColumn(column: number): boolean {
    return column === this.#tenantAt;
  }

  /**
   * What the policy and PostgreSQL check before anything else.
   * @throws EdgeError 42501 for a merchant's row that is not its own, 23502 for the administrator's without owner
   */
  checkTenant(tenant: SqlValue, row: () => readonly SqlValue[] | null): void {
    if (this.#tenantAt < 0) return;
    const { table } = this.steps;
    if (this.isMerchant) {
      if (tenant !== this.request.session.merchant) throw foreignRow(table.name);
      return;
    }
    const column = table.columns[this.#tenantAt];
    if (tenant !== null || column === undefined) return;
    const values = row();
    const missing = values === null ? column : (this.#firstMissing(values) ?? column);
    throw notNullError(table, missing, values, this.print);
  }

  #firstMissing(values: readonly SqlValue[]): Column | undefined {
    return this.steps.table.columns.find(
      (column, index) =>
        column.computed === null &&
        // Its number counts for the merchant that is missing here.
        column.identity === null &&
        (column.notNull || index === this.#tenantAt) &&
        (values[index] ?? null) === null,
    );
  }

  /** A value as the session would see it. */
  readonly print = (value: SqlValue, column: Column): string => {
    if (column.form.kind === 'scaled' && typeof value === 'bigint') {
      return formatScaled(value, column.form.scale);
    }
    const { timeZone, transactionTimestamp } = this.request.session;
    return valueToText(column.type.oid, value, { timeZone, now: transactionTimestamp });
  };

  /** Gives a broken constraint its PostgreSQL face. `self` is the row's own identity, when it has one. */
  explain(error: unknown, self: SqlValue, values: () => readonly SqlValue[] | null): unknown {
    if (!(error instanceof SqliteConstraintError)) return error;
    return constraintError(error, {
      table: this.steps.table,
      catalog: this.request.catalog,
      print: this.print,
      values,
      takenKey: (row) => this.#takenKey(row, self),
    });
  }

  /** Unique constraints are checked in the order of their OIDs, as PostgreSQL does. */
  #takenKey(values: readonly SqlValue[], self: SqlValue): UniqueConstraint | null {
    const { table } = this.steps;
    const inOrder = [...table.uniques].sort((left, right) => left.oid - right.oid);
    for (const unique of inOrder) {
      const names = storedKey(table, unique.columns);
      const binds = names.map((name) => {
        return values[table.columns.findIndex((column) => column.name === name)] ?? null;
      });
      if (binds.includes(null)) continue;
      const where = names.map((name, index) => `${quoteName(name)} = ?${index + 1}`).join(' AND ');
      const own = self === null ? '' : ` AND ${ROW_ID_COLUMN} <> ?${names.length + 1}`;
      let taken = false;
      this.apply(
        `SELECT 1 FROM ${quoteName(table.baseName)} WHERE ${where}${own}`,
        self === null ? binds : [...binds, self],
        () => {
          taken = true;
        },
      );
      if (taken) return unique;
    }
    return null;
  }

  /** Reads a row of the target as the user may see it; null when it is not there. */
  readRow(rowIdentity: SqlValue): SqlValue[] | null {
    const { table } = this.steps;
    const relation = this.isMerchant ? (table.guardName ?? table.baseName) : table.adminRelation;
    const columns = table.columns.map((column) => quoteName(column.name)).join(', ');
    let found: SqlValue[] | null = null;
    this.evaluate(
      `SELECT ${columns} FROM ${quoteName(relation)} WHERE ${ROW_ID_COLUMN} = ?1`,
      [rowIdentity],
      (row) => {
        found = copyRow(row);
      },
    );
    return found;
  }

  /** Says what the commit will have changed. */
  touch(): void {
    if (this.#touched) return;
    this.#touched = true;
    const { transaction, session } = this.request;
    transaction.touch(this.steps.table.baseName, session.merchant);
    for (const table of this.steps.cascadesTo) transaction.touch(table, session.merchant);
  }

  /** The row as reads will show it: computed and write-only columns are not what was written. */
  shown(row: TargetRow): TargetRow {
    this.steps.table.columns.forEach((column, index) => {
      // A row that was just written is not in the cloud yet.
      if (column.computed === 'synced') row[index] = 0n;
      else if (column.writeOnly !== undefined && row[index] !== null) row[index] = KEY_MASK;
    });
    return row;
  }

  /** True when RETURNING has to be evaluated before the first row changes. */
  get returnsEarly(): boolean {
    return this.request.onRow !== null && this.steps.returning?.text?.readsTables === true;
  }

  /** Evaluates RETURNING for one row and keeps the answer. */
  returningOf(context: RowContext): readonly SqlValue[][] {
    const rows: SqlValue[][] = [];
    this.#evaluateReturning(context, (row) => rows.push(copyRow(row)));
    return rows;
  }

  /** Gives the client what RETURNING says of one row. */
  emit(context: RowContext): void {
    const { onRow } = this.request;
    if (onRow !== null) this.#evaluateReturning(context, onRow);
  }

  emitKept(rows: readonly SqlValue[][]): void {
    for (const row of rows) this.request.onRow?.(new ValuesRow(row));
  }

  #evaluateReturning(context: RowContext, onRow: (row: RowReader) => void): void {
    const returning: ReturningSteps | null = this.steps.returning;
    if (returning === null) return;
    if (returning.plain !== null) {
      onRow(new ValuesRow(returning.plain.map((index) => context.target[index] ?? null)));
    } else if (returning.text !== null) this.evaluateFor(returning.text, context, onRow);
  }
}

function boundValue(bind: RowBind, context: RowContext): SqlValue {
  switch (bind.kind) {
    case 'target':
      return context.target[bind.column] ?? null;
    case 'excluded':
      return context.excluded[bind.column] ?? null;
    case 'output':
      return context.outputs[bind.index] ?? null;
  }
}

/**
 * Applies changes row by row, and pauses between them when the turn is over. A row that a foreign key of the table to itself refuses is tried again after
 * the others: PostgreSQL checks at the end of the statement, our triggers at once.
 */
export function* applyInTurn<Row>(
  rows: Iterable<Row>,
  selfReferencing: boolean,
  pace: Pace,
  apply: (row: Row) => void,
): Generator<void, void, void> {
  let waiting: Row[] = [];
  for (const row of rows) {
    if (!selfReferencing) apply(row);
    else if (!tryApply(row, apply)) waiting.push(row);
    if (pace.isOver()) yield;
  }
  while (waiting.length > 0) {
    const again: Row[] = [];
    // Backwards, so that a chain takes two passes whichever way it was given.
    for (const row of waiting.reverse()) {
      if (!tryApply(row, apply)) again.push(row);
      if (pace.isOver()) yield;
    }
    const [first] = again;
    // No progress: the error of the first one is the statement's.
    if (first !== undefined && again.length === waiting.length) apply(first);
    waiting = again;
  }
}

function tryApply<Row>(row: Row, apply: (row: Row) => void): boolean {
  try {
    apply(row);
    return true;
  } catch (error) {
    if (error instanceof EdgeError && error.condition === 'foreign_key_violation') return false;
    throw error;
  }
}

/** Drives what may pause to its end, without pauses. */
export function toEnd<Result>(turns: Generator<void, Result, void>): Result {
  for (;;) {
    const turn = turns.next();
    if (turn.done === true) return turn.value;
  }
}
