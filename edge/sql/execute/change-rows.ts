/**
 * Runs an UPDATE or a DELETE: row identities and new values are read first, all of them, through the user's
 * own view of the table; then each row is changed by its identity. So a statement never meets its own
 * changes, and a row that several FROM rows match is changed once, by the first.
 */
import type { SqlValue } from '../../types/storage.ts';
import type { DeleteSteps, UpdateSteps } from '../dml/steps.ts';
import { applyInTurn, type Modification, type RowContext, type TargetRow } from './modification.ts';

const NOTHING: readonly SqlValue[] = [];

interface MatchedRow {
  readonly identity: bigint;
  readonly outputs: readonly SqlValue[];
}

interface ChangedRow extends MatchedRow {
  readonly context: RowContext;
  readonly returned: readonly SqlValue[][] | null;
}

/** The rows that the statement is about, each once. */
function* matchedRows(run: Modification, compute: string): Generator<void, MatchedRow[], void> {
  const seen = new Set<bigint>();
  const rows: MatchedRow[] = [];
  for (const outputs of yield* run.materialise(compute)) {
    const [identity = null] = outputs;
    if (typeof identity !== 'bigint' || seen.has(identity)) continue;
    seen.add(identity);
    rows.push({ identity, outputs });
  }
  return rows;
}

function oldRow(steps: UpdateSteps | DeleteSteps, outputs: readonly SqlValue[]): TargetRow | null {
  if (steps.oldRowAt < 0) return null;
  return outputs.slice(steps.oldRowAt, steps.oldRowAt + steps.table.columns.length);
}

function withReturning(run: Modification, matched: MatchedRow, target: TargetRow): ChangedRow {
  const context = { target, excluded: NOTHING, outputs: matched.outputs };
  return { ...matched, context, returned: run.returnsEarly ? run.returningOf(context) : null };
}

function emit(run: Modification, row: ChangedRow): void {
  if (row.returned !== null) run.emitKept(row.returned);
  else run.emit(row.context);
}

/** Where RETURNING must not see changed rows, all are prepared before the first is changed. */
function* prepared(
  run: Modification,
  matched: readonly MatchedRow[],
  prepare: (row: MatchedRow) => ChangedRow,
): Generator<void, Iterable<ChangedRow>, void> {
  if (run.returnsEarly) {
    const rows: ChangedRow[] = [];
    for (const row of matched) {
      rows.push(prepare(row));
      if (run.pace.isOver()) yield;
    }
    return rows;
  }
  return (function* inTurn(): Generator<ChangedRow> {
    for (const row of matched) yield prepare(row);
  })();
}

/** Runs an UPDATE. @returns rows updated */
export function* updateRows(run: Modification, steps: UpdateSteps): Generator<void, bigint, void> {
  const values = new Map<ChangedRow, readonly SqlValue[]>();
  const prepare = (matched: MatchedRow): ChangedRow => {
    const old = oldRow(steps, matched.outputs);
    const tenant = old === null ? null : run.tenantOf(old);
    const assigned = steps.assignments.map(({ source }) =>
      run.valueOf(source, matched.outputs, tenant),
    );
    const newRow = (): TargetRow | null => {
      const row = old === null ? run.readRow(matched.identity) : [...old];
      if (row === null) return null;
      steps.assignments.forEach(({ column }, index) => {
        row[column] = assigned[index] ?? null;
      });
      return row;
    };
    steps.assignments.forEach(({ column }, index) => {
      if (run.isTenantColumn(column)) run.checkTenant(assigned[index] ?? null, newRow);
    });
    // Without a stored column nothing changes, and the row is still what it was.
    const target = old === null || steps.apply === null ? (old ?? []) : run.shown(newRow() ?? []);
    const row = withReturning(run, matched, target);
    values.set(row, assigned);
    return row;
  };
  let count = 0n;
  const matched = yield* matchedRows(run, steps.compute);
  const rows = yield* prepared(run, matched, prepare);
  yield* applyInTurn(rows, steps.selfReferencing, run.pace, (row) => {
    const assigned = values.get(row) ?? [];
    try {
      if (steps.apply !== null) run.apply(steps.apply, [row.identity, ...assigned]);
    } catch (error) {
      throw run.explain(error, row.identity, () => failedUpdate(run, steps, row, assigned));
    }
    values.delete(row);
    count++;
    run.touch();
    emit(run, row);
  });
  return count;
}

function failedUpdate(
  run: Modification,
  steps: UpdateSteps,
  row: ChangedRow,
  assigned: readonly SqlValue[],
): TargetRow | null {
  // The failed statement was undone: the old row is there to be read.
  const values = run.readRow(row.identity);
  if (values === null) return null;
  steps.assignments.forEach(({ column }, index) => {
    values[column] = assigned[index] ?? null;
  });
  return values;
}

/** Runs a DELETE. @returns rows deleted */
export function* deleteRows(run: Modification, steps: DeleteSteps): Generator<void, bigint, void> {
  let count = 0n;
  const matched = yield* matchedRows(run, steps.compute);
  const prepare = (row: MatchedRow): ChangedRow =>
    withReturning(run, row, oldRow(steps, row.outputs) ?? []);
  const rows = yield* prepared(run, matched, prepare);
  yield* applyInTurn(rows, steps.selfReferencing, run.pace, (row) => {
    try {
      run.apply(steps.apply, [row.identity]);
    } catch (error) {
      throw run.explain(error, row.identity, () => run.readRow(row.identity));
    }
    // A row that a cascade took before its turn counts: PostgreSQL cascades at the statement's end.
    count++;
    run.touch();
    emit(run, row);
  });
  return count;
}
