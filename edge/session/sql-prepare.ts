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
import type { SessionContext } from './context.ts';
import { after, type Maybe } from './maybe.ts';
import { castName, columnsOf, resolveParsed, revalidate } from './resolve.ts';
import { StoringSink } from './row-writer.ts';
import { type CountingSink, runData } from './run-data.ts';
import type { PreparedStatement } from './statements.ts';
import { StoredRows } from './stored-rows.ts';

type Prepare = Extract<UtilityStatement, { kind: 'prepare' }>;
type Execute = Extract<UtilityStatement, { kind: 'execute' }>;

export function prepareStatement(context: SessionContext, statement: Prepare): string {
  const { name, typeOids } = statement;
  if (name === '') {
    throw new EdgeError('invalid_sql_statement_name', 'invalid statement name: must not be empty');
  }
  context.statements.checkFree(name);
  const { text } = statement.statement;
  const current = resolveParsed(context, statement.statement, null, typeOids);
  context.statements.add({
    name,
    text,
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
  const given = statement.argumentTexts.length;
  if (given !== expected) {
    throw new EdgeError(
      'syntax_error',
      `wrong number of parameters for prepared statement "${statement.name}"`,
      { detail: `Expected ${expected} parameters but got ${given}.` },
    );
  }
  const source = revalidate(context, prepared);
  return after(argumentValues(context, prepared, statement.argumentTexts), (values) =>
    runData(context, source, values, sink),
  );
}

function argumentValues(
  context: SessionContext,
  prepared: PreparedStatement,
  texts: readonly string[],
): Maybe<readonly SqlValue[]> {
  if (texts.length === 0) return [];
  const items = texts.map(
    (text, index) => `(${text})::${castName(prepared.parameterTypes[index] ?? 0)}`,
  );
  const text = `SELECT ${items.join(', ')}`;
  const [parsed, ...others] = context.dependencies.compiler.parse(text);
  if (parsed === undefined || others.length > 0) throw new Error('EXECUTE made no statement');
  const source = resolveParsed(context, parsed, null, []);
  const rows = new StoredRows(context.dependencies.storedRows);
  return after(runData(context, source, [], new StoringSink(rows)), () => {
    const values = rows.at(0) ?? [];
    rows.release();
    return values;
  });
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
