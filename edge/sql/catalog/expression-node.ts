/**
 * From the kept text of an expression back to the grammar's tree.
 */
import assert from 'node:assert/strict';
import type { Node, SelectStmt } from '@pgsql/types';
import type { ExpressionSupport } from './expression-support.ts';

/** The tree of a kept expression; the text was printed by us, so that it parses. */
export function expressionNode(support: Pick<ExpressionSupport, 'parse'>, text: string): Node {
  const [statement] = support.parse(`SELECT ${text}`);
  const select = (statement?.node as { SelectStmt?: SelectStmt } | undefined)?.SelectStmt;
  const [target] = select?.targetList ?? [];
  const node = target !== undefined && 'ResTarget' in target ? target.ResTarget.val : undefined;
  assert(node !== undefined, 'a kept expression does not parse');
  return node;
}
