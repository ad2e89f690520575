/**
 * INSERT, UPDATE and DELETE, from the raw tree to a program of fixed texts: what each does is decided in
 * `analyse-insert.ts` and `analyse-change.ts`; how it runs, in `sql/execute`.
 */
import { EdgeError, notSupported } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { type Analysis, settleParameters } from '../analyse/analysis.ts';
import { asNode, type Node, tagOf } from '../analyse/nodes.ts';
import type { ModifyProgram, ResultColumn } from '../plan.ts';
import { analyseDelete, analyseUpdate } from './analyse-change.ts';
import { analyseInsert } from './analyse-insert.ts';
import type { DefaultSupport } from './assignments.ts';
import type { ModifySteps } from './steps.ts';

/** What a plan needs to know of a modification. */
export interface AnalysedModification {
  readonly program: ModifyProgram;
  /** null: no RETURNING. */
  readonly columns: readonly ResultColumn[] | null;
  /** `INSERT 0`, `UPDATE`, `DELETE`: the row count follows. */
  readonly tag: string;
}

const TAGS = { insert: 'INSERT', update: 'UPDATE', delete: 'DELETE' } as const;

function analyseSteps(node: Node, analysis: Analysis, support: DefaultSupport): ModifySteps {
  const insert = asNode(node, 'InsertStmt');
  if (insert !== undefined) return analyseInsert(insert, analysis, support);
  const update = asNode(node, 'UpdateStmt');
  if (update !== undefined) return analyseUpdate(update, analysis, support);
  const remove = asNode(node, 'DeleteStmt');
  if (remove !== undefined) return analyseDelete(remove, analysis);
  throw notSupported(tagOf(node));
}

/**
 * Gives names, types and isolation to an INSERT, UPDATE or DELETE.
 * @param support prints the columns' stored DEFAULT expressions
 * @throws EdgeError with position; 42501 where the table is closed to the role
 */
export function analyseModify(
  node: Node,
  analysis: Analysis,
  support: DefaultSupport,
): AnalysedModification {
  const steps = analyseSteps(node, analysis, support);
  const binds = settleParameters(analysis).length + 2 * steps.table.columns.length;
  if (binds > LIMITS.bindsPerStatementMax) {
    throw new EdgeError('program_limit_exceeded', 'too many parameters', {
      detail: `The limit is ${LIMITS.bindsPerStatementMax}, two for each column of the table included.`,
    });
  }
  const tables = [...new Set([steps.table.baseName, ...analysis.tables])];
  return {
    program: { kind: steps.kind, steps, tables },
    columns: steps.returning?.columns ?? null,
    tag: TAGS[steps.kind],
  };
}
