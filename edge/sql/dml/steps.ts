/**
 * What an INSERT, UPDATE or DELETE is made of once it is analysed: fixed SQLite texts, and for each of
 * them where its binds come from. Data only; `sql/execute` runs it.
 *
 * Two kinds of text stand here. `compute` texts hold the user's expressions and run under the user's own
 * authority, so that a merchant's reach the guards only. `apply` texts are written by us, hold binds and
 * nothing of the user's, and run under authority `system`. The one exception is `FastInsert`, whose
 * values are parameters, constants and defaults: no user expression can name a table there.
 *
 * Binds ?1.. of a compute text are the user's parameters, in order; further ones (`rowBinds`) follow them.
 */
import type { SqlValue } from '../../types/storage.ts';
import type { Table } from '../catalog/model.ts';
import type { ResultColumn } from '../plan.ts';

/** Where the value of one column comes from. */
export type ValueSource =
  /** Column of the compute text's result. */
  | { readonly kind: 'output'; readonly index: number }
  /** The same, but the next identity value in rows where the output `flag` is 1 (DEFAULT among given values). */
  | { readonly kind: 'output_or_identity'; readonly index: number; readonly flag: number }
  /** The session's merchant. */
  | { readonly kind: 'merchant' }
  /** Next value of the table's identity. */
  | { readonly kind: 'identity' }
  | { readonly kind: 'null' };

export const NULL_SOURCE: ValueSource = { kind: 'null' };

/** A bind that follows the user's parameters in a text evaluated for one row. */
export type RowBind =
  /** Value of the target's column (index into table.columns), as the row is after the change. */
  | { readonly kind: 'target'; readonly column: number }
  /** The same of the row that was proposed for insertion. */
  | { readonly kind: 'excluded'; readonly column: number }
  /** Column of the compute text's result: values of FROM and USING tables. */
  | { readonly kind: 'output'; readonly index: number };

/** A text with the user's expressions, evaluated for one row. */
export interface RowText {
  readonly sql: string;
  readonly rowBinds: readonly RowBind[];
  /** Reads tables: must run before the first row is changed, as PostgreSQL's snapshot has it. */
  readonly readsTables: boolean;
}

export interface ReturningSteps {
  readonly columns: readonly ResultColumn[];
  /** Indexes into table.columns where every item is a plain column of the target: no text is needed. */
  readonly plain: readonly number[] | null;
  readonly text: RowText | null;
}

/** One column that a row's change assigns. */
export interface Assignment {
  /** Index into table.columns. */
  readonly column: number;
  readonly source: ValueSource;
}

/** What every kind of change knows of its target. */
export interface TargetSteps {
  readonly table: Table;
  /** Base tables whose rows a change of the target may change too (foreign keys' actions). */
  readonly cascadesTo: readonly string[];
  /** A foreign key of the table refers to the table: rows are tried again when others came first. */
  readonly selfReferencing: boolean;
  readonly returning: ReturningSteps | null;
}

/**
 * An insert of one row in one SQLite statement. Binds: constants and the user's parameters as `binds`
 * says. The values of the row, for DETAIL texts and conflicts, are those of `InsertSteps.compute`.
 */
export interface FastInsert {
  readonly sql: string;
  readonly binds: readonly FastBind[];
  /** Whether the text has a RETURNING that gives the client's columns as they are. */
  readonly returns: boolean;
  /** Index into `binds` of a merchant given explicitly, -1: the session's is filled in. */
  readonly tenantAt: number;
}

export type FastBind =
  | { readonly kind: 'parameter'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: SqlValue };

export interface UpsertSteps {
  /** Finds the row in the way: binds are the values of `key`. Gives helios_row, then every column. */
  readonly find: string;
  /** Indexes into table.columns, in the order of `find`'s binds. */
  readonly key: readonly number[];
  /** New values; no row when the WHERE says no. */
  readonly compute: RowText;
  readonly assignments: readonly Assignment[];
  /** Binds: helios_row, then the assigned values; null where only computed columns are assigned. */
  readonly apply: string | null;
}

export interface InsertSteps extends TargetSteps {
  readonly kind: 'insert';
  readonly fast: FastInsert | null;
  /** null: DEFAULT VALUES with nothing to compute. */
  readonly compute: string | null;
  /** For each of table.columns. */
  readonly values: readonly ValueSource[];
  /** INSERT of one row; binds are `stored`. */
  readonly apply: string;
  /** Indexes into table.columns of the apply text's binds. */
  readonly stored: readonly number[];
  /** ON CONFLICT: rows that meet another one are skipped (`update` null) or update it. */
  readonly conflict: { readonly update: UpsertSteps | null } | null;
}

export interface UpdateSteps extends TargetSteps {
  readonly kind: 'update';
  /** Gives helios_row, then the computed values, then the old row where `oldRowAt` says so. */
  readonly compute: string;
  readonly assignments: readonly Assignment[];
  /** Binds: helios_row, then the assigned values; null where only computed columns are assigned. */
  readonly apply: string | null;
  /** First output that holds the old row (all of table.columns); -1: not read. */
  readonly oldRowAt: number;
}

export interface DeleteSteps extends TargetSteps {
  readonly kind: 'delete';
  readonly compute: string;
  /** Binds: helios_row. */
  readonly apply: string;
  readonly oldRowAt: number;
}

export type ModifySteps = InsertSteps | UpdateSteps | DeleteSteps;
