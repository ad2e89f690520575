/**
 * Prepared statements of one session: Parse and PREPARE share the names. A statement keeps its plan only as
 * long as the catalog it was made under is the current one.
 */
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { ResultColumn } from '../sql/plan.ts';
import type { CachedPlan } from './plan-cache.ts';

export interface PreparedStatement {
  readonly name: string;
  /** Text of Parse, under which its plans are shared; null for PREPARE, whose text is another statement. */
  readonly text: string | null;
  /** What the client was told at first: neither may change under it. */
  readonly parameterTypes: readonly number[];
  readonly columns: readonly ResultColumn[] | null;
  current: CachedPlan;
}

export class Statements {
  readonly #byName = new Map<string, PreparedStatement>();

  get(name: string): PreparedStatement | undefined {
    return this.#byName.get(name);
  }

  /** @throws EdgeError 26000 */
  require(name: string): PreparedStatement {
    const statement = this.#byName.get(name);
    if (statement !== undefined) return statement;
    throw new EdgeError(
      'invalid_sql_statement_name',
      name === ''
        ? 'unnamed prepared statement does not exist'
        : `prepared statement "${name}" does not exist`,
    );
  }

  /** @throws EdgeError 42P05 */
  checkFree(name: string): void {
    if (name === '' || !this.#byName.has(name)) return;
    throw new EdgeError(
      'duplicate_prepared_statement',
      `prepared statement "${name}" already exists`,
    );
  }

  /** The unnamed one is replaced. @throws EdgeError 42P05, 54000 */
  add(statement: PreparedStatement): void {
    this.checkFree(statement.name);
    if (this.#byName.size >= LIMITS.preparedStatementsPerSessionMax) {
      throw new EdgeError('program_limit_exceeded', 'too many prepared statements', {
        hint: 'DEALLOCATE those that are not used any more.',
      });
    }
    this.#byName.set(statement.name, statement);
  }

  /** No error when there is none: that is what Close says. */
  drop(name: string): boolean {
    return this.#byName.delete(name);
  }

  dropAll(): void {
    this.#byName.clear();
  }
}

/** PostgreSQL's equalTupleDescs, as far as a client sees it. */
export function sameColumns(
  left: readonly ResultColumn[] | null,
  right: readonly ResultColumn[] | null,
): boolean {
  if (left === right) return true;
  if (left === null || right === null || left.length !== right.length) return false;
  return left.every((column, index) => {
    const other = right[index];
    return (
      other !== undefined &&
      column.name === other.name &&
      column.type.oid === other.type.oid &&
      column.type.typmod === other.type.typmod
    );
  });
}
