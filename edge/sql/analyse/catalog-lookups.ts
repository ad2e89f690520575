/**
 * Relations made from the catalog, to be read by text that the analyser adds: names of relations for a
 * regclass, definitions for `catalog-functions.ts`.
 */
import { type Analysis, refuse } from './analysis.ts';
import { plainType, sqlExpr } from './build.ts';
import type { Expr } from './tree.ts';

/** SQLite text of a relation, for a FROM. @throws EdgeError 0A000 where the compiler was given none */
export function relationText(analysis: Analysis, schema: string, name: string): string {
  const found = analysis.resolveSystemRelation(schema, name, analysis.environment);
  if (found === null) throw refuse(`the relation ${name}`, -1);
  return found.sql;
}

/** A regclass as text: the relation's name, or its number where there is none. */
export function relationName(analysis: Analysis, oid: Expr, typeOid: number): Expr {
  const text = relationText(analysis, 'lookup', 'relations');
  const name = [`coalesce((SELECT l.full FROM ${text} AS l WHERE l.oid = `, oid, '), '];
  const number = ['iif(', oid, " = 0, '-', ", oid, " || ''))"];
  return sqlExpr(plainType(typeOid), [...name, ...number], oid.location, { leakproof: true });
}
