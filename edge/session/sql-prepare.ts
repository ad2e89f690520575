/**
 * PREPARE, EXECUTE and DEALLOCATE: the SQL face of prepared statements, with the same names as Parse.
 *
 * The arguments of EXECUTE are expressions; they are evaluated by a statement of their own, under the
 * client's own authority, and given to the prepared statement as values.
 *
 * @see https://www.postgresql.org/docs/15/sql-prepare.html
 */
import { EdgeError } from '../errors.ts';
import type { UtilityStatement } from '../sql/plan.ts';
import type { SqlValue } from '../types/storage.ts';
import { typeByOid } from '../types/type-info.ts';
import type { SessionContext } from './context.ts';
import { after, type Maybe } from './maybe.ts';
import { columnsOf, resolveParsed, revalidate } from './resolve.ts';
import { StoringSink } from './row-writer.ts';
import { type CountingSink, runData } from './run-data.ts';
import type { PreparedStatement } from './statements.ts';
import { StoredRows } from './stored-rows.ts';

type Prepare = Extract<UtilityStatement, { kind: 'prepare' }>;
type Node = Readonly<Record<string, unknown>>;
type Execute = Extract<UtilityStatement, { kind: 'execute' }>;

export function prepareStatement(context: SessionContext, statement: Prepare): string {
  const { name, typeOids } = statement;
  if (name === '') {
    throw new EdgeError('invalid_sql_statement_name', 'invalid statement name: must not be empty');
  }
  context.statements.checkFree(name);
  const current = resolveParsed(context, statement.statement, null, typeOids);
  context.statements.add({
    name,
    text: null,
    parameterTypes: current.plan.parameterTypes,
    columns: columnsOf(context, current),
    current,
  });
  return 'PREPARE';
}

export function executePrepared(
  context: SessionContext,
  statement: Execute,
  sink: CountingSink,
): Maybe<string> {
  const prepared = context.statements.require(statement.name);
  const expected = prepared.parameterTypes.length;
  const given = statement.argumentNodes.length;
  if (given !== expected) {
    throw new EdgeError(
      'syntax_error',
      `wrong number of parameters for prepared statement "${statement.name}"`,
      { detail: `Expected ${expected} parameters but got ${given}.` },
    );
  }
  const source = revalidate(context, prepared);
  return after(argumentValues(context, prepared, statement.argumentNodes), (values) =>
    runData(context, source, values, sink),
  );
}

function argumentValues(
  context: SessionContext,
  prepared: PreparedStatement,
  nodes: readonly Node[],
): Maybe<readonly SqlValue[]> {
  if (nodes.length === 0) return [];
  const targetList = nodes.map((arg, index) => ({
    ResTarget: {
      val: { TypeCast: { arg, typeName: typeNode(prepared.parameterTypes[index] ?? 0) } },
    },
  }));
  const node = {
    SelectStmt: { targetList, limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' },
  };
  const source = resolveParsed(context, { text: '', offset: 0, node }, null, []);
  if (source.plan.parameterTypes.length > 0) {
    throw new EdgeError('undefined_parameter', 'there is no parameter $1');
  }
  const rows = new StoredRows(context.dependencies.storedRows);
  return after(runData(context, source, [], new StoringSink(rows)), () => {
    const values = rows.at(0) ?? [];
    rows.release();
    return values;
  });
}

/** The grammar's node of a type by its OID. */
function typeNode(oid: number): Node {
  const type = typeByOid(oid);
  const element = type === undefined ? undefined : typeByOid(type.elementOid);
  const isArray = type?.category === 'A' && element !== undefined;
  const name = (isArray ? element : type)?.name ?? 'text';
  return {
    names: [{ String: { sval: 'pg_catalog' } }, { String: { sval: name } }],
    typemod: -1,
    ...(isArray ? { arrayBounds: [{ Integer: { ival: -1 } }] } : {}),
  };
}

export function deallocate(context: SessionContext, name: string | null): string {
  if (name === null) {
    context.statements.dropAll();
    return 'DEALLOCATE ALL';
  }
  context.statements.require(name);
  context.statements.drop(name);
  return 'DEALLOCATE';
}
