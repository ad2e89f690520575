/**
 * DECLARE, FETCH, MOVE and CLOSE. A cursor's rows are all read when it is declared and lie in memory,
 * bounded: it holds no connection and no snapshot, and what is changed later does not show in it.
 *
 * So an error that PostgreSQL would find at some FETCH is found at DECLARE; and every cursor can go
 * backwards.
 *
 * @see https://www.postgresql.org/docs/15/sql-fetch.html
 */
import type { RowSink } from '../engine/engine.ts';
import { EdgeError } from '../errors.ts';
import { ValuesRow } from '../sql/execute/values-row.ts';
import type { UtilityStatement } from '../sql/plan.ts';
import type { SqlValue } from '../types/storage.ts';
import type { SessionContext } from './context.ts';
import { after, type Maybe } from './maybe.ts';
import type { Portal } from './portals.ts';
import { columnsOf, resolveParsed } from './resolve.ts';
import { StoringSink } from './row-writer.ts';
import { runData } from './run-data.ts';
import { StoredRows } from './stored-rows.ts';

type Declare = Extract<UtilityStatement, { kind: 'declare' }>;
type Fetch = Extract<UtilityStatement, { kind: 'fetch' }>;

export function declareCursor(context: SessionContext, statement: Declare): Maybe<string> {
  const { transaction } = context;
  if (!statement.hold && transaction.state !== 'block') {
    throw new EdgeError(
      'no_active_sql_transaction',
      'DECLARE CURSOR can only be used in transaction blocks',
    );
  }
  if (context.portals.get(statement.name) !== undefined) {
    throw new EdgeError('duplicate_cursor', `cursor "${statement.name}" already exists`);
  }
  const source = resolveParsed(context, statement.statement, null, []);
  if (source.plan.program.kind !== 'query') {
    throw new EdgeError('syntax_error', 'DECLARE CURSOR must hold a SELECT');
  }
  const rows = new StoredRows(context.dependencies.storedRows);
  const portal: Portal = {
    name: statement.name,
    source,
    parameters: [],
    columns: columnsOf(context, source),
    resultFormats: [],
    encoders: null,
    state: 'suspended',
    rows,
    position: 0,
    tag: null,
    hold: statement.hold,
    isCursor: true,
    depth: transaction.savepointDepth,
    isDurable: false,
  };
  return storeRows(context, portal, rows, () => {
    context.portals.add(portal);
    return 'DECLARE CURSOR';
  });
}

/** Runs a portal's query to its end, into its stored rows; frees them when it fails. */
function storeRows<T>(
  context: SessionContext,
  portal: Portal,
  rows: StoredRows,
  next: () => T,
): Maybe<T> {
  try {
    const run = runData(context, portal.source, portal.parameters, new StoringSink(rows));
    const done = after(run, next);
    if (!(done instanceof Promise)) return done;
    return done.catch((error: unknown) => {
      rows.release();
      throw error;
    });
  } catch (error) {
    rows.release();
    throw error;
  }
}

export function closeCursor(context: SessionContext, name: string | null): string {
  if (name === null) {
    context.portals.dropAll();
    return 'CLOSE CURSOR ALL';
  }
  context.portals.require(name, 'cursor');
  context.portals.drop(name);
  return 'CLOSE CURSOR';
}

export function fetchCursor(
  context: SessionContext,
  statement: Fetch,
  sink: RowSink,
): Maybe<string> {
  const portal = context.portals.require(statement.name, 'cursor');
  return after(materialise(context, portal, statement), (rows) => {
    const count = move(portal, rows, statement, (row) => {
      if (!statement.move) sink.row(new ValuesRow(row));
    });
    return `${statement.move ? 'MOVE' : 'FETCH'} ${count}`;
  });
}

/** FETCH from a portal that Bind made: it goes on where Execute stopped, forwards only. */
function materialise(context: SessionContext, portal: Portal, statement: Fetch): Maybe<StoredRows> {
  if (portal.isCursor && portal.rows !== null) return portal.rows;
  if (portal.columns === null || (portal.state !== 'ready' && portal.rows === null)) {
    throw new EdgeError(
      'object_not_in_prerequisite_state',
      `portal "${portal.name}" cannot be run`,
    );
  }
  const isForward =
    statement.direction === 'forward' && (statement.count === 'all' || statement.count > 0);
  if (!isForward) {
    throw new EdgeError('object_not_in_prerequisite_state', 'cursor can only scan forward', {
      hint: 'Declare it with SCROLL option to enable backward scan.',
    });
  }
  if (portal.rows !== null) return portal.rows;
  const rows = new StoredRows(context.dependencies.storedRows);
  return storeRows(context, portal, rows, () => {
    portal.state = 'suspended';
    portal.rows = rows;
    return rows;
  });
}

type Visit = (row: readonly SqlValue[]) => void;

/**
 * Moves the cursor and visits the rows that FETCH returns.
 * @returns how many rows were visited
 */
function move(portal: Portal, rows: StoredRows, statement: Fetch, visit: Visit): number {
  const count = statement.count === 'all' ? Number.POSITIVE_INFINITY : statement.count;
  switch (statement.direction) {
    case 'forward':
      return count < 0
        ? backward(portal, rows, -count, visit)
        : forward(portal, rows, count, visit);
    case 'backward':
      return count < 0
        ? forward(portal, rows, -count, visit)
        : backward(portal, rows, count, visit);
    case 'absolute':
      return jump(portal, rows, count < 0 ? rows.length + 1 + count : count, visit);
    case 'relative':
      return jump(portal, rows, portal.position + count, visit);
  }
}

function forward(portal: Portal, rows: StoredRows, count: number, visit: Visit): number {
  if (count === 0) return visitCurrent(portal, rows, visit);
  let visited = 0;
  while (visited < count) {
    if (portal.position >= rows.length) {
      portal.position = rows.length + 1;
      break;
    }
    portal.position++;
    visitCurrent(portal, rows, visit);
    visited++;
  }
  return visited;
}

function backward(portal: Portal, rows: StoredRows, count: number, visit: Visit): number {
  if (count === 0) return visitCurrent(portal, rows, visit);
  let visited = 0;
  while (visited < count) {
    if (portal.position <= 1) {
      portal.position = 0;
      break;
    }
    portal.position--;
    visitCurrent(portal, rows, visit);
    visited++;
  }
  return visited;
}

function jump(portal: Portal, rows: StoredRows, position: number, visit: Visit): number {
  portal.position = Math.max(0, Math.min(position, rows.length + 1));
  return visitCurrent(portal, rows, visit);
}

function visitCurrent(portal: Portal, rows: StoredRows, visit: Visit): number {
  const row = rows.at(portal.position - 1);
  if (row === undefined) return 0;
  visit(row);
  return 1;
}
