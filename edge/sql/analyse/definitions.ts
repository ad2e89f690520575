/**
 * DDL: handed to the catalog as it is for the administrator, refused for merchants with the words
 * PostgreSQL has for someone who does not own the schema. Everything that is neither DDL of ours nor known
 * otherwise is refused by name.
 */

import { EdgeError, notSupported } from '../../errors.ts';
import type { Catalog } from '../catalog/model.ts';
import { errorAt } from './analysis.ts';
import { asNode, type Node, type NodeTag, namesOf, tagOf } from './nodes.ts';

const OBJECT_WORDS: Readonly<Record<string, string>> = {
  OBJECT_TABLE: 'TABLE',
  OBJECT_INDEX: 'INDEX',
  OBJECT_VIEW: 'VIEW',
  OBJECT_SEQUENCE: 'SEQUENCE',
  OBJECT_SCHEMA: 'SCHEMA',
  OBJECT_COLUMN: 'TABLE',
  OBJECT_TABCONSTRAINT: 'TABLE',
  OBJECT_TYPE: 'TYPE',
  OBJECT_FUNCTION: 'FUNCTION',
  OBJECT_TRIGGER: 'TRIGGER',
  OBJECT_POLICY: 'POLICY',
  OBJECT_EXTENSION: 'EXTENSION',
  OBJECT_MATVIEW: 'MATERIALIZED VIEW',
  OBJECT_DOMAIN: 'DOMAIN',
};

/** DDL that the catalog runs, and its command tag. */
function definitionTag(node: Node): string | null {
  switch (tagOf(node)) {
    case 'CreateStmt':
      return 'CREATE TABLE';
    case 'AlterTableStmt':
      return `ALTER ${OBJECT_WORDS[asNode(node, 'AlterTableStmt')?.objtype ?? ''] ?? 'TABLE'}`;
    case 'RenameStmt': {
      const rename = asNode(node, 'RenameStmt');
      const of = rename?.renameType === 'OBJECT_COLUMN' ? rename.relationType : rename?.renameType;
      return `ALTER ${OBJECT_WORDS[of ?? ''] ?? 'TABLE'}`;
    }
    case 'DropStmt':
      return `DROP ${OBJECT_WORDS[asNode(node, 'DropStmt')?.removeType ?? ''] ?? 'TABLE'}`;
    case 'IndexStmt':
      return 'CREATE INDEX';
    case 'TruncateStmt':
      return 'TRUNCATE TABLE';
    case 'CommentStmt':
      return 'COMMENT';
    default:
      return null;
  }
}

/** Words for what is refused, where the node's own name says too little. */
const REFUSED: Partial<Record<NodeTag, string>> = {
  CopyStmt: 'COPY',
  ListenStmt: 'LISTEN',
  UnlistenStmt: 'UNLISTEN',
  NotifyStmt: 'NOTIFY',
  ExplainStmt: 'EXPLAIN',
  DoStmt: 'DO',
  CallStmt: 'CALL',
  LockStmt: 'LOCK TABLE',
  VacuumStmt: 'VACUUM and ANALYZE',
  MergeStmt: 'MERGE',
  GrantStmt: 'GRANT and REVOKE',
  GrantRoleStmt: 'GRANT and REVOKE',
  ViewStmt: 'CREATE VIEW',
  CreateTableAsStmt: 'CREATE TABLE AS',
  CreateFunctionStmt: 'CREATE FUNCTION',
  CreateTrigStmt: 'CREATE TRIGGER',
  CreateSeqStmt: 'CREATE SEQUENCE',
  AlterSeqStmt: 'ALTER SEQUENCE',
  CreateSchemaStmt: 'CREATE SCHEMA',
  CreateRoleStmt: 'CREATE ROLE',
  AlterRoleStmt: 'ALTER ROLE',
  DropRoleStmt: 'DROP ROLE',
  CreatePolicyStmt: 'CREATE POLICY',
  CreateExtensionStmt: 'CREATE EXTENSION',
  CreateEnumStmt: 'CREATE TYPE',
  CompositeTypeStmt: 'CREATE TYPE',
  CreateDomainStmt: 'CREATE DOMAIN',
  CreatedbStmt: 'CREATE DATABASE',
  DropdbStmt: 'DROP DATABASE',
  ClusterStmt: 'CLUSTER',
  ReindexStmt: 'REINDEX',
  CheckPointStmt: 'CHECKPOINT',
  ConstraintsSetStmt: 'SET CONSTRAINTS',
  LoadStmt: 'LOAD',
  RuleStmt: 'CREATE RULE',
  RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
  ReassignOwnedStmt: 'REASSIGN OWNED',
  DropOwnedStmt: 'DROP OWNED',
  AlterSystemStmt: 'ALTER SYSTEM',
  SecLabelStmt: 'SECURITY LABEL',
  CreateStatsStmt: 'CREATE STATISTICS',
};

/** `CreateFooStmt` as words, for a node that nobody thought of. */
function wordsOf(tag: string): string {
  return tag
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase();
}

function relationNames(node: Node): readonly string[] {
  const truncate = asNode(node, 'TruncateStmt');
  if (truncate !== undefined) {
    return (truncate.relations ?? []).map((item) => asNode(item, 'RangeVar')?.relname ?? '');
  }
  const drop = asNode(node, 'DropStmt');
  if (drop !== undefined) {
    return (drop.objects ?? []).map((item) => namesOf(asNode(item, 'List')?.items).at(-1) ?? '');
  }
  const comment = asNode(node, 'CommentStmt');
  if (comment !== undefined) return [namesOf(asNode(comment.object, 'List')?.items)[0] ?? ''];
  const relation =
    asNode(node, 'AlterTableStmt')?.relation ??
    asNode(node, 'RenameStmt')?.relation ??
    asNode(node, 'IndexStmt')?.relation;
  return relation?.relname === undefined ? [] : [relation.relname];
}

function merchantDenied(node: Node, catalog: Catalog): EdgeError {
  const tag = tagOf(node);
  if (tag === 'CreateStmt') {
    return errorAt(
      'insufficient_privilege',
      'permission denied for schema public',
      asNode(node, 'CreateStmt')?.relation?.location ?? -1,
    );
  }
  const drop = asNode(node, 'DropStmt');
  const what = (OBJECT_WORDS[drop?.removeType ?? 'OBJECT_TABLE'] ?? 'TABLE').toLowerCase();
  for (const name of relationNames(node)) {
    if (what === 'table' && !catalog.tables.has(name)) {
      if (drop?.missing_ok === true) continue;
      return new EdgeError(
        'undefined_table',
        drop === undefined ? `relation "${name}" does not exist` : `table "${name}" does not exist`,
      );
    }
    if (tag === 'TruncateStmt') {
      return new EdgeError('insufficient_privilege', `permission denied for table ${name}`);
    }
    return new EdgeError('insufficient_privilege', `must be owner of ${what} ${name}`);
  }
  return new EdgeError('insufficient_privilege', 'permission denied for schema public');
}

/**
 * The command tag of DDL that the administrator may run.
 * @throws EdgeError 42501 for merchants, 0A000 for what the box does not have
 */
export function analyseDefinition(
  node: Node,
  role: 'merchant' | 'admin',
  catalog: Catalog,
): string {
  const tag = definitionTag(node);
  if (tag === null) throw notSupported(REFUSED[tagOf(node)] ?? wordsOf(tagOf(node)));
  if (role !== 'admin') throw merchantDenied(node, catalog);
  return tag;
}
