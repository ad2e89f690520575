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

const CASES: Readonly<Record<string, readonly string[]>> = {
  bool: ['t', 'TRUE', ' yes ', 'of', 'o', 'on', '0', 'n', '', 'maybe', 'tru', 'truee'],
  int2: ['32767', '32768', '-32768', ' 5 ', 'abc', '', '5.0', '+7', '- 7', '99999999999999999999'],
  int4: ['2147483647', '2147483648', '-2147483648', 'abc', '1e3', '0x10', '1_000', '12 '],
  int8: ['9223372036854775807', '9223372036854775808', '-9223372036854775808', 'x'],
  oid: ['4294967295', '4294967296', '-1', '0', 'a'],
  float8: ['1', '1.5', '1e15', '1e14', '123456789012345678', '0.0001', '0.00001', '1e400', '1e-400', 'NaN', 'inf', '-Infinity', '+inf', 'abc', '', ' 1 ', '.5', '5.', '1e', '-0', '1.7976931348623157e308', '5e-324', '0.1', '100000000000000000000000', '1e-5', '3.14159265358979'],
  float4: ['1', '1.1', '1e6', '999999', '16777217', '3.4e38', '3.5e39', '1e-50', 'NaN', '0.1', '123456.789', '1e-5', '1.17549435e-38'],
  numeric: ['1', '1.50', '-0', '-0.00', '1e5', '1.5e-3', '1e-5', '  12.3  ', 'NaN', 'nan', 'inf', '-Infinity', '+infinity', 'abc', '', '.', '.5', '5.', '1.2.3', '1e', '000123.4500', '1e131071', '1e131072', '123456789012345678901234567890.123456789', '+5', '1e-16383', '1e-16384', '1 2'],
  text: ['', 'é', 'a\\b', "it''s"],
  char: ['a', '', 'ab'],
  name: ['abc', 'x'.repeat(70), 'é'.repeat(40)],
  uuid: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'A0EEBC999C0B4EF8BB6D6BB9BD380A11', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', 'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11', 'abc', '', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  bytea: ['\\xdeadBEEF', '\\xde ad', '\\xg', '\\xabc', 'abc', 'a\\\\b', 'a\\001b', 'a\\8', '\\', '', '\\x'],
  date: ['2024-05-01', '2024-5-1', '20240501', '05/01/2024', '5/1/24', 'May 1, 2024', '1 May 2024', '2024-May-01', 'May-01-2024', '2024-02-30', '2024-13-01', '2024-00-10', '2024-01-32', 'abc', '', 'infinity', '-infinity', 'epoch', '0001-01-01 BC', '0044-03-15 BC', '4714-11-24 BC', '4714-11-23 BC', '5874897-12-31', '5874898-01-01', '2024-05-01 10:00:00', '2024-05-01T10:00:00Z', 'J2451187', '13/13/2024', '99-01-08', 'January 8, 1999', 'Sat Jan 8 1999', '0000-01-01', '2024-06-31', '1/8/1999', '1999/01/08', '1999.01.08', '08-Jan-99', '2024', '2024-05'],
  time: ['10:30', '10:30:15.5', '04:05:06.789123', '24:00:00', '24:00:01', '25:00', '10:60', '10:30:61', '10:30 PM', '12:00 AM', '12:30 pm', '13:00 PM', 'abc', '', '040506', '10:30:60', '10:30+02', 'allballs', '2024-01-01 10:00', '04:05:06.7891234'],
  timestamp: ['2024-05-01 10:30:00', '2024-05-01', '2024-05-01T10:30:00.123456', '2024-05-01 10:30:00.1234567', '2024-05-01 10:30:00+05', '2024-05-01 24:00:00', '2024-05-01 25:00:00', '2024-02-30 00:00', 'abc', 'infinity', '-infinity', 'epoch', '294276-12-31 23:59:59', '294277-01-01', '20240501T103000', '2024-05-01 10:30 PM', 'May 1 2024 10:30:15', '2024-05-01 10:30:00 BC', '2024-05-01 10:30:00 America/New_York', '2024-05-01 10:30:00 Foo/Bar', '2024-05-01 10:30 UTC', 'Wed May 01 10:30:00 2024 CEST', '1999-01-08 04:05:06 -8:00', '', '2024-05-01 10:30:00Z', '2024-05-01 10:30:00 foo'],
  timestamptz: ['2024-05-01 10:30:00', '2024-05-01 10:30:00+02', '2024-05-01 10:30:00-05:30', '2024-05-01 10:30:00+0530', '2024-05-01T10:30:00Z', '2024-05-01 10:30:00 EST', '2024-05-01 10:30:00 America/New_York', '2024-03-10 02:30:00 America/New_York', '2024-11-03 01:30:00 America/New_York', '2024-03-31 02:30 Europe/Berlin', '2024-10-27 02:30 Europe/Berlin', '1900-01-01 00:00:00+00', '2024-05-01 10:30:00+16', '2024-05-01 10:30:00+15:59', 'infinity', '0044-03-15 12:00:00 BC', 'abc', '2024-05-01', '2024-07-01 10:00 PST', '2024-05-01 10:30:00 Foo/Bar', '294276-12-31 23:59:59+00', '1850-06-01 00:00 UTC'],
  interval: ['1 day', '1 day 02:03:04', '1 year 2 mons 3 days', '-1 days', '1 year -2 mons +3 days -04:05:06.7', 'P1Y2M3DT4H5M6S', 'P1W', 'PT0.5S', '@ 1 hour ago', '1.5 hours', '1.5 days', '1.5 months', '0.5 years', '1-2', '-1-2', '1 2:03', '5', '5.25', '02:03', '-02:03:04', '1 week', '1.5 weeks', '3 decades', '1 century', 'abc', '', '1 fortnight', '100:00:00', '1 mon 1 day ago', '1d 2h 3m 4s', '1 hour 30 minutes', '2147483648 days', '1 millisecond', '250 microseconds', '00:00:60', '00:60:00', '1 year 25 months', '1 day 1 day', '365 days 23:59:59.999999'],
  json: ['{"a": 1}', ' [1, 2 ] ', 'null', '{', '{"a"}', '{"a":}', '[1,]', '{"a":1,}', 'tru', '"abc', '"a\\x"', '01', '1.', '', '{a:1}', '[1 2]', '"\\u12"', '1 2', '}', '"a\tb"', '-', '[1,2', 'nul', '{"a":1 "b":2}', '\\u0000'],
  jsonb: ['{"b": 1, "a": 2, "b": 3}', '{"aa":1,"b":2}', '[1.0, 1e2, -0, 1.50, 1e-3]', '"\\u00e9\\n"', '"\\u0000"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00"', '{"a": {"c": [], "b": {}}}', ' true ', 'abc', '"\\u001f"', '"/\\/"'],
  '_int4': ['{1,2,3}', '{}', '{1,NULL,3}', '{ 1 , 2 }', '{1,a}', '{1', '1,2', '{1,,2}', '{1}}', '{"1"}', '{,}'],
  '_text': ['{a,b}', '{"a b","c\\"d",NULL,"NULL",""}', '{ a b , c }', '{a\\,b}', '{"a"b}', '{null}', '{a,}', '{é}'],
  '_numeric': ['{1.50,2}', '{NaN}'],
  '_uuid': ['{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'],
  '_float8': ['{1,1.5,NaN,Infinity}'],
  '_timestamptz': ['{"2024-05-01 10:30:00+02",NULL}'],
  '_bool': ['{t,f,NULL}'],
  '_bytea': ['{"\\\\x0102"}'],
  int2vector: ['1 2 3', ''],
};

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

  for (const [typeName, texts] of Object.entries(CASES)) {
    it(`${typeName} reads and writes as PostgreSQL does`, async () => {
      const typeSql = typeName === 'char' ? '"char"' : typeName;
      const expected: string[] = [];
      for (const text of texts) {
        expected.push(`${text} -> ${await reference.ask(`'${text.replaceAll("'", "''")}'::${typeSql}`)}`);
      }
      expect(texts.map((text) => `${text} -> ${ours(typeName, text)}`)).toEqual(expected);
    });
  }
});
