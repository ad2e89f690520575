/**
 * The insert of one row as one SQLite statement: what a sale is. Only where every value is a parameter, a
 * constant, a default or a moment of the session's clock, so that the text holds nothing that the user
 * wrote: constants become binds, and conversions around them are ours.
 */
import type { Expr } from '../analyse/tree.ts';
import { quoteName } from '../catalog/layout.ts';
import type { Table } from '../catalog/model.ts';
import { printExpression } from '../print/expressions.ts';
import type { FastBind, FastInsert, ReturningSteps, ValueSource } from './steps.ts';
import { columnAt, insertText } from './target.ts';

/** The expression over binds of its own, or null where it is not plain enough. */
function overBinds(expr: Expr, binds: FastBind[]): Expr | null {
  switch (expr.kind) {
    case 'const':
    case 'param': {
      const bind: FastBind =
        expr.kind === 'const'
          ? { kind: 'constant', value: expr.value }
          : { kind: 'parameter', index: expr.index };
      const index = binds.push(bind);
      const { type, form, location } = expr;
      return { kind: 'param', index, type, form, location };
    }
    case 'call':
      // now() and its like; anything with arguments is an expression of the user's.
      return expr.args.length === 0 && expr.signature.volatility !== 'volatile' ? expr : null;
    case 'sql': {
      const inner = expr.parts.filter((part) => typeof part !== 'string');
      if (expr.volatile || inner.length > 1) return null;
      const parts: (string | Expr)[] = [];
      for (const part of expr.parts) {
        const bound = typeof part === 'string' ? part : overBinds(part, binds);
        if (bound === null) return null;
        parts.push(bound);
      }
      return { ...expr, parts };
    }
    default:
      return null;
  }
}

function isBare(expr: Expr | undefined): boolean {
  return expr?.kind === 'param' || expr?.kind === 'const';
}

interface FastParts {
  readonly table: Table;
  readonly stored: readonly number[];
  readonly values: readonly ValueSource[];
  readonly row: readonly Expr[];
  readonly conflictText: string;
  readonly returning: ReturningSteps | null;
}

/** The fast form of an insert of one row by a merchant, or null where there is none. */
export function fastInsert(parts: FastParts): FastInsert | null {
  const { table, stored, values, row, returning } = parts;
  if (table.columns.some((column) => column.writeOnly !== undefined)) return null;
  if (returning !== null && returning.plain === null) return null;
  const binds: FastBind[] = [];
  const texts = new Map<number, string>();
  let tenantAt = -1;
  for (const index of stored) {
    const source = values[index] ?? { kind: 'null' };
    const isTenant = columnAt(table, index).name === table.tenantColumn;
    if (source.kind === 'output') {
      const expr = row[source.index];
      // The merchant is compared by the executor, so that it must be at hand as it stands.
      if (expr === undefined || (isTenant && !isBare(expr))) return null;
      if (isTenant) tenantAt = binds.length;
      const bound = overBinds(expr, binds);
      if (bound === null) return null;
      texts.set(index, printExpression(bound));
    } else {
      const text = knownText(table, source);
      if (text === null) return null;
      texts.set(index, text);
    }
  }
  const insert = insertText(table, stored, (index) => texts.get(index) ?? 'NULL');
  const returns = (returning?.plain ?? [])
    .map((index) => {
      const column = columnAt(table, index);
      // A row that is just being written is not in the cloud yet.
      return column.computed === null ? quoteName(column.name) : '0';
    })
    .join(', ');
  return {
    sql: insert + parts.conflictText + (returns === '' ? '' : ` RETURNING ${returns}`),
    binds,
    returns: returns !== '',
    tenantAt,
  };
}

function knownText(table: Table, source: ValueSource): string | null {
  switch (source.kind) {
    case 'merchant':
      return 'helios_merchant()';
    case 'identity':
      return `helios_nextval(${table.oid})`;
    case 'null':
      return 'NULL';
    default:
      return null;
  }
}
