/**
 * Random SELECTs over two tenant tables: filters, joins, grouping, sorting with limits, subqueries, set
 * operations, WITH and WITH RECURSIVE. Predicates raise on the neighbour's values and on no others, so that
 * a look at its rows shows as an error. Where a query has a LIMIT it sorts by everything it gives.
 */
import fc from 'fast-check';

/** Values that only the neighbour's rows hold. */
export const FOREIGN = { number: 666, text: 'foreign' } as const;

/** What can stand in FROM: its text, and what its columns are called. */
interface Source {
  readonly sql: string;
  readonly number: string;
  readonly text: string;
}

type Pred =
  | { readonly kind: 'compare' | 'null' | 'like' | 'trap' | 'arithmetic'; readonly n: number }
  | { readonly kind: 'exists' | 'in' | 'scalar'; readonly inner: Pred; readonly linked: boolean }
  | { readonly kind: 'and' | 'or'; readonly left: Pred; readonly right: Pred }
  | { readonly kind: 'not'; readonly inner: Pred };

type From =
  | { readonly kind: 'table'; readonly sales: boolean }
  | { readonly kind: 'query'; readonly query: Query; readonly common: boolean }
  | {
      readonly kind: 'join';
      readonly left: From;
      readonly right: From;
      readonly how: number;
      readonly on: Pred;
    };

interface Query {
  readonly from: From;
  readonly where: Pred;
  readonly shape: 'plain' | 'distinct' | 'grouped' | 'limited' | 'union' | 'except' | 'recursive';
  readonly n: number;
}

const { query } = fc.letrec<{ pred: Pred; from: From; query: Query }>((tie) => ({
  pred: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.record({
      kind: fc.constantFrom(
        'compare' as const,
        'null' as const,
        'like' as const,
        'trap' as const,
        'arithmetic' as const,
      ),
      n: fc.nat(4),
    }),
    fc.record({
      kind: fc.constantFrom('exists' as const, 'in' as const, 'scalar' as const),
      inner: tie('pred'),
      linked: fc.boolean(),
    }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      left: tie('pred'),
      right: tie('pred'),
    }),
    fc.record({ kind: fc.constant('not' as const), inner: tie('pred') }),
  ) as fc.Arbitrary<Pred>,
  from: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.record({ kind: fc.constant('table' as const), sales: fc.boolean() }),
    fc.record({ kind: fc.constant('query' as const), query: tie('query'), common: fc.boolean() }),
    fc.record({
      kind: fc.constant('join' as const),
      left: tie('from'),
      right: tie('from'),
      how: fc.nat(3),
      on: tie('pred'),
    }),
  ) as fc.Arbitrary<From>,
  query: fc.record({
    from: tie('from'),
    where: tie('pred'),
    shape: fc.constantFrom(
      'plain',
      'distinct',
      'grouped',
      'limited',
      'union',
      'except',
      'recursive',
    ),
    n: fc.nat(4),
  }) as fc.Arbitrary<Query>,
}));

let names = 0;
const fresh = (): string => `t${++names}`;

function tableSource(sales: boolean): Source {
  const alias = fresh();
  return sales
    ? { sql: `sales ${alias}`, number: `${alias}.qty`, text: `${alias}.note` }
    : { sql: `products ${alias}`, number: `${alias}.stock`, text: `${alias}.name` };
}

