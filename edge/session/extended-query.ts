/**
 * The extended query protocol: Parse, Bind, Describe, Execute, Close, Flush and Sync.
 *
 * All messages up to a Sync are one implicit transaction; after an error everything is skipped until it.
 *
 * @see https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
import { EdgeError } from '../errors.ts';
import { ValuesRow } from '../sql/execute/values-row.ts';
import type { ResultColumn } from '../sql/plan.ts';
import { decodeParameter } from '../types/codecs.ts';
import type { SqlValue } from '../types/storage.ts';
import {
  bindComplete,
  closeComplete,
  commandComplete,
  emptyQueryResponse,
  noData,
  parameterDescription,
  parseComplete,
  portalSuspended,
  rowDescription,
} from '../wire/backend.ts';
import {
  type BindMessage,
  type CloseMessage,
  type DescribeMessage,
  type ExecuteMessage,
  formatAt,
  type ParseMessage,
} from '../wire/frontend.ts';
import { reportError } from './answer.ts';
import type { SessionContext } from './context.ts';
import { after, attempt, type Maybe } from './maybe.ts';
import type { CachedPlan } from './plan-cache.ts';
import type { Portal } from './portals.ts';
import { writeReady } from './ready.ts';
import {
  columnsOf,
  endsFailedBlock,
  failedTransactionError,
  resolveText,
  revalidate,
} from './resolve.ts';
import { rowEncoders } from './row-encoders.ts';
import { runPlan } from './run-plan.ts';
import { statementEnded } from './statement-ended.ts';
import type { PreparedStatement } from './statements.ts';
import { StoredRows } from './stored-rows.ts';
import { commitTransaction } from './transaction-commands.ts';

const NONE: readonly never[] = [];

function checkNotFailed(context: SessionContext, source: CachedPlan): void {
  if (context.transaction.state === 'failed' && !endsFailedBlock(source)) {
    throw failedTransactionError();
  }
}

export function parse(context: SessionContext, message: ParseMessage): void {
  context.beginStatement(context.transaction.now());
  if (message.name === '') context.statements.drop('');
  const current = resolveText(context, message.text, message.parameterTypes);
  checkNotFailed(context, current);
  context.statements.add({
    name: message.name,
    text: message.text,
    parameterTypes: current.plan.parameterTypes,
    columns: columnsOf(context, current),
    current,
  });
  parseComplete(context.out);
}

export function bind(context: SessionContext, message: BindMessage): void {
  context.beginStatement(context.transaction.now());
  const statement = context.statements.require(message.statement);
  const expected = statement.parameterTypes.length;
  if (message.parameters.length !== expected) {
    throw new EdgeError(
      'protocol_violation',
      `bind message supplies ${message.parameters.length} parameters, but prepared statement "${message.statement}" requires ${expected}`,
    );
  }
  checkNotFailed(context, statement.current);
  const source = revalidate(context, statement);
  const parameters = decodeParameters(context, statement, message);
  const columns = columnsOf(context, source);
  checkResultFormats(columns, message);
  context.portals.add({
    name: message.portal,
    source,
    parameters,
    columns,
    resultFormats: message.resultFormats,
    encoders: null,
    state: 'ready',
    rows: null,
    position: 0,
    tag: null,
    hold: false,
    isCursor: false,
    depth: context.transaction.savepointDepth,
    isDurable: false,
  });
  bindComplete(context.out);
}

function decodeParameters(
  context: SessionContext,
  statement: PreparedStatement,
  message: BindMessage,
): readonly SqlValue[] {
  const { parameters, parameterFormats } = message;
  if (parameters.length === 0) return NONE;
  const values: SqlValue[] = [];
  for (let index = 0; index < parameters.length; index++) {
    const bytes = parameters[index] ?? null;
    const oid = statement.parameterTypes[index] ?? 0;
    values.push(
      bytes === null
        ? null
        : decodeParameter(
            oid,
            formatAt(parameterFormats, index),
            bytes,
            context.typeSettings,
            index + 1,
          ),
    );
  }
  return values;
}

function checkResultFormats(columns: readonly ResultColumn[] | null, message: BindMessage): void {
  const formats = message.resultFormats.length;
  const count = columns?.length ?? 0;
  if (formats <= 1 || columns === null || formats === count) return;
  throw new EdgeError(
    'protocol_violation',
    `bind message has ${formats} result formats but query has ${count} columns`,
  );
}

export function describe(context: SessionContext, message: DescribeMessage): void {
  if (message.what === 'S') describeStatement(context, message.name);
  else describePortal(context, message.name);
}

function describeStatement(context: SessionContext, name: string): void {
  context.beginStatement(context.transaction.now());
  const statement = context.statements.require(name);
  const failed = context.transaction.state === 'failed';
  if (failed && statement.columns !== null) throw failedTransactionError();
  const columns = failed ? null : columnsOf(context, revalidate(context, statement));
  parameterDescription(context.out, statement.parameterTypes);
  if (columns === null) noData(context.out);
  else rowDescription(context.out, columns, NONE);
}

function describePortal(context: SessionContext, name: string): void {
  const portal = context.portals.require(name);
  if (context.transaction.state === 'failed' && portal.columns !== null) {
    throw failedTransactionError();
  }
  if (portal.columns === null) noData(context.out);
  else rowDescription(context.out, portal.columns, portal.resultFormats);
}

export function execute(context: SessionContext, message: ExecuteMessage): Maybe<void> {
  context.beginStatement(context.transaction.now());
  const portal = context.portals.require(message.portal);
  checkNotFailed(context, portal.source);
  if (portal.source.parsed === null) {
    emptyQueryResponse(context.out);
    return undefined;
  }
  if (portal.state !== 'ready') {
    continuePortal(context, portal, message.maxRows);
    return undefined;
  }
  return startPortal(context, portal, message.maxRows);
}

function startPortal(context: SessionContext, portal: Portal, maxRows: number): Maybe<void> {
  const { rows } = context;
  const { columns } = portal;
  if (columns !== null)
    portal.encoders ??= rowEncoders(columns, portal.resultFormats, context.values.timeZone);
  const isLimited = maxRows > 0 && columns !== null;
  const rest = isLimited ? new StoredRows(context.dependencies.storedRows) : null;
  portal.rows = rest;
  // Whatever comes of it, it has run.
  portal.state = 'done';
  context.beginTiming();
  rows.begin(portal.encoders ?? NONE, null, maxRows, rest);
  return after(runPlan(context, portal.source, portal.parameters, rows), (tag) => {
    context.interrupts.end();
    if (isLimited && rows.written === maxRows) {
      portal.state = 'suspended';
      portal.tag = tag;
      statementEnded(context, tag);
      portalSuspended(context.out);
    } else {
      portal.tag = tag;
      commandComplete(context.out, tag);
      statementEnded(context, tag);
    }
  });
}

/** Gives out stored rows: of a suspended portal, or of a cursor. */
function continuePortal(context: SessionContext, portal: Portal, maxRows: number): void {
  const { columns, rows: stored } = portal;
  if (columns === null) {
    throw new EdgeError(
      'object_not_in_prerequisite_state',
      `portal "${portal.name}" cannot be run`,
    );
  }
  portal.encoders ??= rowEncoders(columns, portal.resultFormats, context.values.timeZone);
  context.rows.begin(portal.encoders, null, 0, null);
  const length = stored?.length ?? 0;
  let written = 0;
  while (portal.position < length && (maxRows === 0 || written < maxRows)) {
    context.rows.row(new ValuesRow(stored?.at(portal.position) ?? []));
    portal.position++;
    written++;
  }
  context.interrupts.end();
  if (maxRows > 0 && written === maxRows) {
    portalSuspended(context.out);
    return;
  }
  if (!portal.isCursor) {
    portal.state = 'done';
    stored?.release();
  } else {
    portal.position = length + 1;
  }
  commandComplete(context.out, laterTag(portal, written));
}

/** PostgreSQL counts the rows of this Execute, also those of RETURNING. */
function laterTag(portal: Portal, written: number): string {
  const { program, tag } = portal.source.plan;
  if (program.kind === 'utility')
    return portal.isCursor ? `SELECT ${written}` : (portal.tag ?? tag);
  return tag === 'INSERT' ? `INSERT 0 ${written}` : `${tag} ${written}`;
}

export function close(context: SessionContext, message: CloseMessage): void {
  if (message.what === 'S') context.statements.drop(message.name);
  else context.portals.drop(message.name);
  closeComplete(context.out);
}

/** Ends the pipeline: what it did is committed now. Never rejects. */
export function sync(context: SessionContext): Maybe<void> {
  const committed = attempt(
    () => {
      if (context.transaction.state === 'implicit') commitTransaction(context);
    },
    (error) => {
      reportError(context, error);
    },
  );
  return after(committed, () => writeReady(context));
}
