/**
 * Makes tree nodes: constants, SQLite text around expressions, conversions of storage form, calls. The
 * spelling of each comes from `functions/printing.ts`; here it is only cut apart so that the expressions
 * inside stay expressions until they are printed.
 */
import { OID } from '../../types/oids.ts';
import { type PgType, PLAIN, type SqlValue, type StorageForm } from '../../types/storage.ts';
import { printScaledToPlain } from '../functions/signatures.ts';
import type { Resolved } from './resolve.ts';
import type { CallExpr, ConstExpr, Expr, SqlExpr } from './tree.ts';

/** A type without modifier. */
export function plainType(oid: number): PgType {
  return { oid, typmod: -1 };
}

export const BOOL: PgType = plainType(OID.bool);

/** A value that is known when the statement is analysed. */
export function constant(oid: number, value: SqlValue, location: number): ConstExpr {
  return { kind: 'const', type: plainType(oid), form: PLAIN, location, value };
}

interface SqlOptions {
  readonly form?: StorageForm;
  readonly leakproof?: boolean;
  readonly volatile?: boolean;
  readonly connective?: 'AND' | 'OR';
}

/** SQLite text with expressions in it. */
export function sqlExpr(
  type: PgType,
  parts: readonly (string | Expr)[],
  location: number,
  options: SqlOptions = {},
): SqlExpr {
  return {
    kind: 'sql',
    type,
    form: options.form ?? PLAIN,
    location,
    parts,
    leakproof: options.leakproof ?? false,
    volatile: options.volatile ?? false,
    ...(options.connective === undefined ? {} : { connective: options.connective }),
  };
}

// Private-use characters cannot be part of what the printing functions add.
const MARK_START = '\u{f0000}';
const MARK_END = '\u{f0001}';
const MARK = /\u{f0000}(\d+)\u{f0001}/u;

/**
 * Cuts a printed text apart: `print` gets a stand-in for each expression and returns the text around them.
 */
export function weave(
  exprs: readonly Expr[],
  print: (...stand: readonly string[]) => string,
): readonly (string | Expr)[] {
  const text = print(...exprs.map((_, index) => `${MARK_START}${index}${MARK_END}`));
  return text.split(MARK).map((piece, index) => {
    if (index % 2 === 0) return piece;
    const expr = exprs[Number(piece)];
    if (expr === undefined) throw new Error('a stand-in without expression');
    return expr;
  });
}

/** The value as plain numeric text where it is a scaled integer; anything else as it is. */
export function toPlain(expr: Expr): Expr {
  if (expr.form.kind === 'plain') return expr;
  const { scale } = expr.form;
  return sqlExpr(
    expr.type,
    weave([expr], (value = '') => printScaledToPlain(value, scale)),
    expr.location,
    { leakproof: true },
  );
}

/** A resolved function or operator call; arguments already have the resolved types. */
export function callExpr(resolved: Resolved, args: readonly Expr[], location: number): CallExpr {
  return {
    kind: 'call',
    type: plainType(resolved.result),
    form: PLAIN,
    location,
    signature: resolved.signature,
    args: args.map(toPlain),
  };
}

/** Conditions of which the first that decides ends it, as PostgreSQL evaluates AND and OR. */
export function connected(
  connective: 'AND' | 'OR',
  conditions: readonly Expr[],
  location: number,
): SqlExpr {
  return joined(BOOL, '(', conditions, ` ${connective} `, ')', location, {
    leakproof: true,
    connective,
  });
}

/** `(a AND b AND ...)`; nothing for none. */
export function conjunction(parts: readonly Expr[], location: number): Expr {
  const [first] = parts;
  if (first === undefined) return constant(OID.bool, 1n, location);
  if (parts.length === 1) return first;
  return connected('AND', parts, location);
}

/** Expressions with a separator between them. */
export function joined(
  type: PgType,
  open: string,
  exprs: readonly Expr[],
  separator: string,
  close: string,
  location: number,
  options: SqlOptions = { leakproof: true },
): SqlExpr {
  const parts = exprs.flatMap((expr, index) => (index === 0 ? [expr] : [separator, expr]));
  return sqlExpr(type, [open, ...parts, close], location, options);
}

/** Where an expression begins: what PostgreSQL's errors about a whole expression point at. */
export function leftmost(expr: Expr): number {
  const inside =
    expr.kind === 'sql'
      ? expr.parts.filter((part) => typeof part !== 'string')
      : expr.kind === 'call'
        ? expr.args
        : expr.kind === 'subquery'
          ? expr.test
          : [];
  const locations = [expr.location, ...inside.map(leftmost)].filter((location) => location >= 0);
  return locations.length === 0 ? -1 : Math.min(...locations);
}

/** True where both print to the same text: PostgreSQL's equal() for GROUP BY and ORDER BY. */
export function sameExpr(left: Expr, right: Expr): boolean {
  if (left === right) return true;
  if (left.kind !== right.kind || left.type.oid !== right.type.oid) return false;
  switch (left.kind) {
    case 'const':
      return right.kind === 'const' && left.value === right.value;
    case 'param':
      return right.kind === 'param' && left.index === right.index;
    case 'column':
      return (
        right.kind === 'column' && left.relation === right.relation && left.column === right.column
      );
    case 'sql':
      return right.kind === 'sql' && sameParts(left.parts, right.parts);
    case 'call':
      return (
        right.kind === 'call' &&
        left.signature === right.signature &&
        sameList(left.args, right.args)
      );
    case 'aggregate':
      return (
        right.kind === 'aggregate' &&
        left.signature === right.signature &&
        left.distinct === right.distinct &&
        sameList(left.args, right.args) &&
        left.over === null &&
        right.over === null &&
        left.orderBy.length === 0 &&
        right.orderBy.length === 0 &&
        sameOptional(left.filter, right.filter)
      );
    case 'subquery':
      return false;
  }
}

function sameOptional(left: Expr | null, right: Expr | null): boolean {
  if (left === null || right === null) return left === right;
  return sameExpr(left, right);
}

function sameList(left: readonly Expr[], right: readonly Expr[]): boolean {
  return (
    left.length === right.length &&
    left.every((expr, index) => {
      const other = right[index];
      return other !== undefined && sameExpr(expr, other);
    })
  );
}

function sameParts(left: readonly (string | Expr)[], right: readonly (string | Expr)[]): boolean {
  return (
    left.length === right.length &&
    left.every((part, index) => {
      const other = right[index];
      if (typeof part === 'string' || typeof other === 'string') return part === other;
      return other !== undefined && sameExpr(part, other);
    })
  );
}
