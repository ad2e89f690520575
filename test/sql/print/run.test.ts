/**
 * Printed texts, run: the answers are PostgreSQL's to the same statement over the same rows. On our side
 * every row of merchant A stands beside a canary of merchant B that no cast can read, so that each
 * statement also tries the guards and the barrier.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { EdgeError } from '../../../edge/errors.ts';
import { type CompilerParts, createCompiler } from '../../../edge/sql/create-compiler.ts';
import type { ResultColumn } from '../../../edge/sql/plan.ts';
import { textToValue, valueToText } from '../../../edge/types/input-output.ts';
import type { SqlValue } from '../../../edge/types/storage.ts';
import { CATALOG } from '../support/catalog.ts';
import {
  type Answer,
  type Case,
  canonical,
  readAnswers,
  readCorpus,
} from '../support/reference.ts';
import { fillBare } from '../support/rows.ts';
import { type Bare, openBare } from '../support/sqlite.ts';

const folder = new URL('.', import.meta.url).pathname;
const answers = readAnswers(`${folder}run.json`);
const SETTINGS = { timeZone: 'UTC', now: 800_000_000_000_000n };

/** What we refuse, by the construct named. */
const REFUSED = new Set([
  'select 1 as a union select 2 order by a + 1',
  'select sales from sales',
  "select json_agg(id), jsonb_agg(note), json_build_object('a', 1), to_json(note), row_to_json(sales) from sales",
  'select * from sales tablesample system (1)',
  'select * from sales s, lateral (select * from products p where p.id = s.id) q',
  'select ctid from sales',
]);

let compiler: CompilerParts;
let bare: Bare;
beforeAll(async () => {
  compiler = await createCompiler();
  bare = await openBare();
  fillBare(bare);
});

function shown(column: ResultColumn, value: SqlValue): string | null {
  if (value === null) return null;
  if (column.form.kind === 'plain') return valueToText(column.type.oid, value, SETTINGS);
  const { scale } = column.form;
  const digits = String(value)
    .replace('-', '')
    .padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return String(value).startsWith('-') ? `-${text}` : text;
}

function bound(value: unknown, oid: number): SqlValue {
  if (value === null) return null;
  const text = Array.isArray(value) ? `{${value.join(',')}}` : String(value);
  return textToValue({ oid, typmod: -1 }, text, SETTINGS);
}

function answerOf({ text, params }: Case): Answer {
  try {
    const [statement] = compiler.parse(text);
    if (statement === undefined) throw new Error('no statement');
    const plan = compiler.analyse(statement, [], { role: 'merchant', catalog: CATALOG });
    if (plan.program.kind !== 'query') throw new Error('no query');
    const binds = params.map((value, index) => bound(value, plan.parameterTypes[index] ?? 0));
    const columns = plan.columns ?? [];
    const rows = bare.run(plan.program.sql, binds);
    return {
      columns: columns.map(({ name, type }) => `${name}:${type.oid}:${type.typmod}`),
      rows: rows.map((row) => columns.map((column, index) => shown(column, row[index] ?? null))),
    };
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    const { position } = error.fields;
    return {
      error: {
        code: error.sqlstate,
        message: error.message,
        ...(position === undefined ? {} : { position }),
      },
    };
  }
}

function comparable(text: string, answer: Answer | undefined): Answer {
  if (answer?.error === undefined) return canonical(text, answer ?? {});
  const { hint: _, detail: __, ...error } = answer.error;
  return { error };
}

describe('printQuery', () => {
  for (const one of readCorpus(`${folder}run.sql`)) {
    test(`answers as PostgreSQL: ${one.line}`, () => {
      const ours = comparable(one.text, answerOf(one));
      if (REFUSED.has(one.text)) expect(ours.error?.code).toBe('0A000');
      else expect(ours).toEqual(comparable(one.text, answers.get(one.line)));
    });
  }
});
