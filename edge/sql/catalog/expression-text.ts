/**
 * PostgreSQL text of an expression from its raw tree: how DEFAULT and CHECK expressions are kept. Printed
 * from the tree and not cut from the query, because the grammar tells where an expression begins and not
 * where it ends, and because a renamed column must change in it.
 *
 * It knows what a DEFAULT or CHECK may sensibly hold; everything else is 0A000 at definition time.
 */
import type {
  A_Const,
  A_Expr,
  ColumnRef,
  FuncCall,
  Node,
  SQLValueFunction,
  TypeName,
} from '@pgsql/types';
import { EdgeError, notSupported } from '../../errors.ts';
import { nodeString, positionOf } from './node.ts';

/** Where an expression is kept, in PostgreSQL's words. */
export type ExpressionPlace = 'check constraint' | 'DEFAULT expression';

/** What a column reference in the text is called. */
export type ColumnNaming = (name: string, location: number) => string;

const sameName: ColumnNaming = (name) => name;

const WORD = /^[a-z_][a-z0-9_]*$/;
/** Words that may not stand bare as a column name; quoting more than needed does no harm. */
const RESERVED = new Set(
  (
    'all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case ' +
    'cast char character check coalesce collate collation column concurrently constraint create cross current_catalog ' +
    'current_date current_role current_schema current_time current_timestamp current_user dec decimal default ' +
    'deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant ' +
    'greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull join ' +
    'lateral leading least left like limit localtime localtimestamp national natural nchar none normalize not notnull ' +
    'null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary real ' +
    'references returning right row select session_user setof similar smallint some substring symmetric table ' +
    'tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic ' +
    'verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest'
  ).split(' '),
);

