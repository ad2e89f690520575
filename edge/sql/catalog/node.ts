/**
 * Small readers of the grammar's raw tree: names, ranges, positions.
 */
import type { Node, RangeVar } from '@pgsql/types';
import { EdgeError } from '../../errors.ts';

/** The text of a String node, '' for any other. */
export function nodeString(node: Node | undefined): string {
  return node !== undefined && 'String' in node ? (node.String.sval ?? '') : '';
}

/** 1-based position of a node in the query text, where the grammar gave one. */
export function positionOf(node: { readonly location?: number } | undefined): number | undefined {
  const location = node?.location;
  return location === undefined || location < 0 ? undefined : location + 1;
}

/** Name of the node's only key: `CreateStmt`. */
export function nodeKind(node: Readonly<Record<string, unknown>>): string {
  return Object.keys(node)[0] ?? '';
}

/** Table name of a range, which must be in schema public (the only one). */
export function relationName(range: RangeVar | undefined): string {
  const schema = range?.schemaname;
  if (range?.catalogname !== undefined && range.catalogname !== 'pos') {
    throw new EdgeError(
      'feature_not_supported',
      `cross-database references are not implemented: "${range.catalogname}.${schema}.${range.relname}"`,
    );
  }
  if (schema === 'pg_catalog' || schema === 'information_schema') {
    throw new EdgeError('insufficient_privilege', `permission denied for schema ${schema}`);
  }
  if (schema !== undefined && schema !== 'public') {
    throw new EdgeError('invalid_schema_name', `schema "${schema}" does not exist`);
  }
  return range?.relname ?? '';
}

/** Name of a table to be made. @throws EdgeError 3F000 with position, 42501 */
export function createdName(range: RangeVar | undefined): string {
  const schema = range?.schemaname;
  if (schema === 'pg_catalog' || schema === 'information_schema') {
    throw new EdgeError(
      'insufficient_privilege',
      `permission denied to create "${schema}.${range?.relname}"`,
      { detail: 'System catalog modifications are currently disallowed.' },
    );
  }
  try {
    return relationName(range);
  } catch (error) {
    const position = positionOf(range);
    if (!(error instanceof EdgeError) || position === undefined) throw error;
    throw error.with({ position });
  }
}

/** Name of a List of String nodes (`DROP TABLE public.t`), as a range. */
export function listedRange(node: Node): RangeVar {
  const items = 'List' in node ? (node.List.items ?? []) : [node];
  const names = items.map(nodeString);
  const relname = names.at(-1) ?? '';
  const schemaname = names.at(-2);
  return schemaname === undefined ? { relname } : { schemaname, relname };
}
