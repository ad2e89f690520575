/**
 * The SQL words of a statement, for refusals: `CREATE VIEW` and not `ViewStmt`.
 */
import { nodeKind } from './node.ts';

const WORDS: Readonly<Record<string, string>> = {
  AlterDomainStmt: 'ALTER DOMAIN',
  AlterOwnerStmt: 'ALTER ... OWNER TO',
  AlterObjectSchemaStmt: 'ALTER ... SET SCHEMA',
  AlterRoleStmt: 'ALTER ROLE',
  AlterSeqStmt: 'ALTER SEQUENCE',
  AlterSystemStmt: 'ALTER SYSTEM',
  CompositeTypeStmt: 'CREATE TYPE',
  CreateCastStmt: 'CREATE CAST',
  CreateDomainStmt: 'CREATE DOMAIN',
  CreateEnumStmt: 'CREATE TYPE ... AS ENUM',
  CreateExtensionStmt: 'CREATE EXTENSION',
  CreateFunctionStmt: 'CREATE FUNCTION',
  CreatePolicyStmt: 'CREATE POLICY',
  CreatePublicationStmt: 'CREATE PUBLICATION',
  CreateRangeStmt: 'CREATE TYPE ... AS RANGE',
  CreateRoleStmt: 'CREATE ROLE',
  CreateSchemaStmt: 'CREATE SCHEMA',
  CreateSeqStmt: 'CREATE SEQUENCE',
  CreateStatsStmt: 'CREATE STATISTICS',
  CreateSubscriptionStmt: 'CREATE SUBSCRIPTION',
  CreateTableAsStmt: 'CREATE TABLE AS',
  CreateTrigStmt: 'CREATE TRIGGER',
  CreatedbStmt: 'CREATE DATABASE',
  DefineStmt: 'CREATE of this object',
  DropOwnedStmt: 'DROP OWNED',
  DropRoleStmt: 'DROP ROLE',
  DropdbStmt: 'DROP DATABASE',
  GrantRoleStmt: 'GRANT',
  GrantStmt: 'GRANT',
  RuleStmt: 'CREATE RULE',
  ViewStmt: 'CREATE VIEW',
};

function removedType(statement: unknown): string {
  const type = (statement as { removeType?: string } | undefined)?.removeType ?? '';
  return type.replace('OBJECT_', '').replaceAll('_', ' ');
}

/** What the statement is called in SQL. */
export function statementWords(node: Readonly<Record<string, unknown>>): string {
  const kind = nodeKind(node);
  if (kind === 'DropStmt') return `DROP ${removedType(node[kind])}`;
  const known = WORDS[kind];
  if (known !== undefined) return known;
  const words = kind.replace(/Stmt$/, '').replaceAll(/([a-z])([A-Z])/g, '$1 $2');
  return words.toUpperCase();
}