/** An identifier as PostgreSQL's quote_identifier prints it. */
export function quoteIdentifier(name: string): string {
  if (WORD.test(name) && !RESERVED.has(name)) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal, in E'' form where it holds a backslash. */
export function quoteLiteral(text: string): string {
  const doubled = text.replaceAll("'", "''");
  return text.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

const VALUE_FUNCTIONS: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: 'CURRENT_DATE',
  SVFOP_CURRENT_TIME: 'CURRENT_TIME',
  SVFOP_CURRENT_TIMESTAMP: 'CURRENT_TIMESTAMP',
  SVFOP_CURRENT_TIMESTAMP_N: 'CURRENT_TIMESTAMP',
  SVFOP_LOCALTIME: 'LOCALTIME',
  SVFOP_LOCALTIME_N: 'LOCALTIME',
  SVFOP_LOCALTIMESTAMP: 'LOCALTIMESTAMP',
  SVFOP_LOCALTIMESTAMP_N: 'LOCALTIMESTAMP',
  SVFOP_CURRENT_ROLE: 'CURRENT_ROLE',
  SVFOP_CURRENT_USER: 'CURRENT_USER',
  SVFOP_USER: 'USER',
  SVFOP_SESSION_USER: 'SESSION_USER',
  SVFOP_CURRENT_CATALOG: 'CURRENT_CATALOG',
  SVFOP_CURRENT_SCHEMA: 'CURRENT_SCHEMA',
};

const BOOLEAN_TESTS: Readonly<Record<string, string>> = {
  IS_TRUE: 'IS TRUE',
  IS_NOT_TRUE: 'IS NOT TRUE',
  IS_FALSE: 'IS FALSE',
  IS_NOT_FALSE: 'IS NOT FALSE',
  IS_UNKNOWN: 'IS UNKNOWN',
  IS_NOT_UNKNOWN: 'IS NOT UNKNOWN',
};

function constantText(constant: A_Const): string {
  if (constant.isnull === true) return 'NULL';
  if (constant.ival !== undefined) return String(constant.ival.ival ?? 0);
  if (constant.fval !== undefined) return constant.fval.fval ?? '0';
  if (constant.boolval !== undefined) return constant.boolval.boolval === true ? 'true' : 'false';
  if (constant.sval !== undefined) return quoteLiteral(constant.sval.sval ?? '');
  throw notSupported('a bit string in a stored expression');
}

class ExpressionPrinter {
  readonly #naming: ColumnNaming;
  readonly #place: ExpressionPlace;

  constructor(naming: ColumnNaming, place: ExpressionPlace) {
    this.#naming = naming;
    this.#place = place;
  }

  /** @param node one expression; the answer needs no parentheses around it where `atom` is asked */
  print(node: Node, atom = false): string {
    if ('A_Const' in node) {
      const text = constantText(node.A_Const);
      return atom && text.startsWith('-') ? `(${text})` : text;
    }
    if ('ColumnRef' in node) return this.#column(node.ColumnRef);
    if ('TypeCast' in node) {
      const { arg, typeName } = node.TypeCast;
      return `${this.#part(arg)}::${typeText(typeName)}`;
    }
    if ('FuncCall' in node) return this.#call(node.FuncCall);
    if ('SQLValueFunction' in node) return valueFunctionText(node.SQLValueFunction);
    if ('CoalesceExpr' in node) return `COALESCE(${this.#list(node.CoalesceExpr.args)})`;
    if ('MinMaxExpr' in node) {
      const name = node.MinMaxExpr.op === 'IS_LEAST' ? 'LEAST' : 'GREATEST';
      return `${name}(${this.#list(node.MinMaxExpr.args)})`;
    }
    if ('CaseExpr' in node) return this.#case(node.CaseExpr);
    if ('A_ArrayExpr' in node) return `ARRAY[${this.#list(node.A_ArrayExpr.elements)}]`;
    const text = this.#operator(node);
    return atom ? `(${text})` : text;
  }

  #part(node: Node | undefined): string {
    if (node === undefined) throw notSupported('this expression in a definition');
    return this.print(node, true);
  }

  #list(nodes: readonly Node[] | undefined): string {
    return (nodes ?? []).map((node) => this.print(node)).join(', ');
  }

  #column({ fields = [], location }: ColumnRef): string {
    const last = fields.at(-1);
    if (last === undefined || !('String' in last)) throw notSupported('* in a stored expression');
    return quoteIdentifier(this.#naming(nodeString(last), location ?? -1));
  }

  #call(call: FuncCall): string {
    const at = fieldsOf(call);
    if (call.over !== undefined) {
      throw new EdgeError(
        'windowing_error',
        `window functions are not allowed in ${this.#place}s`,
        at,
      );
    }
    const aggregate = [call.agg_star, call.agg_distinct, call.agg_within_group].includes(true);
    if (aggregate || call.agg_filter !== undefined || call.agg_order !== undefined) {
      throw new EdgeError(
        'grouping_error',
        `aggregate functions are not allowed in ${this.#place}s`,
        at,
      );
    }
    if (call.func_variadic === true) throw notSupported('VARIADIC in a stored expression');
    // pg_catalog is printed too: the SQL spellings (EXTRACT, TRIM) are calls of functions there.
    const name = (call.funcname ?? []).map((part) => quoteIdentifier(nodeString(part))).join('.');
    return `${name}(${this.#list(call.args)})`;
  }

  #case(node: { arg?: Node; args?: Node[]; defresult?: Node }): string {
    const parts = ['CASE'];
    if (node.arg !== undefined) parts.push(this.#part(node.arg));
    for (const when of node.args ?? []) {
      if (!('CaseWhen' in when)) continue;
      const { expr, result } = when.CaseWhen;
      parts.push(`WHEN ${this.#part(expr)} THEN ${this.#part(result)}`);
    }
    if (node.defresult !== undefined) parts.push(`ELSE ${this.#part(node.defresult)}`);
    parts.push('END');
    return parts.join(' ');
  }

  #operator(node: Node): string {
    if ('A_Expr' in node) return this.#infix(node.A_Expr);
    if ('BoolExpr' in node) {
      const args = (node.BoolExpr.args ?? []).map((arg) => this.#part(arg));
      if (node.BoolExpr.boolop === 'NOT_EXPR') return `NOT ${args[0]}`;
      return args.join(node.BoolExpr.boolop === 'AND_EXPR' ? ' AND ' : ' OR ');
    }
    if ('NullTest' in node) {
      const test = node.NullTest.nulltesttype === 'IS_NULL' ? 'IS NULL' : 'IS NOT NULL';
      return `${this.#part(node.NullTest.arg)} ${test}`;
    }
    if ('BooleanTest' in node) {
      const test = BOOLEAN_TESTS[node.BooleanTest.booltesttype ?? ''];
      return `${this.#part(node.BooleanTest.arg)} ${test}`;
    }
    if ('SubLink' in node) {
      throw new EdgeError(
        'feature_not_supported',
        `cannot use subquery in ${this.#place}`,
        fieldsOf(node.SubLink),
      );
    }
    throw notSupported(`${Object.keys(node)[0]} in a stored expression`);
  }

  #infix(expression: A_Expr): string {
    const name = (expression.name ?? []).map(nodeString).join('.');
    const left = (): string => this.#part(expression.lexpr);
    const right = (): string => this.#part(expression.rexpr);
    const both = (): readonly [string, string] => {
      const list = expression.rexpr;
      const items = list !== undefined && 'List' in list ? (list.List.items ?? []) : [];
      return [this.#part(items[0]), this.#part(items[1])];
    };
    switch (String(expression.kind)) {
      case 'AEXPR_OP':
        return expression.lexpr === undefined
          ? `${name} ${right()}`
          : `${left()} ${name} ${right()}`;
      case 'AEXPR_OP_ANY':
        return `${left()} ${name} ANY (${right()})`;
      case 'AEXPR_OP_ALL':
        return `${left()} ${name} ALL (${right()})`;
      case 'AEXPR_DISTINCT':
        return `${left()} IS DISTINCT FROM ${right()}`;
      case 'AEXPR_NOT_DISTINCT':
        return `${left()} IS NOT DISTINCT FROM ${right()}`;
      case 'AEXPR_NULLIF':
        return `NULLIF(${left()}, ${right()})`;
      case 'AEXPR_IN': {
        const items = expression.rexpr;
        const list = items !== undefined && 'List' in items ? items.List.items : undefined;
        return `${left()} ${name === '=' ? 'IN' : 'NOT IN'} (${this.#list(list)})`;
      }
      case 'AEXPR_LIKE':
        return `${left()} ${name === '~~' ? 'LIKE' : 'NOT LIKE'} ${right()}`;
      case 'AEXPR_ILIKE':
        return `${left()} ${name === '~~*' ? 'ILIKE' : 'NOT ILIKE'} ${right()}`;
      case 'AEXPR_BETWEEN':
      case 'AEXPR_NOT_BETWEEN': {
        const [low, high] = both();
        const not = expression.kind === 'AEXPR_BETWEEN' ? '' : 'NOT ';
        return `${left()} ${not}BETWEEN ${low} AND ${high}`;
      }
      default:
        throw notSupported('this operator in a stored expression');
    }
  }
}

