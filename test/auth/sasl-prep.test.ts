import { describe, expect, it } from 'vitest';
import { saslPrep } from '../../edge/auth/sasl-prep.ts';

describe('saslPrep', () => {
  // RFC 4013 section 3.
  it.each([
    ['I\u00ADX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00AA', 'a'],
    ['\u2168', 'IX'],
  ])('prepares %j', (given, expected) => {
    expect(saslPrep(given)).toBe(expected);
  });

  it.each(['\u0007', '\u06271', 'a\uE000', '\u00AD'])(
    'takes the forbidden %j as it is',
    (given) => {
      expect(saslPrep(given)).toBe(given);
    },
  );

  it('makes one space of every space', () => {
    expect(saslPrep('a\u00A0b\u3000c')).toBe('a b c');
  });

  it('composes', () => {
    expect(saslPrep('e\u0301')).toBe('\u00E9');
  });
});
