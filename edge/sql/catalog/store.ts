/**
 * The catalog's owner: loads it at start, runs DDL in the open write transaction, and publishes the outcome
 * once the transaction has committed.
 *
 * A new catalog is only a value until `publish`: the session that made it plans against it meanwhile, and
 * drops it on rollback. Guards protect from the moment they are made: the authorizer is told before the
 * COMMIT, never after it.
 */
import type {
  AlterTableStmt,
  CommentStmt,
  CreateStmt,
  DropStmt,
  IndexStmt,
  RenameStmt,
  TruncateStmt,
} from '@pgsql/types';
import type { Engine } from '../../engine/engine.ts';
import { isDiskFull } from '../../engine/result-codes.ts';
import { notSupported } from '../../errors.ts';
import { alterTable } from './alter-table.ts';
import { comment } from './comment.ts';
import { createIndex, dropIndex } from './create-index.ts';
import { build, createTable, sequenceOf, tenantColumnOf } from './create-table.ts';
import {
  type CatalogOptions,
  Definition,
  type DefinitionRequest,
  type Notice,
} from './definition.ts';
import { redress } from './dressing.ts';
import { dropTable, truncate } from './drop-table.ts';
import { allName } from './layout.ts';
import { MERCHANT_TABLES, merchantsTable } from './merchants-table.ts';
import type { Catalog, Table } from './model.ts';
import { nodeKind } from './node.ts';
import { rename } from './rename.ts';
import { SEQUENCE_TABLES } from './sequences.ts';
import { takeStep } from './start-step.ts';
import { statementWords } from './statement-words.ts';
import { loadCatalog, runSystem, storeCatalog } from './stored-catalog.ts';
import { STAT_SYNC_VIEWS } from './system/pg-stat-sync.ts';
import { systemSession } from './system-session.ts';

/** A view's name that no view has: the base is read by no merchant. (Empty would be "read directly".) */
const NO_GUARD = '$none';

export interface DefinitionResult {
  readonly catalog: Catalog;
  /** CommandComplete tag. */
  readonly tag: string;
  readonly notices: readonly Notice[];
}

export class CatalogStore {
  readonly #engine: Engine;
  readonly #options: CatalogOptions;
  readonly #listeners = new Set<(catalog: Catalog) => void>();
  #current: Catalog;
  #nextOid: number;
  /** Grows with every catalog ever made, published or not: a version never means two catalogs. */
  #lastVersion = 1;

  private constructor(engine: Engine, options: CatalogOptions, current: Catalog, nextOid: number) {
    this.#engine = engine;
    this.#options = options;
    this.#current = current;
    this.#nextOid = nextOid;
  }

