/**
 * Statements that concern the session or the transaction: from the raw tree to `UtilityStatement`, values
 * as the strings that a setting shows.
 */
import type {
  DeclareCursorStmt,
  DefElem,
  DiscardStmt,
  ExecuteStmt,
  FetchStmt,
  PrepareStmt,
  TransactionStmt,
  VariableSetStmt,
} from '@pgsql/types';
import type { IsolationLevel, ParsedStatement, UtilityStatement } from '../plan.ts';
import { errorAt, refuse } from './analysis.ts';
import { asNode, locationOf, type Node, tagOf } from './nodes.ts';
import { resolveTypeName } from './type-names.ts';

export interface AnalysedUtility {
  readonly utility: UtilityStatement;
  readonly tag: string;
}

const ISOLATION: Readonly<Record<string, IsolationLevel>> = {
  // PostgreSQL treats READ UNCOMMITTED as READ COMMITTED.
  'read uncommitted': 'read committed',
  'read committed': 'read committed',
  'repeatable read': 'repeatable read',
  serializable: 'serializable',
};

interface Modes {
  readonly isolation: IsolationLevel | null;
  readonly readOnly: boolean | null;
}

function transactionModes(nodes: readonly Node[] | undefined): Modes {
  let isolation: IsolationLevel | null = null;
  let readOnly: boolean | null = null;
  for (const node of nodes ?? []) {
    const option: DefElem = asNode(node, 'DefElem') ?? {};
    const value = asNode(option.arg, 'A_Const');
    switch (option.defname) {
      case 'transaction_isolation':
        isolation = ISOLATION[value?.sval?.sval ?? ''] ?? null;
        break;
      case 'transaction_read_only':
        readOnly = (value?.ival?.ival ?? 0) !== 0;
        break;
      // DEFERRABLE has an effect on serializable read-only transactions only: there it changes nothing here.
      case 'transaction_deferrable':
        break;
      default:
        throw refuse(`transaction mode ${option.defname ?? ''}`, option.location ?? -1);
    }
  }
  return { isolation, readOnly };
}

function transaction(body: TransactionStmt): AnalysedUtility {
  const chain = body.chain === true;
  const name = body.savepoint_name ?? '';
  switch (body.kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      return {
        utility: { kind: 'begin', ...transactionModes(body.options) },
        tag: body.kind === 'TRANS_STMT_BEGIN' ? 'BEGIN' : 'START TRANSACTION',
      };
    case 'TRANS_STMT_COMMIT':
      return { utility: { kind: 'commit', chain }, tag: 'COMMIT' };
    case 'TRANS_STMT_ROLLBACK':
      return { utility: { kind: 'rollback', chain }, tag: 'ROLLBACK' };
    case 'TRANS_STMT_SAVEPOINT':
      return { utility: { kind: 'savepoint', name }, tag: 'SAVEPOINT' };
    case 'TRANS_STMT_RELEASE':
      return { utility: { kind: 'release', name }, tag: 'RELEASE' };
    case 'TRANS_STMT_ROLLBACK_TO':
      return { utility: { kind: 'rollback_to', name }, tag: 'ROLLBACK' };
    default:
      throw refuse('two-phase commit', -1);
  }
}

/** A SET value as the setting shows it. */
function settingText(node: Node): string {
  const constant = asNode(node, 'A_Const');
  if (constant?.ival !== undefined) return String(constant.ival.ival ?? 0);
  if (constant?.fval !== undefined) return constant.fval.fval ?? '0';
  if (constant?.sval !== undefined) return constant.sval.sval ?? '';
  if (constant?.boolval !== undefined) return constant.boolval.boolval === true ? 'on' : 'off';
  const parameter = asNode(node, 'ParamRef');
  if (parameter !== undefined) {
    throw errorAt(
      'syntax_error',
      `syntax error at or near "$${parameter.number ?? 0}"`,
      locationOf(node),
    );
  }
  throw refuse('a SET value of this kind', locationOf(node));
}

const SECONDS_PER_HOUR = 3600;

/** `SET TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE`, as a POSIX-free offset. */
function zoneText(node: Node): string {
  const cast = asNode(node, 'TypeCast');
  if (cast === undefined) return settingText(node);
  const text = asNode(cast.arg, 'A_Const')?.sval?.sval ?? '';
  const match = /^([+-]?)(\d{1,2})(?::(\d{2}))?$/.exec(text.trim());
  if (match === null) throw refuse('SET TIME ZONE with this interval', locationOf(node));
  const [, sign = '', hours = '0', minutes = '0'] = match;
  const seconds = Number(hours) * SECONDS_PER_HOUR + Number(minutes) * 60;
  return String(((sign === '-' ? -1 : 1) * seconds) / SECONDS_PER_HOUR);
}

function setMulti(body: VariableSetStmt): AnalysedUtility {
  if (body.name === 'TRANSACTION SNAPSHOT') throw refuse('SET TRANSACTION SNAPSHOT', -1);
  return {
    utility: {
      kind: 'set_transaction',
      ...transactionModes(body.args),
      session: body.name === 'SESSION CHARACTERISTICS',
    },
    tag: 'SET',
  };
}

function setVariable(body: VariableSetStmt): AnalysedUtility {
  const name = (body.name ?? '').toLowerCase();
  const local = body.is_local === true;
  switch (body.kind) {
    case 'VAR_SET_VALUE': {
      const values = (body.args ?? []).map(name === 'timezone' ? zoneText : settingText);
      return { utility: { kind: 'set', name, value: values, local }, tag: 'SET' };
    }
    case 'VAR_SET_DEFAULT':
      return { utility: { kind: 'set', name, value: null, local }, tag: 'SET' };
    case 'VAR_RESET':
      return { utility: { kind: 'set', name, value: null, local: false }, tag: 'RESET' };
    case 'VAR_RESET_ALL':
      return { utility: { kind: 'reset_all' }, tag: 'RESET' };
    case 'VAR_SET_MULTI':
      return setMulti(body);
    default:
      throw refuse('SET ... FROM CURRENT', -1);
  }
}

