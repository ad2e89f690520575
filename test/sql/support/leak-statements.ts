/**
 * Random SELECTs over the tenant tables: nested derived tables, joins, unions, WITH, subqueries, each with
 * predicates that divide by zero exactly on merchant B's rows.
 */
import fc from 'fast-check';

/** Raises on B's rows and on nothing else. */
export function trap(column: string): string {
  return `1 / (case when ${column} = 'secretB' then 0 else 1 end) = 1`;
}

interface Source {
  readonly sql: string;
  /** Qualified text column and id column. */
  readonly text: string;
  readonly id: string;
  readonly merchant: string | null;
}

let names = 0;
const fresh = (prefix: string): string => `${prefix}${++names}`;

function table(which: 0 | 1): Source {
  const alias = fresh('t');
  return which === 0
    ? {
        sql: `sales ${alias}`,
        text: `${alias}.note`,
        id: `${alias}.id`,
        merchant: `${alias}.merchant_id`,
      }
    : {
        sql: `products ${alias}`,
        text: `${alias}.name`,
        id: `${alias}.id`,
        merchant: `${alias}.merchant_id`,
      };
}

type Shape =
  | { readonly kind: 'table'; readonly which: 0 | 1 }
  | {
      readonly kind: 'derived';
      readonly inner: Shape;
      readonly where: Pred;
      readonly style: number;
    }
  | {
      readonly kind: 'join';
      readonly left: Shape;
      readonly right: Shape;
      readonly how: number;
      readonly on: Pred;
    }
  | { readonly kind: 'union'; readonly left: Shape; readonly right: Shape };

type Pred =
  | { readonly kind: 'safe' | 'range' | 'trap' | 'cast' | 'like' | 'own' | 'constant' | 'named' }
  | {
      readonly kind: 'exists' | 'in' | 'scalar';
      readonly where: Pred;
      readonly correlated: boolean;
    }
  | { readonly kind: 'and' | 'or'; readonly left: Pred; readonly right: Pred }
  | { readonly kind: 'not'; readonly inner: Pred };

const { pred, shape } = fc.letrec<{ pred: Pred; shape: Shape }>((tie) => ({
  pred: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Pred>(
      { kind: 'safe' },
      { kind: 'range' },
      { kind: 'trap' },
      { kind: 'cast' },
      { kind: 'like' },
      { kind: 'own' },
      { kind: 'constant' },
      { kind: 'named' },
    ),
    fc.record({
      kind: fc.constantFrom('exists' as const, 'in' as const, 'scalar' as const),
      where: tie('pred'),
      correlated: fc.boolean(),
    }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      left: tie('pred'),
      right: tie('pred'),
    }),
    fc.record({ kind: fc.constant('not' as const), inner: tie('pred') }),
  ) as fc.Arbitrary<Pred>,
  shape: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({
      kind: fc.constant('table' as const),
      which: fc.constantFrom(0 as const, 1 as const),
    }),
    fc.record({
      kind: fc.constant('derived' as const),
      inner: tie('shape'),
      where: tie('pred'),
      style: fc.nat(6),
    }),
    fc.record({
      kind: fc.constant('join' as const),
      left: tie('shape'),
      right: tie('shape'),
      how: fc.nat(3),
      on: tie('pred'),
    }),
    fc.record({ kind: fc.constant('union' as const), left: tie('shape'), right: tie('shape') }),
  ) as fc.Arbitrary<Shape>,
}));

function printPred(of: Pred, on: Source): string {
  switch (of.kind) {
    case 'safe':
      return `${on.id} > 1`;
    case 'range':
      // Only B's rows and few of A's are in this range of the index over the text.
      return `${on.text} > 'r'`;
    case 'trap':
      return trap(on.text);
    case 'cast':
      return `(${on.text} || '1')::text like '%1' and ${trap(`lower(${on.text})`).replace('secretB', 'secretb')}`;
    case 'like':
      return `coalesce(${on.text}, '') like '%i%'`;
    case 'own':
      // What tempts SQLite to take the merchant column for a constant.
      return on.merchant === null ? `${on.id} > 1` : `${on.merchant} = 'A'`;
    case 'constant':
      // A constant that raises, where only B's rows may come so far as to compute it.
      return `(${on.text} > 'secretA' and ${on.text} < 't' and (${on.text} > 'zzz' or 1 / (1 - 1) = 1))`;
    case 'named':
      return `${on.text} = 'secretB' and ${trap(on.text)}`;
    case 'exists':
    case 'in':
    case 'scalar': {
      const inner = table(1);
      const link = of.correlated ? ` and ${inner.id} = ${on.id}` : '';
      const where = `${printPred(of.where, inner)}${link}`;
      if (of.kind === 'exists') return `exists (select 1 from ${inner.sql} where ${where})`;
      if (of.kind === 'in')
        return `${on.id} in (select ${inner.id} from ${inner.sql} where ${where})`;
      return `(select count(*) from ${inner.sql} where ${where}) > 0`;
    }
    case 'and':
    case 'or':
      return `(${printPred(of.left, on)} ${of.kind} ${printPred(of.right, on)})`;
    case 'not':
      return `not (${printPred(of.inner, on)})`;
  }
}

