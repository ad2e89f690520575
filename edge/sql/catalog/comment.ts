/**
 * COMMENT ON TABLE and COLUMN: kept with the table. Comments on anything else are refused.
 */
import type { CommentStmt } from '@pgsql/types';
import { notSupported } from '../../errors.ts';
import { columnOf, type Definition } from './definition.ts';
import type { Table } from './model.ts';
import { listedRange, nodeString, relationName } from './node.ts';

function withComment(table: Table, attnum: number, text: string | undefined): Table {
  const comments = new Map(table.comments);
  if (text === undefined || text === '') comments.delete(attnum);
  else comments.set(attnum, text);
  return { ...table, comments };
}

/** COMMENT ON. @throws EdgeError 42P01, 42703, 0A000 */
export function comment(definition: Definition, statement: CommentStmt): string {
  const { objtype, object } = statement;
  if (object === undefined || (objtype !== 'OBJECT_TABLE' && objtype !== 'OBJECT_COLUMN')) {
    const words = (objtype ?? 'this object').replace('OBJECT_', '').replaceAll('_', ' ');
    throw notSupported(`COMMENT ON ${words}`);
  }
  if (objtype === 'OBJECT_TABLE') {
    const table = definition.table(relationName(listedRange(object)));
    definition.put(withComment(table, 0, statement.comment));
    return 'COMMENT';
  }
  const items = 'List' in object ? (object.List.items ?? []) : [];
  const range = listedRange({ List: { items: items.slice(0, -1) } });
  const table = definition.table(relationName(range));
  const column = columnOf(table, nodeString(items.at(-1)));
  definition.put(withComment(table, column.attnum, statement.comment));
  return 'COMMENT';
}
