/**
 * Changes single keys in the text of config.toml and leaves the rest, comments included, as people wrote it.
 *
 * Only simple lines are edited. The result is read again and compared; where it is not what was meant (a
 * value over several lines, dotted keys), the whole file is written anew without its comments: right before
 * beautiful.
 */
import { isDeepStrictEqual } from 'node:util';
import { parse, stringify } from 'smol-toml';

/** By `section.key`; sections may have dots. */
export type ConfigChanges = Readonly<Record<string, string | number | boolean>>;

/** @throws Error when the text is not TOML */
export function changeConfigText(text: string, changes: ConfigChanges): string {
  const wanted = withChanges(parse(text), changes);
  let lines = text.split('\n');
  for (const [name, value] of Object.entries(changes)) lines = changeLine(lines, name, value);
  const edited = lines.join('\n');
  return isSame(edited, wanted) ? edited : stringify(wanted);
}

type Table = Record<string, unknown>;

function isSame(text: string, wanted: Table): boolean {
  try {
    return isDeepStrictEqual(toPlain(parse(text)), toPlain(wanted));
  } catch {
    return false;
  }
}

/** The parser's tables have no prototype, those made here have one. */
function toPlain(value: Table): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

function withChanges(table: Table, changes: ConfigChanges): Table {
  const result = structuredClone(table);
  for (const [name, value] of Object.entries(changes)) {
    const path = name.split('.');
    const key = path.pop() ?? '';
    let at = result;
    for (const part of path) {
      at[part] ??= {};
      at = at[part] as Table;
    }
    at[key] = value;
  }
  return result;
}

function changeLine(
  lines: readonly string[],
  name: string,
  value: string | number | boolean,
): string[] {
  const dot = name.lastIndexOf('.');
  const [section, key] = [name.slice(0, dot), name.slice(dot + 1)];
  const written = typeof value === 'string' ? quote(value) : String(value);
  const begin = lines.findIndex((line) => sectionOf(line) === section);
  if (begin < 0) return [...lines, `[${section}]`, `${key} = ${written}`, ''];
  const after = lines.findIndex((line, at) => at > begin && sectionOf(line) !== null);
  const end = after < 0 ? lines.length : after;
  const at = lines.findIndex((line, index) => index > begin && index < end && keyOf(line) === key);
  const result = [...lines];
  if (at < 0) result.splice(begin + 1, 0, `${key} = ${written}`);
  else result[at] = `${key} = ${written}${commentOf(lines[at] ?? '')}`;
  return result;
}

function sectionOf(line: string): string | null {
  return /^\s*\[([^[\]]+)\]\s*(?:#.*)?$/.exec(line)?.[1]?.trim() ?? null;
}

function keyOf(line: string): string | null {
  return /^\s*([A-Za-z0-9_-]+)\s*=/.exec(line)?.[1] ?? null;
}

/** A comment behind a simple value, with the spaces before it. */
function commentOf(line: string): string {
  return /=\s*(?:"[^"\\]*"|[A-Za-z0-9_.+-]+)(\s*#.*)$/.exec(line)?.[1] ?? '';
}

/** JSON's escapes are a subset of TOML's basic strings; DEL alone must be escaped besides. */
function quote(value: string): string {
  return JSON.stringify(value).replaceAll('\u007f', '\\u007f');
}
