/**
 * The box's own statements through the Engine interface: fixed texts, binds only, authority `system`.
 */
import type {
  Engine,
  Interrupt,
  RunResult,
  StatementRunner,
  WriteTransaction,
} from '../edge/engine/engine.ts';
import type { SessionValues } from '../edge/types/session-values.ts';
import type { RowReader, SqlValue } from '../edge/types/storage.ts';

/** Copied values of one row. */
export type Values = readonly SqlValue[];

/** What `helios_capturing()` looks at, together with role `system`, which no client can take. */
export const APPLY_APPLICATION = 'helios-sync-apply';

const SYSTEM: SessionValues = {
  merchant: null,
  role: 'system',
  user: 'system',
  database: 'pos',
  timeZone: 'UTC',
  applicationName: 'helios-sync',
  searchPath: 'public',
  backendPid: 0,
  transactionTimestamp: 0n,
  statementTimestamp: 0n,
  settings: {},
};
const APPLY: SessionValues = { ...SYSTEM, applicationName: APPLY_APPLICATION };
const FOR_EVER: Interrupt = { deadlineMs: null, signal: null };

function copyRow(row: RowReader): Values {
  const values: SqlValue[] = [];
  for (let column = 0; column < row.columnCount; column += 1) values.push(row.value(column));
  return values;
}

/** Runs one statement of the box. */
export function runSystem(
  runner: StatementRunner,
  sql: string,
  binds: readonly SqlValue[] = [],
): RunResult {
  return runner.run({ sql, binds, authority: 'system' }, SYSTEM, FOR_EVER, null);
}

/** Runs one statement that brings in what the cloud sent: change capture does not see it. */
export function runApplying(
  runner: StatementRunner,
  sql: string,
  binds: readonly SqlValue[],
): RunResult {
  return runner.run({ sql, binds, authority: 'system' }, APPLY, FOR_EVER, null);
}

/** Rows of one statement inside a transaction. */
export function systemRows(
  runner: StatementRunner,
  sql: string,
  binds: readonly SqlValue[] = [],
): readonly Values[] {
  const rows: Values[] = [];
  runner.run({ sql, binds, authority: 'system' }, SYSTEM, FOR_EVER, (row) =>
    rows.push(copyRow(row)),
  );
  return rows;
}

/**
 * Reads outside a transaction, row by row. `forget` is called when the engine starts over.
 * @returns after everything that was read is durable
 */
export async function readEach(
  engine: Engine,
  sql: string,
  binds: readonly SqlValue[],
  take: (row: RowReader) => void,
  forget: () => void,
): Promise<void> {
  await engine.read({
    statement: { sql, binds, authority: 'system' },
    session: SYSTEM,
    interrupt: FOR_EVER,
    sink: { row: take, restart: forget },
    tables: [],
  });
}

/** All rows of a read outside a transaction. */
export async function readRows(
  engine: Engine,
  sql: string,
  binds: readonly SqlValue[] = [],
): Promise<readonly Values[]> {
  let rows: Values[] = [];
  await readEach(
    engine,
    sql,
    binds,
    (row) => rows.push(copyRow(row)),
    () => {
      rows = [];
    },
  );
  return rows;
}

/** One write transaction; committed when `work` returns, rolled back when it throws. */
export async function inWrite<T>(
  engine: Engine,
  work: (transaction: WriteTransaction) => T,
): Promise<T> {
  const transaction = await engine.beginWrite({ merchant: null, lockTimeoutMs: 0, signal: null });
  try {
    const result = work(transaction);
    transaction.commit();
    return result;
  } finally {
    if (!transaction.finished) transaction.rollback();
  }
}
