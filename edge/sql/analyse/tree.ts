/**
 * The typed tree: what the analyser makes of a statement and the printer turns into SQLite text.
 *
 * Every expression carries its PostgreSQL type and its storage form; every relation has an alias that is
 * unique in the whole statement (`r1`, `r2`, ...), so that no SQLite scoping rule can ever bind a column
 * elsewhere than the analyser did. A tree holds no merchant: a tenant relation prints as its guard.
 *
 * How the DML builder uses it (`sql/dml`):
 * - `createAnalysis(environment, parameterTypes)` (analysis.ts), one for each statement; `new Scope(analysis)`.
 * - `addTable(scope, table, alias)` (relations.ts) puts a table into scope and returns its `Relation`;
 *   `rowIdentity(relation)` is its `helios_row`. `analyseFrom(scope, nodes)` reads FROM / USING lists.
 * - `analyseExpression(scope, node, clause)` types one node; `coerceForAssignment` (coerce.ts) fits it to a column;
 *   `analyseBoolean(scope, node, 'WHERE')` gives a condition.
 * - `analyseTargetList(scope, resTargets, clause)` for RETURNING; `analyseSelect(scope, selectStmt)` for INSERT ... SELECT.
 * - `makeSelect({from, where, targets})` builds a query by hand; `printQuery(query)` / `printExpression(expr)` print it,
 *   with guards and barriers in place; `settleParameters(analysis)` gives the final parameter types.
 */
import type { PgType, SqlValue, StorageForm } from '../../types/storage.ts';
import type { Table } from '../catalog/model.ts';
import type { Signature } from '../functions/signature.ts';

interface ExprBase {
  readonly type: PgType;
  readonly form: StorageForm;
  /** 0-based character offset in the query text, -1 where unknown. */
  readonly location: number;
}

/** A literal. With type `unknown` the value is the literal's text, not yet read as any type. */
export interface ConstExpr extends ExprBase {
  readonly kind: 'const';
  readonly value: SqlValue;
}

/** `$n`; type `unknown` until its first use has settled it. */
export interface ParamExpr extends ExprBase {
  readonly kind: 'param';
  readonly index: number;
}

export interface ColumnExpr extends ExprBase {
  readonly kind: 'column';
  readonly relation: Relation;
  readonly column: RelationColumn;
}

/** SQLite text with expressions in it: operators, CASE, IN lists, conversions of storage forms. */
export interface SqlExpr extends ExprBase {
  readonly kind: 'sql';
  readonly parts: readonly (string | Expr)[];
  /** The text itself cannot raise (its parts may). */
  readonly leakproof: boolean;
  readonly volatile: boolean;
  /** The expressions are joined by this: the first that decides ends it. */
  readonly connective?: 'AND' | 'OR';
}

/** A function or operator of the signature table; arguments are in plain form. */
export interface CallExpr extends ExprBase {
  readonly kind: 'call';
  readonly signature: Signature;
  readonly args: readonly Expr[];
}

export interface SortKey {
  readonly expr: Expr;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface WindowSpec {
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortKey[];
  /** SQLite text of the frame; its offsets are expressions. Empty: the default frame. */
  readonly frame: readonly (string | Expr)[];
}

/** An aggregate, or with `over` a window call. */
export interface AggregateExpr extends ExprBase {
  readonly kind: 'aggregate';
  readonly signature: Signature;
  /** Plain values; one scaled numeric where `printScaledAggregate` has the short way. */
  readonly args: readonly Expr[];
  readonly distinct: boolean;
  readonly orderBy: readonly SortKey[];
  readonly filter: Expr | null;
  readonly over: WindowSpec | null;
}

/** `in`: `test IN (query)`; `scalar`: the one value; `exists`. */
export interface SubqueryExpr extends ExprBase {
  readonly kind: 'subquery';
  readonly mode: 'scalar' | 'exists' | 'in';
  readonly test: readonly Expr[];
  readonly query: Query;
}

export type Expr =
  | ConstExpr
  | ParamExpr
  | ColumnExpr
  | SqlExpr
  | CallExpr
  | AggregateExpr
  | SubqueryExpr;

export interface RelationColumn {
  /** As the user calls it. */
  readonly name: string;
  /** As SQLite calls it. */
  readonly printed: string;
  readonly type: PgType;
  readonly form: StorageForm;
  readonly tableOid: number;
  readonly attnum: number;
}

export type RelationSource =
  /** `printed`: the guard's or the base's SQLite name. */
  | { readonly kind: 'table'; readonly printed: string }
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'cte'; readonly cte: CommonTable }
  /** A table-valued SQLite text, such as json_each(...). */
  | { readonly kind: 'sql'; readonly parts: readonly (string | Expr)[] };

/** One entry of a FROM list. */
export interface Relation {
  /** Unique in the statement. */
  readonly alias: string;
  /** The name that qualifies its columns for the user; null for a join without alias. */
  readonly name: string | null;
  readonly columns: readonly RelationColumn[];
  readonly source: RelationSource;
  readonly table: Table | null;
  /** SQLite name of the column that must equal the session's merchant; null where rows need no guard. */
  readonly tenantColumn: string | null;
  /** Set when an outer join may give its columns as NULL. */
  nullable: boolean;
  /** Set by the printer where SQLite must not look inside: see `isolate/barrier.ts`. */
  opaque?: boolean;
}

export interface CommonTable {
  readonly name: string;
  /** Unique in the statement. */
  readonly printed: string;
  readonly columns: readonly RelationColumn[];
  readonly query: Query;
  readonly materialized: boolean | null;
  /** Its query is a UNION whose right side reads it: SQLite's queue of rows keeps it closed by itself. */
  readonly recursive: boolean;
  /** As a relation's. */
  opaque?: boolean;
  /** Set by the printer where an outer join may give its rows as NULLs. */
  nullable?: boolean;
}

export type JoinKind = 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS';

export type FromItem =
  | { readonly kind: 'relation'; readonly relation: Relation }
  | {
      readonly kind: 'join';
      readonly join: JoinKind;
      readonly left: FromItem;
      readonly right: FromItem;
      /** Conjuncts. */
      readonly on: readonly Expr[];
    };

/** One column of a result. */
export interface Target {
  readonly name: string;
  readonly expr: Expr;
  /** Only there to be sorted by. */
  readonly hidden: boolean;
}

interface QueryBase {
  readonly commonTables: readonly CommonTable[];
  readonly orderBy: readonly SortKey[];
  readonly limit: Expr | null;
  readonly offset: Expr | null;
}

export interface SelectQuery extends QueryBase {
  readonly kind: 'select';
  readonly distinct: boolean;
  /** DISTINCT ON. */
  readonly distinctOn: readonly Expr[];
  readonly targets: readonly Target[];
  readonly from: readonly FromItem[];
  /** Conjuncts. */
  readonly where: readonly Expr[];
  readonly groupBy: readonly Expr[];
  readonly having: readonly Expr[];
  /** Has aggregates, GROUP BY or HAVING. */
  readonly grouped: boolean;
}

/** VALUES lists; every row has the targets' types. */
export interface ValuesQuery extends QueryBase {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expr[])[];
  readonly targets: readonly Target[];
}

/** `sortRelation` stands for the compound's rows in `orderBy`. */
export interface CompoundQuery extends QueryBase {
  readonly kind: 'compound';
  readonly operator: 'UNION' | 'UNION ALL' | 'INTERSECT' | 'EXCEPT';
  readonly left: Query;
  readonly right: Query;
  readonly relation: Relation;
  readonly targets: readonly Target[];
}

export type Query = SelectQuery | ValuesQuery | CompoundQuery;
