/**
 * Which names an expression may use: the FROM list's relations, their columns, and those of the queries
 * around it. Names are bound here once and for all; the printed text has unique aliases only.
 *
 * @see https://www.postgresql.org/docs/current/queries-table-expressions.html
 */
import type { WindowDef } from '@pgsql/types';
import { type Analysis, errorAt, refuse } from './analysis.ts';
import { nearestColumnHint } from './nearest-column.ts';
import type { CommonTable, Expr, Relation } from './tree.ts';

/** Where in a query an expression stands; the text is PostgreSQL's, for messages. */
export type Clause =
  | 'SELECT'
  | 'WHERE'
  | 'HAVING'
  | 'GROUP BY'
  | 'ORDER BY'
  | 'DISTINCT ON'
  | 'LIMIT'
  | 'OFFSET'
  | 'JOIN conditions'
  | 'FILTER'
  | 'VALUES'
  | 'RETURNING'
  | 'UPDATE'
  | 'INSERT'
  | 'functions in FROM'
  | 'PARTITION BY'
  | 'window ORDER BY'
  | 'check constraints'
  | 'DEFAULT expressions'
  | 'EXECUTE parameters';

export interface NamespaceColumn {
  readonly name: string;
  readonly expr: Expr;
}

export interface NamespaceItem {
  /** Qualifier; null for a join without alias. */
  readonly name: string | null;
  readonly schema: string | null;
  readonly columns: readonly NamespaceColumn[];
  /** May be named without qualifier. */
  columnsVisible: boolean;
  /** May be used as a qualifier. */
  relationVisible: boolean;
  /** An alias hides the table's own name. */
  readonly aliasOf: string | null;
  /** What the bare name stands for: the value of a function that gives one for each row. */
  whole?: Expr;
}

const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  'ctid',
  'xmin',
  'cmin',
  'xmax',
  'cmax',
  'tableoid',
]);

export class Scope {
  readonly analysis: Analysis;
  readonly parent: Scope | null;
  readonly items: NamespaceItem[] = [];
  /** Relations of this query level, whether visible or not. */
  readonly relations: Set<Relation> = new Set();
  readonly commonTables: Map<string, CommonTable> = new Map();
  /** WITH queries that may not be named yet, for a hint. */
  laterTables: ReadonlySet<string> = new Set();
  /** WINDOW clause. */
  readonly windows: Map<string, WindowDef> = new Map();
  /** The query in whose FROM this one stands: for hints only, its names are not to be seen. */
  #siblings: Scope | null = null;
  /** A LATERAL subquery's columns stand for expressions over the others. */
  hasLateralValues = false;
  /** Set-returning functions of the select list, joined to FROM. */
  readonly setReturning: Relation[] = [];
  clause: Clause = 'SELECT';
  /** Aggregates of this level were seen. */
  aggregates = false;
  windowCalls = false;
  /** Inside an aggregate's or a window call's arguments: no (further) aggregates. */
  inside: 'aggregate' | 'window' | null = null;

  constructor(analysis: Analysis, parent: Scope | null = null) {
    this.analysis = analysis;
    this.parent = parent;
  }

  /** Runs with another clause named in messages. */
  within<Result>(clause: Clause, run: () => Result): Result {
    const before = this.clause;
    this.clause = clause;
    try {
      return run();
    } finally {
      this.clause = before;
    }
  }

  /** A scope for a subquery in FROM: it sees the WITH queries, but not its siblings. */
  beside(): Scope {
    const scope = new Scope(this.analysis, this.parent);
    scope.#siblings = this;
    for (const [name, table] of this.commonTables) scope.commonTables.set(name, table);
    scope.laterTables = this.laterTables;
    return scope;
  }

