/**
 * What comes out of the SQL station: a plan, data only, shared by all merchants and kept in the plan
 * cache. The session runs `utility` programs itself; the others go to `sql/execute`.
 */
import type { PgType, StorageForm } from '../types/storage.ts';

/** A column of a result, as RowDescription needs it and as the row encoder reads it. */
export interface ResultColumn {
  readonly name: string;
  readonly type: PgType;
  readonly form: StorageForm;
  /** OID of the table and number of the column where it is a plain column, else 0. */
  readonly tableOid: number;
  readonly attnum: number;
  /** What stands for a regclass in text: names by OID, for the role and catalog of the plan. */
  readonly names?: ReadonlyMap<bigint, string>;
}

/** Statements that concern the session or the transaction, not the data. */
export type UtilityStatement =
  | {
      readonly kind: 'begin';
      readonly isolation: IsolationLevel | null;
      readonly readOnly: boolean | null;
    }
  | { readonly kind: 'commit'; readonly chain: boolean }
  | { readonly kind: 'rollback'; readonly chain: boolean }
  | { readonly kind: 'savepoint' | 'release' | 'rollback_to'; readonly name: string }
  | {
      readonly kind: 'set_transaction';
      readonly isolation: IsolationLevel | null;
      readonly readOnly: boolean | null;
      readonly session: boolean;
    }
  /** value null: SET x TO DEFAULT or RESET x. Several values are a list (search_path). */
  | {
      readonly kind: 'set';
      readonly name: string;
      readonly value: readonly string[] | null;
      readonly local: boolean;
    }
  | { readonly kind: 'reset_all' }
  | { readonly kind: 'show'; readonly name: string }
  | { readonly kind: 'show_all' }
  | { readonly kind: 'discard'; readonly what: 'all' | 'plans' | 'sequences' | 'temp' }
  | {
      readonly kind: 'prepare';
      readonly name: string;
      readonly typeOids: readonly number[];
      readonly statement: ParsedStatement;
    }
  /** The arguments are expressions, as the grammar gives them. */
  | {
      readonly kind: 'execute';
      readonly name: string;
      readonly argumentNodes: readonly Readonly<Record<string, unknown>>[];
    }
  /** name null: ALL. */
  | { readonly kind: 'deallocate'; readonly name: string | null }
  | {
      readonly kind: 'declare';
      readonly name: string;
      readonly hold: boolean;
      readonly scroll: boolean;
      readonly statement: ParsedStatement;
    }
  | {
      readonly kind: 'fetch';
      readonly name: string;
      readonly direction: FetchDirection;
      readonly count: number | 'all';
      readonly move: boolean;
    }
  | { readonly kind: 'close'; readonly name: string | null }
  /** UNLISTEN, of one channel or all: nothing is ever listened to, so it changes nothing. */
  | { readonly kind: 'unlisten' };

export type FetchDirection = 'forward' | 'backward' | 'absolute' | 'relative';
export type IsolationLevel = 'read committed' | 'repeatable read' | 'serializable';

/** One statement of a query text, parsed and not yet analysed. */
export interface ParsedStatement {
  /** The statement's own text, without neighbours. */
  readonly text: string;
  /** Character offset of `text` in the whole query text, for error positions. */
  readonly offset: number;
  /** libpg-query's node: `{ SelectStmt: … }`. */
  readonly node: Readonly<Record<string, unknown>>;
}

/** DDL and other administrator statements, run by `sql/catalog` inside a write transaction. */
export interface DefinitionProgram {
  readonly kind: 'definition';
  readonly node: Readonly<Record<string, unknown>>;
}

export type Program =
  | { readonly kind: 'empty' }
  | { readonly kind: 'utility'; readonly utility: UtilityStatement }
  | DefinitionProgram
  | QueryProgram
  | ModifyProgram;

/** SELECT, VALUES, TABLE: one SQLite statement. Its binds are ?1.. = the user's parameters in order. */
export interface QueryProgram {
  readonly kind: 'query';
  readonly sql: string;
  /** Base names of the tables read, for the durable watermark. */
  readonly tables: readonly string[];
  /** FOR UPDATE / FOR SHARE, nextval(): takes the write lock first. */
  readonly takesWriteLock: boolean;
  /** What a read-only transaction refuses: `SELECT FOR UPDATE`, `nextval()`; null where nothing. */
  readonly writes?: string | null;
}

/**
 * INSERT, UPDATE, DELETE. Owned by `sql/dml` (which makes it) and `sql/execute` (which runs it); for
 * everyone else it is opaque.
 */
export interface ModifyProgram {
  readonly kind: 'insert' | 'update' | 'delete';
  readonly steps: unknown;
  readonly tables: readonly string[];
}

export interface Plan {
  readonly program: Program;
  /** Type OID of each parameter, settled by the analyser where the client left it open. */
  readonly parameterTypes: readonly number[];
  /** null: the statement returns no rows (NoData). */
  readonly columns: readonly ResultColumn[] | null;
  /** First word(s) of the CommandComplete tag: `SELECT`, `INSERT`, `CREATE TABLE`. */
  readonly tag: string;
  readonly catalogVersion: number;
}
