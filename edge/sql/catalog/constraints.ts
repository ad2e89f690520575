/**
 * From drafts to constraints of a table: names as PostgreSQL makes them up, columns that must exist, keys
 * that foreign keys may reference.
 */
import { EdgeError, notSupported } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { formatType } from '../../types/type-info.ts';
import { comparesAlike } from './column-type.ts';
import { atPosition, type Definition } from './definition.ts';
import { storedKey } from './layout.ts';
import type { CheckConstraint, Column, ForeignKey, Table, UniqueConstraint } from './model.ts';
import { chooseName, joinColumnNames } from './object-names.ts';
import type { CheckDraft, ForeignKeyDraft, KeyDraft } from './table-draft.ts';

function constraintExists(table: Table, name: string): boolean {
  return (
    table.uniques.some((unique) => unique.isConstraint && unique.name === name) ||
    table.checks.some((check) => check.name === name) ||
    table.foreignKeys.some((key) => key.name === name)
  );
}

function refuseTakenConstraint(table: Table, name: string): void {
  if (!constraintExists(table, name)) return;
  throw new EdgeError(
    'duplicate_object',
    `constraint "${name}" for relation "${table.name}" already exists`,
  );
}

function keyColumn(table: Table, name: string, position: number | undefined): Column {
  const column = table.columns.find((candidate) => candidate.name === name);
  const fields = position === undefined ? {} : { position };
  if (column === undefined) {
    throw new EdgeError('undefined_column', `column "${name}" named in key does not exist`, fields);
  }
  if (column.computed !== null) {
    throw notSupported(`a key over column "${name}", which the box computes,`, position);
  }
  return column;
}

function checkKeyColumns(table: Table, draft: KeyDraft): void {
  const seen = new Set<string>();
  const words = draft.kind === 'primary' ? 'primary key' : 'unique';
  for (const name of draft.columns) {
    keyColumn(table, name, draft.position);
    if (seen.has(name)) {
      throw new EdgeError(
        'duplicate_column',
        `column "${name}" appears twice in ${words} constraint`,
        draft.position === undefined ? {} : { position: draft.position },
      );
    }
    seen.add(name);
  }
  if (draft.columns.length > LIMITS.columnsPerIndexMax) {
    throw new EdgeError(
      'too_many_columns',
      `cannot use more than ${LIMITS.columnsPerIndexMax} columns in an index`,
    );
  }
}

/** @throws EdgeError 42P16 for a second primary key, 42703, 42701, 42P07, 42710 */
export function addKey(definition: Definition, table: Table, draft: KeyDraft): Table {
  checkKeyColumns(table, draft);
  const primary = draft.kind === 'primary';
  if (primary && table.uniques.some((unique) => unique.kind === 'primary')) {
    throw new EdgeError(
      'invalid_table_definition',
      `multiple primary keys for table "${table.name}" are not allowed`,
      draft.position === undefined || definition.find(table.name)?.oid === table.oid
        ? {}
        : { position: draft.position },
    );
  }
  const taken = (name: string): boolean =>
    definition.relationExists(name) ||
    table.name === name ||
    table.uniques.some((unique) => unique.name === name);
  const name =
    draft.name ??
    (primary
      ? chooseName(table.name, null, 'pkey', taken)
      : chooseName(table.name, joinColumnNames(draft.columns), 'key', taken));
  if (draft.name !== null && taken(name)) {
    throw new EdgeError('duplicate_table', `relation "${name}" already exists`);
  }
  refuseTakenConstraint(table, name);
  const unique: UniqueConstraint = {
    kind: draft.kind,
    name,
    columns: draft.columns,
    isConstraint: true,
    oid: definition.newOid(),
  };
  const keyed = new Set(primary ? draft.columns : []);
  const columns = table.columns.map((column) =>
    keyed.has(column.name) ? { ...column, notNull: true } : column,
  );
  const uniques = primary ? [unique, ...table.uniques] : [...table.uniques, unique];
  return { ...table, columns, uniques };
}

/** In CREATE TABLE the other one is no constraint yet, and PostgreSQL says so. */
function refuseTakenCheck(definition: Definition, table: Table, name: string | null): void {
  if (name === null || !constraintExists(table, name)) return;
  const making = definition.find(table.name)?.oid !== table.oid;
  if (making && table.checks.some((check) => check.name === name)) {
    throw new EdgeError('duplicate_object', `check constraint "${name}" already exists`);
  }
  refuseTakenConstraint(table, name);
}

/** @throws EdgeError 42710, 42703, 42804 */
export function addCheck(definition: Definition, table: Table, draft: CheckDraft): Table {
  for (const { name, position } of draft.columns) {
    const column = table.columns.find((candidate) => candidate.name === name);
    if (column === undefined) {
      const fields = position === undefined ? {} : { position };
      throw new EdgeError('undefined_column', `column "${name}" does not exist`, fields);
    }
    if (column.computed !== null) {
      throw notSupported(`a check of column "${name}", which the box computes,`);
    }
  }
  refuseTakenCheck(definition, table, draft.name);
  const columns = draft.columns.map((use) => use.name);
  const only = columns.length === 1 ? (columns[0] ?? null) : null;
  const taken = (name: string): boolean => constraintExists(table, name);
  const name = draft.name ?? chooseName(table.name, only, 'check', taken);
  const check: CheckConstraint = { name, text: draft.text, columns, oid: definition.newOid() };
  // Printed once here, so that a wrong expression is refused when it is defined.
  atPosition(draft.position, () =>
    definition.options.expressions.printCheck(check, table, definition.catalog),
  );
  return { ...table, checks: [...table.checks, check] };
}

