/**
 * Expressions for the catalog's own tests: the texts that they use mean the same in SQLite. What the analyser
 * makes of expressions is tested where the analyser is.
 */
import type { ExpressionSupport } from '../../../edge/sql/catalog/expression-support.ts';
import { loadGrammar } from '../../../edge/sql/parse/grammar.ts';
import { parseQuery } from '../../../edge/sql/parse/parse.ts';

export async function testExpressions(): Promise<ExpressionSupport> {
  const grammar = await loadGrammar();
  return {
    parse: (text) => parseQuery(grammar, text),
    printDefault: (column) => (column.defaultText ?? 'NULL').replace(/^CURRENT_TIMESTAMP$/, '0'),
    printCheck: (check) => check.text,
    isVolatile: (text) => text.includes('random('),
  };
}
