/**
 * What tables there are: the catalog as the user knows it, with where each part lies in SQLite.
 * Immutable: DDL makes a new `Catalog` with a higher version, and plans made under the older one are
 * thrown away.
 */
import type { PgType, StorageForm } from '../../types/storage.ts';

export interface Column {
  readonly name: string;
  /** 1-based, never reused within a table, as PostgreSQL's attnum. */
  readonly attnum: number;
  readonly type: PgType;
  readonly form: StorageForm;
  readonly notNull: boolean;
  /** PostgreSQL text of the DEFAULT expression, or null. */
  readonly defaultText: string | null;
  /** always / by default: filled from the table's per-merchant sequence. serial counts as by default. */
  readonly identity: 'always' | 'default' | null;
  /** computed: no storage; the guard computes it (the `synced` column). */
  readonly computed: 'synced' | null;
  /**
   * `key`: a merchant's key. It is read as a mask (the views do that). Whoever writes it must print
   * `storedValue(table, column, …)` of `layout.ts`, which hashes the value on its way: the text of a key never
   * lies in the file.
   */
  readonly writeOnly?: 'key';
  /** Declared as serial: counts as `identity: 'default'`, and catalogs show a nextval() default. */
  readonly serial?: boolean;
  /** START WITH of an identity column, 1 when absent. */
  readonly identityStart?: bigint;
}

export interface UniqueConstraint {
  readonly kind: 'primary' | 'unique';
  readonly name: string;
  /** The user's columns, without the merchant column that the stored index starts with. */
  readonly columns: readonly string[];
  /** False for a plain CREATE UNIQUE INDEX, which pg_constraint does not show. */
  readonly isConstraint: boolean;
  readonly oid: number;
}

export interface CheckConstraint {
  readonly name: string;
  /** PostgreSQL text of the expression. */
  readonly text: string;
  /** Columns that it reads. */
  readonly columns: readonly string[];
  readonly oid: number;
}

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly referencedTable: string;
  readonly referencedColumns: readonly string[];
  readonly onDelete: ReferentialAction;
  readonly onUpdate: ReferentialAction;
  readonly oid: number;
}

export interface Index {
  readonly name: string;
  readonly columns: readonly {
    readonly name: string;
    readonly descending: boolean;
    readonly nullsFirst: boolean;
  }[];
  readonly unique: boolean;
  readonly oid: number;
}

export interface Table {
  readonly oid: number;
  readonly name: string;
  /** Physical SQLite table with every merchant's rows; columns bear the user's names. */
  readonly baseName: string;
  /**
   * View that shows only the session's merchant's rows, for tenant tables; null where the table is
   * exempt or not a tenant table (a merchant is then refused unless it is exempt).
   * It has the user's columns, and `helios_row` (the row's identity).
   */
  readonly guardName: string | null;
  /**
   * What the administrator's reads are printed against: the base, or the view `<base>$all` where a column
   * is computed or write-only. It has the user's columns and `helios_row`, for every merchant.
   */
  readonly adminRelation: string;
  /** Column that holds the merchant, or null. */
  readonly tenantColumn: string | null;
  /** Merchants may read it although it has no tenant column. */
  readonly exempt: boolean;
  /** Kept by the box itself: `merchants`. */
  readonly builtin: 'merchants' | null;
  readonly columns: readonly Column[];
  readonly uniques: readonly UniqueConstraint[];
  readonly checks: readonly CheckConstraint[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly indexes: readonly Index[];
  /** How its rows travel to the cloud. */
  readonly sync: 'push' | 'both' | 'none';
  /** attnum that the next added column gets: numbers of dropped columns are not used again. */
  readonly nextAttnum: number;
  /** COMMENT ON: 0 is the table, else the column's attnum. */
  readonly comments?: ReadonlyMap<number, string>;
}

export interface Catalog {
  readonly version: number;
  /** By user's name (schema public). */
  readonly tables: ReadonlyMap<string, Table>;
}

/** Every base table has this INTEGER PRIMARY KEY: the row's identity, never shown, never reused. */
export const ROW_ID_COLUMN = 'helios_row';