function primaryKeyColumns(parent: Table): readonly string[] {
  const primary = parent.uniques.find((unique) => unique.kind === 'primary');
  if (primary !== undefined) return primary.columns;
  throw new EdgeError(
    'undefined_object',
    `there is no primary key for referenced table "${parent.name}"`,
  );
}

/** True when the columns are a key of the table, its merchant column aside. */
function isKey(parent: Table, columns: readonly string[]): boolean {
  const asked = new Set(storedKey(parent, columns));
  return parent.uniques.some((unique) => {
    const stored = storedKey(parent, unique.columns);
    return stored.length === asked.size && stored.every((name) => asked.has(name));
  });
}

function referencedColumn(parent: Table, name: string): Column {
  const column = parent.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new EdgeError(
    'undefined_column',
    `column "${name}" referenced in foreign key constraint does not exist`,
  );
}

function foreignKeyColumns(
  table: Table,
  parent: Table,
  draft: ForeignKeyDraft,
  name: string,
): readonly string[] {
  const own = draft.columns.map((column) => {
    const found = table.columns.find((candidate) => candidate.name === column);
    if (found !== undefined) return found;
    throw new EdgeError(
      'undefined_column',
      `column "${column}" referenced in foreign key constraint does not exist`,
    );
  });
  const referenced =
    draft.referencedColumns.length > 0 ? draft.referencedColumns : primaryKeyColumns(parent);
  const theirs = referenced.map((column) => referencedColumn(parent, column));
  if (own.length !== theirs.length) {
    throw new EdgeError(
      'invalid_foreign_key',
      'number of referencing and referenced columns for foreign key disagree',
    );
  }
  if (!isKey(parent, referenced)) {
    throw new EdgeError(
      'invalid_foreign_key',
      `there is no unique constraint matching given keys for referenced table "${parent.name}"`,
    );
  }
  own.forEach((column, index) => {
    const other = theirs[index];
    if (other === undefined) return;
    if (column.computed !== null || other.computed !== null || other.writeOnly !== undefined) {
      throw notSupported(`a foreign key over column "${column.name}"`);
    }
    if (comparesAlike(column, other)) return;
    const types = `${formatType(column.type)} and ${formatType(other.type)}`;
    throw new EdgeError(
      'datatype_mismatch',
      `foreign key constraint "${name}" cannot be implemented`,
      {
        detail: `Key columns "${column.name}" and "${other.name}" are of incompatible types: ${types}.`,
      },
    );
  });
  return referenced;
}

/**
 * @param parentOf finds the referenced table; the table being made is not in the catalog yet
 * @throws EdgeError 42P01, 42703, 42830, 42804, 42710
 */
export function addForeignKey(definition: Definition, table: Table, draft: ForeignKeyDraft): Table {
  const parent =
    draft.referencedTable === table.name ? table : definition.table(draft.referencedTable);
  if (table.tenantColumn === null && parent.tenantColumn !== null && parent.builtin === null) {
    throw notSupported(
      `a foreign key from "${table.name}", which has no merchant column, to "${parent.name}", which has one,`,
      draft.position,
    );
  }
  if (draft.name !== null) refuseTakenConstraint(table, draft.name);
  const taken = (candidate: string): boolean => constraintExists(table, candidate);
  const name = draft.name ?? chooseName(table.name, joinColumnNames(draft.columns), 'fkey', taken);
  const referencedColumns = foreignKeyColumns(table, parent, draft, name);
  if (setsTenant(table, draft)) {
    throw notSupported(`ON DELETE or ON UPDATE SET of the merchant column`, draft.position);
  }
  const key: ForeignKey = {
    name,
    columns: draft.columns,
    referencedTable: parent.name,
    referencedColumns,
    onDelete: draft.onDelete,
    onUpdate: draft.onUpdate,
    oid: definition.newOid(),
  };
  return { ...table, foreignKeys: [...table.foreignKeys, key] };
}

/** SET NULL and SET DEFAULT would give the row to nobody, or to another merchant. */
function setsTenant(table: Table, draft: ForeignKeyDraft): boolean {
  const sets = [draft.onDelete, draft.onUpdate].some((action) => action.startsWith('set '));
  return sets && table.tenantColumn !== null && draft.columns.includes(table.tenantColumn);
}

/** The constraint with that name, or undefined. */
export function findConstraint(
  table: Table,
  name: string,
):
  | { readonly kind: 'key'; readonly value: UniqueConstraint }
  | { readonly kind: 'check'; readonly value: CheckConstraint }
  | { readonly kind: 'foreign'; readonly value: ForeignKey }
  | undefined {
  const key = table.uniques.find((unique) => unique.isConstraint && unique.name === name);
  if (key !== undefined) return { kind: 'key', value: key };
  const check = table.checks.find((candidate) => candidate.name === name);
  if (check !== undefined) return { kind: 'check', value: check };
  const foreign = table.foreignKeys.find((candidate) => candidate.name === name);
  return foreign === undefined ? undefined : { kind: 'foreign', value: foreign };
}
