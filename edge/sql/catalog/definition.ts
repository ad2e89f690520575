/**
 * One DDL statement at work: the open write transaction, the catalog as it becomes, the notices so far. The
 * files beside this one (create-table, alter-table, ...) are functions over it.
 *
 * All SQL here is the box's own text under authority `system`. Nothing is undone by this file: when a
 * statement fails, the session rolls the transaction (or its savepoint) back and drops the draft.
 */

import type { Interrupt, WriteTransaction } from '../../engine/engine.ts';
import { EdgeError, type ErrorFields, type SQLSTATE } from '../../errors.ts';
import type { SessionValues } from '../../types/session-values.ts';
import type { SqlValue } from '../../types/storage.ts';
import type { CaptureSupport } from '../capture.ts';
import type { ExpressionSupport } from './expression-support.ts';
import type { Catalog, Column, ForeignKey, Table } from './model.ts';
import type { Sequences } from './sequences.ts';
import { forEver } from './system-session.ts';

/** A NoticeResponse that the session sends. */
export interface Notice {
  readonly severity: 'NOTICE' | 'WARNING';
  readonly condition: keyof typeof SQLSTATE;
  readonly message: string;
  readonly detail?: string;
}

export interface CatalogOptions {
  /** Column that holds the merchant, in tables without an override; null: no table has one. */
  readonly defaultTenantColumn: string | null;
  /** Merchant column by table name, where it is another one. */
  readonly tableOverrides: ReadonlyMap<string, string>;
  /** Tables that every merchant may read although they have no merchant column. */
  readonly exemptTables: ReadonlySet<string>;
  readonly capture: CaptureSupport;
  readonly expressions: ExpressionSupport;
  readonly sequences: Sequences;
}

export interface DefinitionRequest {
  readonly node: Readonly<Record<string, unknown>>;
  /** The statement's text; kept for the log only. */
  readonly text: string;
  readonly transaction: WriteTransaction;
  /** What the transaction sees so far. */
  readonly base: Catalog;
  readonly session: SessionValues;
  readonly interrupt?: Interrupt;
}

export interface ForeignKeyOwner {
  readonly child: Table;
  readonly key: ForeignKey;
}

export class Definition {
  readonly options: CatalogOptions;
  readonly session: SessionValues;
  readonly notices: Notice[] = [];
  readonly transaction: WriteTransaction;
  readonly #interrupt: Interrupt;
  readonly #takeOid: () => number;
  /** The administrator's moment and time zone (defaults read them), the box's rights. */
  readonly #system: SessionValues;
  readonly #draft: Map<string, Table>;
  readonly #version: number;
  #changed = false;

  constructor(
    options: CatalogOptions,
    request: DefinitionRequest,
    version: number,
    takeOid: () => number,
  ) {
    this.options = options;
    this.session = request.session;
    this.transaction = request.transaction;
    this.#interrupt = request.interrupt ?? forEver;
    this.#takeOid = takeOid;
    this.#system = { ...request.session, role: 'system', merchant: null, applicationName: '' };
    this.#draft = new Map(request.base.tables);
    this.#version = version;
  }

  /** The catalog as this statement has made it so far. */
  get catalog(): Catalog {
    return { version: this.#version, tables: this.#draft };
  }

  /** False when nothing was done (IF NOT EXISTS). */
  get changed(): boolean {
    return this.#changed;
  }

  newOid(): number {
    return this.#takeOid();
  }

  find(name: string): Table | undefined {
    return this.#draft.get(name);
  }

  /** @throws EdgeError 42P01, without a position, as PostgreSQL has it in definitions */
  table(name: string): Table {
    const table = this.#draft.get(name);
    if (table !== undefined) return table;
    throw new EdgeError('undefined_table', `relation "${name}" does not exist`);
  }

  tables(): readonly Table[] {
    return [...this.#draft.values()];
  }

  /** Puts a new or changed table into the draft and into the file's catalog. */
  put(table: Table, earlierName: string = table.name): void {
    if (earlierName !== table.name) this.#draft.delete(earlierName);
    this.#draft.set(table.name, table);
    this.#changed = true;
    this.transaction.touch(table.baseName, null);
  }

  remove(table: Table): void {
    this.#draft.delete(table.name);
    this.#changed = true;
  }

  /** Foreign keys that reference the table, its own included. */
  referencing(name: string): readonly ForeignKeyOwner[] {
    return this.tables().flatMap((child) =>
      child.foreignKeys
        .filter((key) => key.referencedTable === name)
        .map((key) => ({ child, key })),
    );
  }

  /** True when a table, index, constraint index or sequence bears the name. */
  relationExists(name: string): boolean {
    if (this.#draft.has(name)) return true;
    return this.tables().some(
      (table) =>
        table.uniques.some((unique) => unique.name === name) ||
        table.indexes.some((index) => index.name === name) ||
        table.columns.some(
          (column) => column.identity !== null && sequenceName(table.name, column.name) === name,
        ),
    );
  }

  /** Runs one of the box's own texts. */
  run(sql: string, binds: readonly SqlValue[] = []): bigint {
    const statement = { sql, binds, authority: 'system' } as const;
    return this.transaction.run(statement, this.#system, this.#interrupt, null).changes;
  }

  /** Rows of one of the box's own queries. */
  rows(sql: string, binds: readonly SqlValue[] = []): readonly (readonly SqlValue[])[] {
    const statement = { sql, binds, authority: 'system' } as const;
    const rows: SqlValue[][] = [];
    this.transaction.run(statement, this.#system, this.#interrupt, (reader) => {
      rows.push(Array.from({ length: reader.columnCount }, (_, index) => reader.value(index)));
    });
    return rows;
  }

  notice(condition: keyof typeof SQLSTATE, message: string, detail?: string): void {
    this.notices.push({
      severity: 'NOTICE',
      condition,
      message,
      ...(detail === undefined ? {} : { detail }),
    });
  }
}

/**
 * Runs the analysis of a kept expression; an error's position, which is that of the kept text, becomes
 * this one, or none.
 */
export function atPosition<Result>(position: number | undefined, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    const { position: _ofKeptText, ...fields } = error.fields;
    throw new EdgeError(error.condition, error.message, {
      ...fields,
      ...(position === undefined ? {} : { position }),
    });
  }
}

/** Name of the sequence behind an identity column. */
export function sequenceName(tableName: string, columnName: string): string {
  return `${tableName}_${columnName}_seq`;
}

/** @throws EdgeError 42703 */
export function columnOf(table: Table, name: string, fields: ErrorFields = {}): Column {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new EdgeError(
    'undefined_column',
    `column "${name}" of relation "${table.name}" does not exist`,
    fields,
  );
}

/** The box's own tables are changed by the box alone. @throws EdgeError 42501 */
export function refuseBuiltin(table: Table): void {
  if (table.builtin === null) return;
  throw new EdgeError(
    'insufficient_privilege',
    `permission denied: "${table.name}" is kept by the box`,
    { hint: 'Its rows may be inserted, updated and deleted; its columns may not be changed.' },
  );
}
