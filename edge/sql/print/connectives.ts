/**
 * AND and OR as PostgreSQL evaluates them: from left to right, and no further than needed, so that
 * `qty <> 0 AND 10 / qty > 1` does not divide by zero. Where SQLite makes a value of them it computes both sides; a CASE
 * does not, at the price of one side written twice, the shorter one.
 *
 * What cannot raise stays bare: there nobody can tell, and SQLite's planner sees through it.
 */
import { LIMITS } from '../../limits.ts';

export type Connective = 'AND' | 'OR';

export interface Operand {
  readonly text: string;
  /** It could raise when it is computed. */
  readonly raises: boolean;
  /** Two computations may differ. */
  readonly volatile: boolean;
}

function joinTwo(word: Connective, left: Operand, right: Operand): Operand {
  const raises = left.raises || right.raises;
  const volatile = left.volatile || right.volatile;
  const plain = `(${left.text} ${word} ${right.text})`;
  const [ends, goesOn] = word === 'AND' ? ['0', '1'] : ['1', '0'];
  const twice = left.text.length < right.text.length ? left : right;
  const other = twice === left ? right : left;
  const repeated = twice.volatile ? other : twice;
  if (!right.raises || repeated.volatile || plain.length > LIMITS.connectiveCharsMax) {
    return { text: plain, raises, volatile };
  }
  // NULL does not end it: the right side may still decide.
  const text =
    repeated === left
      ? `(CASE WHEN ${word === 'AND' ? `NOT ${left.text}` : left.text} THEN ${ends} ELSE ${plain} END)`
      : `(CASE ${left.text} WHEN ${ends} THEN ${ends} WHEN ${goesOn} THEN ${right.text} ELSE (NULL ${word} ${right.text}) END)`;
  return { text, raises, volatile };
}

/** All operands behind one another. */
export function printConnective(word: Connective, operands: readonly Operand[]): string {
  const [first, ...rest] = operands;
  if (first === undefined) throw new Error('a connective without operands');
  if (!rest.some((operand) => operand.raises)) {
    return `(${operands.map((operand) => operand.text).join(` ${word} `)})`;
  }
  return rest.reduce((left, right) => joinTwo(word, left, right), first).text;
}
