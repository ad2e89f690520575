/**
 * Runs plans: a query becomes one engine statement, which the caller hands to the engine or to its
 * transaction; an INSERT, UPDATE or DELETE runs here, inside the caller's write transaction.
 *
 * A change that fails leaves behind what it had changed so far: the caller rolls back, to its savepoint or
 * altogether, as PostgreSQL's aborted transactions demand anyway.
 */
import type { EngineStatement, Interrupt, Pace, WriteTransaction } from '../../engine/engine.ts';
import type { SessionValues } from '../../types/session-values.ts';
import type { RowReader, SqlValue } from '../../types/storage.ts';
import type { Catalog } from '../catalog/model.ts';
import type { ModifySteps } from '../dml/steps.ts';
import type { Plan } from '../plan.ts';
import { deleteRows, updateRows } from './change-rows.ts';
import { insertRow, insertRows } from './insert-rows.ts';
import { Modification, toEnd } from './modification.ts';

/** The engine's statement of a plan whose program is a query. */
export function queryStatement(
  plan: Plan,
  params: readonly SqlValue[],
  role: 'merchant' | 'admin',
): EngineStatement {
  const { program } = plan;
  if (program.kind !== 'query') throw new Error(`not a query: ${program.kind}`);
  return { sql: program.sql, binds: params, authority: role };
}

export interface ModifyRequest {
  /** Its program is an insert, an update or a delete. */
  readonly plan: Plan;
  readonly params: readonly SqlValue[];
  readonly transaction: WriteTransaction;
  readonly session: SessionValues;
  readonly interrupt: Interrupt;
  /** The catalog that the plan was made under. */
  readonly catalog: Catalog;
  /** Takes the rows of RETURNING. */
  readonly onRow: ((row: RowReader) => void) | null;
  /** When to pause between two rows; without it there are no pauses. */
  readonly pace?: Pace;
}

export interface ModifyResult {
  readonly rowCount: bigint;
}

/**
 * Runs an INSERT, UPDATE or DELETE, without pauses.
 * @throws EdgeError with PostgreSQL's face of a broken constraint; 54000, 57014
 */
export function executeModify(request: ModifyRequest): ModifyResult {
  const started = startModify(request);
  return 'rowCount' in started ? started : toEnd(started);
}

/**
 * Runs what needs one statement at once, and gives anything longer to the caller to drive: it pauses between
 * rows as `request.pace` says. Nobody else may use the transaction meanwhile.
 * @throws EdgeError as `executeModify` does
 */
export function startModify(request: ModifyRequest): ModifyResult | Generator<void, ModifyResult> {
  const { program } = request.plan;
  if (program.kind !== 'insert' && program.kind !== 'update' && program.kind !== 'delete') {
    throw new Error(`not a modification: ${program.kind}`);
  }
  const steps = program.steps as ModifySteps;
  const run = new Modification(request, steps);
  if (steps.kind === 'insert' && steps.fast !== null) {
    return { rowCount: insertRow(run, steps, steps.fast) };
  }
  return inTurns(run, steps);
}

function* inTurns(run: Modification, steps: ModifySteps): Generator<void, ModifyResult, void> {
  switch (steps.kind) {
    case 'insert':
      return { rowCount: yield* insertRows(run, steps) };
    case 'update':
      return { rowCount: yield* updateRows(run, steps) };
    case 'delete':
      return { rowCount: yield* deleteRows(run, steps) };
  }
}
