/**
 * What the catalog functions look their answers up in: relations of the schema `lookup`, which the
 * analyser reads and no query can name. The analyser prints `pg_get_indexdef(x)` as a scalar subquery over one.
 */
import { OID } from '../../../types/oids.ts';
import { quoteIdentifier } from '../expression-text.ts';
import { sequenceOf } from '../table-sequence.ts';
import { constraintTexts, type DefinitionText, indexTexts } from './definition-texts.ts';
import { indexesOf } from './index-keys.ts';
import {
  type SystemContext,
  type SystemRelationDefinition,
  visibleTables,
} from './system-relation.ts';

const COLUMNS: SystemRelationDefinition['columns'] = [
  ['oid', OID.oid],
  ['full', OID.text],
  ['short', OID.text],
];

function rowsOf(texts: readonly DefinitionText[]): readonly (readonly [bigint, string, string])[] {
  return texts.map(({ oid, full, short }) => [BigInt(oid), full, short]);
}

const constraints: SystemRelationDefinition = {
  schema: 'lookup',
  name: 'constraints',
  oid: 0,
  columns: COLUMNS,
  rows: (context) => rowsOf(visibleTables(context).flatMap(constraintTexts)),
};

const indexes: SystemRelationDefinition = {
  schema: 'lookup',
  name: 'indexes',
  oid: 0,
  columns: COLUMNS,
  rows: (context) => rowsOf(visibleTables(context).flatMap(indexTexts)),
};

/** The name of every relation, by OID; `others` are the system relations. */
export function namesByOid(
  others: readonly SystemRelationDefinition[],
  context: SystemContext,
): readonly (readonly [bigint, string])[] {
  const own = visibleTables(context).flatMap((table) => {
    const sequence = sequenceOf(table);
    const objects = [table, ...indexesOf(table), ...(sequence === null ? [] : [sequence])];
    return objects.map(({ oid, name }) => [BigInt(oid), quoteIdentifier(name)] as const);
  });
  const system = others.map(
    ({ oid, name, schema }) =>
      [BigInt(oid), schema === 'pg_catalog' ? name : `${schema}.${name}`] as const,
  );
  return [...own, ...system];
}

/** The same as a relation. */
export function relationNames(
  others: readonly SystemRelationDefinition[],
): SystemRelationDefinition {
  return {
    schema: 'lookup',
    name: 'relations',
    oid: 0,
    columns: COLUMNS,
    rows: (context) => namesByOid(others, context).map(([oid, name]) => [oid, name, name]),
  };
}

export const LOOKUPS: readonly SystemRelationDefinition[] = [constraints, indexes];
