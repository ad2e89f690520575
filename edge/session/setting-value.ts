/**
 * Checks one value of one setting and gives it its canonical form, with PostgreSQL's own messages.
 *
 * Pure: no session, no clock. A value that PostgreSQL takes and we would not follow is 0A000, so that a
 * driver learns of it now and not from a wrong answer later.
 *
 * @see https://www.postgresql.org/docs/15/config-setting.html#CONFIG-SETTING-NAMES-VALUES
 */
import { EdgeError, notSupported } from '../errors.ts';
import { isTimeZone } from '../types/time-zone.ts';
import type { SettingDefinition } from './setting-definitions.ts';

/** Size of each unit in the smallest unit of its family. */
const TIME_UNITS: ReadonlyMap<string, number> = new Map([
  ['us', 1],
  ['ms', 1_000],
  ['s', 1_000_000],
  ['min', 60_000_000],
  ['h', 3_600_000_000],
  ['d', 86_400_000_000],
]);
const MEMORY_UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['kB', 1024],
  ['8kB', 8 * 1024],
  ['MB', 1024 ** 2],
  ['GB', 1024 ** 3],
  ['TB', 1024 ** 4],
]);
const SHOWN_TIME_UNITS = ['d', 'h', 'min', 's', 'ms', 'us'];
const SHOWN_MEMORY_UNITS = ['TB', 'GB', 'MB', 'kB', 'B'];
const TIME_HINT = 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".';
const MEMORY_HINT = 'Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".';
const INTEGER_MAX = 2_147_483_647;

const BOOLEAN_WORDS: readonly (readonly [word: string, shortest: number, value: boolean])[] = [
  ['true', 1, true],
  ['false', 1, false],
  ['yes', 1, true],
  ['no', 1, false],
  ['on', 2, true],
  ['off', 2, false],
  ['1', 1, true],
  ['0', 1, false],
];

/** PostgreSQL's parse_bool: any unique beginning of a word, in any case. */
export function parseBoolean(text: string): boolean | null {
  const lower = text.toLowerCase();
  for (const [word, shortest, value] of BOOLEAN_WORDS) {
    if (lower.length >= shortest && word.startsWith(lower)) return value;
  }
  return null;
}

function invalid(
  name: string,
  value: string,
  fields: { hint?: string; detail?: string } = {},
): EdgeError {
  return new EdgeError(
    'invalid_parameter_value',
    `invalid value for parameter "${name}": "${value}"`,
    fields,
  );
}

function unitsOf(unit: string): ReadonlyMap<string, number> {
  return TIME_UNITS.has(unit) ? TIME_UNITS : MEMORY_UNITS;
}

