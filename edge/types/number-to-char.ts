/**
 * to_char of numbers, and to_number. The locale is C: the group separator is a comma, the currency sign empty, the
 * minus sign `-`.
 *
 * @see https://www.postgresql.org/docs/15/functions-formatting.html
 */
import { EdgeError, notSupported } from '../errors.ts';
import type { Numeric } from './numeric.ts';
import { formatScaled, numericOf, parseNumeric, rescale } from './numeric.ts';

interface NumberTemplate {
  /** 9, 0, `,` before the point; then after it. Other text is literal, in braces of its own. */
  readonly whole: readonly string[];
  readonly fraction: readonly string[];
  readonly hasPoint: boolean;
  readonly fill: boolean;
  readonly sign: 'plain' | 'S_front' | 'S_back' | 'MI' | 'PL' | 'SG' | 'PR';
  readonly ordinal: 'TH' | 'th' | null;
  readonly shift: number;
  readonly roman: boolean;
  /** Index of the first 0 among the digits before the point: digits from there on are always shown. */
  readonly zeroFrom: number;
}

function formatError(message: string): EdgeError {
  return new EdgeError('syntax_error', message);
}

const WORD =
  /^(?:FM|fm|EEEE|eeee|TH|th|PR|pr|MI|mi|PL|pl|SG|sg|RN|rn|[90.,DdGgSsLlVv]|"[^"]*"?|\\.|[^])/;

class TemplateBuilder {
  whole: string[] = [];
  fraction: string[] = [];
  hasPoint = false;
  fill = true;
  sign: NumberTemplate['sign'] = 'plain';
  ordinal: 'TH' | 'th' | null = null;
  shift = 0;
  #inShift = false;
  roman = false;
  zeroFrom = -1;
  #digits = 0;

  token(token: string): void {
    const upper = token.toUpperCase();
    switch (upper) {
      case 'FM':
        this.fill = false;
        return;
      case '9':
      case '0':
        return this.#digit(upper);
      case '.':
      case 'D':
        if (this.hasPoint) throw formatError('multiple decimal points');
        this.hasPoint = true;
        return;
      case ',':
      case 'G':
        this.#push(',');
        return;
      case 'S':
        this.#checkSign();
        this.sign = this.whole.length === 0 && !this.hasPoint ? 'S_front' : 'S_back';
        return;
      case 'MI':
      case 'PL':
      case 'SG':
      case 'PR':
        this.#checkSign(upper);
        this.sign = upper;
        return;
      case 'TH':
        this.ordinal = token === 'TH' ? 'TH' : 'th';
        return;
      case 'V':
        this.#inShift = true;
        return;
      case 'RN':
        this.roman = true;
        return;
      case 'L':
        this.#push('" ');
        return;
      case 'EEEE':
        throw notSupported('EEEE in a number template');
      default:
        this.#push(
          `"${token.startsWith('"') ? token.replaceAll('"', '') : token.startsWith('\\') ? token.slice(1) : token}`,
        );
    }
  }

  /** A template has one kind of sign. */
  #checkSign(word: 'S' | 'MI' | 'PL' | 'SG' | 'PR' = 'S'): void {
    const isS = this.sign.startsWith('S_');
    if (word === 'S') {
      if (isS) throw formatError('cannot use "S" twice');
      if (this.sign !== 'plain')
        throw formatError('cannot use "S" and "PL"/"MI"/"SG"/"PR" together');
    } else if (word === 'PR') {
      if (this.sign !== 'plain' && this.sign !== 'PR') {
        throw formatError('cannot use "PR" and "S"/"PL"/"MI"/"SG" together');
      }
    } else if (isS) throw formatError(`cannot use "S" and "${word}" together`);
  }

  #digit(digit: string): void {
    if (this.sign === 'PR') throw formatError(`"${digit}" must be ahead of "PR"`);
    if (this.#inShift) this.shift++;
    if (!this.hasPoint) {
      if (digit === '0' && this.zeroFrom < 0) this.zeroFrom = this.#digits;
      this.#digits++;
    }
    this.#push(digit);
  }

  #push(part: string): void {
    (this.hasPoint ? this.fraction : this.whole).push(part);
  }
}