const DISCARDS = {
  DISCARD_ALL: ['all', 'DISCARD ALL'],
  DISCARD_PLANS: ['plans', 'DISCARD PLANS'],
  DISCARD_SEQUENCES: ['sequences', 'DISCARD SEQUENCES'],
  DISCARD_TEMP: ['temp', 'DISCARD TEMP'],
} as const;

function discard(body: DiscardStmt): AnalysedUtility {
  const [what, tag] = DISCARDS[body.target as keyof typeof DISCARDS] ?? DISCARDS.DISCARD_ALL;
  return { utility: { kind: 'discard', what }, tag };
}

const PREPARABLE = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt']);

function inner(outer: ParsedStatement, node: Node | undefined): ParsedStatement {
  if (node === undefined) throw new Error('the grammar left the inner statement out');
  if (!PREPARABLE.has(tagOf(node))) throw refuse(tagOf(node), -1);
  return { text: outer.text, offset: outer.offset, node: node as Record<string, unknown> };
}

function prepare(outer: ParsedStatement, body: PrepareStmt): AnalysedUtility {
  const typeOids = (body.argtypes ?? []).map(
    (node) => resolveTypeName(asNode(node, 'TypeName') ?? {}).oid,
  );
  return {
    utility: {
      kind: 'prepare',
      name: body.name ?? '',
      typeOids,
      statement: inner(outer, body.query),
    },
    tag: 'PREPARE',
  };
}

function execute(body: ExecuteStmt): AnalysedUtility {
  return {
    utility: {
      kind: 'execute',
      name: body.name ?? '',
      argumentNodes: (body.params ?? []) as unknown as readonly Readonly<Record<string, unknown>>[],
    },
    tag: 'EXECUTE',
  };
}

const CURSOR = { scroll: 0x0002, hold: 0x0020 } as const;

function declare(outer: ParsedStatement, body: DeclareCursorStmt): AnalysedUtility {
  const options = body.options ?? 0;
  if (body.query === undefined || tagOf(body.query) !== 'SelectStmt') {
    throw errorAt('syntax_error', 'DECLARE CURSOR must specify a SELECT', -1);
  }
  return {
    utility: {
      kind: 'declare',
      name: body.portalname ?? '',
      hold: (options & CURSOR.hold) !== 0,
      scroll: (options & CURSOR.scroll) !== 0,
      statement: inner(outer, body.query),
    },
    tag: 'DECLARE CURSOR',
  };
}

const DIRECTIONS = {
  FETCH_FORWARD: 'forward',
  FETCH_BACKWARD: 'backward',
  FETCH_ABSOLUTE: 'absolute',
  FETCH_RELATIVE: 'relative',
} as const;

const FETCH_ALL = 2_147_483_647;

function fetch(body: FetchStmt): AnalysedUtility {
  const move = body.ismove === true;
  const direction = DIRECTIONS[body.direction as keyof typeof DIRECTIONS] ?? 'forward';
  const many = Number(body.howMany ?? 0);
  return {
    utility: {
      kind: 'fetch',
      name: body.portalname ?? '',
      direction,
      count: many >= FETCH_ALL ? 'all' : many,
      move,
    },
    tag: move ? 'MOVE' : 'FETCH',
  };
}

/** The session statement that this is, or null where it is none. @throws EdgeError 0A000, 42704 */
export function analyseUtility(statement: ParsedStatement): AnalysedUtility | null {
  const node = statement.node as Node;
  const begin = asNode(node, 'TransactionStmt');
  if (begin !== undefined) return transaction(begin);
  const set = asNode(node, 'VariableSetStmt');
  if (set !== undefined) return setVariable(set);
  const show = asNode(node, 'VariableShowStmt');
  if (show !== undefined) return showVariable((show.name ?? '').toLowerCase());
  const dropped = asNode(node, 'DiscardStmt');
  if (dropped !== undefined) return discard(dropped);
  const prepared = asNode(node, 'PrepareStmt');
  if (prepared !== undefined) return prepare(statement, prepared);
  const executed = asNode(node, 'ExecuteStmt');
  if (executed !== undefined) return execute(executed);
  const deallocated = asNode(node, 'DeallocateStmt');
  if (deallocated !== undefined) {
    const name = deallocated.isall === true ? null : (deallocated.name ?? null);
    return {
      utility: { kind: 'deallocate', name },
      tag: name === null ? 'DEALLOCATE ALL' : 'DEALLOCATE',
    };
  }
  const declared = asNode(node, 'DeclareCursorStmt');
  if (declared !== undefined) return declare(statement, declared);
  const fetched = asNode(node, 'FetchStmt');
  if (fetched !== undefined) return fetch(fetched);
  const closed = asNode(node, 'ClosePortalStmt');
  if (closed !== undefined) {
    const name = closed.portalname ?? null;
    return {
      utility: { kind: 'close', name },
      tag: name === null ? 'CLOSE CURSOR ALL' : 'CLOSE CURSOR',
    };
  }
  if (asNode(node, 'UnlistenStmt') !== undefined) {
    return { utility: { kind: 'unlisten' }, tag: 'UNLISTEN' };
  }
  return null;
}

function showVariable(name: string): AnalysedUtility {
  return name === 'all'
    ? { utility: { kind: 'show_all' }, tag: 'SHOW' }
    : { utility: { kind: 'show', name }, tag: 'SHOW' };
}
