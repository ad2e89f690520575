/**
 * Binary forms side by side with the reference PostgreSQL: its bytes are read to the value that its text gives, and
 * our encoder writes the same bytes. Without a reference: round trips, and the errors of broken bytes.
 */
import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EdgeError } from '../../edge/errors.ts';
import { ByteWriter } from '../../edge/types/byte-writer.ts';
import { columnEncoder, decodeParameter } from '../../edge/types/codecs.ts';
import { textToValue, valueToText } from '../../edge/types/input-output.ts';
import { OID } from '../../edge/types/oids.ts';
import type { PgType, RowReader, SqlValue, StorageForm } from '../../edge/types/storage.ts';
import { KIND, PLAIN } from '../../edge/types/storage.ts';
import { typeByName } from '../../edge/types/type-info.ts';
import type { Reference } from './reference.ts';
import { openReference, REFERENCE_URL } from './reference.ts';
import { VALUE_TEXTS } from './value-texts.ts';

const settings = { timeZone: 'America/New_York', now: 0n };

/** A row of one value. */
function rowOf(value: SqlValue): RowReader {
  const kind =
    value === null
      ? KIND.null
      : typeof value === 'bigint'
        ? KIND.integer
        : typeof value === 'number'
          ? KIND.real
          : typeof value === 'string'
            ? KIND.text
            : KIND.blob;
  return {
    columnCount: 1,
    kind: () => kind,
    int64: () => value as bigint,
    integer: () => Number(value),
    real: () => Number(value),
    bytes: () => (value instanceof Uint8Array ? value : Buffer.from(String(value))),
    text: () => String(value),
    value: () => value,
  };
}

function encode(type: PgType, value: SqlValue, format: 0 | 1, form: StorageForm = PLAIN): Buffer {
  const out = new ByteWriter();
  columnEncoder(type, form, format, settings)(rowOf(value), 0, out);
  return out.take();
}

function plain(oid: number): PgType {
  return { oid, typmod: -1 };
}

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof EdgeError) return `${error.sqlstate} ${error.message}`;
    throw error;
  }
  return 'no error';
}

describe('columnEncoder', () => {
  it('writes -1 for NULL in both formats', () => {
    expect(encode(plain(OID.int4), null, 0)).toEqual(Buffer.from([255, 255, 255, 255]));
    expect(encode(plain(OID.text), null, 1)).toEqual(Buffer.from([255, 255, 255, 255]));
  });

  it('writes integers and scaled numerics digit by digit', () => {
    const text = (value: bigint, form: StorageForm): string =>
      encode(plain(OID.numeric), value, 0, form).subarray(4).toString();
    expect(encode(plain(OID.int8), -9_223_372_036_854_775_808n, 0).subarray(4).toString()).toBe(
      '-9223372036854775808',
    );
    expect(encode(plain(OID.int4), 0n, 0).subarray(4).toString()).toBe('0');
    expect(text(1250n, { kind: 'scaled', scale: 2 })).toBe('12.50');
    expect(text(-5n, { kind: 'scaled', scale: 2 })).toBe('-0.05');
    expect(text(0n, { kind: 'scaled', scale: 2 })).toBe('0.00');
    expect(text(999_999_999_999_999_999n, { kind: 'scaled', scale: 4 })).toBe(
      '99999999999999.9999',
    );
    expect(text(7n, { kind: 'scaled', scale: 0 })).toBe('7');
  });

  it('gives a scaled numeric the binary form of its decimal', () => {
    const form: StorageForm = { kind: 'scaled', scale: 2 };
    expect(encode(plain(OID.numeric), -123_456n, 1, form)).toEqual(
      encode(plain(OID.numeric), '-1234.56', 1),
    );
  });

  it('copes with a value of another storage class', () => {
    expect(encode(plain(OID.numeric), 5n, 0).subarray(4).toString()).toBe('5');
    expect(encode(plain(OID.float8), 5n, 1)).toEqual(encode(plain(OID.float8), 5, 1));
  });
});

