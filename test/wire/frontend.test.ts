import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../edge/limits.ts';
import { FrameReader } from '../../edge/wire/frame-reader.ts';
import {
  type FrontendMessage,
  formatAt,
  parseFrontendMessage,
  sessionFrameCap,
} from '../../edge/wire/frontend.ts';
import { i16, i32, message, raw, z } from './bytes.ts';

function parse(bytes: Uint8Array): FrontendMessage {
  const reader = new FrameReader();
  reader.expectTyped(sessionFrameCap);
  reader.push(bytes);
  const frame = reader.next();
  if (frame === null) throw new Error('no whole frame');
  return parseFrontendMessage(frame);
}

/** SQLSTATE, severity and text of a malformed message. */
function complaint(bytes: Uint8Array): string {
  const parsed = parse(bytes);
  if (parsed.kind !== 'malformed') throw new Error(`it is a good ${parsed.kind}`);
  const { error } = parsed;
  return `${error.severity} ${error.sqlstate} ${error.message}`;
}

describe('parseFrontendMessage', () => {
  it('reads each message', () => {
    expect(parse(message('Q', z('select 1')))).toEqual({ kind: 'query', text: 'select 1' });
    expect(parse(message('P', z('s'), z('é $1'), i16(2), i32(23), i32(-1)))).toEqual({
      kind: 'parse',
      name: 's',
      text: 'é $1',
      parameterTypes: [23, 0xffffffff],
    });
    expect(parse(message('D', 'S', z('s')))).toEqual({ kind: 'describe', what: 'S', name: 's' });
    expect(parse(message('C', 'P', z('')))).toEqual({ kind: 'close', what: 'P', name: '' });
    expect(parse(message('E', z('p'), i32(7)))).toEqual({
      kind: 'execute',
      portal: 'p',
      maxRows: 7,
    });
    expect(parse(message('E', z(''), i32(-3)))).toMatchObject({ maxRows: 0 });
    expect(parse(message('H'))).toEqual({ kind: 'flush' });
    expect(parse(message('S'))).toEqual({ kind: 'sync' });
    expect(parse(message('X'))).toEqual({ kind: 'terminate' });
    expect(parse(message('X', 'rest'))).toEqual({ kind: 'terminate' });
    expect(parse(message('c'))).toEqual({ kind: 'copyDone' });
    expect(parse(message('f', z('why')))).toEqual({ kind: 'copyFail', reason: 'why' });
    expect(parse(message('d', 'abc'))).toMatchObject({ kind: 'copyData' });
    expect(parse(message('F', 'abc'))).toMatchObject({ kind: 'functionCall' });
  });

  it('reads Bind with formats, values, NULL and empty values', () => {
    const parsed = parse(
      message(
        'B',
        z('p'),
        z('s'),
        i16(3),
        i16(0),
        i16(1),
        i16(0),
        i16(3),
        i32(2),
        'ab',
        i32(-1),
        i32(0),
        i16(1),
        i16(1),
      ),
    );
    expect(parsed).toEqual({
      kind: 'bind',
      portal: 'p',
      statement: 's',
      parameterFormats: [0, 1, 0],
      parameters: [Buffer.from('ab'), null, Buffer.from('')],
      resultFormats: [1],
    });
  });

  // Texts taken from PostgreSQL 15.18.
  it.each<[string, Uint8Array, string]>([
    ['a query without its zero', message('Q', 'select 1'), '08P01 invalid string in message'],
    ['a query with a rest', message('Q', z('select 1'), 'x'), '08P01 invalid message format'],
    [
      'a cut sequence',
      message('Q', "select '", raw(0xc3, 0x28), "'", 0),
      '22021 invalid byte sequence for encoding "UTF8": 0xc3 0x28',
    ],
    [
      'a byte that never occurs',
      message('Q', "select '", raw(0xff), "'", 0),
      '22021 invalid byte sequence for encoding "UTF8": 0xff',
    ],
    [
      'a sequence cut by the end',
      message('Q', "select '", raw(0xe2, 0x82), 0),
      '22021 invalid byte sequence for encoding "UTF8": 0xe2 0x82',
    ],
    ['Parse without query', message('P', z('a')), '08P01 invalid string in message'],
    [
      'Parse with too few types',
      message('P', z(''), z('select 1'), i16(1)),
      '08P01 insufficient data left in message',
    ],
    [
      'three formats for two parameters',
      message('B', z(''), z(''), i16(3), i16(0), i16(0), i16(0), i16(2), i32(-1), i32(-1), i16(0)),
      '08P01 bind message has 3 parameter formats but 2 parameters',
    ],
    [
      'a format that is none',
      message('B', z(''), z(''), i16(1), i16(7), i16(1), i32(1), '1', i16(0)),
      '22023 unsupported format code: 7',
    ],
    [
      'a negative length other than -1',
      message('B', z(''), z(''), i16(0), i16(1), i32(-2), i16(0)),
      '08P01 insufficient data left in message',
    ],
    [
      'a length beyond the message',
      message('B', z(''), z(''), i16(0), i16(1), i32(2147483647), 'x', i16(0)),
      '08P01 insufficient data left in message',
    ],
    [
      'more parameters than bytes',
      message('B', z(''), z(''), i16(0), i16(65535)),
      '08P01 insufficient data left in message',
    ],
    ['Describe of X', message('D', 'X', 0), '08P01 invalid DESCRIBE message subtype 88'],
    ['Close of X', message('C', 'X', 0), '08P01 invalid CLOSE message subtype 88'],
    ['Describe of nothing', message('D'), '08P01 no data left in message'],
    ['Sync with a body', message('S', 'x'), '08P01 invalid message format'],
    ['Flush with a body', message('H', 'x'), '08P01 invalid message format'],
  ])('answers %s as PostgreSQL does', (_, bytes, expected) => {
    expect(complaint(bytes)).toBe(`ERROR ${expected}`);
  });

  it('refuses a query text that is too long', () => {
    const text = 'x'.repeat(LIMITS.queryTextBytesMax + 1);
    expect(complaint(message('Q', z(text)))).toBe('ERROR 54000 query text is too long');
  });

  it('says whether the session must skip to Sync', () => {
    const isExtended = (bytes: Uint8Array): boolean | null => {
      const parsed = parse(bytes);
      return parsed.kind === 'malformed' ? parsed.extended : null;
    };
    for (const letter of ['P', 'B', 'D', 'E', 'C']) expect(isExtended(message(letter))).toBe(true);
    expect(isExtended(message('H', 'x'))).toBe(true);
    expect(isExtended(message('S', 'x'))).toBe(false);
    expect(isExtended(message('Q'))).toBe(false);
  });

  it('makes a message or a complaint of any body', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...'BCDEFHPQSXcdf'.split('')),
        fc.uint8Array({ maxLength: 200 }),
        (letter, body) => {
          const parsed = parse(message(letter, body));
          expect(typeof parsed.kind).toBe('string');
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('reads back what a client writes', () => {
    const parameter = fc.option(fc.uint8Array({ maxLength: 30 }), { nil: null });
    const name = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((text) => !text.includes('\0') && text.isWellFormed());
    fc.assert(
      fc.property(
        name,
        name,
        fc.array(parameter, { maxLength: 20 }),
        (portal, statement, values) => {
          const bytes = message(
            'B',
            z(portal),
            z(statement),
            i16(0),
            i16(values.length),
            ...values.flatMap((value) => (value === null ? [i32(-1)] : [i32(value.length), value])),
            i16(0),
          );
          expect(parse(bytes)).toMatchObject({
            portal,
            statement,
            parameters: values.map((value) => (value === null ? null : Buffer.from(value))),
          });
        },
      ),
    );
  });
});

describe('formatAt', () => {
  it('knows none, one and all', () => {
    expect([0, 1].map((index) => formatAt([], index))).toEqual([0, 0]);
    expect([0, 1].map((index) => formatAt([1], index))).toEqual([1, 1]);
    expect([0, 1].map((index) => formatAt([1, 0], index))).toEqual([1, 0]);
  });
});