function parseNumberTemplate(template: string): NumberTemplate {
  const builder = new TemplateBuilder();
  let rest = template;
  while (rest !== '') {
    const token = (WORD.exec(rest) as RegExpExecArray)[0];
    builder.token(token);
    rest = rest.slice(token.length);
  }
  return builder;
}

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'M'],
  [900, 'CM'],
  [500, 'D'],
  [400, 'CD'],
  [100, 'C'],
  [90, 'XC'],
  [50, 'L'],
  [40, 'XL'],
  [10, 'X'],
  [9, 'IX'],
  [5, 'V'],
  [4, 'IV'],
  [1, 'I'],
];

function romanText(value: number): string {
  if (value < 1 || value > 3999) return '#'.repeat(15);
  let rest = value;
  let text = '';
  for (const [size, letters] of ROMAN) {
    while (rest >= size) {
      text += letters;
      rest -= size;
    }
  }
  return text;
}

function ordinal(digits: string, kind: 'TH' | 'th'): string {
  const value = Number(digits.slice(-2));
  const ending = value > 10 && value < 20 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return kind === 'TH' ? ending.toUpperCase() : ending;
}

/** Digits before the point, put into their places from the right; '' where a place stays empty. */
function placeWhole(
  template: NumberTemplate,
  digits: string,
): { text: string; firstShown: number } {
  const places = template.whole.filter((part) => part === '9' || part === '0').length;
  const start = places - digits.length;
  let index = 0;
  let text = '';
  let shown = false;
  let firstShown = -1;
  for (const part of template.whole) {
    if (part === '9' || part === '0') {
      const digit = index >= start ? (digits[index - start] as string) : null;
      const forced = template.zeroFrom >= 0 && index >= template.zeroFrom;
      index++;
      if (digit === null && !forced) {
        text += template.fill ? ' ' : '';
        continue;
      }
      if (!shown) firstShown = text.length;
      shown = true;
      text += digit ?? '0';
    } else if (part === ',') text += shown ? ',' : template.fill ? ' ' : '';
    else text += part.slice(1);
  }
  return { text, firstShown };
}

function placeFraction(template: NumberTemplate, digits: string): string {
  let index = 0;
  let text = '';
  const parts = template.fraction;
  // Without fill, 9s at the end that are zero are not shown; a 0 keeps all before it.
  const lastZero = parts.lastIndexOf('0');
  const significant = digits.replace(/0+$/, '').length;
  parts.forEach((part, position) => {
    if (part === '9' || part === '0') {
      const digit = digits[index] ?? '0';
      index++;
      if (!template.fill && index > significant && position > lastZero) return;
      text += digit;
    } else if (part === ',') text += ',';
    else text += part.slice(1);
  });
  return text;
}

/** The sign goes in front of the first digit (`S`, plain) or to a fixed side. */
function attachSign(
  template: NumberTemplate,
  text: string,
  firstShown: number,
  negative: boolean,
): string {
  const before = text.slice(0, firstShown);
  const rest = text.slice(firstShown);
  switch (template.sign) {
    case 'plain':
      return template.fill
        ? `${before}${negative ? '-' : ' '}${rest}`
        : `${before}${negative ? '-' : ''}${rest}`;
    case 'S_front':
      return `${before}${negative ? '-' : '+'}${rest}`;
    case 'S_back':
      return `${text}${negative ? '-' : '+'}`;
    case 'MI':
      return `${text}${negative ? '-' : template.fill ? ' ' : ''}`;
    case 'PL':
      return `${negative ? `${before}-${rest}` : template.fill ? `${before} ${rest}` : text}${negative ? (template.fill ? ' ' : '') : '+'}`;
    case 'SG':
      return `${text}${negative ? '-' : '+'}`;
    case 'PR':
      if (negative) return `${before}<${rest}>`;
      return template.fill ? `${before} ${rest} ` : text;
  }
}

