/**
 * The raw parse tree as PostgreSQL's grammar gives it, and the little that everyone needs to read it: one
 * key names the node, zero and false are left out, a list of names is a list of String nodes.
 */
import type { Node } from '@pgsql/types';

export type { Node } from '@pgsql/types';

type KeyOf<Union> = Union extends unknown ? keyof Union : never;
type BodyOf<Union, Key extends PropertyKey> = Union extends Record<Key, infer Body> ? Body : never;

/** Names of the grammar's node types. */
export type NodeTag = KeyOf<Node>;
/** Contents of one node type. */
export type NodeBody<Tag extends NodeTag> = BodyOf<Node, Tag>;

/** Which node it is. */
export function tagOf(node: Node): NodeTag {
  for (const key in node) return key as NodeTag;
  throw new Error('an empty parse node');
}

/** The node's contents, whatever it is. */
export function bodyOf(node: Node): { readonly location?: number } {
  return Object.values(node)[0] as { readonly location?: number };
}

/** The contents when the node is of this type, else undefined. */
export function asNode<Tag extends NodeTag>(
  node: Node | undefined,
  tag: Tag,
): NodeBody<Tag> | undefined {
  return node === undefined ? undefined : (node as Partial<Record<Tag, NodeBody<Tag>>>)[tag];
}

/** Strings of a list of String nodes: a qualified name. */
export function namesOf(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map((node) => asNode(node, 'String')?.sval ?? '');
}

/** 0-based character offset of a node; the tree leaves zeros out. */
export function locationOf(node: Node | { readonly location?: number } | undefined): number {
  if (node === undefined) return -1;
  if ('location' in node) return (node as { location?: number }).location ?? 0;
  const body = bodyOf(node as Node);
  if (typeof body !== 'object' || body === null) return -1;
  if (body.location !== undefined) return body.location;
  return LOCATED.has(tagOf(node as Node)) ? 0 : -1;
}

/** Nodes that do have a location, so that its absence means 0. */
const LOCATED: ReadonlySet<NodeTag> = new Set([
  'A_Const',
  'ColumnRef',
  'ParamRef',
  'A_Expr',
  'TypeCast',
  'FuncCall',
  'ResTarget',
  'RangeVar',
  'BoolExpr',
  'SubLink',
  'NullTest',
  'BooleanTest',
  'CaseExpr',
  'CoalesceExpr',
  'MinMaxExpr',
  'SQLValueFunction',
  'A_ArrayExpr',
  'RowExpr',
  'CollateClause',
  'TypeName',
] as const);

/** The node that the grammar always fills in. */
export function required(node: Node | undefined): Node {
  if (node === undefined) throw new Error('the grammar left a child out');
  return node;
}
