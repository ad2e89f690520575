/**
 * Functions over text: substring and its kin, padding, trimming, searching, splitting. Positions and lengths
 * are characters.
 */
import { EdgeError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { storeArray } from '../../types/array-value.ts';
import { clipName } from '../../types/input-output.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import {
  charLength,
  initcapText,
  isSimple,
  lowerText,
  sliceChars,
  upperText,
} from './characters.ts';
import { bool, integerAt, invalidParameter, scalar, smallAt, strict, textAt } from './define.ts';

/** @throws EdgeError 22011 for a negative length */
export function substringChars(text: string, start: number, length: number | null): string {
  if (length === null) return sliceChars(text, start - 1);
  if (length < 0) throw new EdgeError('substring_error', 'negative substring length not allowed');
  return sliceChars(text, start - 1, start - 1 + length);
}

function tooLarge(): EdgeError {
  return new EdgeError('program_limit_exceeded', 'requested length too large');
}

function repeatText(text: string, count: number): string {
  if (count <= 0) return '';
  if (text.length * count > LIMITS.valueBytesMax) throw tooLarge();
  return text.repeat(count);
}

function padding(fill: string, length: number): string {
  const chars = Array.from(fill);
  return Array.from({ length }, (_unused, index) => chars[index % chars.length] as string).join('');
}

function pad(text: string, length: number, fill: string, side: 'left' | 'right'): string {
  if (length > LIMITS.valueBytesMax) throw tooLarge();
  const wanted = Math.max(0, length);
  const own = charLength(text);
  if (own >= wanted || fill === '') return sliceChars(text, 0, Math.min(own, wanted));
  const added = padding(fill, wanted - own);
  return side === 'left' ? added + text : text + added;
}

function trimChars(text: string, set: string, left: boolean, right: boolean): string {
  const chars = isSimple(text) ? text : Array.from(text);
  const drop = new Set(set);
  let start = 0;
  let end = chars.length;
  while (left && start < end && drop.has(chars[start] as string)) start++;
  while (right && end > start && drop.has(chars[end - 1] as string)) end--;
  return typeof chars === 'string' ? chars.slice(start, end) : chars.slice(start, end).join('');
}

function position(text: string, part: string): number {
  const at = text.indexOf(part);
  if (at < 0) return 0;
  return charLength(text.slice(0, at)) + 1;
}

function leftChars(text: string, count: number): string {
  return sliceChars(text, 0, count >= 0 ? count : Math.max(0, charLength(text) + count));
}

function rightChars(text: string, count: number): string {
  const length = charLength(text);
  return sliceChars(text, count >= 0 ? Math.max(0, length - count) : Math.min(length, -count));
}

function overlay(text: string, replacement: string, start: number, length: number): string {
  if (start <= 0) throw new EdgeError('substring_error', 'negative substring length not allowed');
  return sliceChars(text, 0, start - 1) + replacement + sliceChars(text, start - 1 + length);
}

function splitPart(text: string, delimiter: string, field: number): string {
  if (field === 0) throw invalidParameter('field position must not be zero');
  if (text === '') return '';
  const parts = delimiter === '' ? [text] : text.split(delimiter);
  return parts[field > 0 ? field - 1 : parts.length + field] ?? '';
}

function translate(text: string, from: string, to: string): string {
  const sources = Array.from(from);
  const targets = Array.from(to);
  let result = '';
  for (const char of text) {
    const index = sources.indexOf(char);
    result += index < 0 ? char : (targets[index] ?? '');
  }
  return result;
}

function replaceText(text: string, from: string, to: string): string {
  if (from === '') return text;
  const result = text.replaceAll(from, () => to);
  if (result.length > LIMITS.valueBytesMax) throw tooLarge();
  return result;
}

