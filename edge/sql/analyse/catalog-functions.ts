/**
 * Functions over the catalog, as tools call them: `pg_get_indexdef(oid)`, `obj_description(oid, 'pg_class')`.
 * Each is printed as a scalar subquery over a small relation made from the catalog, so that it shows what
 * the role may see and is thrown away with the plan when the catalog changes.
 *
 * @see https://www.postgresql.org/docs/15/functions-info.html
 */
import { OID } from '../../types/oids.ts';
import { refuse } from './analysis.ts';
import { constant, plainType, sqlExpr } from './build.ts';
import { relationText } from './catalog-lookups.ts';
import { coerceTo } from './coerce.ts';
import type { Scope } from './scope.ts';
import type { Expr } from './tree.ts';

/** Undefined where these arguments are none of its own. */
type CatalogFunction = (scope: Scope, args: readonly Expr[], location: number) => Expr | undefined;

/** The arguments as these types, or null. */
function argumentsAs(
  scope: Scope,
  args: readonly Expr[],
  types: readonly number[],
): readonly Expr[] | null {
  if (args.length !== types.length) return null;
  const coerced = args.map((arg, index) =>
    coerceTo(scope.analysis, arg, types[index] ?? 0, 'implicit'),
  );
  return coerced.every((arg) => arg !== null) ? coerced : null;
}

/** `(SELECT what FROM relation AS l WHERE condition)`; the condition's expressions come between its texts. */
function lookUp(
  scope: Scope,
  from: readonly [schema: string, name: string],
  what: string,
  condition: readonly (string | Expr)[],
  typeOid: number,
  location: number,
): Expr {
  const text = relationText(scope.analysis, from[0], from[1]);
  const parts = [`(SELECT ${what} FROM ${text} AS l WHERE `, ...condition, ')'];
  return sqlExpr(plainType(typeOid), parts, location, { leakproof: true });
}

/** The text of a definition, short where `pretty` is asked for. */
function definition(relation: string): CatalogFunction {
  return (scope, args, location) => {
    const [oid, pretty] =
      argumentsAs(scope, args, [OID.oid]) ?? argumentsAs(scope, args, [OID.oid, OID.bool]) ?? [];
    if (oid === undefined) return undefined;
    const short = pretty ?? constant(OID.bool, 0n, location);
    const parts = [`(SELECT CASE WHEN `, short, ` THEN l.short ELSE l.full END FROM `];
    const text = relationText(scope.analysis, 'lookup', relation);
    return sqlExpr(
      plainType(OID.text),
      [...parts, `${text} AS l WHERE l.oid = `, oid, ')'],
      location,
      {
        leakproof: true,
      },
    );
  };
}

const indexDefinition: CatalogFunction = (scope, args, location) => {
  if (args.length !== 3) return definition('indexes')(scope, args, location);
  const [oid, column, pretty] = argumentsAs(scope, args, [OID.oid, OID.int4, OID.bool]) ?? [];
  if (oid === undefined || column === undefined || pretty === undefined) return undefined;
  if (column.kind !== 'const' || column.value !== 0n) {
    throw refuse('pg_get_indexdef of one column', location);
  }
  return definition('indexes')(scope, [oid, pretty], location);
};

/** pg_node_tree values are kept as text already. */
const expressionText: CatalogFunction = (scope, args, location) => {
  const [tree] =
    argumentsAs(scope, args, [OID.pg_node_tree, OID.oid]) ??
    argumentsAs(scope, args, [OID.pg_node_tree, OID.oid, OID.bool]) ??
    [];
  if (tree === undefined) return undefined;
  return sqlExpr(plainType(OID.text), ['', tree, ''], location, { leakproof: true });
};

const objectComment: CatalogFunction = (scope, args, location) => {
  const [oid, catalog] =
    argumentsAs(scope, args, [OID.oid, OID.name]) ?? argumentsAs(scope, args, [OID.oid]) ?? [];
  if (oid === undefined) return undefined;
  const condition = ['l.objsubid = 0 AND l.objoid = ', oid];
  // Only tables and their columns have comments.
  const named = catalog === undefined ? [] : [' AND ', catalog, " = 'pg_class'"];
  const from = ['pg_catalog', 'pg_description'] as const;
  return lookUp(scope, from, 'l.description', [...condition, ...named], OID.text, location);
};

const columnComment: CatalogFunction = (scope, args, location) => {
  const [oid, column] = argumentsAs(scope, args, [OID.oid, OID.int4]) ?? [];
  if (oid === undefined || column === undefined) return undefined;
  const condition = ['l.objsubid <> 0 AND l.objoid = ', oid, ' AND l.objsubid = ', column];
  const from = ['pg_catalog', 'pg_description'] as const;
  return lookUp(scope, from, 'l.description', condition, OID.text, location);
};

function whereOid(from: readonly [string, string], what: string, typeOid: number): CatalogFunction {
  return (scope, args, location) => {
    const [oid] = argumentsAs(scope, args, [OID.oid]) ?? [];
    if (oid === undefined) return undefined;
    return lookUp(scope, from, what, ['l.oid = ', oid], typeOid, location);
  };
}

const userName: CatalogFunction = (scope, args, location) => {
  const [oid] = argumentsAs(scope, args, [OID.oid]) ?? [];
  if (oid === undefined) return undefined;
  const name = lookUp(
    scope,
    ['pg_catalog', 'pg_roles'],
    'l.rolname',
    ['l.oid = ', oid],
    OID.name,
    location,
  );
  const parts = ['coalesce(', name, ", 'unknown (OID=' || ", oid, " || ')')"];
  return sqlExpr(plainType(OID.name), parts, location, { leakproof: true });
};

/** By PostgreSQL's name. */
export const CATALOG_FUNCTIONS: Readonly<Record<string, CatalogFunction | undefined>> = {
  pg_get_constraintdef: definition('constraints'),
  pg_get_indexdef: indexDefinition,
  pg_get_expr: expressionText,
  obj_description: objectComment,
  col_description: columnComment,
  pg_get_userbyid: userName,
  pg_table_is_visible: whereOid(['lookup', 'relations'], '1', OID.bool),
  pg_type_is_visible: whereOid(['pg_catalog', 'pg_type'], '1', OID.bool),
  pg_relation_is_publishable: (scope, args, location) => {
    const [oid] = argumentsAs(scope, args, [OID.regclass]) ?? [];
    if (oid === undefined) return undefined;
    const from = ['pg_catalog', 'pg_class'] as const;
    return lookUp(scope, from, "l.relkind = 'r'", ['l.oid = ', oid], OID.bool, location);
  },
};
