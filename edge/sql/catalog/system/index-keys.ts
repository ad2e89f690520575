/** A table's indexes as PostgreSQL would have them: those of constraints, and plain ones. */
import type { Table } from '../model.ts';

export interface IndexKey {
  readonly name: string;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface ShownIndex {
  readonly oid: number;
  readonly name: string;
  readonly keys: readonly IndexKey[];
  readonly unique: boolean;
  /** Null for an index of its own. */
  readonly constraint: 'primary' | 'unique' | null;
}

/** In the order of their making; without the merchant column that the stored keys start with. */
export function indexesOf(table: Table): readonly ShownIndex[] {
  const constraints = table.uniques
    .filter((unique) => unique.isConstraint)
    .map(({ oid, name, columns, kind }) => ({
      oid,
      name,
      keys: columns.map((column) => ({ name: column, descending: false, nullsFirst: false })),
      unique: true,
      constraint: kind,
    }));
  const plain = table.indexes.map(({ oid, name, columns, unique }) => ({
    oid,
    name,
    keys: columns,
    unique,
    constraint: null,
  }));
  return [...constraints, ...plain];
}
