/**
 * What our triggers say when they abort, and how that becomes an error for the client. A trigger can only
 * raise a text, so that the text names an object by OID and carries stored values as SQL literals:
 *
 *   helios:tenant:<table oid>                         a row of another merchant (42501)
 *   helios:fk:child:<foreign key oid>:<json>          no such parent row (23503)
 *   helios:fk:parent:<foreign key oid>:<json>         the row is still referenced (23503)
 *   helios:unique:<constraint oid>                    a unique key kept by a trigger (23505)
 *   helios:error:<condition>:<message>                anything else
 *
 * The executor calls `triggerFailure` for SQLITE_CONSTRAINT_TRIGGER; texts that are not ours give null.
 */
import { Buffer } from 'node:buffer';
import { type Condition, EdgeError, SQLSTATE } from '../../errors.ts';
import type { SqlValue } from '../../types/storage.ts';
import type { Catalog, Column, ForeignKey, Table } from './model.ts';

/** Prints one stored value as PostgreSQL's text output of the column's type. */
export type ValuePrinter = (value: SqlValue, column: Column) => string;

export function tenantFailure(tableOid: number): string {
  return `helios:tenant:${tableOid}`;
}

export function errorFailure(condition: Condition, message: string): string {
  return `helios:error:${condition}:${message}`;
}

export function uniqueFailure(constraintOid: number): string {
  return `helios:unique:${constraintOid}`;
}

/** Start of the text; the values follow as a JSON array of SQL literals. */
export function foreignKeyFailure(side: 'child' | 'parent', foreignKeyOid: number): string {
  return `helios:fk:${side}:${foreignKeyOid}:`;
}

/** A SQL literal as SQLite's quote() prints it. */
function fromLiteral(literal: string): SqlValue {
  if (literal === 'NULL') return null;
  if (literal.startsWith("'")) return literal.slice(1, -1).replaceAll("''", "'");
  if (literal.startsWith("X'")) return Buffer.from(literal.slice(2, -1), 'hex');
  return /^-?\d+$/.test(literal) ? BigInt(literal) : Number(literal);
}

interface FoundKey {
  readonly table: Table;
  readonly key: ForeignKey;
}

function findForeignKey(catalog: Catalog, oid: number): FoundKey | null {
  for (const table of catalog.tables.values()) {
    const key = table.foreignKeys.find((candidate) => candidate.oid === oid);
    if (key !== undefined) return { table, key };
  }
  return null;
}

function printKey(
  table: Table,
  columns: readonly string[],
  values: readonly SqlValue[],
  print: ValuePrinter,
): string {
  const printed = columns.map((name, index) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    const value = values[index] ?? null;
    return column === undefined || value === null ? 'null' : print(value, column);
  });
  return `Key (${columns.join(', ')})=(${printed.join(', ')})`;
}

/** PostgreSQL's 23503 for a row without its parent. */
export function missingParent(
  table: Table,
  key: ForeignKey,
  values: readonly SqlValue[],
  print: ValuePrinter,
): EdgeError {
  return new EdgeError(
    'foreign_key_violation',
    `insert or update on table "${table.name}" violates foreign key constraint "${key.name}"`,
    {
      detail: `${printKey(table, key.columns, values, print)} is not present in table "${key.referencedTable}".`,
      schema: 'public',
      table: table.name,
      constraint: key.name,
    },
  );
}

function stillReferenced(
  catalog: Catalog,
  found: FoundKey,
  values: readonly SqlValue[],
  print: ValuePrinter,
): EdgeError {
  const { table, key } = found;
  const parent = catalog.tables.get(key.referencedTable);
  const text =
    parent === undefined ? 'Key' : printKey(parent, key.referencedColumns, values, print);
  return new EdgeError(
    'foreign_key_violation',
    `update or delete on table "${key.referencedTable}" violates foreign key constraint "${key.name}" ` +
      `on table "${table.name}"`,
    {
      detail: `${text} is still referenced from table "${table.name}".`,
      schema: 'public',
      table: table.name,
      constraint: key.name,
    },
  );
}

function foreignKeyError(catalog: Catalog, rest: string, print: ValuePrinter): EdgeError | null {
  const match = /^(child|parent):(\d+):(.*)$/s.exec(rest);
  if (match === null) return null;
  const [, side, oid, json] = match;
  const found = findForeignKey(catalog, Number(oid));
  if (found === null) return null;
  const values = (JSON.parse(json ?? '[]') as string[]).map(fromLiteral);
  if (side === 'child') return missingParent(found.table, found.key, values, print);
  return stillReferenced(catalog, found, values, print);
}

function tenantError(catalog: Catalog, oid: number): EdgeError | null {
  for (const table of catalog.tables.values()) {
    if (table.oid === oid) return foreignRow(table.name);
  }
  return null;
}

/** 42501 as PostgreSQL says it for a row that a policy's WITH CHECK refuses. */
export function foreignRow(tableName: string): EdgeError {
  return new EdgeError(
    'insufficient_privilege',
    `new row violates row-level security policy for table "${tableName}"`,
  );
}

function uniqueError(catalog: Catalog, oid: number): EdgeError | null {
  for (const table of catalog.tables.values()) {
    const unique = table.uniques.find((candidate) => candidate.oid === oid);
    if (unique === undefined) continue;
    return new EdgeError(
      'unique_violation',
      `duplicate key value violates unique constraint "${unique.name}"`,
      { schema: 'public', table: table.name, constraint: unique.name },
    );
  }
  return null;
}

/**
 * The client's error for what a trigger raised, or null when the text is none of ours.
 * @param message SQLite's message, with or without a prefix of its own
 */
export function triggerFailure(
  message: string,
  catalog: Catalog,
  print: ValuePrinter,
): EdgeError | null {
  const start = message.indexOf('helios:');
  if (start < 0) return null;
  const match = /^helios:([a-z]+):(.*)$/s.exec(message.slice(start));
  if (match === null) return null;
  const [, kind, rest = ''] = match;
  if (kind === 'fk') return foreignKeyError(catalog, rest, print);
  if (kind === 'tenant') return tenantError(catalog, Number(rest));
  if (kind === 'unique') return uniqueError(catalog, Number(rest));
  const colon = rest.indexOf(':');
  const condition = rest.slice(0, colon);
  if (kind !== 'error' || !Object.hasOwn(SQLSTATE, condition)) return null;
  return new EdgeError(condition as Condition, rest.slice(colon + 1));
}
