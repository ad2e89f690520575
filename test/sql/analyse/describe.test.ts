/**
 * The analyser against PostgreSQL's own answers to Parse and Describe: names, types, modifiers, parameter
 * types, and errors with SQLSTATE, text, position and hint. What we refuse with 0A000 is listed, so that
 * nothing joins it unnoticed.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { EdgeError } from '../../../edge/errors.ts';
import { type CompilerParts, createCompiler } from '../../../edge/sql/create-compiler.ts';
import { CATALOG } from '../support/catalog.ts';
import { type Answer, readAnswers, readCorpus } from '../support/reference.ts';

const folder = new URL('.', import.meta.url).pathname;
const answers = readAnswers(`${folder}describe.json`);

const REFUSED = new Set([
  'select 1 as a union select 2 order by a + 1',
  'select sales from sales',
  "select json_agg(id), jsonb_agg(note), json_build_object('a', 1), to_json(note), row_to_json(sales) from sales",
  'select * from sales tablesample system (1)',
  'select * from sales s, lateral (select * from products p where p.id = s.id) q',
  'select ctid from sales',
  'select row_to_json(null)',
  'select pg_size_pretty(1)',
]);

/** Where we say the same without PostgreSQL's hint about arms of a UNION. */
const HINTLESS = new Set(['select 1 as a union select 2 as b order by b']);

let compiler: CompilerParts;
beforeAll(async () => {
  compiler = await createCompiler();
});

function answerOf(text: string): Answer {
  try {
    const [statement] = compiler.parse(text);
    if (statement === undefined) throw new Error('no statement');
    const plan = compiler.analyse(statement, [], { role: 'merchant', catalog: CATALOG });
    return {
      params: plan.parameterTypes,
      columns: plan.columns?.map(({ name, type }) => `${name}:${type.oid}:${type.typmod}`) ?? null,
    };
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    const { position, hint, detail } = error.fields;
    return {
      error: {
        code: error.sqlstate,
        message: error.message,
        ...(position === undefined ? {} : { position }),
        ...(hint === undefined ? {} : { hint }),
        ...(detail === undefined ? {} : { detail }),
      },
    };
  }
}

describe('Compiler.analyse', () => {
  for (const { line, text } of readCorpus(`${folder}describe.sql`)) {
    test(`says what PostgreSQL says: ${text}`, () => {
      const ours = answerOf(text);
      if (REFUSED.has(text)) {
        expect(ours.error?.code).toBe('0A000');
        return;
      }
      const reference = answers.get(line);
      if (HINTLESS.has(text) && reference?.error !== undefined) {
        const { hint: _, ...error } = reference.error;
        expect(ours).toEqual({ error });
        return;
      }
      expect(ours).toEqual(reference);
    });
  }
});