describe('decodeParameter', () => {
  it('refuses text that is not UTF-8 or holds a zero', () => {
    const bytes = (...all: number[]): Uint8Array => Uint8Array.from(all);
    expect(failure(() => decodeParameter(OID.text, 0, bytes(0x61, 0xff), settings))).toBe(
      '22021 invalid byte sequence for encoding "UTF8": 0xff',
    );
    expect(failure(() => decodeParameter(OID.text, 0, bytes(0xe2, 0x28, 0xa1), settings))).toBe(
      '22021 invalid byte sequence for encoding "UTF8": 0xe2 0x28 0xa1',
    );
    expect(failure(() => decodeParameter(OID.text, 1, bytes(0x61, 0), settings))).toBe(
      '22021 invalid byte sequence for encoding "UTF8": 0x00',
    );
    expect(failure(() => decodeParameter(OID.text, 0, bytes(0xed, 0xa0, 0x80), settings))).toBe(
      '22021 invalid byte sequence for encoding "UTF8": 0xed 0xa0 0x80',
    );
  });

  it('tells short bytes from long ones', () => {
    expect(failure(() => decodeParameter(OID.int4, 1, new Uint8Array(3), settings))).toBe(
      '08P01 insufficient data left in message',
    );
    expect(failure(() => decodeParameter(OID.int4, 1, new Uint8Array(5), settings, 2))).toBe(
      '22P03 incorrect binary data format in bind parameter 2',
    );
  });

  it('survives any cut of any binary value', () => {
    for (const [typeName, texts] of Object.entries(VALUE_TEXTS)) {
      const oid = typeByName(typeName)?.oid ?? 0;
      if (typeName === 'int2vector') continue;
      for (const text of texts) {
        let whole: Buffer;
        try {
          whole = encode(plain(oid), textToValue(plain(oid), text, settings), 1).subarray(4);
        } catch {
          continue;
        }
        for (let length = 0; length < Math.min(whole.length, 40); length++) {
          failure(() => decodeParameter(oid, 1, whole.subarray(0, length), settings));
        }
      }
    }
  });

  it('reads back what columnEncoder wrote', () => {
    for (const [typeName, texts] of Object.entries(VALUE_TEXTS)) {
      const oid = typeByName(typeName)?.oid ?? 0;
      if (typeName === 'int2vector') continue;
      for (const text of texts) {
        let value: SqlValue;
        try {
          value = textToValue(plain(oid), text, settings);
        } catch {
          continue;
        }
        if (oid === OID.char && value === '') continue;
        expect(
          decodeParameter(oid, 1, encode(plain(oid), value, 1).subarray(4), settings),
          `${typeName} ${text}`,
        ).toEqual(value);
        expect(
          decodeParameter(oid, 0, encode(plain(oid), value, 0).subarray(4), settings),
          `${typeName} ${text}`,
        ).toEqual(value);
      }
    }
  });
});

describe.skipIf(REFERENCE_URL === undefined)('binary forms against PostgreSQL', () => {
  let reference: Reference;
  beforeAll(async () => {
    reference = await openReference(settings.timeZone);
  });
  afterAll(() => reference.close());

  for (const [typeName, texts] of Object.entries(VALUE_TEXTS)) {
    it(`${typeName} has PostgreSQL's bytes`, async () => {
      const oid = typeByName(typeName)?.oid ?? 0;
      for (const text of texts) {
        let value: SqlValue;
        try {
          value = textToValue(plain(oid), text, settings);
        } catch {
          continue;
        }
        const typeSql = typeName === 'char' ? '"char"' : typeName;
        const wanted = await reference.binary(
          `'${text.replaceAll("'", "''")}'::${typeSql}`,
          typeName,
        );
        if (oid === OID.char && value === '') continue;
        expect(encode(plain(oid), value, 1).subarray(4).toString('hex'), text).toBe(wanted);
        if (typeName === 'int2vector') continue;
        const back = decodeParameter(oid, 1, Buffer.from(wanted ?? '', 'hex'), settings);
        expect(valueToText(oid, back, settings), text).toBe(valueToText(oid, value, settings));
      }
    });
  }
});
