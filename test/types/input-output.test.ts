/**
 * Texts read and written by our input and output functions, side by side with the reference PostgreSQL:
 * values, SQLSTATEs and messages must be the same.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EdgeError } from '../../edge/errors.ts';
import { textToValue, valueToText } from '../../edge/types/input-output.ts';
import { typeByName } from '../../edge/types/type-info.ts';
import type { Reference } from './reference.ts';
import { openReference, REFERENCE_URL } from './reference.ts';
import { VALUE_TEXTS } from './value-texts.ts';

const settings = { timeZone: 'America/New_York', now: 0n };

function ours(typeName: string, text: string): string {
  const oid = typeByName(typeName)?.oid ?? 0;
  try {
    return valueToText(oid, textToValue({ oid, typmod: -1 }, text, settings), settings);
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return `!${error.sqlstate} ${error.message}`;
  }
}

describe.skipIf(REFERENCE_URL === undefined)('input and output against PostgreSQL', () => {
  let reference: Reference;
  beforeAll(async () => {
    reference = await openReference(settings.timeZone);
  });
  afterAll(() => reference.close());

  for (const [typeName, texts] of Object.entries(VALUE_TEXTS)) {
    it(`${typeName} reads and writes as PostgreSQL does`, async () => {
      const typeSql = typeName === 'char' ? '"char"' : typeName;
      const expected: string[] = [];
      for (const text of texts) {
        const answer = await reference.ask(`'${text.replaceAll("'", "''")}'::${typeSql}`);
        // The cast of bool to text spells the word out; the output function does not.
        const isWord = typeName === 'bool' && /^(true|false)$/.test(answer ?? '');
        expected.push(`${text} -> ${isWord ? answer?.slice(0, 1) : answer}`);
      }
      expect(texts.map((text) => `${text} -> ${ours(typeName, text)}`)).toEqual(expected);
    });
  }
});
