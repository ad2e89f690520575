/**
 * Looks a system relation up by schema and name, for the analyser. Relations that are not here do not exist:
 * 42P01, which drivers know how to live with.
 */
import { pgEnum, pgInherits, pgRange } from './empty-relations.ts';
import {
  informationColumns,
  informationKeyColumnUsage,
  informationSchemata,
  informationTableConstraints,
  informationTables,
} from './information-schema.ts';
import { pgAttribute } from './pg-attribute.ts';
import { pgClass } from './pg-class.ts';
import { pgConstraint } from './pg-constraint.ts';
import { pgDatabase } from './pg-database.ts';
import { pgDescription } from './pg-description.ts';
import { pgNamespace } from './pg-namespace.ts';
import { pgStatSync } from './pg-stat-sync.ts';
import { pgTables } from './pg-tables.ts';
import { pgType } from './pg-type.ts';
import {
  printSystemRelation,
  type SystemContext,
  type SystemRelation,
  type SystemRelationDefinition,
} from './system-relation.ts';

const RELATIONS: ReadonlyMap<string, SystemRelationDefinition> = new Map(
  [
    pgType,
    pgNamespace,
    pgClass,
    pgAttribute,
    pgConstraint,
    pgDescription,
    pgDatabase,
    pgTables,
    pgRange,
    pgEnum,
    pgInherits,
    pgStatSync,
    informationSchemata,
    informationTables,
    informationColumns,
    informationTableConstraints,
    informationKeyColumnUsage,
  ].map((definition) => [`${definition.schema}.${definition.name}`, definition]),
);

/** The relation as this role sees this catalog, or null; what `createCompiler` takes. */
export function resolveSystemRelation(
  schema: string,
  name: string,
  context: SystemContext,
): SystemRelation | null {
  const definition = RELATIONS.get(`${schema}.${name}`);
  return definition === undefined ? null : printSystemRelation(definition, context);
}