function valueFunctionText(node: SQLValueFunction): string {
  const name = VALUE_FUNCTIONS[node.op ?? ''];
  if (name === undefined) throw notSupported('this function in a stored expression');
  const withPrecision = node.op?.endsWith('_N') === true && node.typmod !== undefined;
  return withPrecision ? `${name}(${node.typmod})` : name;
}

/** Text of a type name, as it would be written in a cast. */
export function typeText(typeName: TypeName | undefined): string {
  const names = (typeName?.names ?? []).map(nodeString);
  const name = names.map(quoteIdentifier).join('.');
  const modifiers = (typeName?.typmods ?? []).map((node) => expressionText(node)).join(', ');
  const array = (typeName?.arrayBounds ?? []).map(() => '[]').join('');
  return `${name}${modifiers === '' ? '' : `(${modifiers})`}${array}`;
}

function fieldsOf(node: { readonly location?: number }): { position?: number } {
  const position = positionOf(node);
  return position === undefined ? {} : { position };
}

/** @throws EdgeError 0A000 for what cannot be kept */
export function expressionText(
  node: Node,
  naming: ColumnNaming = sameName,
  place: ExpressionPlace = 'DEFAULT expression',
): string {
  return new ExpressionPrinter(naming, place).print(node);
}

/** A column that an expression reads, where it does so first. */
export interface ColumnUse {
  readonly name: string;
  /** 1-based, undefined where unknown. */
  readonly position: number | undefined;
}

/** The columns that an expression reads, each once. */
export function columnUses(node: Node, place: ExpressionPlace): readonly ColumnUse[] {
  const uses = new Map<string, ColumnUse>();
  const note = (name: string, location: number): string => {
    if (!uses.has(name)) uses.set(name, { name, position: positionOf({ location }) });
    return name;
  };
  new ExpressionPrinter(note, place).print(node);
  return [...uses.values()];
}

/**
 * Position by which an error within the expression is shown: its own where it is one name, call or constant.
 * An expression is analysed from its kept text, whose positions are not the query's.
 */
export function expressionPosition(node: Node): number | undefined {
  if ('ColumnRef' in node) return positionOf(node.ColumnRef);
  if ('FuncCall' in node) return positionOf(node.FuncCall);
  return 'A_Const' in node ? positionOf(node.A_Const) : undefined;
}