function printPred(of: Pred, on: Source): string {
  switch (of.kind) {
    case 'compare':
      return `${on.number} ${['<', '<=', '=', '>', '<>'][of.n]} 2`;
    case 'null':
      return `${on.text} is ${of.n % 2 === 0 ? '' : 'not '}null`;
    case 'like':
      return `${on.text} like '${'abcde'[of.n]}%'`;
    case 'trap':
      return of.n % 2 === 0
        ? `10 / (${on.number} - ${FOREIGN.number}) <= 0`
        : `1 / (case when ${on.text} = '${FOREIGN.text}' then 0 else 1 end) = 1`;
    case 'arithmetic':
      return `${on.number} * ${of.n} + 1 > ${on.number} + 2`;
    case 'exists':
    case 'in':
    case 'scalar': {
      const inner = tableSource(false);
      const linked = of.linked ? ` and ${inner.number} = ${on.number}` : '';
      const rest = `from ${inner.sql} where ${printPred(of.inner, inner)}${linked}`;
      if (of.kind === 'exists') return `exists (select 1 ${rest})`;
      if (of.kind === 'in') return `${on.text} in (select ${inner.text} ${rest})`;
      return `(select count(*) ${rest}) > 1`;
    }
    case 'and':
    case 'or':
      return `(${printPred(of.left, on)} ${of.kind} ${printPred(of.right, on)})`;
    case 'not':
      return `not (${printPred(of.inner, on)})`;
  }
}

const JOINS = ['join', 'left join', 'right join', 'full join'] as const;

function printFrom(of: From): Source {
  if (of.kind === 'table') return tableSource(of.sales);
  const alias = fresh();
  const source = { number: `${alias}.num`, text: `${alias}.txt` };
  if (of.kind === 'query') {
    const inner = printQuery(of.query);
    const sql = of.common
      ? `(with w as (${inner}) select num, txt from w) ${alias}`
      : `(${inner}) ${alias}`;
    return { ...source, sql };
  }
  const left = printFrom(of.left);
  const right = printFrom(of.right);
  // PostgreSQL has FULL JOIN for mergeable conditions only.
  const on = `${left.number} = ${right.number}${of.how === 3 ? '' : ` and ${printPred(of.on, right)}`}`;
  const columns = `coalesce(${left.number}, ${right.number}) as num, coalesce(${right.text}, ${left.text}) as txt`;
  const sql = `(select ${columns} from ${left.sql} ${JOINS[of.how]} ${right.sql} on ${on}) ${alias}`;
  return { ...source, sql };
}

function printQuery(of: Query): string {
  const on = printFrom(of.from);
  const where = printPred(of.where, on);
  const plain = `select ${on.number} as num, ${on.text} as txt from ${on.sql} where ${where}`;
  switch (of.shape) {
    case 'plain':
      return plain;
    case 'distinct':
      return plain.replace('select', 'select distinct');
    case 'grouped':
      return (
        `select max(${on.number}) as num, ${on.text} as txt from ${on.sql} where ${where} ` +
        `group by ${on.text} having count(*) > ${of.n % 2}`
      );
    case 'limited':
      return `select num, txt from (${plain}) ${fresh()} order by num, txt limit ${of.n} offset ${of.n % 2}`;
    case 'union':
    case 'except': {
      const other = tableSource(of.n % 2 === 0);
      const operator = of.shape === 'union' && of.n > 2 ? 'union all' : of.shape;
      return `(${plain}) ${operator} select ${other.number}, ${other.text} from ${other.sql}`;
    }
    case 'recursive': {
      const step = tableSource(false);
      return (
        `with recursive w(num, txt) as (select num, txt from (${plain}) ${fresh()} union ` +
        `select ${step.number}, ${step.text} from ${step.sql}, w where ${step.number} = w.num + 1) select num, txt from w`
      );
    }
  }
}

/** A statement, with totals over money at its top now and then. */
export const randomSelects: fc.Arbitrary<string> = fc.tuple(query, fc.nat(5)).map(([of, top]) => {
  const text = printQuery(of);
  if (top > 1) return text;
  return top === 0
    ? `select count(*), sum(q.num), min(q.txt), sum(s.amount), max(p.price) from (${text}) q ` +
        'left join sales s on s.qty = q.num left join products p on p.name = q.txt'
    : `select q.txt, count(*), sum(s.amount) from (${text}) q join sales s on s.qty = q.num group by q.txt`;
});
