import { describe, expect, it } from 'vitest';
import {
  loginFrameCap,
  parsePasswordMessage,
  parseSaslInitialResponse,
} from '../../edge/wire/login-messages.ts';
import { i32, raw, z } from './bytes.ts';

describe('parseSaslInitialResponse', () => {
  it('reads mechanism and data', () => {
    expect(parseSaslInitialResponse(raw(z('SCRAM-SHA-256'), i32(3), 'n,,'))).toEqual({
      mechanism: 'SCRAM-SHA-256',
      data: Buffer.from('n,,'),
    });
    expect(parseSaslInitialResponse(raw(z('X'), i32(-1))).data).toHaveLength(0);
  });

  it.each([
    ['no data', raw(z('X'))],
    ['a length beyond the end', raw(z('X'), i32(9), 'abc')],
    ['a negative length', raw(z('X'), i32(-2))],
    ['a rest', raw(z('X'), i32(1), 'ab')],
    ['no zero', raw('X')],
  ])('refuses %s', (_, body) => {
    expect(() => parseSaslInitialResponse(body)).toThrow(
      /insufficient data|invalid message format|invalid string/,
    );
  });
});

describe('parsePasswordMessage', () => {
  it('reads the password and nothing behind it', () => {
    expect(parsePasswordMessage(raw(z('abc')))).toBe('abc');
    expect(() => parsePasswordMessage(raw(z('abc'), 'x'))).toThrow('invalid password packet size');
    expect(() => parsePasswordMessage(raw('abc'))).toThrow('invalid password packet size');
    expect(() => parsePasswordMessage(raw(''))).toThrow('invalid password packet size');
  });
});

describe('loginFrameCap', () => {
  it('knows only p', () => {
    expect(loginFrameCap('p'.charCodeAt(0))).toBeGreaterThan(0);
    expect(loginFrameCap('Q'.charCodeAt(0))).toBe(0);
  });
});
