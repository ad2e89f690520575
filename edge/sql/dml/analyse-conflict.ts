/**
 * ON CONFLICT: which unique keys are meant, and what DO UPDATE makes of the row in the way. The user's columns
 * name a key without the merchant; the stored one starts with it.
 *
 * @see https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
 */
import type { InferClause, OnConflictClause } from '@pgsql/types';
import { EdgeError } from '../../errors.ts';
import { type Analysis, errorAt, refuse } from '../analyse/analysis.ts';
import { conjunction } from '../analyse/build.ts';
import { asNode } from '../analyse/nodes.ts';
import { addTable } from '../analyse/relations.ts';
import { Scope } from '../analyse/scope.ts';
import { analyseCondition } from '../analyse/select.ts';
import type { Expr, Relation } from '../analyse/tree.ts';
import { storedKey } from '../catalog/layout.ts';
import type { Table, UniqueConstraint } from '../catalog/model.ts';
import {
  analyseSetList,
  type DefaultSupport,
  defaultOf,
  Outputs,
  type SetItem,
} from './assignments.ts';
import { boundTarget, rowText } from './row-text.ts';
import type { UpsertSteps } from './steps.ts';
import { columnAt, conflictText, findText, updateText } from './target.ts';

/** A typed ON CONFLICT clause. */
export interface Conflict {
  /** ` ON CONFLICT (…) DO NOTHING` as SQLite is told. */
  readonly text: string;
  readonly update: ConflictUpdate | null;
}

interface ConflictUpdate {
  readonly arbiter: UniqueConstraint;
  readonly relation: Relation;
  readonly excluded: Relation;
  readonly items: readonly SetItem[];
  readonly where: Expr | null;
}

function noMatch(): EdgeError {
  return new EdgeError(
    'invalid_column_reference',
    'there is no unique or exclusion constraint matching the ON CONFLICT specification',
  );
}

/** Unique keys that SQLite itself keeps: a write-only column's is kept by a trigger. */
function keptKeys(table: Table): readonly UniqueConstraint[] {
  const hidden = new Set(
    table.columns.filter((column) => column.writeOnly !== undefined).map((column) => column.name),
  );
  return table.uniques.filter((unique) => !unique.columns.some((name) => hidden.has(name)));
}

function sameKey(table: Table, left: readonly string[], right: readonly string[]): boolean {
  const one = new Set(storedKey(table, left));
  const two = new Set(storedKey(table, right));
  return one.size === two.size && [...one].every((name) => two.has(name));
}

function namedConstraint(table: Table, name: string): readonly UniqueConstraint[] {
  const found = keptKeys(table).filter((unique) => unique.isConstraint && unique.name === name);
  if (found.length > 0) return found;
  const other =
    table.checks.some((check) => check.name === name) ||
    table.foreignKeys.some((key) => key.name === name);
  if (other) {
    throw new EdgeError(
      'wrong_object_type',
      'constraint in ON CONFLICT clause has no associated index',
    );
  }
  throw new EdgeError(
    'undefined_object',
    `constraint "${name}" for table "${table.name}" does not exist`,
  );
}

function inferredColumns(table: Table, infer: InferClause): readonly string[] {
  const location = infer.location ?? 0;
  return (infer.indexElems ?? []).map((node) => {
    const element = asNode(node, 'IndexElem') ?? {};
    if (element.ordering !== undefined && element.ordering !== 'SORTBY_DEFAULT') {
      throw errorAt(
        'invalid_column_reference',
        'ASC/DESC is not allowed in ON CONFLICT clause',
        location,
      );
    }
    if (element.nulls_ordering !== undefined && element.nulls_ordering !== 'SORTBY_NULLS_DEFAULT') {
      throw errorAt(
        'invalid_column_reference',
        'NULLS FIRST/LAST is not allowed in ON CONFLICT clause',
        location,
      );
    }
    if (element.name === undefined) throw refuse('an expression as ON CONFLICT target', location);
    if ((element.collation ?? []).length > 0 || (element.opclass ?? []).length > 0) {
      throw refuse('a collation or operator class in ON CONFLICT', location);
    }
    const { name } = element;
    if (!table.columns.some((column) => column.name === name)) {
      throw errorAt('undefined_column', `column "${name}" does not exist`, location);
    }
    return name;
  });
}

function arbitersOf(
  analysis: Analysis,
  table: Table,
  clause: OnConflictClause,
): readonly UniqueConstraint[] {
  const { infer } = clause;
  if (infer === undefined) {
    if (clause.action === 'ONCONFLICT_UPDATE') {
      throw errorAt(
        'syntax_error',
        'ON CONFLICT DO UPDATE requires inference specification or constraint name',
        clause.location ?? 0,
        { hint: 'For example, ON CONFLICT (column_name).' },
      );
    }
    return keptKeys(table);
  }
  if (infer.conname !== undefined) return namedConstraint(table, infer.conname);
  const columns = inferredColumns(table, infer);
  if (infer.whereClause !== undefined) {
    // No index of ours is partial, so that the predicate decides nothing; it must be sound all the same.
    const scope = new Scope(analysis);
    addTable(scope, table, null);
    analyseCondition(scope, infer.whereClause, 'WHERE');
  }
  const found = keptKeys(table).filter((unique) => sameKey(table, unique.columns, columns));
  if (found.length === 0) throw noMatch();
  return found;
}

/** Types an ON CONFLICT clause. @param alias the target's, if it has one */
export function analyseConflict(
  analysis: Analysis,
  table: Table,
  alias: string | null,
  clause: OnConflictClause,
): Conflict {
  const arbiters = arbitersOf(analysis, table, clause);
  const text = conflictText(table, arbiters);
  const [arbiter] = arbiters;
  if (clause.action !== 'ONCONFLICT_UPDATE' || arbiter === undefined) return { text, update: null };
  const scope = new Scope(analysis);
  const relation = addTable(scope, table, alias);
  const excluded = addTable(scope, table, 'excluded');
  const items = analyseSetList(scope, table, clause.targetList ?? []);
  const conditions = analyseCondition(scope, clause.whereClause, 'WHERE');
  const where = conditions.length === 0 ? null : conjunction(conditions, -1);
  return { text, update: { arbiter, relation, excluded, items, where } };
}

/** Prints DO UPDATE. */
export function upsertSteps(
  analysis: Analysis,
  table: Table,
  update: ConflictUpdate,
  parameterCount: number,
  support: DefaultSupport,
): UpsertSteps {
  const merchant = analysis.environment.role === 'merchant';
  const outputs = new Outputs();
  const assignments = update.items
    .filter(({ column }) => columnAt(table, column).computed === null)
    .map(({ column, value }) => ({
      column,
      source: outputs.source(value ?? defaultOf(analysis, table, columnAt(table, column), support)),
    }));
  const bound = [
    boundTarget(update.relation),
    {
      relation: update.excluded,
      bindOf: (column: number) => ({ kind: 'excluded' as const, column }),
    },
  ];
  const compute = rowText(outputs.exprs, update.where, bound, parameterCount);
  const stored = storedKey(table, update.arbiter.columns);
  // The guard has only the session's merchant's rows.
  const key = merchant ? stored.filter((name) => name !== table.tenantColumn) : stored;
  return {
    find: findText(table, key, merchant),
    key: key.map((name) => table.columns.findIndex((column) => column.name === name)),
    compute,
    assignments,
    apply: updateText(
      table,
      assignments.map(({ column }) => column),
      merchant,
    ),
  };
}
