/**
 * CREATE TABLE: from the grammar's tree to a table of the catalog and its base, guard and triggers in the
 * file.
 */
import type { CreateStmt } from '@pgsql/types';
import { EdgeError, notSupported } from '../../errors.ts';
import { OID } from '../../types/oids.ts';
import { addCheck, addForeignKey, addKey } from './constraints.ts';
import type { CatalogOptions, Definition } from './definition.ts';
import { atPosition, sequenceName } from './definition.ts';
import { createIndexes, dress } from './dressing.ts';
import { allName, baseTableText, guardName, needsAdminView, physicalName } from './layout.ts';
import type { Column, Table } from './model.ts';
import { createdName } from './node.ts';
import type { SequenceDefinition } from './sequences.ts';
import {
  type ColumnDraft,
  type ConstraintDrafts,
  checkDistinctColumns,
  emptyDrafts,
  type KeyDraft,
  readColumn,
  readTableConstraint,
} from './table-draft.ts';

const INTEGER_MAX: ReadonlyMap<number, bigint> = new Map([
  [OID.int2, 32_767n],
  [OID.int4, 2_147_483_647n],
  [OID.int8, 9_223_372_036_854_775_807n],
]);

function refuseForms(statement: CreateStmt): void {
  if (statement.relation?.relpersistence === 't') throw notSupported('CREATE TEMPORARY TABLE');
  if (statement.relation?.relpersistence === 'u') throw notSupported('CREATE UNLOGGED TABLE');
  if ((statement.inhRelations ?? []).length > 0) throw notSupported('INHERITS');
  if (statement.partspec !== undefined) throw notSupported('PARTITION BY');
  if (statement.ofTypename !== undefined) throw notSupported('CREATE TABLE OF');
  if ((statement.options ?? []).length > 0) throw notSupported('WITH storage parameters');
  if (statement.tablespacename !== undefined) throw notSupported('TABLESPACE');
  if (statement.accessMethod !== undefined) throw notSupported('USING of a table access method');
}

/** Names that start so are the box's or SQLite's. @throws EdgeError 42939 */
export function checkRelationName(name: string): void {
  const folded = name.toLowerCase();
  if (folded.startsWith('helios_') || folded.startsWith('sqlite_')) {
    throw new EdgeError('reserved_name', `relation name "${name}" is reserved for the box`, {
      hint: 'Names that start with "helios_" or "sqlite_" are the box\'s own.',
    });
  }
}

/** The column that holds the merchant, or null. */
export function tenantColumnOf(
  options: CatalogOptions,
  name: string,
  columns: readonly Pick<Column, 'name'>[],
): string | null {
  if (options.exemptTables.has(name)) return null;
  const tenant = options.tableOverrides.get(name) ?? options.defaultTenantColumn;
  return columns.some((column) => column.name === tenant) ? tenant : null;
}

/** A merchant is a text: any other type folds values that differ. @throws EdgeError 0A000 */
function checkTenantType(column: Column): void {
  if (column.type.oid === OID.text || (column.type.oid === OID.varchar && column.type.typmod < 0)) {
    return;
  }
  throw notSupported(`a merchant column ("${column.name}") of another type than text`);
}

/** Whose rows the table holds: its merchant column, which is never null. */
function withTenancy(definition: Definition, table: Table): Table {
  const { options } = definition;
  const tenantColumn = tenantColumnOf(options, table.name, table.columns);
  const columns = table.columns.map((column) => {
    if (column.name !== tenantColumn) return column;
    checkTenantType(column);
    // A row that belongs to nobody would be lost to everybody.
    return { ...column, notNull: true };
  });
  return {
    ...table,
    columns,
    tenantColumn,
    exempt: options.exemptTables.has(table.name),
    guardName: tenantColumn === null ? null : guardName(table.baseName),
  };
}

/**
 * What follows from a table's columns and keys: tenancy, sync, the computed column. Called again whenever
 * they have changed.
 */
export function completeTable(definition: Definition, drafted: Table): Table {
  const table = withTenancy(definition, drafted);
  const sync = definition.options.capture.modeFor(table);
  const columns = table.columns.map((column) => {
    const computed = sync !== 'none' && column.name === 'synced' && column.type.oid === OID.bool;
    return computed ? { ...column, computed: 'synced' as const, notNull: false } : column;
  });
  return {
    ...table,
    columns,
    adminRelation: needsAdminView(columns) ? allName(table.baseName) : table.baseName,
    sync,
  };
}

/** The sequence of a table's identity column, or null. */
export function sequenceOf(table: Table): SequenceDefinition | null {
  const column = table.columns.find((candidate) => candidate.identity !== null);
  if (column === undefined) return null;
  return {
    tableOid: table.oid,
    name: sequenceName(table.name, column.name),
    start: column.identityStart ?? 1n,
    max: INTEGER_MAX.get(column.type.oid) ?? 0n,
    perMerchant: table.tenantColumn !== null,
  };
}

function readElements(
  statement: CreateStmt,
  tableName: string,
): {
  readonly columns: readonly ColumnDraft[];
  readonly drafts: ConstraintDrafts;
} {
  const drafts = emptyDrafts();
  const columns: ColumnDraft[] = [];
  for (const element of statement.tableElts ?? []) {
    if ('ColumnDef' in element) columns.push(readColumn(element.ColumnDef, tableName, drafts));
    else if ('Constraint' in element) readTableConstraint(element.Constraint, null, drafts);
    else if ('TableLikeClause' in element) throw notSupported('LIKE in CREATE TABLE');
    else throw notSupported('this element of CREATE TABLE');
  }
  return { columns, drafts };
}

