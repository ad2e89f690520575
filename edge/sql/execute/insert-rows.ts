/**
 * Runs an INSERT: in one SQLite statement where its values are parameters, constants and defaults, else
 * values first and then row by row.
 *
 * ON CONFLICT is not SQLite's DO UPDATE: a row that meets another one is not inserted, the one in the way is
 * read through the guard, the user's SET and WHERE are evaluated over the two as binds, and the outcome is
 * stored by the row's identity. So no expression of the user's is ever near the base table.
 */
import { EdgeError } from '../../errors.ts';
import type { SqlValue } from '../../types/storage.ts';
import type { FastInsert, InsertSteps, UpsertSteps } from '../dml/steps.ts';
import {
  applyInTurn,
  type Modification,
  type RowContext,
  type TargetRow,
  toEnd,
} from './modification.ts';
import { copyRow } from './values-row.ts';

const NOTHING: readonly SqlValue[] = [];

interface ProposedRow {
  readonly row: TargetRow;
  readonly returned: readonly SqlValue[][] | null;
}

class Insertion {
  readonly #run: Modification;
  readonly #steps: InsertSteps;
  /** Rows that this statement has inserted or updated: none may be touched twice. */
  readonly #done = new Set<bigint>();
  count = 0n;

  constructor(run: Modification, steps: InsertSteps) {
    this.#run = run;
    this.#steps = steps;
  }

  /** The values of one row; NULL where `lastIdentity` stands in for numbers that were given already. */
  #rowOf(outputs: readonly SqlValue[], lastIdentity: SqlValue | undefined): TargetRow {
    const { values, table } = this.#steps;
    const row: TargetRow = table.columns.map(() => null);
    // The merchant first: identity values count for the row's merchant.
    values.forEach((source, index) => {
      if (!this.#isIdentity(index, outputs)) row[index] = this.#run.valueOf(source, outputs, null);
    });
    const tenant = this.#run.tenantOf(row);
    this.#run.checkTenant(tenant, () => row);
    values.forEach((_source, index) => {
      if (!this.#isIdentity(index, outputs)) return;
      row[index] = lastIdentity ?? this.#run.valueOf({ kind: 'identity' }, outputs, tenant);
    });
    return row;
  }

  #isIdentity(column: number, outputs: readonly SqlValue[]): boolean {
    const source = this.#steps.values[column];
    if (source?.kind === 'output_or_identity') return outputs[source.flag] === 1n;
    return source?.kind === 'identity';
  }

