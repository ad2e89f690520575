/**
 * The texts of pg_get_constraintdef and pg_get_indexdef, in full and in short ("pretty") form. Expressions
 * of CHECK stand as they were written down, without the casts that PostgreSQL makes visible.
 *
 * @see https://www.postgresql.org/docs/15/functions-info.html#FUNCTIONS-INFO-CATALOG
 */
import { quoteIdentifier } from '../expression-text.ts';
import type { ForeignKey, ReferentialAction, Table } from '../model.ts';
import { type IndexKey, indexesOf } from './index-keys.ts';

export interface DefinitionText {
  readonly oid: number;
  readonly full: string;
  readonly short: string;
}

function list(names: readonly string[]): string {
  return `(${names.map(quoteIdentifier).join(', ')})`;
}

function action(clause: 'UPDATE' | 'DELETE', of: ReferentialAction): string {
  return of === 'no action' ? '' : ` ON ${clause} ${of.toUpperCase()}`;
}

function foreignText(key: ForeignKey): string {
  const parent = quoteIdentifier(key.referencedTable);
  return (
    `FOREIGN KEY ${list(key.columns)} REFERENCES ${parent}${list(key.referencedColumns)}` +
    action('UPDATE', key.onUpdate) +
    action('DELETE', key.onDelete)
  );
}

/** Every constraint that pg_constraint shows of the table. */
export function constraintTexts(table: Table): readonly DefinitionText[] {
  const same = (oid: number, text: string): DefinitionText => ({ oid, full: text, short: text });
  return [
    ...table.uniques
      .filter((unique) => unique.isConstraint)
      .map(({ oid, kind, columns }) =>
        same(oid, `${kind === 'primary' ? 'PRIMARY KEY' : 'UNIQUE'} ${list(columns)}`),
      ),
    ...table.checks.map(({ oid, text }) => ({
      oid,
      full: `CHECK ((${text}))`,
      short: `CHECK (${text})`,
    })),
    ...table.foreignKeys.map((key) => same(key.oid, foreignText(key))),
  ];
}

function keyText(key: IndexKey): string {
  const nulls =
    key.nullsFirst === key.descending ? '' : ` NULLS ${key.nullsFirst ? 'FIRST' : 'LAST'}`;
  return `${quoteIdentifier(key.name)}${key.descending ? ' DESC' : ''}${nulls}`;
}

/** Every index that pg_class shows of the table. */
export function indexTexts(table: Table): readonly DefinitionText[] {
  const name = quoteIdentifier(table.name);
  return indexesOf(table).map((index) => {
    const head = `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${quoteIdentifier(index.name)} ON `;
    const tail = ` USING btree (${index.keys.map(keyText).join(', ')})`;
    return {
      oid: index.oid,
      full: `${head}public.${name}${tail}`,
      short: `${head}${name}${tail}`,
    };
  });
}
