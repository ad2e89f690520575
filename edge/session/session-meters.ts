/**
 * What all sessions of a box count together: statements by kind and outcome, how long they took, what their
 * confinement to a merchant cost, how plans were found.
 *
 * Nothing here names a merchant, a table or a text: the figures may be read by whoever watches the box.
 */
import { DurationMeter } from '../meters.ts';
import type { Program } from '../sql/plan.ts';

export const STATEMENT_KINDS = [
  'select',
  'insert',
  'update',
  'delete',
  'transaction',
  'definition',
  'utility',
  'unparsed',
] as const;
export type StatementKind = (typeof STATEMENT_KINDS)[number];

const STATEMENT_BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 30_000];
/** The brief asks for less than 2 ms. */
const ISOLATION_BOUNDS_MS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 50];
/** Characters of a SQLSTATE that name its class. */
const CLASS_LENGTH = 2;

const TRANSACTION_COMMANDS: ReadonlySet<string> = new Set([
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'release',
  'rollback_to',
  'set_transaction',
]);

export class StatementMeter {
  done = 0;
  /** By SQLSTATE class. */
  readonly failed = new Map<string, number>();
  readonly duration = new DurationMeter(STATEMENT_BOUNDS_MS);
}

export class SessionMeters {
  readonly statements: Readonly<Record<StatementKind, StatementMeter>> = {
    select: new StatementMeter(),
    insert: new StatementMeter(),
    update: new StatementMeter(),
    delete: new StatementMeter(),
    transaction: new StatementMeter(),
    definition: new StatementMeter(),
    utility: new StatementMeter(),
    unparsed: new StatementMeter(),
  };
  /** For each statement of a merchant on data: time from its parse tree to a confined SQLite text. */
  readonly isolation = new DurationMeter(ISOLATION_BOUNDS_MS);
  /** Look-ups of plans by text, by shape, and those that had to be made. */
  plansFound = 0;
  shapesFound = 0;
  plansMade = 0;
  /** Rows inserted, updated and deleted by clients' statements, those rolled back included. */
  rowsWritten = 0;
  /** Reads that went to the worker thread. */
  workerReads = 0;
  /** Statements above the slow-query threshold. */
  slowStatements = 0;

  /** @param tookMs null: it failed before it began to run */
  ended(kind: StatementKind, sqlstate: string, isSuccess: boolean, tookMs: number | null): void {
    const meter = this.statements[kind];
    if (isSuccess) {
      meter.done += 1;
    } else {
      const classCode = sqlstate.slice(0, CLASS_LENGTH);
      meter.failed.set(classCode, (meter.failed.get(classCode) ?? 0) + 1);
    }
    if (tookMs !== null) meter.duration.observe(tookMs);
  }
}

/** @param program null: the text was not understood */
export function statementKind(program: Program | null): StatementKind {
  if (program === null) return 'unparsed';
  switch (program.kind) {
    case 'query':
      return 'select';
    case 'utility':
      return TRANSACTION_COMMANDS.has(program.utility.kind) ? 'transaction' : 'utility';
    case 'empty':
      return 'utility';
    default:
      return program.kind;
  }
}
