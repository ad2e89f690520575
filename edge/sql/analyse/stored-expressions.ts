/**
 * Expressions that the catalog keeps as PostgreSQL text, DEFAULT and CHECK, printed for SQLite: what
 * `catalog/expression-support.ts` asks for. They are read with the administrator's eyes and may name no
 * other table.
 */
import { EdgeError } from '../../errors.ts';
import type { ExpressionSupport } from '../catalog/expression-support.ts';
import type { Catalog, CheckConstraint, Column, Table } from '../catalog/model.ts';
import type { ParsedStatement } from '../plan.ts';
import { printExpression } from '../print/expressions.ts';
import { type Analysis, createAnalysis } from './analysis.ts';
import { coerceForAssignment } from './coerce.ts';
import { analyseBoolean, analyseExpression } from './expressions.ts';
import { asNode, type Node } from './nodes.ts';
import { addTable } from './relations.ts';
import { type Clause, Scope } from './scope.ts';
import type { Expr } from './tree.ts';
import { contains } from './walk.ts';

type Parse = (queryText: string) => readonly ParsedStatement[];

/** The expression of `SELECT <text>`. */
function expressionNode(parse: Parse, text: string): Node {
  const [statement] = parse(`SELECT ${text}`);
  const select = asNode(statement?.node as Node | undefined, 'SelectStmt');
  const target = asNode(select?.targetList?.[0], 'ResTarget')?.val;
  if (target === undefined || select?.targetList?.length !== 1) {
    throw new EdgeError('syntax_error', `not an expression: ${text}`);
  }
  return target;
}

function refuseSubqueries(expr: Expr, clause: Clause): void {
  if (!contains(expr, (inner) => inner.kind === 'subquery')) return;
  const what = clause === 'DEFAULT expressions' ? 'DEFAULT expression' : 'check constraint';
  throw new EdgeError('feature_not_supported', `cannot use subquery in ${what}`);
}

function isVolatileExpr(expr: Expr): boolean {
  return contains(
    expr,
    (inner) =>
      (inner.kind === 'call' && inner.signature.volatility === 'volatile') ||
      (inner.kind === 'sql' && inner.volatile),
  );
}

function startAnalysis(catalog: Catalog): Analysis {
  return createAnalysis({ role: 'admin', catalog }, []);
}

const NO_TABLES: Catalog = { version: 0, tables: new Map() };

function defaultExpr(
  parse: Parse,
  text: string,
  catalog: Catalog,
): { analysis: Analysis; expr: Expr } {
  const analysis = startAnalysis(catalog);
  const scope = new Scope(analysis);
  const node = expressionNode(parse, text);
  try {
    const expr = analyseExpression(scope, node, 'DEFAULT expressions');
    refuseSubqueries(expr, 'DEFAULT expressions');
    return { analysis, expr };
  } catch (error) {
    if (error instanceof EdgeError && error.condition === 'undefined_column') {
      throw new EdgeError(
        'feature_not_supported',
        'cannot use column reference in DEFAULT expression',
      );
    }
    throw error;
  }
}

/** The columns of the base as a row text names them: bare, quoted. */
function bareColumns(expr: Expr): Expr {
  switch (expr.kind) {
    case 'column':
      return {
        kind: 'sql',
        type: expr.type,
        form: expr.form,
        location: expr.location,
        parts: [`"${expr.column.printed.replaceAll('"', '""')}"`],
        leakproof: true,
        volatile: false,
      };
    case 'sql':
      return {
        ...expr,
        parts: expr.parts.map((part) => (typeof part === 'string' ? part : bareColumns(part))),
      };
    case 'call':
      return { ...expr, args: expr.args.map(bareColumns) };
    default:
      return expr;
  }
}

/** What the catalog asks of the analyser, over this parser. */
export function createExpressionSupport(parse: Parse): ExpressionSupport {
  return {
    parse,
    printDefault(column: Column, _table: Table, catalog: Catalog): string {
      if (column.defaultText === null) return 'NULL';
      const { analysis, expr } = defaultExpr(parse, column.defaultText, catalog);
      return printExpression(
        coerceForAssignment(analysis, expr, column.type, column.form, column.name),
      );
    },
    printCheck(check: CheckConstraint, table: Table, catalog: Catalog): string {
      const scope = new Scope(startAnalysis(catalog));
      addTable(scope, table, null);
      const node = expressionNode(parse, check.text);
      const expr = scope.within('check constraints', () => analyseBoolean(scope, node, 'CHECK'));
      refuseSubqueries(expr, 'check constraints');
      return printExpression(bareColumns(expr));
    },
    isVolatile(defaultText: string): boolean {
      return isVolatileExpr(defaultExpr(parse, defaultText, NO_TABLES).expr);
    },
  };
}
