/**
 * The hint of a missing column: "Perhaps you meant to reference the column ...", by PostgreSQL's own
 * measure (Levenshtein distance of at most 3 and at most half the name).
 */
import type { Relation } from './tree.ts';

const DISTANCE_MAX = 3;

function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

interface Match {
  readonly relation: string;
  readonly column: string;
}

/** Best matches so far; more than two equally good ones are none. */
class Matches {
  best = DISTANCE_MAX + 1;
  first: Match | null = null;
  second: Match | null = null;

  offer(match: Match, wanted: string, penalty: number): void {
    if (penalty > this.best) return;
    const own = distance(match.column, wanted);
    if (own > Math.floor(wanted.length / 2)) return;
    const total = own + penalty;
    if (total < this.best) {
      this.best = total;
      this.first = match;
      this.second = null;
    } else if (total === this.best) this.#tie(match, total);
  }

  #tie(match: Match, total: number): void {
    if (this.second !== null) {
      this.first = null;
      this.second = null;
      this.best = total - 1;
    } else if (this.first !== null) this.second = match;
    else if (this.best <= DISTANCE_MAX) this.first = match;
  }
}

/** The hint for a column that is not there, or null. @param relations of this query and those around it */
export function nearestColumnHint(
  relations: Iterable<Relation>,
  qualifier: string | null,
  wanted: string,
): string | null {
  const matches = new Matches();
  for (const relation of relations) {
    const name = relation.name ?? '';
    const penalty = qualifier === null ? 0 : Math.min(distance(qualifier, name), DISTANCE_MAX + 1);
    for (const column of relation.columns) {
      if (column.name === wanted && penalty === 0) {
        return `There is a column named "${wanted}" in table "${name}", but it cannot be referenced from this part of the query.`;
      }
      matches.offer({ relation: name, column: column.name }, wanted, penalty);
    }
  }
  const { first, second } = matches;
  if (first === null) return null;
  const one = `the column "${first.relation}.${first.column}"`;
  if (second === null) return `Perhaps you meant to reference ${one}.`;
  return `Perhaps you meant to reference ${one} or the column "${second.relation}.${second.column}".`;
}