  /**
   * Makes the box's tables in a new file, loads the catalog, and tells the authorizer.
   * @throws Error when a newer version wrote the file, or the configuration names other merchant columns
   */
  static async open(engine: Engine, options: CatalogOptions): Promise<CatalogStore> {
    const store = await takeStep(engine, (transaction) => {
      for (const text of [...SEQUENCE_TABLES, ...MERCHANT_TABLES, ...STAT_SYNC_VIEWS]) {
        runSystem(transaction, text);
      }
      const stored = loadCatalog(transaction);
      const catalog = { version: 1, tables: stored.tables };
      const made = new CatalogStore(engine, options, catalog, stored.nextOid);
      made.#loadSequences(
        runSystem(transaction, 'SELECT table_oid, merchant, reserved FROM helios_sequence'),
      );
      made.#define(transaction, (definition) => {
        if (!stored.tables.has('merchants')) build(definition, merchantsTable());
        refresh(definition);
      });
      return made;
    });
    engine.beforeCommit((runner) => options.sequences.reserve(runner));
    return store;
  }

  /** What every session sees that has no DDL of its own under way. */
  get current(): Catalog {
    return this.#current;
  }

  /** Called with each published catalog. @returns a function that ends it */
  onChange(listener: (catalog: Catalog) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Runs one DDL statement in the open write transaction. What it made is undone by rolling back to a
   * savepoint or to the beginning; the answer is then to be forgotten.
   * @throws EdgeError with PostgreSQL's conditions; 0A000 for what is not understood
   */
  applyDefinition(request: DefinitionRequest): DefinitionResult {
    const definition = this.#newDefinition(request);
    const tag = execute(definition, request.node);
    if (!definition.changed) return { catalog: request.base, tag, notices: definition.notices };
    const { catalog } = definition;
    storeCatalog(request.transaction, request.base.tables, catalog.tables, this.#nextOid);
    this.#protect(catalog, this.#current, request.base);
    return { catalog, tag, notices: definition.notices };
  }

  /** The transaction that made this catalog has committed. */
  publish(catalog: Catalog): void {
    const { sequences } = this.#options;
    for (const table of this.#current.tables.values()) {
      const kept = [...catalog.tables.values()].some((other) => other.oid === table.oid);
      if (!kept) sequences.forget(table.oid);
    }
    sequences.confirmRestarts();
    this.#current = catalog;
    this.#reconcile();
    this.#protect(catalog);
    for (const listener of this.#listeners) listener(catalog);
  }

  /** Forgets the last numbers that sequences gave the session. */
  endSession(backendPid: number): void {
    this.#options.sequences.endSession(backendPid);
  }

  /** Gives unused sequence numbers back; to be called before an orderly end. */
  async close(): Promise<void> {
    try {
      await takeStep(this.#engine, (transaction) => this.#options.sequences.settle(transaction));
    } catch (error) {
      // The numbers in hand are then lost, as by a power cut.
      if (!isDiskFull(error)) throw error;
    }
  }

  #loadSequences(rows: readonly (readonly unknown[])[]): void {
    this.#options.sequences.load(
      rows.map(([oid, merchant, reserved]) => ({
        tableOid: Number(oid),
        merchant: String(merchant),
        reserved: BigInt(reserved as bigint),
      })),
    );
    this.#reconcile();
  }

  #reconcile(): void {
    const definitions = [...this.#current.tables.values()].flatMap((table) => {
      const sequence = sequenceOf(table);
      return sequence === null ? [] : [sequence];
    });
    this.#options.sequences.reconcile(definitions);
  }

  #newDefinition(request: DefinitionRequest): Definition {
    return new Definition(this.#options, request, ++this.#lastVersion, () => this.#nextOid++);
  }

  /** A definition of the box's own, within `open`. */
  #define(
    transaction: DefinitionRequest['transaction'],
    run: (definition: Definition) => void,
  ): void {
    const base = this.#current;
    const session = systemSession();
    const definition = this.#newDefinition({ node: {}, text: '', transaction, base, session });
    run(definition);
    storeCatalog(transaction, base.tables, definition.catalog.tables, this.#nextOid);
    this.#current = definition.catalog;
    this.#reconcile();
    this.#protect(this.#current);
  }

  /** Protects all bases of these catalogs; one that exists in none of them harms nobody. */
  #protect(...catalogs: readonly Catalog[]): void {
    const tables = new Map<string, { readonly guard: string }>();
    for (const catalog of catalogs) {
      for (const table of catalog.tables.values()) {
        if (table.exempt) continue;
        tables.set(table.baseName, { guard: table.guardName ?? NO_GUARD });
        tables.set(allName(table.baseName), { guard: NO_GUARD });
      }
    }
    this.#engine.protect(tables);
  }
}

/**
 * Brings each table in step with this version and configuration, so that a newer version's texts hold for
 * older files.
 * @throws Error when the configuration names another merchant column than the one a table lies by
 */
function refresh(definition: Definition): void {
  const { options } = definition;
  for (const table of definition.tables()) {
    if (table.builtin === null) refuseOtherTenant(definition, table);
    const current =
      table.builtin === null ? { ...table, exempt: options.exemptTables.has(table.name) } : table;
    if (current.exempt !== table.exempt) definition.put(current);
  }
  for (const table of definition.tables()) redress(definition, table);
}

function refuseOtherTenant(definition: Definition, table: Table): void {
  const configured = tenantColumnOf(definition.options, table.name, table.columns);
  if (configured === table.tenantColumn) return;
  const show = (column: string | null): string => (column === null ? 'none' : `"${column}"`);
  throw new Error(
    `table "${table.name}" was made with merchant column ${show(table.tenantColumn)}, but the configuration now says ` +
      `${show(configured)}; set it back, or move the rows to a new table`,
  );
}

function execute(definition: Definition, node: Readonly<Record<string, unknown>>): string {
  const kind = nodeKind(node);
  const statement = node[kind];
  switch (kind) {
    case 'CreateStmt':
      return createTable(definition, statement as CreateStmt);
    case 'AlterTableStmt':
      return alterTable(definition, statement as AlterTableStmt);
    case 'RenameStmt':
      return rename(definition, statement as RenameStmt);
    case 'IndexStmt':
      return createIndex(definition, statement as IndexStmt);
    case 'TruncateStmt':
      return truncate(definition, statement as TruncateStmt);
    case 'CommentStmt':
      return comment(definition, statement as CommentStmt);
    case 'DropStmt': {
      const drop = statement as DropStmt;
      if (drop.removeType === 'OBJECT_TABLE') return dropTable(definition, drop);
      if (drop.removeType === 'OBJECT_INDEX') return dropIndex(definition, drop);
      throw notSupported(statementWords(node));
    }
    default:
      throw notSupported(statementWords(node));
  }
}