/** to_char(number, template). @throws EdgeError 42601, 0A000 */
export function numberToChar(value: Numeric, source: string): string {
  const template = parseNumberTemplate(source);
  const decimals = template.fraction.filter((part) => part === '9' || part === '0').length;
  if (value.special !== null) throw notSupported('to_char of NaN and infinities');
  const shifted =
    template.shift > 0
      ? numericOf(value.digits * 10n ** BigInt(template.shift), value.scale)
      : value;
  const scaled = rescale(shifted.digits, shifted.scale, decimals);
  const negative = scaled < 0n;
  if (template.roman) {
    const text = romanText(Number(rescale(value.digits, value.scale, 0)));
    return template.fill ? text.padStart(15) : text;
  }
  const [whole = '0', fraction = ''] = formatScaled(negative ? -scaled : scaled, decimals).split(
    '.',
  );
  const places = template.whole.filter((part) => part === '9' || part === '0').length;
  const isBarePoint = template.hasPoint && decimals === 0;
  if (isBarePoint && template.sign !== 'plain' && template.sign !== 'S_front') {
    throw notSupported('a number template with a sign after a bare decimal point');
  }
  if (whole.length > places) return overflowText(template, negative);
  // A lone zero before the point is shown only when nothing follows it, or a 0 asks for it.
  const shownFraction = placeFraction(template, fraction);
  const hidesZero = whole === '0' && decimals > 0 && (template.fill || shownFraction !== '');
  const digits = hidesZero ? '' : whole;
  const placed = placeWhole(template, places === 0 ? '' : digits);
  const point = template.hasPoint && !isBarePoint ? `.${shownFraction}` : '';
  const firstShown = placed.firstShown < 0 ? placed.text.length : placed.firstShown;
  const signed = attachSign(template, placed.text + point, firstShown, negative);
  return template.ordinal === null || negative ? signed : signed + ordinal(whole, template.ordinal);
}

/** A number with more digits than the template has places: every place is a #. */
function overflowText(template: NumberTemplate, negative: boolean): string {
  let text = '';
  let firstShown = -1;
  for (const part of template.whole) {
    if (part === '9' || part === '0') {
      if (firstShown < 0) firstShown = text.length;
      text += '#';
    } else if (part === ',') text += firstShown >= 0 ? ',' : template.fill ? ' ' : '';
    else text += part.slice(1);
  }
  if (firstShown < 0) firstShown = text.length;
  const fraction = template.fraction
    .map((part) => (part === '9' || part === '0' ? '#' : part.replace(/^"/, '')))
    .join('');
  return attachSign(
    template,
    template.hasPoint ? `${text}.${fraction}` : text,
    firstShown,
    negative,
  );
}

/** to_number(text, template): the digits, the point and the sign of a text. @throws EdgeError 22P02 */
export function numberFromText(text: string, source: string): Numeric {
  const template = parseNumberTemplate(source);
  const negative = /-|<.*>/.test(text);
  const digits = text.replace(/[^0-9.]/g, '');
  const [whole = '', fraction = ''] = digits.split('.');
  const wholePlaces = template.whole.filter((part) => part === '9' || part === '0').length;
  const decimals = template.fraction.filter((part) => part === '9' || part === '0').length;
  const kept = `${whole.slice(0, wholePlaces) || '0'}${decimals > 0 && fraction !== '' ? `.${fraction.slice(0, decimals)}` : ''}`;
  if (whole === '' && fraction === '') {
    throw new EdgeError(
      'invalid_text_representation',
      `invalid input syntax for type numeric: "${text.trim() === '' ? ' ' : text}"`,
    );
  }
  const value = parseNumeric(kept);
  return negative ? numericOf(-value.digits, value.scale) : value;
}