const JOINS = ['join', 'left join', 'right join', 'full join'] as const;

function printSource(of: Shape): Source {
  if (of.kind === 'table') return table(of.which);
  if (of.kind === 'join') {
    const left = printSource(of.left);
    const right = printSource(of.right);
    const alias = fresh('j');
    // A derived table around the join gives one text and one id column again.
    const on = `${left.id} = ${right.id}${of.how === 3 ? '' : ` and ${printPred(of.on, right)}`}`;
    const sql = `(select ${left.id} as id, coalesce(${left.text}, ${right.text}) as txt from ${left.sql} ${JOINS[of.how] ?? 'join'} ${right.sql} on ${on}) ${alias}`;
    return { sql, text: `${alias}.txt`, id: `${alias}.id`, merchant: null };
  }
  if (of.kind === 'union') {
    const [left, right] = [printSource(of.left), printSource(of.right)];
    const alias = fresh('u');
    const sql = `(select ${left.id} as id, ${left.text} as txt from ${left.sql} union select ${right.id}, ${right.text} from ${right.sql}) ${alias}`;
    return { sql, text: `${alias}.txt`, id: `${alias}.id`, merchant: null };
  }
  const inner = printSource(of.inner);
  const alias = fresh('d');
  const where = printPred(of.where, inner);
  const from = `from ${inner.sql} where ${where}`;
  const next = table(1);
  const step = `select ${next.id}::int8, ${next.text}::text from ${next.sql} join w on ${next.id} = w.id + 1 where ${printPred(of.where, next)} and ${trap('w.txt')}`;
  const sql = [
    `(select ${inner.id} as id, ${inner.text} as txt ${from})`,
    `(select distinct ${inner.id} as id, upper(${inner.text}) as txt ${from})`,
    `(select max(${inner.id}) as id, ${inner.text} as txt ${from} group by ${inner.text} having ${trap(inner.text)})`,
    `(with w as (select ${inner.id} as id, ${inner.text} as txt ${from}) select id, txt from w where ${trap('txt')})`,
    `(select ${inner.id} as id, case when ${trap(inner.text)} then ${inner.text} end as txt ${from})`,
    `(with recursive w(id, txt) as (select ${inner.id}::int8, ${inner.text}::text ${from} union ${step}) select id, txt from w)`,
    `(select ${inner.id} as id, l.txt from ${inner.sql}, lateral (select max(upper(${next.text})) as txt, count(*) as n from ${next.sql} where ${next.id} = ${inner.id} and ${printPred(of.where, next)} and ${trap(inner.text)}) l where l.n >= 0 and ${where})`,
  ][of.style];
  return { sql: `${sql} ${alias}`, text: `${alias}.txt`, id: `${alias}.id`, merchant: null };
}

/** Statements whose answer tells whether anything looked at B's rows. */
export const leakStatements: fc.Arbitrary<string> = fc
  .tuple(shape, pred, pred)
  .map(([from, where, output]) => {
    const source = printSource(from);
    return `select ${source.id}, ${source.text}, ${printPred(output, source)} from ${source.sql} where ${printPred(where, source)}`;
  });

/** Indexes that tempt the planner to evaluate the user's predicate before the guard's. */
export const TEMPTING_INDEXES: readonly string[] = [
  'CREATE INDEX i1 ON sales (note)',
  'CREATE INDEX i2 ON sales (merchant_id, id)',
  'CREATE INDEX i3 ON products (name, id)',
  'CREATE INDEX i4 ON sales (id, note)',
  'CREATE INDEX i5 ON products (merchant_id)',
];
