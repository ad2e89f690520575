/**
 * The cloud's ledger, and any ledger held against what the terminals were told: every acknowledged sale exactly once,
 * under its merchant, to the cent; an unacknowledged one at most once; nothing else.
 */
import { request } from 'undici';
import type { Sale, SalesBook } from './seller.ts';

interface CloudRow {
  readonly merchant: string;
  readonly deleted: boolean;
  readonly data: Readonly<Record<string, string | null>>;
}

interface CloudRows {
  readonly rows: readonly CloudRow[];
}

interface CloudRefusal {
  readonly error: string;
}

/** The sales that the cloud holds. */
export async function readCloud(url: string): Promise<readonly Sale[]> {
  const answer = await request(new URL('/api/rows?table=transactions', url));
  const body = (await answer.body.json()) as CloudRows | CloudRefusal;
  // A box that lost everything has sent nothing: the cloud does not know the table.
  if ('error' in body && body.error.includes('no box has sent')) return [];
  if ('error' in body) throw new Error(`the cloud refused to show its rows: ${body.error}`);
  return body.rows
    .filter((row) => !row.deleted)
    .map((row) => ({
      merchant: row.merchant,
      reference: row.data['terminal_id'] ?? '',
      amount: row.data['amount'] ?? '',
    }));
}

/** What is wrong between what terminals were told and what is held; empty when nothing is. */
export function judge(book: SalesBook, held: readonly Sale[], where = 'the cloud'): string[] {
  const violations: string[] = [];
  const seen = new Map<string, number>();
  for (const sale of held) {
    seen.set(sale.reference, (seen.get(sale.reference) ?? 0) + 1);
    const attempted = book.attempted.get(sale.reference);
    if (attempted === undefined) violations.push(`${sale.reference} was never sold`);
    else if (attempted.merchant !== sale.merchant || attempted.amount !== sale.amount) {
      violations.push(
        `${sale.reference} is ${sale.merchant} ${sale.amount}, sold as ${attempted.merchant} ${attempted.amount}`,
      );
    }
  }
  for (const [reference, count] of seen) {
    if (count > 1) violations.push(`${reference} is in ${where} ${count} times`);
  }
  for (const reference of book.acknowledged.keys()) {
    if (!seen.has(reference))
      violations.push(`${reference} was acknowledged and is lost in ${where}`);
  }
  return violations;
}
