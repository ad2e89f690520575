/**
 * The select list: star expansion, and the names that PostgreSQL gives to columns without one.
 */

import type { ColumnRef } from '@pgsql/types';
import { errorAt, refuse } from './analysis.ts';
import { settleUnknown } from './coerce.ts';
import { asNode, locationOf, type Node, namesOf, required, tagOf } from './nodes.ts';
import { analyseExpression } from './recursion.ts';
import type { Clause, Scope } from './scope.ts';
import type { Target } from './tree.ts';

const UNNAMED = '?column?';

interface Figured {
  readonly name: string;
  /** 2: a column or a call; 1: a cast or CASE; 0: nothing. */
  readonly strength: 0 | 1 | 2;
}

const NOTHING: Figured = { name: UNNAMED, strength: 0 };

function strong(name: string): Figured {
  return { name, strength: 2 };
}

const VALUE_FUNCTION_NAMES: Readonly<Record<string, string>> = {
  CURRENT_TIME_N: 'current_time',
  CURRENT_TIMESTAMP_N: 'current_timestamp',
  LOCALTIME_N: 'localtime',
  LOCALTIMESTAMP_N: 'localtimestamp',
};

function figureSublink(node: Node): Figured {
  const link = asNode(node, 'SubLink');
  switch (link?.subLinkType) {
    case 'EXISTS_SUBLINK':
      return strong('exists');
    case 'ARRAY_SUBLINK':
      return strong('array');
    case 'EXPR_SUBLINK': {
      let select = asNode(link.subselect, 'SelectStmt');
      while (select?.larg !== undefined) select = select.larg;
      const target = asNode(select?.targetList?.[0], 'ResTarget');
      if (target?.name !== undefined) return strong(target.name);
      if (target?.val !== undefined) return strong(figure(target.val).name);
      return strong('column1');
    }
    default:
      return NOTHING;
  }
}

/** PostgreSQL's FigureColname. */
function figure(node: Node): Figured {
  switch (tagOf(node)) {
    case 'ColumnRef': {
      const names = namesOf(asNode(node, 'ColumnRef')?.fields).filter((name) => name !== '');
      const last = names.at(-1);
      return last === undefined ? NOTHING : strong(last);
    }
    case 'A_Indirection': {
      const body = asNode(node, 'A_Indirection');
      const field = (body?.indirection ?? []).findLast((step) => asNode(step, 'String'));
      if (field !== undefined) return strong(asNode(field, 'String')?.sval ?? UNNAMED);
      return figure(required(body?.arg));
    }
    case 'FuncCall':
      return strong(namesOf(asNode(node, 'FuncCall')?.funcname).at(-1) ?? UNNAMED);
    case 'A_Expr':
      return asNode(node, 'A_Expr')?.kind === 'AEXPR_NULLIF' ? strong('nullif') : NOTHING;
    case 'TypeCast': {
      const body = asNode(node, 'TypeCast');
      const inner = figure(required(body?.arg));
      if (inner.strength > 1) return inner;
      const typeName = namesOf(body?.typeName?.names).at(-1);
      return typeName === undefined ? inner : { name: typeName, strength: 1 };
    }
    case 'CollateClause':
      return figure(required(asNode(node, 'CollateClause')?.arg));
    case 'GroupingFunc':
      return strong('grouping');
    case 'SubLink':
      return figureSublink(node);
    case 'CaseExpr': {
      const otherwise = asNode(node, 'CaseExpr')?.defresult;
      const inner = otherwise === undefined ? NOTHING : figure(otherwise);
      return inner.strength > 1 ? inner : { name: 'case', strength: 1 };
    }
    case 'A_ArrayExpr':
      return strong('array');
    case 'RowExpr':
      return strong('row');
    case 'CoalesceExpr':
      return strong('coalesce');
    case 'MinMaxExpr':
      return strong(asNode(node, 'MinMaxExpr')?.op === 'IS_LEAST' ? 'least' : 'greatest');
    case 'SQLValueFunction': {
      const op = (asNode(node, 'SQLValueFunction')?.op ?? '').replace('SVFOP_', '');
      return strong(VALUE_FUNCTION_NAMES[op] ?? op.toLowerCase());
    }
    default:
      return NOTHING;
  }
}

/** The column name PostgreSQL gives this expression. */
export function figureColumnName(node: Node): string {
  return figure(node).name;
}

function isStar(node: Node): ColumnRef | null {
  const column = asNode(node, 'ColumnRef');
  const last = column?.fields?.at(-1);
  return column !== undefined && asNode(last, 'A_Star') !== undefined ? column : null;
}

function expandStar(scope: Scope, star: ColumnRef): readonly Target[] {
  const location = star.location ?? 0;
  const qualifiers = namesOf(star.fields).slice(0, -1);
  if (qualifiers.length === 0) {
    const items = scope.items.filter((item) => item.columnsVisible);
    if (items.length === 0) {
      throw errorAt('syntax_error', 'SELECT * with no tables specified is not valid', location);
    }
    return items.flatMap((item) =>
      item.columns.map(({ name, expr }) => ({ name, expr: { ...expr, location }, hidden: false })),
    );
  }
  const relation = qualifiers.at(-1) ?? '';
  const schema = qualifiers.length > 1 ? (qualifiers.at(-2) ?? null) : null;
  const item = scope.findItem(schema, relation, location);
  return item.columns.map(({ name, expr }) => ({
    name,
    expr: { ...expr, location },
    hidden: false,
  }));
}

/**
 * A select list or RETURNING list.
 * @param settle read untyped literals as text; false where a UNION or INSERT decides later
 */
export function analyseTargetList(
  scope: Scope,
  nodes: readonly Node[],
  clause: Clause = 'SELECT',
  settle = true,
): readonly Target[] {
  return scope.within(clause, () =>
    nodes.flatMap((node) => {
      const target = asNode(node, 'ResTarget');
      if (target?.val === undefined) throw refuse(tagOf(node), locationOf(node));
      const star = isStar(target.val);
      if (star !== null) return expandStar(scope, star);
      if ((target.indirection ?? []).length > 0) throw refuse('indirection', locationOf(node));
      const expr = analyseExpression(scope, target.val);
      return [
        {
          name: target.name ?? figureColumnName(target.val),
          expr: settle ? settleUnknown(scope.analysis, expr) : expr,
          hidden: false,
        },
      ];
    }),
  );
}
