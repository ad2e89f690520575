/**
 * Runs plans: a query becomes one engine statement, which the caller hands to the engine or to its
 * transaction; an INSERT, UPDATE or DELETE runs here, inside the caller's write transaction.
 *
 * A change that fails leaves behind what it had changed so far: the caller rolls back, to its savepoint or
 * altogether, as PostgreSQL's aborted transactions demand anyway.
 */
import type { EngineStatement, Interrupt, WriteTransaction } from '../../engine/engine.ts';
import type { SessionValues } from '../../types/session-values.ts';
import type { RowReader, SqlValue } from '../../types/storage.ts';
import type { Catalog } from '../catalog/model.ts';
import type { ModifySteps } from '../dml/steps.ts';
import type { Plan } from '../plan.ts';
import { deleteRows, updateRows } from './change-rows.ts';
import { insertRows } from './insert-rows.ts';
import { Modification } from './modification.ts';

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
}

/**
 * Runs an INSERT, UPDATE or DELETE.
 * @throws EdgeError with PostgreSQL's face of a broken constraint; 54000, 57014
 */
export function executeModify(request: ModifyRequest): { readonly rowCount: bigint } {
  const { program } = request.plan;
  if (program.kind !== 'insert' && program.kind !== 'update' && program.kind !== 'delete') {
    throw new Error(`not a modification: ${program.kind}`);
  }
  const steps = program.steps as ModifySteps;
  const run = new Modification(request, steps);
  switch (steps.kind) {
    case 'insert':
      return { rowCount: insertRows(run, steps) };
    case 'update':
      return { rowCount: updateRows(run, steps) };
    case 'delete':
      return { rowCount: deleteRows(run, steps) };
  }
}