function refuseSecondIdentity(columns: readonly Column[]): void {
  if (columns.filter((column) => column.identity !== null).length > 1) {
    throw notSupported('a second identity column in one table');
  }
}

function newTable(definition: Definition, name: string, columns: readonly Column[]): Table {
  const oid = definition.newOid();
  const baseName = freeBaseName(definition, name, oid);
  // Keys come later, and how the rows travel depends on them: `completeTable` ends the work.
  return withTenancy(definition, {
    oid,
    name,
    baseName,
    guardName: null,
    adminRelation: baseName,
    tenantColumn: null,
    exempt: false,
    builtin: null,
    columns,
    uniques: [],
    checks: [],
    foreignKeys: [],
    indexes: [],
    sync: 'none',
    nextAttnum: columns.length + 1,
  });
}

/** Physical name for a table; the OID's where another table lies under the plain one. */
export function freeBaseName(definition: Definition, name: string, oid: number): string {
  const plain = physicalName(name, oid);
  const taken = definition
    .tables()
    .some((table) => table.oid !== oid && table.baseName.toLowerCase() === plain.toLowerCase());
  return taken ? `t$${oid}` : plain;
}

/** SQLite texts of the table's checks, by name. */
export function checkTexts(definition: Definition, table: Table): ReadonlyMap<string, string> {
  const { expressions } = definition.options;
  return new Map(
    table.checks.map((check) => [
      check.name,
      expressions.printCheck(check, table, definition.catalog),
    ]),
  );
}

/** Keys over the same columns are one, as PostgreSQL has it: the primary key, or the first. */
function mergedKeys(keys: readonly KeyDraft[]): readonly KeyDraft[] {
  const merged: KeyDraft[] = [];
  const primaryFirst = [
    ...keys.filter((key) => key.kind === 'primary'),
    ...keys.filter((key) => key.kind === 'unique'),
  ];
  for (const key of primaryFirst) {
    const columns = key.columns.join('\0');
    const index = merged.findIndex((other) => other.columns.join('\0') === columns);
    const other = merged[index];
    if (other === undefined || key.kind === 'primary') merged.push(key);
    else merged[index] = { ...other, name: other.name ?? key.name };
  }
  return merged;
}

/**
 * Refuses a DEFAULT that does not fit its column. A literal is read as a value at once, as PostgreSQL does;
 * what a length or precision makes of it shows when it is used.
 */
export function checkDefault(
  definition: Definition,
  table: Table,
  column: Column,
  draft: Pick<ColumnDraft, 'defaultPosition' | 'defaultIsLiteral'>,
): void {
  if (column.defaultText === null) return;
  atPosition(draft.defaultPosition, () => {
    const { expressions } = definition.options;
    const text = asDefault(() => expressions.printDefault(column, table, definition.catalog));
    if (draft.defaultIsLiteral && column.type.typmod < 0) definition.rows(`SELECT ${text}`);
  });
}

/** PostgreSQL says "default expression" where a DEFAULT's type does not fit. */
function asDefault(print: () => string): string {
  try {
    return print();
  } catch (error) {
    if (!(error instanceof EdgeError) || error.condition !== 'datatype_mismatch') throw error;
    const message = error.message.replace(' but expression is ', ' but default expression is ');
    throw new EdgeError(error.condition, message, error.fields);
  }
}

/** CREATE TABLE. @throws EdgeError with PostgreSQL's conditions */
export function createTable(definition: Definition, statement: CreateStmt): string {
  const tag = 'CREATE TABLE';
  const name = createdName(statement.relation);
  refuseForms(statement);
  const existing = definition.relationExists(name);
  if (existing && statement.if_not_exists === true) {
    definition.notice('duplicate_table', `relation "${name}" already exists, skipping`);
    return tag;
  }
  const { columns: read, drafts } = readElements(statement, name);
  if (existing) throw new EdgeError('duplicate_table', `relation "${name}" already exists`);
  checkRelationName(name);
  checkDistinctColumns(
    read.map((draft) => draft.column.name),
    (column) => new EdgeError('duplicate_column', `column "${column}" specified more than once`),
  );
  const columns = read.map((draft, index) => ({ ...draft.column, attnum: index + 1 }));
  refuseSecondIdentity(columns);
  let table = newTable(definition, name, columns);
  for (const draft of mergedKeys(drafts.keys)) table = addKey(definition, table, draft);
  for (const draft of drafts.checks) table = addCheck(definition, table, draft);
  for (const draft of drafts.foreignKeys) table = addForeignKey(definition, table, draft);
  read.forEach((draft, index) => {
    const column = table.columns[index];
    if (column !== undefined) checkDefault(definition, table, column, draft);
  });
  const completed = completeTable(definition, table);
  refuseComputedKeys(completed);
  build(definition, completed);
  return tag;
}

/** A computed column has no storage: nothing can hold or check it. Known only when the keys are. */
function refuseComputedKeys(table: Table): void {
  const users = [...table.uniques, ...table.checks, ...table.foreignKeys];
  for (const column of table.columns) {
    if (column.computed === null) continue;
    const user = users.find((candidate) => candidate.columns.includes(column.name));
    if (user === undefined) continue;
    throw notSupported(
      `constraint "${user.name}" over column "${column.name}", which the box computes,`,
    );
  }
}

/** Makes base, indexes, views and triggers, and puts the table into the catalog. */
export function build(definition: Definition, table: Table): void {
  definition.run(baseTableText(table, checkTexts(definition, table)));
  definition.put(table);
  createIndexes(definition, table);
  dress(definition, table);
  const sequence = sequenceOf(table);
  if (sequence !== null) definition.options.sequences.define(sequence);
}
