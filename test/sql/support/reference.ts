/**
 * Answers that PostgreSQL 15 gave, recorded once: the tests run where there is no PostgreSQL. Each corpus
 * `x.sql` has its answers in `x.json`, in the same order; `record.ts` writes them anew.
 */
import { readFileSync } from 'node:fs';

/** What came back: result columns as name:oid:modifier, parameter OIDs, rows as texts; or an error. */
export interface Answer {
  readonly columns?: readonly string[] | null;
  readonly params?: readonly number[];
  readonly rows?: readonly (readonly (string | null)[])[];
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly position?: number;
    readonly hint?: string;
    readonly detail?: string;
  };
}

export interface Case {
  readonly line: string;
  readonly text: string;
  readonly params: readonly unknown[];
}

/** The statements of a corpus, comments left out. */
export function readCorpus(path: string): readonly Case[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('--'))
    .map((line) => {
      const [text = '', params = '[]'] = line.split(' ;; ');
      return { line, text, params: JSON.parse(params) as unknown[] };
    });
}

/** The recorded answers of a corpus, by line. */
export function readAnswers(path: string): ReadonlyMap<string, Answer> {
  const answers = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Answer>;
  return new Map(Object.entries(answers));
}

function withoutParentheses(text: string): string {
  const shorter = text.replace(/\([^()]*\)/g, '');
  return shorter === text ? text : withoutParentheses(shorter);
}

/** Rows in a fixed order where the statement asks for none. */
export function canonical(text: string, answer: Answer): Answer {
  if (answer.rows === undefined || /\border by\b/i.test(withoutParentheses(text))) return answer;
  const rows = [...answer.rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return { ...answer, rows };
}
