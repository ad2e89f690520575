/**
 * A step that each start takes and that most starts find taken: tables that exist, an identity that is known.
 *
 * Nothing is committed then. Even an empty commit may have to write the number that it bears, and a box whose
 * disk is full is to start all the same: people read on it, and make room.
 */
import type { Engine, StatementRunner, WriteTransaction } from '../../engine/engine.ts';
import { runSystem } from './stored-catalog.ts';

/** Runs the step in one transaction. What it changed is durable when this resolves. */
export async function takeStep<T>(
  engine: Engine,
  step: (transaction: WriteTransaction) => T,
): Promise<T> {
  const transaction = await engine.beginWrite({ merchant: null, lockTimeoutMs: 0, signal: null });
  try {
    const before = marks(transaction);
    const result = step(transaction);
    if (marks(transaction) !== before) await engine.durable(transaction.commit());
    return result;
  } finally {
    if (!transaction.finished) transaction.rollback();
  }
}

/** Grow with every row and every definition that changes. */
function marks(runner: StatementRunner): string {
  const [rows] = runSystem(runner, 'SELECT total_changes()');
  const [definitions] = runSystem(runner, 'PRAGMA schema_version');
  return `${rows?.[0]} ${definitions?.[0]}`;
}