  findCommonTable(name: string): CommonTable | undefined {
    for (const scope of outward(this)) {
      const found = scope.commonTables.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** True where a WITH query of this name comes too late. */
  hasLaterTable(name: string): boolean {
    for (const scope of outward(this)) if (scope.laterTables.has(name)) return true;
    return false;
  }

  /** Puts a FROM entry into view. @throws EdgeError 42712 */
  addItem(item: NamespaceItem): void {
    if (item.name !== null && item.relationVisible) {
      const twin = this.items.some(
        (other) => other.relationVisible && other.name === item.name && sameSchema(other, item),
      );
      if (twin) {
        throw errorAt('duplicate_alias', `table name "${item.name}" specified more than once`, -1);
      }
    }
    this.items.push(item);
  }

  /** The expression that a column reference means. @throws EdgeError 42703, 42702, 42P01 */
  resolve(names: readonly string[], location: number): Expr {
    const [first = ''] = names;
    if (names.length === 1) return this.#resolveBare(first, location);
    if (names.length > 4) {
      throw errorAt(
        'syntax_error',
        `improper qualified name (too many dotted names): ${names.join('.')}`,
        location,
      );
    }
    const column = names.at(-1) ?? '';
    const relation = names.at(-2) ?? '';
    const schema = names.length > 2 ? (names.at(-3) ?? null) : null;
    const item = this.findItem(schema, relation, location);
    const matches = item.columns.filter((candidate) => candidate.name === column);
    const [match] = matches;
    if (match === undefined) {
      if (SYSTEM_COLUMNS.has(column)) throw refuse(`system column "${column}"`, location);
      throw this.#missingColumn(relation, column, location);
    }
    if (matches.length > 1) {
      throw errorAt('ambiguous_column', `column reference "${column}" is ambiguous`, location);
    }
    return { ...match.expr, location };
  }

  /** The FROM entry of this name, here or further out. @throws EdgeError 42P01 */
  findItem(schema: string | null, name: string, location: number): NamespaceItem {
    for (const scope of outward(this)) {
      const found = scope.items.filter(
        (item) =>
          item.relationVisible && item.name === name && (schema === null || item.schema === schema),
      );
      if (found.length > 1) {
        throw errorAt('ambiguous_column', `table reference "${name}" is ambiguous`, location);
      }
      if (found[0] !== undefined) return found[0];
    }
    throw this.#missingItem(name, location);
  }

  #missingItem(name: string, location: number): Error {
    for (const scope of outward(this)) {
      const hidden = scope.items.find((item) => item.aliasOf === name);
      if (hidden !== undefined) {
        return errorAt(
          'undefined_table',
          `invalid reference to FROM-clause entry for table "${name}"`,
          location,
          { hint: `Perhaps you meant to reference the table alias "${hidden.name}".` },
        );
      }
    }
    for (const scope of outward(this)) {
      const around = [...scope.items, ...(scope.#siblings?.items ?? [])];
      if (!around.some((item) => item.name === name)) continue;
      return errorAt(
        'undefined_table',
        `invalid reference to FROM-clause entry for table "${name}"`,
        location,
        {
          hint: `There is an entry for table "${name}", but it cannot be referenced from this part of the query.`,
        },
      );
    }
    return errorAt('undefined_table', `missing FROM-clause entry for table "${name}"`, location);
  }

  *#relationsAround(): Generator<Relation> {
    yield* this.relations;
    const next = this.#siblings ?? this.parent;
    if (next !== null) yield* next.#relationsAround();
  }

  #missingColumn(qualifier: string | null, name: string, location: number): Error {
    const hint = nearestColumnHint(this.#relationsAround(), qualifier, name);
    const shown = qualifier === null ? `"${name}"` : `${qualifier}.${name}`;
    return errorAt(
      'undefined_column',
      `column ${shown} does not exist`,
      location,
      hint === null ? {} : { hint },
    );
  }

  #resolveBare(name: string, location: number): Expr {
    for (const scope of outward(this)) {
      const matches = scope.items.flatMap((item) =>
        item.columnsVisible ? item.columns.filter((column) => column.name === name) : [],
      );
      if (matches.length > 1) {
        throw errorAt('ambiguous_column', `column reference "${name}" is ambiguous`, location);
      }
      if (matches[0] !== undefined) return { ...matches[0].expr, location };
    }
    for (const scope of outward(this)) {
      const row = scope.items.find((item) => item.relationVisible && item.name === name);
      if (row?.whole !== undefined) return { ...row.whole, location };
      if (row !== undefined) {
        throw refuse(`a reference to the whole row of "${name}"`, location);
      }
    }
    if (SYSTEM_COLUMNS.has(name) && this.relations.size > 0) {
      throw refuse(`system column "${name}"`, location);
    }
    throw this.#missingColumn(null, name, location);
  }
}

function sameSchema(left: NamespaceItem, right: NamespaceItem): boolean {
  // Two tables of one name from two schemas may stand side by side, as in PostgreSQL.
  return left.schema === null || right.schema === null || left.schema === right.schema;
}

/** The scope and those around it, from the inside out. */
function* outward(scope: Scope): Generator<Scope> {
  yield scope;
  if (scope.parent !== null) yield* outward(scope.parent);
}
