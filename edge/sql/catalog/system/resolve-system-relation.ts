/**
 * Looks a system relation up by schema and name, for the analyser. Relations that are not here do not exist:
 * 42P01, which drivers know how to live with.
 */
import { EMPTY_RELATIONS } from './empty-relations.ts';
import { pgAm, pgCollation } from './fixed-relations.ts';
import {
  informationColumns,
  informationKeyColumnUsage,
  informationSchemata,
  informationTableConstraints,
  informationTables,
} from './information-schema.ts';
import { LOOKUPS, namesByOid, relationNames } from './lookups.ts';
import { pgAttrdef } from './pg-attrdef.ts';
import { pgAttribute } from './pg-attribute.ts';
import { pgClass } from './pg-class.ts';
import { pgConstraint } from './pg-constraint.ts';
import { pgDatabase } from './pg-database.ts';
import { pgDescription } from './pg-description.ts';
import { pgIndex } from './pg-index.ts';
import { pgNamespace } from './pg-namespace.ts';
import { pgRoles } from './pg-roles.ts';
import { pgStatSync } from './pg-stat-sync.ts';
import { pgIndexes, pgTables } from './pg-tables.ts';
import { pgType } from './pg-type.ts';
import {
  printSystemRelation,
  type SystemContext,
  type SystemRelation,
  type SystemRelationDefinition,
} from './system-relation.ts';

const NAMED: readonly SystemRelationDefinition[] = [
  pgType,
  pgNamespace,
  pgClass,
  pgAttribute,
  pgConstraint,
  pgDescription,
  pgDatabase,
  pgTables,
  pgIndexes,
  pgIndex,
  pgAttrdef,
  pgAm,
  pgCollation,
  pgRoles,
  pgStatSync,
  informationSchemata,
  informationTables,
  informationColumns,
  informationTableConstraints,
  informationKeyColumnUsage,
  ...EMPTY_RELATIONS,
];

const RELATIONS: ReadonlyMap<string, SystemRelationDefinition> = new Map(
  [...NAMED, ...LOOKUPS, relationNames(NAMED)].map((definition) => [
    `${definition.schema}.${definition.name}`,
    definition,
  ]),
);

/** OID of a relation of pg_catalog, or of information_schema with its schema, or null. */
export function systemRelationOid(name: string): number | null {
  const found = NAMED.find(
    (one) =>
      name === `${one.schema}.${one.name}` || (one.schema === 'pg_catalog' && name === one.name),
  );
  return found?.oid ?? null;
}

/** Names of relations by OID, as a regclass shows them to this role. */
export function relationNamesOf(context: SystemContext): ReadonlyMap<bigint, string> {
  return new Map([[0n, '-'], ...namesByOid(NAMED, context)]);
}

/** The relation as this role sees this catalog, or null; what `createCompiler` takes. */
export function resolveSystemRelation(
  schema: string,
  name: string,
  context: SystemContext,
): SystemRelation | null {
  const definition = RELATIONS.get(`${schema}.${name}`);
  return definition === undefined ? null : printSystemRelation(definition, context);
}