function character(code: number): string {
  if (code < 0) throw new EdgeError('program_limit_exceeded', 'character number must be positive');
  if (code === 0) throw new EdgeError('program_limit_exceeded', 'null character not permitted');
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new EdgeError(
      'program_limit_exceeded',
      `requested character ${code > 0x1fffff ? 'too large' : 'not valid'} for encoding: ${code}`,
    );
  }
  return String.fromCodePoint(code);
}

/** string_to_array: null delimiter splits into characters, an empty one does not split. */
export function splitToArray(text: SqlValue, delimiter: SqlValue, nullText: SqlValue): SqlValue {
  if (text === null) return null;
  const source = String(text);
  if (source === '') return '[]';
  const parts =
    delimiter === null
      ? Array.from(source)
      : delimiter === ''
        ? [source]
        : source.split(String(delimiter));
  return storeArray(parts.map((part) => (part === nullText ? null : part)));
}

const LENGTHS: readonly ScalarFunction[] = [
  strict('upper', 1, (args) => upperText(textAt(args, 0))),
  strict('lower', 1, (args) => lowerText(textAt(args, 0))),
  strict('initcap', 1, (args) => initcapText(textAt(args, 0))),
  strict('btrim', 2, (args) => trimChars(textAt(args, 0), textAt(args, 1), true, true)),
  strict('ltrim', 2, (args) => trimChars(textAt(args, 0), textAt(args, 1), true, false)),
  strict('rtrim', 2, (args) => trimChars(textAt(args, 0), textAt(args, 1), false, true)),
  strict('lpad', 3, (args) => pad(textAt(args, 0), smallAt(args, 1), textAt(args, 2), 'left')),
  strict('rpad', 3, (args) => pad(textAt(args, 0), smallAt(args, 1), textAt(args, 2), 'right')),
  strict('repeat', 2, (args) => repeatText(textAt(args, 0), smallAt(args, 1))),
];

const PARTS: readonly ScalarFunction[] = [
  strict('substr', -1, (args) =>
    substringChars(textAt(args, 0), smallAt(args, 1), args.length < 3 ? null : smallAt(args, 2)),
  ),
  strict('left', 2, (args) => leftChars(textAt(args, 0), smallAt(args, 1))),
  strict('right', 2, (args) => rightChars(textAt(args, 0), smallAt(args, 1))),
  strict('strpos', 2, (args) => BigInt(position(textAt(args, 0), textAt(args, 1)))),
  strict('overlay', -1, (args) =>
    overlay(
      textAt(args, 0),
      textAt(args, 1),
      smallAt(args, 2),
      args.length > 3 ? smallAt(args, 3) : charLength(textAt(args, 1)),
    ),
  ),
  strict('replace', 3, (args) => replaceText(textAt(args, 0), textAt(args, 1), textAt(args, 2))),
  strict('translate', 3, (args) => translate(textAt(args, 0), textAt(args, 1), textAt(args, 2))),
  strict('reverse', 1, (args) => Array.from(textAt(args, 0)).reverse().join('')),
  strict('split_part', 3, (args) => splitPart(textAt(args, 0), textAt(args, 1), smallAt(args, 2))),
  strict('starts_with', 2, (args) => bool(textAt(args, 0).startsWith(textAt(args, 1)))),
  scalar('string_to_array', 3, (args) =>
    splitToArray(args[0] ?? null, args[1] ?? null, args[2] ?? null),
  ),
  strict('ascii', 1, (args) => BigInt(textAt(args, 0).codePointAt(0) ?? 0)),
  strict('chr', 1, (args) => character(smallAt(args, 0))),
  strict('to_hex', 2, (args) => BigInt.asUintN(smallAt(args, 1), integerAt(args, 0)).toString(16)),
  strict('name', 1, (args) => clipName(textAt(args, 0))),
  strict('char', 1, (args) => textAt(args, 0).slice(0, 1)),
];

/** Functions over text. */
export const TEXT_FUNCTIONS: readonly ScalarFunction[] = [...LENGTHS, ...PARTS];