  *#outputs(): Generator<void, SqlValue[][], void> {
    const { compute } = this.#steps;
    return compute === null ? [[]] : yield* this.#run.materialise(compute);
  }

  *#proposed(given: readonly SqlValue[][]): Generator<ProposedRow> {
    for (const outputs of given) {
      yield { row: this.#rowOf(outputs, undefined), returned: null };
    }
  }

  /** Rows one after another, or all at once where RETURNING must not see them stored. */
  *#rows(): Generator<void, Iterable<ProposedRow>, void> {
    const given = yield* this.#outputs();
    if (!this.#run.returnsEarly) return this.#proposed(given);
    const proposed: ProposedRow[] = [];
    for (const each of this.#proposed(given)) {
      proposed.push(each);
      if (this.#run.pace.isOver()) yield;
    }
    const rows: ProposedRow[] = [];
    for (const { row } of proposed) {
      const returned = this.#run.returningOf(this.#contextOf(this.#run.shown([...row])));
      rows.push({ row, returned });
      if (this.#run.pace.isOver()) yield;
    }
    return rows;
  }

  #contextOf(target: TargetRow): RowContext {
    return { target, excluded: NOTHING, outputs: NOTHING };
  }

  /** One row at a time. */
  *each(): Generator<void, void, void> {
    const { selfReferencing } = this.#steps;
    const rows = yield* this.#rows();
    yield* applyInTurn(rows, selfReferencing, this.#run.pace, (proposed) => this.#insert(proposed));
  }

  #insert({ row, returned }: ProposedRow): void {
    const { apply, stored } = this.#steps;
    const binds = stored.map((index) => row[index] ?? null);
    const changes = this.#tryInsert(apply, binds, row);
    if (changes === 0n) {
      this.#meet(row);
      return;
    }
    this.count++;
    this.#run.touch();
    if (returned !== null) this.#run.emitKept(returned);
    else this.#run.emit(this.#contextOf(this.#run.shown(row)));
  }

  #tryInsert(sql: string, binds: readonly SqlValue[], row: TargetRow): bigint {
    try {
      const { changes, lastInsertRowid } = this.#run.apply(sql, binds);
      if (changes > 0n && this.#steps.conflict !== null) this.#done.add(lastInsertRowid);
      return changes;
    } catch (error) {
      throw this.#run.explain(error, null, () => row);
    }
  }

  /** ON CONFLICT: the proposed row was not inserted. */
  #meet(row: TargetRow): void {
    const upsert = this.#steps.conflict?.update;
    if (upsert === undefined) throw new Error('an insert changed nothing without ON CONFLICT');
    if (upsert !== null) this.#update(upsert, row);
  }

  #update(upsert: UpsertSteps, excluded: TargetRow): void {
    const key = upsert.key.map((index) => excluded[index] ?? null);
    const found = this.#find(upsert, key);
    const [identity = null, ...old] = found;
    if (typeof identity !== 'bigint') throw new Error('the row in the way has gone');
    if (this.#done.has(identity)) throw affectedTwice();
    const context = { target: old, excluded, outputs: NOTHING };
    let outputs: SqlValue[] | null = null;
    this.#run.evaluateFor(upsert.compute, context, (row) => {
      outputs = copyRow(row);
    });
    if (outputs === null) return;
    this.#done.add(identity);
    const changed = this.#changed(upsert, old, outputs);
    try {
      const stored = upsert.assignments.map(({ column }) => changed[column] ?? null);
      if (upsert.apply !== null) this.#run.apply(upsert.apply, [identity, ...stored]);
    } catch (error) {
      throw this.#run.explain(error, identity, () => changed);
    }
    this.count++;
    this.#run.touch();
    this.#run.emit({ target: this.#run.shown(changed), excluded, outputs: NOTHING });
  }

  #find(upsert: UpsertSteps, key: readonly SqlValue[]): SqlValue[] {
    let found: SqlValue[] = [];
    this.#run.evaluate(upsert.find, key, (row) => {
      found = this.#steps.table.columns.map((_column, index) => row.value(index + 1));
      found.unshift(row.value(0));
    });
    return found;
  }

  #changed(upsert: UpsertSteps, old: readonly SqlValue[], outputs: readonly SqlValue[]): TargetRow {
    const changed = [...old];
    const tenant = this.#run.tenantOf(old);
    for (const { column, source } of upsert.assignments) {
      changed[column] = this.#run.valueOf(source, outputs, tenant);
    }
    this.#run.checkTenant(this.#run.tenantOf(changed), () => changed);
    return changed;
  }

  /** The whole insert in one statement. */
  fast(fast: FastInsert): void {
    const { params, onRow } = this.#run.request;
    const binds = fast.binds.map((bind) =>
      bind.kind === 'parameter' ? (params[bind.index - 1] ?? null) : bind.value,
    );
    if (fast.tenantAt >= 0) this.#run.checkTenant(binds[fast.tenantAt] ?? null, () => null);
    let changes = 0n;
    try {
      changes = this.#run.apply(fast.sql, binds, fast.returns ? onRow : null).changes;
    } catch (error) {
      throw this.#run.explain(error, null, () => this.#givenRow());
    }
    if (changes === 0n) {
      this.#meet(this.#givenRow());
      return;
    }
    this.count = changes;
    this.#run.touch();
  }

  /** The row of a fast insert, computed again; its identity value was given already. */
  #givenRow(): TargetRow {
    const identity = this.#steps.values.some((source) => source.kind === 'identity')
      ? this.#run.lastIdentity()
      : null;
    return this.#rowOf(toEnd(this.#outputs())[0] ?? [], identity);
  }
}

function affectedTwice(): EdgeError {
  return new EdgeError(
    'cardinality_violation',
    'ON CONFLICT DO UPDATE command cannot affect row a second time',
    {
      hint: 'Ensure that no rows proposed for insertion within the same command have duplicate constrained values.',
    },
  );
}

/** Runs an INSERT of one row in one statement. @returns rows inserted or updated */
export function insertRow(run: Modification, steps: InsertSteps, fast: FastInsert): bigint {
  const insertion = new Insertion(run, steps);
  insertion.fast(fast);
  return insertion.count;
}

/** Runs an INSERT row by row. @returns rows inserted or updated */
export function* insertRows(run: Modification, steps: InsertSteps): Generator<void, bigint, void> {
  const insertion = new Insertion(run, steps);
  yield* insertion.each();
  return insertion.count;
}