const NUMBER_PATTERN =
  /^\s*([+-]?(?:0x[0-9a-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?))\s*([a-z]*)\s*$/i;

function numericValue(definition: SettingDefinition, name: string, text: string): number {
  const { unit } = definition;
  const match = NUMBER_PATTERN.exec(text);
  const hint = unit === '' ? {} : { hint: TIME_UNITS.has(unit) ? TIME_HINT : MEMORY_HINT };
  if (match === null) {
    // The hint about units is given only where a number was followed by something else.
    throw invalid(name, text, /^\s*[+-]?\.?\d/.test(text) ? hint : {});
  }
  const digits = match[1] ?? '';
  let amount = Number(digits.startsWith('+') ? digits.slice(1) : digits);
  if (Number.isNaN(amount) && digits.startsWith('-')) amount = -Number(digits.slice(1));
  const given = match[2] ?? '';
  if (given !== '') {
    const units = unitsOf(unit);
    const factor = unit === '' ? undefined : units.get(given);
    if (factor === undefined) throw invalid(name, text, hint);
    amount = (amount * factor) / (units.get(unit) ?? 1);
  }
  return amount;
}

function integerText(definition: SettingDefinition, name: string, text: string): string {
  const amount = numericValue(definition, name, text);
  // Half goes to the even neighbour, as C's rint does.
  const floor = Math.floor(amount);
  const rounded = amount - floor === 0.5 ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(amount);
  if (Math.abs(rounded) > INTEGER_MAX) {
    throw invalid(name, text, { hint: 'Value exceeds integer range.' });
  }
  outside(definition, name, rounded);
  return String(rounded === 0 ? 0 : rounded);
}

function outside(definition: SettingDefinition, name: string, amount: number): void {
  const { min, max, unit } = definition;
  if (amount >= min && amount <= max) return;
  throw new EdgeError(
    'invalid_parameter_value',
    `${amount}${unit === '' ? '' : ` ${unit}`} is outside the valid range for parameter "${name}" (${min} .. ${max})`,
  );
}

function realText(definition: SettingDefinition, name: string, text: string): string {
  const amount = numericValue(definition, name, text);
  outside(definition, name, amount);
  return String(amount);
}

function enumText(definition: SettingDefinition, name: string, text: string): string {
  const lower = text.toLowerCase();
  const found = definition.values.find((each) => each === lower);
  if (found !== undefined) return found;
  // on/off enums take the other spellings of a boolean as well.
  const asBoolean = definition.values.includes('on') ? parseBoolean(text) : null;
  if (asBoolean !== null) return asBoolean ? 'on' : 'off';
  throw invalid(name, text, { hint: `Available values: ${definition.values.join(', ')}.` });
}

const ENCODINGS_OF_POSTGRESQL =
  /^(utf-?8|unicode|sql_?ascii|latin-?([1-9]|10)|iso-?8859-?\d+|win-?\d+|windows-?\d+|euc_?(jp|cn|kr|tw|jis_?2004)|koi8-?[ru]?|sjis|big5|gbk|gb18030|uhc|johab|mule_?internal|shift_?jis(_?2004)?|abc|alt|tcvn\d*|vscii|mskanji|windows949|win|koi8)$/;

function encodingText(definition: SettingDefinition, text: string): string {
  const lower = text
    .trim()
    .replace(/^'(.*)'$/, '$1')
    .toLowerCase();
  if (/^(utf-?8|unicode)$/.test(lower)) return 'UTF8';
  if (!ENCODINGS_OF_POSTGRESQL.test(lower)) throw invalid(definition.name, text);
  throw notSupported(`client encoding "${text}"`);
}

const DATE_ORDERS: ReadonlyMap<string, string> = new Map([
  ['ymd', 'YMD'],
  ['dmy', 'DMY'],
  ['euro', 'DMY'],
  ['european', 'DMY'],
  ['mdy', 'MDY'],
  ['us', 'MDY'],
  ['noneuro', 'MDY'],
  ['noneuropean', 'MDY'],
]);
const DATE_STYLES: ReadonlyMap<string, string> = new Map([
  ['iso', 'ISO'],
  ['sql', 'SQL'],
  ['postgres', 'Postgres'],
  ['german', 'German'],
]);

function dateStyleText(definition: SettingDefinition, text: string): string {
  let style = 'ISO';
  let order = 'MDY';
  for (const word of text.split(',').map((each) => each.trim().toLowerCase())) {
    const known = DATE_STYLES.get(word) ?? (word.startsWith('postgres') ? 'Postgres' : undefined);
    const knownOrder = DATE_ORDERS.get(word);
    if (known !== undefined) style = known;
    else if (knownOrder !== undefined) order = knownOrder;
    else if (word !== 'default' && word !== '') {
      throw invalid(definition.name, text, { detail: `Unrecognized key word: "${word}".` });
    }
  }
  return `${style}, ${order}`;
}

/** Schemas that hold what our names mean; a path without `public` would hide the tables. */
function searchPathText(text: string): string {
  const names = text
    .split(',')
    .map((each) => each.trim().replace(/^"(.*)"$/, '$1'))
    .filter((each) => each !== '');
  if (!names.includes('public')) throw notSupported('a search_path without schema "public"');
  return text;
}

const MINUTES_PER_HOUR = 60;

/** PostgreSQL shows a numeric zone in POSIX form, whose sign is the other way round. */
function offsetZone(hours: number): string {
  const minutes = Math.round(Math.abs(hours) * MINUTES_PER_HOUR);
  const pad = (part: number): string => String(part).padStart(2, '0');
  const rest = minutes % MINUTES_PER_HOUR;
  const magnitude =
    pad(Math.floor(minutes / MINUTES_PER_HOUR)) + (rest === 0 ? '' : `:${pad(rest)}`);
  return hours < 0 ? `<-${magnitude}>+${magnitude}` : `<+${magnitude}>-${magnitude}`;
}

let zonesByLowerName: ReadonlyMap<string, string> | null = null;

function knownZones(): ReadonlyMap<string, string> {
  zonesByLowerName ??= new Map(
    [
      ...Intl.supportedValuesOf('timeZone'),
      'UTC',
      'GMT',
      'Etc/UTC',
      'Etc/GMT',
      'EST5EDT',
      'CST6CDT',
      'MST7MDT',
      'PST8PDT',
      'EST',
      'MST',
      'HST',
      'CET',
      'MET',
      'EET',
      'WET',
      'GB',
      'NZ',
      'PRC',
      'ROK',
      'UCT',
      'Zulu',
      'Universal',
      'Greenwich',
    ].map((each) => [each.toLowerCase(), each]),
  );
  return zonesByLowerName;
}

const ZONE_HOURS_MAX = 168;

function timeZoneText(definition: SettingDefinition, text: string): string {
  const trimmed = text.trim();
  const interval =
    /^interval\s*'?\s*([+-]?)(\d{1,2}):(\d{2})(?::00)?\s*'?$/i.exec(trimmed) ??
    /^([+-])(\d{1,2}):(\d{2})(?::00)?$/.exec(trimmed);
  if (interval !== null) {
    const hours = Number(interval[2]) + Number(interval[3]) / MINUTES_PER_HOUR;
    return offsetZone(interval[1] === '-' ? -hours : hours);
  }
  if (/^[+-]?\d+(\.\d*)?$/.test(trimmed)) {
    const hours = Number(trimmed);
    if (Math.abs(hours) >= ZONE_HOURS_MAX) throw invalid(definition.name, text);
    return offsetZone(hours);
  }
  if (/^<[+-]\d\d(:\d\d)?>[+-]\d\d(:\d\d)?$/.test(trimmed)) return trimmed;
  const known = knownZones().get(trimmed.toLowerCase());
  if (known !== undefined) return known;
  // Links of the zone database are taken by Intl but not listed by it.
  if (!/^[a-z][a-z0-9_+\-/]*$/i.test(trimmed)) throw invalid(definition.name, text);
  if (!isTimeZone(trimmed)) throw invalid(definition.name, text);
  return trimmed
    .toLowerCase()
    .replace(
      /(^|[/_-])([a-z])/g,
      (_all, before: string, letter: string) => before + letter.toUpperCase(),
    );
}

function stringText(definition: SettingDefinition, text: string): string {
  switch (definition.name) {
    case 'client_encoding':
      return encodingText(definition, text);
    case 'DateStyle':
      return dateStyleText(definition, text);
    case 'TimeZone':
      return timeZoneText(definition, text);
    case 'search_path':
      return searchPathText(text);
    case 'application_name':
      // As PostgreSQL: what is not printable ASCII becomes a question mark, byte by byte.
      return Buffer.from(text, 'utf8')
        .toString('latin1')
        .replace(/[^\x20-\x7e]/g, '?')
        .slice(0, 63);
    default:
      return text;
  }
}

function canonical(definition: SettingDefinition, name: string, text: string): string {
  switch (definition.type) {
    case 'bool': {
      const value = parseBoolean(text.trim());
      if (value === null) {
        throw new EdgeError(
          'invalid_parameter_value',
          `parameter "${name}" requires a Boolean value`,
        );
      }
      return value ? 'on' : 'off';
    }
    case 'integer':
      return integerText(definition, name, text);
    case 'real':
      return realText(definition, name, text);
    case 'enum':
      return enumText(definition, name, text);
    case 'string':
      return stringText(definition, text);
  }
}

/**
 * @param name as the client wrote it: PostgreSQL repeats it so
 * @throws EdgeError 22023 for a bad value, 0A000 for a good one that we do not follow
 */
export function settingValue(definition: SettingDefinition, name: string, text: string): string {
  const value = canonical(definition, name, text);
  if (definition.honoured !== null && !definition.honoured.includes(value)) {
    throw notSupported(`setting "${definition.name}" to "${value}"`);
  }
  return value;
}

/** As SHOW prints it: a number in the largest unit that divides it. */
export function shownValue(definition: SettingDefinition, value: string): string {
  const { unit } = definition;
  if (unit === '' || definition.type === 'string') return value;
  const amount = Number(value);
  if (!(amount > 0)) return value;
  const units = unitsOf(unit);
  const smallest = amount * (units.get(unit) ?? 1);
  for (const each of TIME_UNITS.has(unit) ? SHOWN_TIME_UNITS : SHOWN_MEMORY_UNITS) {
    const size = units.get(each) ?? 1;
    if (Number.isInteger(smallest / size)) return `${smallest / size}${each}`;
  }
  return value;
}
